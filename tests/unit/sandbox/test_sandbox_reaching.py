"""The embedded cluster as liftlock itself reads it, and that it ends without a trace."""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sandboxes import Still, conditions, config, deployment, manifest

from liftlock.clock import SystemClock
from liftlock.cluster.cluster import Cluster
from liftlock.cluster.connection import Connection
from liftlock.cluster.kubeconfig import load
from liftlock.cluster.watching import Pace
from liftlock.commands import Runner
from liftlock.errors import Absent, ClusterError, Forbidden
from liftlock.model.diff import ObjectKey
from liftlock.sandbox.kubelet import Kubelet
from liftlock.sandbox.server import ApiServer, write_kubeconfig

WEB = ObjectKey("apps", "Deployment", "default", "web")
KINDS = (("apps", "Deployment"), ("apps", "ReplicaSet"), ("", "Pod"), ("", "Event"))
CONFIGS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    made = ApiServer(bookmarks=0.1)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def connection(server: ApiServer, tmp_path: Path) -> AsyncIterator[Connection]:
    write_kubeconfig(tmp_path / "config", {"here": server}, "here")
    runner = Runner()
    made = Connection("here", load({"KUBECONFIG": str(tmp_path / "config")}), runner, SystemClock())
    yield made
    await made.close()
    runner.close()


class Reading:
    """A cluster of liftlock's, and a way to wait for what it knows."""

    def __init__(self, connection: Connection) -> None:
        self._changed = asyncio.Event()
        pace = replace(Pace(), first=0.02, longest=0.2, absent=0.2)
        self.cluster = Cluster("here", connection, SystemClock(), self._changed.set, pace=pace)

    async def until(self, check: Any) -> Any:
        async with asyncio.timeout(10):
            while not (found := check()):
                self._changed.clear()
                await self._changed.wait()
        return found

    def done(self) -> bool:
        found = self.cluster.objects.get(WEB)
        return found is not None and conditions(dict(found)).get("Progressing") == ("True", "NewReplicaSetAvailable")


@pytest.fixture
async def reading(connection: Connection) -> AsyncIterator[Reading]:
    made = Reading(connection)
    yield made
    await made.cluster.close()


def web(tag: str = "1.0", **spec: Any) -> dict[str, Any]:
    made = deployment(image=f"registry/web:{tag}", **spec)
    made["metadata"]["namespace"] = "default"
    return made


async def test_liftlock_follows_a_rollout(server: ApiServer, reading: Reading) -> None:
    kubelet = Kubelet(server, speed=10)
    await kubelet.start()
    try:
        server.objects.put(web(replicas=2))
        reading.cluster.want(KINDS)
        await reading.until(reading.done)
        server.objects.patch(WEB, {"spec": web("2.0")["spec"]})
        await reading.until(lambda: not reading.done())
        await reading.until(reading.done)
        store = reading.cluster.objects
        uid = store.get(WEB)["metadata"]["uid"]  # type: ignore[index]
        assert len(list(store.owned(uid))) == 2
        await reading.until(lambda: len(list(store.of("", "Pod"))) == 2)
        assert any(event["reason"] == "ScalingReplicaSet" for event in store.of("", "Event"))
    finally:
        await kubelet.stop()


async def test_liftlock_goes_on_after_closed_watches_and_a_forgotten_history(
    server: ApiServer, reading: Reading
) -> None:
    server.objects.put(web())
    reading.cluster.want(KINDS)
    await reading.until(lambda: reading.cluster.objects.get(WEB) is not None)
    for replicas, in_stream in ((2, True), (3, False)):
        server.forget_history(in_stream=in_stream)
        server.close_watches()
        server.objects.patch(WEB, {"spec": {"replicas": replicas}})
        await reading.until(
            lambda wanted=replicas: (reading.cluster.objects.get(WEB) or {})["spec"]["replicas"] == wanted
        )
    server.objects.delete(WEB)
    await reading.until(lambda: reading.cluster.objects.get(WEB) is None)


async def test_liftlock_finds_the_kinds_of_the_cluster(connection: Connection) -> None:
    for group, kind, plural, namespaced in (
        ("apps", "Deployment", "deployments", True),
        ("", "Namespace", "namespaces", False),
        ("kustomize.toolkit.fluxcd.io", "Kustomization", "kustomizations", True),
    ):
        found = await connection.resource(group, kind)
        assert found is not None and (found.plural, found.namespaced) == (plural, namespaced)
    assert await connection.resource("example.org", "Gadget") is None


async def test_liftlock_is_told_what_is_not_there_and_what_is_forbidden(
    server: ApiServer, connection: Connection
) -> None:
    with pytest.raises(Absent):
        await connection.request("GET", f"{CONFIGS}/none")
    server.denied = lambda verb, group, plural, namespace: plural == "configmaps"
    with pytest.raises(Forbidden):
        await connection.request("GET", CONFIGS)


