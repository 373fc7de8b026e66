"""Stateful sets and daemon sets, as the controller manager brings them about."""

from __future__ import annotations

import copy
from typing import Any

from liftlock.cluster.objects import Manifest
from liftlock.model.diff import ObjectKey
from liftlock.sandbox.owning import Hands, Owned, hashed
from liftlock.sandbox.pods import ready

_REVISION = "controller-revision-hash"
_NAME = "statefulset.kubernetes.io/pod-name"
_INDEX = "apps.kubernetes.io/pod-index"


def step_stateful(hands: Hands, manifest: Manifest, owned: Owned) -> None:
    """Bring one stateful set forward: pods in order, updates from the last pod down."""
    if "deletionTimestamp" in manifest["metadata"]:
        return
    spec, before = manifest["spec"], manifest.get("status") or {}
    update = hands.revision(manifest, spec["template"], "controller.kubernetes.io/hash")
    current = before.get("currentRevision") or update
    everything = {_ordinal(pod): pod for pod in owned.all(manifest)}
    pods = {place: pod for place, pod in everything.items() if "deletionTimestamp" not in pod["metadata"]}
    at_once = spec.get("podManagementPolicy") == "Parallel"
    wanted = spec["replicas"]
    partition = ((spec.get("updateStrategy") or {}).get("rollingUpdate") or {}).get("partition", 0)
    if not _create(hands, manifest, everything, at_once, partition, current, update):
        _take_away(hands, manifest, everything, pods, partition, update)
    fine = sum(map(ready, pods.values()))
    new = sum(_is(pod, update) for pod in pods.values())
    if new == wanted == len(pods) == fine and not partition:
        current = update
    made: dict[str, Any] = {
        "observedGeneration": manifest["metadata"]["generation"],
        "replicas": len(pods),
        "readyReplicas": fine,
        "currentReplicas": sum(_is(pod, current) for pod in pods.values()),
        "updatedReplicas": new,
        "availableReplicas": fine,
        "currentRevision": current,
        "updateRevision": update,
        "collisionCount": 0,
    }
    empty = ("readyReplicas", "currentReplicas", "updatedReplicas")
    hands.set_status(manifest, {name: value for name, value in made.items() if value or name not in empty})


def _create(
    hands: Hands,
    manifest: Manifest,
    everything: dict[int, Manifest],
    at_once: bool,
    partition: int,
    current: str,
    update: str,
) -> bool:
    """Create what is missing; whether something is still on its way."""
    for place in range(manifest["spec"]["replicas"]):
        pod = everything.get(place)
        if pod is None:
            _pod(hands, manifest, place, current if place < partition else update)
        if not at_once and (pod is None or not ready(pod)):
            # Not even one of a revision that nobody wants any more is replaced: somebody has to delete it.
            return True
    return False


def _take_away(
    hands: Hands,
    manifest: Manifest,
    everything: dict[int, Manifest],
    pods: dict[int, Manifest],
    partition: int,
    update: str,
) -> None:
    wanted = manifest["spec"]["replicas"]
    if len(everything) != len(pods):
        return
    surplus = [place for place in pods if place >= wanted]
    if surplus:
        hands.delete(manifest, pods[max(surplus)])
        return
    if (manifest["spec"].get("updateStrategy") or {}).get("type") == "OnDelete":
        return
    for place in sorted(pods, reverse=True):
        if place >= partition and not _is(pods[place], update):
            hands.delete(manifest, pods[place])
            return
        if not ready(pods[place]):
            return


def _pod(hands: Hands, manifest: Manifest, place: int, revision: str) -> None:
    metadata, spec = manifest["metadata"], manifest["spec"]
    template = spec["template"]
    if revision != f"{metadata['name']}-{hashed(template)}":
        found = hands.objects.get(ObjectKey("apps", "ControllerRevision", metadata["namespace"], revision))
        template = found["data"]["spec"]["template"] if found is not None else template
    name = f"{metadata['name']}-{place}"
    volumes = copy.deepcopy(template["spec"].get("volumes") or [])
    for claim in spec.get("volumeClaimTemplates") or ():
        title = f"{claim['metadata']['name']}-{name}"
        at = ObjectKey("", "PersistentVolumeClaim", metadata["namespace"], title)
        if hands.objects.get(at) is None:
            labels = (spec["selector"] or {}).get("matchLabels") or {}
            hands.objects.put(
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "metadata": {"name": title, "namespace": metadata["namespace"], "labels": labels},
                    "spec": claim["spec"],
                }
            )
        volumes.append({"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": title}})
    labels = {_NAME: name, _INDEX: str(place), _REVISION: revision}
    more = {"volumes": volumes} if volumes else {}
    hands.pod(manifest, template, name, labels, hostname=name, subdomain=spec.get("serviceName", ""), **more)


def _ordinal(pod: Manifest) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _is(pod: Manifest, revision: str) -> bool:
    return bool(pod["metadata"]["labels"].get(_REVISION) == revision)


def step_daemons(hands: Hands, manifest: Manifest, owned: Owned) -> None:
    """Bring one daemon set forward: there is one node."""
    metadata = manifest["metadata"]
    if "deletionTimestamp" in metadata:
        return
    revision = hands.revision(manifest, manifest["spec"]["template"], _REVISION).removeprefix(f"{metadata['name']}-")
    pods = owned.of(manifest)
    new = [pod for pod in pods if _is(pod, revision)]
    if not owned.all(manifest):
        name = f"{metadata['name']}-{hands.suffix()}"
        hands.pod(manifest, manifest["spec"]["template"], name, {_REVISION: revision})
    elif (manifest["spec"].get("updateStrategy") or {}).get("type") != "OnDelete":
        for pod in pods:
            if pod not in new:
                hands.delete(manifest, pod)
    fine = min(1, sum(map(ready, pods)))
    made: dict[str, Any] = {
        "observedGeneration": metadata["generation"],
        "currentNumberScheduled": min(1, len(pods)),
        "desiredNumberScheduled": 1,
        "numberMisscheduled": 0,
        "numberReady": fine,
        "updatedNumberScheduled": min(1, len(new)),
        "numberAvailable": fine,
        "numberUnavailable": 1 - fine,
    }
    empty = ("updatedNumberScheduled", "numberAvailable", "numberUnavailable")
    hands.set_status(manifest, {name: value for name, value in made.items() if value or name not in empty})
