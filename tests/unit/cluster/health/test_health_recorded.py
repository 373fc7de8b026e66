"""Verdicts, causes and trees of what a real cluster, the real Flux and the real Argo CD said."""

from __future__ import annotations

import pytest
from health_states import recorded

from liftlock.cluster.health import cause, happenings, log_wanted, progress, running_images, tree, verdict
from liftlock.model.health import Gravity, HealthStatus

HEALTHY, PROGRESSING = HealthStatus.HEALTHY, HealthStatus.PROGRESSING
DEGRADED, SUSPENDED = HealthStatus.DEGRADED, HealthStatus.SUSPENDED
PULL = "cannot be pulled: it is not in the registry"

VERDICTS = [
    ("rolled", "Deployment", HEALTHY, ""),
    ("image-missing", "Deployment", PROGRESSING, "1 of 2 pods updated"),
    ("crash", "Deployment", PROGRESSING, "1 of 2 pods updated"),
    ("crash", "Pod", DEGRADED, "CrashLoopBackOff: container app exited with code 1"),
    ("not-ready", "Pod", PROGRESSING, "running, not ready"),
    ("unschedulable", "Pod", DEGRADED, "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."),
    ("quota", "Deployment", DEGRADED, "exceeded quota: compute"),
    ("quota", "ReplicaSet", DEGRADED, "exceeded quota: compute"),
    ("deadline", "Deployment", DEGRADED, "has timed out progressing"),
    ("paused", "Deployment", SUSPENDED, "paused"),
    ("scaled-to-zero", "Deployment", HEALTHY, "scaled to 0"),
    ("stateful-rolled", "StatefulSet", HEALTHY, ""),
    ("stateful-crash", "StatefulSet", PROGRESSING, "1 of 2 pods ready"),
    ("stateful-on-delete", "StatefulSet", SUSPENDED, "2 pods on the older template"),
    ("daemon-rolled", "DaemonSet", HEALTHY, ""),
    ("daemon-crash", "DaemonSet", PROGRESSING, "0 of 1 pod available"),
    ("job-complete", "Job", HEALTHY, "complete in 1s"),
    ("job-failed", "Job", DEGRADED, "BackoffLimitExceeded"),
    ("job-image", "Job", PROGRESSING, "running"),
    ("cron-failed", "CronJob", HEALTHY, "another image"),
    ("flux-applied", "Kustomization", HEALTHY, ""),
    ("flux-build", "Kustomization", DEGRADED, "BuildFailed"),
    ("flux-path", "Kustomization", DEGRADED, "ArtifactFailed: kustomization path not found"),
    ("flux-health", "Kustomization", DEGRADED, "HealthCheckFailed"),
    ("flux-helm", "HelmRelease", HEALTHY, ""),
    ("flux-helm-crash", "HelmRelease", DEGRADED, "InstallFailed"),
    ("flux-helm", "GitRepository", HEALTHY, ""),
    ("argocd-healthy", "Application", HEALTHY, ""),
    ("argocd-image", "Application", PROGRESSING, "web"),
    ("argocd-hook", "Application", DEGRADED, "sync failed and is tried again"),
    ("argocd-immutable", "Application", DEGRADED, "field is immutable"),
    ("argocd-path", "Application", DEGRADED, "app path does not exist"),
    ("argocd-manual", "Application", HealthStatus.MISSING, ""),
]


@pytest.mark.parametrize(("name", "kind", "status", "says"), VERDICTS, ids=lambda value: str(value))
def test_verdict(name: str, kind: str, status: HealthStatus, says: str) -> None:
    state = recorded(name)
    found = [verdict(o, state.objects, state.now) for k in state.keys if k.kind == kind if (o := state.objects.get(k))]
    assert any(health.status is status and says in health.message for health in found), found


