"""Noticing that the terminal has gone.

A program that a shell started is told with SIGHUP. One below `make` or another parent that outlives its terminal is
not: it would read the end of its input for ever.
"""

from __future__ import annotations

import select
import threading
from collections.abc import Callable


def when_gone(terminal: int, then: Callable[[], object]) -> None:
    """Call `then`, in a thread of its own, once the terminal behind this file descriptor has been closed."""

    def wait() -> None:
        poll = select.poll()
        poll.register(terminal, 0)  # a hangup is always told
        try:
            told = poll.poll()
        except OSError:
            return
        if any(event & select.POLLHUP for _, event in told):
            then()

    threading.Thread(target=wait, name="hangup", daemon=True).start()
