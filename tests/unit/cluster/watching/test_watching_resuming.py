"""How a loop goes on: from where it was, over ends and breaks; anew, without a flicker, where that is forgotten."""

from __future__ import annotations

import pytest
from aiohttp import web
from listening import PODS, Listening
from scripted_api import Answer, ScriptedApi, bookmark, error, frame, frames, pod, slam, status, until

from liftlock.errors import Unreachable

TOO_LARGE = status(504, "Timeout", "Too large resource version: 900, current: 12 (ResourceVersionTooLarge)")
GONE = error(410, "Expired", "too old resource version: 101 (900)")


@pytest.fixture
def pods(api: ScriptedApi) -> ScriptedApi:
    for number in range(3):
        api.put(f"p{number}")
    return api


def resumed_from(api: ScriptedApi) -> list[str]:
    return [asked.query["resourceVersion"] for asked in api.of("watch")]


async def test_what_changes_arrives(pods: ScriptedApi, listening: Listening) -> None:
    loop = listening.start()
    await until(lambda: loop.listed)
    pods.put("p1", status={"phase": "Running"})
    pods.put("p9")
    pods.delete("p0")
    await until(lambda: listening.names() == ["p1", "p2", "p9"])
    assert next(iter(listening.store.of("", "Pod")))["status"] == {"phase": "Running"}
    assert pods.count("list") == 1


async def test_a_watch_asks_for_bookmarks_and_for_an_end(pods: ScriptedApi, listening: Listening) -> None:
    listening.start()
    await until(lambda: pods.count("watch"))
    query = pods.of("watch")[0].query
    assert query["allowWatchBookmarks"] == "true"
    assert 240 <= int(query["timeoutSeconds"]) <= 300


async def test_a_watch_that_ends_goes_on_from_its_last_frame(pods: ScriptedApi, listening: Listening) -> None:
    pods.script("watch", PODS, frames(frame("ADDED", pod("new", 150))))
    pods.version = 150
    loop = listening.start()
    await until(lambda: pods.count("watch") == 2)
    assert resumed_from(pods)[1] == "150"
    assert pods.count("list") == 1
    assert loop.problem is None


async def test_a_bookmark_moves_the_place_to_go_on_from(pods: ScriptedApi, listening: Listening) -> None:
    pods.script("watch", PODS, frames(bookmark(4000)))
    listening.start()
    await until(lambda: pods.count("watch") == 2)
    assert resumed_from(pods)[1] == "4000"
    assert listening.sizes == [3], "a bookmark is no news"


async def test_a_watch_that_breaks_off_goes_on_from_its_last_frame(pods: ScriptedApi, listening: Listening) -> None:
    pods.script("watch", PODS, frames(frame("ADDED", pod("new", 150)), then="abort"))
    loop = listening.start()
    await until(lambda: pods.count("watch") == 2 and loop.problem is None)
    assert resumed_from(pods)[1] == "150"
    assert pods.count("list") == 1
    assert listening.names() == ["new", "p0", "p1", "p2"]


async def test_half_a_frame_is_no_frame(pods: ScriptedApi, listening: Listening) -> None:
    half = frame("ADDED", pod("half", 151))[:40]
    pods.script("watch", PODS, frames(frame("ADDED", pod("new", 150)), half, then="abort"))
    listening.start()
    await until(lambda: pods.count("watch") == 2)
    assert resumed_from(pods)[1] == "150"
    assert "half" not in listening.names()


@pytest.mark.parametrize("answer", [frames(GONE), status(410, "Gone", "too old"), TOO_LARGE])
async def test_a_forgotten_version_is_listed_anew_without_a_flicker(
    pods: ScriptedApi, listening: Listening, answer: Answer
) -> None:
    pods.script("watch", PODS, answer)
    pods.script("list", PODS, pods.honest, changed_meanwhile(pods))
    loop = listening.start()
    await until(lambda: pods.count("watch") == 2)
    assert pods.count("list") == 2
    assert listening.names() == ["p1", "p2", "p3"]
    assert min(listening.sizes) == 3 and len(listening.sizes) == 2
    assert not listening.problems and loop.problem is None


def changed_meanwhile(pods: ScriptedApi) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        pods.forget("p0")
        pods.put("p3")
        return await pods.honest(request)

    return answer


async def test_what_did_not_change_is_not_told_again(pods: ScriptedApi, listening: Listening) -> None:
    pods.script("watch", PODS, frames(GONE))
    listening.start()
    await until(lambda: pods.count("watch") == 2)
    assert listening.sizes == [3]


async def test_versions_that_are_forgotten_each_time_are_no_storm(pods: ScriptedApi, listening: Listening) -> None:
    pods.always("watch", PODS, frames(GONE))
    loop = listening.start(first=30.0)
    await until(lambda: loop.problem is not None)
    assert pods.count("list") <= 3
    assert len(listening.store) == 3


