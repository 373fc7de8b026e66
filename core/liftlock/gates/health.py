"""The gate `health`: the source runs this very version, and is healthy there, on all of its targets. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.gates.candidate import Candidate, tag
from liftlock.gates.verdict import Verdict, blocked, not_applicable, passed, unknown, waiting
from liftlock.model.app import Version
from liftlock.model.health import HealthStatus
from liftlock.model.live import Contact, Lane, LiveCell, LiveState, Running
from liftlock.text import plural, printable

_UNHEARD = frozenset({LiveState.UNREACHABLE, LiveState.FORBIDDEN, LiveState.UNKNOWN})


def health(candidate: Candidate, lanes: Sequence[Lane], cells: Sequence[LiveCell]) -> Verdict:
    """Whether every target of the source runs what is promoted. `lanes` and `cells` are those of the source."""
    if candidate.source is None:
        return not_applicable("it comes from no environment")
    source = candidate.source.name
    silent = silence(source, lanes, cells)
    if silent is not None:
        return silent
    told = [_target(candidate, cell, _place(cell)) for cell in cells]
    for state in ("blocked", "waiting", "unknown"):
        first = next((verdict for verdict in told if verdict.state == state), None)
        if first is not None:
            return first
    if len(told) == 1:
        return told[0]
    return passed("; ".join(verdict.evidence for verdict in told))


def silence(source: str, lanes: Sequence[Lane], cells: Sequence[LiveCell]) -> Verdict | None:
    """Why nothing can be told of what the source runs; None when it can."""
    for lane in lanes:
        if lane.freshness.contact in (Contact.LIVE, Contact.STALE):
            continue
        problem = lane.freshness.problem
        why = problem.title if problem is not None else f"{lane.freshness.contact}"
        hint = problem.hint if problem is not None else ""
        where = f" ({printable(lane.target.context)})" if lane.target.context else ""
        if lane.freshness.contact is Contact.NONE and len(lanes) == 1:
            return unknown(f"no cluster is known for {source}: {why}", hint or "name its context in liftlock.toml")
        return unknown(f"what runs in {source}{where} is not known: {why}", hint or "connect to its cluster")
    if not lanes:
        return unknown(f"no cluster is known for {source}", "name its context in liftlock.toml")
    if not cells:
        return unknown(f"nothing on the clusters of {source} is known to belong to it", "liftlock doctor")
    return None


def _place(cell: LiveCell) -> str:
    return printable(cell.target.label or cell.target.workloads or cell.target.context)


def _target(candidate: Candidate, cell: LiveCell, place: str) -> Verdict:
    """One target: what its pods run first, for what a controller says of a revision is no proof of it."""
    source = candidate.source.name if candidate.source is not None else ""
    where = f"{source} ({place})" if place else source
    if cell.state in _UNHEARD:
        return unknown(f"what runs in {where} is not known: {cell.why or cell.state}", "connect to its cluster")
    if cell.state is LiveState.FAILING or cell.health.status is HealthStatus.DEGRADED:
        return blocked(f"{candidate.app} fails in {where}: {cell.why}", f"mend {candidate.app} in {source}")
    if cell.state is LiveState.ABSENT:
        return blocked(f"{candidate.app} is not in {where}: {cell.why}", f"have it deployed in {source}")
    matched = [(v, run) for v in candidate.arriving if (run := _running(v, cell.running))]
    other = next(((v, runs) for v, runs in matched if not any(_same(v, r) for r in runs)), None)
    if other is not None:
        version, runs = other
        said = f"{where} runs {printable(_said(runs))}, not {tag(version.value)}"
        if cell.state in (LiveState.ROLLING, LiveState.BEHIND):
            return waiting(f"{said} yet: {cell.why}", f"wait until {source} has settled")
        return blocked(said, f"have {tag(version.value)} run in {source} first")
    if cell.state is LiveState.ROLLING or cell.health.status is HealthStatus.PROGRESSING:
        return waiting(f"{where} is still rolling out: {cell.why}", f"wait until {source} has settled")
    old = next(((v, runs) for v, runs in matched if not all(_same(v, r) for r in runs)), None)
    if old is not None:
        return waiting(f"{where} still runs {printable(_said(old[1]))} beside it", f"wait until {source} has settled")
    at = f" at {cell.revision[:8]}" if cell.revision else ""
    if matched:
        if cell.health.status is not HealthStatus.HEALTHY:
            return unknown(f"the health of {where} is not known: {cell.health.message or cell.why}", "look at it there")
        pods = sum(r.pods for _, runs in matched[:1] for r in runs)
        return passed(f"{plural(pods, 'pod')} in {where} run {candidate.said}{at}, healthy")
    if cell.state is LiveState.LEVEL:
        return passed(f"{where} has applied what Git says{at}, and is healthy")
    if cell.state is LiveState.BEHIND:
        return waiting(f"{where} does not have it yet: {cell.why}", f"wait until {source} has settled")
    return blocked(f"{where} is {cell.state}: {cell.why}", f"have {source} run what Git says")


def _running(version: Version, running: Sequence[Running]) -> tuple[Running, ...]:
    """What runs of the image that the version is of: the pods of today's template where they are told apart."""
    name = version.name.rsplit("/", 1)[-1]
    mine = [r for r in running if r.name.rsplit("/", 1)[-1] == name] if version.kind == "image" else []
    mine = mine or [r for r in running if _same(version, r)]
    return tuple(mine)


def _same(version: Version, one: Running) -> bool:
    wanted, has = tag(version.value), one.value
    if wanted in (has, has.partition("@")[0]):
        return True
    digest = version.value.partition("@")[2] or version.value
    return digest.startswith("sha256:") and digest in (one.digest, has.rpartition("@")[2])


def _said(runs: Sequence[Running]) -> str:
    return " and ".join(dict.fromkeys(tag(r.value) for r in runs))
