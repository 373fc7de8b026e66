"""What goes when something is deleted, and what holds it."""

from __future__ import annotations

from sandboxes import Box, Kube, config, deployment, manifest, pod, until

HOLD = "example.org/hold"


def test_a_deployment_takes_its_replica_sets_and_pods_along(judged: Kube) -> None:
    judged.apply(deployment())
    judged.rolled_out("deploy/web")
    judged("delete", "deploy/web", "--cascade=foreground")
    assert judged.names("deployments,replicasets") == []
    judged("wait", "pods", "-l", "app=web", "--for=delete", "--timeout=20s")


def test_foreground_keeps_the_owner_until_all_that_it_owns_has_gone(kube: Kube, shared_box: Box) -> None:
    kube.apply(deployment())
    kube.rolled_out("deploy/web")
    (one,) = shared_box.objects.of("", "Pod", kube.namespace)
    at = kube.key("", "Pod", one["metadata"]["name"])
    shared_box.objects.patch(at, {"metadata": {"finalizers": [HOLD]}})
    kube("delete", "deploy/web", "--cascade=foreground", "--wait=false")
    found = kube.get("deploy", "web")["metadata"]
    assert found["finalizers"] == ["foregroundDeletion"] and "deletionTimestamp" in found
    shared_box.objects.patch(at, {"metadata": {"finalizers": None}})
    kube("wait", "deploy/web", "--for=delete", "--timeout=20s")
    assert kube.names("all") == []


def test_orphans_stay_without_an_owner(judged: Kube) -> None:
    judged.apply(deployment())
    judged.rolled_out("deploy/web")
    judged("delete", "deploy/web", "--cascade=orphan")
    (found,) = judged.get("replicasets")["items"]
    assert "ownerReferences" not in found["metadata"]
    assert len(judged.names("pods")) == 1
    judged.apply(deployment())
    judged.rolled_out("deploy/web")


def test_orphans_are_not_ended_by_the_garbage_collector(kube: Kube, shared_box: Box) -> None:
    for name in ("one", "two"):
        kube.apply(config(name))
    owners = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": kube.get("cm", name)["metadata"]["uid"]}
        for name in ("one", "two")
    ]
    both, alone = config("both"), config("alone")
    both["metadata"]["ownerReferences"] = owners
    alone["metadata"]["ownerReferences"] = owners[:1]
    kube.apply(both, alone)
    kube("delete", "cm/one")
    assert kube.names("cm") == ["both", "two"]
    assert [o["name"] for o in kube.get("cm", "both")["metadata"]["ownerReferences"]] == ["two"]


def test_a_finalizer_holds_what_is_deleted(judged: Kube) -> None:
    judged.apply(config(finalizers=[HOLD]))
    judged("delete", "cm/settings", "--wait=false")
    judged("delete", "cm/settings", "--wait=false", "--force", "--grace-period=0")
    assert "deletionTimestamp" in judged.get("cm", "settings")["metadata"]
    more = '{"metadata":{"finalizers":["example.org/more","example.org/hold"]}}'
    assert "no new finalizers" in judged.refused("patch", "cm/settings", "--type=merge", "-p", more)
    judged("patch", "cm/settings", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    assert "NotFound" in judged.refused("get", "cm/settings")


def test_a_pod_ends_after_a_moment_and_at_once_by_force(judged: Kube) -> None:
    judged.apply(pod("slow"), pod("quick"))
    judged.wait("pod/slow", "condition=Ready")
    judged.wait("pod/quick", "condition=Ready")
    judged("delete", "pod/quick", "--force", "--grace-period=0", "--wait=false")
    assert "NotFound" in judged.refused("get", "pod/quick")
    judged("delete", "pod/slow")
    assert "NotFound" in judged.refused("get", "pod/slow")


def test_deletion_by_selector_takes_what_it_names(judged: Kube) -> None:
    judged.apply(config("a", labels={"x": "1"}), config("b", labels={"x": "1"}), config("c", labels={"x": "2"}))
    judged("delete", "cm", "-l", "x=1")
    assert judged.names("cm", "-l", "x") == ["c"]
    assert 'configmaps "a" not found' in judged.refused("delete", "cm/a")
    judged("delete", "cm/a", "--ignore-not-found")


def test_a_collection_is_deleted_at_once(kube: Kube) -> None:
    kube.apply(config("a", labels={"x": "1"}), config("b"))
    kube("delete", "--raw", f"/api/v1/namespaces/{kube.namespace}/configmaps?labelSelector=x%3D1")
    assert kube.names("cm") == ["b"]


def test_a_deletion_can_be_bound_to_the_object_that_was_seen(kube: Kube) -> None:
    kube.apply(config())
    options = '{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"other"}}'
    path = f"/api/v1/namespaces/{kube.namespace}/configmaps/settings"
    assert "Precondition failed" in kube.refused("delete", "--raw", path, "-f", "-", given=options)
    assert kube.names("cm") == ["settings"]


def test_a_namespace_takes_all_that_is_in_it_along(own: Kube, box: Box) -> None:
    own.apply(deployment(), config(finalizers=[HOLD]))
    own.rolled_out("deploy/web")
    other = len(box.objects.of("", "Pod"))
    own("delete", "namespace", own.namespace)
    until(box.objects, lambda: len(box.objects.of("", "Pod")) == other - 1)
    assert not [m for kind in (("", "ConfigMap"), ("apps", "ReplicaSet")) for m in box.objects.of(*kind)]
    assert "not found" in own.refused("apply", "-f", "-", given=config())


def test_what_kubectl_makes_by_itself_is_understood(own: Kube, box: Box) -> None:
    """It sends protobuf then."""
    own("create", "namespace", "made-here")
    own("create", "configmap", "made", "--from-literal=a=1")
    own("create", "secret", "generic", "hidden", "--from-literal=b=geheim")
    own("create", "serviceaccount", "robot")
    assert own.get("cm", "made")["data"] == {"a": "1"}
    assert own.get("secret", "hidden")["data"] == {"b": "Z2VoZWlt"}
    assert own.names("namespaces", "--field-selector=metadata.name=made-here") == ["made-here"]


def test_a_custom_resource_lives_without_its_controller(kube: Kube) -> None:
    spec = {"interval": "1m", "url": "https://git.example/a"}
    kube.apply(manifest("source.toolkit.fluxcd.io/v1", "GitRepository", "repo", spec=spec, finalizers=["flux.io/f"]))
    assert kube.get("gitrepo", "repo")["metadata"]["generation"] == 1
    kube("delete", "gitrepo/repo", "--wait=false")
    assert kube.names("gitrepo") == ["repo"]
