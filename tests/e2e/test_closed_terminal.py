"""The app ends with its terminal where nobody tells it to: as below nohup, and while it is writing all the time."""

from __future__ import annotations

import signal
import sys

import pytest
from terminal import Terminal

PROGRAM = """
import os, sys, threading
from liftlock.errors import LiftlockError
from liftlock_tui import hangup
from liftlock_tui.app import LiftlockApp

mount = LiftlockApp.on_mount

def busily(self):
    mount(self)
    self.set_interval(0.002, lambda: [self._driver.write("busy ") for _ in range(50)])

def opened():
    if sys.argv[2] == "stuck":
        os.write(1, b"waiting for ever")
        threading.Event().wait()
    raise LiftlockError("nothing", "to open")

LiftlockApp.on_mount = busily
if sys.argv[2] == "writer first":
    hangup._write_to_nobody = lambda: None
hangup.PATIENCE = float(sys.argv[1])
sys.exit(LiftlockApp(opened).run())
"""


@pytest.mark.parametrize(("ignored", "first"), [(True, "watch first"), (True, "writer first"), (False, "")])
def test_a_closed_terminal_ends_an_app_that_writes(ignored: bool, first: str) -> None:
    with Terminal((sys.executable, "-c", PROGRAM, "30", first), hangups_ignored=ignored) as terminal:
        terminal.wait("busy busy").hang_up()
        # Python says 120 when it could not write the last of its output.
        assert terminal.process.wait(25) in ((120, 129) if ignored else (-signal.SIGHUP,))


def test_one_that_does_not_leave_in_its_time_is_ended() -> None:
    with Terminal((sys.executable, "-c", PROGRAM, "1", "stuck"), hangups_ignored=True) as terminal:
        terminal.wait(lambda seen: b"waiting for ever" in seen.written).hang_up()
        assert terminal.process.wait(25) == -signal.SIGTERM
