"""The app in a real terminal on a repository that means harm: every byte that the terminal gets is looked at."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import world
from corpus import judged

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
from terminal import LIFTLOCK, Terminal

pytestmark = pytest.mark.slow

TOUR: tuple[tuple[tuple[str, ...], str], ...] = (
    (("2",), "Last commits"),
    (("G",), "gnp.7777"),
    (("@",), "Command log"),
    (("a",), "git config"),
    (("escape",), "p plan"),
    (("p",), "newTag"),
)


def test_no_screen_obeys_a_text(tmp_path: Path) -> None:
    fleet = world.build(tmp_path)
    env = {"LIFTLOCK_FETCH_ON_START": "0", "LIFTLOCK_STATE_DIR": str(tmp_path / "state")}
    with Terminal(LIFTLOCK, cwd=fleet.path, env=env, columns=150, rows=60) as terminal:
        terminal.wait("staging", "7777", timeout=60)
        for keys, wanted in TOUR:
            terminal.press(*keys).wait(wanted)
        terminal.press("q")
        assert terminal.exit_code() == 0
        assert b"Traceback" not in terminal.written
        found = judged(bytes(terminal.written), full_screen=True)
    assert found.wrong == []
    assert sum(found.sequences.values()) > 1000
    assert found.text.count("7777") > 100
    assert "[red]7777" in found.text  # markup is text
