"""No repository, nothing committed, no environment, a liftlock.toml that is wrong: one clear sentence each."""

import subprocess
from pathlib import Path

import pytest
from fleets import APPS, EVERY, Fleet, fails, liftlock, overlay, place


def named(command: tuple[str, ...]) -> str:
    return command[0]


@pytest.mark.parametrize("command", [*EVERY, ("doctor",)], ids=named)
def test_no_repository_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]):
    monkeypatch.chdir(tmp_path)
    error = fails(*command)
    assert error["title"] == "There is no Git repository here"
    assert str(tmp_path) in error["detail"]


def test_a_folder_that_was_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert fails("status")["title"] == "The folder you are in is gone"


def test_no_such_folder(tmp_path: Path):
    answer = liftlock("status", "--repo", tmp_path / "nowhere\x1b[31m")
    assert answer.code == 2
    assert "nowhere" in answer.err


@pytest.mark.parametrize("command", EVERY, ids=named)
def test_nothing_committed_yet(tmp_path: Path, command: tuple[str, ...]):
    subprocess.run(["git", "init", "-q", tmp_path / "new"], check=True)
    error = fails("--repo", tmp_path / "new", *command)
    assert error["title"] == "Nothing is committed here yet"


def test_doctor_where_nothing_is_committed_yet(tmp_path: Path):
    subprocess.run(["git", "init", "-q", tmp_path / "new"], check=True)
    answer = liftlock("doctor", "--repo", tmp_path / "new", "--json")
    assert answer.code == 1
    assert [c["subject"] for c in answer.json["checks"] if c["verdict"] == "bad"] == ["reading"]


@pytest.fixture
def empty(tmp_path: Path) -> Fleet:
    """A repository of something else."""
    subprocess.run(["git", "init", "-q", tmp_path / "other"], check=True)
    other = Fleet(tmp_path / "other")
    other.commit({"src/main.c": "int main;\n", "config.yaml": "a: 1\n", "docs/guide.md": "# Guide\n"})
    return other


def test_no_environment_here(empty: Fleet):
    error = empty.refused("status")
    assert error["title"] == "No environment was recognised here"
    assert "liftlock.toml" in error["hint"]
    for command in ("plan", "diff", "promote"):
        error = empty.refused(command, "dev", "staging")
        assert "'dev'" in error["title"]
        assert "no environment was recognised" in error["detail"]
    assert empty.run("doctor").code == 1
    assert empty.run("where", "1.2.0").code == 0
    assert empty.run("init", "--print").code == 0


def test_a_file_that_init_wrote_without_environments_can_be_committed(empty: Fleet):
    assert liftlock("init", "--repo", empty.path).code == 0
    empty.commit({})
    assert empty.refused("status")["title"] == "No environment was recognised here"


def test_one_environment_only(tmp_path: Path):
    subprocess.run(["git", "init", "-q", tmp_path / "one"], check=True)
    one = Fleet(tmp_path / "one")
    one.commit({place(app, "production"): overlay(app, "production", "1.0.0") for app in APPS})
    status = one.run("status")
    assert status.code in (0, 2)
    if status.code == 0:
        assert "production" in status.out
        assert one.run("plan", "production", "production").code in (0, 2)
    else:
        assert "liftlock.toml" in status.err
    assert "'staging'" in one.refused("plan", "staging", "production")["title"]


def test_from_an_environment_to_itself(fleet: Fleet):
    for command in (("plan", "dev", "dev"), ("diff", "dev", "dev"), ("promote", "dev", "staging", "dev")):
        assert fleet.refused(*command)["title"] == "dev is both where from and where to"


def test_the_same_target_twice_is_one(fleet: Fleet):
    once = fleet.run("promote", "dev", "staging", "--json").json
    twice = fleet.run("promote", "dev", "staging", "staging", "--json")
    assert twice.json["changes"] == once["changes"]
    assert twice.json["to"] == ["staging"]


@pytest.mark.parametrize("rev", ["nowhere", "", "--all", "main:envs", "a..b", "\x1b]0;x\x07", "HEAD~99", "é" * 300])
def test_a_revision_that_is_not_there(fleet: Fleet, rev: str):
    error = fleet.refused("status", f"--at={rev}")
    assert "\x1b" not in error["title"]


# liftlock.toml -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[environment]]\nnmae = "dev"\n', "liftlock.toml:2"),
        ('[[environment]\nname = "dev"\n', "liftlock.toml"),
        ('theme = "dark"\n', "liftlock.toml:1"),
        ('[[environment]]\nname = "a"\nafter = ["b"]\n[[environment]]\nname = "b"\nafter = ["a"]\n', "liftlock.toml"),
        ("\x00\xff", "liftlock.toml"),
    ],
)
def test_a_liftlock_toml_that_is_wrong(fleet: Fleet, text: str, says: str):
    fleet.commit({"liftlock.toml": text.encode("latin-1")})
    fleet.git("push", "-q")
    for command in EVERY:
        error = fleet.refused(*command)
        assert says in error["title"] + error["detail"]
    doctor = fleet.run("doctor")
    assert doctor.code == 1
    assert "liftlock.toml" in doctor.out


def test_an_environment_that_follows_a_branch_that_is_not_there(fleet: Fleet):
    fleet.commit(
        {
            "liftlock.toml": '[[environment]]\nname = "dev"\npaths = ["envs/dev/{app}"]\n'
            '[[environment]]\nname = "staging"\nafter = ["dev"]\nbranch = "relaese"\npaths = ["envs/staging/{app}"]\n'
        }
    )
    fleet.git("branch", "release")
    fleet.git("push", "-q", "origin", "main", "release")
    for command in (("status",), ("plan", "dev", "staging"), ("promote", "dev", "staging")):
        error = fleet.refused(*command)
        assert "relaese" in error["title"]
        assert "release" in error["hint"]
    doctor = fleet.run("doctor")
    assert doctor.code == 1
    assert "relaese" in doctor.out


def test_an_environment_whose_paths_hold_nothing(fleet: Fleet):
    fleet.commit({"liftlock.toml": '[[environment]]\nname = "moon"\npaths = ["moon/{app}"]\n'})
    fleet.git("push", "-q")
    for command in (("status",), ("doctor",)):
        answer = fleet.run(*command)
        assert answer.code in (0, 1, 2)
        assert "moon" in answer.out + answer.err
