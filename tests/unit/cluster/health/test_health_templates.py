"""Which pods are of the new template, while controllers are behind, paused, or cannot be seen."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from health_states import made, recorded

from liftlock.cluster.health import (
    cause,
    current_pods,
    is_current,
    pods_of,
    running_images,
    split_image,
    template_images,
)
from liftlock.cluster.objects import Snapshot, key


def test_pods_are_told_apart_by_template() -> None:
    state = recorded("crash")
    web = state.of("Deployment")
    everything, new = pods_of(web, state.objects), current_pods(web, state.objects)
    assert (len(everything), len(new)) == (3, 1)
    assert [is_current(pod, web, state.objects) for pod in everything] == [pod in new for pod in everything]
    assert template_images(new[0]) == template_images(web) == ("ghcr.io/acme/web:1.1.0-crash",)


def test_no_pod_is_current_until_the_controller_has_seen_the_change() -> None:
    state = recorded("rolled")
    web = deepcopy(state.of("Deployment"))
    web["spec"]["template"]["spec"]["containers"][0]["image"] = "ghcr.io/acme/web:1.2.0"
    web["metadata"]["generation"] += 1
    objects = Snapshot([web, *(o for k in state.keys if k.kind != "Deployment" and (o := state.objects.get(k)))])
    assert len(pods_of(web, objects)) == 2
    assert current_pods(web, objects) == ()
    (runs,) = running_images([key(web)], objects)
    assert (runs.value, runs.pods, runs.current) == ("1.1.0", 2, 0)


def test_scaling_makes_no_new_template() -> None:
    state = recorded("rolled")
    web = deepcopy(state.of("Deployment"))
    web["spec"]["replicas"] = 5
    web["metadata"]["generation"] += 1
    assert len(current_pods(web, state.objects)) == 2


def test_a_roll_back_makes_the_older_replica_set_the_current_one() -> None:
    state = recorded("crash")
    web = deepcopy(state.of("Deployment"))
    web["spec"]["template"]["spec"]["containers"][0]["image"] = "ghcr.io/acme/web:1.0.0"
    web["metadata"]["generation"] += 1
    assert {template_images(pod) for pod in current_pods(web, state.objects)} == {("ghcr.io/acme/web:1.0.0",)}


def test_old_pods_are_no_cause() -> None:
    state = recorded("crash")
    web = deepcopy(state.of("Deployment"))
    web["spec"]["template"]["spec"]["containers"][0]["image"] = "ghcr.io/acme/web:1.2.0"
    web["metadata"]["generation"] += 1
    assert cause(web, state.objects, state.now) is None


def test_a_stateful_set_that_is_behind_has_no_current_pods() -> None:
    state = recorded("stateful-rolled")
    web = deepcopy(state.of("StatefulSet"))
    assert len(current_pods(web, state.objects)) == 2
    web["metadata"]["generation"] += 1
    assert current_pods(web, state.objects) == ()


def test_daemons_are_known_without_their_revisions() -> None:
    state = recorded("daemon-rolled")
    objects = Snapshot(o for k in state.keys if k.kind != "ControllerRevision" and (o := state.objects.get(k)))
    web = objects.get(state.key("DaemonSet"))
    assert web is not None and len(current_pods(web, objects)) == 1
    changed: Any = deepcopy(web)
    changed["metadata"]["annotations"]["deprecated.daemonset.template.generation"] = "3"
    changed["metadata"]["generation"] += 1
    assert current_pods(changed, objects) == ()


def test_images_of_a_template() -> None:
    spec = {
        "containers": [{"image": "app:1"}, {"image": "proxy:2"}, {"image": "app:1"}, {}],
        "initContainers": [{"image": "wait\x1b[2J:3"}],
    }
    manifest = made("apps/v1", "Deployment", spec={"template": {"spec": spec}})
    assert template_images(manifest) == ("app:1", "proxy:2", "wait␛[2J:3")
    cron = made("batch/v1", "CronJob", spec={"jobTemplate": {"spec": {"template": {"spec": spec}}}})
    assert template_images(cron) == template_images(manifest)


def test_parts_of_an_image() -> None:
    assert split_image("ghcr.io/acme/web:1.0") == ("ghcr.io/acme/web", "1.0")
    assert split_image("localhost:5000/web") == ("localhost:5000/web", "")
    assert split_image("localhost:5000/web:2") == ("localhost:5000/web", "2")
    assert split_image("web@sha256:ab") == ("web", "sha256:ab")
    assert split_image("web:3@sha256:ab") == ("web", "3@sha256:ab")
    assert split_image("") == ("", "")
