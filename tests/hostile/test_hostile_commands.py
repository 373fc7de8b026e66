"""Every plain command on a repository, a remote and a forge that mean harm: as text, as JSON, and in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import scriptedforge
import world
from corpus import TEXTS, judged
from fleets import Fleet, liftlock

EVERY = "".join(TEXTS.values()).replace("\0", "")[:6000]
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("status", "--no-live"),
    ("status", EVERY),
    ("plan", "dev", "staging"),
    ("plan", EVERY, "staging"),
    ("plan", "dev", "staging", "--app", EVERY),
    ("plan", "dev", "staging", "--at", EVERY),
    ("diff", "dev", "staging"),
    ("diff", "dev", "staging", "--rendered"),
    ("promote", "dev", "staging", "--reason", EVERY.replace("\n", " ")),
    ("promote", "dev", "staging", "--only", EVERY),
    ("promote", "dev", "staging", "--branch", EVERY),
    ("promote", "dev", "staging", "--onto", EVERY),
    ("promote", "dev", "staging", "--push", "--confirm", "staging"),
    ("promote", "dev", "staging", "--pr"),
    ("gates", "dev", "staging"),
    ("gates", "staging", "[red]7777"),
    ("mark", "list"),
    ("mark", "bad", "api", EVERY),
    ("where", "7777"),
    ("where", EVERY),
    ("history",),
    ("rollback", "staging", "--app", "api", "--list"),
    ("rollback", "staging", "--app", EVERY),
    ("learn",),
    ("learn", "dev", "staging"),
    ("doctor",),
    ("init", "--print"),
    ("log",),
    ("log", "--all"),
    ("log", "--script"),
    ("watch", "staging", "--timeout", "1s"),
    ("watch", "staging", "--revision", EVERY),
    ("reviews",),
    ("approve", "1"),
    ("merge", "1", "--confirm", "staging"),
    ("merge", "999"),
    ("abort", "1"),
    (f"--{EVERY}",),
    (EVERY,),
)
NO_JSON = ("--script", "--print")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("hostile")
    fleet = world.build(folder)
    world.hook(folder / "origin.git" / "hooks", "pre-receive")
    with pytest.MonkeyPatch.context() as patch, scriptedforge.hostile_forge() as forge:
        patch.setenv("LIFTLOCK_STATE_DIR", str(folder / "state"))
        patch.setenv("GITEA_TOKEN", "token")
        patch.setenv("COLUMNS", "120")
        config = folder / "config" / "liftlock"
        config.mkdir(parents=True)
        config.joinpath("config.toml").write_text('[forges]\n"127.0.0.1" = "gitea"\n')
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        # Pull requests are asked of the forge; what is pushed goes to a folder, whose hook refuses in its own words.
        fleet.git("remote", "set-url", "origin", f"{forge}/own/fleet.git")
        fleet.git("remote", "set-url", "--push", "origin", str(folder / "origin.git"))
        fleet.git("config", f"url.{folder / 'origin.git'}.insteadOf", "nothing:")
        yield fleet


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: ascii(" ".join(c))[:40])
def test_no_command_obeys_a_text(hostile: Fleet, command: tuple[str, ...]) -> None:
    for more in ((), ("--json",)):
        if more and (set(NO_JSON) & set(command) or command[0].startswith("-")):
            continue
        answer = liftlock("--repo", hostile.path, *command, *more)
        assert answer.code in (0, 1, 2, 3), answer
        sent = (answer.out + answer.err).encode("utf-8", "surrogateescape")
        found = judged(sent, full_screen=False)
        assert not found.wrong, found.wrong[:5]
        assert not found.sequences
