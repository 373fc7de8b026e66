"""A fleet of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fleets import Fleet, build

from liftlock.commands import Runner
from liftlock.gitrepo import Repository


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    build(tmp_path)
    return Fleet(tmp_path / "clone")


@pytest.fixture
def repository(fleet: Fleet) -> Iterator[Repository]:
    runner = Runner()
    with Repository.open(fleet.path, runner) as opened:
        yield opened
    runner.close()
