"""The verdict on kinds that nobody here knows: by the conditions they show."""

from __future__ import annotations

from liftlock.cluster.health.reading import Condition, at, conditions, string
from liftlock.cluster.health.view import View
from liftlock.cluster.health.words import BOTH, ENGINE, KSTATUS, OWN, degraded, healthy, progressing, suspended
from liftlock.cluster.objects import Manifest
from liftlock.model.health import Health

# After this long "not ready" is no longer a start.
_STARTS = 300.0
_WORDS_OF_FAILURE = ("error", "fail", "invalid", "denied", "notfound", "rejected")


def by_conditions(manifest: Manifest, view: View) -> Health:
    """Verdict on an object of any kind.

    kstatus's order: Reconciling=True is in progress, Stalled=True failed, then Ready; Available is read as Ready
    where that is missing (gitops-engine's rules for such kinds do). `Issuing` is cert-manager's word for at work.
    Ready=False: kstatus says in progress for ever, gitops-engine's scripts mostly degraded at once. DEGRADED when the
    reason is a word of failure or after five minutes, PROGRESSING before. `Degraded=True` and `Failed=True` are
    believed. Nothing of these: HEALTHY, as both say.
    """
    found = {c.type: c for c in reversed(list(conditions(manifest)))}
    for c in found.values():
        if c.type in ("Reconciling", "Issuing") and c.true:
            return progressing(c.says, KSTATUS if c.type == "Reconciling" else ENGINE)
    for kind in ("Stalled", "Failed", "Degraded"):
        if kind in found and found[kind].true:
            return degraded(found[kind].says, KSTATUS if kind == "Stalled" else OWN)
    ready = found.get("Ready") or found.get("Available")
    if ready is None or ready.true:
        if at(manifest, "spec", "suspend") is True:
            return suspended("suspended", OWN)
        return healthy("", BOTH)
    return not_ready(ready, view)


def not_ready(ready: Condition, view: View) -> Health:
    """What Ready=False or Unknown means, by its reason and age."""
    reason = ready.reason.lower()
    if ready.false and any(word in reason for word in _WORDS_OF_FAILURE):
        return degraded(ready.says, ENGINE)
    if ready.false and view.now is not None and ready.at is not None and view.older(ready.at, _STARTS):
        return degraded(ready.says, OWN)
    return progressing(ready.says, KSTATUS)


def being_deleted(manifest: Manifest) -> Health:
    """PROGRESSING: it is on its way out (kstatus: terminating; gitops-engine: pending deletion)."""
    finalizers = at(manifest, "metadata", "finalizers")
    held = [f for f in finalizers if isinstance(f, str)] if isinstance(finalizers, list) else []
    return progressing(f"being deleted, held by {', '.join(held[:3])}" if held else "being deleted", BOTH)


def unseen(manifest: Manifest) -> Health:
    """PROGRESSING: the status speaks of an older spec (kstatus, gitops-engine)."""
    kind = string(manifest, "kind") or "object"
    return progressing(f"the controller has not seen this {kind}'s change yet", BOTH)
