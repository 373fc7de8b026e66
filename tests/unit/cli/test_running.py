"""How the command ends: its exit codes, and one sentence for whatever goes wrong."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from fleets import Fleet

from liftlock.errors import Cancelled, PlanError
from liftlock_tui.plain.running import run


def ending(error: BaseException | None = None, code: int | None = None, *arguments: str) -> int:
    """The exit code of a command that does just this."""

    @click.command()
    @click.option("--json", "as_json", is_flag=True)
    @click.argument("words", nargs=-1)
    def command(as_json: bool, words: tuple[str, ...]) -> int | None:
        if error is not None:
            raise error
        return code

    return run(command, "liftlock", arguments)


@pytest.mark.parametrize(("code", "told"), [(None, 0), (0, 0), (1, 1)])
def test_the_code_is_the_commands_own(code: int | None, told: int) -> None:
    assert ending(None, code) == told


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (PlanError("No target", "why", "what next"), 2, "liftlock: No target\n  why\n  what next\n"),
        (Cancelled("stopped"), 130, ""),
        (KeyboardInterrupt(), 130, ""),
        (FileNotFoundError(2, "No such file", "a\x1bb"), 2, "liftlock: The system refused\n  No such file: a␛b\n"),
        (OSError(28, "No space left on device"), 2, "liftlock: The system refused\n  No space left on device\n"),
        (OSError("odd"), 2, "liftlock: The system refused\n  odd\n"),
        (MemoryError(), 2, "liftlock: There is not enough memory for this\n"),
        (RecursionError(), 2, "liftlock: Something here is nested too deeply\n  a file or a chain of files\n"),
        (click.UsageError("Odd words."), 2, "liftlock: Odd words\n  liftlock --help\n"),
    ],
)
def test_each_failure_is_a_sentence(error: BaseException, code: int, says: str, capsys) -> None:
    assert ending(error) == code
    seen = capsys.readouterr()
    assert seen.err.splitlines() == says.splitlines() or says.strip() in seen.err
    assert seen.out == ""


def test_a_fault_of_its_own_names_the_place_and_shows_more_when_asked(capsys, monkeypatch) -> None:
    monkeypatch.delenv("LIFTLOCK_DEBUG", raising=False)
    assert ending(ValueError("oh \x1b[2J")) == 2
    seen = capsys.readouterr().err
    assert "fault of its own" in seen
    assert f"ValueError: oh ␛[2J at {__file__}:" in seen
    assert "Traceback" not in seen
    assert ending(ValueError("oh"), None, "--json") == 2
    told = capsys.readouterr()
    assert "fault of its own" in json.loads(told.out)["error"]["title"]
    assert "fault of its own" in told.err
    monkeypatch.setenv("LIFTLOCK_DEBUG", "1")
    assert ending(ValueError("oh")) == 2
    assert "Traceback" in capsys.readouterr().err


def test_with_json_the_failure_is_on_standard_output(capsys) -> None:
    assert ending(PlanError("a", "b", "c"), None, "--json") == 2
    seen = capsys.readouterr()
    assert json.loads(seen.out) == {"error": {"title": "a", "detail": "b", "hint": "c"}}
    assert seen.err == ""
    assert ending(PlanError("a"), None, "--", "--json") == 2  # here it is a word, not an option
    assert capsys.readouterr().out == ""


def process(fleet: Fleet, script: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A shell line with `$liftlock` in it."""
    return subprocess.run(
        ["bash", "-c", script],
        cwd=fleet.path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **env}
        | {"liftlock": f"{sys.executable} -m liftlock_tui"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize(
    ("redirection", "code"),
    [(">&-", 1), ("2>&-", 1), ("<&-", 1), (">&- 2>&- <&-", 1), ("nowhere --json 2>/dev/full >/dev/null", 2)],
)
def test_streams_that_are_closed_do_no_harm(fleet: Fleet, redirection: str, code: int) -> None:
    ended = process(fleet, f"$liftlock plan dev staging {redirection}")
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr + ended.stdout
    assert "Exception" not in ended.stderr


@pytest.mark.parametrize("options", ["", "--json"])
def test_a_full_disk_is_a_sentence(fleet: Fleet, options: str) -> None:
    for names in ("dev staging", "dev nowhere"):
        ended = process(fleet, f"$liftlock plan {names} {options} >/dev/full")
        assert ended.returncode == 2
        assert ended.stderr.startswith("liftlock: ")
        assert "Exception ignored" not in ended.stderr
    assert "No space left" in process(fleet, "$liftlock plan dev staging >/dev/full").stderr


def test_interrupted_while_it_waits_ends_with_130_and_says_nothing(fleet: Fleet, tmp_path: Path) -> None:
    """A hook waits for ever; Ctrl-C reaches the whole group, as a terminal sends it."""
    waiting = tmp_path / "waiting"
    os.mkfifo(waiting)
    reader = os.open(waiting, os.O_RDONLY | os.O_NONBLOCK)
    hook = fleet.path / ".git" / "hooks" / "commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho here >{waiting}\nexec sleep 600\n")
    hook.chmod(0o755)
    before = fleet.refs()
    running = subprocess.Popen(
        [sys.executable, "-m", "liftlock_tui", "promote", "dev", "staging"],
        cwd=fleet.path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # whatever the tests were told to ignore
    )
    try:
        assert select.select([reader], [], [], 120)[0]
        os.killpg(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=120)
    finally:
        running.kill()
        os.close(reader)
    assert (running.returncode, out, err.strip()) == (130, "", "")
    assert fleet.refs() == before


def test_json_commands_load_neither_the_app_nor_what_is_for_people(fleet: Fleet) -> None:
    code = (
        "import sys\nfrom liftlock_tui.cli import cli\n"
        f"cli(['--repo', {str(fleet.path)!r}, 'plan', 'dev', 'staging', '--json'], standalone_mode=False)\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    loaded = set(ended.stderr.split())
    assert loaded.isdisjoint(
        {"textual", "rich", "kubernetes", "git", "aiohttp", "asyncio", "liftlock_tui.plain.answers"}
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("plan d", {"dev"}),
        ("plan dev ", {"dev", "staging", "production-eu", "production-us"}),
        ("promote dev staging production-", {"production-eu", "production-us"}),
        ("status s", {"staging"}),
        ("plan dev staging --app w", {"web"}),
        ("promote dev staging --confirm production-e", {"production-eu"}),
        ("pl", {"plan"}),
        ("completion z", {"zsh"}),
    ],
)
def test_the_shell_completes_environments_and_apps(fleet: Fleet, words: str, found: set[str]) -> None:
    line = f"liftlock {words}"
    ended = process(
        fleet,
        "$liftlock",
        _LIFTLOCK_COMPLETE="bash_complete",
        COMP_WORDS=line,
        COMP_CWORD=str(len(line.split(" ")) - 1),
    )
    assert {answer.partition(",")[2] for answer in ended.stdout.splitlines()} == found
    assert ended.stderr == ""


def test_where_there_is_no_repository_nothing_is_completed(tmp_path: Path, fleet: Fleet) -> None:
    ended = process(
        Fleet(tmp_path / ".."),
        "cd / && $liftlock",
        _LIFTLOCK_COMPLETE="bash_complete",
        COMP_WORDS="liftlock plan ",
        COMP_CWORD="2",
    )
    assert (ended.stdout.strip(), ended.stderr) == ("", "")
