"""The record, the states to go back to, and what versions contain, as a test writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from liftlock.errors import LiftlockError
from liftlock.model.app import Version
from liftlock.model.change import ChangeClass
from liftlock.model.plan import Back, Plan
from liftlock.model.record import Arrival, Extent, Kind, Moved, Question
from liftlock.model.release import Release
from liftlock.model.revision import Revision
from liftlock.model.rollback import Fitness, Former, WaysBack

NOW = 1_760_000_000.0
DAY = 86400.0


def revision(number: int, days: float, subject: str, author: str = "Ada Lane") -> Revision:
    return Revision(f"{number * 0x1F3D5B79 & 0xFFFFFFFF:08x}" * 5, author, NOW - days * DAY, subject)


def moved(app: str, old: str | None, new: str, source: str = "", since: Revision | None = None) -> Moved:
    path = f"images[name=registry.example.org/{app}].newTag"
    return Moved(app, f"apps/{app}/staging/kustomization.yaml", path, old, new, ChangeClass.VERSION, source, since)


def arrivals(text: str = "") -> tuple[Arrival, ...]:
    """A promotion that trailers tell, a rollback, a promotion from values, and one that came directly."""
    built = revision(3, 5, f"build 1.9.3 {text}")
    return (
        Arrival(
            revision(11, 1, f"promote(staging): checkout 1.9.2 -> 1.9.3 {text}"),
            "staging",
            Kind.PROMOTION,
            "dev",
            True,
            ("checkout",),
            (moved("checkout", "1.9.2", f"1.9.3{text}", "dev", built),),
            (f"Ada Lane{text}",),
            "Bo Grant",
            ("Cy Moss", "Di Nord"),
            f"release 42 of the shop, as agreed on Monday {text}",
            (f"soak: the outage of the morning {text}",),
            (),
            "#118",
            4 * DAY,
        ),
        Arrival(
            revision(12, 3, "Revert the checkout"),
            "staging",
            Kind.ROLLBACK,
            apps=("checkout",),
            moves=(moved("checkout", "1.9.3", "1.9.2"),),
            authors=("Bo Grant",),
            reverts=("4f2a91c" + "0" * 33,),
        ),
        Arrival(
            revision(13, 20, "bump"),
            "staging",
            Kind.PROMOTION,
            "dev",
            apps=("checkout", "ledger"),
            moves=(moved("checkout", "1.9.1", "1.9.2", "dev", built), moved("ledger", None, "4.0.0", "dev", built)),
            authors=("renovate[bot]",),
            lead=6 * 3600,
            notes=("some of it goes back to an earlier version",),
        ),
        Arrival(
            revision(14, 90, "hotfix"),
            "staging",
            Kind.DIRECT,
            apps=("checkout",),
            moves=(moved("checkout", "1.9.0", "1.9.1"),),
            authors=("Di Nord",),
        ),
    )


class ScriptedChronicle:
    def __init__(self, found: tuple[Arrival, ...], extent: Extent) -> None:
        self._found = found
        self.extent = extent
        self.left_out = 0
        self.order = ("dev", "staging", "production-eu")

    def __iter__(self) -> Iterator[Arrival]:
        return iter(self._found)


class ScriptedRecord:
    def __init__(self) -> None:
        self.arrivals = arrivals()
        self.extent = Extent(240, NOW - 90 * DAY, False, "200 were asked for")
        self.asked: list[Question] = []
        self.error: LiftlockError | None = None

    def read(self, question: Question, **more: Any) -> ScriptedChronicle:
        self.asked.append(question)
        if self.error is not None:
            raise self.error
        found = tuple(one for one in self.arrivals if question.direct or one.kind is not Kind.DIRECT)
        return ScriptedChronicle(found, self.extent)


class ScriptedReleases:
    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Release] = {}

    def between(self, app: str, old: str, new: str) -> Release | None:
        return self.known.get((app, new))

    def of(self, plan: Plan) -> tuple[Release, ...]:
        return tuple(self.known.values())


def release(text: str = "") -> Release:
    """Two commits that are new, one that is gone."""
    found = (revision(21, 6, f"Answer twice as fast {text}"), revision(22, 7, "Fix the rounding of prices", "Bo Grant"))
    return Release("checkout", "1.9.2", "1.9.3", found, 2, 1)


class ScriptedRollbacks:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.planned: list[tuple[str, str, str]] = []
        self.error: LiftlockError | None = None
        self.text = ""

    def ways(self, environment: str, app: str, **more: Any) -> WaysBack:
        if self.error is not None:
            raise self.error
        states = [
            Former(revision(31 + n, 2 + 9 * n, f"promote {tag} {self.text}"), (version(app, tag),), fit)
            for n, (tag, fit) in enumerate(
                [("1.9.2", Fitness.FAILED), ("1.9.1", Fitness.HEALTHY), ("1.9.0", Fitness.UNKNOWN)]
            )
        ]
        now = Former(revision(30, 1, "promote 1.9.3"), (version(app, "1.9.3"),), Fitness.FAILED)
        return WaysBack(app, environment, now, tuple(states), states[1], "the newest state that was healthy")

    def plan(self, environment: str, app: str, to: str = "", **more: Any) -> Plan:
        self.planned.append((environment, app, to))
        return replace(
            self._plan, source=environment, targets=(environment,), asked=(app,), source_commit=to, back=Back(to)
        )


def version(app: str, value: str) -> Version:
    return Version(f"registry.example.org/{app}", value, "f", "p", "image")


MAPPED: Mapping[str, str] = {"checkout": "/srv/checkout"}
