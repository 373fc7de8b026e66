"""Deployments and their replica sets, as the controller manager brings them about."""

from __future__ import annotations

import copy
from typing import Any

from liftlock.cluster.objects import Manifest, key
from liftlock.sandbox.owning import Hands, Owned, condition, hashed, reference, share, victims
from liftlock.sandbox.pods import ready

_REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"
_SOURCE = "deployment-controller"


class Deployments:
    """Rolls out one surge pod at a time, and takes an old one away when that is ready."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._progress: dict[str, tuple[Any, float, float]] = {}

    def due(self, now: float) -> list[float]:
        """When rollouts that do not get on are given up."""
        return [since + seconds for _, since, seconds in self._progress.values() if since + seconds > now]

    def step(self, manifest: Manifest, owned: Owned, now: float) -> None:
        """Bring one forward."""
        if "deletionTimestamp" in manifest["metadata"]:
            return
        sets = owned.of(manifest, "ReplicaSet")
        short = hashed(manifest["spec"]["template"])
        new = next((s for s in sets if s["metadata"]["labels"].get(_HASH) == short), None)
        old = [s for s in sets if s is not new]
        paused = bool(manifest["spec"].get("paused"))
        if new is None and not paused:
            self._create(manifest, short, old, owned)
            return
        if new is not None:
            self._number(manifest, new, old)
            if manifest["spec"]["strategy"]["type"] == "Recreate":
                self._recreate(manifest, new, old, owned)
            elif not paused or not any(s["spec"]["replicas"] for s in old):
                self._roll(manifest, new, old, owned)
        self._clean(manifest, old)
        self._status(manifest, new, old, now)

    # Replica sets ----------------------------------------------------------------------------------------------------

    def _create(self, manifest: Manifest, short: str, old: list[Manifest], owned: Owned) -> None:
        metadata, spec = manifest["metadata"], manifest["spec"]
        wanted = spec["replicas"] if not any(s["spec"]["replicas"] or owned.all(s) for s in old) else 0
        template = copy.deepcopy(dict(spec["template"]))
        template["metadata"] = {**template.get("metadata", {})}
        template["metadata"]["labels"] = {**(template["metadata"].get("labels") or {}), _HASH: short}
        matched = {**(spec["selector"].get("matchLabels") or {}), _HASH: short}
        name = f"{metadata['name']}-{short}"
        self._hands.objects.put(
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": {
                    "name": name,
                    "namespace": metadata["namespace"],
                    "labels": template["metadata"]["labels"],
                    "annotations": {
                        "deployment.kubernetes.io/desired-replicas": str(spec["replicas"]),
                        "deployment.kubernetes.io/max-replicas": str(spec["replicas"] + 1),
                        _REVISION: str(1 + max(map(_revision, old), default=0)),
                    },
                    "ownerReferences": [reference(manifest)],
                },
                "spec": {
                    "replicas": wanted,
                    "selector": {**spec["selector"], "matchLabels": matched},
                    "template": template,
                },
            }
        )
        status = manifest.get("status") or {}
        said = f'Created new replica set "{name}"'
        self._progressing(manifest, {**status}, "True", "NewReplicaSetCreated", said)
        if wanted:
            self._told(manifest, name, 0, wanted)

    def _number(self, manifest: Manifest, new: Manifest, old: list[Manifest]) -> None:
        """The new one has the highest number, also when it is an old one that came back."""
        number = max([_revision(new), *(1 + _revision(s) for s in old)])
        for one in (new, manifest):
            if _revision(one) != number:
                annotations = {"metadata": {"annotations": {_REVISION: str(number)}}}
                self._hands.objects.patch(key(one), annotations)

    def _scale(self, manifest: Manifest, one: Manifest, replicas: int) -> None:
        before = one["spec"]["replicas"]
        if replicas != before:
            self._hands.objects.patch(key(one), {"spec": {"replicas": replicas}})
            self._told(manifest, one["metadata"]["name"], before, replicas)

    def _told(self, manifest: Manifest, name: str, before: int, replicas: int) -> None:
        how = "up" if replicas > before else "down"
        said = f"Scaled {how} replica set {name} from {before} to {replicas}"
        self._hands.tell(manifest, "ScalingReplicaSet", said, _SOURCE)

    def _recreate(self, manifest: Manifest, new: Manifest, old: list[Manifest], owned: Owned) -> None:
        for one in old:
            self._scale(manifest, one, 0)
        if not any(owned.all(one) for one in old):
            self._scale(manifest, new, manifest["spec"]["replicas"])

    def _roll(self, manifest: Manifest, new: Manifest, old: list[Manifest], owned: Owned) -> None:
        wanted = manifest["spec"]["replicas"]
        mine = new["spec"]["replicas"]
        others = sum(s["spec"]["replicas"] for s in old)
        if mine > wanted or not others:
            self._scale(manifest, new, wanted)
            if not others:
                return
            mine = wanted
        rolling = manifest["spec"]["strategy"].get("rollingUpdate") or {}
        surge = min(1, share(rolling.get("maxSurge"), wanted, up=True))
        missing = 0 if surge else max(1, share(rolling.get("maxUnavailable"), wanted, up=False))
        room = wanted + surge - mine - others
        if room > 0 and mine < wanted:
            self._scale(manifest, new, min(wanted, mine + room))
        fresh = sum(map(ready, owned.of(new)))
        # What is ready of the old ones is only taken away as far as enough stays; what is not, always.
        spare = mine + others - (wanted - missing) - (mine - fresh)
        for one in sorted(old, key=_revision):
            if spare <= 0:
                return
            replicas, fine = one["spec"]["replicas"], sum(map(ready, owned.of(one)))
            gone = min(replicas - min(fine, replicas), spare)
            spare -= gone
            more = min(replicas - gone, spare)
            spare -= more
            self._scale(manifest, one, replicas - gone - more)

    def _clean(self, manifest: Manifest, old: list[Manifest]) -> None:
        limit = manifest["spec"].get("revisionHistoryLimit", 10)
        empty = [s for s in old if not s["spec"]["replicas"] and not (s.get("status") or {}).get("replicas")]
        for one in sorted(empty, key=_revision)[: max(0, len(empty) - limit)]:
            self._hands.objects.delete(key(one))

    # Status ----------------------------------------------------------------------------------------------------------

    def _status(self, manifest: Manifest, new: Manifest | None, old: list[Manifest], now: float) -> None:
        metadata, spec, before = manifest["metadata"], manifest["spec"], manifest.get("status") or {}
        wanted = spec["replicas"]
        statuses = [s.get("status") or {} for s in (*old, *([new] if new is not None else ()))]
        total, available = (sum(s.get(name, 0) for s in statuses) for name in ("replicas", "availableReplicas"))
        ready_ones = sum(s.get("readyReplicas", 0) for s in statuses)
        updated = ((new.get("status") or {}) if new is not None else {}).get("replicas", 0)
        made: dict[str, Any] = {
            "observedGeneration": metadata["generation"],
            "replicas": total,
            "updatedReplicas": updated,
            "readyReplicas": ready_ones,
            "availableReplicas": available,
            "unavailableReplicas": max(0, max(total, wanted) - available),
        }
        made = {name: value for name, value in made.items() if value}
        rolling = spec["strategy"].get("rollingUpdate") or {}
        spared = share(rolling.get("maxUnavailable", 0), wanted, up=False)
        if not share(rolling.get("maxSurge", 1), wanted, up=True):
            spared = max(1, spared)
        moment = self._hands.objects.now()
        enough = available >= wanted - spared
        said = f"Deployment {'has' if enough else 'does not have'} minimum availability."
        reason = f"MinimumReplicas{'A' if enough else 'Una'}vailable"
        made["conditions"] = [
            condition(before, "Available", str(enough), reason, said, moment, updates=True),
            *(c for c in before.get("conditions") or () if c["type"] == "Progressing"),
        ]
        name = new["metadata"]["name"] if new is not None else ""
        complete = updated == total == available == wanted and new is not None
        uid, mark = metadata["uid"], (metadata["generation"], updated, total, ready_ones, available)
        known = self._progress.get(uid)
        if known is None or known[0] != mark:
            known = self._progress[uid] = (mark, now, float(spec.get("progressDeadlineSeconds", 600)))
        if spec.get("paused"):
            self._progressing(manifest, made, "Unknown", "DeploymentPaused", "Deployment is paused")
        elif complete:
            self._progress.pop(uid)
            said = f'ReplicaSet "{name}" has successfully progressed.'
            self._progressing(manifest, made, "True", "NewReplicaSetAvailable", said)
        elif now >= known[1] + known[2]:
            said = f'ReplicaSet "{name}" has timed out progressing.'
            self._progressing(manifest, made, "False", "ProgressDeadlineExceeded", said)
        else:
            said = f'ReplicaSet "{name}" is progressing.'
            self._progressing(manifest, made, "True", "ReplicaSetUpdated", said)

    def _progressing(self, manifest: Manifest, status: dict[str, Any], how: str, reason: str, message: str) -> None:
        before, moment = manifest.get("status") or {}, self._hands.objects.now()
        made = condition(before, "Progressing", how, reason, message, moment, updates=True)
        others = [c for c in status.get("conditions") or () if c["type"] != "Progressing"]
        self._hands.set_status(manifest, {**status, "conditions": [*others, made]})


def _revision(manifest: Manifest) -> int:
    return int((manifest["metadata"].get("annotations") or {}).get(_REVISION, 0))


def step_set(hands: Hands, manifest: Manifest, owned: Owned) -> None:
    """Bring one replica set forward."""
    if "deletionTimestamp" in manifest["metadata"]:
        return
    pods, wanted = owned.of(manifest), manifest["spec"]["replicas"]
    for _ in range(wanted - len(pods)):
        hands.pod(manifest, manifest["spec"]["template"], f"{manifest['metadata']['name']}-{hands.suffix()}", {})
    for pod in victims(pods, len(pods) - wanted, ready) if len(pods) > wanted else ():
        hands.delete(manifest, pod)
    fine = sum(map(ready, pods))
    counts = {"readyReplicas": fine, "availableReplicas": fine, "fullyLabeledReplicas": len(pods)}
    hands.set_status(
        manifest,
        {
            "replicas": len(pods),
            **{name: count for name, count in counts.items() if count},
            "observedGeneration": manifest["metadata"]["generation"],
        },
    )
