"""Repositories for programs in a terminal: each test has its own copy."""

from __future__ import annotations

from pathlib import Path

import fleets
import pytest


@pytest.fixture(scope="session")
def fleet_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    fleets.build(folder)
    return folder


@pytest.fixture
def fleet(fleet_template: Path, tmp_path: Path) -> fleets.Fleet:
    """A clone with two apps in dev, staging and two productions; its remote is `origin.git` beside it."""
    return fleets.copy(fleet_template, tmp_path / "fleet")
