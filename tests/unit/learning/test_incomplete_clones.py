"""Where the history is not all there, nothing is fetched for it and nothing is concluded from what is missing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.learning.conftest import Fleet

from liftlock.engine import Engine
from liftlock.errors import PlanError
from liftlock.model.plan import Plan

Values = Callable[..., str]


def clone(fleet: Fleet, place: Path, *options: str) -> Path:
    """A clone as over the network."""
    fleet.git("config", "uploadpack.allowFilter", "true")
    subprocess.run(["git", "clone", "-q", *options, fleet.place.as_uri(), place], check=True)
    return place


@pytest.fixture
def hotfixed(fleet: Fleet, values: Values) -> Fleet:
    """Production went back to a version that staging had held long ago."""
    for tag in ("1.0.0", "1.1.0"):
        fleet.commit(f"staging {tag}", staging=values(tag), production=values("0.9.0"))
    fleet.commit("staging 1.2.0", staging=values("1.2.0"))
    fleet.commit("production", production=values("1.1.0"))
    fleet.commit("back", production=values("1.0.0"))
    fleet.commit("staging 1.3.0", staging=values("1.3.0"))
    return fleet


def planned(place: Path) -> Plan:
    engine = Engine.open(place, cache=False)
    try:
        return engine.plan("staging", ["production"])
    finally:
        engine.close()


def why(place: Path) -> str:
    return planned(place).changes[0].why


def test_a_partial_clone_plans_by_the_rules_and_fetches_nothing(hotfixed: Fleet, tmp_path: Path):
    place = clone(hotfixed, tmp_path / "partial", "--filter=blob:none")
    subprocess.run(["git", "-C", place, "config", "remote.origin.url", "file:///nowhere"], check=True)
    assert why(place) == "image tag"
    assert [w.text for w in planned(place).warnings] == [
        "older versions are not in this partial clone: what is staged follows the rules alone"
    ]
    engine = Engine.open(place, cache=False)
    with pytest.raises(PlanError, match="not in this clone"):
        list(engine.learn())
    engine.close()


def test_what_lies_beyond_a_shallow_clone_s_depth_is_not_taken_for_the_beginning(hotfixed: Fleet, tmp_path: Path):
    assert "moved in 2 of 2 promotions" in why(hotfixed.place)
    assert "changed on both sides" not in why(clone(hotfixed, tmp_path / "shallow", "--depth=3"))
