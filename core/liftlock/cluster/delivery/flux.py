"""What Flux says: Kustomizations and HelmReleases with the sources that they follow (controllers' API of 2024-2026)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from liftlock.cluster.delivery.revisions import clock, commit_of, pointer_of, public, seconds, span
from liftlock.cluster.health import verdict
from liftlock.cluster.health.flux import HELM, KUSTOMIZE, SOURCES, source_of
from liftlock.cluster.health.inventories import flux_inventory
from liftlock.cluster.health.reading import at, condition, line, mapping, mappings, moment, string
from liftlock.cluster.objects import Kind, Manifest, Objects, key
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Applied, Controller, Delivery, Doing, Wait, Waiting
from liftlock.text import printable

KINDS: tuple[Kind, ...] = (
    (SOURCES, "GitRepository"),
    (SOURCES, "OCIRepository"),
    (SOURCES, "Bucket"),
    (SOURCES, "HelmRepository"),
    (SOURCES, "HelmChart"),
    (KUSTOMIZE, "Kustomization"),
    (HELM, "HelmRelease"),
)
_JITTER = 1.05
"""Flux spreads its intervals by five percent."""
_DEPENDENCY = 30.0
"""A dependency that is not ready is looked at again after so many seconds."""
_WORKING = ("Fetching", "Building", "Detecting", "Running")


def deliveries(objects: Objects, now: float) -> Iterator[Delivery]:
    """All Kustomizations and HelmReleases."""
    for manifest in objects.of(KUSTOMIZE, "Kustomization"):
        yield kustomization(manifest, objects, now)
    for manifest in objects.of(HELM, "HelmRelease"):
        yield helm_release(manifest, objects, now)


# Kustomizations ----------------------------------------------------------------------------------------------------


def kustomization(manifest: Manifest, objects: Objects, now: float) -> Delivery:
    """One Kustomization.

    `lastAppliedRevision` moves only after its health checks pass where it has some: until then the objects are on
    `lastAttemptedRevision` already. Ready=Unknown is written at each run, also when nothing changes.
    """
    source_key = source_of(manifest)
    source = objects.get(source_key)
    attempted = commit_of(string(manifest, "status", "lastAttemptedRevision"))
    applied = commit_of(string(manifest, "status", "lastAppliedRevision"))
    seen = commit_of(_artifact(source)) if source is not None else ""
    ready = condition(manifest, "Ready")
    suspended = at(manifest, "spec", "suspend") is True
    doing = _doing(manifest, attempted, applied, seen)
    if source_key.kind in ("OCIRepository", "ExternalArtifact") and source is not None:
        origin = commit_of(string(source, "status", "artifact", "metadata", "org.opencontainers.image.revision"))
        attempted = origin if origin and attempted == seen else attempted
        seen = origin or seen
        applied = commit_of(string(manifest, "status", "lastAppliedOriginRevision")) or applied
    interval = seconds(string(manifest, "spec", "interval"))
    polled = seconds(string(source, "spec", "interval")) if source is not None else None
    verifies = at(manifest, "spec", "wait") is True or bool(mappings(manifest, "spec", "healthChecks"))
    mine = key(manifest)
    return Delivery(
        Controller.FLUX,
        mine,
        source_key,
        printable(_url(source)),
        printable(_branch(source)),
        folder(string(manifest, "spec", "path")),
        seen,
        attempted,
        applied,
        _applied_at(manifest),
        _looked_at(source, objects),
        doing,
        verdict(manifest, objects, now),
        line(ready.message) if ready is not None and doing is Doing.FAILED else "",
        suspended or at(source, "spec", "suspend") is True,
        suspended_since(manifest) if suspended else None,
        True,
        at(manifest, "spec", "prune") is True,
        verifies,
        _waiting(manifest, source, objects, doing, seen, attempted, now),
        max((one for one in (interval, polled) if one is not None), default=None),
        seconds(string(manifest, "spec", "timeout")) or (max(30.0, interval - 30.0) if interval else None),
        flux_inventory(manifest),
        printable(string(manifest, "spec", "targetNamespace")),
        _elsewhere(manifest),
        "kustomize-controller",
        True,
        False,
        _owner(manifest),
        manifest,
        moment(source, "status", "artifact", "lastUpdateTime"),
        _history(manifest),
        attempted if _placed(manifest, doing) else "",
    )


def _placed(manifest: Manifest, doing: Doing) -> bool:
    """Whether the objects of the attempted revision are in the cluster, or are being put there.

    A health check that fails or is cut short comes after the apply, and takes nothing back.
    """
    if doing in (Doing.APPLYING, Doing.VERIFYING):
        return True
    ready = condition(manifest, "Ready")
    return ready is not None and ready.false and ready.reason in ("HealthCheckFailed", "HealthCheckCanceled")


def _doing(manifest: Manifest, attempted: str, applied: str, seen: str) -> Doing:
    ready = condition(manifest, "Ready")
    if at(manifest, "spec", "suspend") is True:
        return Doing.IDLE
    if ready is None:
        return Doing.APPLYING
    if ready.false:
        return Doing.WAITING if ready.reason in ("DependencyNotReady", "HealthCheckCanceled") else Doing.FAILED
    if ready.true:
        return Doing.IDLE if not seen or seen == applied else Doing.FETCHING
    if attempted and attempted == applied and seen in ("", applied):
        return Doing.IDLE  # a run without a change
    told = condition(manifest, "Reconciling")
    return Doing.VERIFYING if told is not None and "health checks" in told.message else Doing.APPLYING


def _waiting(
    manifest: Manifest,
    source: Manifest | None,
    objects: Objects,
    doing: Doing,
    seen: str,
    attempted: str,
    now: float,
) -> Waiting | None:
    name = printable(string(manifest, "metadata", "name"))
    if at(manifest, "spec", "suspend") is True:
        return Waiting(
            Wait.SUSPENDED,
            f"Kustomization {name} is suspended{_since(manifest, now)}: nothing is applied until it is resumed",
        )
    if source is None:
        return Waiting(Wait.DEPENDENCY, f"the source of Kustomization {name} is not there")
    if at(source, "spec", "suspend") is True:
        return Waiting(
            Wait.SUSPENDED, f"{_named(source)} is suspended{_since(source, now)}: new commits are not fetched"
        )
    ready = condition(manifest, "Ready")
    if ready is not None and ready.false and ready.reason == "DependencyNotReady":
        first = _dependency(manifest, objects, set())
        until = ready.at + _DEPENDENCY if ready.at is not None else None
        return Waiting(Wait.DEPENDENCY, first or line(ready.message), until)
    if doing is Doing.FAILED and ready is not None:
        every = seconds(string(manifest, "spec", "retryInterval")) or seconds(string(manifest, "spec", "interval"))
        until = ready.at + every * _JITTER if ready.at is not None and every else None
        again = f"; tried again each {span(every)}" if every else ""
        return Waiting(Wait.RECONCILE, f"Kustomization {name} failed ({printable(ready.reason)}){again}", until)
    if doing is Doing.IDLE:
        return polling(source, objects, now)
    return None


def polling(source: Manifest, objects: Objects, now: float) -> Waiting | None:
    """When the source looks at its repository next, at the latest; or why it cannot."""
    every = seconds(string(source, "spec", "interval"))
    ready = condition(source, "Ready")
    if ready is not None and ready.false:
        return Waiting(Wait.DEPENDENCY, f"{_named(source)} cannot be fetched: {line(ready.message)}")
    if every is None:
        return None
    looked = _looked_at(source, objects)
    until = looked + every * _JITTER if looked is not None else None
    if looked is not None and until is not None and until < now and every > 0:
        # It looked since, without a trace; counted in whole rounds, so that it does not change at each look.
        until = looked + math.ceil((now - looked) / (every * _JITTER)) * every * _JITTER
    return Waiting(Wait.POLL, f"Flux looks at this repository each {span(every)}", until)


def _dependency(manifest: Manifest, objects: Objects, seen: set[ObjectKey]) -> str:
    """The first dependency that is not ready, followed to its own cause; "" when none is known."""
    mine = key(manifest)
    if mine in seen:
        return f"{mine.kind} {printable(mine.name)} depends on itself"
    seen.add(mine)
    for entry in mappings(manifest, "spec", "dependsOn"):
        namespace = string(entry, "namespace") or mine.namespace
        other_key = ObjectKey(mine.group, mine.kind, namespace, string(entry, "name"))
        other = objects.get(other_key)
        named = f"{printable(namespace)}/{printable(other_key.name)}"
        if other is None:
            return f"depends on {named}, which is not there"
        ready = condition(other, "Ready")
        if ready is not None and ready.true:
            continue
        deeper = _dependency(other, objects, seen)
        said = line(ready.message) if ready is not None else "nothing was heard of it yet"
        return f"depends on {named}, which {deeper}" if deeper else f"depends on {named}, which is not ready: {said}"
    return ""


# HelmReleases --------------------------------------------------------------------------------------------------------


def helm_release(manifest: Manifest, objects: Objects, now: float) -> Delivery:
    """One HelmRelease. Its revision is a chart's version; the commit comes from the Kustomization that owns it."""
    mine = key(manifest)
    ready = condition(manifest, "Ready")
    history = sorted(mappings(manifest, "status", "history"), key=lambda h: -(h.get("version") or 0))
    newest = history[0] if history else {}
    owner = _owner(manifest)
    parent = objects.get(owner) if owner is not None else None
    above = (
        kustomization(parent, objects, now) if parent is not None and owner and owner.kind == "Kustomization" else None
    )
    chart, url, branch = _chart(manifest, objects)
    suspended = at(manifest, "spec", "suspend") is True
    doing = _helm_doing(manifest)
    behind = (at(manifest, "metadata", "generation") or 0) != (at(manifest, "status", "observedGeneration") or 0)
    if behind and doing is Doing.IDLE and not suspended:
        doing = Doing.APPLYING
    settled = doing is Doing.IDLE and not behind
    target = string(manifest, "spec", "targetNamespace") or mine.namespace
    return Delivery(
        Controller.FLUX,
        mine,
        above.source if above is not None else None,
        above.url if above is not None else url,
        above.branch if above is not None else branch,
        chart,
        above.seen if above is not None else "",
        # What its owner applied is what it was told; it has done it once it says so of this generation.
        _helm_attempted(doing, above),
        above.applied if above is not None and settled else "",
        moment(newest, "lastDeployed"),
        above.looked_at if above is not None else None,
        doing,
        verdict(manifest, objects, now),
        line(ready.message) if ready is not None and doing is Doing.FAILED else "",
        suspended or (above.suspended if above is not None else False),
        suspended_since(manifest) if suspended else None,
        True,
        True,
        at(manifest, "spec", "upgrade", "disableWait") is not True,
        _helm_waiting(manifest, doing, now) or (above.waiting if above is not None else None),
        seconds(string(manifest, "spec", "interval")),
        seconds(string(manifest, "spec", "timeout")) or 300.0,
        flux_inventory(manifest),
        printable(target),
        _elsewhere(manifest),
        "helm-controller",
        at(manifest, "spec", "upgrade", "serverSideApply") in (True, "enabled"),
        False,
        owner,
        manifest,
        above.fetched_at if above is not None else None,
    )


