"""The JSON that the commands print: stable shapes, each with its schema's name and number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from liftlock.model.change import Change, path_json
from liftlock.model.revision import Revision, mark

# The values are only named here: whoever asks for a shape has them.
if TYPE_CHECKING:
    from liftlock.model.board import Board, CellState, Source
    from liftlock.model.diff import Comparison, FileDiff, ObjectDiff, Rendering
    from liftlock.model.habits import Habits, LeafHabit
    from liftlock.model.plan import Caution, Plan
    from liftlock.model.promotion import Promotion, Publication
    from liftlock.model.release import Release
    from liftlock.model.report import Check, Pushed, Sighting


def path_text(path: str) -> str:
    """A path of the repository; bytes that are no UTF-8 are escaped, as JSON has no way to say them."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def plan(made: Plan, cautions: Sequence[Caution], releases: Sequence[Release] = ()) -> dict[str, Any]:
    """`liftlock.plan/1`."""
    return {
        "schema": "liftlock.plan/1",
        "from": made.source,
        "to": made.targets[0] if len(made.targets) == 1 else list(made.targets),
        "base": made.base,
        "source_commit": made.source_commit,
        "changes": [change(c, made) for c in made.changes],
        "warnings": [c.text for c in cautions],
        **({"releases": [release(one) for one in releases]} if releases else {}),
    }


def release(one: Release) -> dict[str, Any]:
    """What a version contains."""
    return {
        "app": one.app,
        "old": one.old,
        "new": one.new,
        "commits": [revision(commit) for commit in one.commits],
        "total": one.total,
        "gone": one.gone,
        "problem": one.problem or None,
    }


def change(one: Change, made: Plan) -> dict[str, Any]:
    """One change of a plan."""
    return {
        "id": one.id,
        "app": one.app,
        "environment": one.environment,
        "file": path_text(one.file),
        "source_file": path_text(one.source_file),
        "path": path_json(one.path),
        "op": str(one.op),
        "old": one.shown_old,
        "new": made.shown(one),
        "class": str(one.cls),
        "selected": one.id in made.selected,
        "why": one.why,
        "secret": one.secret,
        "blocked": one.blocked or None,
        "together": list(one.together),
        "line": one.line,
    }


def board(made: Board, names: Sequence[str]) -> dict[str, Any]:
    """`liftlock.status/1`."""
    return {
        "schema": "liftlock.status/1",
        "repository": made.repository,
        "environments": [
            {
                "name": e.name,
                "after": list(e.after),
                "protected": e.protected,
                "source": _source(made.sources[e.name]),
            }
            for e in made.environments
            if e.name in names
        ],
        "apps": [app for app in made.apps if any((app, name) in made.cells for name in names)],
        "cells": [_cell(state) for key, state in made.cells.items() if key[1] in names],
        "problems": [{"place": p.place, "title": p.title, "hint": p.hint} for p in made.problems],
        "notes": list(made.notes),
    }


def _source(source: Source) -> dict[str, Any]:
    return {"ref": source.ref, "commit": source.commit, "fetched": source.fetched, "unpushed": source.unpushed}


def _cell(state: CellState) -> dict[str, Any]:
    return {
        "app": state.cell.app,
        "environment": state.cell.environment,
        "roots": [path_text(root) for root in state.cell.roots],
        "versions": [
            {"name": v.name, "value": v.value, "kind": v.kind, "file": path_text(v.file), "path": v.path}
            for v in state.versions or ()
        ],
        "revision": revision(state.revision),
        "since": revision(state.since),
        "behind": [
            {"of": b.of, "changes": b.changes, "versions": b.versions, "unlike": b.unlike, "commits": b.commits}
            for b in state.behind or ()
        ],
        "problems": [{"place": p.place, "title": p.title} for p in state.problems],
        "why": state.cell.why,
    }


def revision(one: Revision | None) -> dict[str, Any] | None:
    """A commit."""
    if one is None:
        return None
    return {
        "commit": one.commit,
        "mark": mark(one.commit),
        "author": one.author,
        "time": one.time,
        "subject": one.subject,
    }


def promotion(made: Promotion, publication: Publication | None, pushed: Pushed | None) -> dict[str, Any]:
    """`liftlock.promotion/1`; with `wave` where it is a step of one."""
    place = made.plan.wave if made.plan is not None else None
    shape = _promotion(made, publication, pushed)
    if place is None:
        return shape
    from liftlock_tui.plain.waving import place_shape

    return {**shape, "wave": place_shape(place)}