HARD, SUSPECT = Gravity.HARD, Gravity.SUSPECT
CAUSES = [
    ("image-missing", "Deployment", SUSPECT, "ImagePullBackOff", f"image ghcr.io/acme/web:1.1.0-missing {PULL}"),
    ("crash", "Deployment", SUSPECT, "CrashLoopBackOff", "container app exits with code 1 (restarted 1×)"),
    ("deadline", "Deployment", HARD, "CrashLoopBackOff", "container app exits with code 1 (restarted 1×)"),
    (
        "not-ready", "Deployment", SUSPECT, "Unhealthy",
        "container app runs and is not ready: its readiness probe fails: HTTP probe failed with statuscode: 503",
    ),
    (
        "unschedulable", "Deployment", SUSPECT, "Unschedulable",
        "no node takes the pod: 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector",
    ),
    (
        "quota", "Deployment", HARD, "FailedCreate",
        "quota compute is used up: pods=1 requested, pods=2 used, pods=2 allowed",
    ),
    ("policy", "Deployment", HARD, "FailedCreate", "admission policy withdrawn refuses it: 1.1.0 is withdrawn"),
    (
        "pod-security", "StatefulSet", HARD, "FailedCreate",
        "PodSecurity restricted:latest refuses the pods: allowPrivilegeEscalation != false, unrestricted capabilities,"
        " runAsNonRoot != true, seccompProfile",
    ),
    (
        "paused", "Deployment", SUSPECT, "DeploymentPaused",
        "Deployment web is paused: nothing rolls out until it is resumed",
    ),
    ("stateful-crash", "StatefulSet", SUSPECT, "CrashLoopBackOff", "container app exits with code 1 (restarted 1×)"),
    (
        "stateful-blocked", "StatefulSet", HARD, "CrashLoopBackOff",
        "pod web-0 of the older template must come up or be deleted first:"
        " container app exits with code 1 (restarted 1×)",
    ),
    (
        "stateful-on-delete", "StatefulSet", SUSPECT, "Suspended",
        "2 pods on the older template until deleted (OnDelete)",
    ),
    ("daemon-crash", "DaemonSet", SUSPECT, "CrashLoopBackOff", "container app exits with code 1 (restarted 1×)"),
    (
        "job-failed", "Job", HARD, "BackoffLimitExceeded",
        "Job migrate failed after 2 tries: container migrate exits with code 1",
    ),
    ("job-image", "Job", SUSPECT, "ImagePullBackOff", f"image ghcr.io/acme/migrate:1.0.0-missing {PULL}"),
    (
        "flux-build", "Kustomization", HARD, "BuildFailed",
        "Kustomization shop cannot be built: accumulating resources from 'absent.yaml': open app/absent.yaml:"
        " no such file or directory",
    ),
    ("flux-path", "Kustomization", HARD, "ArtifactFailed", "Kustomization shop: the folder ./absent is not there"),
    ("flux-immutable", "Kustomization", HARD, "Immutable", "Deployment web: spec.selector cannot be changed in place"),
    (
        "flux-crd", "Kustomization", SUSPECT, "MissingKind",
        "Widget one: the cluster does not know Widget of example.com/v1: its CRD is missing",
    ),
    ("flux-health", "Kustomization", SUSPECT, "ImagePullBackOff", f"image ghcr.io/acme/web:1.1.0-missing {PULL}"),
    ("flux-helm-crash", "HelmRelease", HARD, "CrashLoopBackOff", "container app exits with code 1 (restarted 1×)"),
    (
        "argocd-hook", "Application", SUSPECT, "HookFailed",
        "PreSync hook Job migrate failed: Job migrate failed after 1 try: container migrate exits with code 1",
    ),
    ("argocd-immutable", "Application", HARD, "Immutable", "Deployment web: spec.selector cannot be changed in place"),
    (
        "argocd-crd", "Application", HARD, "MissingKind",
        "Widget one: the cluster does not know Widget of example.com: its CRD is missing",
    ),
    (
        "argocd-path", "Application", HARD, "ComparisonError",
        "Application argocd-path: it cannot be compared: absent: app path does not exist",
    ),
    ("argocd-image", "Application", SUSPECT, "ErrImagePull", f"image ghcr.io/acme/web:1.1.0-missing {PULL}"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "gravity", "reason", "sentence"), CAUSES, ids=lambda value: str(value)[:20])
def test_cause(name: str, kind: str, gravity: Gravity, reason: str, sentence: str) -> None:
    state = recorded(name)
    found = cause(state.key(kind), state.objects, state.now)
    assert found is not None
    assert (found.sentence, found.reason, found.gravity) == (sentence, reason, gravity)


@pytest.mark.parametrize(
    "name",
    ["rolled", "stateful-rolled", "daemon-rolled", "job-complete", "cron-failed", "scaled-to-zero", "flux-applied",
     "flux-helm", "argocd-healthy"],
)  # fmt: skip
def test_no_cause_where_all_is_well(name: str) -> None:
    state = recorded(name)
    roots = [k for k in state.keys if k.kind not in ("Pod", "ReplicaSet", "Job", "Event", "ControllerRevision")]
    assert [cause(k, state.objects, state.now) for k in roots] == [None] * len(roots)


def test_a_crd_that_does_not_come_is_given_up() -> None:
    state = recorded("flux-crd")
    found = cause(state.key("Kustomization"), state.objects, state.now + 120)
    assert found is not None and found.gravity is HARD


def test_a_refusal_of_the_last_seconds_may_pass() -> None:
    state = recorded("quota")
    found = cause(state.key("Deployment"), state.objects, state.now - 20)
    assert found is not None and found.gravity is SUSPECT


def test_a_dependency_tells_its_own_cause() -> None:
    state = recorded("flux-dependency")
    health = verdict(state.of("Kustomization", "shop"), state.objects, state.now)
    assert health.status is PROGRESSING
    found = cause(state.key("Kustomization", "shop"), state.objects, state.now)
    assert found is not None and found.key.name == "infra"
    assert found.sentence == "it waits for infra: Kustomization infra: the folder ./absent is not there"