def _helm_attempted(doing: Doing, above: Delivery | None) -> str:
    if above is None:
        return ""
    return above.applied if doing in (Doing.VERIFYING, Doing.FAILED) else above.attempted


def _helm_doing(manifest: Manifest) -> Doing:
    ready = condition(manifest, "Ready")
    if at(manifest, "spec", "suspend") is True:
        return Doing.IDLE
    told = condition(manifest, "Reconciling")
    if told is not None and told.true and told.message.startswith("Running '"):
        return Doing.VERIFYING  # helm applies at once, and waits for what it applied
    if ready is None or not (ready.true or ready.false):
        return Doing.APPLYING
    if ready.true:
        return Doing.IDLE
    waits = ready.reason in ("DependencyNotReady", "SourceNotReady", "HealthCheckCanceled")
    return Doing.WAITING if waits else Doing.FAILED


def _helm_waiting(manifest: Manifest, doing: Doing, now: float) -> Waiting | None:
    name = printable(string(manifest, "metadata", "name"))
    ready = condition(manifest, "Ready")
    if at(manifest, "spec", "suspend") is True:
        since = _since(manifest, now)
        return Waiting(Wait.SUSPENDED, f"HelmRelease {name} is suspended{since}: resume it to have it applied")
    if doing is Doing.WAITING and ready is not None:
        until = ready.at + _DEPENDENCY if ready.at is not None else None
        return Waiting(Wait.DEPENDENCY, f"HelmRelease {name}: {line(ready.message)}", until)
    if doing is Doing.FAILED and ready is not None:
        every = seconds(string(manifest, "spec", "interval"))
        until = ready.at + every * _JITTER if ready.at is not None and every else None
        return Waiting(Wait.RECONCILE, f"HelmRelease {name} failed ({printable(ready.reason)})", until)
    return None


