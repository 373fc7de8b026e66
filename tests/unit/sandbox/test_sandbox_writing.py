"""What kubectl writes to the embedded cluster: both kinds of apply, patches, dry runs, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sandboxes import Kube, config, deployment, job, manifest, pod, workload


def managers(found: dict[str, Any]) -> dict[tuple[str, str, str], Any]:
    entries = found["metadata"]["managedFields"]
    return {(e["manager"], e["operation"], e.get("subresource", "")): e["fieldsV1"] for e in entries}


def owned(kube: Kube, *what: str) -> dict[tuple[str, str, str], Any]:
    return managers(kube.get(*what, "--show-managed-fields"))


def test_client_side_apply_creates_changes_and_leaves_alone(judged: Kube) -> None:
    assert judged.apply(config(data={"a": "1", "b": "2"}, labels={"x": "1"})) == "configmap/settings created\n"
    assert judged.apply(config(data={"a": "1", "b": "2"}, labels={"x": "1"})) == "configmap/settings unchanged\n"
    judged("annotate", "cm/settings", "kept=yes")
    assert judged.apply(config(data={"a": "3"})) == "configmap/settings configured\n"
    found = judged.get("cm", "settings")
    assert found["data"] == {"a": "3"}
    assert "labels" not in found["metadata"]
    assert found["metadata"]["annotations"]["kept"] == "yes"
    assert found["metadata"]["creationTimestamp"]


def test_client_side_apply_merges_containers_by_name(judged: Kube) -> None:
    judged.apply(deployment(replicas=0))
    side = '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"b:1"}]}}}}'
    judged("patch", "deploy/web", "-p", side)
    judged.apply(deployment(image="registry/web:2.0", replicas=0))
    containers = judged.get("deploy", "web")["spec"]["template"]["spec"]["containers"]
    assert {c["name"]: c["image"] for c in containers} == {"side": "b:1", "app": "registry/web:2.0"}
    judged("patch", "deploy/web", "-p", side.replace('"image":"b:1"', '"$patch":"delete"'))
    assert len(judged.get("deploy", "web")["spec"]["template"]["spec"]["containers"]) == 1


def test_what_the_server_fills_in_is_there_and_belongs_to_who_created_it(judged: Kube) -> None:
    judged.apply(deployment(replicas=0))
    found = judged.get("deploy", "web", "--show-managed-fields")
    assert found["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": "25%", "maxUnavailable": "25%"}
    assert (found["spec"]["progressDeadlineSeconds"], found["spec"]["revisionHistoryLimit"]) == (600, 10)
    container = found["spec"]["template"]["spec"]["containers"][0]
    assert (container["imagePullPolicy"], container["terminationMessagePolicy"]) == ("IfNotPresent", "File")
    fields = managers(found)["kubectl-client-side-apply", "Update", ""]["f:spec"]
    assert fields["f:strategy"] == {
        "f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}},
        "f:type": {},
    }
    assert fields["f:selector"] == {}


def test_server_side_apply_owns_what_it_names_and_takes_back_what_it_leaves_out(judged: Kube) -> None:
    judged.server_side(config(data={"a": "1", "b": "2"}), manager="one")
    assert owned(judged, "cm", "settings") == {("one", "Apply", ""): {"f:data": {"f:a": {}, "f:b": {}}}}
    judged.server_side(config(data={"a": "1"}), manager="two")
    judged.server_side(config(data={"b": "2"}), manager="one")
    assert judged.get("cm", "settings")["data"] == {"a": "1", "b": "2"}
    judged.server_side(config(data={"b": "2"}), manager="two")
    assert judged.get("cm", "settings")["data"] == {"b": "2"}
    assert set(owned(judged, "cm", "settings")) == {("one", "Apply", ""), ("two", "Apply", "")}


def test_server_side_apply_stops_at_fields_of_others_unless_it_is_forced(judged: Kube) -> None:
    judged.server_side(deployment(replicas=0), manager="one")
    judged("set", "image", "deploy/web", "app=registry/web:2.0")
    judged("scale", "deploy/web", "--replicas=1")
    said = judged.refused("apply", "--server-side", "--field-manager=one", "-f", "-", given=deployment(replicas=0))
    assert said.startswith(
        'error: Apply failed with 2 conflicts: conflicts with "kubectl" with subresource "scale" using apps/v1:\n'
        '- .spec.replicas\nconflicts with "kubectl-set" using apps/v1:\n'
        '- .spec.template.spec.containers[name="app"].image\n'
    )
    judged(
        "apply", "--server-side", "--field-manager=one", "--force-conflicts", "-f", "-", given=deployment(replicas=0)
    )
    found = judged.get("deploy", "web", "--show-managed-fields")
    assert (found["spec"]["replicas"], found["spec"]["template"]["spec"]["containers"][0]["image"]) == (
        0,
        "registry/web:1.0",
    )
    assert {manager for manager, _, subresource in managers(found) if subresource != "status"} == {"one"}


def test_one_conflict_is_told_in_one_line(judged: Kube) -> None:
    judged.server_side(config(data={"a": "1"}), manager="one")
    said = judged.refused(
        "apply", "--server-side", "--field-manager=two", "-f", "-", given=config(data={"a": "2", "b": "3"})
    )
    assert said.startswith('error: Apply failed with 1 conflict: conflict with "one": .data.a\n')
    assert judged.get("cm", "settings")["data"] == {"a": "1"}


def test_server_side_apply_replaces_a_selector_as_a_whole(judged: Kube) -> None:
    spec = {"ports": [{"port": 80}], "selector": {"app": "web", "tier": "front"}}
    judged.server_side(manifest("v1", "Service", "web", spec=spec))
    judged.server_side(manifest("v1", "Service", "web", spec={**spec, "selector": {"app": "web"}}))
    assert judged.get("svc", "web")["spec"]["selector"] == {"app": "web"}


def test_kubectl_takes_over_what_it_applied_by_itself(judged: Kube) -> None:
    judged.apply(config(data={"a": "1"}))
    judged("apply", "--server-side", "-f", "-", given=config(data={"a": "2"}))
    found = judged.get("cm", "settings", "--show-managed-fields")
    assert found["data"] == {"a": "2"}
    assert ("kubectl-client-side-apply", "Update", "") not in managers(found)
    last = found["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
    assert '"data":{"a":"2"}' in last


@pytest.mark.parametrize("how", [(), ("--server-side",), ("--server-side", "--force-conflicts")])
def test_a_diff_tells_what_would_change_and_changes_nothing(judged: Kube, how: tuple[str, ...]) -> None:
    judged.apply(config(data={"a": "1", "b": "2"}))
    version = judged.get("cm", "settings")["metadata"]["resourceVersion"]
    done = judged.run("diff", *how, "-f", "-", given=config(data={"a": "9", "b": "2"}))
    assert (done.returncode, done.stderr) == (1, "")
    assert '-  a: "1"\n+  a: "9"' in done.stdout
    assert judged.get("cm", "settings")["metadata"]["resourceVersion"] == version
    assert judged.run("diff", "-f", "-", given=config(data={"a": "1", "b": "2"})).returncode == 0
    new = judged.run("diff", *how, "-f", "-", given=config("other"))
    assert new.returncode == 1 and "+  name: other" in new.stdout


def test_a_diff_of_a_deployment_names_only_what_changes(judged: Kube) -> None:
    judged.apply(deployment(replicas=0))
    done = judged.run("diff", "-f", "-", given=deployment(image="registry/web:2.0", replicas=0))
    lines = [line for line in done.stdout.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert [line.strip("+- ") for line in lines if "generation" not in line] == [
        "image: registry/web:1.0",
        "image: registry/web:2.0",
    ]


def test_a_dry_run_keeps_nothing(judged: Kube) -> None:
    judged.apply(config(data={"a": "1"}))
    for how in ((), ("--server-side", "--force-conflicts")):
        told = judged("apply", *how, "--dry-run=server", "-o", "json", "-f", "-", given=config(data={"a": "2"}))
        assert '"a": "2"' in told
        judged("apply", *how, "--dry-run=server", "-f", "-", given=config("new"))
    judged("delete", "cm/settings", "--dry-run=server")
    judged("patch", "cm/settings", "--dry-run=server", "-p", '{"data":{"a":"3"}}')
    assert judged.get("cm", "settings")["data"] == {"a": "1"}
    assert "NotFound" in judged.refused("get", "cm", "new")
    assert "is invalid" in judged.refused("apply", "--dry-run=server", "-f", "-", given=config("Bad_Name"))


@pytest.mark.parametrize(
    ("kind", "patch", "data"),
    [
        ("merge", '{"data":{"a":null,"c":"3"}}', {"b": "2", "c": "3"}),
        ("strategic", '{"data":{"a":"9"}}', {"a": "9", "b": "2"}),
        ("json", '[{"op":"test","path":"/data/a","value":"1"},{"op":"remove","path":"/data/a"}]', {"b": "2"}),
        ("json", '[{"op":"add","path":"/data/c~1d","value":"3"}]', None),
        ("json", '[{"op":"move","from":"/data/a","path":"/data/c"}]', {"b": "2", "c": "1"}),
        ("json", '[{"op":"copy","from":"/data/a","path":"/data/c"}]', {"a": "1", "b": "2", "c": "1"}),
        ("json", '[{"op":"replace","path":"/data/c","value":"3"}]', {"a": "1", "b": "2", "c": "3"}),
        ("json", '[{"op":"test","path":"/data/a","value":"2"}]', None),
        ("json", '[{"op":"remove","path":"/data/c"}]', None),
        ("json", '[{"op":"jump","path":"/data/a"}]', None),
        ("merge", '{"data":{"a":1}}', None),
        ("merge", '{"metadata":{"resourceVersion":"1"},"data":{"a":"2"}}', None),
        ("merge", '{"metadata":{"uid":"1"},"data":{"a":"2"}}', None),
    ],
)
def test_a_patch_of_each_kind(judged: Kube, kind: str, patch: str, data: dict[str, str] | None) -> None:
    judged.apply(config(data={"a": "1", "b": "2"}))
    if data is None:
        judged.refused("patch", "cm/settings", f"--type={kind}", "-p", patch)
        data = {"a": "1", "b": "2"}
    else:
        judged("patch", "cm/settings", f"--type={kind}", "-p", patch)
    assert judged.get("cm", "settings")["data"] == data


def test_a_custom_resource_takes_no_strategic_patch(kube: Kube) -> None:
    spec = {"url": "https://git.example/a", "interval": "1m"}
    kube.apply(manifest("source.toolkit.fluxcd.io/v1", "GitRepository", "repo", spec=spec))
    said = kube.refused("patch", "gitrepo/repo", "--type=strategic", "-p", '{"spec":{"interval":"2m"}}')
    assert "unknown format" in said or "not supported" in said
    kube("patch", "gitrepo/repo", "--type=merge", "-p", '{"spec":{"interval":"2m"}}')
    assert kube.get("gitrepo", "repo")["spec"]["interval"] == "2m"


def test_labels_that_are_all_taken_away_leave_no_owner(judged: Kube) -> None:
    judged.server_side(config(), manager="one")
    judged("label", "cm/settings", "x=1")
    assert owned(judged, "cm", "settings")["kubectl-label", "Update", ""] == {
        "f:metadata": {"f:labels": {".": {}, "f:x": {}}}
    }
    judged("label", "cm/settings", "x-")
    assert set(owned(judged, "cm", "settings")) == {("one", "Apply", "")}


def test_scaling_goes_through_the_scale(judged: Kube) -> None:
    judged.apply(deployment(replicas=1))
    assert "Expected replicas to be 3" in judged.refused("scale", "deploy/web", "--replicas=2", "--current-replicas=3")
    judged("scale", "deploy/web", "--replicas=2", "--current-replicas=1")
    assert judged.get("deploy", "web")["metadata"]["generation"] == 2
    assert judged("get", "deploy/web", "--subresource=scale", "-o", "jsonpath={.kind} {.spec.replicas}") == "Scale 2"
    assert owned(judged, "deploy", "web")["kubectl", "Update", "scale"] == {"f:spec": {"f:replicas": {}}}


def test_status_is_written_beside_the_rest(judged: Kube) -> None:
    judged.apply(deployment(replicas=0, paused=True))
    patch = '{"status":{"collisionCount":3},"spec":{"replicas":7}}'
    judged("patch", "deploy/web", "--subresource=status", "--type=merge", "-p", patch)
    judged("patch", "deploy/web", "--type=merge", "-p", '{"status":{"collisionCount":9}}')
    found = judged.get("deploy", "web")
    assert (found["spec"]["replicas"], found["status"]["collisionCount"]) == (0, 3)
    assert found["metadata"]["generation"] == 1


def test_a_replacement_has_to_know_the_latest_version(judged: Kube) -> None:
    judged.apply(config())
    stale = judged.get("cm", "settings")
    judged("label", "cm/settings", "x=1")
    assert "the object has been modified" in judged.refused("replace", "-f", "-", given=stale)
    judged("replace", "-f", "-", given=config(data={"new": "1"}))
    assert judged.get("cm", "settings")["data"] == {"new": "1"}
    assert "not found" in judged.refused("replace", "-f", "-", given=config("none"))


def test_what_is_there_cannot_be_created_again(judged: Kube) -> None:
    judged("create", "-f", "-", given=config())
    assert 'configmaps "settings" already exists' in judged.refused("create", "-f", "-", given=config())
    named = judged("create", "-o", "name", "-f", "-", given=manifest("v1", "ConfigMap", "", data={}) | _prefixed())
    assert len(named.strip().removeprefix("configmap/made-")) == 5


def _prefixed() -> dict[str, Any]:
    return {"metadata": {"generateName": "made-"}}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (config("Bad_Name"), 'metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist'),
        (deployment(selector={"matchLabels": {"app": "x"}}), "`selector` does not match template `labels`"),
        (deployment(replicas=-1), "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        (deployment(replicas="three"), ""),
        (config(data={"a": 1}), ""),
        (config(labels={"a": True}), ""),
        (job(template={"spec": {"containers": [{"name": "a", "image": "b"}]}}), "spec.template.spec.restartPolicy"),
        (manifest("v1", "Service", "web", spec={"clusterIP": ""}), "spec.ports: Required value"),
        (pod(spec={"containers": [{"name": "a", "image": "b"}] * 2}), 'Duplicate value: "a"'),
        (pod(spec={"restartPolicy": "Maybe"}), "restartPolicy: Unsupported value"),
    ],
)
def test_an_object_that_is_not_valid_is_refused(judged: Kube, given: dict[str, Any], said: str) -> None:
    """Without the checks of the client, which are the same everywhere."""
    assert said in judged.refused("create", "--validate=false", "-f", "-", given=given)
    assert judged.run("get", f"{given['kind']}/{given['metadata']['name']}").returncode == 1


def test_what_cannot_change_does_not(judged: Kube) -> None:
    judged.apply(deployment(replicas=0), workload("StatefulSet", "db", replicas=0), job(suspend=True), pod("still"))
    patch = '{"spec":{"selector":{"matchLabels":{"x":"y"}},"template":{"metadata":{"labels":{"x":"y"}}}}}'
    assert "field is immutable" in judged.refused("patch", "deploy/web", "-p", patch)
    for field, value in (("podManagementPolicy", "Parallel"), ("serviceName", "x")):
        said = judged.refused("patch", "sts/db", "--type=merge", "-p", json.dumps({"spec": {field: value}}))
        assert f'spec.{field}: Invalid value: "{value}": field is immutable' in said
    assert "field is immutable" in judged.refused(
        "apply", "-f", "-", given=job(image="registry/task:2.0", suspend=True)
    )
    assert "pod updates may not change" in judged.refused("patch", "pod/still", "-p", '{"spec":{"hostNetwork":true}}')


def test_a_secret_keeps_its_text_encoded(judged: Kube) -> None:
    judged.apply(manifest("v1", "Secret", "key", stringData={"password": "geheim"}))
    assert judged.get("secret", "key")["data"] == {"password": "Z2VoZWlt"}
    assert judged.get("secret", "key")["type"] == "Opaque"
