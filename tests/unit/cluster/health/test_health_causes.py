"""Causes that a test's node cannot play: memory, configuration, volumes, probes, evictions; and what refusals say."""

from __future__ import annotations

from typing import Any

import pytest
from health_states import NOW, ago, condition, container, event, made, pod

from liftlock.cluster.health import cause, log_wanted, with_lines
from liftlock.cluster.health.refusals import refusal, told
from liftlock.cluster.objects import Snapshot
from liftlock.model.health import Cause, Gravity

HARD, SUSPECT = Gravity.HARD, Gravity.SUSPECT


def found(manifest: Any, *others: Any, now: float = NOW) -> Cause:
    told = cause(manifest, Snapshot([manifest, *others]), now)
    assert told is not None
    return told


def waits(reason: str, message: str = "", **more: Any) -> dict[str, Any]:
    return container(state={"waiting": {"reason": reason, "message": message}}, **more)


def fell(code: int, reason: str = "Error", message: str = "", restarts: int = 4, **more: Any) -> dict[str, Any]:
    last = {"exitCode": code, "reason": reason, "message": message, "finishedAt": ago(20)}
    return waits("CrashLoopBackOff", "back-off 40s", lastState={"terminated": last}, restartCount=restarts, **more)


LIMITED = {"containers": [{"name": "app", "image": "a:1", "resources": {"limits": {"memory": "128Mi"}}}]}
NO_PROGRAM = 'failed to create task: unable to start container process: exec: "srv": not found'
ENDS = "container app ends with code 0, and should go on running"
AGAIN = " (restarted 4×)"


@pytest.mark.parametrize(
    ("manifest", "sentence", "reason"),
    [
        (pod(fell(1)), f"container app exits with code 1{AGAIN}", "CrashLoopBackOff"),
        (
            pod(fell(137, "OOMKilled"), spec=LIMITED),
            f"container app ran out of memory: its limit is 128Mi{AGAIN}",
            "OOMKilled",
        ),
        (pod(fell(137, "OOMKilled")), f"container app ran out of memory, with no limit of its own{AGAIN}", "OOMKilled"),
        (pod(fell(139)), f"container app exits with code 139 (segmentation fault){AGAIN}", "CrashLoopBackOff"),
        (pod(fell(0, "Completed")), f"{ENDS}{AGAIN}", "CrashLoopBackOff"),
        (
            pod(fell(128, "StartError", NO_PROGRAM)),
            f'container app cannot be started: exec: "srv": not found{AGAIN}',
            "CrashLoopBackOff",
        ),
        (
            pod(
                waits("PodInitializing"),
                phase="Pending",
                status={"initContainerStatuses": [fell(2, name="wait-for-db")]},
            ),
            f"init container wait-for-db exits with code 2{AGAIN}",
            "CrashLoopBackOff",
        ),
        (
            pod(waits("CreateContainerError", "no command specified")),
            "container app cannot be started: no command specified",
            "CreateContainerError",
        ),
    ],
)
def test_containers_that_fall(manifest: Any, sentence: str, reason: str) -> None:
    told = found(manifest)
    assert (told.sentence, told.reason, told.gravity) == (sentence, reason, SUSPECT)


def test_the_message_that_a_container_left_is_kept() -> None:
    assert found(pod(fell(1, message="starting\n\x1b[31mno database\n"))).lines == ("starting", "␛[31mno database")


def test_a_liveness_probe_is_the_cause_of_restarts() -> None:
    manifest = pod(fell(137))
    told = event(manifest, "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500", count=9)
    assert found(manifest, told).sentence == (
        "container app is restarted because its liveness probe fails: HTTP probe failed with statuscode: 500 (9 times)"
        " (restarted 4×)"
    )


