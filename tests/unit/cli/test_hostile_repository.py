"""A repository that means harm: names, values and messages that a terminal would obey, through every command."""

import os

import pytest
from fleets import Fleet, overlay, place

from liftlock.text import has_unsafe

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp\u200b"
APP = "evil\x1b[31m\u202e"
ODD = os.fsdecode(b"half\xff")


@pytest.fixture(autouse=True)
def own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"):
        monkeypatch.setenv(name, f"Mallory {ESCAPES}")


@pytest.fixture
def hostile(fleet: Fleet) -> Fleet:
    """What git can hold, it holds."""
    for tag, environment in (("1.3.0", "dev"), ("1.2.0", "staging")):
        for app in (APP, ODD, "two\nlines", "--help"):
            folder = fleet.path / "envs" / environment / app
            folder.mkdir(parents=True)
            text = overlay("x", environment, tag) + f'labels: "{tag} \\e]0;owned\\a {ESCAPES[-5:]}"\n'
            (folder / "kustomization.yaml").write_text(text)
    bad = overlay("web", "dev", "1.3.0").replace("newTag:", f"{ESCAPES[-5:]}: [\n newTag:")
    fleet.write({"envs/dev/broken/kustomization.yaml": bad, "envs/staging/broken/kustomization.yaml": bad})
    fleet.commit({place("api", "dev"): overlay("api", "dev", f"v1{ESCAPES[-5:]}")}, f"release {ESCAPES}")
    fleet.git("push", "-q")
    return fleet


COMMANDS = (
    ("status",),
    ("plan", "dev", "staging"),
    ("diff", "dev", "staging"),
    ("diff", "dev", "staging", "--rendered"),
    ("promote", "dev", "staging", "--reason", f"because {ESCAPES}"),
    ("where", "1.3.0"),
    ("where", ESCAPES),
    ("doctor",),
    ("init", "--print"),
    ("plan", f"dev{ESCAPES}", "staging"),
    ("plan", f"envs/dev/{ODD}", f"envs/staging/{ODD}"),
    ("plan", "dev", "staging", "--app", f"api{ESCAPES}"),
    ("plan", "dev", "staging", "--at", f"main{ESCAPES}"),
    ("promote", "dev", "staging", "--only", ESCAPES),
    ("promote", "dev", "staging", "--branch", ESCAPES),
    ("promote", "dev", "staging", "--onto", ESCAPES),
    ("status", ESCAPES),
    (f"--{ESCAPES}",),
    (f"nosuch{ESCAPES}",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: ascii(" ".join(c))[:40])
def test_nothing_reaches_the_terminal(hostile: Fleet, command: tuple[str, ...]) -> None:
    answer = hostile.run(*command)
    shown = (answer.out + answer.err).replace("\ufffd", "")
    assert not has_unsafe(shown)
    if not command[0].startswith("-") and "init" not in command:
        machine = hostile.run(*command, "--json")
        assert not has_unsafe(machine.out)
        assert machine.code == answer.code


def test_json_keeps_the_names_that_people_see_marked(hostile: Fleet) -> None:
    changes = hostile.run("plan", "dev", "staging", "--json").json["changes"]
    files = {change["file"] for change in changes}
    assert f"envs/staging/{APP}/kustomization.yaml" in files
    assert "envs/staging/two\nlines/kustomization.yaml" in files
    moved = next(c for c in changes if c["app"] == "api" and c["class"] == "version")
    assert moved["new"] == f"v1{ESCAPES[-5:]}"


def test_an_app_that_looks_like_an_option_can_be_named(hostile: Fleet) -> None:
    changes = hostile.run("plan", "dev", "staging", "--app=--help", "--json").json["changes"]
    assert {change["app"] for change in changes} == {"--help"}
    shown = hostile.run("plan", "dev", "staging", "--app=--help").out
    typed = next(line for line in shown.splitlines() if "liftlock promote" in line)
    assert "--app=--help" in typed
