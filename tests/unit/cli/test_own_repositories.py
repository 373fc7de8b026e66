"""Environments in repositories of their own: one plan across two clones, and the commit in the target's."""

from __future__ import annotations

from pathlib import Path

import pytest
from fleets import Fleet, overlay

CONFIG = """[[environment]]
name = "dev"
paths = ["envs/dev/{app}"]
[[environment]]
name = "staging"
after = ["dev"]
paths = ["envs/staging/{app}"]
[[environment]]
name = "live"
after = ["staging"]
repository = "../live"
paths = ["{app}"]
protected = true
"""
PUSH = ("--onto", "main", "--push", "--confirm", "live")


@pytest.fixture
def live(fleet: Fleet, origin: Fleet, tmp_path: Path) -> Fleet:
    """The clone of the other repository, beside the first one, with a remote of its own."""
    made = Fleet(fleet.path.parent / "live")
    bare = fleet.path.parent / "live.git"
    fleet.git("init", "-q", "--bare", "-b", "main", bare)
    fleet.git("clone", "-q", bare, made.path)
    made.git("switch", "-q", "-c", "main")
    made.commit({f"{app}/kustomization.yaml": overlay(app, "live", "1.0.0") for app in ("api", "web")}, "live")
    made.git("push", "-q", "-u", "origin", "main")
    fleet.commit({"liftlock.toml": CONFIG}, "live has a repository of its own")
    fleet.git("push", "-q", "origin", "main")
    return made


def test_the_board_and_the_plan_cross_two_clones(fleet: Fleet, live: Fleet):
    status = fleet.run("status", "--no-live")
    assert status.code == 0 and "1.0.0" in status.out, status.out
    plan = fleet.run("plan", "staging", "live", "--app", "api", "--json").json
    assert plan["base"] == live.tip("main") and plan["source_commit"] == fleet.tip("origin/main")
    (staged,) = [change for change in plan["changes"] if change["selected"]]
    assert (staged["old"], staged["new"], staged["file"]) == ("1.0.0", "1.2.0", "api/kustomization.yaml")
    assert "order" in fleet.run("gates", "staging", "live").out


def test_it_is_committed_and_pushed_where_the_target_is(fleet: Fleet, live: Fleet, origin: Fleet):
    mine, before = origin.refs(), fleet.refs()
    made = fleet.run("promote", "staging", "live", "--app", "api", "--json").json
    assert live.tip(made["branch"]) == made["commit"] and fleet.refs() == before
    went = fleet.run("promote", "staging", "live", "--app", "web", *PUSH, "--json")
    assert went.code == 0, went.out + went.err
    assert origin.refs() == mine
    assert b'newTag: "1.2.0"' in live.show("origin/main", "web/kustomization.yaml")
    assert live.git("fsck", "--connectivity-only") == ""
    assert live.git("log", "-1", "--format=%P", "origin/main").strip() == live.tip("main")
    back = fleet.run("rollback", "live", "--app", "web", "--to", f"{went.json['commit']}^", *PUSH)
    assert back.code == 0, back.err
    assert b'newTag: "1.0.0"' in live.show("origin/main", "web/kustomization.yaml")


def test_a_revision_is_one_of_the_repository_that_the_environment_is_in(fleet: Fleet, live: Fleet, origin: Fleet):
    assert fleet.run("promote", "staging", "live", "--app", "web", *PUSH).code == 0
    live.git("reset", "-q", "--hard", "origin/main")
    fleet.git("commit", "-q", "--allow-empty", "-m", "here HEAD~1 is another commit")
    back = fleet.run("rollback", "live", "--app", "web", "--to", "HEAD~1", "--dry-run", "--json").json
    assert [(change["old"], change["new"]) for change in back["changes"]] == [("1.2.0", "1.0.0")]
    # A commit of the other repository has none of these files: each would be removed.
    theirs = fleet.refused("rollback", "staging", "--app", "web", "--to", live.tip("main"), "--dry-run")
    assert theirs["title"] == f"{live.tip('main')[:8]} is not in the history of staging"
    gone = fleet.refused("rollback", "live", "--app", "web", "--to", fleet.tip("main"))
    assert "There is no revision" in gone["title"]


def test_what_the_other_remote_got_meanwhile_is_planned_on(fleet: Fleet, live: Fleet):
    made = fleet.run("plan", "staging", "live", "--app", "api", "--json").json
    live.commit({"notes.md": "theirs\n"}, "meanwhile")
    live.git("push", "-q", "origin", "main")
    live.git("reset", "-q", "--hard", "HEAD^")
    live.git("update-ref", "refs/remotes/origin/main", "HEAD")
    went = fleet.run("promote", "staging", "live", "--app", "api", "--base", made["base"], *PUSH, "--json")
    assert went.code == 0, went.out + went.err
    assert b"theirs" in live.show("origin/main", "notes.md")


