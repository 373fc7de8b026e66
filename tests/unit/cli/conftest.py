"""One small fleet, built once and copied for each test."""

from pathlib import Path

import fleets
import pytest
from fleets import Fleet


@pytest.fixture(scope="session")
def fleet_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    fleets.build(folder)
    return folder


@pytest.fixture
def fleet(fleet_template: Path, tmp_path: Path) -> Fleet:
    """A clone; its remote is `origin`."""
    return fleets.copy(fleet_template, tmp_path)


@pytest.fixture
def origin(fleet: Fleet) -> Fleet:
    return Fleet(fleet.path.parent / "origin.git")


@pytest.fixture
def elsewhere(fleet: Fleet, origin: Fleet) -> Fleet:
    """The clone of a colleague."""
    path = fleet.path.parent / "elsewhere"
    fleet.git("clone", "-q", str(origin.path), str(path))
    return Fleet(path)
