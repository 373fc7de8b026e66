"""Who owns fields, and what Flux takes over."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from owned_objects import deep, entry, owned

from liftlock.cluster.livediff.fieldsets import taken_out, union, without
from liftlock.cluster.livediff.ownership import authors, located, without_moved
from liftlock.model.diff import FieldChange


def test_authors_of_fields():
    live = owned(
        entry("kustomize-controller", {"f:spec": {"f:paused": {}}, **deep(**{".": {}, "f:image": {}})}, "Apply"),
        entry("kubectl", {"f:spec": {"f:replicas": {}}}, subresource="scale", time="2024-01-01T00:05:00Z"),
        entry("kubectl-set", deep(**{"f:image": {}}), time="2024-01-01T00:09:00Z"),
        spec={"replicas": 5, "template": {"spec": {"containers": [{"name": "side"}, {"name": "web", "image": "x"}]}}},
    )
    image = FieldChange("spec.template.spec.containers[name=web].image", "x", "y")
    found = authors(live, [FieldChange("spec.replicas", "5", "2"), image])
    assert [(a.path, a.manager, a.operation) for a in found] == [
        ("spec.replicas", "kubectl", "scale"),
        (image.path, "kubectl-set", "Update"),
        (image.path, "kustomize-controller", "Apply"),
    ]
    assert found[0].at == 1704067500.0


def test_authors_of_a_field_with_dots_and_of_a_place_in_a_list():
    live = {
        "metadata": {
            "annotations": {"a.b/c": "1", "a": "2"},
            "managedFields": [
                entry("x", {"f:metadata": {"f:annotations": {"f:a.b/c": {}}}}),
                entry("y", {"f:spec": {"f:args": {}}}),
            ],
        },
        "spec": {"args": ["one", "two"]},
    }
    assert [a.manager for a in authors(live, ["metadata.annotations.a.b/c", "spec.args[1]"])] == ["x", "y"]
    assert authors(live, ["metadata.annotations.a", "spec.nowhere"]) == ()


def test_a_path_leads_to_its_place():
    live = {"spec": {"ports": [{"port": 80}, {"port": 80, "protocol": "UDP", "name": "dns"}]}}
    assert located(live, "spec.ports[port=80,protocol=UDP].name") == ("spec", "ports", 1, "name")
    assert located(live, "spec.ports[name=dns]") == ("spec", "ports", 1)
    assert located(live, "spec.ports.(order)") == ("spec", "ports")
    assert located(live, "spec.other") is None


def test_flux_takes_out_what_kubectl_added():
    live = owned(
        entry("kustomize-controller", deep(**{".": {}, "f:name": {}, "f:image": {}}), "Apply"),
        entry(
            "kubectl-set",
            deep(**{"f:env": {".": {}, 'k:{"name":"DEBUG"}': {".": {}, "f:name": {}, "f:value": {}}}}),
        ),
        entry("dashboard", {"f:spec": {"f:paused": {}}}),
        entry("kubectl", {"f:spec": {"f:replicas": {}}}, subresource="scale"),
        spec={
            "paused": True,
            "replicas": 4,
            "template": {
                "spec": {"containers": [{"name": "web", "image": "x", "env": [{"name": "DEBUG", "value": "1"}]}]}
            },
        },
    )
    left = without_moved(live, live, "kustomize-controller")
    assert left is not None
    assert left["spec"] == {
        "paused": True,
        "replicas": 4,
        "template": {"spec": {"containers": [{"name": "web", "image": "x"}]}},
    }


def test_flux_leaves_what_nobody_of_kubectl_added():
    live = owned(
        entry("kustomize-controller", {"f:spec": {"f:a": {}}}, "Apply"), entry("argo", {"f:spec": {"f:b": {}}})
    )
    assert without_moved(live, live, "kustomize-controller") is None


def test_what_kubectl_and_git_both_set_stays():
    fields = {"f:spec": {"f:replicas": {}}}
    live = owned(entry("kubectl-edit", fields), entry("kustomize-controller", fields, "Apply"), spec={"replicas": 1})
    assert without_moved(live, live, "kustomize-controller") is None


SETS = st.recursive(
    st.just({}),
    lambda inner: st.dictionaries(st.sampled_from(["f:a", "f:b", "f:c", "."]), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(SETS, SETS)
def test_a_set_without_what_is_in_it_is_empty(one: Any, other: Any):
    assert without(one, union(one, other)) == {}


def test_an_item_in_which_others_own_something_stays():
    item = 'k:{"name":"a"}'
    value = {"list": [{"name": "a", "mine": 1, "theirs": 2}, {"name": "b"}]}
    left = taken_out(value, {"f:list": {item: {".": {}, "f:mine": {}}}}, {"f:list": {item: {"f:theirs": {}}}})
    assert left == {"list": [{"name": "a", "theirs": 2}, {"name": "b"}]}
