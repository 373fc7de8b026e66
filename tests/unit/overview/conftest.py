"""Engines on a copy of a small fleet."""

from collections.abc import Callable, Iterator
from pathlib import Path

import fleets
import pytest
from fleets import Fleet

from liftlock.engine import Engine


@pytest.fixture(scope="session")
def fleet_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    fleets.build(folder)
    return folder


@pytest.fixture
def fleet(fleet_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """A clone; its remote is `origin`. What is cached meanwhile is this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return fleets.copy(fleet_template, tmp_path)


@pytest.fixture
def opened() -> Iterator[Callable[..., Engine]]:
    """Opens engines and closes them at the end."""
    made: list[Engine] = []

    def make(fleet: Fleet, *, cache: bool = True, at: str | None = None) -> Engine:
        made.append(Engine.open(fleet.path, cache=cache, at=at))
        return made[-1]

    yield make
    for engine in made:
        engine.close()
