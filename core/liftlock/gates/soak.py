"""The gate `soak`: the version has been live in the source for as long as that environment wants. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from liftlock.clock import age
from liftlock.gates.candidate import Candidate, tag
from liftlock.gates.verdict import Verdict, not_applicable, passed, unknown, waiting
from liftlock.model.gates import GateState
from liftlock.model.health import LiveObject
from liftlock.model.live import LiveCell
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Since:
    """Since when (seconds since the epoch), and whose time it is."""

    at: float
    told_by: str


def later(one: Since | None, other: Since | None) -> Since | None:
    """The later of two times. What was there before and came back tells a time of before: no version is anywhere
    earlier than its commit.
    """
    return max((since for since in (one, other) if since is not None), key=lambda since: since.at, default=None)


def soak(candidate: Candidate, wanted: float, live: Verdict, since: Since | None, now: float) -> Verdict:
    """Whether it was there long enough. `live` is what the gate `health` says of the source.

    Where no cluster tells, the time is that of the commit, and the evidence says so.
    """
    if candidate.source is None:
        return not_applicable("it comes from no environment")
    source = candidate.source.name
    if wanted <= 0:
        return not_applicable(f"{source} asks for no time")
    if live.state in (GateState.BLOCKED, GateState.WAITING):
        return waiting(f"its time in {source} has not begun: {live.evidence}", live.wants)
    if since is None:
        return unknown(f"since when {source} has {candidate.said} is not known", "connect to its cluster")
    been, until = max(0.0, now - since.at), since.at + wanted
    said = f"{candidate.said} is in {source} for {duration(been)} of {duration(wanted)}, by {since.told_by}"
    if until > now:
        return waiting(said, f"wait another {duration(until - now)}", until)
    return passed(said)


def by_cluster(
    cells: Sequence[LiveCell], objects: Sequence[LiveObject], candidate: Candidate, same: Callable[[str], bool]
) -> Since | None:
    """Since when all targets have it by the clusters' own times, the latest; None where they tell none.

    `same` says whether the app's versions at a revision are those that are promoted. Two times are known, and the
    later counts: when the pods' template came to be, and when the controller first applied a revision that has it.
    A template that is taken up again after a roll back is older than that.
    """
    told = [*_templates(objects, candidate), *(since for cell in cells for since in _applied(cell, same))]
    return max(told, key=lambda since: since.at, default=None)


def _templates(objects: Sequence[LiveObject], candidate: Candidate) -> Iterator[Since]:
    tags = {tag(version.value) for version in candidate.arriving}
    mine = [one for one in objects if any(tag(image) in tags for image in one.images)] or list(objects)
    for one in mine:
        sets = [child for child in one.children if child.key.kind == "ReplicaSet" and child.current]
        pods = [pod for child in sets or [one] for pod in child.children if pod.key.kind == "Pod" and pod.current]
        newest = next((s.created for s in sets if s.created is not None), None)
        if newest is not None:
            yield Since(newest, f"the start of ReplicaSet {sets[0].key.name}")
        elif (first := min((p.created for p in pods if p.created is not None), default=None)) is not None:
            yield Since(first, f"the start of its pods ({one.key.kind} {one.key.name})")


def _applied(cell: LiveCell, same: Callable[[str], bool]) -> Iterator[Since]:
    """The first of the newest revisions that all have it, by each controller that tells its history."""
    for delivery in cell.deliveries:
        first: float | None = None
        for applied in delivery.history:
            if not applied.revision or not same(applied.revision):
                break
            first = applied.done or applied.began or first
        if first is not None:
            yield Since(first, f"{delivery.key.kind} {delivery.key.name}'s first apply of it")


_UNITS = ((86400, "d"), (3600, "h"), (60, "m"))


def duration(seconds: float) -> str:
    """A duration in its two largest units: `2h`, `1h 40m`, `45s`."""
    if seconds < 60:
        return age(seconds)
    left, parts = int(seconds), []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2])
