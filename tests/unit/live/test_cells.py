"""A cell's live state in one word, and the sentence that explains it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.errors import Problem
from liftlock.live.cells import Relation, Sight, live_cell, worst_first
from liftlock.model.diff import ObjectKey
from liftlock.model.environment import Target
from liftlock.model.health import HEALTHY, Cause, Gravity, Health, HealthStatus
from liftlock.model.live import Contact, Controller, Delivery, Doing, Freshness, LiveState, Wait, Waiting

KEY = ObjectKey("kustomize.toolkit.fluxcd.io", "Kustomization", "flux-system", "apps")
DELIVERY = Delivery(Controller.FLUX, KEY, applied="a" * 40)
FINE = Sight(Target("eu"), Freshness(Contact.LIVE, 1.0), (DELIVERY,), Relation.SAME, health=HEALTHY, objects=3)
PULL = Cause("cannot pull x:1", "ErrImagePull", Gravity.SUSPECT, ObjectKey("", "Pod", "a", "b"))


def doing(**fields: object) -> Sight:
    return replace(FINE, deliveries=(replace(DELIVERY, **fields),))  # type: ignore[arg-type]


CASES = {
    "all is well": (FINE, LiveState.LEVEL),
    "git moved on": (replace(FINE, relation=Relation.OLDER, commits=2), LiveState.BEHIND),
    "the cluster has more": (replace(FINE, relation=Relation.NEWER), LiveState.AHEAD),
    "not fetched here": (replace(FINE, relation=Relation.UNKNOWN), LiveState.AHEAD),
    "somebody changed it": (replace(FINE, drift=1, drift_of="spec.replicas"), LiveState.DRIFTED),
    "an object is gone": (replace(FINE, missing=1), LiveState.DRIFTED),
    "all objects are gone": (replace(FINE, missing=3, health=Health(HealthStatus.MISSING)), LiveState.ABSENT),
    "suspended": (doing(suspended=True), LiveState.SUSPENDED),
    "suspended hides nothing newer": (replace(doing(suspended=True), relation=Relation.OLDER), LiveState.SUSPENDED),
    "failed": (doing(doing=Doing.FAILED, error="path not found"), LiveState.FAILING),
    "degraded": (replace(FINE, health=Health(HealthStatus.DEGRADED, "deadline")), LiveState.FAILING),
    "a suspect cause while it rolls": (
        replace(FINE, health=Health(HealthStatus.PROGRESSING), cause=PULL),
        LiveState.ROLLING,
    ),
    "a hard cause": (
        replace(FINE, health=Health(HealthStatus.PROGRESSING), cause=replace(PULL, gravity=Gravity.HARD)),
        LiveState.FAILING,
    ),
    "rolling": (replace(FINE, health=Health(HealthStatus.PROGRESSING, "1 of 2")), LiveState.ROLLING),
    "a run without a change is steady": (doing(doing=Doing.APPLYING), LiveState.LEVEL),
    "applying something new": (replace(doing(doing=Doing.APPLYING), relation=Relation.OLDER), LiveState.ROLLING),
    "ready, and no word yet of what was applied": (
        replace(doing(doing=Doing.FETCHING, seen="b" * 40, applied=""), relation=Relation.NONE),
        LiveState.ROLLING,
    ),
    "a first health check that was cut short": (
        replace(doing(doing=Doing.WAITING, attempted="b" * 40, applied=""), relation=Relation.NONE),
        LiveState.ROLLING,
    ),
    "a chart that no commit is known of": (
        replace(doing(doing=Doing.IDLE, applied=""), relation=Relation.NONE),
        LiveState.LEVEL,
    ),
    "manual with something to sync": (
        replace(doing(waiting=Waiting(Wait.MANUAL, "nobody started the sync")), relation=Relation.OLDER),
        LiveState.WAITING,
    ),
    "manual with nothing to sync": (doing(waiting=Waiting(Wait.MANUAL, "nobody")), LiveState.LEVEL),
    "manual, and somebody changed it": (
        replace(doing(waiting=Waiting(Wait.MANUAL, "nobody")), drift=1, drift_of="spec.replicas"),
        LiveState.DRIFTED,
    ),
    "its dependency is not ready": (
        doing(waiting=Waiting(Wait.DEPENDENCY, "depends on infra")),
        LiveState.WAITING,
    ),
    "unreachable": (replace(FINE, freshness=Freshness(Contact.UNREACHABLE)), LiveState.UNREACHABLE),
    "login": (replace(FINE, freshness=Freshness(Contact.LOGIN)), LiveState.UNREACHABLE),
    "forbidden": (replace(FINE, freshness=Freshness(Contact.FORBIDDEN)), LiveState.FORBIDDEN),
    "objects hidden": (
        replace(FINE, hidden=3, health=Health(HealthStatus.UNKNOWN)),
        LiveState.FORBIDDEN,
    ),
    "not heard yet": (replace(FINE, freshness=Freshness(Contact.CONNECTING)), LiveState.UNKNOWN),
    "nothing is known of it": (Sight(Target("eu"), Freshness(Contact.LIVE)), LiveState.UNKNOWN),
}


@pytest.mark.parametrize("name", CASES)
def test_state(name: str) -> None:
    sight, state = CASES[name]
    cell = live_cell(sight)
    assert cell.state is state
    assert cell.why


def test_the_cause_is_the_sentence() -> None:
    failing = live_cell(replace(FINE, cause=replace(PULL, gravity=Gravity.HARD)))
    assert failing.why == "cannot pull x:1"


def test_the_problem_of_the_connection_is_the_sentence() -> None:
    lost = Freshness(Contact.UNREACHABLE, 1.0, Problem("eu", "connection refused"))
    assert live_cell(replace(FINE, freshness=lost)).why == "connection refused"


def test_the_worst_target_stands_in_front() -> None:
    good, bad = live_cell(FINE), live_cell(doing(doing=Doing.FAILED))
    assert worst_first([good, bad])[0].state is LiveState.FAILING