def _chart(manifest: Manifest, objects: Objects) -> tuple[str, str, str]:
    """The folder of a chart that lies in Git with its repository's address and branch; "" for charts elsewhere."""
    spec = mapping(manifest, "spec", "chart", "spec")
    if string(spec, "sourceRef", "kind") != "GitRepository":
        return "", "", ""
    namespace = string(spec, "sourceRef", "namespace") or string(manifest, "metadata", "namespace")
    source = objects.get(ObjectKey(SOURCES, "GitRepository", namespace, string(spec, "sourceRef", "name")))
    return folder(string(spec, "chart")), printable(_url(source)), printable(_branch(source))


# What both have ------------------------------------------------------------------------------------------------------


def folder(path: str) -> str:
    """A path of the repository without what says nothing: `./apps/` is `apps`."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return printable("/".join(parts))


def suspended_since(manifest: Manifest) -> float | None:
    """When `spec.suspend` was written, by who wrote it last."""
    times = [
        moment(entry, "time")
        for entry in mappings(manifest, "metadata", "managedFields")
        if at(entry, "fieldsV1", "f:spec", "f:suspend") is not None
    ]
    return max((time for time in times if time is not None), default=None)


def _since(manifest: Manifest, now: float) -> str:
    since = suspended_since(manifest)
    return f" since {clock(since, now)}" if since is not None else ""


def _named(manifest: Manifest) -> str:
    return printable(f"{string(manifest, 'kind')} {string(manifest, 'metadata', 'name')}")


def _owner(manifest: Manifest) -> ObjectKey | None:
    """The Flux object that applied this one, by the labels that it left."""
    labels = mapping(manifest, "metadata", "labels")
    for group, kind in ((KUSTOMIZE, "Kustomization"), (HELM, "HelmRelease")):
        name, namespace = string(labels, f"{group}/name"), string(labels, f"{group}/namespace")
        if name and namespace and (kind, name, namespace) != _self(manifest):
            return ObjectKey(group, kind, namespace, name)
    return None


def _self(manifest: Manifest) -> tuple[str, str, str]:
    return string(manifest, "kind"), string(manifest, "metadata", "name"), string(manifest, "metadata", "namespace")


def _artifact(source: Manifest | None) -> str:
    return string(source, "status", "artifact", "revision")


def _url(source: Manifest | None) -> str:
    url = string(source, "spec", "url")
    if string(source, "kind") == "OCIRepository":
        url = string(source, "status", "artifact", "metadata", "org.opencontainers.image.source") or url
    return public(url)


def _branch(source: Manifest | None) -> str:
    """The branch or tag that a source follows (precedence: commit, name, semver, tag, branch; else master)."""
    ref = mapping(source, "spec", "ref")
    if string(ref, "commit") and not string(ref, "branch"):
        return ""
    if name := string(ref, "name"):
        return name.removeprefix("refs/heads/").removeprefix("refs/tags/")
    if string(ref, "semver"):
        return pointer_of(_artifact(source))
    return string(ref, "tag") or string(ref, "branch") or ("master" if source is not None else "")


def _elsewhere(manifest: Manifest) -> str:
    """Another cluster that the objects go to, by the secret that holds its kubeconfig."""
    config = mapping(manifest, "spec", "kubeConfig")
    name = string(config, "secretRef", "name") or string(config, "configMapRef", "name")
    return printable(name)


_DONE = "ReconciliationSucceeded"


def _applied_at(manifest: Manifest) -> float | None:
    """When what runs was applied first; a run that changes nothing is no apply."""
    history = mappings(manifest, "status", "history")
    if history:
        done = next((one for one in history if string(one, "lastReconciledStatus") == _DONE), None)
        return moment(done, "firstReconciled")
    ready = condition(manifest, "Ready")
    return ready.at if ready is not None and ready.true else None


def _history(manifest: Manifest) -> tuple[Applied, ...]:
    """What was applied: one for each content, with the newest revision that had it."""
    return tuple(
        Applied(commit_of(string(one, "metadata", "revision")), None, moment(one, "firstReconciled"))
        for one in mappings(manifest, "status", "history")
        if string(one, "lastReconciledStatus") == _DONE
    )


def _looked_at(source: Manifest | None, objects: Objects) -> float | None:
    """When the source last looked at its repository: the newest trace that it leaves."""
    if source is None:
        return None
    ready = condition(source, "Ready")
    traces = [moment(source, "status", "artifact", "lastUpdateTime"), ready.at if ready is not None else None]
    uid = string(source, "metadata", "uid")
    for event in objects.of("", "Event", string(source, "metadata", "namespace")):
        if string(event, "involvedObject", "uid") == uid:
            traces.append(moment(event, "lastTimestamp") or moment(event, "eventTime"))
    return max((trace for trace in traces if trace is not None), default=None)
