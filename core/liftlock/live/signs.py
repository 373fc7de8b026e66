"""What a cluster shows of the states that an app had: controllers' histories, and ReplicaSets. Pure.

What each can tell: a Flux Kustomization that waits for health, and a helm release, say that a revision became
healthy; an Argo CD Application keeps which revisions were synced, not how they did; a ReplicaSet whose pods are
available now is the proof that its images run. Field names: `status.history` of kustomize.toolkit.fluxcd.io/v1,
helm.toolkit.fluxcd.io/v2 and argoproj.io/v1alpha1, `deployment.kubernetes.io/revision` of Deployments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from liftlock.clock import age
from liftlock.cluster.delivery.revisions import commit_of
from liftlock.cluster.health.reading import at, count, created, line, mapping, mappings, moment, string, uid
from liftlock.cluster.objects import Manifest, Objects
from liftlock.live.digest import Seen, Whole
from liftlock.live.spots import Spot
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller, Delivery, LiveCell, LiveState
from liftlock.model.rollback import Fitness, Sign
from liftlock.text import plural, printable

_DONE = "ReconciliationSucceeded"
_UNWELL = frozenset({"HealthCheckFailed", "BuildFailed", "ReconciliationFailed"})
_REVISION = "deployment.kubernetes.io/revision"


def signs(spot: Spot, mine: Iterable[ObjectKey], objects: Objects, now: float) -> Iterator[Sign]:
    """All that one place shows of one app. `objects` are those of its workloads."""
    for delivery in spot.deliveries:
        if delivery.controller is Controller.FLUX and delivery.key.kind == "Kustomization":
            yield from _kustomization(delivery, now, alone=delivery.key not in spot.shared)
        elif delivery.controller is Controller.FLUX and delivery.key.kind == "HelmRelease":
            yield from _releases(delivery, now)
        elif delivery.controller is Controller.ARGOCD and delivery.key.kind == "Application":
            yield from _syncs(delivery, now)
        elif delivery.controller is Controller.JENKINSX:
            yield from _boots(delivery, now)
    for key in mine:
        if (key.group, key.kind) == ("apps", "Deployment") and (manifest := objects.get(key)) is not None:
            yield from _replica_sets(manifest, objects, now)


def told(whole: Whole, seen: Mapping[str, Seen], environment: str, app: str, now: float) -> Iterator[Sign]:
    """What all clusters of an environment show of one app: how it does now with what each applied, and before."""
    for cell in whole.board.cells.get((app, environment), ()):
        yield standing(cell, now)
    for id, spot in whole.spots.items():
        hub = seen.get(spot.place.target.workloads or spot.place.target.context)
        if (spot.cell.environment, spot.cell.app) == (environment, app) and hub is not None:
            yield from signs(spot, whole.objects.get(id, ()), hub.objects, now)


def standing(cell: LiveCell, now: float) -> Sign:
    """How the state that stands does on one target, in the words of the board.

    What fails is what the controller tried last; what it applied last may be the state before.
    """
    tried = next((d.attempted for d in cell.deliveries if d.attempted), "")
    revision = tried if cell.state is LiveState.FAILING else cell.revision
    fitness = {LiveState.FAILING: Fitness.FAILED, LiveState.LEVEL: Fitness.HEALTHY}.get(cell.state, Fitness.UNKNOWN)
    return Sign(fitness, f"{cell.state} now: {cell.why}" if cell.why else f"{cell.state} now", revision, (), now)


def _kustomization(delivery: Delivery, now: float, *, alone: bool) -> Iterator[Sign]:
    name = printable(delivery.key.name)
    for one in mappings(delivery.raw, "status", "history"):
        commit = commit_of(string(one, "metadata", "revision"))
        status = string(one, "lastReconciledStatus")
        began, last = moment(one, "firstReconciled"), moment(one, "lastReconciled")
        if not commit:
            continue
        if status == _DONE and delivery.verifies:
            said = f"Kustomization {name} applied it {_ago(began, now)} and it was healthy{_until(last, now)}"
            yield Sign(Fitness.HEALTHY, said, commit, (), last)
        elif status == _DONE:
            said = f"Kustomization {name} applied it {_ago(began, now)}{_until(last, now)}, without waiting for health"
            yield Sign(Fitness.RAN, said, commit, (), last)
        elif status in _UNWELL:
            others = "" if alone else "; it carries other apps too, one of which may be the cause"
            said = f"Kustomization {name} failed with it {_ago(last, now)} ({printable(status)}){others}"
            yield Sign(Fitness.FAILED if alone else Fitness.UNKNOWN, said, commit, (), last)
    if not mappings(delivery.raw, "status", "history") and delivery.applied:
        fitness = Fitness.HEALTHY if delivery.verifies else Fitness.RAN
        said = f"Kustomization {name} applied it last{' and it was healthy' if delivery.verifies else ''}"
        yield Sign(fitness, said, delivery.applied, (), delivery.applied_at)


def _releases(delivery: Delivery, now: float) -> Iterator[Sign]:
    """Helm's releases: one that another replaced was deployed before, a failed one stays failed."""
    unwatched = at(delivery.raw, "spec", "upgrade", "disableWait") is True
    for one in mappings(delivery.raw, "status", "history"):
        chart, status = string(one, "chartVersion"), string(one, "status")
        when = moment(one, "lastDeployed") or moment(one, "firstDeployed")
        if not chart:
            continue
        number = count(one, "version")
        release = f"release {number} of {printable(delivery.key.name)} (chart {printable(chart)})"
        names = ((line(string(one, "chartName")), chart),)
        if status in ("deployed", "superseded"):
            fitness = Fitness.RAN if unwatched else Fitness.HEALTHY
            said = f"{release} was deployed {_ago(when, now)}{', without waiting' if unwatched else ' and healthy'}"
            yield Sign(fitness, said, "", names, when)
        elif status == "failed":
            yield Sign(Fitness.FAILED, f"{release} failed {_ago(when, now)}", "", names, when)


