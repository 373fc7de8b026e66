"""From what clusters say to the live side of the board: one pass over everything that is known at a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from liftlock.cluster.delivery import follows, for_cell
from liftlock.cluster.health import worst
from liftlock.cluster.objects import Objects
from liftlock.errors import LiftlockError, Problem
from liftlock.live.cells import Relation, Sight, live_cell, worst_first
from liftlock.live.desired import Desired, keys
from liftlock.live.drifting import Drifted, drifted
from liftlock.live.gitside import GitSide
from liftlock.live.places import Place
from liftlock.live.releases import installed, looked_up
from liftlock.live.spots import Spot, spots
from liftlock.live.vitals import HIDDEN, Memory
from liftlock.model.board import CellKey
from liftlock.model.diff import ObjectKey
from liftlock.model.environment import Environment
from liftlock.model.health import Health, HealthStatus
from liftlock.model.live import Contact, Delivery, Freshness, Lane, LiveBoard, LiveCell
from liftlock.model.tree import Tree
from liftlock.overview.reading import Reading
from liftlock.render import Rendered
from liftlock.text import printable
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """One context at one moment."""

    objects: Objects
    deliveries: tuple[Delivery, ...]
    freshness: Freshness
    listed: bool = True
    """Whether all that is wanted was read once: before that, what is not there may only be late."""
    narrow: bool = False
    """Whether something may be read in some namespaces only: what is not seen may be there all the same."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The board and what it was made of: each spot with the objects that belong to it."""

    board: LiveBoard
    spots: Mapping[tuple[str, str, str, str], Spot]
    objects: Mapping[tuple[str, str, str, str], tuple[ObjectKey, ...]]


