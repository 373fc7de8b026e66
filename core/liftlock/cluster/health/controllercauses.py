"""Why a controller's object fails: what Flux and Argo CD say, followed to the object that they speak of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from liftlock.cluster.health import argocd, flux
from liftlock.cluster.health.inventories import argo_resources, flux_inventory
from liftlock.cluster.health.reading import (
    Condition,
    at,
    condition,
    conditions,
    line,
    mapping,
    mappings,
    moment,
    shown,
    shown_key,
    string,
    strings,
)
from liftlock.cluster.health.refusals import refusal, told
from liftlock.cluster.health.view import View
from liftlock.cluster.health.workloadcauses import caused
from liftlock.cluster.objects import Manifest
from liftlock.model.diff import ObjectKey
from liftlock.model.health import Cause, Gravity

Found = Cause | None
Follow = Callable[[ObjectKey], Found]
"""Finds the cause of another object; None when there is none, or the way leads in a circle."""

# What Flux's health checks name: `Deployment/shop/web status: 'InProgress'`.
_CHECKED = re.compile(
    r"(?P<kind>[A-Z]\w{0,100})/(?:(?P<space>[^/\s\[\]]{1,100})/)?(?P<name>[^/\s\[\],]{1,260}) status: '"
)
_DEPENDENCY = re.compile(r"dependency '(?:(?P<space>[^/']{1,100})/)?(?P<name>[^']{1,260})'")
_BUILT_IN = re.compile(r"(?:/[\w.-]{1,80}){0,8}/kustomization-\d{1,20}/")
_TIMED_OUT = ("timed out waiting", "context deadline exceeded", "status: 'InProgress'", "not ready")
# A failure that its controller may still mend by itself (a CRD or namespace that another one brings).
_MENDED = 60.0
_MENDABLE = frozenset({"MissingKind", "NamespaceMissing"})
# What a run finds in Git, and finds again until somebody commits.
_FROM_GIT = {
    "BuildFailed": "cannot be built",
    "InvalidCELExpression": "has a health check that cannot be read",
    "ValuesError": "has values that cannot be put together",
    "ChartMutateError": "has a chart that cannot be prepared",
}


def _name(manifest: Manifest) -> str:
    return f"{shown(manifest, 'kind')} {shown(manifest, 'metadata', 'name')}"


def refused(manifest: Manifest, message: str, reason: str, since: float | None, view: View) -> Cause:
    """The cause that an apply's error tells."""
    known = refusal(message)
    if known is None:
        return caused(manifest, told(message) or reason, reason, Gravity.SUSPECT, since)
    hard = known.lasting and (known.reason not in _MENDABLE or view.older(since, _MENDED))
    made = caused(manifest, known.sentence, known.reason, Gravity.HARD if hard else Gravity.SUSPECT, since)
    brought = (key for key in flux_inventory(manifest) if (key.kind, key.name) == (known.kind, known.name))
    named = next(brought, None)
    return replace(made, key=shown_key(named)) if named is not None else made


def _first(keys: Iterable[ObjectKey], follow: Follow) -> Found:
    """The cause of the first of these objects that cannot come right, else of the first that has one."""
    suspect: Found = None
    for key in keys:
        found = follow(key)
        if found is not None and found.gravity is Gravity.HARD:
            return found
        suspect = suspect or found
    return suspect


def flux_cause(manifest: Manifest, view: View, follow: Follow) -> Found:
    """The cause for an object of Flux: suspended, Ready=False and its reason, else what it brought."""
    if flux.suspended_by_spec(manifest) is not None:
        return caused(
            manifest,
            f"{_name(manifest)} is suspended: nothing happens until it is resumed",
            "Suspended",
            Gravity.SUSPECT,
        )
    ready = condition(manifest, "Ready")
    stalled = condition(manifest, "Stalled")
    if ready is None or not ready.false:
        brought = _first(flux_inventory(manifest), follow)
        return brought or (_last_try(manifest, view) if ready is not None and not ready.true else None)
    found = _failed(manifest, ready, view, follow)
    if stalled is not None and stalled.true and found.gravity is not Gravity.HARD:
        return replace(found, gravity=Gravity.HARD)
    return found


def _last_try(manifest: Manifest, view: View) -> Found:
    """The failure that a Kustomization is just trying to get over: its status says nothing of it while it runs."""
    history = mappings(manifest, "status", "history")
    reason = string(history[0], "lastReconciledStatus") if history else ""
    if reason in ("", "ReconciliationSucceeded"):
        return None
    warned = next((e for e in reversed(view.events(manifest)) if e.warning and e.reason == reason), None)
    return None if warned is None else refused(manifest, warned.message, reason, warned.first, view)


