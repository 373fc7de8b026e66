"""What an apply makes of an object, worked out without the server."""

from __future__ import annotations

from typing import Any

import pytest
from owned_objects import deep, entry, owned

from liftlock.cluster.livediff.quantities import same_amount, same_data
from liftlock.cluster.livediff.schema import schema_from_openapi, schema_of
from liftlock.cluster.livediff.structural import owned_part, predicted


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        ("1", "1000m"),
        (1, "1"),
        ("1e3", "1k"),
        ("1E", "1e18"),
        ("100u", "0.1m"),
        ("0.1", "100m"),
        (0.5, "500m"),
        ("+2", 2),
        ("1.5Gi", "1536Mi"),
    ],
)
def test_amounts_that_are_equal(one: Any, other: Any):
    assert same_amount(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("1G", "1Gi"), ("1", "1m"), ("a", "a"), (True, 1), ("", ""), ("1x", "1x"), (None, None)]
)
def test_amounts_that_are_not(one: Any, other: Any):
    assert not same_amount(one, other)


def test_data_is_compared_by_its_bytes():
    assert same_data("aGVsbG8=", "aGVs\nbG8=\n")
    assert not same_data("aGVsbG8=", "aGVsbG9v")
    assert not same_data("%", "%")


def structural(live: Any, desired: Any, original: Any, kind: str = "Deployment", server_side: bool = False) -> Any:
    group = "apps" if kind == "Deployment" else ""
    return predicted(live, desired, original, schema_of(group, kind), server_side=server_side)


def test_another_spelling_is_no_change():
    def template(**container: Any) -> dict[str, Any]:
        return {"spec": {"template": {"spec": {"containers": [{"name": "web", **container}]}}}}

    live = template(
        resources={"limits": {"cpu": "500m", "memory": "1Gi"}},
        ports=[{"containerPort": 80, "protocol": "TCP"}],
        terminationMessagePath="/dev/termination-log",
        securityContext={},
    )
    wanted = template(
        resources={"limits": {"cpu": 0.5, "memory": "1024Mi"}}, ports=[{"containerPort": 80}], env=[], command=None
    )
    assert structural(live, wanted, {})["spec"] == live["spec"]


def test_items_of_replaced_lists_keep_their_defaults():
    live = {"subjects": [{"kind": "User", "name": "ann", "apiGroup": "rbac.authorization.k8s.io"}]}
    assert structural(live, {"subjects": [{"kind": "User", "name": "ann"}]}, {})["subjects"] == live["subjects"]
    other = {"subjects": [{"kind": "User", "name": "bob"}]}
    assert structural(live, other, {})["subjects"] == other["subjects"]


def test_what_was_applied_in_an_item_of_a_replaced_list_goes():
    live = {"spec": {"rules": [{"host": "a", "http": {}}]}}
    assert structural(live, {"spec": {"rules": [{"host": "a"}]}}, live)["spec"]["rules"] == [{"host": "a"}]


def test_removals_of_server_side_apply_are_judged_by_ownership():
    live = owned(
        entry(
            "kustomize-controller",
            {
                "f:metadata": {"f:labels": {"f:old": {}, "f:app": {}}},
                **deep(**{".": {}, "f:env": {".": {}, 'k:{"name":"A"}': {".": {}}}}),
            },
            "Apply",
        ),
        entry("injector", deep(**{"f:env": {'k:{"name":"B"}': {".": {}}}})),
        spec={"template": {"spec": {"containers": [{"name": "web", "env": [{"name": "A"}, {"name": "B"}]}]}}},
    )
    live["metadata"]["labels"] = {"old": "1", "app": "web", "foreign": "1"}
    original = owned_part(live, "kustomize-controller", flux=True)
    wanted = {
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {"template": {"spec": {"containers": [{"name": "web"}]}}},
    }
    made = structural(live, wanted, original, server_side=True)
    assert made["metadata"]["labels"] == {"app": "web", "foreign": "1"}
    (container,) = made["spec"]["template"]["spec"]["containers"]
    assert container.get("env", []) in ([{"name": "B"}], [])


def test_secrets_are_compared_by_their_bytes():
    live = {"kind": "Secret", "data": {"a": "aGVsbG8="}}
    assert structural(live, {"kind": "Secret", "data": {"a": "aGVsbG8=\n"}}, {}, "Secret")["data"] == live["data"]


def test_custom_lists_merge_as_their_schema_says():
    ports = {
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
        "items": {"type": "object", "properties": {"name": {}, "port": {}}},
    }
    kind = {"group": "x.io", "version": "v1", "kind": "Thing"}
    document = {
        "components": {
            "schemas": {
                "Thing": {
                    "x-kubernetes-group-version-kind": [kind],
                    "properties": {"spec": {"properties": {"ports": ports, "tags": {"x-kubernetes-list-type": "set"}}}},
                }
            }
        }
    }
    schema = schema_from_openapi(document, "x.io", "v1", "Thing")
    live = {"spec": {"ports": [{"name": "a", "port": 1}, {"name": "b", "port": 2}], "tags": ["x", "y"]}}
    wanted = {"spec": {"ports": [{"name": "b", "port": 3}], "tags": ["y"]}}
    made = predicted(live, wanted, {}, schema, server_side=True)
    assert made["spec"] == {"ports": [{"name": "a", "port": 1}, {"name": "b", "port": 3}], "tags": ["x", "y"]}
