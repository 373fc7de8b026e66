"""The verdict on each kind, state by state, where no recording is needed to know what the API writes."""

from __future__ import annotations

from typing import Any

import pytest
from health_states import NOW, ago, condition, container, event, made, pod

from liftlock.cluster.health import verdict, worst
from liftlock.cluster.objects import Snapshot
from liftlock.model.health import HEALTHY, Health, HealthStatus

OK, GOING, BAD = HealthStatus.HEALTHY, HealthStatus.PROGRESSING, HealthStatus.DEGRADED
HALTED, MISSING, UNKNOWN = HealthStatus.SUSPENDED, HealthStatus.MISSING, HealthStatus.UNKNOWN


def judged(manifest: Any, *others: Any) -> Health:
    return verdict(manifest, Snapshot([manifest, *others]), NOW)


def deployment(spec: Any = None, conditions: Any = (), observed: int = 1, **counts: int) -> dict[str, Any]:
    up = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2, **counts}
    status = {"observedGeneration": observed, "conditions": [*conditions], **up}
    return made(
        "apps/v1", "Deployment", spec={"replicas": 2, "progressDeadlineSeconds": 600, **(spec or {})}, status=status
    )


COMPLETE = condition("Progressing", "True", "NewReplicaSetAvailable")
UP = condition("Available", "True", "MinimumReplicasAvailable")
DOWN = condition("Available", "False", "MinimumReplicasUnavailable", "too few", since=700)


@pytest.mark.parametrize(
    ("manifest", "status", "says"),
    [
        (deployment(conditions=[COMPLETE, UP]), OK, ""),
        (deployment(conditions=[COMPLETE, UP], observed=0), GOING, "not seen this Deployment's change"),
        (deployment(conditions=[COMPLETE, UP], replicas=1), GOING, "1 of 2 pods made"),
        (deployment(conditions=[COMPLETE, UP], updatedReplicas=1), GOING, "1 of 2 pods updated"),
        (deployment(conditions=[COMPLETE, UP], replicas=3), GOING, "1 older pod still to end"),
        (deployment(conditions=[UP, condition("Progressing", reason="ReplicaSetUpdated")]), GOING, "not known"),
        (deployment({"progressDeadlineSeconds": 2**31 - 1}, [UP]), OK, ""),
        (deployment(conditions=[COMPLETE]), GOING, "not available"),
        (deployment(conditions=[COMPLETE, DOWN], availableReplicas=1, readyReplicas=1), BAD, "not available for 11m"),
        (
            deployment(conditions=[COMPLETE, {**DOWN, "lastTransitionTime": ago(60)}], availableReplicas=1),
            GOING,
            "1 of 2 pods available",
        ),
        (made("apps/v1", "Deployment", spec={"replicas": 2}), GOING, "0 of 2 pods made"),
        (made("apps/v1", "Deployment"), GOING, "0 of 1 pod made"),
    ],
)
def test_deployments(manifest: Any, status: HealthStatus, says: str) -> None:
    health = judged(manifest)
    assert health.status is status
    assert says in health.message


def test_being_deleted_goes_before_all_else() -> None:
    manifest = deployment(conditions=[COMPLETE, UP])
    manifest["metadata"] |= {"deletionTimestamp": ago(5), "finalizers": ["foregroundDeletion"]}
    assert judged(manifest) == Health(GOING, "being deleted, held by foregroundDeletion", "kstatus, gitops-engine")


def stateful(partition: int | None, updated: int, **status: Any) -> dict[str, Any]:
    rolling = {} if partition is None else {"partition": partition}
    spec = {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}
    counts = {
        "replicas": 3,
        "readyReplicas": 3,
        "updatedReplicas": updated,
        "currentRevision": "a",
        "updateRevision": "b",
    }
    return made("apps/v1", "StatefulSet", spec=spec, status={"observedGeneration": 1, **counts, **status})


@pytest.mark.parametrize(
    ("manifest", "status", "says"),
    [
        (stateful(0, 3), GOING, "3 of 3 pods updated"),
        (stateful(0, 3, currentRevision="b"), OK, ""),
        (stateful(2, 0), GOING, "0 of 1 pod updated"),
        (stateful(2, 1), OK, "2 pods kept on the older template"),
        (stateful(5, 0), OK, "3 pods kept"),
        (stateful(0, 3, readyReplicas=2), GOING, "2 of 3 pods ready"),
        (stateful(0, 3, replicas=4), GOING, "1 pod still to end"),
    ],
)
def test_stateful_sets(manifest: Any, status: HealthStatus, says: str) -> None:
    health = judged(manifest)
    assert health.status is status
    assert says in health.message


