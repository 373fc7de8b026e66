"""The tree: what is missing, what may not be read, what goes first; and Events joined."""

from __future__ import annotations

from typing import Any

from health_states import NOW, ago, condition, container, event, made, pod

from liftlock.cluster.health import happenings, progress, running_images, tree
from liftlock.cluster.objects import Snapshot, key
from liftlock.model.diff import ObjectKey
from liftlock.model.health import HealthStatus

RUNS = container(ready=True, state={"running": {}}, imageID="docker.io/acme/web@sha256:00ff")
WEB = ObjectKey("apps", "Deployment", "shop", "web")


def test_what_is_not_there_and_what_may_not_be_read() -> None:
    secret = ObjectKey("", "Secret", "shop", "db")
    objects = Snapshot([made("v1", "ConfigMap", "web")], blind=[("", "Secret")])
    template = {"spec": {"containers": [{"image": "web:2"}]}}
    wanted = {WEB: made("apps/v1", "Deployment", spec={"template": template})}
    gone, unread, there = tree([secret, WEB, ObjectKey("", "ConfigMap", "shop", "web")], objects, NOW, wanted=wanted)
    assert (gone.key, gone.health.status, gone.images) == (WEB, HealthStatus.MISSING, ("web:2",))
    assert (unread.key, unread.health.status, unread.note) == (secret, HealthStatus.UNKNOWN, "may not be read")
    assert there.health.status is HealthStatus.HEALTHY


def test_pods_that_may_not_be_read_are_said() -> None:
    web = made("apps/v1", "Deployment", spec={"replicas": 3}, status={"replicas": 3, "readyReplicas": 2})
    (found,) = tree([WEB], Snapshot([web], blind=[("", "Pod")]), NOW)
    assert found.note == "2/3 ready, its pods may not be read"


def test_the_worst_first_then_the_usual_order() -> None:
    objects = [
        made("v1", "Service", "a", spec={"type": "ClusterIP"}),
        made("v1", "ConfigMap", "a"),
        made("batch/v1", "Job", "b", status={"conditions": [condition("Complete")]}),
        made("batch/v1", "Job", "a", status={"conditions": [condition("Failed")]}),
        made("example.com/v1", "Widget", "a", status={"conditions": [condition("Ready", "Unknown")]}),
    ]
    found = tree([key(o) for o in objects], Snapshot(objects), NOW)
    assert [str(one.key) for one in found] == [
        "Job shop/a",
        "Widget shop/a",
        "Job shop/b",
        "Service shop/a",
        "ConfigMap shop/a",
    ]


def test_an_app_whose_new_pods_fail_goes_before_one_that_rolls() -> None:
    calm = made("apps/v1", "StatefulSet", "a", spec={"replicas": 1}, status={"observedGeneration": 1})
    bad = made(
        "apps/v1", "StatefulSet", "b", spec={"replicas": 1}, status={"observedGeneration": 1, "updateRevision": "b-2"}
    )
    broken = container(state={"waiting": {"reason": "CrashLoopBackOff"}})
    child = pod(broken, name="b-0", owner=bad, labels={"controller-revision-hash": "b-2"})
    found = tree([key(calm), key(bad)], Snapshot([calm, bad, child]), NOW)
    assert [one.key.name for one in found] == ["b", "a"]


def test_what_one_root_owns_is_not_shown_twice() -> None:
    owner = made("example.com/v1", "Widget", "a")
    child = made("batch/v1", "Job", "a", owner=owner, status={"conditions": [condition("Complete")]})
    (found,) = tree([key(child), key(owner)], Snapshot([owner, child]), NOW)
    assert found.key.kind == "Widget"
    assert [one.key.kind for one in found.children] == ["Job"]


def test_ownership_in_a_circle_comes_to_an_end() -> None:
    one = made("example.com/v1", "Widget", "one")
    other = made("example.com/v1", "Widget", "other", owner=one)
    one["metadata"]["ownerReferences"] = [{"uid": other["metadata"]["uid"], "controller": True}]
    objects = Snapshot([one, other])
    found = tree([key(one), key(other)], objects, NOW)
    assert [(top.key.name, [child.key.name for child in top.children]) for top in found] == [
        ("one", ["other"]),
        ("other", ["one"]),
    ]
    assert happenings([key(one)], objects, 5) == ()
    assert running_images([key(one)], objects) == ()


def test_keys_are_clean_and_those_of_the_api_are_looked_up() -> None:
    role = made("rbac.authorization.k8s.io/v1", "Role", "bad\x1b[2J")
    (found,) = tree([key(role)], Snapshot([role]), NOW)
    assert found.key.name == "bad␛[2J"
    assert found.health.status is HealthStatus.HEALTHY


def test_what_runs_is_counted_while_it_runs() -> None:
    leaving = pod(RUNS, name="web-1")
    leaving["metadata"]["deletionTimestamp"] = ago(3)
    mesh = container("mesh", image="mesh:1", state={"running": {}})
    sidecar = pod(RUNS, name="web-2", status={"initContainerStatuses": [mesh]})
    sidecar["spec"]["initContainers"] = [{"name": "mesh", "image": "mesh:1", "restartPolicy": "Always"}]
    rewritten = pod(container(image="mirror/web:1.1.0", state={"running": {}}), name="web-3")
    done = pod(container(state={"terminated": {"exitCode": 0}}), name="web-4", phase="Succeeded")
    pods: list[Any] = [leaving, sidecar, rewritten, done]
    found = running_images([key(one) for one in pods], Snapshot(pods))
    assert [(one.name, one.value, one.pods, one.digest) for one in found] == [
        ("ghcr.io/acme/web", "1.1.0", 1, "sha256:00ff"),
        ("mesh", "1", 1, ""),
        ("mirror/web", "1.1.0", 1, ""),
    ]


def test_progress_is_weighed_by_pods() -> None:
    counts = {"replicas": 9, "readyReplicas": 9, "currentRevision": "a", "updateRevision": "a"}
    status = {"observedGeneration": 1, **counts}
    big = made("apps/v1", "StatefulSet", "big", spec={"replicas": 9}, status=status)
    job = made("batch/v1", "Job", "a", status={})
    config = made("v1", "ConfigMap", "a")
    objects = Snapshot([big, job, config])
    assert progress([key(big), key(job), key(config)], objects) == 90
    assert progress([key(config)], objects) == 100
    assert progress([key(job), WEB], objects) == 0
    assert progress([], objects) == 100


def test_events_that_say_the_same_are_one() -> None:
    web = made("apps/v1", "Deployment")
    replicas = made("apps/v1", "ReplicaSet", "web-1", owner=web)
    child = pod(RUNS, name="web-1-a", owner=replicas)
    other = pod(RUNS, name="other")
    told = [
        event(child, "Unhealthy", "not \x1b[31mready", since=50, count=3),
        event(child, "Unhealthy", "not \x1b[31mready", since=20, count=4),
        event(replicas, "SuccessfulCreate", "made", since=90, type="Normal"),
        event(other, "Unhealthy", "elsewhere", since=1),
        {**event(web, "Scaled", "up", since=30), "series": {"count": 7, "lastObservedTime": ago(5)}},
    ]
    found = happenings([key(web)], Snapshot([web, replicas, child, other, *told]), 10)
    assert [(h.reason, h.count, h.at, h.warning) for h in found] == [
        ("Scaled", 7, NOW - 5, True),
        ("Unhealthy", 7, NOW - 20, True),
        ("SuccessfulCreate", 1, NOW - 90, False),
    ]
    assert found[1].message == "not ␛[31mready"
