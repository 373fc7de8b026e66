"""What is kept of objects, how it is read while it changes, and who is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from listening import POD, Listening
from scripted_api import ScriptedApi, frames, status, until

from liftlock.cluster.cluster import Cluster
from liftlock.cluster.objects import key
from liftlock.cluster.store import Store
from liftlock.model.diff import ObjectKey

SECRET = ("", "Secret")
LAST = "kubectl.kubernetes.io/last-applied-configuration"


def pod(name: str, version: int = 1, namespace: str = "a", owner: str = "") -> dict[str, Any]:
    owners = [{"controller": True, "uid": owner}] if owner else []
    metadata = {"name": name, "namespace": namespace, "resourceVersion": str(version), "ownerReferences": owners}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}


def names(store: Store, namespace: str = "") -> list[str]:
    return [m["metadata"]["name"] for m in store.of(*POD, namespace)]


# Over the wire -------------------------------------------------------------------------------------------------------


async def test_values_of_secrets_never_arrive(api: ScriptedApi, listening: Listening) -> None:
    path = api.serve("", "v1", "Secret", "secrets")
    annotations = {"annotations": {LAST: '{"data": {"password": "aHVudGVyMg=="}}', "note": "kept"}}
    body = {"data": {"password": "aHVudGVyMg=="}, "stringData": {"user": "hunter2"}, "type": "Opaque"}
    api.put("listed", path, metadata=dict(annotations), **body)
    loop = listening.start(SECRET)
    await until(lambda: loop.listed)
    api.put("watched", path, metadata=dict(annotations), **body)
    await until(lambda: len(listening.store) == 2)
    for secret in listening.store.of(*SECRET):
        assert secret["data"] == {"password": ""} and secret["stringData"] == {"user": ""}
        assert secret["metadata"]["annotations"] == {"note": "kept"} and secret["type"] == "Opaque"
    assert "hunter2" not in repr(vars(listening.store)) and "aHVudGVyMg" not in repr(vars(listening.store))


async def test_values_of_secrets_never_arrive_in_a_streaming_list(api: ScriptedApi, listening: Listening) -> None:
    api.streaming = True
    path = api.serve("", "v1", "Secret", "secrets")
    api.put("s", path, data={"password": "aHVudGVyMg=="})
    loop = listening.start(SECRET)
    await until(lambda: loop.listed)
    assert "aHVudGVyMg" not in repr(vars(listening.store))


async def test_who_wrote_a_field_is_kept_for_controllers_alone(api: ScriptedApi, listening: Listening) -> None:
    flux = ("kustomize.toolkit.fluxcd.io", "Kustomization")
    path = api.serve(flux[0], "v1", flux[1], "kustomizations")
    writers = {"managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]}
    api.put("p", metadata=dict(writers))
    api.put("apps", path, metadata=dict(writers))
    loops = [listening.start(), listening.start(flux)]
    await until(lambda: all(loop.listed for loop in loops))
    (pod_,) = listening.store.of(*POD)
    (apps,) = listening.store.of(*flux)
    assert "managedFields" not in pod_["metadata"]
    assert apps["metadata"]["managedFields"] == writers["managedFields"]


async def test_hostile_names_are_kept_as_they_are_and_break_nothing(api: ScriptedApi, listening: Listening) -> None:
    name = "evil\x1b[2J[red]\u202e\n"
    api.put(name)
    api.put("fine")
    loop = listening.start()
    await until(lambda: loop.listed)
    assert listening.store.get(ObjectKey(*POD, "default", name)) is not None
    assert sorted(listening.names()) == sorted([name, "fine"])


async def test_a_change_is_told_at_once_and_returns_at_once(api: ScriptedApi, opened: Callable[..., Cluster]) -> None:
    told: list[int] = []
    cluster = opened(changed=lambda: told.append(threading.get_ident()))
    cluster.want([POD])
    await until(lambda: cluster.listed)
    before = len(told)
    api.put("p")
    await until(lambda: len(told) > before)
    assert set(told) == {threading.get_ident()}, "on the loop's own thread"


async def test_what_changes_nothing_is_not_told(api: ScriptedApi, listening: Listening) -> None:
    path = api.serve("", "v1", "Secret", "secrets")
    for what in ("list", "stream"):
        api.always(what, path, status(403, "Forbidden", "no"))
    loop = listening.start(SECRET, absent=0.02)
    await until(lambda: api.count("list", path) + api.count("stream", path) > 4)
    assert loop.blind and listening.sizes == []


# The store itself ----------------------------------------------------------------------------------------------------


def test_objects_are_in_order_whatever_the_order_they_came_in() -> None:
    store = Store()
    store.replace(POD, "", [pod("c", namespace="b"), pod("a", namespace="b")])
    store.put(POD, pod("z"))
    store.put(POD, pod("b", namespace="b"))
    assert names(store) == ["z", "a", "b", "c"]
    store.put(POD, pod("b", 2, namespace="b"))
    store.drop(POD, pod("a", namespace="b"))
    assert names(store) == ["z", "b", "c"] and names(store, "b") == ["b", "c"]
    assert [m["metadata"]["resourceVersion"] for m in store.of(*POD)] == ["1", "2", "1"]


def test_an_object_without_a_version_is_taken_each_time() -> None:
    store = Store()
    for phase in ("Pending", "Running"):
        store.put(POD, {**pod("a"), "metadata": {"name": "a", "namespace": "a"}, "status": {"phase": phase}})
    (found,) = store.of(*POD)
    assert found["status"]["phase"] == "Running"


def test_owners_follow_their_pods() -> None:
    store = Store()
    store.put(POD, pod("a", owner="rs1"))
    store.put(POD, pod("b", owner="rs1"))
    assert [m["metadata"]["name"] for m in store.owned("rs1")] == ["a", "b"]
    store.put(POD, pod("a", 2, owner="rs2"))
    store.drop(POD, pod("b"))
    assert not list(store.owned("rs1")) and len(list(store.owned("rs2"))) == 1
    store.replace(POD, "", ())
    assert not list(store.owned("rs2"))


def test_what_did_not_change_is_the_same_when_it_is_read_again() -> None:
    store = Store()
    store.replace(POD, "", [pod("a", owner="one"), pod("b", owner="two"), pod("c", namespace="x", owner="two")])
    one, two, every, some = store.owned("one"), store.owned("two"), store.of(*POD), store.of(*POD, "a")
    assert store.owned("one") is one and store.of(*POD) is every and store.of(*POD, "a") is some
    store.put(POD, pod("b", 2, owner="two"))
    assert store.owned("one") is one and store.owned("two") is not two
    assert [str(key(m)) for m in store.owned("two")] == ["Pod a/b", "Pod x/c"], "in the order they came in"
    assert store.of(*POD) is not every and store.of(*POD, "a") is not some


def test_what_is_equal_in_two_objects_is_kept_once() -> None:
    store = Store()
    spec = {"containers": [{"name": "main", "env": [{"name": "A", "value": "b"}]}], "replicas": 1}
    made = [store.kept({**pod(name, owner="rs"), "spec": deepcopy(spec)}) for name in ("a", "b")]
    store.replace(POD, "", made)
    first, second = store.of(*POD)
    assert first["spec"] is second["spec"] and first["metadata"] != second["metadata"]
    store.put(POD, store.kept({**pod("a", 2, owner="rs"), "spec": {**deepcopy(spec), "replicas": True}}))
    assert store.of(*POD)[0]["spec"]["containers"] is second["spec"]["containers"]


def test_1_and_true_stay_apart_in_kinds_that_are_not_of_kubernetes() -> None:
    store, kind = Store(), ("example.org", "Thing")
    base = {"apiVersion": "example.org/v1", "kind": "Thing"}
    for version, value in enumerate((1, True, 1.0), 1):
        thing = {**base, "metadata": {**pod("t", version)["metadata"]}, "spec": {"value": value}}
        store.put(kind, store.kept(thing))
        (found,) = store.of(*kind)
        assert type(found["spec"]["value"]) is type(value)


def test_a_list_of_one_namespace_leaves_the_others() -> None:
    store = Store()
    store.replace(POD, "", [pod("a", namespace="x"), pod("a", namespace="y")])
    store.replace(POD, "y", [pod("b", namespace="y")])
    assert [str(key(m)) for m in store.of(*POD)] == ["Pod x/a", "Pod y/b"]


def test_what_is_gone_and_was_never_known_is_no_news() -> None:
    store, told = Store(), []
    store.listen(lambda: told.append(store.changes))
    store.drop(POD, pod("a"))
    store.unread(POD, "")
    assert told == []


def test_events_are_bounded_and_the_oldest_go() -> None:
    store, event = Store(), ("", "Event")
    for number in range(2100):
        store.put(event, {**pod(f"e{number}"), "kind": "Event"})
        if number == 1500:
            store.put(event, {**pod("e0", 2), "kind": "Event"})
    assert len(store) == 2000
    assert store.get(ObjectKey("", "Event", "a", "e0")) is not None, "it was heard of again"
    assert store.get(ObjectKey("", "Event", "a", "e1")) is None


def test_readers_of_other_threads_never_see_it_empty_or_break() -> None:
    store, stop, seen, broke = Store(), threading.Event(), set(), []
    store.replace(POD, "", [pod(f"p{n}", owner="rs") for n in range(200)])

    def read() -> None:
        try:
            while not stop.is_set():
                seen.add(len(list(store.of(*POD))) > 0)
                list(store.owned("rs"))
                len(store)
        except Exception as error:
            broke.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    until_ = time.monotonic() + 0.5
    version = 2
    while time.monotonic() < until_:
        version += 1
        store.replace(POD, "", [pod(f"p{n}", version, owner="rs") for n in range(version % 50, 200)])
        store.put(("", f"Kind{version}"), {**pod("x"), "kind": f"Kind{version}"})
    stop.set()
    for reader in readers:
        reader.join()
    assert seen == {True} and not broke


async def test_a_flood_is_taken_frame_by_frame(api: ScriptedApi, listening: Listening) -> None:
    burst = b"".join(
        b'{"type":"MODIFIED","object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"a",'
        b'"resourceVersion":"%d"}}}\n' % number
        for number in range(200, 1200)
    )
    api.script("watch", "/api/v1/pods", frames(burst, then="silence"))
    listening.start()
    await until(lambda: listening.store.changes >= 1001)
    (found,) = listening.store.of(*POD)
    assert found["metadata"]["resourceVersion"] == "1199"
