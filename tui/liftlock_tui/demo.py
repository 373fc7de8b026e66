"""`liftlock demo`: one of the shipped examples in a folder of its own, gone afterwards."""

from __future__ import annotations

import difflib
import os
import shlex
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType

import click

from liftlock import demo
from liftlock.commands import Runner
from liftlock.config import cache_dir, context_question, remember
from liftlock.errors import ConfigError, LiftlockError
from liftlock.sandbox import Line, read_story, starting
from liftlock.text import printable
from liftlock_tui.plain.output import complain, note
from liftlock_tui.resources import folder

DEFAULT = "kustomize"
_TRIES = 50
_SPEED = 5.0
"""How much faster the clocks of the clusters run where nobody watches."""


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
def open_demo(
    example: str | None = None,
    *,
    keep: bool = False,
    now: float | None = None,
    live: bool = True,
    speed: float = 1.0,
) -> Iterator[Path]:
    """A clone of the example with a remote of its own, for as long as the context lasts; longer with `keep`.

    With `live` the example's clusters run beside it, their clocks faster by `speed`. Meanwhile the environment names
    their kubeconfig and a memory of the demo's own, so that no cluster and no answer of the user's has a part in it;
    variables that point git at another repository are taken out. Raises ConfigError, RepositoryError, and
    LiftlockError where there is no room for it.
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
    moment = time.time() if now is None else now
    # What is rendered meanwhile stands in the same folder, so that it goes with it.
    own = {
        "KUBECONFIG": str(world / "kubeconfig"),
        "LIFTLOCK_STATE_DIR": str(world / "state"),
        "TMPDIR": str(world / "tmp"),
    }
    before = {name: os.environ.get(name) for name in own}
    try:
        with _removed_when_killed(world, keep), ExitStack() as ending:
            (world / "tmp").mkdir()
            os.environ.update(own)
            tempfile.tempdir = None  # it is looked up anew
            story = read_story(source) if live else None
            if story is None:
                (world / "kubeconfig").write_text("apiVersion: v1\nkind: Config\n", "utf-8")
                yield demo.create(source, world, runner, now=moment)
                return
            remote, cache = demo.remote_of(source, world), cache_dir() or world / "cache"
            clusters = ending.enter_context(starting(source, remote, world, cache / "rendered", runner, speed=speed))
            clone = demo.create(source, world, runner, now=moment)
            clusters.begin()
            for place in story.places:
                remember(str((clone / ".git").resolve()), context_question(place.name), place.context)
            yield clone
    finally:
        runner.close()
        os.environ.update(surrounding)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        tempfile.tempdir = None
        if not keep:
            _remove(world)


def _remove(world: Path) -> None:
    """Take the folder away, though what ends with this program may still write there: it no longer finds it."""
    gone = world.with_name(f"{world.name}.gone")
    with suppress(OSError):
        world.rename(gone)
    for _ in range(_TRIES):
        for place in (gone, world):
            shutil.rmtree(place, ignore_errors=True)
        if not gone.exists() and not world.exists():
            return


@contextmanager
def _removed_when_killed(world: Path, keep: bool) -> Iterator[None]:
    """Meanwhile, what ends the program from outside (a closed window, `kill`) takes the folder with it."""
    if keep or threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        _remove(world)
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


def play(commands: click.Command, example: str | None, *, keep: bool = False) -> int:
    """Tell the example's story as commands that are really run; 1 when one of them ended otherwise than it should.

    With `keep` its folder stays, and is named at the end.
    """
    from liftlock_tui.plain.running import run

    story = read_story(find(example))
    told = demo.read_example(find(example))
    lines = story.lines if story is not None else ()
    click.echo(f"{told.title}: {told.sentence}")
    with open_demo(example, keep=keep, speed=_SPEED) as clone:
        for line in lines or (Line("What every environment has", ("status",)),):
            shown = shlex.join(("liftlock", *line.arguments))
            click.echo(f"\n{click.style('# ' + line.about, dim=True)}\n{click.style('$ ' + shown, bold=True)}")
            code = run(commands, "liftlock", (*line.arguments, "--repo", str(clone)))
            if code != line.code:
                wrong = LiftlockError(f"This should have ended with {line.code}", f"it ended with {code}")
                complain(wrong, as_json=False)
                return 1
    if keep:
        note(f"the demo's repository is {clone}")
    return 0