def test_the_cause_lies_with_the_object_that_the_message_names() -> None:
    for name in ("flux-immutable", "argocd-immutable"):
        state = recorded(name)
        owner = next(k for k in state.keys if k.kind in ("Kustomization", "Application"))
        found = cause(owner, state.objects, state.now)
        assert found is not None and found.key == state.key("Deployment")


@pytest.mark.parametrize(
    ("name", "kind", "container", "previous"),
    [
        ("crash", "Deployment", "app", True),
        ("stateful-blocked", "StatefulSet", "app", True),
        ("job-failed", "Job", "migrate", False),
        ("argocd-hook", "Application", "migrate", False),
        ("not-ready", "Deployment", "app", False),
    ],
)
def test_the_log_that_helps(name: str, kind: str, container: str, previous: bool) -> None:
    state = recorded(name)
    found = cause(state.key(kind), state.objects, state.now)
    assert found is not None
    wanted = log_wanted(found, state.objects)
    assert wanted is not None
    assert wanted[0] == "shop" and wanted[2:] == (container, previous)
    assert any(k.kind == "Pod" and k.name == wanted[1] for k in state.keys)


@pytest.mark.parametrize("name", ["image-missing", "quota", "unschedulable", "paused"])
def test_no_log_where_nothing_has_run(name: str) -> None:
    state = recorded(name)
    found = cause(state.key("Deployment"), state.objects, state.now)
    assert found is not None and log_wanted(found, state.objects) is None


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("rolled", [("1.1.0", 2, 2)]),
        ("crash", [("1.0.0", 2, 0)]),
        ("not-ready", [("1.1.0-notready", 1, 1), ("1.0.0", 2, 0)]),
        ("paused", [("1.0.0", 2, 0)]),
        ("quota", [("1.0.0", 2, 0)]),
        ("stateful-crash", [("1.0.0", 1, 0)]),
        ("stateful-on-delete", [("1.0.0", 2, 0)]),
        ("daemon-rolled", [("1.1.0", 1, 1)]),
        ("scaled-to-zero", []),
    ],
)
def test_what_really_runs(name: str, runs: list[tuple[str, int, int]]) -> None:
    state = recorded(name)
    keys = [k for k in state.keys if k.kind in ("Deployment", "StatefulSet", "DaemonSet")]
    found = running_images(keys, state.objects)
    assert [(one.value, one.pods, one.current) for one in found] == runs
    assert {(one.name, one.digest) for one in found} <= {("ghcr.io/acme/web", "sha256:0")}


@pytest.mark.parametrize(
    ("name", "percent"),
    [("rolled", 100), ("crash", 25), ("quota", 0), ("paused", 0), ("stateful-crash", 25), ("daemon-crash", 50),
     ("stateful-on-delete", 0), ("job-complete", 100), ("job-failed", 0), ("scaled-to-zero", 100)],
)  # fmt: skip
def test_progress(name: str, percent: int) -> None:
    state = recorded(name)
    keys = [k for k in state.keys if k.kind in ("Deployment", "StatefulSet", "DaemonSet", "Job")]
    assert progress(keys, state.objects) == percent


def test_tree_of_a_rollout_that_hangs() -> None:
    state = recorded("crash")
    (web,) = tree([state.key("Deployment")], state.objects, state.now)
    assert (web.note, web.health.status, web.images) == ("2/2 ready", PROGRESSING, ("ghcr.io/acme/web:1.1.0-crash",))
    new, old = web.children
    assert (new.current, new.note, old.current, old.note) == (True, "1.1.0-crash, 0/1 ready", False, "1.0.0, 2/2 ready")
    assert web.revision == new.revision != old.revision
    assert [p.note for p in new.children] == ["exit 1, restarted 1×"]
    assert [(p.note, p.current, p.cause) for p in old.children] == [("ready", False, None)] * 2


def test_old_replica_sets_without_pods_are_left_out() -> None:
    state = recorded("rolled")
    assert sum(k.kind == "ReplicaSet" for k in state.keys) == 2
    (web,) = tree([state.key("Deployment")], state.objects, state.now)
    assert [child.note for child in web.children] == ["1.1.0, 2/2 ready"]


def test_notes_of_controllers() -> None:
    for name, kind, note in (
        ("flux-applied", "Kustomization", ""),
        ("flux-helm", "HelmRelease", "web 1.4.0"),
        ("argocd-healthy", "Application", "Synced, "),
        ("job-complete", "Job", "Complete in 1s"),
    ):
        state = recorded(name)
        (found,) = tree([state.key(kind)], state.objects, state.now)
        assert found.note.startswith(note) and found.note


def test_happenings_of_a_workload_and_what_it_owns() -> None:
    state = recorded("rolled")
    found = happenings([state.key("Deployment")], state.objects, 100)
    assert {h.key.kind for h in found} == {"Deployment", "ReplicaSet", "Pod"}
    assert [h.at for h in found] == sorted((h.at for h in found), reverse=True)
    assert len(happenings([state.key("Deployment")], state.objects, 3)) == 3
    uid = state.of("Deployment")["metadata"]["uid"]
    assert set(happenings([uid], state.objects, 100)) == set(found)
