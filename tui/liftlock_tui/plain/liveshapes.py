"""The live side as JSON: lanes, live cells, live diffs, convergence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from liftlock.errors import Problem
from liftlock.model.convergence import Convergence, Phase
from liftlock.model.health import Cause, Happening, Health, LiveObject
from liftlock.model.live import Delivery, Freshness, Lane, LiveBoard, LiveCell, Waiting
from liftlock.model.livediff import LiveChange, LiveDiff


def status(shape: dict[str, Any], live: LiveBoard) -> dict[str, Any]:
    """`liftlock.status/1` with the live side beside what Git says."""
    for environment in shape["environments"]:
        environment["live"] = [_lane(lane) for lane in live.lanes_of(environment["name"])]
    for one in shape["cells"]:
        one["live"] = [_cell(cell) for cell in live.cells.get((one["app"], one["environment"]), ())]
    return shape


def _lane(lane: Lane) -> dict[str, Any]:
    return {
        "context": lane.target.context,
        "workloads": lane.target.workloads or lane.target.context,
        "label": lane.target.label or None,
        "controllers": [str(c) for c in lane.controllers],
        "question": lane.question or None,
        **_freshness(lane.freshness),
    }


def _freshness(fresh: Freshness) -> dict[str, Any]:
    return {
        "contact": str(fresh.contact),
        "heard": fresh.heard,
        "retry": fresh.retry,
        "problem": _problem(fresh.problem),
        "blind": list(fresh.blind),
        "warnings": list(fresh.warnings),
    }


def _problem(problem: Problem | None) -> dict[str, str] | None:
    return None if problem is None else {"place": problem.place, "title": problem.title, "hint": problem.hint}


def _cell(cell: LiveCell) -> dict[str, Any]:
    return {
        "context": cell.target.context,
        "label": cell.target.label or None,
        "state": str(cell.state),
        "why": cell.why,
        "revision": cell.revision or None,
        "health": _health(cell.health),
        "cause": _cause(cell.cause),
        "running": [
            {"name": r.name, "value": r.value, "pods": r.pods, "digest": r.digest or None} for r in cell.running
        ],
        "drift": cell.drift,
        "objects": cell.objects,
        "hidden": cell.hidden,
        "heard": cell.heard,
        "deliveries": [_delivery(d) for d in cell.deliveries],
    }


def _delivery(one: Delivery) -> dict[str, Any]:
    return {
        "controller": str(one.controller),
        "object": str(one.key),
        "path": one.path,
        "seen": one.seen or None,
        "attempted": one.attempted or None,
        "applied": one.applied or None,
        "applied_at": one.applied_at,
        "doing": str(one.doing),
        "error": one.error or None,
        "suspended": one.suspended,
        "automatic": one.automatic,
        "waiting": waiting(one.waiting),
    }


def waiting(one: Waiting | None) -> dict[str, Any] | None:
    """What something waits for, and until when."""
    return None if one is None else {"for": str(one.wait), "why": one.sentence, "until": one.until}


def _health(health: Health) -> dict[str, str]:
    return {"status": str(health.status), "message": health.message}


def _cause(cause: Cause | None) -> dict[str, Any] | None:
    if cause is None:
        return None
    return {
        "sentence": cause.sentence,
        "reason": cause.reason,
        "gravity": str(cause.gravity),
        "object": str(cause.key),
        "since": cause.since,
        "lines": list(cause.lines),
    }


def convergence(one: Convergence) -> dict[str, Any]:
    """`liftlock.watch/1`: where one promotion stands on one target."""
    return {
        "schema": "liftlock.watch/1",
        "environment": one.environment,
        "context": one.target.context,
        "label": one.target.label or None,
        "controller": str(one.controller) if one.controller else None,
        "revision": one.revision,
        "applied": one.applied or None,
        "outcome": str(one.outcome),
        "progress": one.progress,
        "phases": [_phase(p) for p in one.phases],
        "waiting": waiting(one.waiting),
        "cause": _cause(one.cause),
        "caveats": list(one.caveats),
        "objects": [_object(o) for o in one.objects],
        "events": [_happening(h) for h in one.happenings],
        "began": one.began,
        "ended": one.ended,
        **_freshness(one.freshness),
    }


def _phase(phase: Phase) -> dict[str, Any]:
    return {
        "step": str(phase.step),
        "state": str(phase.state),
        "began": phase.began,
        "done": phase.done,
        "note": phase.note,
    }


def _object(one: LiveObject) -> dict[str, Any]:
    return {
        "object": str(one.key),
        "health": _health(one.health),
        "note": one.note,
        "images": list(one.images),
        "current": one.current,
        "children": [_object(child) for child in one.children],
    }


def _happening(one: Happening) -> dict[str, Any]:
    return {
        "at": one.at,
        "object": str(one.key),
        "reason": one.reason,
        "message": one.message,
        "warning": one.warning,
        "count": one.count,
    }


def live_diffs(
    source: str | None, target: str, diffs: Sequence[LiveDiff], said: str, dangers: Sequence[str]
) -> dict[str, Any]:
    """`liftlock.livediff/1`: a plan against the cluster, or (without a source) drift."""
    return {
        "schema": "liftlock.livediff/1",
        "from": source,
        "to": target,
        "consequence": said,
        "dangers": list(dangers),
        "apps": [
            {
                "app": d.app,
                "environment": d.environment,
                "target": d.label or None,
                "same": d.same,
                "problem": d.problem or None,
                "hint": d.hint or None,
                "notes": list(d.notes),
                "objects": [_change(c) for c in d.changes],
            }
            for d in diffs
        ],
    }


def _change(one: LiveChange) -> dict[str, Any]:
    return {
        "object": str(one.key),
        "effect": str(one.effect),
        "way": str(one.way),
        "restarts": one.restarts,
        "dangers": list(one.dangers),
        "note": one.note,
        "fields": [{"path": f.path, "old": f.old, "new": f.new} for f in one.diff.fields],
        "authors": [{"path": a.path, "manager": a.manager, "operation": a.operation, "at": a.at} for a in one.authors],
    }
