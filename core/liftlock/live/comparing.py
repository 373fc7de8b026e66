"""Live diffs of cells: a staged plan against what runs, and drift at the revision that was applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from liftlock.cluster.api import Api
from liftlock.cluster.delivery.revisions import seconds
from liftlock.cluster.health.reading import moment
from liftlock.cluster.livediff import Compared, Scope, compare
from liftlock.errors import LiftlockError
from liftlock.live.desired import Desired, keys
from liftlock.live.digest import Seen
from liftlock.live.spots import Spot
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Contact, Controller, Delivery
from liftlock.model.livediff import LiveDiff
from liftlock.model.tree import Tree
from liftlock.render import Rendered

Progress = Callable[[str], None]
Stop = Callable[[], bool]
Run = Callable[[Any], Any]
"""Runs a coroutine on the clusters' loop and waits for it."""


class Comparing:
    """Compares spots with their clusters; blocks, and is called from a thread of its own."""

    def __init__(self, desired: Desired, apis: Callable[[str], Api], run: Run) -> None:
        self._desired = desired
        self._apis = apis
        self._run = run

    def diffs(
        self,
        wanted: Sequence[tuple[Spot, Tree, Tree | None]],
        seen: Mapping[str, Seen],
        labels: Mapping[str, bool],
        *,
        fetch: bool = False,
        cancelled: Stop | None = None,
        progress: Progress | None = None,
    ) -> Iterator[LiveDiff]:
        """Each spot at a tree against its cluster; the second tree is what was applied before, where that is known.

        `labels` says of each environment whether its targets must be told apart.
        """
        for spot, tree, before in wanted:
            if cancelled is not None and cancelled():
                return
            yield self._diff(
                spot, tree, before, seen, labels.get(spot.cell.environment, False), fetch, cancelled, progress
            )

    def _diff(
        self,
        spot: Spot,
        tree: Tree,
        before: Tree | None,
        seen: Mapping[str, Seen],
        labelled: bool,
        fetch: bool,
        cancelled: Stop | None,
        progress: Progress | None,
    ) -> LiveDiff:
        target = spot.place.target
        label = (target.label or target.context) if labelled else ""
        app, environment = spot.cell.app, spot.cell.environment
        context = target.workloads or target.context
        there = seen.get(context)
        if there is None or there.freshness.contact is not Contact.LIVE:
            fresh = there.freshness if there is not None else None
            why = fresh.problem.title if fresh is not None and fresh.problem is not None else "the cluster is not heard"
            hint = fresh.problem.hint if fresh is not None and fresh.problem is not None else "press r to try again"
            return LiveDiff(app, environment, label, problem=why, hint=hint)
        if progress is not None:
            progress(f"rendering {app} as it is applied in {environment}")
        lookup = there.objects.get
        made = self._desired.render(spot, tree, lookup, fetch=fetch, cancelled=cancelled, progress=progress)
        if made.problem or (made.missing and not made.objects):
            problem = made.problem or f"not at hand: {', '.join(made.missing)}"
            return LiveDiff(app, environment, label, problem=problem, hint=made.hint, notes=made.notes)
        old = self._desired.render(spot, before, lookup, cancelled=cancelled) if before is not None else Rendered()
        delivery = _nearest(spot)
        scope = _scope(spot, delivery, old)
        try:
            found: Compared = self._run(
                compare(
                    self._apis(context),
                    made.objects,
                    delivery=delivery,
                    scope=scope,
                    applied_before=old.objects,
                    cancelled=cancelled,
                    progress=None
                    if progress is None
                    else lambda n, m: progress(f"asked for {n} of {m} objects of {app}"),
                )
            )
        except LiftlockError as error:
            return LiveDiff(app, environment, label, problem=str(error), hint=error.hint)
        notes = (*(f"not at hand: {name}" for name in made.missing), *made.notes, *found.notes)
        said = tuple(dict.fromkeys(notes))
        return LiveDiff(app, environment, label, found.changes, found.same, notes=said, usual=usual(delivery))


def usual(delivery: Delivery | None) -> float | None:
    """How long the last applies took, in seconds, where the controller keeps a history; the mean of three at most."""
    if delivery is None:
        return None
    status = delivery.raw.get("status")
    history = status.get("history") if isinstance(status, Mapping) else None
    if not isinstance(history, list):
        return None
    took = [length for one in history if isinstance(one, Mapping) and (length := _took(one)) is not None]
    last = took[-3:] if delivery.controller is Controller.ARGOCD else took[:3]  # Argo CD has the oldest first
    return sum(last) / len(last) if last else None


def _took(one: Mapping[str, Any]) -> float | None:
    if isinstance(one.get("lastReconciledDuration"), str):
        return seconds(one["lastReconciledDuration"])
    began, ended = moment(one.get("deployStartedAt")), moment(one.get("deployedAt"))
    return ended - began if began is not None and ended is not None and ended >= began else None


def _counting(progress: Progress | None, app: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, of: progress(f"compared {done} of {of} objects of {app}")


def _nearest(spot: Spot) -> Delivery | None:
    """The controller object that applies the cell: the nearest that carries it alone, else the nearest of all."""
    return next(iter((*spot.own, *spot.deliveries)), None)


def _scope(spot: Spot, delivery: Delivery | None, old: Rendered) -> Scope:
    if delivery is None or delivery.controller in (Controller.PLAIN, Controller.JENKINSX):
        candidates: tuple[ObjectKey, ...] = keys(old, spot.namespace)
        prune = delivery is not None and delivery.prune
        return Scope(namespace=spot.namespace, prune=prune, candidates=candidates)
    scope = Scope.of(delivery)
    if delivery.key not in spot.shared:
        return scope
    # It carries other cells too: only what this cell had is a candidate.
    mine = set(keys(old, spot.namespace))
    return Scope(
        scope.namespace,
        scope.manager,
        scope.server_side,
        scope.prune,
        tuple(key for key in scope.candidates if key in mine),
        scope.ignore,
    )