def test_a_wave_begins_where_no_single_commit_can_go_to_all(fleet: Fleet, live: Fleet, origin: Fleet):
    error = fleet.refused("promote", "dev", "staging", "live", "--app", "api")
    assert "--wave" in error["hint"]
    words = ("promote", "dev", "live", "staging", "--app", "api", "--wave", "--override", "order=a hotfix")
    begun = fleet.run(*words, *PUSH, "--json")
    assert begun.code == 0 and "as a wave" in begun.err, begun.err
    assert (begun.json["to"], begun.json["wave"]["targets"]) == (["live"], ["live", "staging"])
    override = ("--override", "wave=no cluster here")
    went = fleet.run("wave", "next", "--onto", "main", "--push", *override, "--json")
    assert went.code == 0 and went.json["to"] == ["staging"], went.err
    assert b'newTag: "1.3.0"' in live.show("origin/main", "api/kustomization.yaml")
    assert b'newTag: "1.3.0"' in origin.show("main", "envs/staging/api/kustomization.yaml")


def test_a_train_goes_across_repositories(fleet: Fleet, live: Fleet):
    begun = fleet.run("promote", "dev", "staging", "live", "--app", "api", "--train", "--onto", "main", "--push")
    assert begun.code == 0, begun.err
    went = fleet.run("wave", "next", *PUSH, "--override", "wave=no cluster here")
    assert went.code == 0, went.err
    assert b'newTag: "1.3.0"' in live.show("origin/main", "api/kustomization.yaml")
    assert fleet.run("wave", "list", "--json").json["waves"][0]["steps"][1]["state"] == "in Git"


def test_a_clone_that_is_not_there_lies_within_or_holds_nothing_known_is_told(fleet: Fleet, live: Fleet):
    for named, said in (("../gone", "There is no clone at ../gone"), ("envs", "envs lies within this repository")):
        fleet.commit({"liftlock.toml": CONFIG.replace("../live", named)}, named)
        fleet.git("push", "-q", "origin", "main")
        assert fleet.refused("plan", "staging", "live")["title"] == said
    # What stands there is not known: files would go where the source has them.
    unnamed = CONFIG.replace('paths = ["{app}"]\n', "")
    fleet.commit({"liftlock.toml": unnamed}, "no paths")
    fleet.git("push", "-q", "origin", "main")
    error = fleet.refused("plan", "staging", "live")
    assert error["title"] == "Nothing is found of live in ../live" and "paths =" in error["hint"]


def test_a_remote_cluster_of_jenkins_x_has_its_clone(tmp_path: Path):
    def helmfile(version: str) -> str:
        return f"releases:\n- chart: dev/bread\n  version: {version}\n  name: bread\n  namespace: jx-staging\n"

    def made(name: str, files: dict[str, str]) -> Fleet:
        fleet = Fleet(tmp_path / name)
        fleet.path.mkdir()
        fleet.git("init", "-q", "-b", "main")
        fleet.commit(files, name)
        return fleet

    keys = "spec:\n  environments:\n  - key: staging\n  - key: production\n    remoteCluster: true\n"
    hub = made(
        "hub",
        {
            "jx-requirements.yml": keys + "    owner: bakery\n    repository: oven\n",
            "helmfiles/jx-staging/helmfile.yaml": helmfile("1.3.0"),
            "liftlock.toml": '[[environment]]\nname = "staging"\n[[environment]]\nname = "production"\n'
            'after = ["staging"]\nrepository = "../oven"\n',
        },
    )
    oven = made(
        "oven",
        {
            "jx-requirements.yml": "spec:\n  environments:\n  - key: production\n",
            "helmfiles/jx-production/helmfile.yaml": helmfile("1.2.0"),
        },
    )
    (staged,) = [c for c in hub.run("plan", "staging", "production", "--json").json["changes"] if c["selected"]]
    assert (staged["app"], staged["old"], staged["new"]) == ("bread", "1.2.0", "1.3.0")
    answer = hub.run("promote", "staging", "production", "--json")
    assert answer.code == 0 and oven.tip(answer.json["branch"]) == answer.json["commit"], answer.err


def test_the_record_crosses_two_clones(fleet: Fleet, live: Fleet):
    went = fleet.run("promote", "staging", "live", "--app", "web", *PUSH)
    assert went.code == 0, went.out + went.err
    found = fleet.run("history", "live", "--json").json
    (one,) = found["arrivals"]
    assert (one["from"], one["environment"], one["told_by"]) == ("staging", "live", "trailers")
    assert [(m["old"], m["new"], m["from"]) for m in one["moves"]] == [("1.0.0", "1.2.0", "staging")]
    assert one["revision"]["commit"] == live.tip("origin/main")
