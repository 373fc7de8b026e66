"""Killed at any moment, a repository is as it was or has the finished commit."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from orphans import linux_only
from orphans import orphans as orphans  # the fixture

from liftlock.commands import Command, Runner
from liftlock.gitrepo import Repository

KILLS = int(os.environ.get("LIFTLOCK_KILLS", "20"))
STEPS = 20  # a promotion starts fewer processes than this

pytestmark = [
    linux_only,
    # The child only runs what is tested here, and ends without cleaning up.
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


@pytest.fixture
def fleet(checkout):
    made = checkout()
    made.commit({f"envs/{e}/{n}.yaml": f"tag: {n}\n" for e in ("qa", "prod") for n in range(50)})
    made.write({"envs/qa/0.yaml": "being edited\n", "staged.yaml": "staged\n"})
    made.git("add", "staged.yaml")
    made.git("branch", "promote/app")
    return made


class KilledAtStep(Runner):
    """Dies when the process of this number is started: just before, or just after."""

    def __init__(self, step: int, after: bool) -> None:
        super().__init__()
        self.left = step
        self.after = after

    def start(self, command: Command, **options):  # type: ignore[no-untyped-def]
        self.left -= 1
        if self.left == 0 and not self.after:
            os.kill(os.getpid(), signal.SIGKILL)
        process = super().start(command, **options)
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return process


def promote(path: Path, base: str, runner: Runner) -> None:
    repository = Repository.open(path, runner)
    changes = {"envs/prod/1.yaml": b"tag: 2\n", "envs/prod/new/x.yaml": b"new\n", "envs/prod/2.yaml": None}
    commit = repository.write_commit(base, changes, repository.run_message_hooks("promote(prod): app\n"))
    repository.create_or_move_branch("promote/app", commit, base)


def forked(path: Path, base: str, runner: Runner) -> int:
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            promote(path, base, runner)
        os._exit(0)
    return child


def judge(fleet, base: str, before: dict[str, str], *, locks: bool = True) -> bool:
    """Whether the promotion is finished; asserts that it is that or has not been."""
    tip = fleet.git("rev-parse", "promote/app")
    now = fleet.state()
    assert {k: v for k, v in now.items() if locks or k != "locks"} == {
        k: v for k, v in before.items() if locks or k != "locks"
    }
    problems = subprocess.run(["git", "fsck", "--strict"], cwd=fleet.path, capture_output=True, text=True, check=False)
    assert problems.returncode == 0, problems.stderr
    assert fleet.git("for-each-ref", "--format=%(refname)") == "refs/heads/main\nrefs/heads/promote/app"
    if tip == base:
        return False
    assert fleet.git("rev-parse", f"{tip}^") == base
    assert fleet.git("diff", "--name-status", base, tip) == (
        "M\tenvs/prod/1.yaml\nD\tenvs/prod/2.yaml\nA\tenvs/prod/new/x.yaml"
    )
    return True


def again(fleet, base: str) -> None:
    fleet.git("update-ref", "refs/heads/promote/app", base)


def test_killed_at_every_step(fleet, orphans):
    base = fleet.git("rev-parse", "main")
    before = fleet.state()
    finished = []
    for step in range(1, STEPS + 1):
        for after in (False, True):
            child = forked(fleet.path, base, KilledAtStep(step, after))
            os.waitpid(child, 0)
            orphans.wait(kill=False)
            finished.append(judge(fleet, base, before))
            again(fleet, base)
    assert finished[0] is False
    assert finished[-1] is True


@pytest.mark.parametrize("with_git", [False, True], ids=["liftlock", "liftlock and its git"])
def test_killed_at_random_moments(fleet, with_git, orphans):
    base = fleet.git("rev-parse", "main")
    before = fleet.state()
    started = time.perf_counter()
    os.waitpid(forked(fleet.path, base, Runner()), 0)
    whole = time.perf_counter() - started
    assert judge(fleet, base, before)
    again(fleet, base)
    moments = random.Random()
    for _ in range(KILLS):
        child = forked(fleet.path, base, Runner())
        time.sleep(moments.uniform(0, whole))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        orphans.wait(kill=with_git)
        # A lock of git itself can stay only where git itself was killed.
        judge(fleet, base, before, locks=not with_git)
        for lock in (fleet.path / ".git").rglob("*.lock"):
            lock.unlink()
        again(fleet, base)
