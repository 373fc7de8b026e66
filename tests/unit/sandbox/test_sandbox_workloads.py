"""Stateful sets, daemon sets, jobs and what stands around them."""

from __future__ import annotations

from typing import Any

from sandboxes import Kube, Still, conditions, deployment, job, manifest, template, workload

from liftlock.model.diff import ObjectKey

CLAIM = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}
HPA = {"maxReplicas": 4, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}


def image(name: str, tag: str) -> dict[str, Any]:
    return template(name, f"registry/{name}:{tag}")


def stateful(**spec: Any) -> dict[str, Any]:
    return workload("StatefulSet", "db", "registry/db:1.0", **{"replicas": 3, **spec})


def order(still: Still) -> list[str]:
    """The names of pods as they were created and deleted from now on, in order."""
    seen: list[str] = []

    def tell(change: Any) -> None:
        if change.at is not None and change.at.kind == "Pod" and change.what in ("ADDED", "DELETED"):
            seen.append(("+" if change.what == "ADDED" else "-") + change.at.name)

    still.objects.listen(tell)
    return seen


# Stateful sets --------------------------------------------------------------------------------------------------------


def test_a_stateful_set_begins_with_its_first_pod_and_ends_with_its_last() -> None:
    still = Still()
    seen = order(still)
    still.put(stateful())
    assert seen == ["+db-0", "+db-1", "+db-2"]
    seen.clear()
    still.change("StatefulSet", "db", replicas=1)
    assert seen == ["-db-2", "-db-1"]


def test_a_stateful_set_is_updated_from_its_last_pod_down() -> None:
    still = Still()
    still.put(stateful())
    seen = order(still)
    still.change("StatefulSet", "db", template=image("db", "2.0"))
    assert seen == ["-db-2", "+db-2", "-db-1", "+db-1", "-db-0", "+db-0"]
    assert still.images() == ["db:2.0"] * 3
    status = still.get("StatefulSet", "db")["status"]
    assert status["currentRevision"] == status["updateRevision"]


def test_pods_in_parallel_do_not_wait_for_each_other() -> None:
    still = Still(db="missing")
    still.put(stateful(podManagementPolicy="Parallel"))
    assert [one["metadata"]["name"] for one in still.of("Pod")] == ["db-0", "db-1", "db-2"]
    still = Still(db="missing")
    still.put(stateful())
    assert [one["metadata"]["name"] for one in still.of("Pod")] == ["db-0"]


def test_only_pods_from_the_partition_on_are_updated() -> None:
    still = Still()
    still.put(stateful(updateStrategy={"rollingUpdate": {"partition": 2}}))
    still.change("StatefulSet", "db", template=image("db", "2.0"))
    assert still.images() == ["db:1.0", "db:1.0", "db:2.0"]
    status = still.get("StatefulSet", "db")["status"]
    assert (status["currentReplicas"], status["updatedReplicas"]) == (2, 1)
    still.objects.delete(_pod("db-0"))
    still.kubelet.settle()
    assert still.images() == ["db:1.0", "db:1.0", "db:2.0"]
    still.change("StatefulSet", "db", updateStrategy={"rollingUpdate": {"partition": 0}})
    assert still.images() == ["db:2.0"] * 3


def test_on_delete_waits_for_somebody_to_delete_the_pod() -> None:
    still = Still()
    still.put(stateful(replicas=2, updateStrategy={"type": "OnDelete"}))
    still.change("StatefulSet", "db", template=image("db", "2.0"))
    assert still.images() == ["db:1.0"] * 2
    still.objects.delete(_pod("db-0"))
    still.kubelet.settle()
    assert still.images() == ["db:1.0", "db:2.0"]