def test_a_fall_of_long_ago_is_not_why_a_container_is_not_ready_now() -> None:
    old = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": ago(86400)}}
    runs = container(state={"running": {}}, lastState=old, restartCount=1)
    manifest = pod(runs, spec={"containers": [{"name": "app", "image": "a:1", "readinessProbe": {}}]})
    assert found(manifest).sentence == "container app runs and is not ready for 4m"


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ('rpc error: code = NotFound desc = "ghcr.io/acme/web:1.1.0": not found', "it is not in the registry"),
        ("unexpected status: 401 Unauthorized", "the registry denies access"),
        ("pull access denied, repository does not exist or may require authorization", "has no such image, or denies"),
        ("429 Too Many Requests - toomanyrequests", "the registry limits the rate of pulls"),
        ("dial tcp: lookup ghcr.io: no such host", "the registry's name is not known"),
        ("net/http: TLS handshake timeout", "the registry cannot be reached"),
        ("no match for platform in manifest", "it is not built for the node's platform"),
        ('Back-off pulling image "x"', "no reason is given yet"),
    ],
)
def test_why_an_image_cannot_be_pulled(message: str, says: str) -> None:
    told = found(pod(waits("ErrImagePull", message), phase="Pending"))
    assert told.sentence.startswith("image ghcr.io/acme/web:1.1.0 cannot be pulled: ")
    assert says in told.sentence
    assert told.gravity is SUSPECT


def test_a_name_that_is_none_is_not_waited_for() -> None:
    assert found(pod(waits("InvalidImageName"))).gravity is HARD
    assert found(pod(waits("ErrImageNeverPull"))).gravity is HARD


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ('configmap "web-config" not found', "ConfigMap web-config is missing"),
        ('secret "db" not found', "Secret db is missing"),
        ("couldn't find key url in ConfigMap shop/web-config", "ConfigMap web-config has no key url"),
        (
            "container has runAsNonRoot and image will run as root",
            "container app must not run as root, and its image ghcr.io/acme/web:1.1.0 does",
        ),
    ],
)
def test_configuration_that_is_missing(message: str, sentence: str) -> None:
    manifest = pod(waits("CreateContainerConfigError", message), phase="Pending")
    told = found(manifest)
    assert (told.sentence, told.gravity) == (sentence, HARD)
    assert found(manifest, now=NOW - 280).gravity is SUSPECT


@pytest.mark.parametrize(
    ("reason", "message", "sentence", "gravity"),
    [
        (
            "FailedMount",
            'MountVolume.SetUp failed for volume "config" : configmap "web-config" not found',
            "ConfigMap web-config is missing (volume config)",
            HARD,
        ),
        (
            "FailedMount",
            'MountVolume.SetUp failed for volume "config" : references non-existent config key: app.yaml',
            "key app.yaml is missing (volume config)",
            HARD,
        ),
        (
            "FailedAttachVolume",
            'Multi-Attach error for volume "pvc-1" Volume is already used',
            "its volume is still attached to another node (volume pvc-1)",
            SUSPECT,
        ),
        (
            "FailedCreatePodSandBox",
            "plugin type=calico failed",
            "the pod's network or sandbox cannot be set up: plugin type=calico failed",
            SUSPECT,
        ),
    ],
)
def test_volumes_and_sandboxes(reason: str, message: str, sentence: str, gravity: Gravity) -> None:
    manifest = pod(waits("ContainerCreating"), phase="Pending")
    told = found(manifest, event(manifest, reason, message))
    assert (told.sentence, told.reason, told.gravity) == (sentence, reason, gravity)


def test_events_of_the_past_and_of_namesakes_are_not_causes() -> None:
    manifest = pod(waits("ContainerCreating"), phase="Pending")
    missing = 'MountVolume.SetUp failed for volume "config" : configmap "web-config" not found'
    old = event(manifest, "FailedMount", missing, since=3600)
    namesake = event(manifest | {"metadata": manifest["metadata"] | {"uid": "another"}}, "FailedMount", missing)
    assert cause(manifest, Snapshot([manifest, old, namesake]), NOW) is None


def unscheduled(message: str, reason: str = "Unschedulable", **spec: Any) -> dict[str, Any]:
    return pod(
        phase="Pending", spec=spec, status={"conditions": [condition("PodScheduled", "False", reason, message, 60)]}
    )