def _syncs(delivery: Delivery, now: float) -> Iterator[Sign]:
    name = printable(delivery.key.name)
    done = delivery.history
    health = string(delivery.raw, "status", "health", "status")
    for number, applied in enumerate(done):
        if not applied.revision:
            continue
        ends = done[number - 1].began or done[number - 1].done if number else None
        stood = (
            f", and it stood for {age(ends - applied.done)}" if ends and applied.done and ends > applied.done else ""
        )
        said = f"Argo CD synced {name} to it {_ago(applied.done, now)}{stood}"
        yield Sign(Fitness.RAN, said, applied.revision, (), applied.done)
        if number == 0 and health in ("Healthy", "Degraded") and delivery.attempted == applied.revision:
            fitness = Fitness.HEALTHY if health == "Healthy" else Fitness.FAILED
            yield Sign(fitness, f"Argo CD calls {name} {health} with it now", applied.revision, (), now)


def _boots(delivery: Delivery, now: float) -> Iterator[Sign]:
    """Boot Jobs say that a commit was applied; of health they say nothing."""
    for applied in delivery.history:
        if applied.revision:
            yield Sign(
                Fitness.RAN, f"a boot Job applied it {_ago(applied.done, now)}", applied.revision, (), applied.done
            )


def _replica_sets(deployment: Manifest, objects: Objects, now: float) -> Iterator[Sign]:
    """The images of each ReplicaSet, newest first, with how many of its pods are available now."""
    name = printable(string(deployment, "metadata", "name"))
    owned = [one for one in objects.owned(uid(deployment)) if string(one, "kind") == "ReplicaSet"]
    ordered = sorted(owned, key=lambda one: -_number(one))
    later = [None, *(created(newer) for newer, _ in pairwise(ordered))]
    for one, ended in zip(ordered, later, strict=False):
        images = tuple(_image(string(c, "image")) for c in mappings(one, "spec", "template", "spec", "containers"))
        available, made = count(one, "status", "availableReplicas"), created(one)
        of = f"revision {_number(one)} of Deployment {name}"
        if available:
            said = f"{of}: {plural(available, 'pod')} of it {'is' if available == 1 else 'are'} available now"
            yield Sign(Fitness.HEALTHY, said, "", images, now)
        elif made is not None:
            stood = f" and stood for {age(ended - made)}" if ended is not None and ended > made else ""
            yield Sign(Fitness.UNKNOWN, f"{of} was made {_ago(made, now)}{stood}", "", images, made)


def _number(replica_set: Manifest) -> int:
    said = string(mapping(replica_set, "metadata", "annotations"), _REVISION)
    return int(said) if said.isascii() and said.isdigit() and len(said) < 12 else 0


def _image(text: str) -> tuple[str, str]:
    """Name, and tag or digest."""
    bare, sign, digest = text.partition("@")
    name, colon, tag = bare.rpartition(":")
    if not colon or "/" in tag:
        name, tag = bare, ""
    return printable(name), printable(digest if sign else tag)


def _ago(then: float | None, now: float) -> str:
    return f"{age(now - then)} ago" if then is not None else "once"


def _until(last: float | None, now: float) -> str:
    return f", last seen so {age(now - last)} ago" if last is not None else ""
