"""Waves and trains on a real Flux: step by step over two repositories, each step once the one before is well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fleet_world
import pytest
from fleet_world import FleetWorld

PUSH = ("--onto", "main", "--push")
WAIT = (*PUSH, "--wait", "--timeout", "60s")


@pytest.fixture(scope="module")
def fleet(server: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetWorld]:
    made = fleet_world.real_fleet(server, tmp_path_factory.mktemp("fleet"))
    yield made
    made.end()


def states(wave: Any) -> list[str]:
    return [step["state"] for step in wave["steps"]]


def held(fleet: FleetWorld, said: str) -> None:
    """The next step does not begin, and this is what to do."""
    answer = fleet.liftlock("wave", "next", *PUSH)
    assert answer.code == 2 and "does not go on" in answer.err and said in answer.err, answer.err


def test_a_train_waits_for_each_of_its_apps(fleet: FleetWorld) -> None:
    fleet.released("dev", cart="1.1.0", shop="1.1.0-notready")
    begun = fleet.liftlock("promote", "dev", "staging", "us", "--train", *PUSH)
    assert begun.code == 0, begun.err
    while not (waits := fleet.wave("waiting"))["steps"][0]["why"].startswith("shop: "):
        pass  # cart becomes ready, shop does not
    assert states(waits) == ["rolling out", "to come"]
    held(fleet, "liftlock watch staging")
    # A hand that mends it takes the place of what the train carries: that is not carried on.
    fleet.released("staging", shop="1.1.0")
    held(fleet, "begin a new one")


def test_a_wave_goes_on_into_another_repository_once_the_step_before_is_healthy(fleet: FleetWorld) -> None:
    fleet.released("staging", cart="1.2.0", shop="1.2.0")
    begun = fleet.liftlock("promote", "staging", "eu", "us", "--wave", *WAIT)
    assert begun.code == 0, begun.err
    assert fleet.tags("us")["cart"] == "1.0.0"
    # What the source gets meanwhile waits for another wave.
    fleet.released("staging", shop="1.3.0")
    went = fleet.liftlock("wave", "next", *WAIT)
    assert went.code == 0, went.err
    assert fleet.tags("us") == {"cart": "1.2.0", "shop": "1.2.0"}
    assert fleet.runs("us", "shop") == {"registry.example.org/shop:1.2.0"}
    assert states(fleet.wave("done")) == ["healthy", "healthy"]


def test_a_step_that_fails_ends_the_wave_and_is_taken_back(fleet: FleetWorld) -> None:
    before = fleet.tags("eu")["shop"]
    fleet.released("staging", shop="1.4.0")
    begun = fleet.liftlock("promote", "staging", "us", "eu", "asia", "--app", "shop", "--wave", *WAIT)
    assert begun.code == 0, begun.err
    fleet.kubectl("-n", fleet.namespace("eu"), "create", "quota", "no-room", "--hard=pods=0")
    second = fleet.liftlock("wave", "next", *WAIT, "--json")
    assert second.code == 1 and "no-room" in second.json["converged"][0]["cause"]["sentence"], second.out + second.err
    failed = fleet.wave("failed")
    assert states(failed) == ["healthy", "failed", "to come"] and "quota" in failed["steps"][1]["why"], failed
    held(fleet, "liftlock rollback eu --app shop")
    assert fleet.tags("asia")["shop"] == "1.0.0"

    back = fleet.liftlock("rollback", "eu", "--app", "shop", *WAIT)
    assert back.code == 0, back.out + back.err
    assert fleet.tags("eu")["shop"] == before and fleet.runs("eu", "shop") == {f"registry.example.org/shop:{before}"}
    held(fleet, "begin a new one")
    assert states(fleet.wave("failed")) == ["healthy", "taken back", "to come"]
