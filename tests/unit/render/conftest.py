"""What the tests of rendering share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock.commands import Runner
from liftlock.render import Renderer


@pytest.fixture
def runner() -> Iterator[Runner]:
    """A runner whose processes end with the test."""
    made = Runner()
    yield made
    made.close()


@pytest.fixture
def renderer(runner: Runner, tmp_path: Path) -> Renderer:
    """A renderer with a cache of its own."""
    return Renderer(runner, tmp_path / "cache")