def test_a_stateful_set_that_is_stuck_stays_so_until_the_pod_is_deleted(judged: Kube) -> None:
    """As the real one does, also when the template is right again."""
    judged.apply(stateful(replicas=2))
    judged.rolled_out("sts/db")
    judged("set", "image", "sts/db", "app=registry/db:missing")
    waiting = "jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff"
    judged.wait("sts/db", "jsonpath={.status.updatedReplicas}=1")
    judged.wait("pod/db-1", waiting)
    judged("rollout", "undo", "sts/db")
    judged.wait("sts/db", "jsonpath={.status.observedGeneration}=3", "jsonpath={.status.updatedReplicas}=1")
    assert judged("get", "pod/db-1", "-o", "jsonpath={.spec.containers[0].image}") == "registry/db:missing"
    judged("delete", "pod/db-1")
    judged.rolled_out("sts/db")
    assert judged("rollout", "history", "sts/db").split()[-4:] == ["2", "<none>", "3", "<none>"]


def test_each_pod_of_a_stateful_set_has_its_name_and_its_claim_for_good() -> None:
    still = Still()
    still.put(stateful(replicas=2, volumeClaimTemplates=[CLAIM]))
    first = still.get("Pod", "db-0")
    assert (first["spec"]["hostname"], first["spec"]["subdomain"]) == ("db-0", "db")
    assert first["spec"]["volumes"] == [{"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}]
    assert first["metadata"]["labels"]["apps.kubernetes.io/pod-index"] == "0"
    claims = [(one["metadata"]["name"], one["status"]["phase"]) for one in still.of("PersistentVolumeClaim")]
    assert claims == [("data-db-0", "Bound"), ("data-db-1", "Bound")]
    still.change("StatefulSet", "db", replicas=0)
    assert len(still.of("PersistentVolumeClaim")) == 2


# Daemon sets ----------------------------------------------------------------------------------------------------------


def test_a_daemon_set_has_a_pod_on_the_one_node(kube: Kube) -> None:
    kube.apply(workload("DaemonSet", "agent", "registry/agent:1.0"))
    kube.rolled_out("ds/agent")
    kube("set", "image", "ds/agent", "app=registry/agent:2.0")
    kube.rolled_out("ds/agent")
    assert kube("get", "pods", "-o", "jsonpath={.items[*].spec.containers[0].image}") == "registry/agent:2.0"
    kube("rollout", "undo", "ds/agent")
    kube.rolled_out("ds/agent")
    found = kube.get("ds", "agent")
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "registry/agent:1.0"
    assert found["status"]["numberReady"] == 1


def test_a_daemon_set_counts_its_templates(judged: Kube) -> None:
    judged.apply(workload("DaemonSet", "agent"))
    judged("set", "image", "ds/agent", "app=registry/agent:2.0")
    judged("annotate", "ds/agent", "note=1")
    annotations = judged.get("ds", "agent")["metadata"]["annotations"]
    assert annotations["deprecated.daemonset.template.generation"] == "2"


# Jobs -----------------------------------------------------------------------------------------------------------------


def test_a_job_completes(judged: Kube) -> None:
    judged.apply(job(completions=3, parallelism=2))
    judged.wait("job/task", "condition=Complete")
    found = judged.get("job", "task")
    assert found["status"]["succeeded"] == 3
    assert conditions(found)["Complete"] == ("True", "CompletionsReached")
    assert {"startTime", "completionTime"} <= found["status"].keys()
    uid = found["metadata"]["uid"]
    assert found["spec"]["selector"]["matchLabels"] == {"batch.kubernetes.io/controller-uid": uid}
    phases = judged("get", "pods", "-l", "job-name=task", "-o", "jsonpath={.items[*].status.phase}")
    assert phases == "Succeeded Succeeded Succeeded"
    judged("delete", "job/task")
    judged("wait", "pods", "-l", "job-name=task", "--for=delete", "--timeout=20s")


def test_a_job_that_fails_more_often_than_it_may_has_failed(judged: Kube) -> None:
    judged.apply(job(image="registry/task:fail", backoffLimit=0))
    judged.wait("job/task", "condition=Failed")
    found = judged.get("job", "task")
    assert found["status"]["failed"] == 1 and "succeeded" not in found["status"]
    assert conditions(found)["Failed"] == ("True", "BackoffLimitExceeded")


def test_retries_come_later_and_later() -> None:
    still = Still(task="fail")
    begun = still.kubelet.now
    still.put(job(backoffLimit=4))
    assert len(still.of("Pod")) == 5
    assert 15 < still.kubelet.now - begun < 30


def test_a_suspended_job_has_no_pods_until_it_goes_on() -> None:
    still = Still()
    still.put(job(suspend=True))
    assert still.of("Pod") == []
    assert conditions(still.get("Job", "task"))["Suspended"] == ("True", "JobSuspended")
    still.change("Job", "task", suspend=False)
    assert conditions(still.get("Job", "task"))["Complete"][0] == "True"


def test_a_cron_job_is_there_to_make_jobs_of_by_hand(kube: Kube) -> None:
    inner = {"spec": {"template": template("task", "registry/task:1.0", restartPolicy="OnFailure")}}
    kube.apply(manifest("batch/v1", "CronJob", "nightly", spec={"schedule": "0 3 * * *", "jobTemplate": inner}))
    found = kube.get("cj", "nightly")["spec"]
    assert (found["concurrencyPolicy"], found["suspend"]) == ("Allow", False)
    kube.apply(job("by-hand", **found["jobTemplate"]["spec"]))
    kube.wait("job/by-hand", "condition=Complete")
    said = kube.refused("patch", "cj/nightly", "--type=merge", "-p", '{"spec":{"schedule":null}}')
    assert "spec.schedule: Required value" in said


# Around them ----------------------------------------------------------------------------------------------------------


def test_what_stands_around_workloads_gets_its_status() -> None:
    still = Still()
    still.put(
        deployment(replicas=3),
        manifest("v1", "Service", "front", spec={"type": "LoadBalancer", "ports": [{"port": 80}]}),
        manifest("v1", "PersistentVolumeClaim", "disk", spec=CLAIM["spec"]),
        manifest("autoscaling/v2", "HorizontalPodAutoscaler", "web", spec=HPA),
        manifest("policy/v1", "PodDisruptionBudget", "web", spec={"minAvailable": 2, "selector": _web()}),
        manifest("policy/v1", "PodDisruptionBudget", "half", spec={"maxUnavailable": "50%", "selector": _web()}),
        manifest("networking.k8s.io/v1", "Ingress", "web", spec={"rules": []}),
    )
    assert still.get("Service", "front")["status"]["loadBalancer"]["ingress"][0]["ip"] == "192.0.2.10"
    assert still.get("Service", "front")["spec"]["ports"][0]["nodePort"] >= 30000
    assert still.get("Ingress", "web")["status"]["loadBalancer"]["ingress"] == [{"ip": "192.0.2.10"}]
    assert still.get("PersistentVolumeClaim", "disk")["status"]["capacity"] == {"storage": "1Gi"}
    assert still.get("HorizontalPodAutoscaler", "web")["status"]["currentReplicas"] == 3
    budgets = {one["metadata"]["name"]: one["status"]["disruptionsAllowed"] for one in still.of("PodDisruptionBudget")}
    assert budgets == {"web": 1, "half": 2}


def test_an_autoscaler_without_a_target_says_so() -> None:
    still = Still()
    still.put(manifest("autoscaling/v2", "HorizontalPodAutoscaler", "web", spec=HPA))
    assert conditions(still.get("HorizontalPodAutoscaler", "web"))["AbleToScale"] == ("False", "FailedGetScale")


def test_settling_twice_changes_nothing() -> None:
    still = Still(bad="crash")
    still.put(
        deployment(replicas=2), deployment("bad", "registry/bad:1.0"), stateful(), job(), workload("DaemonSet", "agent")
    )
    version = still.objects.version
    still.kubelet.settle()
    assert still.objects.version == version


def _web() -> dict[str, Any]:
    return {"matchLabels": {"app": "web"}}


def _pod(name: str) -> ObjectKey:
    return ObjectKey("", "Pod", "default", name)