def _failed(manifest: Manifest, ready: Condition, view: View, follow: Follow) -> Cause:
    reason, message, since = ready.reason, ready.message, ready.at
    if reason == "DependencyNotReady":
        return _waits(manifest, ready, follow)
    if reason == "HealthCheckFailed" or any(word in message for word in _TIMED_OUT):
        found = _first(_named(manifest, message), follow)
        if found is not None:
            return found
        if reason == "HealthCheckFailed":
            return caused(manifest, _checks(message), reason, Gravity.SUSPECT, since)
    if reason in _FROM_GIT:
        sentence = f"{_name(manifest)} {_FROM_GIT[reason]}: {_built(message)}"
        return caused(manifest, sentence, reason, Gravity.HARD, since)
    if "path not found" in message:
        folder = shown(manifest, "spec", "path")
        return caused(manifest, f"{_name(manifest)}: the folder {folder} is not there", reason, Gravity.HARD, since)
    if reason in ("ArtifactFailed", "SourceNotReady"):
        upstream = follow(_source(manifest))
        return upstream or caused(manifest, f"its source is not ready: {told(message)}", reason, Gravity.SUSPECT, since)
    if reason in ("AuthenticationFailed", "URLInvalid", "VerificationError"):
        return caused(manifest, f"{_name(manifest)}: {told(message)}", reason, Gravity.HARD, since)
    return refused(manifest, message, reason, since, view)


def _built(message: str) -> str:
    """Kustomize's error without the folder it was built in, the frames it passed and the guesses it ends with."""
    words = _BUILT_IN.sub("", message[:4000]).partition("': must build at directory")[0]
    return told(words.rpartition("accumulation err='")[2].removeprefix("kustomize build failed: "))


def _source(manifest: Manifest) -> ObjectKey:
    if string(manifest, "kind") != "HelmRelease":
        return flux.source_of(manifest)
    namespace, _, name = string(manifest, "status", "helmChart").partition("/")
    return ObjectKey(flux.SOURCES, "HelmChart", namespace, name)


def _waits(manifest: Manifest, ready: Condition, follow: Follow) -> Cause:
    """A dependency that is not ready: its own cause says more."""
    named = _DEPENDENCY.search(ready.message)
    group = flux.HELM if string(manifest, "kind") == "HelmRelease" else flux.KUSTOMIZE
    own = string(manifest, "metadata", "namespace")
    if named is not None:
        space = named["space"] or own
        found = follow(ObjectKey(group, string(manifest, "kind"), space, named["name"]))
        if found is not None:
            return replace(found, sentence=line(f"it waits for {named['name']}: {found.sentence}"))
    return caused(manifest, f"it waits: {told(ready.message)}", ready.reason, Gravity.SUSPECT, ready.at)


def _checks(message: str) -> str:
    names = [f"{m['kind']} {m['name']}" for m in _CHECKED.finditer(message[:4000])]
    return f"not healthy in time: {', '.join(names[:4])}" if names else f"not healthy in time: {message}"


def _named(manifest: Manifest, message: str) -> tuple[ObjectKey, ...]:
    """The objects of the inventory that the message names, else all of it."""
    inventory = flux_inventory(manifest)
    named = {(m["kind"], m["space"] or "", m["name"]) for m in _CHECKED.finditer(message[:4000])}
    return tuple(key for key in inventory if (key.kind, key.namespace, key.name) in named) or inventory


def application_cause(manifest: Manifest, view: View, follow: Follow) -> Found:
    """The cause for an Application: a spec or folder that cannot be rendered, a sync that failed and what in it, a
    hook that is waited for, else what stands behind its health.
    """
    for found in conditions(manifest):
        if found.type in argocd.BROKEN_SPEC:
            return _not_compared(manifest, found, view)
    failed, trying = argocd.sync_failed(manifest), argocd.retrying(manifest)
    if failed or trying:
        return _sync(manifest, Gravity.HARD if failed else Gravity.SUSPECT, view, follow)
    state = mapping(manifest, "status", "operationState")
    running = string(state, "phase") in ("Running", "Terminating")
    hooks = _hooks(state, ("Running", "")) if running else ()
    return _first((*hooks, *argo_resources(manifest)), follow)


