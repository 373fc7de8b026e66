"""The live diff: what applying manifests would change in a cluster, object by object."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from liftlock.cluster.api import Api
from liftlock.cluster.livediff import judging
from liftlock.cluster.livediff.differing import difference, same
from liftlock.cluster.livediff.dryrun import DryRun
from liftlock.cluster.livediff.one import Mode, Surroundings, examine, key_at
from liftlock.cluster.livediff.preparing import flattened, scaled, stays
from liftlock.cluster.livediff.refusals import refusal
from liftlock.cluster.livediff.scope import Applier, Scope, applier, hook, options
from liftlock.diffing.objects import key_of, unhashed
from liftlock.errors import Cancelled, Forbidden
from liftlock.model.diff import ObjectDiff, ObjectKey, Status
from liftlock.model.live import Delivery
from liftlock.model.livediff import Effect, LiveChange, LiveDiff, Way
from liftlock.text import plural
from liftlock.values import dataclass

Manifest = Mapping[str, Any]
Progress = Callable[[int, int], None]
_MANY = 10


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found: the objects that do not stay as they are, how many do, and what else there is to know."""

    changes: tuple[LiveChange, ...] = ()
    same: int = 0
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> Counter[Effect]:
        """How many objects there are of each effect."""
        found = Counter(change.effect for change in self.changes)
        found[Effect.SAME] = self.same
        return found

    def live_diff(self, app: str, environment: str, label: str = "", usual: float | None = None) -> LiveDiff:
        """As the screens take it."""
        return LiveDiff(app, environment, label, self.changes, self.same, notes=self.notes, usual=usual)


async def compare(
    api: Api,
    desired: Sequence[Manifest],
    *,
    scope: Scope,
    delivery: Delivery | None = None,
    applied_before: Sequence[Manifest] = (),
    mode: Mode = "auto",
    concurrency: int = 16,
    cancelled: Callable[[], bool] | None = None,
    progress: Progress | None = None,
) -> Compared:
    """What applying `desired` would change. Nothing is written.

    `delivery` is the controller's object, whose rules hold; without one it is kubectl. `applied_before` are the
    manifests of the applied revision: removals are judged by them where the cluster itself does not tell. With
    `mode` client the server is only read. `progress` is told how many of how many objects are done.

    Raises ClusterError when the cluster cannot be asked at all, and Cancelled when `cancelled` says so.
    """
    how = applier(delivery, scope)
    hooks = [manifest for manifest in flattened(desired) if hook(manifest, how)]
    manifests = _unique([manifest for manifest in flattened(desired) if not hook(manifest, how)])
    around = _surroundings(how, mode, manifests, applied_before)
    dry = DryRun(api, scope.manager)
    wanted = {_placed(key_of(manifest), scope) for manifest in [*manifests, *hooks]}
    gone = [key for key in dict.fromkeys(scope.candidates) if _placed(key, scope) not in wanted]

    await _read_ahead(dry, manifests, scope, concurrency)
    removed: dict[ObjectKey, Manifest] = {}
    jobs: list[Callable[[], Awaitable[LiveChange | None]]] = []
    jobs += [_job(examine, dry, manifest, around) for manifest in manifests]
    jobs += [_job(_unwanted, dry, key, how, removed) for key in gone]
    found = [change for change in await _all(jobs, concurrency, cancelled, progress) if change is not None]
    found = _rotated(found, around.made, removed)
    changes = sorted((c for c in found if c.effect is not Effect.SAME), key=lambda change: change.key)
    return Compared(tuple(changes), len(found) - len(changes), _notes(how, hooks, found))


async def _read_ahead(dry: DryRun, manifests: Sequence[Manifest], scope: Scope, concurrency: int) -> None:
    """Many objects of one kind and namespace are read at once. Not Secrets: others' values are not for us."""
    numbers: Counter[tuple[str, str, str]] = Counter()
    for manifest in manifests:
        if manifest["kind"] != "Secret":
            namespace = str((manifest.get("metadata") or {}).get("namespace") or scope.namespace or "default")
            numbers[str(manifest.get("apiVersion", "")), str(manifest["kind"]), namespace] += 1
    limit = asyncio.Semaphore(max(1, concurrency))

    async def read(api_version: str, kind: str, namespace: str, number: int) -> None:
        async with limit:
            group, _, version = api_version.rpartition("/")
            resource = await dry.resource(group, kind, version)
            if resource is not None and resource.version == version:
                await dry.read_many(resource, namespace if resource.namespaced else "", number)

    many = [(what, number) for what, number in numbers.items() if number >= _MANY]
    await asyncio.gather(*(read(*what, number) for what, number in many))


def _job(
    work: Callable[..., Awaitable[LiveChange | None]], *arguments: Any
) -> Callable[[], Awaitable[LiveChange | None]]:
    return lambda: work(*arguments)


