"""What controllers are told to leave alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from owned_objects import entry

from liftlock.cluster.livediff.ignoring import (
    argo_rules,
    argo_settings_rules,
    flux_rules,
    jq_path,
    left_alone,
    places,
    pointer,
)
from liftlock.model.diff import ObjectKey

KEY = ObjectKey("apps", "Deployment", "shop", "web")


LIVE: dict[str, Any] = {
    "metadata": {"name": "web", "annotations": {"a/b": "1", "keep": "2"}, "labels": {"tier": "front"}},
    "spec": {
        "replicas": 5,
        "template": {
            "spec": {"containers": [{"name": "web", "image": "web:1", "resources": {"limits": {"cpu": "1"}}}]}
        },
    },
}
WANTED: dict[str, Any] = json.loads(json.dumps(LIVE))
WANTED["spec"]["replicas"] = 2
WANTED["metadata"]["annotations"]["a/b"] = "9"
WANTED["spec"]["template"]["spec"]["containers"][0].update(image="web:2", resources={"limits": {"cpu": "2"}})


def ignoring(*rules: dict[str, Any]) -> dict[str, Any]:
    return left_alone(argo_rules(rules), KEY, LIVE, WANTED)


def test_json_pointers_leave_fields_as_they_are():
    made = ignoring(
        {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas", "/metadata/annotations/a~1b"]}
    )
    assert made["spec"]["replicas"] == 5
    assert made["metadata"]["annotations"]["a/b"] == "1"
    assert made["spec"]["template"] == WANTED["spec"]["template"]
    assert WANTED["spec"]["replicas"] == 2


def test_a_pointer_into_a_list():
    made = ignoring({"kind": "Deployment", "jsonPointers": ["/spec/template/spec/containers/0/image"]})
    assert made["spec"]["template"]["spec"]["containers"][0]["image"] == "web:1"


def test_a_field_that_is_not_live_stays_away():
    made = left_alone(
        argo_rules([{"kind": "*", "jsonPointers": ["/spec/paused"]}]), KEY, {"spec": {}}, {"spec": {"paused": True}}
    )
    assert made == {"spec": {}}


def test_a_field_that_goes_is_put_back():
    made = left_alone(
        argo_rules([{"kind": "*", "jsonPointers": ["/spec/a/b"]}]), KEY, {"spec": {"a": {"b": 1}}}, {"spec": {}}
    )
    assert made == {"spec": {"a": {"b": 1}}}


def test_rules_for_others_do_not_hold():
    assert ignoring({"kind": "StatefulSet", "jsonPointers": ["/spec/replicas"]}) == WANTED
    assert ignoring({"kind": "Deployment", "name": "api", "jsonPointers": ["/spec/replicas"]}) == WANTED
    assert ignoring({"group": "*.k8s.io", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}) == WANTED


@pytest.mark.parametrize(
    "text",
    [
        ".spec.template.spec.containers[].image",
        '.spec.template.spec.containers[] | select(.name == "web") | .image',
        '.spec.template.spec.containers[]?|select(.name=="web").image',
        ".spec.template.spec.containers[0].image",
        '.spec.template.spec["containers"][].image',
        '.spec.template.spec."containers"[].image',
    ],
)
def test_jq_paths(text: str):
    steps = jq_path(text)
    assert steps is not None
    assert list(places(LIVE, steps)) == [("spec", "template", "spec", "containers", 0, "image")]


def test_a_jq_select_that_meets_nothing():
    assert (
        ignoring(
            {"kind": "Deployment", "jqPathExpressions": ['.spec.template.spec.containers[] | select(.name == "x")']}
        )
        == WANTED
    )


@pytest.mark.parametrize(
    "text", ["del(.spec)", ".spec | keys", ".. | .image?", '.a[] | select(.b | test("x"))', ".a + .b", "walk(.)", ""]
)
def test_jq_that_is_more_than_a_path_is_not_understood(text: str):
    assert jq_path(text) is None


def test_what_is_not_understood_is_told():
    (rule,) = argo_rules([{"kind": "Deployment", "jqPathExpressions": [".spec.replicas", "del(.x)"]}])
    assert rule.unknown == ("del(.x)",)
    assert left_alone([rule], KEY, LIVE, WANTED)["spec"]["replicas"] == 5


def test_managers_whose_fields_are_left_alone():
    live = {**LIVE, "metadata": {**LIVE["metadata"], "managedFields": [entry("hpa", {"f:spec": {"f:replicas": {}}})]}}
    made = left_alone(argo_rules([{"kind": "Deployment", "managedFieldsManagers": ["hpa"]}]), KEY, live, WANTED)
    assert made["spec"]["replicas"] == 5
    assert made["spec"]["template"] == WANTED["spec"]["template"]


def test_flux_rules_take_regular_expressions_and_selectors():
    def ignored(**target: str) -> bool:
        rules = flux_rules([{"paths": ["/spec/replicas"], "target": target}])
        return bool(left_alone(rules, KEY, LIVE, WANTED)["spec"]["replicas"] == 5)

    assert ignored(kind="Deployment", name="we.*")
    assert ignored(labelSelector="tier=front")
    assert ignored(labelSelector="tier!=back", annotationSelector="keep")
    assert not ignored(kind="Deploy")
    assert not ignored(labelSelector="tier=back")
    assert not ignored(annotationSelector="missing")


def test_the_empty_flux_path_ignores_the_object():
    assert left_alone(flux_rules([{"paths": [""]}]), KEY, LIVE, WANTED) == LIVE


def test_rules_of_argocd_cm():
    rules = argo_settings_rules(
        {
            "resource.customizations.ignoreDifferences.apps_Deployment": "jsonPointers: [/spec/replicas]",
            "resource.customizations.ignoreDifferences.all": "managedFieldsManagers: [x]",
            "resource.customizations.health.apps_Deployment": "…",
            "resource.customizations.ignoreDifferences.a_B": ": bad : yaml",
        }
    )
    assert [(rule.group, rule.kind) for rule in rules] == [("apps", "Deployment"), ("", "")]


def test_pointers_know_their_escapes():
    assert pointer("/a~1b/c~0d/0") == (("at", "a/b"), ("at", "c~d"), ("at", "0"))
