"""`liftlock promote`: what is committed where, what is pushed, and what keeps it from happening."""

import os
import subprocess
import sys

import pytest
from fleets import APPS, Fleet, liftlock_process, overlay, place

MOVED = ['-    newTag: "1.1.0"  # moved by promotions', '+    newTag: "1.2.0"  # moved by promotions']


def test_a_commit_on_a_branch_of_its_own(fleet: Fleet, origin: Fleet):
    base = fleet.tip("origin/main")
    there = origin.refs()
    answer = fleet.run("promote", "staging", "production-eu", "--app", "api", "--reason", "release\n  of May", "--json")
    assert answer.code == 0
    made = answer.json
    assert made["schema"] == "liftlock.promotion/1"
    assert (made["from"], made["to"], made["base"]) == ("staging", ["production-eu"], base)
    assert (made["push"], made["pushed"]) == (None, None)
    assert made["branch"] == "promote/api/staging-to-production-eu/1.2.0"
    assert fleet.tip(made["branch"]) == made["commit"]
    assert fleet.tip(f"{made['commit']}^") == base
    assert fleet.git("diff", "--name-only", base, made["commit"]) == place("api", "production-eu")
    assert fleet.changed(base, made["commit"]) == MOVED
    message = fleet.git("log", "-1", "--format=%B", made["commit"])
    assert message.splitlines()[0] == "promote(production-eu): api 1.1.0 -> 1.2.0"
    trailers = fleet.git("log", "-1", "--format=%(trailers:only,unfold)", made["commit"]).strip().splitlines()
    assert trailers == [
        "Promotion-From: staging",
        "Promotion-To: production-eu",
        "Promotion-App: api",
        f"Promotion-Source-Commit: {base}",
        "Promotion-Reason: release of May",
    ]
    assert origin.refs() == there


def test_what_the_command_says_to_a_person(fleet: Fleet):
    answer = fleet.run("promote", "staging", "production-eu", "--app", "api")
    assert answer.code == 0
    assert "committed" in answer.out
    assert "promote/api/staging-to-production-eu/1.2.0" in answer.out
    assert "git push origin promote/api/staging-to-production-eu/1.2.0" in answer.out
    assert answer.err == ""


def test_a_second_promotion_takes_a_branch_that_is_free(fleet: Fleet):
    names = [fleet.run("promote", "staging", "production-eu", "--json").json["branch"] for _ in range(3)]
    assert len(set(names)) == 3


def test_several_apps_to_several_targets_in_one_commit(fleet: Fleet):
    base = fleet.tip("origin/main")
    made = fleet.run("promote", "staging", "production-eu", "production-us", "--json").json
    assert made["to"] == ["production-eu", "production-us"]
    assert fleet.git("rev-list", f"{base}..{made['branch']}") == made["commit"]
    assert sorted(fleet.git("diff", "--name-only", base, made["commit"]).splitlines()) == sorted(
        place(app, e) for app in APPS for e in made["to"]
    )
    assert fleet.changed(base, made["commit"]) == MOVED * 4
    message = fleet.git("log", "-1", "--format=%B", made["commit"])
    assert "Promotion-To: production-eu\nPromotion-To: production-us\n" in message
    assert "Promotion-App: api\nPromotion-App: web\n" in message


def test_only_these_changes(fleet: Fleet):
    changes = fleet.run("plan", "staging", "production-eu", "--json").json["changes"]
    web = next(c["id"] for c in changes if c["app"] == "web" and c["selected"])
    made = fleet.run("promote", "staging", "production-eu", "--only", web, "--json").json
    assert [c["id"] for c in made["changes"]] == [web]
    assert fleet.git("diff", "--name-only", made["base"], made["commit"]) == place("web", "production-eu")
    error = fleet.refused("promote", "staging", "production-eu", "--only", "0000")
    assert "'0000'" in error["title"]
    assert "liftlock plan staging production-eu" in error["hint"]


def test_nothing_to_move(fleet: Fleet):
    fleet.commit({place(app, "staging"): overlay(app, "staging", "1.3.0") for app in APPS})
    fleet.git("push", "-q")
    error = fleet.refused("promote", "dev", "staging")
    assert error["title"] == "Nothing is selected"


def test_a_branch_of_this_name(fleet: Fleet):
    made = fleet.run("promote", "dev", "staging", "--branch", "release/may", "--json").json
    assert fleet.tip("release/may") == made["commit"]
    assert "release/may" in fleet.refused("promote", "dev", "staging", "--branch", "release/may")["title"]
    assert "main" in fleet.refused("promote", "dev", "staging", "--branch", "main")["title"]
    assert "a..b" in fleet.refused("promote", "dev", "staging", "--branch", "a..b")["title"]
    assert "release" in fleet.refused("promote", "dev", "staging", "--branch", "release")["title"]


def test_onto_a_branch_that_is_there(fleet: Fleet):
    fleet.git("branch", "release", "main")
    made = fleet.run("promote", "dev", "staging", "--onto", "release", "--json").json
    assert fleet.tip("release") == made["commit"]
    assert fleet.tip("release^") == fleet.tip("main")
    assert "there-is-none" in fleet.refused("promote", "dev", "staging", "--onto", "there-is-none")["title"]


