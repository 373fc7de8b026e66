"""One object: what the apply would make of it, found out in the way that its controller applies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from liftlock.cluster.api import Resource
from liftlock.cluster.livediff import judging
from liftlock.cluster.livediff.differing import difference, same, unchanged
from liftlock.cluster.livediff.dryrun import DryRun
from liftlock.cluster.livediff.ignoring import left_alone
from liftlock.cluster.livediff.ownership import authors, entries, without_moved
from liftlock.cluster.livediff.preparing import encrypted, made_anew, merges_others, skipped, wanted, way_of
from liftlock.cluster.livediff.refusals import absent_namespace, is_no_dry_run, is_refusal, is_rights, refusal
from liftlock.cluster.livediff.schema import Schema, built_in, schema_from_openapi, schema_of
from liftlock.cluster.livediff.scope import Applier
from liftlock.cluster.livediff.structural import last_applied, owned_part, predicted
from liftlock.diffing.objects import key_of
from liftlock.errors import Absent, ClusterError, Forbidden
from liftlock.model.diff import ObjectDiff, ObjectKey, Status
from liftlock.model.livediff import Author, Effect, LiveChange, Way
from liftlock.text import printable

Manifest = Mapping[str, Any]
Mode = Literal["auto", "client"]


@dataclass(slots=True)
class Surroundings:
    """What objects of one comparison share: what else comes with them, and what was learned on the way."""

    applier: Applier
    mode: Mode
    before: Mapping[ObjectKey, Manifest]
    namespaces: frozenset[str]
    """The namespaces that the same apply makes."""
    kinds: frozenset[tuple[str, str]]
    """The custom kinds that it defines."""
    scaled: frozenset[tuple[str, str, str]]
    denied: set[tuple[Resource, str]] = field(default_factory=set)
    """Kinds and namespaces in which this user may not do what the controller does."""
    schemas: dict[tuple[str, str, str], Schema] = field(default_factory=dict)
    made: dict[ObjectKey, Manifest] = field(default_factory=dict)
    """The generated objects that are new: they may take the place of others."""


@dataclass(slots=True)
class _Case:
    key: ObjectKey
    resource: Resource
    manifest: Manifest
    live: dict[str, Any] | None
    wanted: dict[str, Any]
    way: Way
    notes: list[str]


def key_at(manifest: Manifest, namespace: str) -> ObjectKey:
    """The key of an object in the namespace where it lands."""
    return replace(key_of(manifest), namespace=printable(namespace))


async def examine(dry: DryRun, manifest: Manifest, around: Surroundings) -> LiveChange | None:
    """What the apply would do to the object; None when the controller does not touch it. Raises ClusterError."""
    group, _, version = str(manifest.get("apiVersion", "")).rpartition("/")
    kind = str(manifest["kind"])
    metadata = manifest.get("metadata") or {}
    resource = await dry.resource(group, kind, version)
    if resource is None or resource.version != version:
        return _unknown(manifest, resource, around)
    named = str(metadata.get("namespace") or around.applier.scope.namespace or "default")
    namespace = named if resource.namespaced else ""
    key = key_at(manifest, namespace)
    name = str(metadata.get("name") or "")
    if not name:
        note = "it gets a new name each time it is applied"
        return _created(key, wanted(manifest, None, around.applier, namespace), Way.STRUCTURAL, [note])
    try:
        live = await dry.live(resource, namespace, name)
    except Forbidden as error:
        return LiveChange(same(key), Effect.UNSEEN, Way.STRUCTURAL, note=refusal(error, kind).words)
    if why := skipped(manifest, live, around.applier):
        return LiveChange(same(key), Effect.SAME, Way.STRUCTURAL, note=why)
    case = _Case(
        key,
        resource,
        manifest,
        live,
        wanted(manifest, live, around.applier, namespace),
        way_of(manifest, live, around.applier),
        [],
    )
    if encrypted(manifest):
        case.notes.append("its values are encrypted in Git: only keys are compared")
    if live is not None and (live.get("metadata") or {}).get("deletionTimestamp"):
        case.notes.append("it is being deleted")
    return await _examined(dry, case, around)


def _unknown(manifest: Manifest, resource: Resource | None, around: Surroundings) -> LiveChange:
    key = key_at(manifest, str((manifest.get("metadata") or {}).get("namespace") or around.applier.scope.namespace))
    kind = f"{key.kind} of {key.group}" if key.group else key.kind
    if resource is None and (key.group, key.kind) in around.kinds:
        return _created(key, manifest, Way.STRUCTURAL, ["its kind is defined in the same change"])
    if resource is None:
        note = f"the cluster does not know the kind {kind}: its CRD is missing"
    else:
        asked = printable(str(manifest.get("apiVersion")))
        note = f"the cluster does not serve {key.kind} as {asked}, but as {resource.api_version}"
    return LiveChange(difference(key, None, manifest), Effect.REFUSED, Way.STRUCTURAL, note=note)


def _created(key: ObjectKey, made: Manifest, way: Way, notes: list[str]) -> LiveChange:
    return LiveChange(difference(key, None, made), Effect.CREATED, way, note="; ".join(notes))


async def _examined(dry: DryRun, case: _Case, around: Surroundings) -> LiveChange:
    place = (case.resource, case.key.namespace)
    if around.mode == "client" or place in around.denied:
        return await _compared_here(dry, case, around)
    try:
        if case.live is None:
            return await _creation(dry, case, around)
        merged = await _asked(dry, case, around)
    except ClusterError as error:
        if is_rights(error):
            around.denied.add(place)
        elif is_no_dry_run(error):
            case.notes.append("an admission webhook cannot be asked without effect")
        elif is_refusal(error):
            return await _refused(dry, case, around, error)
        else:
            raise
        return await _compared_here(dry, case, around)
    return _difference(case, merged, around)


async def _creation(dry: DryRun, case: _Case, around: Surroundings) -> LiveChange:
    if case.way is Way.SERVER_SIDE:
        made = await dry.apply(case.resource, case.wanted)
    else:
        made = await dry.create(case.resource, case.wanted)
        case.way = Way.CREATE
    around.made[case.key] = made
    return _created(case.key, made, case.way, case.notes)


async def _asked(dry: DryRun, case: _Case, around: Surroundings) -> dict[str, Any]:
    """The object as the server says it would be."""
    live, applier = case.live, around.applier
    assert live is not None  # noqa: S101 (an absent object is created)
    if case.way is Way.SERVER_SIDE:
        merged = await dry.apply(case.resource, case.wanted)
        if applier.flux and not merges_others(case.manifest, live):
            merged = await _without_kubectl(dry, case, live, merged, applier.manager)
        return merged
    if case.way is Way.UPDATE:
        return await dry.replace(case.resource, case.wanted, live)
    original = _original(case, live, around)
    helm = applier.helm and bool(original) and not built_in(case.resource.group)
    case.live, merged = await dry.three_way(case.resource, case.wanted, live, original, two_way=helm)
    return merged


async def _without_kubectl(
    dry: DryRun, case: _Case, live: dict[str, Any], merged: dict[str, Any], manager: str
) -> dict[str, Any]:
    """Flux also removes what kubectl commands added: its dry run alone does not show that."""
    left = without_moved(live, merged, manager)
    if left is None or left == merged:
        return merged
    case.notes.append("Flux removes what a kubectl command added")
    try:
        return await dry.merge(case.resource, live, left)
    except ClusterError as error:
        if not is_refusal(error):
            raise
        return left


def _original(case: _Case, live: Manifest, around: Surroundings) -> Manifest:
    """What was applied last, by which removals are judged."""
    noted = {} if around.applier.helm else last_applied(live)
    before = around.before.get(case.key)
    if noted or before is None:
        return noted
    return wanted(before, live, around.applier, case.key.namespace)


async def _compared_here(dry: DryRun, case: _Case, around: Surroundings) -> LiveChange:
    case.way = Way.STRUCTURAL if case.live is not None or around.mode == "client" else case.way
    if case.live is None:
        around.made[case.key] = case.wanted
        return _created(case.key, case.wanted, Way.STRUCTURAL, case.notes)
    return _difference(case, await _predicted(dry, case, around), around)


async def _predicted(dry: DryRun, case: _Case, around: Surroundings) -> dict[str, Any]:
    live, resource = case.live or {}, case.resource
    server_side = way_of(case.manifest, case.live, around.applier) is Way.SERVER_SIDE
    original = _original(case, live, around)
    if server_side:
        flux = around.applier.flux and not merges_others(case.manifest, live)
        original = owned_part(live, around.applier.manager, flux=flux) or original
    schema = schema_of(resource.group, resource.kind)
    if server_side and not built_in(resource.group):
        schema = await _custom(dry, resource, around)
    desired = case.wanted
    if _is_scaled(case, around) and "replicas" in (desired.get("spec") or {}) and "replicas" in live.get("spec", {}):
        desired = {**desired, "spec": {**desired["spec"], "replicas": live["spec"]["replicas"]}}
        case.notes.append("an autoscaler sets its replicas")
    return predicted(live, desired, original, schema, server_side=server_side)


async def _custom(dry: DryRun, resource: Resource, around: Surroundings) -> Schema:
    at = (resource.group, resource.version, resource.kind)
    if at not in around.schemas:
        document = await dry.openapi(resource.group, resource.version)
        around.schemas[at] = schema_from_openapi(document, *at)
    return around.schemas[at]


def _is_scaled(case: _Case, around: Surroundings) -> bool:
    """Whether an autoscaler of the same manifests scales it, or one wrote its replicas."""
    key = case.key
    if any((key.kind, namespace, key.name) in around.scaled for namespace in ("", key.namespace)):
        return True
    return any(e.subresource == "scale" and e.manager == "kube-controller-manager" for e in entries(case.live or {}))


async def _refused(dry: DryRun, case: _Case, around: Surroundings, error: ClusterError) -> LiveChange:
    """The server does not take it: a field that is fixed, admission, a namespace that is not there."""
    key = case.key
    missing = absent_namespace(error) if isinstance(error, Absent) else ""
    if missing and case.live is None:
        if missing in around.namespaces:
            around.made[key] = case.wanted
            return _created(key, case.wanted, Way.STRUCTURAL, [*case.notes, "its namespace is made with it"])
        note = f"the namespace {printable(missing)} does not exist, and nothing here makes it"
        return LiveChange(difference(key, None, case.wanted), Effect.REFUSED, case.way, note=note)
    said = refusal(error, key.kind)
    merged = case.wanted if case.live is None else await _predicted(dry, case, around)
    diff = difference(key, case.live, merged)
    if not said.fields or case.live is None:
        return LiveChange(diff, Effect.REFUSED, case.way, note=said.words)
    fields = " and ".join(judging.fixed_fields(key, said.fields, diff.fields))
    anew = made_anew(case.manifest, around.applier)
    dangers = [f"{key}: {fields} cannot change in place" + ("; it is deleted and made anew" if anew else "")]
    if anew:
        dangers += judging.deletion_dangers(key, case.live)
    return LiveChange(
        diff,
        Effect.REPLACED if anew else Effect.REFUSED,
        case.way,
        restarts=anew and judging.restarts(key, case.live, merged),
        dangers=tuple(dangers),
        note=said.words,
        authors=_authors(case, diff, around),
    )


def _difference(case: _Case, merged: dict[str, Any], around: Surroundings) -> LiveChange:
    live, key, applier = case.live or {}, case.key, around.applier
    spared = left_alone(applier.ignore, key, live, merged)
    if unchanged(live, spared):
        return LiveChange(same(key), Effect.SAME, case.way)
    diff = difference(key, live, spared)
    if diff.status is Status.SAME:
        return LiveChange(diff, Effect.SAME, case.way)
    notes = [*case.notes, *judging.notes(key, live, spared)]
    if not applier.respects and spared is not merged and not unchanged(spared, merged):
        names = ", ".join(change.path for change in difference(key, spared, merged).fields)
        notes.append(f"{names}: left out of drift, but set by the next apply all the same")
    if _is_scaled(case, around) and any(change.path == "spec.replicas" for change in diff.fields):
        notes.append("an autoscaler sets its replicas, and so does Git")
    return LiveChange(
        diff,
        Effect.CHANGED,
        case.way,
        restarts=judging.restarts(key, live, spared),
        dangers=tuple(judging.change_dangers(key, live, spared)),
        note="; ".join(notes),
        authors=_authors(case, diff, around),
    )


def _authors(case: _Case, diff: ObjectDiff, around: Surroundings) -> tuple[Author, ...]:
    """Who wrote the live values that change, but for the controller itself."""
    own = {around.applier.manager, f"{around.applier.manager}-client-side-apply"}
    there = [change for change in diff.fields if change.old is not None]
    return tuple(
        author
        for author in authors(case.live or {}, there)
        if author.manager not in own or author.operation not in ("Apply", "Update")
    )
