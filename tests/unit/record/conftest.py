"""A repository whose history is written commit by commit, each at a day of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.learning.conftest import Fleet

from liftlock.engine import Engine
from liftlock.model.record import Arrival, Extent, Question

DAY = 86400
BEGIN = 1_700_000_000


class Story(Fleet):
    """`apps/{app}/{dev,staging,production}/values.yaml`; each commit a day after the one before."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.day = 0

    def moves(self, subject: str, app: str = "api", **tags: str) -> str:
        """One commit that gives environments these tags of the app; its short id."""
        for environment, tag in tags.items():
            self.write(f"apps/{app}/{environment}/values.yaml", f"image:\n  repository: acme/{app}\n  tag: {tag}\n")
        return self.land(subject)

    def land(self, subject: str) -> str:
        """One commit of everything; its short id."""
        self.day += 1
        return self.save(subject, BEGIN + self.day * DAY)


def told(
    place: Path, question: Question | None = None, *, at: str | None = None, commits: int = 50_000
) -> tuple[list[Arrival], Extent]:
    """What the record tells, and how far it was read."""
    engine = Engine.open(place, at=at, cache=False)
    try:
        chronicle = engine.record.read(question or Question(), commits=commits)
        return list(chronicle), chronicle.extent
    finally:
        engine.close()


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    place = tmp_path / "story"
    place.mkdir()
    made = Story(place)
    made.moves("begin", dev="1.0.0", staging="0.9.0", production="0.8.0")
    yield made