def exit_with(code: int, **more: Any) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": "Error", "finishedAt": ago(20), **more}}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


RUNS = {"running": {"startedAt": ago(100)}}
UNSCHEDULABLE = condition("PodScheduled", "False", "Unschedulable", "no room")


@pytest.mark.parametrize(
    ("manifest", "status", "says"),
    [
        (pod(container(ready=True, state=RUNS)), OK, ""),
        (pod(container(state=RUNS)), GOING, "not ready"),
        (pod(container(state=RUNS, lastState=exit_with(2), restartCount=1)), BAD, "container app exited with code 2"),
        (pod(container(state=waiting("ContainerCreating")), phase="Pending"), GOING, "starting"),
        (pod(container(state=waiting("CreateContainerConfigError", "no such key"))), BAD, "no such key"),
        (pod(container(state=waiting("InvalidImageName"))), BAD, "InvalidImageName"),
        (
            pod(container(state=waiting("ErrImagePull")), phase="Pending", spec={"restartPolicy": "Never"}),
            BAD,
            "ErrImagePull",
        ),
        (pod(container(ready=True, state=RUNS), spec={"restartPolicy": "OnFailure"}), GOING, "running"),
        (pod(container(state=exit_with(0)), phase="Succeeded"), OK, "completed"),
        (pod(container(state=exit_with(3)), phase="Failed"), BAD, "container app exited with code 3"),
        (pod(phase="Failed", status={"reason": "Evicted", "message": "low on memory"}), BAD, "low on memory"),
        (
            pod(phase="Pending", status={"conditions": [{**UNSCHEDULABLE, "lastTransitionTime": ago(5)}]}),
            GOING,
            "no room",
        ),
        (
            pod(phase="Pending", status={"conditions": [{**UNSCHEDULABLE, "lastTransitionTime": ago(16)}]}),
            BAD,
            "no room",
        ),
        (
            pod(
                container(state=waiting("PodInitializing")),
                phase="Pending",
                status={"initContainerStatuses": [container("wait", state=waiting("CrashLoopBackOff"))]},
            ),
            BAD,
            "CrashLoopBackOff",
        ),
    ],
)
def test_pods(manifest: Any, status: HealthStatus, says: str) -> None:
    health = judged(manifest)
    assert health.status is status
    assert says in health.message


