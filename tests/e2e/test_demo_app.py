"""The demo as a person sees it: it opens, shows the board, and leaves nothing behind."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from terminal import LIFTLOCK, Terminal

pytestmark = pytest.mark.slow


def test_the_demo_opens_shows_the_board_and_leaves_with_q(tmp_path: Path) -> None:
    with Terminal((*LIFTLOCK, "demo"), cwd=tmp_path, env={"TMPDIR": str(tmp_path)}, columns=120, rows=36) as terminal:
        terminal.wait("development", "staging", "production", "storefront", "catalog", "payments", "notifier")
        terminal.wait("2.15.0", "2.14.2", "2.13.4", "behind")
        terminal.press("q")
        assert terminal.exit_code() == 0
        assert b"Traceback" not in terminal.written
        assert b"\x1b[?1049l" in terminal.written  # the screen from before is back
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_it_lays_itself_out_anew(columns: int, tmp_path: Path) -> None:
    with Terminal((*LIFTLOCK, "demo"), cwd=tmp_path, env={"TMPDIR": str(tmp_path)}, columns=100, rows=30) as terminal:
        terminal.wait("storefront", "2.15.0")
        terminal.resize(columns, 24).wait("storefront", "2.15.0", lambda seen: len(seen.screen.display) == 24)
        terminal.press("q")
        assert terminal.exit_code() == 0


def test_a_closed_window_ends_the_demo_and_its_folder(tmp_path: Path) -> None:
    with Terminal((*LIFTLOCK, "demo"), cwd=tmp_path, env={"TMPDIR": str(tmp_path)}) as terminal:
        terminal.wait("storefront", "2.15.0").hang_up()
        assert terminal.process.wait(60) in (-signal.SIGHUP, 129)
    assert list(tmp_path.iterdir()) == []


def test_a_closed_window_ends_the_demo_below_a_parent_that_stays(tmp_path: Path) -> None:
    """`make demo`, whose terminal goes: nothing tells the program, and it must not read the end of input for ever."""
    script = f"trap '' HUP; '{sys.executable}' -c '{LIFTLOCK[2]}' demo; exit $?"
    with Terminal(("sh", "-c", script), cwd=tmp_path, env={"TMPDIR": str(tmp_path)}) as terminal:
        terminal.wait("storefront", "2.15.0").hang_up()
        assert terminal.process.wait(60) == 129
    assert list(tmp_path.iterdir()) == []
