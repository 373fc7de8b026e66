"""`liftlock promote --push`: what reaches the remote, over which way, and what keeps it from happening."""

from pathlib import Path

import pytest
from fleets import Fleet, overlay, place

PUSH = ("--push", "--confirm", "production-eu")


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