def _not_compared(manifest: Manifest, found: Condition, view: View) -> Cause:
    message = found.message
    # Wrapped once for each process that it went through; the last part is what the program said.
    inner = message.rpartition("rpc error: ")[2].partition("desc = ")[2] or message
    known = refusal(inner)
    word = {"InvalidSpecError": "its spec is invalid", "ComparisonError": "it cannot be compared"}.get(found.type, "")
    sentence = known.sentence if known else f"{_name(manifest)}: {word}{': ' if word else ''}{inner}"
    reason = known.reason if known else found.type
    hard = known is None or known.lasting
    return caused(manifest, sentence, reason, Gravity.HARD if hard else Gravity.SUSPECT, found.at)


def _hooks(state: Manifest, phases: tuple[str, ...]) -> tuple[ObjectKey, ...]:
    return tuple(
        _resource(item)
        for item in mappings(state, "syncResult", "resources")
        if string(item, "hookType") and string(item, "hookPhase") in phases
    )


def _resource(item: Manifest) -> ObjectKey:
    return ObjectKey(string(item, "group"), string(item, "kind"), string(item, "namespace"), string(item, "name"))


def _sync(manifest: Manifest, gravity: Gravity, view: View, follow: Follow) -> Cause:
    """What in a sync failed: a hook, with what its Job says, else the first object that was not taken."""
    state = mapping(manifest, "status", "operationState")
    results = mappings(state, "syncResult", "resources")
    since = moment(state, "finishedAt")
    for item in results:
        if string(item, "hookType") and string(item, "hookPhase") in ("Failed", "Error"):
            inner = follow(_resource(item))
            why = inner.sentence if inner is not None else shown(item, "message")
            sentence = f"{shown(item, 'hookType')} hook {shown(item, 'kind')} {shown(item, 'name')} failed: {why}"
            made = inner or caused(_stub(item), "", "", gravity)
            return replace(made, sentence=line(sentence), reason="HookFailed", gravity=gravity, since=since)
    for item in results:
        if string(item, "status") == "SyncFailed":
            made = refused(_stub(item), string(item, "message"), "SyncFailed", since, view)
            name = shown(item, "name")
            sentence = made.sentence if name in made.sentence else f"{shown(item, 'kind')} {name}: {made.sentence}"
            hard = Gravity.HARD in (gravity, made.gravity)
            return replace(made, sentence=line(sentence), gravity=Gravity.HARD if hard else gravity)
    message = string(state, "message")
    known = refusal(message)
    return caused(
        manifest, known.sentence if known else f"sync failed: {told(message)}", known.reason if known else "SyncFailed",
        gravity, since,
    )  # fmt: skip


def _stub(item: Manifest) -> Manifest:
    """As much of an object as its key needs."""
    group, version = string(item, "group"), string(item, "version")
    return {
        "apiVersion": f"{group}/{version}" if group else version,
        "kind": string(item, "kind"),
        "metadata": {"namespace": string(item, "namespace"), "name": string(item, "name")},
    }


def conditions_cause(manifest: Manifest, view: View) -> Found:
    """The cause for an object of a kind that nobody here knows: what its failing condition says."""
    found = {c.type: c for c in reversed(list(conditions(manifest)))}
    for kind in ("Stalled", "Failed", "Degraded"):
        if kind in found and found[kind].true:
            return _says(manifest, found[kind], Gravity.HARD)
    for kind in ("Ready", "Available", "Established", "NamesAccepted", "ScalingActive", "AbleToScale"):
        c = found.get(kind) or Condition("", "", "", "", None, None)
        if c.false and c.says:
            return _says(manifest, c, Gravity.SUSPECT)
    return None


def _says(manifest: Manifest, found: Condition, gravity: Gravity) -> Cause:
    sentence = f"{_name(manifest)}: {told(found.message) or found.reason}"
    return caused(manifest, sentence, found.reason, gravity, found.at)


def deletion_cause(manifest: Manifest, view: View) -> Found:
    """What holds an object that is on its way out."""
    since = moment(manifest, "metadata", "deletionTimestamp")
    held = strings(manifest, "metadata", "finalizers")
    if not held or not view.older(since, _MENDED) or at(manifest, "kind") == "Pod":
        return None
    sentence = f"{_name(manifest)} is being deleted, and held by {', '.join(held[:3])}"
    return caused(manifest, sentence, "Terminating", Gravity.SUSPECT, since)
