"""What may be written to a cluster, as offers: built from what a controller says, done only after a person agreed.

Only patches of the controllers' own objects: nothing is ever created or deleted. The patches are those that the
`flux` and `argocd` programs send.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from liftlock.cluster.delivery import argocd
from liftlock.cluster.health.reading import at, mappings, string
from liftlock.errors import ClusterError
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Act, Controller, Delivery, Write
from liftlock.shell import joined
from liftlock.text import plural, printable

_REQUESTED = "reconcile.fluxcd.io/requestedAt"
_REFRESH = "argocd.argoproj.io/refresh"


def possible(delivery: Delivery) -> tuple[Act, ...]:
    """What can be done to a delivery as it stands."""
    if delivery.controller is Controller.FLUX:
        return (Act.RESUME,) if _halted(delivery) else (Act.RECONCILE, Act.SUSPEND)
    if delivery.controller is Controller.ARGOCD:
        if delivery.operating:
            return (Act.RECONCILE, Act.TERMINATE)
        if delivery.automatic:
            return (Act.RECONCILE, Act.SYNC, Act.SUSPEND)
        # One that is synced by hand by design is not made automatic by a resume.
        return (Act.RECONCILE, Act.SYNC, Act.RESUME) if argocd.paused(delivery.raw) else (Act.RECONCILE, Act.SYNC)
    return ()


def writes(
    act: Act, delivery: Delivery, context: str, now: float, *, revision: str = "", prune: bool = False
) -> tuple[Write, ...]:
    """The patches that the act consists of. Raises ClusterError when it cannot be done to this delivery now."""
    if act not in possible(delivery):
        raise ClusterError(
            f"{delivery.key.kind} {delivery.key.name} has no {act}",
            _why_not(act, delivery),
            f"what can be done: {', '.join(possible(delivery)) or 'nothing from here'}",
        )
    flux = delivery.controller is Controller.FLUX
    if act is Act.RECONCILE:
        return _reconcile(delivery, context, now) if flux else (_refresh(delivery, context),)
    if act in (Act.SUSPEND, Act.RESUME):
        halted = act is Act.SUSPEND
        if flux:
            keys = _halted(delivery) if act is Act.RESUME else (delivery.key,)
            return tuple(_write(context, key, {"spec": {"suspend": halted}}) for key in keys)
        automated: dict[str, Any] = {"enabled": not halted}
        return (_write(context, delivery.key, {"spec": {"syncPolicy": {"automated": automated}}}),)
    if act is Act.TERMINATE:
        return (_write(context, delivery.key, {"status": {"operationState": {"phase": "Terminating"}}}),)
    return (_sync(delivery, context, revision, prune),)


def sentence(act: Act, delivery: Delivery) -> str:
    """What the act does, in one sentence."""
    name = f"{delivery.key.kind} {delivery.key.name}"
    return {
        Act.RECONCILE: f"ask {_WHO[delivery.controller]} to look at {name} now",
        Act.SYNC: f"sync {name} to this revision",
        Act.TERMINATE: f"end the operation that runs on {name}",
        Act.SUSPEND: f"suspend {name}: new commits are not applied, drift is not restored",
        Act.RESUME: f"resume {name}: what Git says is applied again",
    }[act]


def consequences(act: Act, delivery: Delivery, *, prune: bool = False) -> tuple[str, ...]:
    """What follows from it, and what to know."""
    said: list[str] = []
    if act is Act.RECONCILE:
        said.append("nothing is forced: the controller does what it would do at its next run")
        if _behind(delivery) and delivery.automatic:
            said.append(f"it has seen {delivery.seen[:8]} and applied {delivery.applied[:8]}: the newer one is applied")
        if not delivery.automatic:
            said.append("nothing is applied by it: this one is synced by hand")
    if act is Act.SYNC:
        kinds = [r for r in mappings(delivery.raw, "status", "resources") if r.get("status") == "OutOfSync"]
        pruned = [r for r in mappings(delivery.raw, "status", "resources") if r.get("requiresPruning") is True]
        out = f"{plural(len(kinds), 'object')} out of sync would be applied"
        said.append(out if kinds else "nothing is out of sync: the same would be applied again")
        if pruned:
            names = ", ".join(printable(f"{r.get('kind')} {r.get('name')}") for r in pruned[:5])
            said.append(f"{names} would be deleted" if prune else f"{names} would be deleted by a prune, and stay")
        said.append("it goes through the Kubernetes API: Argo CD's own permissions are not asked, its windows are")
    if act is Act.TERMINATE:
        said.append("what was applied so far stays; hooks that run are deleted by Argo CD")
    if act is Act.SUSPEND:
        said.append("it stays so until somebody resumes it; everyone else who promotes here is held up too")
        if delivery.owner is not None and delivery.owner.kind == "ApplicationSet":
            said.append(f"ApplicationSet {delivery.owner.name} made it and may take this back")
    if act is Act.RESUME and _behind(delivery):
        said.append(f"what was pushed meanwhile is applied at once: {delivery.seen[:8]}")
    return tuple(said)


_WHO: Mapping[Controller, str] = {
    Controller.FLUX: "Flux",
    Controller.ARGOCD: "Argo CD",
    Controller.JENKINSX: "Jenkins X",
    Controller.PLAIN: "kubectl",
}


def _behind(delivery: Delivery) -> bool:
    """Whether it knows of something newer that it would apply; Argo CD applies nothing where nothing differs."""
    if not delivery.seen or not delivery.applied or delivery.seen == delivery.applied:
        return False
    return delivery.controller is not Controller.ARGOCD or at(delivery.raw, "status", "sync", "status") == "OutOfSync"


def _halted(delivery: Delivery) -> tuple[ObjectKey, ...]:
    """What is suspended of a Flux object and the source that it follows."""
    if at(delivery.raw, "spec", "suspend") is True:
        return (delivery.key,)
    if delivery.suspended and delivery.source is not None and delivery.key.kind == "Kustomization":
        return (delivery.source,)
    return ()


def _why_not(act: Act, delivery: Delivery) -> str:
    if delivery.controller in (Controller.JENKINSX, Controller.PLAIN):
        return f"{_WHO[delivery.controller]} has nothing that could be asked"
    if act is Act.RECONCILE and delivery.suspended:
        return "it is suspended: it does nothing before it is resumed"
    if act is Act.SYNC and delivery.controller is Controller.FLUX:
        return "Flux applies by itself: ask it to look now"
    if act is Act.SYNC and delivery.operating:
        return "an operation runs already"
    if act is Act.TERMINATE:
        return "no operation runs"
    if act is Act.RESUME and not delivery.automatic:
        return "it is synced by hand: that is how it was set up, and nobody suspended it"
    return "it stands so already"


def _reconcile(delivery: Delivery, context: str, now: float) -> tuple[Write, ...]:
    """The source first, so that the run finds what is new (as `flux reconcile --with-source`)."""
    told = {"metadata": {"annotations": {_REQUESTED: _stamp(now)}}}
    keys = [key for key in (delivery.source, delivery.owner if _applies(delivery.owner) else None) if key is not None]
    mine = [key for key in keys if key.group.endswith("fluxcd.io")]
    return tuple(_write(context, key, told) for key in dict.fromkeys((*mine, delivery.key)))


def _applies(owner: ObjectKey | None) -> bool:
    return owner is not None and owner.kind == "Kustomization"


def _refresh(delivery: Delivery, context: str) -> Write:
    return _write(context, delivery.key, {"metadata": {"annotations": {_REFRESH: "normal"}}})


def _sync(delivery: Delivery, context: str, revision: str, prune: bool) -> Write:
    sync: dict[str, Any] = {"prune": prune, "syncStrategy": {"hook": {}}}
    options = at(delivery.raw, "spec", "syncPolicy", "syncOptions")
    if isinstance(options, list) and options:
        sync["syncOptions"] = [str(option) for option in options]
    # The controller's own words, not `seen`: with a hydrator the two are different commits.
    wanted = revision or delivery.seen
    if not revision and at(delivery.raw, "spec", "sourceHydrator"):
        wanted = string(delivery.raw, "status", "sync", "revision")
    several = mappings(delivery.raw, "spec", "sources")
    _, number = argocd.followed(delivery.raw, delivery.url)
    if several:
        known = at(delivery.raw, "status", "sync", "revisions")
        revisions = [str(r) for r in known] if isinstance(known, list) else [""] * len(several)
        if 0 <= number < len(revisions):
            revisions[number] = wanted
        sync["revisions"] = revisions
    else:
        sync["revision"] = wanted
    return _write(context, delivery.key, {"operation": {"initiatedBy": {"username": "liftlock"}, "sync": sync}})


def _write(context: str, key: ObjectKey, patch: Mapping[str, Any]) -> Write:
    resource = f"{key.kind.lower()}.{key.group}" if key.group else key.kind.lower()
    words = ["kubectl", "--context", context, "-n", key.namespace, "patch", resource, key.name]
    words += ["--type", "merge", "-p", json.dumps(patch, separators=(",", ":"))]
    return Write(context, key, patch, joined(words))


def _stamp(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