def test_onto_a_branch_that_went_on_stands_on_its_tip(fleet: Fleet):
    fleet.git("branch", "release", "main")
    first = fleet.run("promote", "dev", "staging", "--app", "api", "--onto", "release", "--json").json
    second = fleet.run("promote", "dev", "staging", "--app", "web", "--onto", "release", "--json").json
    assert fleet.tip("release") == second["commit"]
    assert fleet.tip("release^") == first["commit"]
    assert second["base"] == first["commit"]
    assert fleet.git("diff", "--name-only", "main", "release").splitlines() == [
        place("api", "staging"),
        place("web", "staging"),
    ]
    # What has moved there already is not moved again, and not taken back.
    error = fleet.refused("promote", "dev", "staging", "--app", "web", "--onto", "release")
    assert "release" in error["title"]


def test_onto_the_checked_out_branch_is_refused_with_the_two_ways_out(fleet: Fleet):
    error = fleet.refused("promote", "dev", "staging", "--onto", "main")
    assert "checked out" in error["title"]
    assert "--branch" in error["hint"]
    assert "--onto main --push" in error["hint"]


def test_base_holds_while_the_plan_is_the_same(fleet: Fleet):
    base = fleet.tip("origin/main")
    fleet.commit({"README.md": "unrelated\n"})
    fleet.git("push", "-q")
    made = fleet.run("promote", "dev", "staging", "--base", base, "--json").json
    assert made["base"] == fleet.tip("origin/main")
    fleet.commit({place("api", "dev"): overlay("api", "dev", "1.4.0")})
    fleet.git("push", "-q")
    error = fleet.refused("promote", "dev", "staging", "--base", base)
    assert base[:8] in error["title"]
    assert "1.4.0" in error["detail"]
    assert "1.3.0" in error["detail"]
    made = fleet.run("promote", "dev", "staging", "--app", "web", "--base", base, "--json")
    assert made.code == 0
    assert "no revision" in fleet.refused("promote", "dev", "staging", "--base", "beef" * 10)["title"]


def test_base_with_only_looks_at_the_chosen_changes(fleet: Fleet):
    found = fleet.run("plan", "dev", "staging", "--json").json
    web = next(c["id"] for c in found["changes"] if c["app"] == "web" and c["selected"])
    fleet.commit({place("api", "dev"): overlay("api", "dev", "1.4.0")})
    fleet.git("push", "-q")
    made = fleet.run("promote", "dev", "staging", "--only", web, "--base", found["base"], "--json")
    assert made.code == 0


def test_output_that_nobody_reads_any_more(fleet: Fleet):
    shell = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -m liftlock_tui plan dev staging --json | true; echo ${{PIPESTATUS[0]}}'],
        cwd=fleet.path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"},
        capture_output=True,
        check=False,
    )
    assert shell.stderr == b""
    assert shell.stdout.strip() in (b"141", b"1")


def test_the_command_as_a_process(fleet: Fleet):
    answer = liftlock_process("promote", "dev", "staging", "--json", cwd=fleet.path)
    assert answer.code == 0
    assert fleet.tip(answer.json["branch"]) == answer.json["commit"]


def test_undo_takes_back_what_was_not_pushed(fleet: Fleet):
    from liftlock.engine import Engine
    from liftlock.errors import RepositoryError

    engine = Engine.open(fleet.path)
    try:
        before = fleet.refs()
        made = engine.commit(engine.plan("dev", ["staging"]))
        assert engine.unpushed() == (made,)
        assert made.branch in engine.undo(made)
        assert fleet.refs() == before
        assert engine.unpushed() == ()
        fleet.git("branch", "release")
        made = engine.commit(engine.plan("dev", ["staging"]), onto="release")
        assert made.previous == before["refs/heads/main"]
        engine.undo(made)
        assert fleet.tip("release") == before["refs/heads/main"]
        made = engine.commit(engine.plan("dev", ["staging"]))
        engine.push(engine.publication(made))
        with pytest.raises(RepositoryError, match="was pushed"):
            engine.undo(made)
        assert engine.unpushed() == ()
    finally:
        engine.close()


def test_undo_of_a_promotion_of_an_earlier_run(fleet: Fleet):
    from liftlock.engine import Engine

    before = fleet.refs()
    made = fleet.run("promote", "dev", "staging", "--json").json
    engine = Engine.open(fleet.path)
    try:
        (known,) = engine.unpushed()
        assert (known.commit, known.branch, known.source, known.targets) == (
            made["commit"],
            made["branch"],
            "dev",
            ("staging",),
        )
        publication = engine.publication(known)
        assert [c.commit for c in publication.commits] == [known.commit]
        engine.undo(known)
        assert fleet.refs() == before
    finally:
        engine.close()


def test_undo_never_takes_what_came_after(fleet: Fleet):
    from liftlock.engine import Engine
    from liftlock.errors import RepositoryError

    engine = Engine.open(fleet.path)
    try:
        made = engine.commit(engine.plan("dev", ["staging"]))
        later = fleet.git("commit-tree", f"{made.commit}^{{tree}}", "-p", made.commit, "-m", "later")
        fleet.git("update-ref", f"refs/heads/{made.branch}", later)
        with pytest.raises(RepositoryError):
            engine.undo(made)
        assert fleet.tip(made.branch) == later
    finally:
        engine.close()


def test_what_runs_cannot_be_pinned_where_no_cluster_is_known(fleet: Fleet):
    fleet.commit({place("api", "staging"): overlay("api", "staging", "latest")})
    fleet.git("push", "-q")
    told = fleet.refused("promote", "staging", "production-eu", "--app", "api", "--pin")
    assert told["title"] == "Not everything could be pinned"
    assert "staging" in told["detail"]


def test_what_is_pinned_already_is_promoted_as_it_is(fleet: Fleet):
    answer = fleet.run("promote", "staging", "production-eu", "--app", "api", "--pin")
    assert answer.code == 0
    assert "nothing to pin" in answer.err
