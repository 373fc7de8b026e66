"""The three-way patch, and what an object becomes by it."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.cluster.livediff.applying import applied
from liftlock.cluster.livediff.schema import PLAIN, Field, Schema, schema_of
from liftlock.cluster.livediff.threeway import three_way

DEPLOYMENT = schema_of("apps", "Deployment")
SERVICE = schema_of("", "Service")


def pod(**fields: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": fields}}}


def container(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, **fields}


def patched(original: Any, modified: Any, current: Any, schema: Schema = DEPLOYMENT, **options: bool) -> Any:
    before = copy.deepcopy((original, modified, current))
    patch = three_way(original, modified, current, schema, **options)
    result = applied(current, patch, schema, **options)
    assert (original, modified, current) == before, "the arguments stay as they are"
    return result


def test_nothing_is_patched_when_all_is_as_wanted():
    wanted = pod(containers=[container("web", image="web:1")])
    live = pod(containers=[container("web", image="web:1", imagePullPolicy="Always")], dnsPolicy="ClusterFirst")
    assert three_way(wanted, wanted, live, DEPLOYMENT) == {}


def test_removed_settings_go_by_name_and_what_others_added_stays():
    def env(*names: str) -> dict[str, Any]:
        return pod(containers=[container("web", env=[{"name": name, "value": "1"} for name in names])])

    patch = three_way(env("A", "B"), env("A"), env("A", "B", "INJECTED"), DEPLOYMENT)
    (item,) = patch["spec"]["template"]["spec"]["containers"]
    assert item["env"] == [{"$patch": "delete", "name": "B"}]
    assert item["$setElementOrder/env"] == [{"name": "A"}]
    assert patched(env("A", "B"), env("A"), env("A", "B", "INJECTED")) == env("A", "INJECTED")


def test_a_removed_limit_is_set_to_null():
    def limits(**given: str) -> dict[str, Any]:
        return pod(containers=[container("web", resources={"limits": given})])

    before, after = limits(cpu="1", memory="1Gi"), limits(memory="1Gi")
    patch = three_way(before, after, before, DEPLOYMENT)
    assert patch["spec"]["template"]["spec"]["containers"][0]["resources"] == {"limits": {"cpu": None}}
    assert patched(before, after, before) == after


def test_what_was_never_applied_is_not_removed():
    live = {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "3", "mine": "x"}}}
    assert patched({}, {"metadata": {"annotations": {"mine": "x"}}}, live) == live


def test_an_injected_container_keeps_its_place():
    live = pod(containers=[container("proxy"), container("web"), container("worker")])
    wanted = pod(containers=[container("worker"), container("web")])
    result = patched(wanted, wanted, live)
    names = [each["name"] for each in result["spec"]["template"]["spec"]["containers"]]
    assert names == ["proxy", "worker", "web"]


def test_a_volume_of_another_sort_leaves_nothing_of_the_former():
    live = pod(volumes=[{"name": "data", "emptyDir": {}}])
    wanted = pod(volumes=[{"name": "data", "configMap": {"name": "x"}}])
    patch = three_way(live, wanted, live, DEPLOYMENT)
    (item,) = patch["spec"]["template"]["spec"]["volumes"]
    assert item["$retainKeys"] == ["configMap", "name"]
    assert patched(live, wanted, live) == wanted
    # Even when nobody applied the former one.
    assert patched({}, wanted, live) == wanted


def test_a_strategy_without_its_parameters_drops_the_defaulted_ones():
    live = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}}}
    wanted = {"spec": {"strategy": {"type": "Recreate"}}}
    assert patched(wanted, wanted, live) == wanted


def test_lists_without_keys_are_replaced():
    live = pod(tolerations=[{"key": "a"}], containers=[container("web", args=["a", "b"])])
    wanted = pod(tolerations=[{"key": "b"}], containers=[container("web", args=["b"])])
    assert patched(live, wanted, live) == wanted


def test_lists_of_custom_resources_are_replaced():
    live = {"spec": {"steps": [{"name": "a"}, {"name": "b"}]}}
    wanted = {"spec": {"steps": [{"name": "b"}]}}
    assert three_way({}, wanted, live, PLAIN) == wanted


def test_ports_of_one_number_are_told_apart_by_their_protocol_on_the_server():
    live = {"spec": {"ports": [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]}}
    wanted = {"spec": {"ports": [{"port": 53}]}}
    result = patched(live, wanted, live, SERVICE, whole_keys=True)
    assert result == {"spec": {"ports": [{"port": 53, "protocol": "TCP"}]}}


def test_finalizers_are_a_set():
    live = {"metadata": {"finalizers": ["mine", "other", "old"]}}
    result = patched({"metadata": {"finalizers": ["mine", "old"]}}, {"metadata": {"finalizers": ["mine"]}}, live)
    assert result == {"metadata": {"finalizers": ["mine", "other"]}}


def test_items_without_their_key_replace_the_list():
    live = {"spec": {"ports": [{"port": 80}]}}
    wanted = {"spec": {"ports": [{"name": "odd"}]}}
    assert patched({}, wanted, live, SERVICE) == wanted


def test_null_in_git_takes_a_field_away():
    assert patched({}, {"spec": {"replicas": None}}, {"spec": {"replicas": 3, "paused": True}}) == {
        "spec": {"paused": True}
    }


# The property: for any three states, what is wanted is there, what was applied and is wanted no longer is gone, and
# what others added is still there.

ITEM = Schema({"set": Field(unique=True, merges=True), "inner": Field()})
TOY = Schema(
    {
        "named": Field(ITEM, ("name",), merge_key="name", merges=True),
        "set": Field(unique=True, merges=True),
        "map": Field(Schema({"named": Field(ITEM, ("name",), merge_key="name", merges=True)})),
        "replaced": Field(replace=True),
    }
)
SCALARS = st.sampled_from(["a", "b", 1, 2, True])
NAMES = ["x", "y", "z", "w"]
LEAVES = st.dictionaries(st.sampled_from(["k", "l", "m"]), SCALARS, max_size=3)
ITEMS = st.lists(st.sampled_from(NAMES), unique=True, max_size=4).flatmap(
    lambda names: st.tuples(
        *(
            st.fixed_dictionaries({"name": st.just(name)}, optional={"k": SCALARS, "inner": LEAVES, "set": SETS})
            for name in names
        )
    ).map(list)
)
SETS = st.lists(st.sampled_from("pqrs"), unique=True, max_size=4)
STATES = st.fixed_dictionaries(
    {},
    optional={
        "plain": SCALARS,
        "named": ITEMS,
        "set": SETS,
        "atomic": st.lists(SCALARS, max_size=3),
        "map": st.fixed_dictionaries({}, optional={"named": ITEMS, "k": SCALARS, "inner": LEAVES}),
        "replaced": LEAVES,
    },
)


def check(original: Any, modified: Any, current: Any, result: Any, schema: Schema) -> None:
    for key, wanted in modified.items():
        field = schema.field(key)
        had, now, got = original.get(key), current.get(key), result[key]
        if isinstance(wanted, dict) and not field.replace:
            check(_map(had), wanted, _map(now), got, field.inner)
        elif isinstance(wanted, list) and field.keys:
            mine, olds, lives, gots = map(_by_name, (wanted, had, now, got))
            assert set(mine) <= set(gots)
            assert set(gots) == set(mine) | (set(lives) - set(olds))
            for name, item in mine.items():
                check(olds.get(name, {}), item, lives.get(name, {}), gots[name], field.inner)
            assert [item["name"] for item in got if item["name"] in mine] == [item["name"] for item in wanted]
        elif isinstance(wanted, list) and field.unique:
            assert set(got) == set(wanted) | (set(now or []) - set(had or []))
            assert [value for value in got if value in wanted] == wanted
        else:
            assert got == wanted and type(got) is type(wanted)
    for key in original:
        if key not in modified:
            assert key not in result
    for key, value in current.items():
        if key not in modified and key not in original:
            assert result[key] == value
    assert set(result) <= set(modified) | set(current)


def _map(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


def _by_name(items: Any) -> dict[str, Any]:
    return {item["name"]: item for item in items or []}


@settings(deadline=None)
@given(STATES, STATES, STATES)
def test_the_patch_gives_what_it_must(original: Any, modified: Any, current: Any):
    result = patched(original, modified, current, TOY)
    check(original, modified, current, result, TOY)
    assert three_way(modified, modified, result, TOY) == {}, "the second apply has nothing to do"


@settings(deadline=None)
@given(STATES, STATES, STATES)
def test_a_json_merge_patch_gives_what_it_must(original: Any, modified: Any, current: Any):
    result = patched(original, modified, current, PLAIN)
    check(original, modified, current, result, PLAIN)
    assert three_way(modified, modified, result, PLAIN) == {}
