"""The terminal of the end-to-end tests sees, types, waits and ends as it says."""

from __future__ import annotations

import sys

import pytest
from terminal import Terminal, Timeout

ECHO = """
import os, shutil, signal, sys, tty
tty.setraw(0)
def told(*_):
    size = shutil.get_terminal_size((0, 0))
    sys.stdout.write(f"\\x1b[2J\\x1b[H{os.get_terminal_size().columns} columns\\r\\n"); sys.stdout.flush()
signal.signal(signal.SIGWINCH, told)
told()
while True:
    try:
        key = os.read(0, 100)
    except InterruptedError:
        continue
    if key == b"q":
        sys.exit(3)
    sys.stdout.write(f"got {key!r}\\r\\n"); sys.stdout.flush()
"""


def test_it_sees_types_resizes_and_tells_the_exit_code() -> None:
    with Terminal((sys.executable, "-c", ECHO), columns=50, rows=10) as terminal:
        terminal.wait("50 columns").press("down").wait(r"got b'\x1b[B'").press("a").wait("got b'a'")
        assert terminal.row_of("got b'a'") == 2
        terminal.resize(70, 12).wait("70 columns").gone("got")
        terminal.press("q")
        assert terminal.exit_code() == 3


def test_what_does_not_come_is_told_with_the_screen() -> None:
    with Terminal((sys.executable, "-c", ECHO)) as terminal:
        terminal.wait("columns")
        with pytest.raises(Timeout, match="100 columns"):
            terminal.wait("never", timeout=0.1)


def test_a_program_that_ends_is_told_at_once() -> None:
    with Terminal((sys.executable, "-c", "print('bye')")) as terminal, pytest.raises(Timeout, match="bye"):
        terminal.wait("never", timeout=30)


def test_the_program_is_ended_with_the_terminal() -> None:
    with Terminal((sys.executable, "-c", ECHO)) as terminal:
        terminal.wait("columns")
    assert terminal.process.returncode is not None