def _unique(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Each object once: of two with one key the later one is what stays. Those without a name are all different."""
    found: dict[Any, Manifest] = {}
    for at, manifest in enumerate(manifests):
        named = (manifest.get("metadata") or {}).get("name")
        found[key_of(manifest) if named else at] = manifest
    return list(found.values())


def _placed(key: ObjectKey, scope: Scope) -> ObjectKey:
    """The key without the namespace when it is the usual one: whether a kind has one is not known yet."""
    return replace(key, namespace="") if key.namespace == (scope.namespace or "default") else key


def _surroundings(
    how: Applier, mode: Mode, manifests: Sequence[Manifest], applied_before: Sequence[Manifest]
) -> Surroundings:
    namespaces = {str(m["metadata"].get("name")) for m in manifests if m["kind"] == "Namespace" and m.get("metadata")}
    if how.creates_namespace:
        namespaces.add(how.scope.namespace)
    kinds = set()
    for manifest in manifests:
        if manifest["kind"] == "CustomResourceDefinition":
            spec = manifest.get("spec") or {}
            kinds.add((str(spec.get("group")), str((spec.get("names") or {}).get("kind"))))
    before: dict[ObjectKey, Manifest] = {}
    for manifest in flattened(applied_before):
        own = str((manifest.get("metadata") or {}).get("namespace") or "")
        # Where it names no namespace it may be one of the cluster or one in the usual namespace.
        for namespace in {own, own or how.scope.namespace or "default"}:
            before[key_at(manifest, namespace)] = manifest
    return Surroundings(how, mode, before, frozenset(namespaces), frozenset(kinds), scaled(manifests))


async def _all(
    jobs: Sequence[Callable[[], Awaitable[LiveChange | None]]],
    concurrency: int,
    cancelled: Callable[[], bool] | None,
    progress: Progress | None,
) -> list[LiveChange | None]:
    """All results in order, some jobs at a time. The first error ends the rest."""
    results: list[LiveChange | None] = [None] * len(jobs)
    waiting = iter(enumerate(jobs))
    done = 0

    async def work() -> None:
        nonlocal done
        for at, job in waiting:
            if cancelled is not None and cancelled():
                raise Cancelled("The comparison with the cluster was stopped")
            results[at] = await job()
            done += 1
            if progress is not None:
                progress(done, len(jobs))

    workers = [asyncio.ensure_future(work()) for _ in range(min(max(1, concurrency), len(jobs)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return results


async def _unwanted(dry: DryRun, key: ObjectKey, how: Applier, removed: dict[ObjectKey, Manifest]) -> LiveChange | None:
    """An object that was applied and is wanted no longer: pruned, or left behind."""
    resource = await dry.resource(key.group, key.kind, "")
    if resource is None:
        return None
    namespace = (key.namespace or how.scope.namespace) if resource.namespaced else ""
    effect = Effect.PRUNED if how.scope.prune else Effect.KEPT
    try:
        live = await dry.live(resource, namespace, key.name)
    except Forbidden as error:
        unseen = ObjectDiff(key, Status.REMOVED, (), ())
        note = refusal(error, key.kind).words
        dangers = judging.deletion_dangers(key, None) if effect is Effect.PRUNED else []
        return LiveChange(unseen, effect, Way.STRUCTURAL, dangers=tuple(dangers), note=note)
    if live is None or hook(live, how):
        return None
    removed[key] = live
    notes = []
    if why := stays(live, how):
        effect = Effect.KEPT
        notes.append(why)
    if effect is Effect.KEPT:
        return LiveChange(same(key), effect, Way.STRUCTURAL, note="; ".join(notes))
    if how.argo and "Prune=confirm" in options(live):
        notes.append("Argo CD asks before it prunes it")
    if how.argo and "IgnoreExtraneous" in options(live, "compare-options"):
        notes.append("alone it does not make the application out of sync")
    if (live.get("metadata") or {}).get("deletionTimestamp"):
        notes.append("it is being deleted")
    dangers = judging.deletion_dangers(key, live)
    diff = difference(key, live, None)
    return LiveChange(diff, effect, Way.STRUCTURAL, dangers=tuple(dangers), note="; ".join(notes))


def _rotated(
    found: Sequence[LiveChange], made: Mapping[ObjectKey, Manifest], removed: Mapping[ObjectKey, Manifest]
) -> list[LiveChange]:
    """A generated ConfigMap or Secret whose name changed with its content is compared with its former self."""
    former = {base: change for change in found if change.key in removed and (base := unhashed(change.key))}
    told: dict[ObjectKey, LiveChange] = {}
    for change in found:
        base = unhashed(change.key)
        if base not in former or change.key not in made:
            continue
        old = former.pop(base)
        diff = difference(change.key, removed[old.key], made[change.key])
        told[change.key] = replace(change, diff=diff, note=_and(change.note, f"it takes the place of {old.key.name}"))
        told[old.key] = replace(old, note=_and(old.note, f"{change.key.name} takes its place"))
    return [told.get(change.key, change) for change in found]


def _and(note: str, more: str) -> str:
    return f"{note}; {more}" if note else more


def _notes(how: Applier, hooks: Iterable[Manifest], found: Iterable[LiveChange]) -> tuple[str, ...]:
    notes = list(how.notes)
    if named := [f"{key_of(m)} ({hook(m, how)})" for m in hooks]:
        notes.append(f"{plural(len(named), 'hook')} not compared: {', '.join(named)}")
    for change in found:
        if change.effect is Effect.SAME and change.note:
            notes.append(f"{change.key}: {change.note}")
    unknown = dict.fromkeys(text for rule in how.ignore for text in rule.unknown)
    notes += [f"an ignore rule is not understood here and was not used: {text}" for text in unknown]
    return tuple(notes)
