"""The lives of pods in the embedded cluster: how they start, fail, speak and end."""

from __future__ import annotations

from typing import Any

import pytest
from sandboxes import Box, Kube, Still, conditions, deployment, job, pod, template, until

from liftlock.model.diff import ObjectKey
from liftlock.sandbox.kubelet import Kubelet
from liftlock.sandbox.pods import kind_of
from liftlock.sandbox.server import ApiServer

REASON = "jsonpath={.status.containerStatuses[0].state.waiting.reason}="


def container(found: dict[str, Any]) -> dict[str, Any]:
    status: dict[str, Any] = found["status"]["containerStatuses"][0]
    return status


def reasons(still: Still, name: str) -> list[str]:
    told = [one for one in still.of("Event") if one["involvedObject"]["name"] == name]
    return [one["reason"] for one in sorted(told, key=lambda one: int(one["metadata"]["resourceVersion"]))]


def test_a_pod_gets_ready(judged: Kube) -> None:
    judged.apply(pod())
    judged.wait("pod/one", "condition=Ready")
    found = judged.get("pod", "one")
    assert (found["status"]["phase"], container(found)["ready"], container(found)["restartCount"]) == (
        "Running",
        True,
        0,
    )
    assert found["spec"]["nodeName"] and found["status"]["podIP"]
    assert {name: status for name, (status, _) in conditions(found).items()}.items() >= {
        ("Ready", "True"),
        ("ContainersReady", "True"),
        ("PodScheduled", "True"),
        ("Initialized", "True"),
    }
    assert found["metadata"]["generation"] == 1


def test_a_missing_image_is_backed_off_from(judged: Kube) -> None:
    judged.apply(pod(image="registry/one:missing"))
    found = judged.seen("pod/one", REASON + "ImagePullBackOff")
    assert found["status"]["phase"] == "Pending"
    assert 'Back-off pulling image "registry/one:missing"' in container(found)["state"]["waiting"]["message"]
    assert conditions(found)["Ready"] == ("False", "ContainersNotReady")
    for how in ((), ("--previous",)):
        assert "trying and failing to pull image" in judged.refused("logs", "one", *how)


def test_a_container_that_crashes_is_started_again_and_its_last_words_are_kept(judged: Kube) -> None:
    judged.apply(pod(image="registry/one:crash"))
    found = judged.seen("pod/one", REASON + "CrashLoopBackOff")
    assert container(found)["lastState"]["terminated"]["exitCode"] == 1
    assert "restarting failed container=app" in container(found)["state"]["waiting"]["message"]
    assert found["status"]["phase"] == "Running"
    assert "fatal: " in judged("logs", "one", "--previous")
    assert judged("logs", "one", "--previous", "--tail=1").count("\n") == 1


def test_a_pod_that_does_not_get_ready_runs_all_the_same(judged: Kube) -> None:
    judged.apply(pod(image="registry/one:notready"))
    judged.wait("pod/one", "jsonpath={.status.phase}=Running")
    judged("wait", "events", "--field-selector=involvedObject.name=one,reason=Unhealthy", "--for=create")
    assert container(judged.get("pod", "one"))["ready"] is False
    assert judged("logs", "one")


def test_logs_need_a_container_that_has_run(judged: Kube) -> None:
    spec = template("one", "registry/one:1.0")["spec"]
    spec["containers"].append({"name": "side", "image": "registry/side:1.0"})
    judged.apply(pod(spec=spec))
    judged.wait("pod/one", "condition=Ready")
    path = f"/api/v1/namespaces/{judged.namespace}/pods/one/log"
    assert "choose one of: [app side]" in judged.refused("get", "--raw", path)
    assert judged("get", "--raw", f"{path}?container=side")
    assert "container none is not valid for pod one" in judged.refused("logs", "one", "-c", "none")
    assert 'pods "none" not found' in judged.refused("logs", "none")


def test_logs_of_a_former_run_need_one(kube: Kube) -> None:
    kube.apply(deployment())
    kube.rolled_out("deploy/web")
    assert "listening" in kube("logs", "deploy/web")
    assert kube("logs", "deploy/web", "--limit-bytes=8") == "starting"
    assert 'previous terminated container "app"' in kube.refused("logs", "deploy/web", "--previous")


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("1.0", "fine"),
        ("1.0-missing", "missing"),
        ("crash-2", "crash"),
        ("notready", "notready"),
        ("2-fail.1", "fail"),
        ("failsafe", "fine"),
        ("crashed", "fine"),
    ],
)
def test_the_words_of_a_tag_say_how_a_container_goes(tag: str, kind: str) -> None:
    assert kind_of(f"registry.example:5000/crash/app:{tag}", {}) == kind
    assert kind_of(f"registry/app:{tag}", {f"registry/app:{tag}": "crash"}) == "crash"