def _promotion(made: Promotion, publication: Publication | None, pushed: Pushed | None) -> dict[str, Any]:
    return {
        "schema": "liftlock.promotion/1",
        "from": made.source,
        "to": list(made.targets),
        "commit": made.commit,
        "branch": made.branch,
        "base": made.base,
        "message": made.message,
        "changes": [change(c, made.plan) for c in made.plan.chosen] if made.plan else [],
        "push": _publication(publication) if publication else None,
        "pushed": (
            {
                "remote": pushed.remote,
                "destination": pushed.destination,
                "commit": pushed.commit,
                "address": pushed.address,
            }
            if pushed
            else None
        ),
    }


def _publication(one: Publication) -> dict[str, Any]:
    return {
        "remote": one.remote,
        "refspec": one.refspec,
        "consequence": one.consequence,
        "commits": [revision(c) for c in one.commits],
        "foreign": [revision(c) for c in one.foreign],
        "confirm": list(one.confirm),
    }


def diff(
    source: str, target: str, files: Sequence[FileDiff], renderings: Sequence[Rendering], compared: Sequence[Comparison]
) -> dict[str, Any]:
    """`liftlock.diff/1`."""
    return {
        "schema": "liftlock.diff/1",
        "from": source,
        "to": target,
        "files": [
            {
                "path": path_text(f.path),
                "status": str(f.status),
                "note": f.note,
                "lines": [{"kind": str(line.kind), "text": line.text} for line in f.lines],
            }
            for f in files
        ],
        "rendered": [
            {
                "app": r.app,
                "environment": r.environment,
                "how": r.how,
                "same": r.same,
                "missing": list(r.missing),
                "problem": r.problem or None,
                "objects": [_object(o) for o in r.objects],
            }
            for r in renderings
        ],
        "compared": [
            {
                "app": c.app,
                "explanation": str(c.explanation),
                "why": c.why,
                "commit": c.commit or None,
                **_object(c.diff),
            }
            for c in compared
        ],
    }


def _object(one: ObjectDiff) -> dict[str, Any]:
    return {
        "object": str(one.key),
        "status": str(one.status),
        "fields": [{"path": f.path, "old": f.old, "new": f.new} for f in one.fields],
    }


def where(word: str, found: Sequence[Sighting]) -> dict[str, Any]:
    """`liftlock.where/1`."""
    return {
        "schema": "liftlock.where/1",
        "word": word,
        "found": [
            {
                "app": s.app,
                "environment": s.environment,
                "version": s.version.value if s.version else None,
                "name": s.version.name if s.version else None,
                "file": path_text(s.version.file) if s.version else None,
                "since": revision(s.since),
            }
            for s in found
        ],
    }


def habits(learned: Sequence[Habits]) -> dict[str, Any]:
    """`liftlock.learn/1`."""
    return {"schema": "liftlock.learn/1", "between": [_habits(one) for one in learned]}


def _habits(one: Habits) -> dict[str, Any]:
    return {
        "from": one.source,
        "to": one.target,
        "files": one.files,
        "read": one.read,
        "promotions": one.promotions,
        "first": one.first or None,
        "last": one.last or None,
        "back": one.back,
        "skipped": one.skipped,
        "stepped": one.stepped,
        "moves": [_leaf_habit(h) for h in one.moves],
        "stays": [_leaf_habit(h) for h in one.stays],
        "together": [
            {"leaves": [t.first, t.second], "times": t.times, "of": t.of, "evidence": [r.commit for r in t.evidence]}
            for t in one.together
        ],
        "strayed": [revision(r) for r in one.strayed],
    }


def _leaf_habit(one: LeafHabit) -> dict[str, Any]:
    return {
        "path": one.path,
        "moved": one.moved,
        "left": one.left,
        "files": one.files,
        "file": one.file or None,
        "evidence": [r.commit for r in one.evidence],
    }


def doctor(checks: Sequence[Check]) -> dict[str, Any]:
    """`liftlock.doctor/1`."""
    return {
        "schema": "liftlock.doctor/1",
        "checks": [
            {"group": c.group, "subject": c.subject, "verdict": str(c.verdict), "finding": c.finding, "hint": c.hint}
            for c in checks
        ],
    }
