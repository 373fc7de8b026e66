"""What a pod looks like at each stage of its life, as a kubelet reports it. Everything here is pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from liftlock.cluster.objects import Manifest

FINE, MISSING, CRASH, NOT_READY, FAIL = "fine", "missing", "crash", "notready", "fail"
KINDS = (MISSING, CRASH, NOT_READY, FAIL)
_WORD = re.compile(r"[a-z]+")


class Stage(IntEnum):
    """Where a pod stands."""

    CREATING = 0
    STARTED = 1
    SETTLED = 2


@dataclass(slots=True)
class Life:
    """A pod's life so far; `due` is when the next stage comes (None: never), on the kubelet's clock."""

    stage: Stage
    due: float | None
    restarts: int = 0


def kind_of(image: str, fails: Mapping[str, str], namespace: str = "") -> str:
    """How containers of an image go: as given, else by the words of its tag."""
    known = fails.get(f"{namespace} {image}") or fails.get(image)
    if known:
        return known
    words = _WORD.findall(image.rpartition("/")[2].partition(":")[2].lower())
    return next((kind for kind in KINDS if kind in words), FINE)


def kinds_of(pod: Manifest, fails: Mapping[str, str]) -> dict[str, str]:
    """How each container of the pod goes."""
    namespace = pod["metadata"].get("namespace", "")
    return {c["name"]: kind_of(c["image"], fails, namespace) for c in pod["spec"]["containers"]}


def ready(pod: Manifest) -> bool:
    """Whether the pod says that it is ready, and is not going."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return "deletionTimestamp" not in pod["metadata"] and any(
        c["type"] == "Ready" and c["status"] == "True" for c in conditions
    )