def test_an_image_can_fail_in_one_namespace_only() -> None:
    image = "registry/app:1.0"
    fails = {f"shop {image}": "missing", f"test {image}": "fine", image: "crash"}
    kubelet = Kubelet(ApiServer(), fails=fails, logs={f"shop {image}": ["here"], image: ["everywhere"]})
    for namespace in ("shop", "test", "other"):
        one = pod(image=image, namespace=namespace)
        kubelet.objects.put(one)
    kubelet.settle()
    found = {one["metadata"]["namespace"]: dict(one) for one in kubelet.objects.of("", "Pod")}
    states = {name: container(one)["state"] for name, one in found.items()}
    assert states["shop"]["waiting"]["reason"] == "ImagePullBackOff"
    assert "running" in states["test"]
    assert states["other"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert [kubelet.logs(found[name], "app", False)[0] for name in found] == ["everywhere", "here", "everywhere"]


def test_what_fails_can_be_changed_while_it_runs(own: Kube, box: Box) -> None:
    box.kubelet.fails["registry/one:1.0"] = "crash"
    box.kubelet.log_lines["registry/one:1.0"] = ["one", "two"]
    own.apply(pod())
    own.wait("pod/one", REASON + "CrashLoopBackOff")
    assert own("logs", "one", "-p") == "one\ntwo\n"
    del box.kubelet.fails["registry/one:1.0"]
    own("delete", "pod/one", "--force", "--grace-period=0")
    own.apply(pod())
    own.wait("pod/one", "condition=Ready")


def test_settling_brings_each_kind_to_its_end_at_once() -> None:
    still = Still()
    tags = ("1.0", "missing", "crash", "notready", "fail")
    still.put(*(pod(tag.replace(".", "-"), f"registry/one:{tag}") for tag in tags))
    states = {name: still.get("Pod", name) for name in ("1-0", "missing", "crash", "notready", "fail")}
    phases = {name: found["status"]["phase"] for name, found in states.items()}
    assert phases == {
        "1-0": "Running",
        "missing": "Pending",
        "crash": "Running",
        "notready": "Running",
        "fail": "Running",
    }
    assert container(states["crash"])["restartCount"] == 4
    assert container(states["crash"])["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert [container(found)["ready"] for found in states.values()] == [True, False, False, False, True]


def test_a_pod_of_a_job_ends() -> None:
    for tag, phase in (("1.0", "Succeeded"), ("fail", "Failed"), ("crash", "Failed")):
        still = Still()
        still.put(job(image=f"registry/task:{tag}", backoffLimit=0))
        (found,) = still.of("Pod")
        assert (found["status"]["phase"], conditions(found)["Ready"][0]) == (phase, "False")
        assert container(found)["state"]["terminated"]["exitCode"] == (0 if phase == "Succeeded" else 1)


def test_one_container_that_cannot_start_holds_the_pod_back() -> None:
    still = Still()
    spec = template("one", "registry/one:1.0")["spec"]
    spec["containers"].append({"name": "side", "image": "registry/side:missing"})
    still.put(pod(spec=spec))
    found = still.get("Pod", "one")
    assert found["status"]["phase"] == "Pending"
    assert [one["ready"] for one in found["status"]["containerStatuses"]] == [True, False]
    assert "unready status: [side]" in next(c["message"] for c in found["status"]["conditions"] if c["type"] == "Ready")


def test_containers_that_come_first_have_ended_when_the_others_run() -> None:
    still = Still()
    spec = template("one", "registry/one:1.0", initContainers=[{"name": "prepare", "image": "registry/tool:1"}])["spec"]
    still.put(pod(spec=spec))
    (status,) = still.get("Pod", "one")["status"]["initContainerStatuses"]
    assert status["ready"] and status["state"]["terminated"]["reason"] == "Completed"


def test_a_pod_that_was_put_there_with_a_status_stays_as_it_is() -> None:
    still = Still()
    status = {"phase": "Running", "containerStatuses": [{"name": "app", "ready": False, "restartCount": 7}]}
    still.put(pod(status=status))
    assert still.get("Pod", "one")["status"] == status


def test_events_tell_the_life_of_a_pod_and_count_what_comes_again() -> None:
    still = Still()
    still.put(pod("good"), pod("bad", "registry/bad:crash"))
    assert reasons(still, "good") == ["Scheduled", "Pulling", "Pulled", "Created", "Started"]
    counts = {one["reason"]: one["count"] for one in still.of("Event") if one["involvedObject"]["name"] == "bad"}
    assert counts["BackOff"] == 5 and counts["Started"] == 5
    types = {one["reason"]: one["type"] for one in still.of("Event")}
    assert (types["BackOff"], types["Started"]) == ("Warning", "Normal")


def test_a_pod_that_is_held_ends_when_it_is_let_go(own: Kube, box: Box) -> None:
    own.apply(pod(finalizers=["example.org/hold"]))
    own.wait("pod/one", "condition=Ready")
    own("delete", "pod/one", "--wait=false")
    at = ObjectKey("", "Pod", own.namespace, "one")
    until(box.objects, lambda: any(e["reason"] == "Killing" for e in box.objects.of("", "Event", own.namespace)))
    box.objects.patch(at, {"metadata": {"finalizers": None}})
    until(box.objects, lambda: box.objects.get(at) is None)


def test_resources_say_the_class_of_a_pod() -> None:
    still = Still()
    both = {"cpu": "1", "memory": "1Gi"}
    for name, resources, expected in (
        ("none", {}, "BestEffort"),
        ("some", {"requests": both}, "Burstable"),
        ("all", {"limits": both}, "Guaranteed"),
    ):
        spec = {"containers": [{"name": "app", "image": "registry/one:1.0", "resources": resources}]}
        still.put(pod(name, spec=spec))
        assert still.get("Pod", name)["status"]["qosClass"] == expected
