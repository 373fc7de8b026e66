"""Editor, pager, shell and narrow terminals: the app steps aside in a real terminal and comes back whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fleets import Fleet
from terminal import LIFTLOCK, Terminal

pytestmark = pytest.mark.slow


def _script(place: Path, text: str) -> str:
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return str(place)


def _environment(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"LIFTLOCK_FETCH_ON_START": "0", "XDG_CONFIG_HOME": str(tmp_path / "config"), **more}


def test_editor_pager_and_shell_and_back_each_time(fleet: Fleet, tmp_path: Path) -> None:
    env = _environment(
        tmp_path,
        VISUAL=_script(tmp_path / "vim", 'echo "EDITS $1 $(cat "$2" | grep -c newTag)"; read nothing'),
        GIT_PAGER=_script(tmp_path / "mypager", "sed 's/^/| /'; echo PAGED"),
        NO_COLOR="1",
        PS1="prompt> ",
    )
    with Terminal(("bash", "--norc", "--noprofile", "-i"), cwd=fleet.path, env=env, columns=120, rows=36) as terminal:
        terminal.wait("prompt>").press(f"{LIFTLOCK[0]} -c '{LIFTLOCK[2]}'", "enter").wait("staging", "1 behind")
        before = fleet.state()
        terminal.press("2").wait("api in staging").press("p").wait("newTag", "+1 -1")
        terminal.press("e").wait("the file in your work tree", "a copy to read").press("down", "enter")
        # The screen of these tests has no second one: what a program writes stands on the app's.
        terminal.wait(re.compile(r"EDITS \+\d+ 1")).press("enter").gone("EDITS").wait("Space stage", "was a copy of")
        terminal.press("|").wait("| diff --git a/", "PAGED", "Enter comes back").press("enter").gone("PAGED")
        terminal.wait("Space stage")
        terminal.press("ctrl+z").wait("Stopped").press("fg", "enter").wait("Space stage", "newTag")
        terminal.press("escape").wait("api in staging").press("q").wait("prompt>")
        assert fleet.state() == before
        assert b"Traceback" not in terminal.written


def test_a_dumb_terminal_gets_a_sentence_and_the_plain_commands(fleet: Fleet, tmp_path: Path) -> None:
    env = _environment(tmp_path, TERM="dumb")
    with Terminal(LIFTLOCK, cwd=fleet.path, env=env) as terminal:
        terminal.wait("TERM is dumb", "liftlock status")
        assert terminal.exit_code() == 2
        assert b"\x1b" not in terminal.written
    with Terminal((*LIFTLOCK, "status", "--no-live"), cwd=fleet.path, env=env) as terminal:
        terminal.wait("staging", "1.2.0")
        assert terminal.exit_code() == 0
        assert b"\x1b" not in terminal.written


def test_sixteen_colours_take_the_terminals_own_and_a_broken_theme_takes_the_default(
    fleet: Fleet, tmp_path: Path
) -> None:
    themes = tmp_path / "config" / "liftlock" / "themes"
    themes.mkdir(parents=True)
    (themes / "mine.toml").write_text('name = "mine"\n[roles\n')
    env = _environment(tmp_path, TERM="xterm-16color", COLORTERM="")
    with Terminal(LIFTLOCK, cwd=fleet.path, env=env, columns=120, rows=36) as terminal:
        terminal.wait("staging", "1 behind").press("q")
        assert terminal.exit_code() == 0
        assert b"38;2;" not in terminal.written
        assert b"38;5;" not in terminal.written
    with Terminal((*LIFTLOCK, "--theme", "mine"), cwd=fleet.path, env=_environment(tmp_path)) as terminal:
        terminal.wait("staging", "1 behind", "not TOML").press("q")
        assert terminal.exit_code() == 0
        assert b"Traceback" not in terminal.written
