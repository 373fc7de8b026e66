"""Completion as each shell does it: its own scripts in the real shell, words from the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fleets import ENVIRONMENTS, Fleet
from terminal import Terminal

pytestmark = pytest.mark.slow


@pytest.fixture
def own_path(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment in which `liftlock` is this source tree's."""
    program = tmp_path / "bin" / "liftlock"
    program.parent.mkdir()
    paths = os.pathsep.join(path for path in sys.path if path)
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{paths}" exec "{sys.executable}" -m liftlock_tui "$@"\n')
    program.chmod(0o755)
    yield {
        **os.environ,
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "LIFTLOCK_STATE_DIR": str(tmp_path / "state"),
        "TERM": "dumb",
    }


BASH = r"""
eval "$(liftlock completion bash)"
complete_words() {
  COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
  named=$(complete -p liftlock | sed -n 's/.*-F \([^ ]*\) .*/\1/p')
  "$named" liftlock "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
  printf '%s\n' "${COMPREPLY[@]}"
}
complete_words "$@"
"""
FISH = r"""
liftlock completion fish | source
complete --do-complete "$argv"
"""


def completed(shell: str, fleet: Fleet, env: dict[str, str], *words: str) -> list[str]:
    """The words that the shell offers for the last one."""
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not on this machine")
    if shell == "bash":
        command = [found, "--norc", "-c", BASH, "bash", "liftlock", *words]
    else:
        command = [found, "--no-config", "-c", FISH, "--", " ".join(("liftlock", *words))]
    done = subprocess.run(command, cwd=fleet.path, env=env, capture_output=True, check=False, timeout=60)
    assert done.stderr == b"", done.stderr.decode()
    return [line.split("\t")[0].strip() for line in done.stdout.decode().split("\n") if line.strip()]


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_the_shell_completes_commands_environments_and_apps(shell: str, fleet: Fleet, own_path: dict[str, str]) -> None:
    assert {"status", "promote", "log"} <= {*completed(shell, fleet, own_path, "")}
    assert {*completed(shell, fleet, own_path, "plan", "")} >= {*ENVIRONMENTS}
    assert {*completed(shell, fleet, own_path, "plan", "dev", "prod")} == {"production-eu", "production-us"}
    assert {*completed(shell, fleet, own_path, "plan", "dev", "staging", "--app", "")} == {"api", "web"}
    assert completed(shell, fleet, own_path, "promote", "--onl") == ["--only"]


def test_zsh_completes_at_its_own_line(fleet: Fleet, own_path: dict[str, str]) -> None:
    """Its completion runs only while a line is edited: keys into a terminal."""
    found = shutil.which("zsh")
    if found is None:
        pytest.skip("zsh is not on this machine")
    env = {**own_path, "TERM": "xterm", "PS1": "ready> ", "ZDOTDIR": str(fleet.path)}
    with Terminal((found, "-f", "-i"), cwd=fleet.path, env=env) as terminal:
        terminal.wait("ready>").press("autoload -U compinit && compinit -u -D && clear", "enter")
        terminal.press('eval "$(liftlock completion zsh)" && clear && echo lo""aded', "enter").wait("loaded\nready>")
        terminal.press("liftlock pl", "tab").wait("liftlock plan")
        terminal.press(" ", "tab").wait("dev", "staging", "production-eu", "production-us")
        terminal.press("dev prod", "tab").wait("liftlock plan dev production-")
        terminal.press("eu --app w", "tab").wait("production-eu --app web")


def test_completing_fetches_nothing_and_writes_nothing(fleet: Fleet, own_path: dict[str, str]) -> None:
    fleet.git("remote", "set-url", "origin", "http://127.0.0.1:1/nobody")
    state = fleet.state() | fleet.refs()
    assert "staging" in told(own_path, fleet.path)
    assert fleet.state() | fleet.refs() == state
    assert not Path(own_path["LIFTLOCK_STATE_DIR"]).exists()


def test_where_there_is_no_repository_nothing_is_said(tmp_path: Path, own_path: dict[str, str]) -> None:
    assert told(own_path, tmp_path).strip() == ""


def told(env: dict[str, str], place: Path) -> str:
    """What the program tells bash of the words after `liftlock plan`."""
    asked = {"_LIFTLOCK_COMPLETE": "bash_complete", "COMP_WORDS": "liftlock plan ", "COMP_CWORD": "2"}
    done = subprocess.run(["liftlock"], cwd=place, env={**env, **asked}, capture_output=True, check=True)
    assert done.stderr == b""
    return done.stdout.decode()
