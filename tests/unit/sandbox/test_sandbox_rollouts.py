"""Deployments of the embedded cluster: how they roll out, get stuck, and come back."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sandboxes import Box, Kube, Still, conditions, deployment, template, until

from liftlock.model.diff import ObjectKey

FINE = {"Available": ("True", "MinimumReplicasAvailable"), "Progressing": ("True", "NewReplicaSetAvailable")}


def image(tag: str) -> dict[str, Any]:
    return template("web", f"registry/web:{tag}")


def sizes(found: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Wanted and ready replicas of the replica sets by the tag of their image."""
    return {
        one["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]: (
            one["spec"]["replicas"],
            one["status"].get("readyReplicas", 0),
        )
        for one in found
    }


def counts(found: dict[str, Any]) -> dict[str, int]:
    return {name: value for name, value in found["status"].items() if name.endswith("Replicas") and value}


def test_a_rollout_ends_with_all_replicas_new_and_keeps_the_old_set(judged: Kube) -> None:
    judged.apply(deployment(replicas=2))
    judged.rolled_out("deploy/web")
    judged("set", "image", "deploy/web", "app=registry/web:2.0")
    judged.rolled_out("deploy/web")
    assert "successfully rolled out" in judged("rollout", "status", "deploy/web")
    found = judged.get("deploy", "web")
    assert conditions(found) == FINE
    assert counts(found) == dict.fromkeys(("readyReplicas", "availableReplicas", "updatedReplicas"), 2)
    assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
    assert sizes(judged.get("rs")["items"]) == {"1.0": (0, 0), "2.0": (2, 2)}
    assert "successfully progressed" in found["status"]["conditions"][1]["message"]


def test_a_missing_image_never_rolls_out_and_leaves_enough_of_the_old(judged: Kube) -> None:
    strategy = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}
    judged.apply(deployment(replicas=3, strategy=strategy))
    judged.rolled_out("deploy/web")
    judged("set", "image", "deploy/web", "app=registry/web:missing")
    judged.wait("deploy/web", "jsonpath={.status.unavailableReplicas}=2", "jsonpath={.status.updatedReplicas}=2")
    assert sizes(judged.get("rs")["items"]) == {"1.0": (2, 2), "missing": (2, 0)}
    assert conditions(judged.get("deploy", "web")) == {**FINE, "Progressing": ("True", "ReplicaSetUpdated")}
    assert "timed out" in judged.refused("rollout", "status", "deploy/web", "--timeout=1s")
    judged("rollout", "undo", "deploy/web")
    judged.rolled_out("deploy/web")
    found = judged.get("deploy", "web")
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "registry/web:1.0"
    assert conditions(found) == FINE
    history = judged("rollout", "history", "deploy/web").split()
    assert history[-4:] == ["2", "<none>", "3", "<none>"]


def test_a_rollout_that_does_not_get_on_is_given_up(judged: Kube) -> None:
    judged.apply(deployment(image="registry/web:notready", progressDeadlineSeconds=1))
    said = judged.refused("rollout", "status", "deploy/web", "--timeout=20s")
    assert 'deployment "web" exceeded its progress deadline' in said
    assert conditions(judged.get("deploy", "web")) == {
        "Available": ("False", "MinimumReplicasUnavailable"),
        "Progressing": ("False", "ProgressDeadlineExceeded"),
    }


def test_a_restart_makes_new_pods_of_the_same_image(judged: Kube) -> None:
    judged.apply(deployment(replicas=2))
    judged.rolled_out("deploy/web")
    before = judged.names("pods", "-l", "app=web")
    judged("rollout", "restart", "deploy/web")
    judged.rolled_out("deploy/web")
    judged("wait", *(f"pod/{name}" for name in before), "--for=delete", "--timeout=20s")
    after = judged.names("pods", "-l", "app=web")
    assert len(after) == 2 and not set(after) & set(before)


def test_a_paused_rollout_waits_until_it_is_resumed(kube: Kube) -> None:
    kube.apply(deployment())
    kube.rolled_out("deploy/web")
    kube("rollout", "pause", "deploy/web")
    kube("set", "image", "deploy/web", "app=registry/web:2.0")
    kube.wait("deploy/web", "condition=Progressing=Unknown", "jsonpath={.status.observedGeneration}=3")
    assert sizes(kube.get("rs")["items"]) == {"1.0": (1, 1)}
    assert conditions(kube.get("deploy", "web"))["Progressing"] == ("Unknown", "DeploymentPaused")
    kube("rollout", "resume", "deploy/web")
    kube.rolled_out("deploy/web")
    assert sizes(kube.get("rs")["items"]) == {"1.0": (0, 0), "2.0": (1, 1)}


def test_pods_that_are_lost_come_back_and_the_rollout_stays_done(judged: Kube) -> None:
    judged.apply(deployment(replicas=2))
    judged.rolled_out("deploy/web")
    judged("delete", "pods", "-l", "app=web")
    judged.wait("deploy/web", "jsonpath={.status.readyReplicas}=2")
    assert conditions(judged.get("deploy", "web")) == FINE


