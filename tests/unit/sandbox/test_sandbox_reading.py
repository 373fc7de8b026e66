"""What kubectl reads from the embedded cluster, and how it is told that something is not there."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from programs import kubectl
from sandboxes import Box, Kube, config, deployment, manifest, pod

from liftlock.sandbox.server import write_kubeconfig


def test_an_object_is_read_by_name_as_json_yaml_and_path(judged: Kube) -> None:
    judged.apply(config(labels={"app": "web"}))
    found = judged.get("configmap", "settings")
    assert (found["apiVersion"], found["kind"], found["data"]) == ("v1", "ConfigMap", {"color": "blue"})
    assert {"uid", "resourceVersion", "creationTimestamp"} <= found["metadata"].keys()
    assert "color: blue" in judged("get", "cm/settings", "-o", "yaml")
    assert judged("get", "cm/settings", "-o", "jsonpath={.data.color}") == "blue"
    assert judged("get", "cm/settings", "--no-headers").split()[0] == "settings"


def test_a_list_names_the_kind_of_each_item(judged: Kube) -> None:
    judged.apply(config("a"), config("b"), deployment(replicas=0))
    found = judged.get("configmaps,deployments", "-l", "!kubernetes.io/unknown")
    names = [(i["kind"], i["metadata"]["name"]) for i in found["items"] if i["metadata"]["name"] != "kube-root-ca.crt"]
    assert names == [("ConfigMap", "a"), ("ConfigMap", "b"), ("Deployment", "web")]


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("tier=front", "a"),
        ("tier==front", "a"),
        ("tier!=front,tier", "b"),
        ("tier in (front, back)", "a b"),
        ("tier,tier notin (front)", "b"),
        ("tier", "a b"),
        ("!tier,kept", "c"),
        ("tier=front,kept", ""),
    ],
)
def test_label_selectors_choose(kube: Kube, selector: str, names: str) -> None:
    kube.apply(
        config("a", labels={"tier": "front"}), config("b", labels={"tier": "back"}), config("c", labels={"kept": ""})
    )
    assert kube.names("configmaps", "-l", selector) == names.split()


def test_label_selectors_choose_as_the_api_server_does(judged: Kube) -> None:
    judged.apply(config("a", labels={"tier": "front"}), config("b", labels={"tier": "back"}), config("c"))
    for selector, names in {"tier notin (front),tier!=x": "b c", "tier in (back,front)": "a b", "!tier": "c"}.items():
        assert judged.names("configmaps", "-l", f"{selector},kubernetes.io/x!=y") == [
            *names.split(),
            *(["kube-root-ca.crt"] if judged.box is None and "c" in names.split() else []),
        ]


def test_field_selectors_choose(judged: Kube) -> None:
    judged.apply(config("a"), config("b"))
    assert judged.names("configmaps", "--field-selector", "metadata.name=b") == ["b"]
    assert judged.names("configmaps", "--field-selector", "metadata.name!=b,metadata.name!=kube-root-ca.crt") == ["a"]


def test_a_selector_that_says_nothing_is_refused(judged: Kube) -> None:
    path = f"/api/v1/namespaces/{judged.namespace}/configmaps?labelSelector=a%20b"
    assert "unable to parse requirement" in judged.refused("get", "--raw", path)


def test_a_list_comes_in_pages(judged: Kube) -> None:
    judged.apply(*(config(f"c{number}", labels={"page": ""}) for number in range(5)))
    assert judged.names("configmaps", "-l", "page", "--chunk-size=2") == [f"c{number}" for number in range(5)]
    path = f"/api/v1/namespaces/{judged.namespace}/configmaps?limit=2"
    first = json.loads(judged("get", "--raw", path))
    assert len(first["items"]) == 2
    assert first["metadata"]["remainingItemCount"] == (3 if judged.box else 4)
    rest = json.loads(judged("get", "--raw", f"{path}0&continue={first['metadata']['continue']}"))
    assert [item["metadata"]["name"] for item in first["items"] + rest["items"]][:5] == [f"c{n}" for n in range(5)]
    assert "continue" not in rest["metadata"]


def test_a_page_of_a_forgotten_list_has_expired(own: Kube, box: Box) -> None:
    own.apply(config("a"), config("b"))
    path = f"/api/v1/namespaces/{own.namespace}/configmaps?limit=1"
    token = json.loads(own("get", "--raw", path))["metadata"]["continue"]
    box.server.forget_history()
    assert "too old" in own.refused("get", "--raw", f"{path}&continue={token}")
    assert "not valid" in own.refused("get", "--raw", f"{path}&continue=xyz")


def test_what_is_not_there_is_not_found(judged: Kube) -> None:
    assert 'configmaps "none" not found' in judged.refused("get", "configmap", "none")
    assert 'deployments.apps "none" not found' in judged.refused("get", "deployment", "none")
    assert "the server doesn't have a resource type" in judged.refused("get", "gadgets")
    assert "could not find the requested resource" in judged.refused("get", "--raw", "/apis/example.org/v1/gadgets")
    assert "could not find the requested resource" in judged.refused("get", "--raw", "/api/v1/gadgets")
    assert "NotFound" in judged.refused("get", "--raw", "/nothing")


def test_an_object_of_an_unknown_kind_cannot_be_made(judged: Kube) -> None:
    said = judged.refused("apply", "-f", "-", given=manifest("example.org/v1", "Gadget", "one"))
    assert 'no matches for kind "Gadget" in version "example.org/v1"' in said


def test_a_namespace_that_is_not_there_is_refused_and_its_list_is_empty(judged: Kube) -> None:
    said = judged.refused("create", "--namespace=sandbox-nowhere", "-f", "-", given=config())
    assert 'namespaces "sandbox-nowhere" not found' in said
    assert judged("get", "configmaps", "--namespace=sandbox-nowhere", "-o", "name") == ""


def test_discovery_tells_kinds_short_names_and_verbs(kube: Kube) -> None:
    told = kube("api-resources", "--verbs=list", "-o", "wide")
    rows = {line.split()[0]: line for line in told.splitlines()}
    assert "deploy" in rows["deployments"] and "apps/v1" in rows["deployments"] and "all" in rows["deployments"]
    assert "kustomize.toolkit.fluxcd.io/v1" in rows["kustomizations"]
    assert "apps/v1" in kube("api-versions").split()
    assert kube("version").endswith("Server Version: v1.37.1\n")
    assert kube("get", "--raw", "/readyz") == "ok"


def test_older_clients_discover_without_the_aggregated_document(kube: Kube) -> None:
    groups = {group["name"] for group in json.loads(kube("get", "--raw", "/apis"))["groups"]}
    assert {"apps", "batch", "authorization.k8s.io"} <= groups
    names = [row["name"] for row in json.loads(kube("get", "--raw", "/apis/apps/v1"))["resources"]]
    assert {"deployments", "deployments/scale", "deployments/status"} <= set(names)
    assert json.loads(kube("get", "--raw", "/api"))["versions"] == ["v1"]


def test_events_are_read_by_what_they_are_about(judged: Kube) -> None:
    judged.apply(pod(image="registry/one:missing"), config())
    judged.wait("pod/one", "jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff")
    told = judged("events", "--for=pod/one", "--types=Warning", "--no-headers")
    assert 'Failed to pull image "registry/one:missing"' in told
    assert len(judged.names("events", "--field-selector=involvedObject.name=one,type=Warning")) > 1
    assert judged.names("events", "--field-selector=involvedObject.name=settings") == []
    assert "ImagePullBackOff" in judged("describe", "pod", "one")


def test_nobody_gets_in_without_the_token(shared_box: Box, tmp_path: Path) -> None:
    server = shared_box.server
    for path, token, code in (
        ("/api/v1/pods", "", 401),
        ("/api/v1/pods", "wrong", 401),
        ("/wrong/api/v1/pods", "", 401),
        ("/api/v1/pods", server.token, 200),
        (f"/{server.token}/api/v1/pods", "", 200),
    ):
        request = urllib.request.Request(server.url + path, headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                got, said = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            got, said = error.code, error.read()
        assert got == code, path
        assert (json.loads(said)["kind"] == "Status") is (code == 401)


def test_a_kubeconfig_has_a_context_for_each_server(box: Box, tmp_path: Path) -> None:
    path = tmp_path / "both"
    write_kubeconfig(path, {"first": box.server, "second": box.server}, "second")
    assert path.stat().st_mode & 0o077 == 0
    told = [f"--kubeconfig={path}", "config"]
    contexts = subprocess.run([kubectl(), *told, "get-contexts", "-o", "name"], capture_output=True, text=True)
    assert contexts.stdout.split() == ["first", "second"]


def test_what_is_denied_is_forbidden_and_can_be_asked_for(own: Kube, box: Box) -> None:
    box.server.denied = lambda verb, group, plural, namespace: (verb, plural) == ("patch", "configmaps")
    own.apply(config("a"))
    assert "configmaps is forbidden" in own.refused("label", "configmap", "a", "x=y")
    assert own("auth", "can-i", "get", "configmaps").strip() == "yes"
    assert own.run("auth", "can-i", "patch", "configmaps").stdout.strip() == "no"
