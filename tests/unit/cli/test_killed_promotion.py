"""A whole promotion, from reading to the commit, killed at any moment: not begun or finished, and no lock stays."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from pathlib import Path

import pytest
from fleets import APPS, Fleet, place
from orphans import Orphans, linux_only
from orphans import orphans as orphans  # the fixture

from liftlock.engine import Engine

KILLS = int(os.environ.get("LIFTLOCK_KILLS", "20"))
BRANCH = "promote/may"

pytestmark = [
    linux_only,
    # The child only runs what is tested here, and ends without cleaning up.
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


@pytest.fixture
def busy(fleet: Fleet) -> Fleet:
    """A clone in the middle of its user's work."""
    fleet.write({place("web", "dev"): "stashed\n"})
    fleet.git("stash")
    fleet.write({place("api", "staging"): "being edited\n", "staged.yaml": "staged\n", "new.yaml": "new\n"})
    fleet.git("add", "staged.yaml")
    fleet.git("branch", "release")
    return fleet


def promotion(path: Path, onto: str | None) -> int:
    """A child that makes a promotion of everything."""
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(BaseException):
            engine = Engine.open(path)
            engine.commit(engine.plan("dev", ["staging"]), onto=onto, branch=None if onto else BRANCH)
            engine.close()
            code = 0
        os._exit(code)
    return child


def finished(fleet: Fleet, refs: dict[str, str], branch: str) -> bool:
    """Whether the promotion was made; asserts that it was made in full or not at all."""
    now = fleet.refs()
    ref = f"refs/heads/{branch}"
    assert {name: oid for name, oid in now.items() if name != ref} == {n: o for n, o in refs.items() if n != ref}
    assert fleet.git("fsck", "--strict", "--no-dangling") == ""
    if now.get(ref) == refs.get(ref):
        return False
    base = refs["refs/heads/main"]
    assert fleet.git("rev-list", f"{base}..{ref}") == now[ref]
    assert fleet.changed(base, now[ref]) == [
        '-    newTag: "1.2.0"  # moved by promotions',
        '+    newTag: "1.3.0"  # moved by promotions',
    ] * len(APPS)
    assert fleet.git("log", "-1", "--format=%s", ref) == "promote(staging): api, web 1.2.0 -> 1.3.0"
    return True


@pytest.mark.parametrize("onto", [None, "release"], ids=["a new branch", "a branch that is there"])
@pytest.mark.parametrize("with_git", [False, True], ids=["liftlock", "liftlock and its git"])
def test_killed_at_random_moments(busy: Fleet, onto: str | None, with_git: bool, orphans: Orphans):
    branch = onto or BRANCH
    ref, refs, before = f"refs/heads/{branch}", busy.refs(), busy.state()

    def again() -> None:
        busy.git("update-ref", *((ref, refs[ref]) if ref in refs else ("-d", ref)))

    started = time.perf_counter()
    assert os.waitpid(promotion(busy.path, onto), 0)[1] == 0
    whole = time.perf_counter() - started
    assert finished(busy, refs, branch)
    again()
    moments = random.Random()
    for _ in range(-(-KILLS // 4)):
        child = promotion(busy.path, onto)
        # Most of the time goes by before anything is written; the moments that matter get their share.
        time.sleep(whole * (1 - moments.random() ** 2))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        orphans.wait(kill=with_git)
        now = busy.state()
        if with_git:
            # A lock of git itself can stay only where git itself was killed.
            for lock in now.pop("locks").split():
                Path(lock).unlink()
        assert now == {k: v for k, v in before.items() if k in now}
        if finished(busy, refs, branch):
            again()
    engine = Engine.open(busy.path)  # and what was killed stands in nobody's way
    try:
        engine.commit(engine.plan("dev", ["staging"]), onto=onto, branch=None if onto else BRANCH)
    finally:
        engine.close()
    assert finished(busy, refs, branch)