def digest(text: str) -> str:
    """An invented digest that is the same for the same text."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def status_of(pod: Manifest, life: Life, kinds: Mapping[str, str], now: str, *, once: bool) -> dict[str, Any]:
    """The pod's status. `once`: its containers are to end (a Job's)."""
    old = pod.get("status") or {}
    before = {s["name"]: s for s in old.get("containerStatuses") or ()}
    spec = pod["spec"]
    statuses = [
        _container(container, kinds[container["name"]], life, before.get(container["name"]) or {}, now, pod, once)
        for container in spec["containers"]
    ]
    unready = [s["name"] for s in statuses if not s["ready"]]
    started = life.stage > Stage.CREATING
    ended = once and life.stage is Stage.SETTLED and all("terminated" in s["state"] for s in statuses)
    # One that has never run holds the pod back, however the others are.
    phase = "Pending" if any("waiting" in s["state"] and not s["lastState"] for s in statuses) else "Running"
    if ended:
        phase = "Failed" if any(s["state"]["terminated"]["exitCode"] for s in statuses) else "Succeeded"
    address = int(digest(pod["metadata"]["uid"])[7:11], 16)
    made: dict[str, Any] = {
        "phase": phase,
        "observedGeneration": pod["metadata"].get("generation", 1),
        "conditions": list(_conditions(old, unready, phase, started, now)),
        "hostIP": "192.0.2.1",
        "hostIPs": [{"ip": "192.0.2.1"}],
        "startTime": old.get("startTime", now),
        "containerStatuses": statuses,
        "qosClass": _quality(spec),
    }
    if started:
        made["podIP"] = f"10.244.{address % 250}.{address // 256 % 250 + 2}"
        made["podIPs"] = [{"ip": made["podIP"]}]
    if spec.get("initContainers"):
        made["initContainerStatuses"] = [_initial(c, started, old, now) for c in spec["initContainers"]]
    return made


def _container(
    container: Mapping[str, Any],
    kind: str,
    life: Life,
    before: Mapping[str, Any],
    now: str,
    pod: Manifest,
    once: bool,
) -> dict[str, Any]:
    image, name = container["image"], container["name"]
    made: dict[str, Any] = {
        "name": name,
        "image": image,
        "imageID": "",
        "ready": False,
        "started": False,
        "restartCount": 0,
        "state": {"waiting": {"reason": "ContainerCreating"}},
        "lastState": dict(before.get("lastState") or {}),
    }
    if life.stage is Stage.CREATING:
        return made
    if kind == MISSING:
        reason, message = "ErrImagePull", not_found(image)
        if life.stage is Stage.SETTLED:
            reason, message = "ImagePullBackOff", f'Back-off pulling image "{image}": ErrImagePull: {not_found(image)}'
        made["state"] = {"waiting": {"reason": reason, "message": message}}
        return made
    made["imageID"] = f"{image.partition('@')[0].rpartition(':')[0] or image}@{digest(image)}"
    made["restartCount"] = life.restarts if kind == CRASH else 0
    run = f"containerd://{digest(pod['metadata']['uid'] + name + str(made['restartCount']))[7:]}"
    made["containerID"] = run
    begun = ((before.get("state") or {}).get("running") or {}).get("startedAt", now)
    if kind == CRASH and once:
        kind = FAIL
    if life.stage is Stage.STARTED:
        settled = kind in (FINE, NOT_READY) and bool(before.get("ready"))
        made.update(state={"running": {"startedAt": begun}}, started=True, ready=settled)
        return made
    if once:
        code = int(kind == FAIL)
        reason = "Error" if code else "Completed"
        made["state"] = {"terminated": _ended(code, reason, begun, now, run)}
    elif kind == CRASH:
        seconds = min(10 * 2**life.restarts, 300)
        spoken = f"{seconds // 60}m{seconds % 60}s" if seconds >= 60 else f"{seconds}s"
        place = f"{pod['metadata']['name']}_{pod['metadata'].get('namespace')}({pod['metadata']['uid']})"
        message = f"back-off {spoken} restarting failed container={name} pod={place}"
        made["state"] = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
        made["lastState"] = {"terminated": _ended(1, "Error", begun, now, run)}
    else:
        made.update(state={"running": {"startedAt": begun}}, started=True, ready=kind != NOT_READY)
    return made


def not_found(image: str) -> str:
    """What the container runtime says of an image that is not there."""
    full = image if "." in image.partition("/")[0] else f"docker.io/library/{image}"
    return (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{full}": '
        f'failed to resolve reference "{full}": {full}: not found'
    )


def _ended(code: int, reason: str, begun: str, now: str, run: str) -> dict[str, Any]:
    return {"exitCode": code, "reason": reason, "startedAt": begun, "finishedAt": now, "containerID": run}


def _initial(container: Mapping[str, Any], started: bool, old: Mapping[str, Any], now: str) -> dict[str, Any]:
    image = container["image"]
    for status in old.get("initContainerStatuses") or ():
        if status["name"] == container["name"] and "terminated" in status["state"]:
            return dict(status)
    state: dict[str, Any] = {"waiting": {"reason": "PodInitializing"}}
    if started:
        state = {"terminated": _ended(0, "Completed", now, now, f"containerd://{digest(image + now)[7:]}")}
    return {
        "name": container["name"],
        "image": image,
        "imageID": f"{image}@{digest(image)}" if started else "",
        "ready": started,
        "started": False,
        "restartCount": 0,
        "state": state,
        "lastState": {},
    }


def _conditions(
    old: Mapping[str, Any], unready: list[str], phase: str, started: bool, now: str
) -> Iterator[dict[str, Any]]:
    before = {c["type"]: c for c in old.get("conditions") or ()}
    why: dict[str, str] = {}
    if phase in ("Succeeded", "Failed"):
        why = {"reason": "PodCompleted" if phase == "Succeeded" else "PodFailed"}
    elif unready:
        said = f"containers with unready status: [{' '.join(unready)}]"
        why = {"reason": "ContainersNotReady", "message": said}
    fine = "False" if why else "True"
    for name, status, more in (
        ("PodReadyToStartContainers", "True" if started else "False", {}),
        ("Initialized", "True", {}),
        ("Ready", fine, why),
        ("ContainersReady", fine, why),
        ("PodScheduled", "True", {}),
    ):
        known = before.get(name) or {}
        since = known.get("lastTransitionTime", now) if known.get("status") == status else now
        yield {"type": name, "status": status, "lastProbeTime": None, "lastTransitionTime": since, **more}


def _quality(spec: Mapping[str, Any]) -> str:
    resources = [c.get("resources") or {} for c in spec["containers"]]
    if not any(r.get("requests") or r.get("limits") for r in resources):
        return "BestEffort"
    guaranteed = all(r.get("limits") and r.get("requests") == r["limits"] and len(r["limits"]) > 1 for r in resources)
    return "Guaranteed" if guaranteed else "Burstable"
