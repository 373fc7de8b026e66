"""A terminal that goes takes the program with it, whatever became of the signal that should have said so.

A program that a shell started is told with SIGHUP. One below `make` or another parent that outlives its terminal is
not, and one below `nohup` does not hear it: it would read the end of its input for ever. What it writes fails from then
on, at any moment, so nothing here may depend on who notices first.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

TERMINAL_GONE = 129
"""The exit code after the terminal was closed: what a shell says of SIGHUP."""
PATIENCE = 10.0
"""Seconds that the program has to leave by itself, and then once more to clean up behind it."""


def hung_up(terminal: int, milliseconds: int | None = 0) -> bool:
    """Whether the terminal behind this file descriptor has been closed, or is within this time; None waits for ever."""
    poll = select.poll()
    poll.register(terminal, 0)  # a hangup is always told
    try:
        return any(event & select.POLLHUP for _, event in poll.poll(milliseconds))
    except OSError:
        return False


def when_gone(terminal: int, then: Callable[[], object]) -> None:
    """Call `then`, in a thread of its own, once the terminal behind this file descriptor has been closed.

    A program that is still there after its time, as when what it waited for does not end, is ended.
    """

    def wait() -> None:
        if not hung_up(terminal, None):
            return
        _write_to_nobody()
        threading.Thread(target=then, name="leaving", daemon=True).start()
        never = threading.Event()
        never.wait(PATIENCE)
        os.kill(os.getpid(), signal.SIGTERM)
        never.wait(PATIENCE)
        os._exit(TERMINAL_GONE)

    threading.Thread(target=wait, name="hangup", daemon=True).start()


def _write_to_nobody() -> None:
    """What is still written where the terminal was is dropped: it would fail, at the latest when Python ends."""
    with suppress(OSError):
        nobody = os.open(os.devnull, os.O_WRONLY)
        for output in (1, 2):
            if hung_up(output):
                os.dup2(nobody, output)
        os.close(nobody)


class _Output:
    """The terminal's output, where it does not matter that the terminal has gone."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


class LastingDriver(LinuxDriver):
    """Draws on a terminal, and lets the app leave in order when there is none any more.

    The thread that writes would end at the first failure, and the app would then wait for ever for it to write more.
    A closed terminal also sends SIGCONT, and to draw anew on it would start that thread, and the one that reads, twice.
    """

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        if self._file is not None:
            self._file = cast(Any, _Output(self._file))

    def _sigcont_application(self, *told: object) -> None:
        if not hung_up(self.fileno):
            super()._sigcont_application(*told)
