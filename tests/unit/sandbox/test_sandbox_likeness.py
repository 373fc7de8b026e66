"""The same done to the embedded cluster and to a real API server leaves the same objects, field by field.

Skipped where LIFTLOCK_TEST_CLUSTER names no running cluster.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sandboxes import REAL, Box, Kube, config, deployment, fresh_namespace, job, template, workload

pytestmark = pytest.mark.skipif(not REAL.is_file(), reason="LIFTLOCK_TEST_CLUSTER names no cluster that runs")

_OBJECTS = """
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80, name: http}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: lb}, spec: {type: LoadBalancer, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: none}, spec: {clusterIP: None, selector: {a: b}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Secret, metadata: {name: key}, stringData: {k: v}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: b}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: 0 3 * * *
  jobTemplate: {spec: {template: {spec: {restartPolicy: OnFailure, containers: [{name: a, image: "cj:1"}]}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules:
  - host: a.example
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec: {podSelector: {}, ingress: [{ports: [{port: 80}]}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {maxReplicas: 4, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: none}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {kind: Role, name: x, apiGroup: rbac.authorization.k8s.io}
subjects: [{kind: ServiceAccount, name: default}, {kind: User, name: u}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: full, labels: {app: full}, annotations: {note: x}}
spec:
  replicas: 0
  selector: {matchLabels: {app: full}}
  template:
    metadata: {labels: {app: full}}
    spec:
      serviceAccountName: default
      initContainers: [{name: init, image: busybox}]
      containers:
      - name: app
        image: registry.example/web:1.0
        ports: [{containerPort: 80, name: http}, {containerPort: 81}]
        env:
        - {name: A, value: b}
        - {name: N, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: S, valueFrom: {secretKeyRef: {name: s, key: k}}}
        resources: {limits: {cpu: "1", memory: 64Mi}, requests: {cpu: 500m}}
        readinessProbe: {httpGet: {port: 80}}
        livenessProbe: {tcpSocket: {port: 80}, periodSeconds: 3}
        volumeMounts: [{name: c, mountPath: /c}, {name: e, mountPath: /e}]
        securityContext: {runAsNonRoot: true}
      volumes:
      - {name: c, configMap: {name: settings}}
      - {name: e}
      - {name: s, secret: {secretName: s}}
      - {name: p, projected: {sources: [{secret: {name: s}}]}}
      - {name: h, hostPath: {path: /x}}
"""
OBJECTS = [*yaml.safe_load_all(_OBJECTS), workload("DaemonSet", "agent"), job("once", suspend=True)]
CLAIM = {
    "metadata": {"name": "d"},
    "spec": {"resources": {"requests": {"storage": "1Gi"}}, "accessModes": ["ReadWriteOnce"]},
}
OBJECTS.append(workload("StatefulSet", "db", replicas=0, volumeClaimTemplates=[CLAIM]))
_OWN = re.compile(r'"(clusterIP|nodePort|name|[a-z./]*controller-uid)": ("[-.0-9a-f]{7,}"|3\d{4})')
_ADDRESSES = re.compile(r'"clusterIPs": \[\s*"[\d.]+"\s*\]')
_HASHES = re.compile(r"\b(web)-[a-z0-9]{7,10}\b")
_TIMES = re.compile(r'"20\d\d-[^"]*Z"')


class Both:
    """kubectl against the two, in namespaces of one name."""

    def __init__(self, embedded: Kube, real: Kube) -> None:
        self.embedded = embedded
        self.real = real

    def __call__(self, *arguments: str, given: Any = None) -> None:
        """The same command; it has to end in the same way."""
        one, other = (kube.run(*arguments, given=given) for kube in (self.embedded, self.real))
        assert (one.returncode, one.stderr) == (other.returncode, other.stderr)

    def alike(self, *what: str, status: bool = False) -> None:
        found = [self._found(kube, what, status) for kube in (self.embedded, self.real)]
        assert found[0] == found[1]

    def _found(self, kube: Kube, what: tuple[str, ...], status: bool) -> str:
        found = kube.get(*what, "--show-managed-fields")
        metadata = found["metadata"]
        for name in ("uid", "resourceVersion", "creationTimestamp"):
            metadata.pop(name)
        entries = [e for e in metadata.get("managedFields", ()) if e.get("subresource") != "status"]
        mine = [{**e, "time": ""} for e in entries if e["manager"] not in ("kube-controller-manager", "cluster")]
        metadata["managedFields"] = sorted(mine, key=lambda e: (e["manager"], e["operation"], e.get("subresource", "")))
        metadata.get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
        if status:
            found["status"]["conditions"].sort(key=lambda condition: condition["type"])
        else:
            found.pop("status", None)
        text = json.dumps(found, indent=1, sort_keys=True)
        text = _OWN.sub(r'"\1": "own"', _ADDRESSES.sub("", text))
        return _TIMES.sub('"then"', _HASHES.sub(r"\1-hash", text))


@pytest.fixture
def both(shared_box: Box, kubectl_cache: Path) -> Iterator[Both]:
    namespace = fresh_namespace()
    made = Both(Kube(shared_box.kubeconfig, kubectl_cache, namespace, shared_box), Kube(REAL, kubectl_cache, namespace))
    made("create", "namespace", namespace)
    yield made
    made("delete", "namespace", namespace, "--wait=false")


@pytest.mark.parametrize("how", ["client", "server"])
def test_every_kind_is_stored_alike(both: Both, how: str) -> None:
    side = ["--server-side"] if how == "server" else []
    both("apply", *side, "-f", "-", given=OBJECTS)
    for one in OBJECTS:
        both.alike(one["kind"], one["metadata"]["name"])


def test_what_becomes_of_a_config_map_is_alike(both: Both) -> None:
    for arguments, given in (
        (["apply", "-f", "-"], config(data={"a": "1", "b": "2"}, labels={"x": "1"})),
        (["apply", "-f", "-"], config(data={"a": "3", "c": "4"})),
        (["label", "cm/settings", "l=1"], None),
        (["annotate", "cm/settings", "n=1"], None),
        (["label", "cm/settings", "l-"], None),
        (["patch", "cm/settings", "--type=merge", "-p", '{"data":{"a":null,"z":"1"}}'], None),
        (["apply", "--server-side", "--field-manager=two", "-f", "-"], config(data={"z": "2"})),
        (["apply", "--server-side", "--field-manager=two", "-f", "-"], config(data={"z": "1"})),
        (["apply", "--server-side", "-f", "-"], config(data={"c": "5"})),
        (["replace", "-f", "-"], config(data={"q": "1"})),
    ):
        both(*arguments, given=given)
        both.alike("cm/settings")


def test_what_becomes_of_a_deployment_is_alike(both: Both) -> None:
    side = '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"b:1"}]}}}}'
    one = ["apply", "--server-side", "--field-manager=one", "-f", "-"]
    for arguments, given in (
        (one, deployment(replicas=1, paused=True)),
        (["set", "image", "deploy/web", "app=registry/web:2.0"], None),
        (["scale", "deploy/web", "--replicas=2"], None),
        (one, deployment(replicas=1, paused=True)),
        (["apply", "--server-side", "--field-manager=two", "-f", "-"], deployment(image="x:1", replicas=3)),
        ([*one, "--force-conflicts"], deployment(replicas=1, paused=True)),
        (["patch", "deploy/web", "-p", side], None),
        (["patch", "deploy/web", "-p", side.replace('"image":"b:1"', '"$patch":"delete"')], None),
        (["patch", "deploy/web", "-p", '{"spec":{"replicas":-1}}'], None),
        (["patch", "deploy/web", "-p", '{"spec":{"selector":{"matchLabels":{"x":"y"}}}}'], None),
    ):
        both(*arguments, given=given)
        both.alike("deploy/web")


def test_what_a_rollout_leaves_is_alike(both: Both) -> None:
    both("apply", "-f", "-", given=deployment(replicas=2))
    both("rollout", "status", "deploy/web", "--timeout=20s")
    both.alike("deploy/web", status=True)
    both("set", "image", "deploy/web", "app=registry/web:missing")
    both("wait", "deploy/web", "--for=jsonpath={.status.unavailableReplicas}=1", "--timeout=20s")
    both.alike("deploy/web", status=True)
    both("rollout", "undo", "deploy/web")
    both("rollout", "status", "deploy/web", "--timeout=20s")
    for kube in (both.embedded, both.real):
        kube.wait("deploy/web", "jsonpath={.status.terminatingReplicas}=0")
    both.alike("deploy/web", status=True)


def test_what_is_refused_is_refused_in_the_same_words(both: Both) -> None:
    both("apply", "-f", "-", given=[config(), deployment(replicas=0), workload("StatefulSet", "db", replicas=0)])
    wrong = template("other", "registry/web:1.0")
    for arguments, given in (
        (["create"], config()),
        (["create"], config("Bad_Name")),
        (["create"], config("bad", data={"a/b": "1"})),
        (["create"], deployment("w", template=wrong)),
        (["create"], deployment("w", replicas=-1)),
        (["create"], job("j", template={"spec": {"containers": [{"name": "a", "image": "b"}]}})),
        (["replace"], config("none")),
        (["apply"], workload("StatefulSet", "db", replicas=0, serviceName="other")),
    ):
        both(*arguments, "-f", "-", given=given)
    for words in (
        ["get", "cm/none"],
        ["get", "gadgets"],
        ["logs", "none"],
        ["delete", "cm/none"],
        ["patch", "cm/none", "-p", "{}"],
        ["patch", "cm/settings", "--type=json", "-p", '[{"op":"remove","path":"/data/none"}]'],
        ["patch", "cm/settings", "--type=merge", "-p", '{"metadata":{"resourceVersion":"1"},"data":{"a":"2"}}'],
        ["rollout", "undo", "deploy/web", "--to-revision=99"],
    ):
        both(*words)
