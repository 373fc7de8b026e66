"""Promotions in flight whose answers a test writes."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from liftlock.errors import Problem
from liftlock.model.forge import (
    CheckState,
    CommitCheck,
    MergeMethod,
    PullRequest,
    RequestState,
    Review,
    ReviewState,
    Rules,
)
from liftlock.model.review import Flight, FlightState, InFlight, Landing, Move

NOW = 1_760_000_000.0
HOUR = 3600.0


def request(number: int, title: str, author: str = "ada", hours: float = 5, text: str = "") -> PullRequest:
    return PullRequest(
        number,
        f"{title}{text}",
        text,
        RequestState.OPEN,
        False,
        f"promote/{number}{text}",
        f"{number:08x}" * 5,
        "acme/fleet",
        "main",
        f"{author}{text}",
        f"https://git.acme.io/acme/fleet/pulls/{number}",
        NOW - hours * HOUR,
        NOW - HOUR,
        reviewers=("lin",),
        mergeable=True,
    )


def flights(app: str, environment: str, text: str = "") -> tuple[Flight, ...]:
    """One that waits for a review, and one of another app whose check failed."""
    rules = Rules((MergeMethod.SQUASH, MergeMethod.MERGE), 1, ("ci/test",), protected=True)
    waits = Flight(
        request(12, f"promote({environment}): {app} 1.4.2 -> 1.5.0", text=text),
        "staging",
        (environment,),
        (Move(app, f"1.4.2{text}", "1.5.0"),),
        FlightState.REVIEW,
        f"1 approval more wanted; asked: lin{text}",
        ("lin",),
        (Review(f"lin{text}", ReviewState.ASKED, NOW), Review("kai", ReviewState.APPROVED, NOW - HOUR, stale=True)),
        (CommitCheck("ci/test", CheckState.PASSED, f"all well{text}"),),
        rules,
        known=True,
    )
    fails = Flight(
        request(9, f"promote({environment}): other", "kai", 50, text),
        "staging",
        (environment,),
        (Move("other"),),
        FlightState.FAILED,
        "ci/test failed",
        ("ci/test",),
        (),
        (CommitCheck("ci/test", CheckState.FAILED, "2 of 40 tests"), CommitCheck("lint", CheckState.RUNNING)),
        rules,
        known=True,
    )
    return waits, fails


class ScriptedReviews:
    """A forge of the real one's face. `known` is False until a test puts promotions in flight."""

    def __init__(self) -> None:
        self.known = False
        self.there: tuple[Flight, ...] = ()
        self.unnamed: tuple[str, ...] = ()
        self.silent: tuple[Problem, ...] = ()
        self.done: list[tuple[str, int]] = []
        self.forge = SimpleNamespace(where="git.acme.io/acme/fleet")
        self.opened = SimpleNamespace(token_from="GITEA_TOKEN")

    def put(self, found: Sequence[Flight]) -> None:
        self.known, self.there = True, tuple(found)

    def of(self, clone: Any) -> ScriptedReviews:
        return self

    def all_if_told(self) -> InFlight | None:
        return self.all() if self.known else None

    def all(self) -> InFlight:
        return InFlight(self.there, (self.forge.where,), self.silent)

    def me(self) -> str:
        return "ada"

    def in_flight(self, plan: Any) -> Flight | None:
        return None

    def flight(self, number: int) -> Flight:
        return next(one for one in self.there if one.number == number)

    def approve(self, flight: Flight) -> Flight:
        self.done.append(("approve", flight.number))
        return flight

    def abort(self, flight: Flight) -> tuple[str, ...]:
        self.done.append(("abort", flight.number))
        self.there = tuple(one for one in self.there if one.number != flight.number)
        return (f"closed #{flight.number}",)

    def merge(self, flight: Flight) -> Landing:
        self.done.append(("merge", flight.number))
        self.there = tuple(one for one in self.there if one.number != flight.number)
        return Landing(flight, "", MergeMethod.SQUASH)
