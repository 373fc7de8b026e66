"""What Argo CD says, through the Kubernetes API alone: Applications, their projects and ApplicationSets.

`status.sync.revision` is what was last compared against, never what runs; what runs is the revision of the last sync
that succeeded. An operation that failed and is tried again looks Running with a `finishedAt`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from liftlock.cluster.delivery.flux import folder
from liftlock.cluster.delivery.revisions import clock, public
from liftlock.cluster.delivery.windows import closed_until
from liftlock.cluster.health import cause, verdict
from liftlock.cluster.health.inventories import argo_resources
from liftlock.cluster.health.reading import at, line, mapping, mappings, moment, string, strings
from liftlock.cluster.objects import Kind, Manifest, Objects, key
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Applied, Controller, Delivery, Doing, Wait, Waiting
from liftlock.text import printable

GROUP = "argoproj.io"
KINDS: tuple[Kind, ...] = ((GROUP, "Application"), (GROUP, "AppProject"), (GROUP, "ApplicationSet"))
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_RESYNC = 180.0
"""The controller compares each 120 s, and up to 60 s later."""
_WRAPPED = re.compile(
    r"^(?:Failed to load target state: )?(?:failed to generate manifest for source \d+ of \d+: )?"
    r"(?:rpc error: code = \w+ desc = )?(?:Manifest generation error(?: \(cached\))?: )?"
)
"""What a failure to render is wrapped in."""
_RETRY = re.compile(r"Retrying attempt #(\d+) at (\S+?)\.?$")
_ENDED = "Operation terminated"
_IN_CLUSTER = frozenset({"", "https://kubernetes.default.svc", "in-cluster"})


def deliveries(objects: Objects, now: float) -> Iterator[Delivery]:
    """All Applications; one of several repositories stands there once for each."""
    for manifest in objects.of(GROUP, "Application"):
        for url in _repositories(manifest):
            yield application(manifest, objects, now, url)


def application(manifest: Manifest, objects: Objects, now: float, url: str = "") -> Delivery:
    """One Application, as it follows this repository (the one that has the manifests where none is named)."""
    mine = key(manifest)
    source, number = followed(manifest, url)
    operation = mapping(manifest, "status", "operationState")
    doing = _doing(manifest, operation)
    target = string(source, "targetRevision") or "HEAD"
    seen = _revision(mapping(manifest, "status", "sync"), number)
    if seen == target and not _COMMIT.fullmatch(seen):
        seen = ""  # where it cannot compare it names what it was asked for
    applied, applied_at = _applied(manifest, operation, number)
    attempted = _revision(mapping(operation, "syncResult"), number) or _revision(
        mapping(operation, "operation", "sync"), number
    )
    hydrated = mapping(manifest, "status", "sourceHydrator", "lastSuccessfulOperation")
    if mapping(manifest, "spec", "sourceHydrator") and hydrated:
        dry, wet = string(hydrated, "drySHA"), string(hydrated, "hydratedSHA")
        seen, applied = (dry if rev == wet else rev for rev in (seen, applied))
    destination = mapping(manifest, "spec", "destination")
    elsewhere = string(destination, "server") or string(destination, "name")
    automatic = automated(manifest)
    error = _error(manifest, operation, objects, doing, now)
    return Delivery(
        Controller.ARGOCD,
        mine,
        _project(manifest),
        printable(public(string(source, "repoURL"))),
        printable(target.removeprefix("refs/heads/").removeprefix("refs/tags/")),
        folder(string(source, "path")),
        seen,
        attempted,
        applied,
        applied_at,
        moment(manifest, "status", "reconciledAt"),
        doing,
        verdict(manifest, objects, now),
        error,
        frozen(manifest) or paused(manifest),
        _paused_since(manifest) if paused(manifest) else None,
        automatic,
        at(manifest, "spec", "syncPolicy", "automated", "prune") is True,
        False,
        _waiting(manifest, operation, objects, doing, automatic, seen, applied, error, now),
        _RESYNC,
        None,
        argo_resources(manifest),
        printable(string(destination, "namespace")),
        "" if elsewhere in _IN_CLUSTER else printable(elsewhere),
        "argocd-controller",
        "ServerSideApply=true" in strings(manifest, "spec", "syncPolicy", "syncOptions"),
        string(operation, "phase") in ("Running", "Terminating") or bool(mapping(manifest, "operation")),
        _owner(manifest),
        manifest,
        fetched_at=None if _by_hand(operation) or attempted != seen else moment(operation, "startedAt"),
        history=_history(manifest, number),
    )


def followed(manifest: Manifest, url: str = "") -> tuple[Mapping[str, Any], int]:
    """The source that has the manifests, and its number among several (-1 for the only one).

    With `url`, the one from this repository.
    """
    hydrator = mapping(manifest, "spec", "sourceHydrator", "drySource")
    if hydrator:
        return hydrator, -1
    several = mappings(manifest, "spec", "sources")
    numbered = [(s, n) for n, s in enumerate(several) if not url or public(string(s, "repoURL")) == public(url)]
    for name in ("path", "ref"):
        # A chart from elsewhere whose values are in Git: the values are what is promoted.
        for source, number in numbered:
            if string(source, name):
                return source, number
    return (several[0], 0) if several else (mapping(manifest, "spec", "source"), -1)


def _repositories(manifest: Manifest) -> tuple[str, ...]:
    """The repositories of its sources that it takes files from; "" for the only one."""
    if mapping(manifest, "spec", "sourceHydrator", "drySource"):
        return ("",)
    several = mappings(manifest, "spec", "sources")
    named = (string(s, "repoURL") for s in several if string(s, "path") or string(s, "ref"))
    return tuple(dict.fromkeys(public(url) for url in named)) or ("",)


def automated(manifest: Manifest) -> bool:
    """Whether new commits are synced by themselves."""
    policy = at(manifest, "spec", "syncPolicy", "automated")
    return isinstance(policy, Mapping) and policy.get("enabled") is not False


def paused(manifest: Manifest) -> bool:
    """Whether automatic sync is set up and switched off: what a suspension writes."""
    return at(manifest, "spec", "syncPolicy", "automated", "enabled") is False


def frozen(manifest: Manifest) -> bool:
    """Whether the controller was told not to look at it at all."""
    return string(mapping(manifest, "metadata", "annotations"), "argocd.argoproj.io/skip-reconcile") == "true"


def ended(manifest: Manifest) -> bool:
    """Whether somebody ended the last operation."""
    return string(manifest, "status", "operationState", "message").startswith(_ENDED)


def _paused_since(manifest: Manifest) -> float | None:
    times = [
        moment(entry, "time")
        for entry in mappings(manifest, "metadata", "managedFields")
        if at(entry, "fieldsV1", "f:spec", "f:syncPolicy", "f:automated", "f:enabled") is not None
    ]
    return max((time for time in times if time is not None), default=None)


def _revision(of: Mapping[str, Any], number: int) -> str:
    several = strings(of, "revisions")
    found = several[number] if 0 <= number < len(several) else string(of, "revision")
    return printable(found)


def _applied(manifest: Manifest, operation: Mapping[str, Any], number: int) -> tuple[str, float | None]:
    """What runs: the newest sync that succeeded. One of some objects only, or a dry run, says nothing of the whole.

    Where a later comparison found nothing to sync, what runs is what it compared with: a commit of other paths, or
    objects that were there before the Application.
    """
    whole = not mappings(operation, "operation", "sync", "resources") and not at(
        operation, "operation", "sync", "dryRun"
    )
    succeeded = whole and string(operation, "phase") == "Succeeded"
    history = mappings(manifest, "status", "history")
    done = moment(operation, "finishedAt") if succeeded else moment(history[-1], "deployedAt") if history else None
    compared, looked = mapping(manifest, "status", "sync"), moment(manifest, "status", "reconciledAt")
    since = done is None or (looked is not None and looked >= done)
    if since and string(compared, "status") == "Synced" and _COMMIT.fullmatch(found := _revision(compared, number)):
        return found, done
    if succeeded and (found := _revision(mapping(operation, "syncResult"), number)):
        return found, done
    return (_revision(history[-1], number), moment(history[-1], "deployedAt")) if history else ("", None)


def _history(manifest: Manifest, number: int) -> tuple[Applied, ...]:
    """The syncs that succeeded, the newest first."""
    return tuple(
        Applied(_revision(one, number), moment(one, "deployStartedAt"), moment(one, "deployedAt"))
        for one in reversed(mappings(manifest, "status", "history"))
    )


def _doing(manifest: Manifest, operation: Mapping[str, Any]) -> Doing:
    phase = string(operation, "phase")
    if phase == "Running" and moment(operation, "finishedAt") is not None:
        return Doing.FAILED  # it is tried again, which looks Running
    if phase in ("Running", "Terminating") or mapping(manifest, "operation"):
        return Doing.APPLYING
    if phase in ("Failed", "Error"):
        return Doing.FAILED
    if any(
        string(c, "type") in ("ComparisonError", "InvalidSpecError") for c in mappings(manifest, "status", "conditions")
    ):
        return Doing.FAILED
    return Doing.IDLE


def _error(manifest: Manifest, operation: Mapping[str, Any], objects: Objects, doing: Doing, now: float) -> str:
    """The first cause: of one object where one failed, else what the operation or a condition says."""
    if doing is not Doing.FAILED:
        return ""
    said = string(operation, "message")
    if ended(manifest):
        return "the sync was ended before it was done"
    for resource in mappings(operation, "syncResult", "resources"):
        if string(resource, "hookPhase") in ("Failed", "Error") and (found := cause(manifest, objects, now)):
            return found.sentence
        if string(resource, "status") == "SyncFailed":
            what = f"{string(resource, 'kind')} {string(resource, 'name')}"
            return line(f"{what}: {string(resource, 'message')}")
    if string(operation, "phase") in ("Failed", "Error", "Running") and said:
        return line(said)
    for told in mappings(manifest, "status", "conditions"):
        if string(told, "type").endswith("Error"):
            return line(_WRAPPED.sub("", string(told, "message")))
    return "the sync failed"


def _waiting(
    manifest: Manifest,
    operation: Mapping[str, Any],
    objects: Objects,
    doing: Doing,
    automatic: bool,
    seen: str,
    applied: str,
    error: str,
    now: float,
) -> Waiting | None:
    name = printable(string(manifest, "metadata", "name"))
    message = string(operation, "message")
    if frozen(manifest):
        return Waiting(Wait.SUSPENDED, f"Argo CD was told to leave {name} alone (skip-reconcile)")
    if doing is Doing.APPLYING:
        if "blocked by sync window" in message:
            shut = _closed(manifest, objects, manual=_by_hand(operation), now=now)
            said = shut[0] if shut is not None else "a window is closed"
            return Waiting(Wait.WINDOW, f"the sync of {name} waits: {said}", shut[1] if shut is not None else None)
        if message.startswith("waiting for"):
            tries = at(operation, "retryCount")
            before = f", for the try before failed (retry {tries})" if isinstance(tries, int) and tries > 0 else ""
            return Waiting(Wait.HOOK if "hook" in message else Wait.ROLLOUT, line(message) + before)
        return None
    if doing is Doing.FAILED and (again := _RETRY.search(message)):
        return _retry(name, operation, again, seen, now)
    out = string(manifest, "status", "sync", "status") == "OutOfSync"
    if doing is Doing.FAILED and string(manifest, "status", "sync", "status") == "Unknown":
        return Waiting(Wait.RECONCILE, f"Argo CD cannot compare {name}; it tries again each 2 to 3 min")
    if doing is Doing.FAILED and string(operation, "phase") in ("Failed", "Error"):
        if ended(manifest):
            return Waiting(Wait.MANUAL, f"the sync of {name} was ended: sync it again, or push another commit")
        if automatic:
            return Waiting(Wait.MANUAL, f"Argo CD gave up on this commit of {name}: push a fix, or sync it")
        return Waiting(Wait.MANUAL, f"the sync of {name} failed: push a fix, or sync it again")
    if out and paused(manifest):
        when = _paused_since(manifest)
        since = f" since {clock(when, now)}" if when is not None else ""
        return Waiting(Wait.SUSPENDED, f"automatic sync of {name} is off{since}: resume it, or sync it once")
    shut = _closed(manifest, objects, manual=not automatic, now=now) if out else None
    if shut is not None:
        return Waiting(Wait.WINDOW, shut[0], shut[1])
    if out and not automatic:
        return Waiting(Wait.MANUAL, f"{name} is synced by hand, and nobody has started the sync")
    if (
        out
        and automatic
        and seen == applied
        and at(manifest, "spec", "syncPolicy", "automated", "selfHeal") is not True
    ):
        return Waiting(Wait.MANUAL, f"{name} has drifted, and Argo CD does not heal it by itself: sync it")
    looked = moment(manifest, "status", "reconciledAt")
    until = looked + _RESYNC if looked is not None else None
    if looked is not None and until is not None and until + _RESYNC < now:
        return Waiting(
            Wait.POLL,
            f"Argo CD has compared {name} at {clock(looked, now)} and not since; it says why after 3 min of failures",
        )
    return Waiting(Wait.POLL, "Argo CD compares each 2 to 3 min", until if until is not None and until >= now else None)


def _retry(name: str, operation: Mapping[str, Any], again: re.Match[str], seen: str, now: float) -> Waiting:
    """A sync that failed and is tried again: a commit that came meanwhile is not taken up before it is over."""
    when = moment(again[2])
    limit = at(operation, "retry", "limit") or at(operation, "operation", "retry", "limit")
    number = f"retry {again[1]}{f' of {limit}' if isinstance(limit, int) and limit > 0 else ''}"
    after = f" at {clock(when, now)}" if when is not None else ""
    said = f"the sync of {name} failed and is tried again{after} ({number})"
    tried = string(operation, "operation", "sync", "revision")
    if seen and _COMMIT.fullmatch(tried) and tried != seen:
        said += f"; {seen[:8]} comes after it, or when it is ended"
    return Waiting(Wait.RECONCILE, said, when)


def _closed(manifest: Manifest, objects: Objects, *, manual: bool, now: float) -> tuple[str, float | None] | None:
    project = objects.get(_project(manifest))
    return closed_until(manifest, project, now, manual=manual) if project is not None else None


def _by_hand(operation: Mapping[str, Any]) -> bool:
    return at(operation, "operation", "initiatedBy", "automated") is not True


def _project(manifest: Manifest) -> ObjectKey:
    return ObjectKey(GROUP, "AppProject", _home(manifest), string(manifest, "spec", "project") or "default")


def _home(manifest: Manifest) -> str:
    """The namespace of the controller, where projects are."""
    return string(manifest, "status", "controllerNamespace") or string(manifest, "metadata", "namespace")


def _owner(manifest: Manifest) -> ObjectKey | None:
    """The ApplicationSet that made it, or the Application that it belongs to (app of apps)."""
    namespace = string(manifest, "metadata", "namespace")
    for owner in mappings(manifest, "metadata", "ownerReferences"):
        if string(owner, "kind") == "ApplicationSet":
            return ObjectKey(GROUP, "ApplicationSet", namespace, string(owner, "name"))
    tracked = string(mapping(manifest, "metadata", "annotations"), "argocd.argoproj.io/tracking-id")
    parent = tracked.partition(":")[0]
    if parent and parent != string(manifest, "metadata", "name"):
        return ObjectKey(GROUP, "Application", namespace, parent)
    return None