async def test_watches_that_end_at_once_each_time_are_no_storm(pods: ScriptedApi, listening: Listening) -> None:
    pods.always("watch", PODS, frames(bookmark(200)))
    listening.start(first=30.0)
    await until(lambda: pods.count("watch"))
    other = listening.start(namespace="default", first=30.0)
    pods.script("watch", "/api/v1/namespaces/default/pods", frames())
    await until(lambda: other.problem is not None)
    assert pods.count("watch", PODS) == 1


async def test_an_error_in_the_stream_lists_anew_after_a_pause(pods: ScriptedApi, listening: Listening) -> None:
    pods.script("watch", PODS, frames(error(500, "InternalError", "unable to decode an event from the watch stream")))
    pods.script("list", PODS, pods.honest, changed_meanwhile(pods))
    loop = listening.start()
    await until(lambda: pods.count("watch") == 2 and loop.problem is None)
    assert pods.count("list") == 2
    assert listening.names() == ["p1", "p2", "p3"]
    assert min(listening.sizes) == 3
    (problem,) = listening.problems
    assert "unable to decode an event" in problem.detail


async def test_too_many_requests_in_the_stream_say_when_to_come_again(pods: ScriptedApi, listening: Listening) -> None:
    told = {"kind": "Status", "code": 429, "message": "slow down", "details": {"retryAfterSeconds": 77}}
    pods.always("watch", PODS, frames(frame("ERROR", told)))
    loop = listening.start()
    await until(lambda: loop.retry_at is not None)
    assert loop.retry_at is not None and 70 < loop.retry_at - listening.clock.now() <= 77


async def test_a_silent_watch_is_given_up_and_taken_up_where_it_was(pods: ScriptedApi, listening: Listening) -> None:
    pods.script("watch", PODS, frames(bookmark(300), then="silence"))
    loop = listening.start(idle=0.2)
    await until(lambda: pods.count("watch") == 2)
    assert resumed_from(pods)[1] == "300"
    assert loop.problem is None


async def test_a_version_that_the_server_never_reaches_is_listed_anew(pods: ScriptedApi, listening: Listening) -> None:
    # After a restore a server counts from an older version: it takes the watch on, and says nothing.
    pods.script("watch", PODS, frames(bookmark(9000)), frames(then="silence"), frames(then="silence"))
    loop = listening.start(idle=0.2, first=0.001)
    await until(lambda: pods.count("watch") == 4)
    assert resumed_from(pods)[1:3] == ["9000", "9000"]
    assert pods.count("list") == 2 and resumed_from(pods)[3] == str(pods.version)
    assert listening.sizes == [3] and loop.problem is None


async def test_a_server_that_is_always_silent_is_left_to_end_its_watches(
    pods: ScriptedApi, listening: Listening
) -> None:
    pods.always("watch", PODS, frames(then="silence"))
    loop = listening.start(idle=0.1)
    await until(lambda: pods.count("watch") == 3)
    other = listening.start(namespace="elsewhere", idle=0.3)
    await until(lambda: other.listed and pods.count("watch", "/api/v1/namespaces/elsewhere/pods") == 1)
    assert pods.count("watch", PODS) == 3, "it sends no bookmarks: silence is its way"
    assert loop.problem is None


async def test_a_quiet_watch_that_was_taken_on_is_good_at_once(pods: ScriptedApi, listening: Listening) -> None:
    pods.script("watch", PODS, slam, slam, frames(then="silence"))
    loop = listening.start()
    await until(lambda: pods.count("watch") == 3)
    await until(lambda: loop.problem is None, within=2.0)


async def test_an_interrupted_watch_goes_on_at_once(pods: ScriptedApi, listening: Listening) -> None:
    pods.script("watch", PODS, frames(bookmark(400), then="silence"))
    loop = listening.start(first=30.0)
    await until(lambda: loop.heard is not None and pods.count("watch") == 1 and loop._version == "400")
    loop.interrupt()
    await until(lambda: pods.count("watch") == 2)
    assert resumed_from(pods)[1] == "400"
    assert loop.problem is None


async def test_a_server_that_dies_in_a_watch_is_told_and_found_again(pods: ScriptedApi, listening: Listening) -> None:
    loop = listening.start(longest=0.05)
    await until(lambda: pods.count("watch") == 1)
    port = pods.port
    await pods.stop()
    await until(lambda: isinstance(loop.problem, Unreachable))
    assert loop.failing_since is not None and loop.retry_at is not None
    assert listening.names() == ["p0", "p1", "p2"], "what was known stays"
    pods.put("p3")
    await pods.start(port)
    await until(lambda: loop.problem is None and len(listening.store) == 4)
    assert pods.count("list") == 1