@pytest.mark.parametrize(
    ("surge", "unavailable", "stuck"),
    [
        (1, 0, {"1.0": (4, 4), "missing": (1, 0)}),
        (0, 1, {"1.0": (3, 3), "missing": (1, 0)}),
        (0, 0, {"1.0": (3, 3), "missing": (1, 0)}),
        (2, 2, {"1.0": (2, 2), "missing": (4, 0)}),
        ("25%", "25%", {"1.0": (3, 3), "missing": (2, 0)}),
        ("100%", "0%", {"1.0": (4, 4), "missing": (4, 0)}),
        ("0%", "100%", {"1.0": (0, 0), "missing": (4, 0)}),
    ],
)
def test_the_strategy_says_how_far_a_rollout_that_fails_goes(
    surge: int | str, unavailable: int | str, stuck: dict[str, tuple[int, int]]
) -> None:
    still = Still()
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    still.put(deployment(replicas=4, strategy={"rollingUpdate": rolling}))
    still.change("Deployment", "web", template=image("missing"))
    assert sizes(still.of("ReplicaSet")) == stuck
    assert conditions(still.get("Deployment", "web"))["Progressing"] == ("False", "ProgressDeadlineExceeded")
    still.change("Deployment", "web", template=image("2.0"))
    assert sizes(still.of("ReplicaSet")) == {"1.0": (0, 0), "missing": (0, 0), "2.0": (4, 4)}
    assert conditions(still.get("Deployment", "web")) == FINE


def test_never_are_there_too_few_or_too_many_pods() -> None:
    still = Still()
    still.put(deployment(replicas=4, strategy={"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}))
    seen: list[tuple[int, int]] = []
    still.objects.listen(
        lambda change: seen.append(_pods(still)) if change.at is not None and change.at.kind == "Pod" else None
    )
    still.change("Deployment", "web", template=image("2.0"))
    assert min(ready for _, ready in seen) >= 3
    assert max(there for there, _ in seen) <= 5
    assert still.images() == ["web:2.0"] * 4


def _pods(still: Still) -> tuple[int, int]:
    there = [one for one in still.of("Pod") if "deletionTimestamp" not in one["metadata"]]
    return len(there), sum(conditions(one).get("Ready", ("",))[0] == "True" for one in there)


def test_recreate_ends_all_old_pods_before_the_first_new_one() -> None:
    still = Still()
    still.put(deployment(replicas=2, strategy={"type": "Recreate"}))
    together: set[frozenset[str]] = set()
    still.objects.listen(lambda change: together.add(frozenset(still.images())))
    still.change("Deployment", "web", template=image("2.0"))
    assert still.images() == ["web:2.0", "web:2.0"]
    assert frozenset({"web:1.0", "web:2.0"}) not in together
    assert conditions(still.get("Deployment", "web")) == FINE


def test_replica_sets_beyond_the_limit_go() -> None:
    still = Still()
    still.put(deployment(revisionHistoryLimit=1))
    for tag in ("2.0", "3.0", "4.0"):
        still.change("Deployment", "web", template=image(tag))
    assert set(sizes(still.of("ReplicaSet"))) == {"3.0", "4.0"}


def test_scaling_changes_no_revision() -> None:
    still = Still()
    still.put(deployment(replicas=1))
    still.change("Deployment", "web", replicas=5)
    assert sizes(still.of("ReplicaSet")) == {"1.0": (5, 5)}
    still.change("Deployment", "web", replicas=2)
    assert sizes(still.of("ReplicaSet")) == {"1.0": (2, 2)}
    still.change("Deployment", "web", replicas=0)
    found = still.get("Deployment", "web")
    assert (counts(found), conditions(found)) == ({}, FINE)
    assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"


def test_scaling_in_the_middle_of_a_rollout_ends_well() -> None:
    still = Still()
    still.put(deployment(replicas=4))
    still.change("Deployment", "web", template=image("2.0"), settle=False)
    still.kubelet.step()
    for replicas in (8, 1, 3):
        still.change("Deployment", "web", replicas=replicas, settle=False)
        still.kubelet.step()
    still.kubelet.settle()
    assert sizes(still.of("ReplicaSet")) == {"1.0": (0, 0), "2.0": (3, 3)}


def test_what_caused_a_change_stands_in_its_history(kube: Kube) -> None:
    kube.apply(deployment(replicas=0))
    kube("annotate", "deploy/web", "kubernetes.io/change-cause=first")
    kube("set", "image", "deploy/web", "app=registry/web:2.0")
    kube.wait("deploy/web", "jsonpath={.status.observedGeneration}=2")
    assert "2         first" in kube("rollout", "history", "deploy/web")


def test_one_deployment_that_is_broken_holds_up_no_other() -> None:
    still = Still()
    odd = deployment("aaa", strategy={"rollingUpdate": {"maxSurge": "much"}})
    still.put(odd, deployment("web"))
    assert [one["metadata"]["name"].partition("-")[0] for one in still.of("Pod")] == ["web"]


def test_a_rollout_of_two_replicas_takes_some_seconds() -> None:
    still = Still()
    still.put(deployment(replicas=2))
    begun = still.kubelet.now
    still.change("Deployment", "web", template=image("2.0"))
    assert 2.0 < still.kubelet.now - begun < 4.0


def test_the_speed_makes_the_clock_run_faster(box: Box) -> None:
    box.objects.put({**deployment(replicas=2), "metadata": {"name": "web", "namespace": "default"}})
    begun, clock = time.monotonic(), box.kubelet.now
    at = ObjectKey("apps", "Deployment", "default", "web")
    until(box.objects, lambda: conditions(dict(box.objects.require(at))) == FINE)
    assert (box.kubelet.now - clock) / (time.monotonic() - begun) == pytest.approx(10, rel=0.1)
