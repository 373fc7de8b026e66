"""Deployments and their replica sets, as the controller manager brings them about."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

from liftlock.cluster.objects import Manifest, key
from liftlock.sandbox.owning import Hands, Owned, condition, hashed, reference, share, victims
from liftlock.sandbox.pods import ready

_REVISION = "deployment.kubernetes.io/revision"
_HISTORY = "deployment.kubernetes.io/revision-history"
_HASH = "pod-template-hash"
_SOURCE = "deployment-controller"
_PREFIX = "deployment.kubernetes.io/"
_OWN = frozenset({"kubectl.kubernetes.io/last-applied-configuration"})
_GIVEN_UP = math.inf


class Deployments:
    """Rolls out as many pods more, and takes away as many old ones, as the strategy lets it."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._progress: dict[str, tuple[Any, float]] = {}
        """By the uid: how far the rollout is, and when it is given up unless it gets on (never: it is given up)."""

    def due(self) -> list[float]:
        """When rollouts that do not get on are given up."""
        there = {manifest["metadata"]["uid"] for manifest in self._hands.objects.of("apps", "Deployment")}
        self._progress = {uid: known for uid, known in self._progress.items() if uid in there}
        return [at for _, at in self._progress.values() if at != _GIVEN_UP]

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
        wanted = max(0, min(spec["replicas"], spec["replicas"] + _strategy(manifest)[0] - _total(old)))
        if spec["strategy"]["type"] == "Recreate" and any(s["spec"]["replicas"] or owned.all(s) for s in old):
            wanted = 0
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
                        **_inherited(manifest),
                        **_sizes(manifest),
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
                annotations = {_REVISION: str(number)}
                if one is new:
                    before = (one["metadata"].get("annotations") or {}).get(_HISTORY)
                    annotations[_HISTORY] = ",".join([*([before] if before else []), str(_revision(one))])
                self._hands.objects.patch(key(one), {"metadata": {"annotations": annotations}})

    def _scale(self, manifest: Manifest, one: Manifest, replicas: int) -> None:
        before = one["spec"]["replicas"]
        if replicas != before:
            changes = {"metadata": {"annotations": _sizes(manifest)}, "spec": {"replicas": replicas}}
            self._hands.objects.patch(key(one), changes)
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
        wanted, mine = manifest["spec"]["replicas"], new["spec"]["replicas"]
        surge, missing = _strategy(manifest)
        total = mine + _total(old)
        if mine > wanted:
            self._scale(manifest, new, wanted)
            return
        room = min(wanted + surge - total, wanted - mine)
        if room > 0:
            self._scale(manifest, new, mine + room)
            return
        ready_ones = {s["metadata"]["uid"]: sum(map(ready, owned.of(s))) for s in (*old, new)}
        # What is not ready goes first, as far as that leaves enough; then what is ready, as the new ones get so.
        spare = total - (wanted - missing) - (mine - ready_ones[new["metadata"]["uid"]])
        extra = min(spare, sum(ready_ones.values()) - (wanted - missing))
        for one in sorted(old, key=_revision):
            replicas = one["spec"]["replicas"]
            fine = min(ready_ones[one["metadata"]["uid"]], replicas)
            broken = max(0, min(replicas - fine, spare))
            spare -= broken
            gone = max(0, min(fine, extra, spare))
            extra -= gone
            spare -= gone
            self._scale(manifest, one, replicas - broken - gone)

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
        if "collisionCount" in before:
            made["collisionCount"] = before["collisionCount"]
        made["terminatingReplicas"] = sum(s.get("terminatingReplicas", 0) for s in statuses)
        _, spared = _strategy(manifest)
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
        known: Mapping[str, Any] = next((c for c in before.get("conditions") or () if c["type"] == "Progressing"), {})
        if spec.get("paused"):
            self._progress.pop(uid, None)
            if known.get("reason") == "ProgressDeadlineExceeded":
                self._hands.set_status(manifest, made)
            else:
                self._progressing(manifest, made, "Unknown", "DeploymentPaused", "Deployment is paused")
            return
        if complete:
            self._progress.pop(uid, None)
            said = f'ReplicaSet "{name}" has successfully progressed.'
            self._progressing(manifest, made, "True", "NewReplicaSetAvailable", said)
            return
        if total == updated and known.get("reason") == "NewReplicaSetAvailable":
            # The rollout is over: that pods come and go since is nothing of it.
            self._hands.set_status(manifest, made)
            return
        if uid not in self._progress or self._progress[uid][0] != mark:
            self._progress[uid] = (mark, now + float(spec.get("progressDeadlineSeconds", 600)))
        if now >= self._progress[uid][1] or self._progress[uid][1] == _GIVEN_UP:
            self._progress[uid] = (mark, _GIVEN_UP)
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


def _strategy(manifest: Manifest) -> tuple[int, int]:
    """How many pods there may be more than are wanted, and how many less."""
    wanted, strategy = manifest["spec"]["replicas"], manifest["spec"]["strategy"]
    if strategy["type"] == "Recreate":
        return 0, 0
    rolling = strategy.get("rollingUpdate") or {}
    surge = share(rolling.get("maxSurge"), wanted, up=True)
    missing = share(rolling.get("maxUnavailable"), wanted, up=False)
    return surge, min(wanted, missing if surge else max(1, missing))


def _total(sets: list[Manifest]) -> int:
    return sum(s["spec"]["replicas"] for s in sets)


def _sizes(manifest: Manifest) -> dict[str, str]:
    wanted = manifest["spec"]["replicas"]
    return {f"{_PREFIX}desired-replicas": str(wanted), f"{_PREFIX}max-replicas": str(wanted + _strategy(manifest)[0])}


def _inherited(manifest: Manifest) -> dict[str, str]:
    annotations = (manifest["metadata"].get("annotations") or {}).items()
    return {name: value for name, value in annotations if name not in _OWN and not name.startswith(_PREFIX)}


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
            "terminatingReplicas": len(owned.all(manifest)) - len(pods),
            "observedGeneration": manifest["metadata"]["generation"],
        },
    )
