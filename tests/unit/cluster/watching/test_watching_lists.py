"""How a loop reads everything: a streaming list, else pages, and what happens when either goes wrong half way."""

from __future__ import annotations

import asyncio

import pytest
from listening import POD, PODS, Listening
from scripted_api import ScriptedApi, bookmark, frame, frames, page, pod, slam, until

from liftlock.cluster.watching import Ways
from liftlock.errors import Unreachable


@pytest.fixture
def pods(api: ScriptedApi) -> ScriptedApi:
    for number in range(7):
        api.put(f"p{number}")
    return api


async def test_pages_make_one_list(pods: ScriptedApi, listening: Listening) -> None:
    pods.page = 3
    loop = listening.start()
    await until(lambda: loop.listed)
    assert listening.names() == [f"p{n}" for n in range(7)]
    assert [asked.query.get("continue") for asked in pods.of("list")] == [None, "3", "6"]
    assert listening.sizes == [7]
    assert listening.store.visible(*POD)


async def test_the_objects_of_a_list_say_what_they_are(pods: ScriptedApi, listening: Listening) -> None:
    loop = listening.start()
    await until(lambda: loop.listed)
    assert {(m["apiVersion"], m["kind"]) for m in listening.store.of(*POD)} == {("v1", "Pod")}


async def test_a_list_of_no_name_still_gives_the_kind(api: ScriptedApi, listening: Listening) -> None:
    bare = b'{"kind": "List", "metadata": {"resourceVersion": "5"}, "items": [{"metadata": {"name": "a"}}]}'
    api.script("list", PODS, page(bare))
    loop = listening.start()
    await until(lambda: loop.listed)
    assert listening.names() == ["a"]


async def test_forgotten_pages_are_asked_for_in_one_piece(pods: ScriptedApi, listening: Listening) -> None:
    pods.page = 3
    pods.always("list", PODS, pods.forgetful)
    loop = listening.start()
    await until(lambda: loop.listed)
    assert [(one.query.get("limit"), one.query.get("continue")) for one in pods.of("list")] == [
        ("500", None),
        ("500", "3"),
        (None, None),
    ]
    assert len(listening.store) == 7 and loop.problem is None


async def test_a_streaming_list_is_list_and_watch_in_one(pods: ScriptedApi, listening: Listening) -> None:
    pods.streaming = True
    loop = listening.start()
    await until(lambda: loop.listed)
    pods.put("p7")
    await until(lambda: len(listening.store) == 8)
    assert (pods.count("stream"), pods.count("list"), pods.count("watch")) == (1, 0, 0)
    assert pods.of("stream")[0].query["resourceVersionMatch"] == "NotOlderThan"
    assert listening.sizes[0] == 7


async def test_nothing_of_a_streaming_list_is_shown_before_it_is_whole(api: ScriptedApi, listening: Listening) -> None:
    api.script("stream", PODS, frames(frame("ADDED", pod("a", 1)), then="silence"))
    loop = listening.start(idle=0.3, initial=0.3)
    await until(lambda: loop.listed)
    assert listening.names() == [], "the list that was whole is the one in pages"
    assert api.count("list") == 1


async def test_a_server_without_streaming_lists_is_asked_for_one_once(pods: ScriptedApi, listening: Listening) -> None:
    ways = Ways()
    first = listening.start(ways=ways)
    await until(lambda: first.listed)
    second = listening.start(namespace="default", ways=ways)
    await until(lambda: second.listed)
    assert pods.count("stream") == 1
    assert not ways.streaming


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param((frame("ADDED", pod("a", 1)), bookmark(5)), id="a bookmark that ends nothing"),
        pytest.param(
            (frame("ADDED", pod("a", 1)), frame("DELETED", pod("a", 2)), bookmark(5, end=True)),
            id="a watch, not a list",
        ),
        pytest.param((frame("ADDED", pod("a", 1)), frame("MODIFIED", pod("a", 2))), id="changes before the end"),
    ],
)
async def test_a_stream_that_is_no_list_falls_back_to_pages(
    api: ScriptedApi, listening: Listening, sent: tuple[bytes, ...]
) -> None:
    api.script("stream", PODS, frames(*sent, then="silence"))
    loop = listening.start()
    await until(lambda: loop.listed, within=2.0)
    assert api.count("list") == 1
    assert listening.names() == []


async def test_a_streaming_list_that_breaks_off_is_begun_again(pods: ScriptedApi, listening: Listening) -> None:
    pods.streaming = True
    pods.script("stream", PODS, frames(frame("ADDED", pod("p0", 101)), then="abort"))
    loop = listening.start()
    await until(lambda: loop.listed)
    assert (pods.count("stream"), pods.count("list")) == (2, 0)
    assert listening.sizes == [7]


async def test_a_list_that_breaks_off_is_begun_again(pods: ScriptedApi, listening: Listening) -> None:
    pods.script("list", PODS, slam, slam)  # a first one the client tries again by itself
    loop = listening.start()
    await until(lambda: loop.listed)
    assert len(listening.store) == 7
    assert [type(problem) for problem in listening.problems] == [Unreachable]


async def test_many_objects_arrive_without_the_loop_standing_still(api: ScriptedApi, listening: Listening) -> None:
    for number in range(3000):
        api.put(f"p{number:04}", spec={"text": "x" * 300})
    worst, now = 0.0, asyncio.get_running_loop().time
    loop = listening.start()
    last = now()
    while not loop.listed:
        await asyncio.sleep(0)
        worst, last = max(worst, now() - last), now()
    assert len(listening.store) == 3000
    assert worst < 0.5
