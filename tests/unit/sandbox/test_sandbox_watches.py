"""Watches of the embedded cluster, frame by frame."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from sandboxes import Kube, config, deployment

from liftlock.model.diff import ObjectKey
from liftlock.sandbox.objects import Objects
from liftlock.sandbox.server import ApiServer

CONFIGS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    made = ApiServer(bookmarks=0.05)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def session(server: ApiServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.address + "/", timeout=aiohttp.ClientTimeout(total=10)) as made:
        yield made


class Watch:
    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def next(self) -> dict[str, Any]:
        line = await asyncio.wait_for(self._answer.content.readline(), 5)
        found: dict[str, Any] = json.loads(line) if line else {}
        return found

    async def told(self) -> tuple[str, str]:
        """What happened to which object; bookmarks are passed over."""
        while (frame := await self.next()).get("type") == "BOOKMARK":
            pass
        return (frame["type"], frame["object"]["metadata"]["name"]) if frame else ("", "")


@asynccontextmanager
async def watch(session: aiohttp.ClientSession, path: str = CONFIGS, **params: str) -> AsyncIterator[Watch]:
    async with session.get(path[1:], params={"watch": "true", **params}) as answer:
        assert answer.status == 200, await answer.text()
        yield Watch(answer)


def put(objects: Objects, name: str, namespace: str = "default", **metadata: Any) -> None:
    made = config(name)
    made["metadata"] |= {"namespace": namespace, **metadata}
    objects.put(made)


def key(name: str) -> ObjectKey:
    return ObjectKey("", "ConfigMap", "default", name)


async def test_a_watch_goes_on_where_a_list_ended(server: ApiServer, session: aiohttp.ClientSession) -> None:
    put(server.objects, "before")
    async with session.get(CONFIGS[1:]) as answer:
        version = (await answer.json())["metadata"]["resourceVersion"]
    put(server.objects, "between")
    async with watch(session, resourceVersion=version) as seen:
        assert await seen.told() == ("ADDED", "between")
        server.objects.patch(key("before"), {"data": {"a": "1"}})
        assert await seen.told() == ("MODIFIED", "before")
        server.objects.delete(key("before"))
        frame = await seen.next()
        assert (frame["type"], frame["object"]["data"]) == ("DELETED", {"color": "blue", "a": "1"})
        assert int(frame["object"]["metadata"]["resourceVersion"]) == server.objects.version


async def test_a_watch_without_a_version_begins_with_what_is_there(
    server: ApiServer, session: aiohttp.ClientSession
) -> None:
    put(server.objects, "one")
    put(server.objects, "two")
    async with watch(session) as seen:
        assert [await seen.told(), await seen.told()] == [("ADDED", "one"), ("ADDED", "two")]
        put(server.objects, "three")
        assert await seen.told() == ("ADDED", "three")
    async with watch(session, f"{CONFIGS}/two") as seen:
        assert await seen.told() == ("ADDED", "two")
        put(server.objects, "four")
        server.objects.delete(key("two"))
        assert await seen.told() == ("DELETED", "two")


async def test_a_list_comes_as_a_watch_and_ends_with_a_bookmark(
    server: ApiServer, session: aiohttp.ClientSession
) -> None:
    put(server.objects, "one")
    asked = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    async with watch(session, **asked) as seen:
        assert await seen.told() == ("ADDED", "one")
        mark = await seen.next()
        assert mark["type"] == "BOOKMARK" and mark["object"]["kind"] == "ConfigMap"
        assert mark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        assert mark["object"]["metadata"]["resourceVersion"] == str(server.objects.version)


async def test_bookmarks_come_only_to_who_wants_them_and_know_the_latest_version(
    server: ApiServer, session: aiohttp.ClientSession
) -> None:
    since = str(server.objects.version)
    async with (
        watch(session, resourceVersion=since, allowWatchBookmarks="true") as marked,
        watch(session, resourceVersion=since) as plain,
    ):
        put(server.objects, "elsewhere", "kube-system")
        while (frame := await marked.next())["object"]["metadata"]["resourceVersion"] != str(server.objects.version):
            assert frame["type"] == "BOOKMARK"
        put(server.objects, "here")
        assert (await plain.next())["object"]["metadata"]["name"] == "here"


async def test_what_a_selector_no_longer_chooses_is_gone_for_its_watch(
    server: ApiServer, session: aiohttp.ClientSession
) -> None:
    put(server.objects, "one", labels={"x": "1"})
    async with watch(session, labelSelector="x=1", resourceVersion=str(server.objects.version)) as seen:
        put(server.objects, "other", labels={"x": "2"})
        server.objects.patch(key("one"), {"metadata": {"labels": {"x": "2"}}})
        assert await seen.told() == ("DELETED", "one")
        server.objects.patch(key("other"), {"metadata": {"labels": {"x": "1"}}})
        assert await seen.told() == ("ADDED", "other")
        server.objects.patch(key("other"), {"data": {"a": "1"}})
        assert await seen.told() == ("MODIFIED", "other")


async def test_a_forgotten_version_is_told_inside_the_watch_or_refused(
    server: ApiServer, session: aiohttp.ClientSession
) -> None:
    since = str(server.objects.version)
    put(server.objects, "one")
    server.forget_history()
    async with watch(session, resourceVersion=since) as seen:
        frame = await seen.next()
        assert (frame["type"], frame["object"]["code"], frame["object"]["reason"]) == ("ERROR", 410, "Expired")
        assert await seen.next() == {}
    server.forget_history(in_stream=False)
    async with session.get(CONFIGS[1:], params={"watch": "1", "resourceVersion": since}) as answer:
        assert answer.status == 410
        assert (await answer.json())["message"].startswith("too old resource version")
    async with watch(session, resourceVersion=str(server.objects.version)) as seen:
        put(server.objects, "two")
        assert await seen.told() == ("ADDED", "two")


async def test_a_watch_that_is_open_outlives_the_forgetting(server: ApiServer, session: aiohttp.ClientSession) -> None:
    async with watch(session, resourceVersion=str(server.objects.version)) as seen:
        server.forget_history()
        put(server.objects, "one")
        assert await seen.told() == ("ADDED", "one")


async def test_closed_watches_end_and_can_begin_again(server: ApiServer, session: aiohttp.ClientSession) -> None:
    since = str(server.objects.version)
    async with watch(session, resourceVersion=since) as seen:
        put(server.objects, "one")
        assert await seen.told() == ("ADDED", "one")
        server.close_watches()
        assert await seen.next() == {}
    async with watch(session, resourceVersion=since) as seen:
        assert await seen.told() == ("ADDED", "one")


async def test_a_watch_ends_after_the_time_that_was_asked_for(
    server: ApiServer, session: aiohttp.ClientSession
) -> None:
    async with watch(session, timeoutSeconds="1", resourceVersion=str(server.objects.version)) as seen:
        assert await seen.next() == {}


async def test_nothing_listens_any_more_when_the_clients_have_gone(server: ApiServer) -> None:
    async with aiohttp.ClientSession(server.address + "/") as session, watch(session) as seen:
        put(server.objects, "one")
        assert await seen.told() == ("ADDED", "one")
    async with aiohttp.ClientSession(server.address + "/") as session, asyncio.timeout(5):
        while server.objects.listening or server.feeds.open:
            await session.get("readyz")


async def test_the_history_is_kept_only_so_far() -> None:
    objects = Objects(history=10)
    for number in range(20):
        put(objects, f"c{number}")
    assert objects.oldest > 1000
    told: list[str] = []
    objects.listen(lambda change: told.append(change.what), objects.oldest)
    assert len(told) == 10


def test_kubectl_watches(judged: Kube) -> None:
    judged.apply(deployment(replicas=0))
    judged("rollout", "status", "deploy/web", "--watch=true", "--timeout=10s")
    judged("wait", "deploy/web", "--for=jsonpath={.status.observedGeneration}=1", "--timeout=10s")
    late = judged.refused("wait", "deploy/web", "--for=jsonpath={.spec.replicas}=9", "--timeout=1s")
    assert "timed out waiting for the condition" in late
