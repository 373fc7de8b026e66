"""Objects before and after: matched, without noise, field by field."""

from __future__ import annotations

import copy
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.diffing import diff_objects
from liftlock.diffing.fields import changes, merged, walk
from liftlock.model.diff import FieldChange, LineKind, ObjectKey, Status
from liftlock.text import printable


def load(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop, labels: {}, creationTimestamp: null}
spec:
  replicas: 2
  template:
    metadata: {creationTimestamp: null, annotations: {}}
    spec:
      containers:
      - name: side
        image: side:1
      - name: api
        image: ghcr.io/acme/api:1.4.2
        env: [{name: LEVEL, value: info}]
status: {replicas: 2}
"""


def deployment() -> dict[str, Any]:
    return load(DEPLOYMENT)[0]


def test_a_changed_image_is_one_field_named_by_its_container() -> None:
    (diff,) = diff_objects([deployment()], load(DEPLOYMENT.replace("1.4.2", "1.5.0")))
    assert diff.key == ObjectKey("apps", "Deployment", "shop", "api")
    assert diff.status is Status.MODIFIED
    assert diff.fields == (
        FieldChange(
            "spec.template.spec.containers[name=api].image", "ghcr.io/acme/api:1.4.2", "ghcr.io/acme/api:1.5.0"
        ),
    )
    changed = [line.text for line in diff.lines if line.kind in (LineKind.ADD, LineKind.REMOVE)]
    assert changed == ["        image: ghcr.io/acme/api:1.4.2", "        image: ghcr.io/acme/api:1.5.0"]
    assert [line.text for line in diff.lines][:3] == ["apiVersion: apps/v1", "kind: Deployment", "metadata:"]


def test_noise_is_no_difference() -> None:
    live = deployment()
    live["metadata"] |= {
        "uid": "1",
        "resourceVersion": "7",
        "generation": 3,
        "managedFields": [{"manager": "x"}],
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
    }
    live["status"] = {"replicas": 9}
    del live["spec"]["template"]["metadata"]
    assert diff_objects([deployment()], [live]) == ()


def test_the_order_of_keys_is_no_difference_and_that_of_containers_is_one() -> None:
    turned = deployment()
    turned["spec"] = dict(reversed(turned["spec"].items()))
    assert diff_objects([deployment()], [turned]) == ()
    turned["spec"]["template"]["spec"]["containers"].reverse()
    (diff,) = diff_objects([deployment()], [turned])
    assert diff.fields == (FieldChange("spec.template.spec.containers.(order)", "side, api", "api, side"),)


def test_objects_are_matched_by_group_kind_namespace_and_name() -> None:
    before = load(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: '1'}}\n---\n"
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: n}, data: {x: '2'}}\n---\n"
        "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a}}\n"
    )
    after = load(
        "{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: a}}\n---\n"
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: n}, data: {x: '2'}}\n---\n"
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: '3'}}\n"
    )
    found = {(str(diff.key), diff.key.group): diff.status for diff in diff_objects(before, after)}
    assert found == {
        ("ConfigMap a", ""): Status.MODIFIED,
        ("Ingress a", "networking.k8s.io"): Status.REMOVED,
        ("Ingress a", "extensions"): Status.ADDED,
    }


def test_a_generated_config_map_is_matched_with_its_former_self() -> None:
    text = "{apiVersion: v1, kind: %s, metadata: {name: %s}, data: {level: %s}}"
    before = load(text % ("ConfigMap", "settings-2g79d5tk84", "info"))
    after = load(text % ("ConfigMap", "settings-f9bm6h8t7c", "debug"))
    (diff,) = diff_objects(before, after)
    assert diff.status is Status.MODIFIED
    assert [(f.path, f.old, f.new) for f in diff.fields] == [
        ("metadata.name", "settings-2g79d5tk84", "settings-f9bm6h8t7c"),
        ("data.level", "info", "debug"),
    ]
    other = (
        load(text % ("Service", "settings-2g79d5tk84", "info")),
        load(text % ("Service", "settings-f9bm6h8t7c", "x")),
    )
    assert {diff.status for diff in diff_objects(*other)} == {Status.ADDED, Status.REMOVED}


def fields(old: Any, new: Any) -> list[tuple[str, str | None, str | None]]:
    return [(change.path, change.old, change.new) for change in changes(old, new)]


def test_items_of_lists_are_found_by_what_identifies_them() -> None:
    ports = [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 81, "protocol": "TCP"}]
    assert fields({"ports": ports}, {"ports": ports[1:]}) == [
        ("ports[containerPort=80,protocol=TCP]", '{"containerPort": 80, "protocol": "TCP"}', None)
    ]
    mounts = [{"mountPath": "/a", "name": "v"}, {"mountPath": "/b", "name": "v"}]
    assert fields(mounts, [mounts[0], {"mountPath": "/b", "name": "w"}]) == [("[mountPath=/b].name", "v", "w")]
    assert fields({"args": ["--a", "--b=1", "--c"]}, {"args": ["--a", "--b=2", "--c", "--d"]}) == [
        ("args[1]", "--b=1", "--b=2"),
        ("args[3]", None, "--d"),
    ]
    rules = [{"verbs": ["get"]}, {"verbs": ["list"]}]
    assert fields(rules, [rules[0], {"verbs": ["watch"]}, *rules[1:]]) == [("[1]", None, '{"verbs": ["watch"]}')]


def test_another_type_is_a_difference_that_can_be_seen() -> None:
    assert fields({"a": "1", "b": True, "c": None}, {"a": 1, "b": "true"}) == [
        ("a", '"1"', "1"),
        ("b", "true", '"true"'),
        ("c", "null", None),
    ]


def test_secrets_are_masked_in_lines_and_fields_and_their_change_is_seen() -> None:
    text = "{apiVersion: v1, kind: Secret, metadata: {name: db}, stringData: {password: %s, user: same}}"
    (diff,) = diff_objects(load(text % "hunter2"), load(text % "hunter3"))
    (change,) = diff.fields
    assert change.path == "stringData.password"
    assert change.old != change.new
    shown = str(diff)
    assert "hunter" not in shown
    assert "same" not in shown.replace("Status.SAME", "")


def test_hostile_names_and_values_are_clean() -> None:
    evil = "a\x1b[2J\u202eb\nc"
    before = [{"apiVersion": "v1", "kind": f"Thing{evil}", "metadata": {"name": evil}, "spec": {evil: evil}}]
    after = copy.deepcopy(before)
    after[0]["spec"][evil] = evil + "!"
    (diff,) = diff_objects(before, after)
    texts = [diff.key.kind, diff.key.name, *(line.text for line in diff.lines)]
    texts += [text for f in diff.fields for text in (f.path, f.old or "", f.new or "")]
    assert all(printable(text) == text for text in texts)


def test_objects_that_are_no_objects_do_no_harm() -> None:
    odd: list[dict[str, Any]] = [{"kind": "X"}, {"metadata": None}, {"metadata": {"name": 3}, "kind": None}, {}]
    assert diff_objects(odd, copy.deepcopy(odd)) == ()
    assert len(diff_objects(odd, [])) == 4


values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "key", "x", "y"]), inner, max_size=3)
        | st.lists(st.fixed_dictionaries({"name": st.sampled_from("abcd"), "v": inner}), max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=200)
@given(old=values, new=values)
def test_taking_every_difference_gives_the_new_value_and_taking_none_the_old(old: Any, new: Any) -> None:
    paths = [path for path, _, _ in walk(old, new)]
    assert bool(paths) == (yaml.safe_dump(old) != yaml.safe_dump(new))
    assert yaml.safe_dump(merged(old, new, lambda _: True)) == yaml.safe_dump(new)
    assert yaml.safe_dump(merged(old, new, lambda _: False)) == yaml.safe_dump(old)
