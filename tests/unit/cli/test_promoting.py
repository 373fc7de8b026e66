"""`liftlock promote`: what is committed where, what is pushed, and what keeps it from happening."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fleets import APPS, Fleet, liftlock_process, overlay, place

PUSH = ("--push", "--confirm", "production-eu")
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


def test_push_of_a_branch(fleet: Fleet, origin: Fleet):
    answer = fleet.run("promote", "dev", "staging", "--push", "--json")
    assert answer.code == 0
    made = answer.json
    assert origin.tip(made["branch"]) == made["commit"]
    assert made["pushed"] == {
        "remote": "origin",
        "destination": f"refs/heads/{made['branch']}",
        "commit": made["commit"],
        "address": made["pushed"]["address"],
    }
    assert [c["commit"] for c in made["push"]["commits"]] == [made["commit"]]
    assert made["push"]["foreign"] == []
    assert "nothing changes in staging until the branch is merged" in made["push"]["consequence"]


def test_push_straight_to_the_branch_that_is_checked_out_here(fleet: Fleet, origin: Fleet):
    before = fleet.tip("main")
    answer = fleet.run("promote", "dev", "staging", "--onto", "main", "--push")
    assert answer.code == 0
    assert "staging will change" in answer.out
    assert fleet.tip("main") == before
    assert origin.tip("main^") == before
    assert fleet.tip("origin/main") == origin.tip("main")
    assert "pushed" in answer.out


def test_a_protected_environment_wants_its_name(fleet: Fleet, origin: Fleet):
    there = origin.refs()
    for confirmed in ((), ("--confirm", "staging"), ("--confirm", "production-us")):
        error = fleet.refused("promote", "staging", "production-eu", "--push", *confirmed)
        assert "production-eu is protected" in error["title"]
        assert error["hint"] == "--confirm production-eu"
    error = fleet.refused("promote", "staging", "production-eu", "production-us", *PUSH)
    assert error["hint"] == "--confirm production-us"
    assert origin.refs() == there
    made = fleet.run("promote", "staging", "production-eu", *PUSH, "--json").json
    assert made["push"]["confirm"] == ["production-eu"]
    assert origin.tip(made["branch"]) == made["commit"]


def test_local_commits_of_the_user_are_not_pushed_along(fleet: Fleet, origin: Fleet):
    mine = fleet.commit({"notes.md": "mine\n"}, "not for others")
    made = fleet.run("promote", "dev", "staging", "--onto", "main", "--push", "--json").json
    assert made["push"]["foreign"] == []
    assert mine not in origin.git("rev-list", "main").splitlines()
    status = fleet.run("status")
    assert "1 local commit not pushed" in status.out


def test_a_remote_that_moved_is_fetched_first(fleet: Fleet, origin: Fleet, elsewhere: Fleet):
    theirs = elsewhere.commit({place("api", "dev"): overlay("api", "dev", "1.4.0")})
    elsewhere.git("push", "-q")
    made = fleet.run("promote", "dev", "staging", "--app", "api", "--push", "--json").json
    assert made["base"] == theirs
    assert fleet.changed(theirs, made["commit"])[1] == '+    newTag: "1.4.0"  # moved by promotions'


def test_push_onto_a_branch_that_the_target_is_not_read_from(fleet: Fleet, origin: Fleet):
    fleet.git("branch", "release")
    fleet.git("push", "-q", "origin", "release")
    there = origin.refs()
    error = fleet.refused("promote", "dev", "staging", "--onto", "release", "--push")
    assert error["title"] == "staging is not read from release"
    assert origin.refs() == there


# Over HTTP, and a remote that moves ---------------------------------------------------------------------------------


@pytest.fixture
def served(fleet: Fleet, git_server) -> Fleet:
    """The same clone, its remote behind a server that speaks HTTP."""
    address = git_server.create()
    fleet.git("push", "-q", address, "main")
    fleet.git("remote", "set-url", "origin", address)
    return fleet


def test_push_over_http(served: Fleet, git_server):
    made = served.run("promote", "dev", "staging", "--onto", "main", "--push", "--json").json
    assert Fleet(git_server.root / "fleet.git").tip("main") == made["commit"]


def test_a_server_that_moves_between_plan_and_push_and_the_plan_stays_the_same(served: Fleet, git_server):
    remote = Fleet(git_server.root / "fleet.git")
    base = remote.tip("main")
    theirs = remote.git("commit-tree", f"{base}^{{tree}}", "-p", base, "-m", "theirs")
    git_server.before_push = lambda: remote.git("update-ref", "refs/heads/main", theirs, base)
    answer = served.run("promote", "dev", "staging", "--onto", "main", "--push", "--json")
    made = answer.json
    assert made["base"] == theirs
    assert remote.tip("main") == made["commit"]
    assert remote.tip("main^") == theirs
    assert "moved" in answer.err
    assert [ref for ref in served.refs() if ref.startswith("refs/heads/promote/")] == [f"refs/heads/{made['branch']}"]


def test_a_server_that_moves_between_plan_and_push_and_the_plan_is_another(served: Fleet, git_server, tmp_path: Path):
    remote = Fleet(git_server.root / "fleet.git")
    base = remote.tip("main")
    other = Fleet(tmp_path / "other")
    served.git("worktree", "add", "-q", "--detach", str(other.path), base)
    theirs = other.commit({place("api", "staging"): overlay("api", "staging", "1.2.5")}, "hotfix")
    served.git("push", "-q", "origin", f"{theirs}:refs/heads/waiting")
    git_server.before_push = lambda: remote.git("update-ref", "refs/heads/main", theirs, base)
    error = served.run("promote", "dev", "staging", "--onto", "main", "--push", "--json").error
    assert "moved" in error["title"]
    assert "1.2.5" in error["detail"]
    assert error["hint"]
    assert remote.tip("main") == theirs
    assert not [ref for ref in served.refs() if ref.startswith("refs/heads/promote/")]
    again = served.run("promote", "dev", "staging", "--onto", "main", "--push", "--json").json
    assert again["base"] == theirs
    assert remote.tip("main") == again["commit"]


def test_a_server_that_moves_takes_nothing_of_a_branch_that_was_there(served: Fleet, git_server):
    remote = Fleet(git_server.root / "fleet.git")
    first = served.run("promote", "dev", "staging", "--app", "api", "--branch", "may", "--push", "--json").json
    served.git("branch", "-D", "may")
    error = served.run("promote", "dev", "staging", "--app", "web", "--branch", "may", "--push", "--json").error
    assert error["title"]
    assert remote.tip("may") == first["commit"]


def test_a_server_that_wants_a_password(served: Fleet, git_server):
    git_server.password = "secret"
    error = served.refused("promote", "dev", "staging", "--push")
    assert error["title"]
    assert "127.0.0.1" in error["detail"] or "origin" in error["title"]
    assert not [ref for ref in served.refs() if ref.startswith("refs/heads/promote/")]


def test_credentials_in_the_address_are_not_shown(served: Fleet, git_server):
    git_server.password = "other"
    address = served.git("remote", "get-url", "origin").replace("http://", "http://ann:hunter2@")
    served.git("remote", "set-url", "origin", address)
    for command in (("doctor",), ("promote", "dev", "staging", "--push"), ("status",)):
        answer = served.run(*command)
        assert "hunter2" not in answer.out + answer.err


def test_a_remote_that_is_gone(fleet: Fleet, origin: Fleet):
    origin.path.rename(origin.path.with_name("away.git"))
    error = fleet.refused("promote", "dev", "staging", "--push")
    assert "origin" in error["title"]
    assert error["hint"]
    assert fleet.run("status").code == 0
    assert fleet.run("plan", "dev", "staging").code == 1


def test_a_remote_that_vanishes_between_commit_and_push_keeps_the_commit(fleet: Fleet, origin: Fleet, tmp_path: Path):
    fleet.git("config", "remote.origin.pushurl", str(tmp_path / "nowhere.git"))
    answer = fleet.run("promote", "dev", "staging", "--push", "--json")
    error = answer.error
    branch = next(ref for ref in fleet.refs() if ref.startswith("refs/heads/promote/"))
    assert branch.removeprefix("refs/heads/") in error["detail"] + error["hint"]


def test_no_remote(fleet: Fleet):
    fleet.git("remote", "remove", "origin")
    made = fleet.run("promote", "dev", "staging", "--json")
    assert made.code == 0
    error = fleet.refused("promote", "dev", "staging", "--push")
    assert "remote" in error["title"]
    assert error["hint"] == "git remote add origin URL"


# Hooks, signing, identity -------------------------------------------------------------------------------------------


def hook(fleet: Fleet, name: str, script: str) -> None:
    file = fleet.path / ".git" / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_message_hooks_have_their_say(fleet: Fleet):
    hook(fleet, "prepare-commit-msg", 'printf "%s\\n" "OPS-1 $(cat "$1")" > "$1"')
    made = fleet.run("promote", "dev", "staging", "--json").json
    assert made["message"].startswith("OPS-1 promote(staging)")
    assert fleet.git("log", "-1", "--format=%s", made["commit"]).startswith("OPS-1 promote(staging)")


def test_a_hook_that_refuses_the_message(fleet: Fleet):
    hook(fleet, "commit-msg", "echo 'a ticket is missing' >&2; exit 1")
    error = fleet.refused("promote", "dev", "staging")
    assert "commit-msg" in error["title"]
    assert "a ticket is missing" in error["detail"]


def test_a_pre_push_hook_that_refuses_leaves_the_commit_and_says_so(fleet: Fleet, origin: Fleet):
    hook(fleet, "pre-push", "printf 'not on \\033[31mFridays\\n' >&2; exit 1")
    there = origin.refs()
    error = fleet.run("promote", "dev", "staging", "--push", "--json").error
    assert "pre-push" in error["title"]
    assert "Fridays" in error["detail"]
    assert origin.refs() == there
    branch = next(ref for ref in fleet.refs() if ref.startswith("refs/heads/promote/"))
    assert branch.removeprefix("refs/heads/") in error["detail"] + error["hint"]


def test_a_hook_of_the_server_that_declines(fleet: Fleet, origin: Fleet):
    script = origin.path / "hooks" / "pre-receive"
    script.write_text("#!/bin/sh\necho 'production is frozen'\nexit 1\n")
    script.chmod(0o755)
    error = fleet.run("promote", "staging", "production-eu", *PUSH, "--json").error
    assert "production is frozen" in error["detail"]


def test_nobody_known_to_git(fleet: Fleet, monkeypatch: pytest.MonkeyPatch):
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name)
    fleet.git("config", "user.useConfigOnly", "true")
    error = fleet.refused("promote", "dev", "staging")
    assert error["title"] == "Git does not know who you are"
    assert "user.name" in error["hint"]
    assert fleet.run("plan", "dev", "staging").code == 1


def test_signed_with_ssh(fleet: Fleet, tmp_path: Path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    signers = tmp_path / "signers"
    signers.write_text(f"carl@example.org {key.with_suffix('.pub').read_text()}")
    for name, value in {
        "gpg.format": "ssh",
        "user.signingkey": str(key),
        "commit.gpgsign": "true",
        "gpg.ssh.allowedSignersFile": str(signers),
    }.items():
        fleet.git("config", name, value)
    made = fleet.run("promote", "dev", "staging", "--json").json
    fleet.git("verify-commit", made["commit"])


def test_a_key_with_a_passphrase_is_a_sentence(fleet: Fleet, tmp_path: Path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "words", "-f", key], check=True)
    for name, value in {"gpg.format": "ssh", "user.signingkey": str(key), "commit.gpgsign": "true"}.items():
        fleet.git("config", name, value)
    error = fleet.refused("promote", "dev", "staging")
    assert "sign" in error["title"]


# The rest ------------------------------------------------------------------------------------------------------------


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
