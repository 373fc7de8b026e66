"""Records states of a real cluster for the tests here. Run by hand, against a cluster that may be thrown away:

    python tests/unit/cluster/health/record_health.py KUBECONFIG [NAME…]

The pods live as the tags of their images say. What is kept is trimmed to what a reader of objects may rely on.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from health_scenarios import LATER, SCENARIOS, Json

HERE = Path(__file__).parent
KINDS = "pods,deployments,replicasets,statefulsets,daemonsets,controllerrevisions,jobs,cronjobs,events"
NOISE = {
    "": ("involvedObject.resourceVersion", "reportingInstance", "source"),
    "metadata": ("managedFields", "resourceVersion"),
    "spec": ("tolerations", "serviceAccount", "dnsPolicy", "schedulerName", "enableServiceLinks", "securityContext",
             "volumes", "preemptionPolicy", "priority", "terminationGracePeriodSeconds"),
    "containers": ("volumeMounts", "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy"),
    "status": ("hostIP", "hostIPs", "podIP", "podIPs", "qosClass"),
}  # fmt: skip
Objects = list[Json]


class Cluster:
    """kubectl as the recorder needs it."""

    def __init__(self, kubeconfig: str, namespace: str) -> None:
        self._kubectl = ["kubectl", "--kubeconfig", kubeconfig, "-n", namespace]

    def run(self, *arguments: str, given: str = "") -> str:
        done = subprocess.run([*self._kubectl, *arguments], input=given, check=True, capture_output=True, text=True)
        return done.stdout

    def read(self, kinds: str) -> Objects:
        return list(json.loads(self.run("get", kinds, "-o", "json"))["items"])

    def wait(self, kinds: str, holds: Callable[[Objects], bool], within: float = 90) -> Objects:
        until = time.time() + within
        while not holds(found := self.read(kinds)):
            if time.time() > until:
                raise SystemExit(f"not seen within {within:.0f} s")
            time.sleep(0.3)
        return found


def trimmed(value: Any, place: str = "") -> Any:
    """Without what no rule reads."""
    if isinstance(value, list):
        return [trimmed(item, place) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {k: trimmed(v, k) for k, v in value.items() if k not in NOISE.get(place, ())}
    if place == "annotations":
        kept.pop("kubectl.kubernetes.io/last-applied-configuration", None)
    return kept


def conditions(one: Json) -> list[Json]:
    return list(one.get("status", {}).get("conditions") or ())


def waits(one: Json, reason: str) -> bool:
    """Whether a container waits for this reason."""
    found = one.get("status", {}).get("containerStatuses") or ()
    return any(s["state"].get("waiting", {}).get("reason") == reason for s in found)


def holds(found: Objects, rule: Json) -> bool:
    """Whether the cluster is as a rule of a scenario says."""
    match rule:
        case {"waiting": reason}:
            return any(waits(one, reason) for one in found)
        case {"happened": reason}:
            return any(one["kind"] == "Event" and one["reason"] == reason for one in found)
        case {"revisions": count}:
            return sum(one["kind"] == "ControllerRevision" for one in found) == count and not any(
                one["metadata"]["generation"] != one["status"]["observedGeneration"]
                for one in found
                if one["kind"] in ("StatefulSet", "DaemonSet")
            )
        case {"same-revision": kind}:
            return any(
                o["kind"] == kind and o["status"]["currentRevision"] == o["status"]["updateRevision"] for o in found
            )
        case {"kind": kind, "condition": name, "reason": reason, "is": status}:
            return any(
                c["type"] == name and c["status"] == status and reason in c.get("reason", "")
                for one in found
                if one["kind"] == kind
                for c in conditions(one)
            )
        case {"kind": kind, "status": wanted}:
            return any(
                o["kind"] == kind and all(o.get("status", {}).get(k) == v for k, v in wanted.items()) for o in found
            )
    raise SystemExit(f"what is meant by {rule}?")


def keep(name: str, found: Objects, namespace: str) -> None:
    """Writes what was found, without what names the place of the recording."""
    told = found if name == "rolled" else [one for one in found if one.get("type") != "Normal"]
    kept = sorted((trimmed(one) for one in told), key=lambda one: (one["kind"], one["metadata"]["name"]))
    lines = ",\n".join(json.dumps(one, sort_keys=True) for one in kept).replace(namespace, "shop")
    text = f'{{"now": {int(time.time()) + LATER.get(name, 0)}, "objects": [\n{lines}\n]}}\n'
    text = re.sub(r"http://127\.0\.0\.1:\d+", "https://git.example.com", text)
    (HERE / "recorded" / f"{name}.json").write_text(text)
    print(f"{name}: {len(kept)} objects, {len(text)} bytes", flush=True)  # noqa: T201


def record(kubeconfig: str, name: str) -> None:
    """Plays one scenario and keeps what the cluster says at its end."""
    namespace = f"rec-{name}"
    cluster = Cluster(kubeconfig, namespace)
    cluster.run("delete", "namespace", namespace, "--ignore-not-found", "--wait=true")
    cluster.run("create", "namespace", namespace)
    found: Objects = []
    for documents, until in SCENARIOS[name]:
        for document in documents:
            if "run" in document:
                cluster.run(*(word.replace("NAMESPACE", namespace) for word in document["run"]))
            else:
                cluster.run("apply", "-f", "-", given=yaml.safe_dump(document).replace("NAMESPACE", namespace))
        found = cluster.wait(KINDS, lambda now, until=until: all(holds(now, rule) for rule in until))
    keep(name, found, namespace)
    cluster.run("delete", "namespace", namespace, "--wait=false")


if __name__ == "__main__":
    for each in sys.argv[2:] or SCENARIOS:
        record(sys.argv[1], each)
