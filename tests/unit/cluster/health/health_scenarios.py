"""What the recorder plays: manifests in stages, and the state to wait for after each."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
Stage = tuple[list[Json], list[Json]]

# A stage's documents may hold commands for kubectl instead: {"run": [...]}.


def run(*arguments: str) -> Json:
    return {"run": list(arguments)}


def workload(
    image: str, kind: str = "Deployment", pod: Json | None = None, container: Json | None = None, **spec: Any
) -> Json:
    app = {"name": "app", "image": f"ghcr.io/acme/web:{image}", **(container or {})}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {**(pod or {}), "containers": [app]}}
    counted = {} if kind == "DaemonSet" else {"replicas": 2}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "web"},
        "spec": {**counted, "selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


def job(image: str, **spec: Any) -> Json:
    pod = {"restartPolicy": "Never", "containers": [{"name": "migrate", "image": f"ghcr.io/acme/migrate:{image}"}]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "migrate"},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}, **spec},
    }


def quota(pods: str) -> Json:
    spec = {"hard": {"pods": pods}}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "compute"}, "spec": spec}


def policy(namespace: str) -> list[Json]:
    """A policy that takes no pod of version 1.1.0 in the namespace."""
    rules = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    matching = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    checked = {"expression": "!object.spec.containers[0].image.endsWith(':1.1.0')", "message": "1.1.0 is withdrawn"}
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": "withdrawn"}}
    constraints = {"resourceRules": [rules], "namespaceSelector": matching}
    spec = {"failurePolicy": "Fail", "matchConstraints": constraints, "validations": [checked]}
    bound = {"policyName": "withdrawn", "validationActions": ["Deny"]}
    return [
        {**head, "kind": "ValidatingAdmissionPolicy", "spec": spec},
        {**head, "kind": "ValidatingAdmissionPolicyBinding", "spec": bound},
    ]


def cron(image: str, **spec: Any) -> Json:
    metadata = {"name": "report"}
    wanted = {"schedule": "0 3 * * *", "jobTemplate": {"spec": job(image)["spec"]}, **spec}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": wanted}


def status(kind: str, **wanted: Any) -> Json:
    return {"kind": kind, "status": wanted}


def holds(kind: str, condition: str, reason: str = "", status: str = "True") -> Json:
    return {"kind": kind, "condition": condition, "reason": reason, "is": status}


COMPLETE = [
    status("Deployment", availableReplicas=2, updatedReplicas=2, replicas=2),
    holds("Deployment", "Progressing", "NewReplicaSetAvailable"),
]
FIRST: Stage = ([workload("1.0.0")], COMPLETE)
STATEFUL: Stage = (
    [workload("1.0.0", "StatefulSet", serviceName="web")],
    [status("StatefulSet", readyReplicas=2, updatedReplicas=2, availableReplicas=2)],
)
ON_DELETE = {"type": "OnDelete"}
ANYWHERE = {"tolerations": [{"operator": "Exists"}]}  # the test's node is tainted
DAEMONS: Stage = (
    [workload("1.0.0", "DaemonSet", ANYWHERE)],
    [status("DaemonSet", numberAvailable=1, updatedNumberScheduled=1)],
)

SCENARIOS: dict[str, list[Stage]] = {
    "rolled": [FIRST, ([workload("1.1.0")], [*COMPLETE, status("ReplicaSet", replicas=0)])],
    "image-missing": [FIRST, ([workload("1.1.0-missing")], [{"waiting": "ImagePullBackOff"}])],
    "crash": [FIRST, ([workload("1.1.0-crash")], [{"waiting": "CrashLoopBackOff"}, {"happened": "BackOff"}])],
    "not-ready": [FIRST, ([workload("1.1.0-notready")], [{"happened": "Unhealthy"}])],
    "unschedulable": [
        FIRST,
        ([workload("1.1.0", pod={"nodeSelector": {"cluster.test/full": "yes"}})], [{"happened": "FailedScheduling"}]),
    ],
    "quota": [
        FIRST,
        ([quota("2")], []),
        ([workload("1.1.0")], [holds("Deployment", "ReplicaFailure", "FailedCreate")]),
    ],
    "policy": [
        (policy("NAMESPACE"), []),
        FIRST,
        ([workload("1.1.0")], [holds("Deployment", "ReplicaFailure")]),
    ],
    "pod-security": [
        ([run("label", "namespace", "NAMESPACE", "pod-security.kubernetes.io/enforce=restricted")], []),
        ([workload("1.0.0", "StatefulSet", serviceName="web")], [{"happened": "FailedCreate"}]),
    ],
    "deadline": [
        FIRST,
        (
            [workload("1.1.0-crash", progressDeadlineSeconds=3)],
            [holds("Deployment", "Progressing", "ProgressDeadlineExceeded", "False")],
        ),
    ],
    "paused": [
        FIRST,
        ([workload("1.1.0", paused=True)], [holds("Deployment", "Progressing", "DeploymentPaused", "Unknown")]),
    ],
    "lost": [
        FIRST,
        ([run("patch", "deployment", "web", "-p", '{"spec":{"progressDeadlineSeconds":60}}')], []),
        (
            [quota("1"), run("delete", "pod", "--all", "--wait=true")],
            [holds("Deployment", "Available", status="False")],
        ),
    ],
    "stateful-rolled": [
        STATEFUL,
        (
            [workload("1.1.0", "StatefulSet", serviceName="web")],
            [
                status("StatefulSet", readyReplicas=2, updatedReplicas=2, currentReplicas=2),
                {"same-revision": "StatefulSet"},
            ],
        ),
    ],
    "stateful-crash": [
        STATEFUL,
        ([workload("1.1.0-crash", "StatefulSet", serviceName="web")], [{"waiting": "CrashLoopBackOff"}]),
    ],
    "stateful-blocked": [
        ([workload("1.0.0-crash", "StatefulSet", serviceName="web")], [{"waiting": "CrashLoopBackOff"}]),
        ([workload("1.1.0", "StatefulSet", serviceName="web")], [{"revisions": 2}]),
    ],
    "stateful-on-delete": [
        ([workload("1.0.0", "StatefulSet", serviceName="web", updateStrategy=ON_DELETE)], STATEFUL[1]),
        (
            [workload("1.1.0", "StatefulSet", serviceName="web", updateStrategy=ON_DELETE)],
            [{"revisions": 2}, status("StatefulSet", readyReplicas=2)],
        ),
    ],
    "daemon-crash": [DAEMONS, ([workload("1.1.0-crash", "DaemonSet", ANYWHERE)], [{"waiting": "CrashLoopBackOff"}])],
    "daemon-rolled": [
        DAEMONS,
        (
            [workload("1.1.0", "DaemonSet", ANYWHERE)],
            [{"revisions": 2}, status("DaemonSet", numberAvailable=1, updatedNumberScheduled=1)],
        ),
    ],
    "job-complete": [([job("1.0.0")], [holds("Job", "Complete")])],
    "job-failed": [([job("1.0.0-fail", backoffLimit=1)], [holds("Job", "Failed")])],
    "job-image": [([job("1.0.0-missing")], [{"waiting": "ImagePullBackOff"}])],
    "cron-failed": [
        ([cron("1.0.0-fail")], []),
        ([run("create", "job", "report-1", "--from=cronjob/report")], [holds("Job", "Failed")]),
        ([cron("1.1.0")], []),
    ],
    "scaled-to-zero": [FIRST, ([workload("1.0.0", replicas=0)], [status("ReplicaSet", replicas=0)])],
}
LATER = {"lost": 120, "unschedulable": 20, "quota": 20, "policy": 20, "pod-security": 20}
"""Seconds after the recording at which a state is judged, where its age matters."""