CLAIM = made("v1", "PersistentVolumeClaim", "data", spec={}, status={"phase": "Pending"})


def test_pods_that_no_node_takes() -> None:
    tally = "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available"
    told = found(unscheduled(tally))
    assert told.sentence == "no node takes the pod: 0/3 nodes are available: 3 Insufficient cpu"
    assert told.gravity is SUSPECT
    assert found(unscheduled('persistentvolumeclaim "data" not found')).sentence == "claim data is missing"
    gated = unscheduled("", "SchedulingGated", schedulingGates=[{"name": "example.com/queue"}])
    assert found(gated).sentence == "scheduling is held by example.com/queue"


def test_an_unbound_claim_says_why() -> None:
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    manifest = unscheduled("pod has unbound immediate PersistentVolumeClaims", volumes=volumes)
    told = found(manifest, CLAIM, event(CLAIM, "ProvisioningFailed", 'storageclass "fast" not found'))
    assert told.sentence == 'claim data gets no volume: storageclass "fast" not found'
    assert told.key.kind == "PersistentVolumeClaim"


def test_evicted() -> None:
    manifest = pod(phase="Failed", status={"reason": "Evicted", "message": "The node was low on resource: memory."})
    told = found(manifest)
    assert (told.sentence, told.reason) == ("the pod was evicted: The node was low on resource: memory.", "Evicted")


def test_readiness_gates() -> None:
    up = pod(
        container(ready=True, state={"running": {}}), spec={"readinessGates": [{"conditionType": "lb.example.com/in"}]}
    )
    up["status"]["conditions"] = [condition("Ready", "False", since=100)]
    assert found(up).sentence == "readiness gate lb.example.com/in is not met"


def rollout(**status: Any) -> dict[str, Any]:
    steps = [{"setWeight": 20}, {"pause": {}}, {"pause": {"duration": "10m"}}]
    spec = {"replicas": 1, "strategy": {"canary": {"steps": steps}}}
    return made("argoproj.io/v1alpha1", "Rollout", spec=spec, status={"observedGeneration": "1", **status})


PAUSE = [{"reason": "CanaryPauseStep"}]


@pytest.mark.parametrize(
    ("manifest", "sentence", "gravity"),
    [
        (
            rollout(phase="Paused", pauseConditions=PAUSE, currentStepIndex=1),
            "Rollout web waits at step 2 of 3 until somebody promotes it",
            SUSPECT,
        ),
        (
            rollout(phase="Paused", pauseConditions=PAUSE, currentStepIndex=2),
            "Rollout web pauses at step 3 of 3 for 10m",
            SUSPECT,
        ),
        (
            rollout(phase="Degraded", abort=True, message="RolloutAborted: metric error-rate failed"),
            "Rollout web was aborted: metric error-rate failed",
            HARD,
        ),
        (
            rollout(phase="Degraded", conditions=[condition("InvalidSpec", message="no such step")]),
            "Rollout web is invalid: no such step",
            HARD,
        ),
    ],
)
def test_argo_rollouts(manifest: Any, sentence: str, gravity: Gravity) -> None:
    told = found(manifest)
    assert (told.sentence, told.gravity) == (sentence, gravity)


def test_a_job_that_ran_out_of_time() -> None:
    conditions = [condition("Failed", reason="DeadlineExceeded", message="too long", since=40)]
    spec = {"activeDeadlineSeconds": 60}
    manifest = made("batch/v1", "Job", spec=spec, status={"conditions": conditions, "startTime": ago(100)})
    told = found(manifest)
    assert told.sentence == "Job web failed after 1m: its time limit of 1m is over"
    assert (told.reason, told.gravity) == ("DeadlineExceeded", HARD)


def test_what_hangs_while_it_is_deleted() -> None:
    manifest = made("v1", "PersistentVolumeClaim", "data")
    manifest["metadata"] |= {"deletionTimestamp": ago(120), "finalizers": ["kubernetes.io/pvc-protection"]}
    assert found(manifest).sentence.endswith("data is being deleted, and held by kubernetes.io/pvc-protection")


