"""`liftlock demo`: one of the shipped examples in a folder of its own, gone afterwards."""

from __future__ import annotations

import difflib
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from liftlock import demo
from liftlock.commands import Runner
from liftlock.errors import ConfigError, LiftlockError
from liftlock.text import printable
from liftlock_tui.resources import folder

DEFAULT = "kustomize"


def names() -> tuple[str, ...]:
    """The examples there are, the usual one first."""
    found = sorted(path.parent.name for path in folder("examples").glob("*/demo.toml"))
    return tuple(sorted(found, key=lambda name: name != DEFAULT))


def described() -> tuple[tuple[str, str], ...]:
    """Each example's name and a sentence on it."""
    return tuple((name, demo.read_example(folder("examples") / name).sentence) for name in names())


def find(example: str | None) -> Path:
    """The folder of an example. Raises ConfigError with the names there are when there is none of this name."""
    there = names()
    name = example or DEFAULT
    if name in there:
        return folder("examples") / name
    if not there:
        raise ConfigError(
            "The examples are missing", f"there are none in {folder('examples')}", "install liftlock anew"
        )
    near = difflib.get_close_matches(name, there, 1)
    raise ConfigError(
        f"There is no example {printable(name)!r}",
        f"there are {', '.join(there)}",
        f"liftlock demo --example {near[0] if near else there[0]}",
    )


@contextmanager
def open_demo(example: str | None = None, *, keep: bool = False, now: float | None = None) -> Iterator[Path]:
    """A clone of the example with a remote of its own, for as long as the context lasts; longer with `keep`.

    Variables that point git at another repository are taken out of the environment meanwhile. Raises ConfigError,
    RepositoryError, and LiftlockError where there is no room for it.
    """
    source = find(example)
    try:
        world = Path(tempfile.mkdtemp(prefix="liftlock-demo-"))
    except OSError as error:
        raise LiftlockError(
            "There is no folder for the demo",
            error.strerror or str(error),
            "set TMPDIR to a folder that can be written",
        ) from error
    surrounding = demo.leave_surrounding_git()
    runner = Runner()
    try:
        with _removed_when_killed(world, keep):
            yield demo.create(source, world, runner, now=time.time() if now is None else now)
    finally:
        runner.close()
        os.environ.update(surrounding)
        if not keep:
            shutil.rmtree(world, ignore_errors=True)  # what still writes there ends with this program


@contextmanager
def _removed_when_killed(world: Path, keep: bool) -> Iterator[None]:
    """Meanwhile, what ends the program from outside (a closed window, `kill`) takes the folder with it."""
    if keep or threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        shutil.rmtree(world, ignore_errors=True)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    ending = (signal.SIGHUP, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in ending}
    for number in ending:
        if before[number] is signal.SIG_DFL:  # a signal that is ignored on purpose stays so
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
