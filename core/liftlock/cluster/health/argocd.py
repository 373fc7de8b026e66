"""Verdicts on Argo CD's objects."""

from __future__ import annotations

from liftlock.cluster.health.reading import at, conditions, line, mappings, shown, string
from liftlock.cluster.health.view import View
from liftlock.cluster.health.words import (
    ENGINE,
    OWN,
    degraded,
    healthy,
    missing,
    progressing,
    suspended,
    unknown,
)
from liftlock.cluster.objects import Manifest
from liftlock.model.health import Health

BROKEN_SPEC = ("InvalidSpecError", "ComparisonError", "UnknownError")
_BY_WORD = {
    "Healthy": healthy,
    "Progressing": progressing,
    "Suspended": suspended,
    "Missing": missing,
    "Degraded": degraded,
    "Unknown": unknown,
}


def retrying(manifest: Manifest) -> bool:
    """Whether the last sync failed and is tried again: its phase says Running, and it has an end."""
    operation = at(manifest, "status", "operationState")
    return string(operation, "phase") in ("Running", "Terminating") and bool(string(operation, "finishedAt"))


def sync_failed(manifest: Manifest) -> bool:
    """Whether the last sync failed and nothing has put it right since."""
    phase = string(manifest, "status", "operationState", "phase")
    return phase in ("Failed", "Error") and string(manifest, "status", "sync", "status") != "Synced"


def application(manifest: Manifest, view: View) -> Health:
    """Verdict on an Application: its own `status.health`, which is the worst of its objects (gitops-engine gives an
    Application in an app-of-apps none).

    That word knows nothing of syncs, and a person who watches a promotion needs them: an invalid spec, a failure to
    render or compare, a sync that failed and is not made good, or is tried again: DEGRADED, as Flux's failures are;
    a sync that runs: PROGRESSING, also while the first one has not brought anything yet (gitops-engine: missing).
    """
    for found in conditions(manifest):
        if found.type in BROKEN_SPEC:
            return degraded(f"{found.type}: {found.message}", OWN)
    operation = at(manifest, "status", "operationState")
    message = shown(operation, "message")
    if sync_failed(manifest):
        return degraded(f"sync failed: {message}", OWN)
    if retrying(manifest):
        return degraded(f"sync failed and is tried again: {message}", OWN)
    word = string(manifest, "status", "health", "status")
    if not word:
        return progressing("its controller has not looked at it yet", ENGINE)
    health = _BY_WORD.get(word, unknown)(string(manifest, "status", "health", "message") or _why(manifest), ENGINE)
    if word in ("Healthy", "Missing") and string(operation, "phase") in ("Running", "Terminating"):
        return progressing(f"sync: {message}" if message else "syncing", OWN)
    return health


def _why(manifest: Manifest) -> str:
    """The first of its objects that stands in the way, where the Application lists their health."""
    for item in mappings(manifest, "status", "resources"):
        word = string(item, "health", "status")
        if word and word != "Healthy":
            message = shown(item, "health", "message")
            return line(
                f"{string(item, 'kind')} {string(item, 'name')} {word.lower()}{': ' if message else ''}{message}"
            )
    return ""


def application_set(manifest: Manifest, view: View) -> Health:
    """Verdict on an ApplicationSet: its conditions in gitops-engine's order."""
    found = {c.type: c for c in conditions(manifest)}
    for kind, status, call in (
        ("ErrorOccurred", "True", degraded),
        ("ResourcesUpToDate", "False", degraded),
        ("RolloutProgressing", "True", progressing),
        ("ResourcesUpToDate", "True", healthy),
    ):
        if kind in found and found[kind].status == status:
            return call("" if call is healthy else found[kind].says, ENGINE)
    return progressing("its controller has not looked at it yet", ENGINE)
