"""A machine that does not play along: one clear sentence with the next step, exit code 2, nothing lost."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from fleets import (
    EVERY,
    Fleet,
    fails,
    liftlock,
    liftlock_process,
)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that stands first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_no_git_on_path(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    monkeypatch.setenv("PATH", str(nothing))
    for command in (*EVERY, ("doctor",)):
        error = fails("--repo", fleet.path, *command)
        assert error["title"] == "There is no git on PATH"
        assert error["hint"] == "install git"
    answer = liftlock_process("status", "--json", cwd=fleet.path)
    assert answer.error["title"] == "There is no git on PATH"


def test_a_git_that_is_too_old(fleet: Fleet, programs: Path):
    program(programs, "git", "echo git version 2.20.1")
    error = fails("--repo", fleet.path, "status")
    assert "2.20.1" in error["title"]
    assert "2.30" in error["detail"]


@pytest.mark.parametrize("step", ["hash-object", "mktree", "commit-tree", "update-ref"])
def test_a_disk_that_is_full(fleet: Fleet, programs: Path, step: str):
    git = shutil.which("git")
    program(
        programs,
        "git",
        f'for word in "$@"; do if [ "$word" = {step} ]; then touch "{programs}/hit"\n'
        'echo "fatal: write error: No space left on device" >&2; exit 128; fi; done\n'
        f'exec "{git}" "$@"',
    )
    before = fleet.refs()
    answer = liftlock("promote", "dev", "staging", "--json", "--repo", fleet.path)
    if not (programs / "hit").exists():
        assert answer.code == 0  # a promotion does not go through this
        return
    assert answer.error["title"] == "The disk is full"
    assert answer.error["hint"]
    assert fleet.refs() == before


def _alone(script: str, *arguments: str | Path) -> tuple[str, ...]:
    """Words that start a program in a mount namespace of its own, after a script."""
    return ("unshare", "--mount", "sh", "-c", f'{script}; exec "$0" "$@"', *map(str, arguments))


@pytest.fixture(scope="session")
def namespaces() -> None:
    try:
        tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount namespaces here")
    if tried.returncode != 0:
        pytest.skip("no mount namespaces here")


@pytest.mark.usefixtures("namespaces")
def test_a_read_only_file_system(fleet: Fleet):
    before = _alone(f'mount --bind "{fleet.path}" "{fleet.path}" && mount -o remount,ro,bind "{fleet.path}"')
    state = fleet.state() | fleet.refs()
    for command, code in ((("status",), 0), (("plan", "dev", "staging"), 1), (("diff", "dev", "staging"), 0)):
        answer = liftlock_process(*command, "--repo", fleet.path, before=before)
        assert (answer.code, answer.err) == (code, "")
    for command in (("promote", "dev", "staging"), ("promote", "dev", "staging", "--push"), ("init",)):
        answer = liftlock_process(*command, "--json", "--repo", fleet.path, before=before)
        told = answer.error
        assert "read-only" in (told["title"] + told["detail"]).lower(), told
        assert told["hint"]
    assert fleet.state() | fleet.refs() == state


@pytest.mark.usefixtures("namespaces")
def test_a_disk_that_is_really_full(fleet: Fleet, tmp_path: Path):
    size = sum(f.stat().st_size for f in fleet.path.rglob("*") if f.is_file()) // 1024
    small = tmp_path / "small"
    small.mkdir()
    before = _alone(
        f'mount -t tmpfs -o size={max(4 * size, 2048)}k none "{small}" && cp -r "{fleet.path}" "{small}/clone"'
        f' && (cat /dev/zero > "{small}/ballast" 2>/dev/null || true) && cd "{small}/clone"'
    )
    told = liftlock_process("promote", "dev", "staging", "--json", before=before).error
    assert told["title"] == "The disk is full"
    answer = liftlock_process("status", before=before)
    assert answer.code == 0


def test_a_home_that_is_not_there(fleet: Fleet):
    env = {**os.environ, "HOME": "/nowhere"}
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        env[name] = "/proc/nowhere"
    assert liftlock_process("status", cwd=fleet.path, env=env).code == 0
    assert liftlock_process("promote", "dev", "staging", cwd=fleet.path, env=env).code == 0