CLASS = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast", "namespace": ""}}
LATE, SOON = CLASS | {"volumeBindingMode": "WaitForFirstConsumer"}, CLASS | {"volumeBindingMode": "Immediate"}
USER = pod(spec={"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]})


def claim(phase: str) -> dict[str, Any]:
    return made("v1", "PersistentVolumeClaim", "data", spec={"storageClassName": "fast"}, status={"phase": phase})


@pytest.mark.parametrize(
    ("manifest", "others", "status"),
    [
        (claim("Bound"), [], OK),
        (claim("Lost"), [], BAD),
        (claim("Pending"), [LATE], OK),
        (claim("Pending"), [], OK),
        (claim("Pending"), [SOON], GOING),
        (claim("Pending"), [LATE, USER], GOING),
    ],
)
def test_claims(manifest: Any, others: list[Any], status: HealthStatus) -> None:
    assert judged(manifest, *others).status is status


def test_a_claim_may_have_users_that_cannot_be_seen() -> None:
    blind = Snapshot([claim("Pending"), LATE], blind=[("", "Pod")])
    assert verdict(claim("Pending"), blind, NOW).status is GOING
    assert verdict(claim("Pending")).status is GOING


def service(kind: str = "LoadBalancer", age: float = 10, **status: Any) -> dict[str, Any]:
    return made("v1", "Service", spec={"type": kind, "clusterIP": "10.0.0.1"}, status=status, age=age)


def ingress(age: float, **status: Any) -> dict[str, Any]:
    return made("networking.k8s.io/v1", "Ingress", spec={}, status=status, age=age)


ADDRESS = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}


@pytest.mark.parametrize(
    ("manifest", "status"),
    [
        (service("ClusterIP"), OK),
        (service(), GOING),
        (service(**ADDRESS), OK),
        (service(age=301), OK),
        (ingress(10), GOING),
        (ingress(61), OK),
        (ingress(10, **ADDRESS), OK),
    ],
)
def test_nothing_waits_for_ever_for_an_address(manifest: Any, status: HealthStatus) -> None:
    assert judged(manifest).status is status


def test_a_provider_that_says_no() -> None:
    health = judged(service(), event(service(), "SyncLoadBalancerFailed", "out of addresses"))
    assert (health.status, health.message) == (BAD, "out of addresses")


def scaler(*conditions: Any) -> dict[str, Any]:
    return made("autoscaling/v2", "HorizontalPodAutoscaler", status={"conditions": list(conditions)})


ABLE = condition("AbleToScale", "True", "ReadyForNewScale")
API = "apiregistration.k8s.io/v1"
PDB = "policy/v1"


def budget(*conditions: Any) -> dict[str, Any]:
    return made(PDB, "PodDisruptionBudget", status={"conditions": list(conditions)})


def crd(*conditions: Any) -> dict[str, Any]:
    return made("apiextensions.k8s.io/v1", "CustomResourceDefinition", status={"conditions": list(conditions)})


@pytest.mark.parametrize(
    ("manifest", "status"),
    [
        (scaler(), GOING),
        (scaler(ABLE, condition("ScalingActive", "True", "ValidMetricFound")), OK),
        (scaler(ABLE, condition("ScalingActive", "False", "FailedGetResourceMetric", since=60)), GOING),
        (scaler(ABLE, condition("ScalingActive", "False", "FailedGetResourceMetric", since=600)), BAD),
        (scaler(ABLE, condition("ScalingActive", "False", "ScalingDisabled", since=600)), OK),
        (scaler(condition("AbleToScale", "False", "FailedGetScale")), BAD),
        (budget(condition("DisruptionAllowed", "False", "InsufficientPods")), OK),
        (budget(condition("DisruptionAllowed", "False", "SyncFailed")), BAD),
        (made(PDB, "PodDisruptionBudget", status={"observedGeneration": 0}), GOING),
        (made(API, "APIService", status={"conditions": [condition("Available")]}), OK),
        (made(API, "APIService", status={"conditions": [condition("Available", "False", since=20)]}), GOING),
        (made(API, "APIService", status={"conditions": [condition("Available", "False", since=200)]}), BAD),
        (crd(), GOING),
        (crd(condition("Established")), OK),
        (crd(condition("NamesAccepted", "False"), condition("Established")), BAD),
        (crd(condition("Established", "False", "Installing")), GOING),
        (crd(condition("NonStructuralSchema"), condition("Established")), BAD),
        (made("v1", "Namespace", status={"phase": "Active"}), OK),
        (made("v1", "Namespace", status={"phase": "Terminating"}), GOING),
        (made("v1", "ConfigMap"), OK),
        (made("rbac.authorization.k8s.io/v1", "Role"), OK),
    ],
)  # fmt: skip
def test_what_routes_scales_and_defines(manifest: Any, status: HealthStatus) -> None:
    assert judged(manifest).status is status


CRON = made(
    "batch/v1",
    "CronJob",
    "report",
    spec={"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"image": "a:2"}]}}}}},
)


def run(image: str, outcome: str) -> dict[str, Any]:
    spec = {"template": {"spec": {"containers": [{"image": image}]}}}
    return made("batch/v1", "Job", "report-1", owner=CRON, spec=spec, status={"conditions": [condition(outcome)]})


@pytest.mark.parametrize(
    ("manifest", "others", "status"),
    [
        (CRON, [], OK),
        (CRON | {"spec": {"suspend": True}}, [], HALTED),
        (CRON, [run("a:2", "Complete")], OK),
        (CRON, [run("a:2", "Failed")], BAD),
        (CRON, [run("a:1", "Failed")], OK),
        (CRON | {"status": {"lastScheduleTime": ago(60), "lastSuccessfulTime": ago(3600)}}, [], BAD),
        (CRON | {"status": {"lastScheduleTime": ago(60), "lastSuccessfulTime": ago(50)}}, [], OK),
        (
            CRON | {"status": {"lastScheduleTime": ago(60), "lastSuccessfulTime": ago(90), "active": [{"name": "x"}]}},
            [],
            OK,
        ),
    ],
)
def test_cron_jobs(manifest: Any, others: list[Any], status: HealthStatus) -> None:
    assert judged(manifest, *others).status is status


def job(*conditions: Any, **more: Any) -> dict[str, Any]:
    status = {"conditions": list(conditions), "startTime": ago(60), **more}
    return made("batch/v1", "Job", spec={}, status=status)


@pytest.mark.parametrize(
    ("manifest", "status", "says"),
    [
        (job(), GOING, "running"),
        (job(condition("Complete"), completionTime=ago(48)), OK, "complete in 12s"),
        (job(condition("Failed", reason="DeadlineExceeded")), BAD, "DeadlineExceeded"),
        (job(condition("FailureTarget", reason="PodFailurePolicy")), GOING, "failing"),
        (job(condition("Suspended")), HALTED, "suspended"),
        (job(startTime=None), GOING, "not started"),
    ],
)
def test_jobs(manifest: Any, status: HealthStatus, says: str) -> None:
    health = judged(manifest)
    assert health.status is status
    assert says in health.message


def rollout(spec: Any = None, **status: Any) -> dict[str, Any]:
    return made("argoproj.io/v1alpha1", "Rollout", spec={"replicas": 1, **(spec or {})}, status=status)


REFERS = {"workloadRef": {"name": "web"}}
OLD_COUNTS: dict[str, Any] = {"updatedReplicas": 1, "availableReplicas": 1, "currentPodHash": "b"}


@pytest.mark.parametrize(
    ("manifest", "status"),
    [
        (rollout(observedGeneration="1", phase="Healthy"), OK),
        (rollout(observedGeneration="0", phase="Healthy"), GOING),
        (rollout(observedGeneration="5f7c", phase="Healthy"), OK),
        (rollout(observedGeneration="1", phase="Paused", message="CanaryPauseStep"), HALTED),
        (rollout(observedGeneration="1", phase="Degraded"), BAD),
        (rollout(observedGeneration="1", phase="Progressing"), GOING),
        (rollout(REFERS, observedGeneration="1", workloadObservedGeneration="3", phase="Healthy"), GOING),
        (rollout(**OLD_COUNTS, stableRS="b"), OK),
        (rollout(**OLD_COUNTS, stableRS="a"), GOING),
        (rollout(**OLD_COUNTS, pauseConditions=[{"reason": "CanaryPauseStep"}]), HALTED),
        (rollout(**OLD_COUNTS, conditions=[condition("Progressing", "False", "RolloutAborted")]), BAD),
        (made("argoproj.io/v1alpha1", "Rollout"), GOING),
        (made("argoproj.io/v1alpha1", "AnalysisRun", status={"phase": "Failed"}), BAD),
        (made("argoproj.io/v1alpha1", "AnalysisRun", status={"phase": "Inconclusive"}), UNKNOWN),
        (made("argoproj.io/v1alpha1", "Workflow", status={"phase": "Succeeded"}), OK),
    ],
)  # fmt: skip
def test_argo_rollouts(manifest: Any, status: HealthStatus) -> None:
    assert judged(manifest).status is status


def test_a_rollout_of_another_workload_counts_its_generation_too() -> None:
    manifest = rollout(REFERS, observedGeneration="1", workloadObservedGeneration="3", phase="Healthy")
    manifest["metadata"]["annotations"] = {"rollout.argoproj.io/workload-generation": "3"}
    assert judged(manifest).status is OK


WIDGET = "example.com/v1"


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ([], OK),
        ([condition("Ready")], OK),
        ([condition("Ready"), condition("Reconciling")], GOING),
        ([condition("Ready", "False"), condition("Stalled")], BAD),
        ([condition("Ready", "False", "Pending", since=10)], GOING),
        ([condition("Ready", "False", "Pending", since=400)], BAD),
        ([condition("Ready", "False", "ValidationFailed", since=10)], BAD),
        ([condition("Ready", "Unknown", since=4000)], GOING),
        ([condition("Available", "False", "Pending", since=400)], BAD),
        ([condition("Ready", "False", "DoesNotExist", since=400), condition("Issuing")], GOING),
        ([condition("Ready"), condition("Degraded", "True", message="disk")], BAD),
    ],
)
def test_kinds_that_nobody_knows(conditions: list[Any], status: HealthStatus) -> None:
    assert judged(made(WIDGET, "Widget", status={"conditions": conditions})).status is status


@pytest.mark.parametrize(
    ("phase", "status"), [("Running", GOING), ("Succeeded", OK), ("Failed", BAD), ("WaitingForApproval", HALTED)]
)
def test_jenkins_x_activities(phase: str, status: HealthStatus) -> None:
    assert judged(made("jenkins.io/v1", "PipelineActivity", spec={"status": phase})).status is status


def test_the_worst_stands_in_front() -> None:
    healths = [Health(status) for status in (OK, HALTED, GOING, UNKNOWN, MISSING, BAD)]
    assert worst(healths).status is BAD
    assert worst(healths[:4]).status is UNKNOWN
    assert worst([Health(GOING, "a"), Health(GOING, "b")]).message == "a"
    assert worst([]) == HEALTHY
