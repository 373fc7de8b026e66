"""Entries of a list that name a version in their path: the old one goes as the new one comes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.learning.conftest import Fleet

from liftlock.engine import Engine
from liftlock.model.change import ChangeClass


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    place = tmp_path / "fleet"
    place.mkdir()
    return Fleet(place)


def listed(*entries: str) -> str:
    return "resources:\n" + "".join(f"- {entry}\n" for entry in entries)


def staged(fleet: Fleet, staging: str, production: str) -> dict[str, str]:
    for environment, text in (("staging", staging), ("production", production)):
        fleet.write(f"apps/api/{environment}/kustomization.yaml", text)
    fleet.save("both")
    return {str(c.new or c.old): c.why for c in fleet.plan().changes if c.cls is ChangeClass.VERSION and c.proposed}


def test_the_base_of_another_version_takes_the_old_one_s_place(fleet: Fleet):
    told = staged(fleet, listed("own.yaml", "../../base/v1.5.0"), listed("own.yaml", "../../base/v1.4.2"))
    assert told == {
        "../../base/v1.5.0": "the version in a path: takes the place of ../../base/v1.4.2",
        "../../base/v1.4.2": "the version in a path: gives way to ../../base/v1.5.0",
    }
    engine = Engine.open(fleet.place, cache=False)
    try:
        made = engine.commit(engine.plan("staging", ["production"]))
    finally:
        engine.close()
    assert fleet.git("show", f"{made.commit}:apps/api/production/kustomization.yaml") == listed(
        "own.yaml", "../../base/v1.5.0"
    ).rstrip("\n")


def test_one_is_never_staged_without_the_other(fleet: Fleet):
    staged(fleet, listed("../../base/v1.5.0"), listed("../../base/v1.4.2"))
    one, other = (c for c in fleet.plan().changes if c.cls is ChangeClass.VERSION)
    assert (one.together, other.together) == ((other.id,), (one.id,))


@pytest.mark.parametrize(
    ("staging", "production"),
    [
        (("../../base/v1.5.0",), ("../../other/v1.4.2",)),
        (("../../base/blue",), ("../../base/green",)),
        (("../../base/v1.5.0", "../../base/v1.6.0"), ("../../base/v1.4.2",)),
    ],
)
def test_where_it_is_another_thing_or_one_of_several_both_are_only_offered(
    fleet: Fleet, staging: tuple[str, ...], production: tuple[str, ...]
):
    assert staged(fleet, listed(*staging), listed(*production)) == {}
