"""Pictures are the same each time: cursors do not blink, colours are asked for, nothing moves."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tui"))


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.widgets.Input._toggle_cursor", lambda self: None)
    monkeypatch.setattr("textual.widgets.TextArea._toggle_cursor_blink_visible", lambda self: None)
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.delenv("NO_COLOR", raising=False)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--snapshot-update", default=False) and sys.version_info[:2] != (3, 11):
        raise pytest.UsageError("snapshots are made with Python 3.11")
