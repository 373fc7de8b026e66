"""The engine for the time of one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liftlock.engine import Engine


@contextmanager
def opened(repo: Path, at: str | None, *, logged: bool = True) -> Iterator[Engine]:
    """The engine of this repository, closed at the end. Raises LiftlockError."""
    from liftlock.engine import Engine  # heavy: not for --help

    engine = Engine.open(repo, at=at, logged=logged)
    try:
        yield engine
    finally:
        engine.close()