async def test_what_goes_wrong_inside_is_answered_as_an_error(
    server: ApiServer, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(verb: str, group: str, plural: str, namespace: str) -> bool:
        raise RuntimeError("no")

    server.denied = broken
    with pytest.raises(ClusterError):
        await connection.request("GET", CONFIGS)
    assert "RuntimeError: no" in caplog.text
    server.denied = lambda verb, group, plural, namespace: False
    with pytest.raises(ClusterError):
        await connection.request("POST", CONFIGS, body=["no", "object"])


@pytest.mark.parametrize(
    "place", ["metadata", "spec", "spec.template", "spec.template.spec.containers", "spec.strategy"]
)
@pytest.mark.parametrize("value", [1, "x", ["x"], [None], [1.5]])
async def test_what_is_of_another_type_than_it_should_be_is_refused(
    server: ApiServer, connection: Connection, caplog: pytest.LogCaptureFixture, place: str, value: Any
) -> None:
    given = copy.deepcopy(web())
    *path, last = place.split(".")
    inner = given
    for step in path:
        inner = inner[step]
    inner[last] = value
    deployments = "/apis/apps/v1/namespaces/default/deployments"
    apply, merge = "application/apply-patch+yaml", "application/merge-patch+json"
    server.objects.put({**web(), "metadata": {"name": "there", "namespace": "default"}})
    for method, path_of, content, params in (
        ("POST", deployments, "application/json", {}),
        ("PATCH", f"{deployments}/web", apply, {"fieldManager": "tests"}),
        ("PATCH", f"{deployments}/there", merge, {}),
    ):
        with pytest.raises(ClusterError):
            await connection.request(method, path_of, body=given, content_type=content, params=params)
    assert server.objects.get(WEB) is None
    assert not caplog.records


async def test_who_connects_before_the_start_waits_for_it(tmp_path: Path) -> None:
    server, runner = ApiServer(), Runner()
    server.reserve()
    write_kubeconfig(tmp_path / "config", {"here": server}, "here")
    connection = Connection("here", load({"KUBECONFIG": str(tmp_path / "config")}), runner, SystemClock())
    asked = asyncio.ensure_future(connection.request("GET", CONFIGS))
    await asyncio.sleep(0)
    assert not asked.done()
    await server.start()
    assert (await asked)["kind"] == "ConfigMapList"
    await connection.close()
    await server.stop()
    runner.close()


async def test_nothing_is_left_when_it_has_stopped(tmp_path: Path) -> None:
    threads, tasks = _threads(), asyncio.all_tasks()
    server = ApiServer()
    kubelet = Kubelet(server)
    await server.start()
    await kubelet.start()
    server.objects.put(web(replicas=3))
    write_kubeconfig(tmp_path / "config", {"here": server}, "here")
    runner = Runner()
    connection = Connection("here", load({"KUBECONFIG": str(tmp_path / "config")}), runner, SystemClock())
    reading = Reading(connection)
    reading.cluster.want(KINDS)
    await reading.until(lambda: reading.cluster.objects.get(WEB) is not None)
    # The server first: watches that are open must not hold it up.
    async with asyncio.timeout(3):
        await kubelet.stop()
        await server.stop()
    await reading.cluster.close()
    await connection.close()
    runner.close()
    assert server.objects.listening == 0
    assert _threads() == threads
    assert asyncio.all_tasks() == tasks
    await server.stop()
    await kubelet.stop()


def _threads() -> set[str]:
    """But those in which the loop itself does what blocks."""
    return {one.name for one in threading.enumerate() if not one.name.startswith("asyncio_")}


async def test_a_server_that_never_started_gives_its_port_back() -> None:
    server = ApiServer()
    server.reserve()
    await server.stop()
    await server.start()
    await server.stop()


async def test_it_starts_again_with_what_it_held(connection: Connection, server: ApiServer, tmp_path: Path) -> None:
    server.objects.put({**config(), "metadata": {"name": "kept", "namespace": "default"}})
    again = ApiServer(server.objects, token=server.token)
    await again.start()
    write_kubeconfig(tmp_path / "again", {"here": again}, "here")
    runner = Runner()
    other = Connection("here", load({"KUBECONFIG": str(tmp_path / "again")}), runner, SystemClock())
    for one in (connection, other):
        assert (await one.request("GET", f"{CONFIGS}/kept"))["data"] == {"color": "blue"}
    await other.close()
    await again.stop()
    runner.close()


def test_objects_are_written_from_any_thread() -> None:
    still = Still()
    failed: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for place in range(50):
                still.objects.put({**config(), "metadata": {"name": f"c{number}-{place}", "namespace": f"n{number}"}})
        except BaseException as error:  # what goes wrong in a thread would not be seen
            failed.append(error)

    told: list[int] = []
    still.objects.listen(lambda change: told.append(change.version))
    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert told == sorted(told) and len(set(told)) == len(told)
    assert len(still.objects.of("", "ConfigMap")) == 200


def test_what_was_read_never_changes() -> None:
    still = Still()
    still.put(manifest("v1", "ConfigMap", "one", data={"a": "1"}))
    at = ObjectKey("", "ConfigMap", "default", "one")
    before = still.objects.require(at)
    still.objects.patch(at, {"data": {"a": "2"}})
    assert before["data"] == {"a": "1"}
    assert still.objects.require(at)["data"] == {"a": "2"}
