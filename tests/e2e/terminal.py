"""A program in a real pseudo-terminal, and a screen that shows what a person would see.

Nothing sleeps: `wait` reads what the program writes until the screen is as asked, or the time is over.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

ROOT = Path(__file__).resolve().parents[2]
LIFTLOCK = (sys.executable, "-c", "import sys; from liftlock_tui.cli import main; sys.exit(main())")
"""The command `liftlock` out of this source tree."""

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "space": " ",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "delete": "\x1b[3~",
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
}
"""Keys by name; every other text is typed as it stands."""


# What pyte does not know and would show as text: keyboard modes (kitty's), and questions about modes.
_UNKNOWN = re.compile(rb"\x1b\[(?:[<>=][0-9;:]*u|\?[0-9;]*\$p)")
_UNFINISHED = re.compile(rb"\x1b(?:\[[^@-~]*)?\Z")


def _own_terminal(hangups_ignored: bool) -> None:
    """In the child: the pseudo-terminal becomes what it is controlled from, so that Ctrl-C and /dev/tty reach it.

    What the tests themselves were told to ignore (below nohup, in the background) has no part in it.
    """
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN if hangups_ignored else signal.SIG_DFL)


class Timeout(AssertionError):
    """The screen did not come to look as asked."""


class Terminal:
    """A program that runs in a pseudo-terminal of so many columns and rows.

    `written` is all it wrote; `hangups_ignored` starts it as nohup does. Used as a context; the program and all that it
    started are ended with it.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        columns: int = 100,
        rows: int = 30,
        keep: bool = True,
        hangups_ignored: bool = False,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.written = bytearray()
        self._keep = keep
        self._held = b""
        self._master, slave = os.openpty()
        self._size(columns, rows)
        whole = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join((str(ROOT / "core"), str(ROOT / "tui"))),
            **(env or {}),
        }
        for name in {"NO_COLOR", "COLUMNS", "LINES"} - set(env or {}):
            whole.pop(name, None)  # of the terminal that the tests run in
        try:
            self.process = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env=whole,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                start_new_session=True,
                preexec_fn=lambda: _own_terminal(hangups_ignored),
            )
        finally:
            os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the program and its children."""
        if self.process.poll() is None:
            for ending in (signal.SIGTERM, signal.SIGKILL):
                os.killpg(self.process.pid, ending)
                try:
                    self.process.wait(3)
                    break
                except subprocess.TimeoutExpired:
                    continue
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    # What is seen --------------------------------------------------------------------------------------------------

    @property
    def lines(self) -> list[str]:
        """The rows of the screen without blanks at their ends."""
        return [row.rstrip() for row in self.screen.display]

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines)

    def row_of(self, text: str) -> int:
        """The first row (from 0) that holds the text. Raises AssertionError when none does."""
        for number, row in enumerate(self.screen.display):
            if text in row:
                return number
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")

    # What is done --------------------------------------------------------------------------------------------------

    def press(self, *keys: str) -> Self:
        """Press keys one after the other: a name of `KEYS`, or a text to be typed."""
        for key in keys:
            self.send(KEYS.get(key, key).encode())
        return self

    def send(self, data: bytes) -> None:
        """Write bytes as the terminal would."""
        while data:
            data = data[os.write(self._master, data) :]

    def hang_up(self) -> Self:
        """Close the terminal as a person closes its window, with the program still there."""
        os.close(self._master)
        self._master = -1
        return self

    def resize(self, columns: int, rows: int) -> Self:
        """Make the terminal larger or smaller, as a person does with a window."""
        self.screen.resize(rows, columns)
        self._size(columns, rows)
        os.killpg(self.process.pid, signal.SIGWINCH)
        return self

    def _size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    # What is waited for --------------------------------------------------------------------------------------------

    def wait(self, *wanted: str | re.Pattern[str] | Callable[[Terminal], bool], timeout: float = 20) -> Self:
        """Read until the screen holds every text, matches every pattern, and every condition holds.

        Raises Timeout, with the screen, when that takes longer than `timeout` seconds or the program ends before.
        """
        deadline = time.monotonic() + timeout
        while missing := [one for one in wanted if not self._holds(one)]:
            if not self.read(deadline - time.monotonic()) and not all(self._holds(one) for one in missing):
                how = (
                    f"ended with {self.process.poll()}"
                    if self.process.poll() is not None
                    else f"runs after {timeout:g} s"
                )
                raise Timeout(f"{missing} not seen; the program {how}; the screen is\n{self.text}")
        return self

    def gone(self, *unwanted: str, timeout: float = 20) -> Self:
        """Read until none of the texts is on the screen."""
        return self.wait(lambda terminal: not any(text in terminal.text for text in unwanted), timeout=timeout)

    def exit_code(self, timeout: float = 20) -> int:
        """Read until the program has ended; its exit code."""
        deadline = time.monotonic() + timeout
        while self.read(deadline - time.monotonic()):
            pass
        try:
            return self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Timeout(f"the program still runs after {timeout:g} s; the screen is\n{self.text}") from None

    def read(self, timeout: float) -> bool:
        """Take in what the program writes next; False when it has ended or wrote nothing for so many seconds."""
        data = self.receive(timeout)
        self.show(data)
        return bool(data)

    def receive(self, timeout: float) -> bytes:
        """What the program writes next, not shown yet; empty when it has ended or wrote nothing for so many seconds."""
        if timeout <= 0 or self._master < 0:
            return b""
        ready, _, _ = select.select([self._master], [], [], timeout)
        if not ready:
            return b""
        try:
            return os.read(self._master, 65536)
        except OSError:  # Linux says EIO when the other end is closed
            return b""

    def show(self, data: bytes) -> None:
        """Bring what was received onto the screen."""
        if self._keep:
            self.written += data
        data = self._held + data
        cut = _UNFINISHED.search(data)
        self._held = data[cut.start() :] if cut else b""
        self._stream.feed(_UNKNOWN.sub(b"", data[: cut.start()] if cut else data))

    def _holds(self, wanted: str | re.Pattern[str] | Callable[[Terminal], bool]) -> bool:
        if isinstance(wanted, str):
            return wanted in self.text
        if isinstance(wanted, re.Pattern):
            return wanted.search(self.text) is not None
        return wanted(self)