class Digest:
    """Makes live boards, and remembers what does not change between two of them."""

    def __init__(self, git: GitSide, desired: Desired) -> None:
        self._git = git
        self._desired = desired
        self._followed: dict[tuple[object, ...], tuple[Delivery, ...] | None] = {}
        self._drifts: dict[tuple[object, ...], Drifted] = {}
        self._memory = Memory()

    def make(
        self,
        reading: Reading,
        addresses: Sequence[str],
        places: Sequence[Place],
        seen: Mapping[str, Seen],
        now: float,
        number: int,
        nowhere: Problem | None = None,
    ) -> Whole:
        """The live board of all places. `addresses` are those of the repository's remotes, `seen` is by context.

        `nowhere` is what to say where no environment has a place.
        """
        lanes: list[Lane] = []
        cells: dict[CellKey, list[LiveCell]] = {}
        all_spots: dict[tuple[str, str, str, str], Spot] = {}
        belongings: dict[tuple[str, str, str, str], tuple[ObjectKey, ...]] = {}
        for place in places:
            environment = reading.environment(place.environment)
            if environment is None:
                continue
            lane, made = self._place(reading, addresses, environment, place, seen)
            lanes.append(lane)
            workloads = seen.get(place.target.workloads or place.target.context)
            for spot in made:
                sight, mine = self._sight(reading, environment, spot, lane, workloads, now)
                all_spots[spot.id] = spot
                belongings[spot.id] = mine
                cells.setdefault((spot.cell.app, spot.cell.environment), []).append(live_cell(sight))
        told = {key: worst_first(several) for key, several in cells.items()}
        return Whole(LiveBoard(tuple(lanes), told, number, None if lanes else nowhere), all_spots, belongings)

    # A place -------------------------------------------------------------------------------------------------------

    def _place(
        self,
        reading: Reading,
        addresses: Sequence[str],
        environment: Environment,
        place: Place,
        seen: Mapping[str, Seen],
    ) -> tuple[Lane, tuple[Spot, ...]]:
        said = self._freshness(place, seen)
        cells = tuple(reading.cells_of(environment.name).values())
        hub = seen.get(place.target.context)
        if hub is None or said.contact in (Contact.NONE, Contact.ASK):
            return Lane(environment.name, place.target, said, (), place.question), ()
        branch = _branch(reading.source_of(environment).ref)
        mine, weak = self._following(hub.deliveries, addresses, branch)
        found = {cell.app: for_cell(cell, mine) for cell in cells}
        lane = Lane(
            environment.name,
            place.target,
            said,
            tuple(dict.fromkeys(d.controller for deliveries in found.values() for d in deliveries)),
            weak,
        )
        if place.tentative and not any(found.values()):
            if hub.freshness.contact is not Contact.LIVE:
                return lane, ()
            if not hub.listed:
                return replace(lane, freshness=Freshness(Contact.CONNECTING, said.heard)), ()
            if hub.narrow:
                why = "nothing that may be read here follows this repository; what does may be hidden"
                hint = "ask for the role view, or press a on its lane to choose a context"
                hidden = Freshness(
                    Contact.FORBIDDEN, said.heard, Problem(environment.name, why, hint), None, said.blind
                )
                return replace(lane, freshness=hidden), ()
            why = f"nothing on {place.target.context}, your current context, follows this repository for it"
            problem = Problem(
                environment.name, why, "press a on its lane to choose a context, or name it in liftlock.toml"
            )
            return Lane(environment.name, place.target, Freshness(Contact.NONE, said.heard, problem)), ()
        return lane, spots(place, cells, found)

    def _freshness(self, place: Place, seen: Mapping[str, Seen]) -> Freshness:
        if place.problem is not None:
            return Freshness(Contact.NONE, problem=place.problem)
        if not place.agreed:
            return Freshness(Contact.ASK)
        told = [seen[c].freshness if c in seen else Freshness(Contact.CONNECTING) for c in place.contexts]
        # The one that is heard least says how fresh the lane is.
        return max(told, key=lambda f: _SILENCE.index(f.contact))

    def _following(
        self, deliveries: Sequence[Delivery], addresses: Sequence[str], branch: str
    ) -> tuple[tuple[Delivery, ...], str]:
        """Those that follow this repository and branch; and what to ask where an address does not match."""
        found, question = [], ""
        for delivery in deliveries:
            match = follows(delivery, addresses, branch)
            if match is None:
                continue
            found.append(delivery)
            question = question or match.question
        return tuple(found), question

    # A cell --------------------------------------------------------------------------------------------------------

    def _sight(
        self, reading: Reading, environment: Environment, spot: Spot, lane: Lane, seen: Seen | None, now: float
    ) -> tuple[Sight, tuple[ObjectKey, ...]]:
        if seen is None or lane.freshness.contact in (Contact.NONE, Contact.ASK):
            return Sight(spot.place.target, lane.freshness), ()
        tip = reading.source_of(environment).commit
        revision = next((d.applied for d in spot.deliveries if d.applied), "")
        relation, commits = self._git.relation(spot.cell, tip, revision)
        applied = tree_or_none(reading, revision) or reading.tree_of(environment)
        wanted = self._desired.at_hand(spot, applied, seen.objects.get)
        mine = belonging(spot, wanted, seen.objects)
        vitals = self._memory.vitals(spot.id, mine, seen.objects, seen.freshness, now)
        healths = vitals.healths
        hidden = sum(h.status is HealthStatus.UNKNOWN and h.message.endswith(HIDDEN) for h in healths)
        drift = self._drift(spot, wanted, applied, relation, seen)
        if not revision and drift.behind:
            relation = Relation.OLDER
        return (
            Sight(
                spot.place.target,
                lane.freshness,
                spot.deliveries,
                relation,
                commits,
                worst(healths) if healths else Health(HealthStatus.UNKNOWN, _unseen(spot, wanted)),
                vitals.cause,
                vitals.running,
                0 if drift.behind else drift.count,
                drift.first,
                len(mine),
                sum(h.status is HealthStatus.MISSING for h in healths),
                hidden,
            ),
            mine,
        )

    def _drift(self, spot: Spot, wanted: Rendered | None, tree: Tree, relation: Relation, seen: Seen) -> Drifted:
        """How the live objects differ from what was applied; kept until one of them changes."""
        if wanted is None or not wanted.objects or seen.freshness.contact is not Contact.LIVE:
            return Drifted()
        if any(d.doing != "idle" for d in spot.deliveries):
            return Drifted()  # while it is being applied, a difference is no drift
        versions = tuple(
            str((seen.objects.get(key) or {}).get("metadata", {}).get("resourceVersion", ""))
            for key in keys(wanted, spot.namespace)
        )
        at = (spot.id, tree.id, versions)
        if at not in self._drifts:
            if len(self._drifts) > 4000:
                self._drifts.clear()
            self._drifts[at] = drifted(wanted.objects, spot, seen.objects)
        return self._drifts[at]


# The worst last: what is heard least of all the contexts that a lane needs.
_SILENCE = (
    Contact.LIVE,
    Contact.STALE,
    Contact.CONNECTING,
    Contact.FORBIDDEN,
    Contact.UNREACHABLE,
    Contact.LOGIN,
    Contact.ASK,
    Contact.NONE,
)


def belonging(spot: Spot, wanted: Rendered | None, objects: Objects) -> tuple[ObjectKey, ...]:
    """The objects of a spot: what its own controllers list, else those that its folder renders to or that bear its
    release's name.
    """
    own = [d for d in spot.own if d.inventory]
    if own:
        return tuple(dict.fromkeys(key for d in own for key in d.inventory))
    if wanted is None:
        return ()
    return keys(wanted, spot.namespace) or installed(spot, objects)


def _unseen(spot: Spot, wanted: Rendered | None) -> str:
    """Why nothing is known of what runs."""
    if wanted is not None and looked_up(spot):
        return f"nothing in {spot.namespace} bears the name of this release"
    return "its objects are being looked up"


def tree_or_none(reading: Reading, commit: str) -> Tree | None:
    """The tree of a commit, None when it is not known here."""
    if not commit:
        return None
    try:
        return reading.tree_at(commit)
    except LiftlockError:
        return None  # a revision that is not fetched, or none of Git


def _branch(ref: str) -> str:
    """A ref as a controller names it: the branch without the remote."""
    if ref.startswith("refs/remotes/"):
        return printable(ref.removeprefix("refs/remotes/").partition("/")[2])
    return printable(ref.removeprefix("refs/heads/").removeprefix("refs/tags/"))