@pytest.mark.parametrize(
    ("message", "sentence", "reason", "lasting"),
    [
        (
            'admission webhook "policy.example.com" denied the request: image is not signed',
            "admission webhook policy.example.com refuses it: image is not signed",
            "AdmissionDenied",
            True,
        ),
        (
            'Internal error occurred: failed calling webhook "policy.example.com": connect: connection refused',
            "admission webhook policy.example.com cannot be called: connect: connection refused",
            "WebhookUnavailable",
            False,
        ),
        (
            'pods "web-" is forbidden: error looking up service account shop/web: serviceaccount "web" not found',
            "ServiceAccount web is missing",
            "ServiceAccountMissing",
            True,
        ),
        (
            'pods "web" is forbidden: failed quota: compute: must specify limits.memory for: app',
            "quota compute asks for limits.memory for: app",
            "QuotaExceeded",
            True,
        ),
        ('namespaces "shop" not found', "namespace shop is missing", "NamespaceMissing", True),
        (
            "unable to create new content in namespace shop because it is being terminated",
            "its namespace is being deleted",
            "NamespaceTerminating",
            False,
        ),
        (
            'The StatefulSet "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than'
            " 'replicas', 'template' are forbidden",
            "StatefulSet db: a field changes that a statefulset cannot change in place",
            "Immutable",
            True,
        ),
        (
            'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["10.0.0.9"]: may not change once set',
            "Service web: spec.clusterIPs[0] cannot be changed in place",
            "Immutable",
            True,
        ),
        (
            'Deployment.apps "web" is invalid: [spec.replicas: Required value, spec.selector: Invalid value: {}: '
            "field is immutable]",
            "Deployment web: spec.selector cannot be changed in place",
            "Immutable",
            True,
        ),
        (
            'deployments.apps "web" is forbidden: User "system:serviceaccount:shop:flux" cannot patch resource'
            ' "deployments" in API group "apps" in the namespace "shop"',
            "system:serviceaccount:shop:flux may not patch deployments.apps",
            "Forbidden",
            True,
        ),
        (
            'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
            "kubectl-edit owns .spec.replicas, and the apply is not forced",
            "Conflict",
            True,
        ),
        ('strict decoding error: unknown field "spec.foo"', "field spec.foo is not known", "UnknownField", True),
        (
            "Deployment/shop/web dry-run failed: failed to create typed patch object: .spec.foo: "
            "field not declared in schema",
            "Deployment web: field spec.foo is not known",
            "UnknownField",
            True,
        ),
        (
            'Deployment.apps "web" is invalid: spec.template.spec.containers[0].image: Required value',
            "Deployment web: spec.template.spec.containers[0].image: Required value",
            "Invalid",
            True,
        ),
    ],
)
def test_what_the_server_says_no_with(message: str, sentence: str, reason: str, lasting: bool) -> None:
    said = refusal(message)
    assert said is not None
    assert (said.sentence, said.reason, said.lasting) == (sentence, reason, lasting)


def test_what_is_not_known_is_told_as_it_is() -> None:
    assert refusal("all is odd") is None
    assert told('pods "web-1" is forbidden: because\x1b[2J of it') == "because␛[2J of it"


def test_lines_of_a_log_are_clean_and_few() -> None:
    told = found(pod(fell(1)))
    full = with_lines(told, ["first", "", *(f"line {n}" for n in range(30)), "\x1b]0;title\x07end"])
    assert len(full.lines) == 20
    assert full.lines[-1] == "␛]0;title␇end"
    assert (full.sentence, full.key) == (told.sentence, told.key)


def test_the_log_of_the_container_that_fell() -> None:
    good = container("proxy", ready=True, state={"running": {}})
    manifest = pod(good, fell(1))
    assert log_wanted(found(manifest), Snapshot([manifest])) == ("shop", "web-0", "app", True)
    gone = Snapshot([])
    assert log_wanted(found(manifest), gone) is None
