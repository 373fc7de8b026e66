"""What a server can do wrong, and what a loop makes of it: a problem and a next try, no crash, no empty store."""

from __future__ import annotations

import json
import random

import pytest
from listening import PODS, Listening
from scripted_api import Answer, ScriptedApi, frame, frames, hang, page, pod, slam, status, until

from liftlock.cluster.watching import Loop
from liftlock.errors import LoginNeeded, Throttled, Unreachable

HTML = page(b"<html><body>Please <b>log in</b> to the proxy</body></html>", kind="text/html")
ESCAPES = "\x1b]0;owned\x07\x1b[2J[red]admission[/red]\u202e"


def listed(*items: object) -> Answer:
    return page(json.dumps({"kind": "PodList", "metadata": {"resourceVersion": "9"}, "items": items}).encode())


NONSENSE: dict[str, Answer] = {
    "HTML of a proxy": HTML,
    "no JSON": page(b'{"kind": "PodList", "items": ['),
    "JSON without an end": page(b"[" * 100_000),
    "a text": page(b'"fine"'),
    "a list": page(b"[1, 2]"),
    "no list": page(b'{"kind": "Pod", "metadata": "x"}'),
    "items that are none": page(b'{"kind": "PodList", "metadata": {}, "items": {"a": 1}}'),
    "an object that is a text": listed("a"),
    "an object without a name": listed({"metadata": {"namespace": "a"}}),
    "an object with metadata that are none": listed({"metadata": ["a"]}),
    "an object whose name is a number": listed({"metadata": {"name": 1}}),
    "owners that are none": listed({"metadata": {"name": "a", "ownerReferences": ["b"]}}),
}


@pytest.mark.parametrize("name", NONSENSE)
async def test_nonsense_as_a_list_is_a_problem_and_keeps_what_was_known(
    api: ScriptedApi, listening: Listening, name: str
) -> None:
    api.put("known")
    api.script("list", PODS, api.honest, NONSENSE[name])
    api.script("watch", PODS, status(410))
    loop = listening.start()
    await until(lambda: api.count("watch") == 2 and loop.problem is None)
    assert listening.names() == ["known"]
    (problem,) = listening.problems
    assert isinstance(problem, Unreachable)
    assert problem.title and "Error" not in str(problem)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"<html>\n", id="no JSON"),
        pytest.param(b"[1]\n", id="a list"),
        pytest.param(b'{"type": "ADDED"}\n', id="no object"),
        pytest.param(frame("ADDED", "x"), id="a text"),
        pytest.param(frame("ADDED", {"metadata": {}}), id="an object without a name"),
        pytest.param(frame("BOOKMARK", {"metadata": "x"}), id="a bookmark that is none"),
        pytest.param(b"[" * 100_000 + b"\n", id="JSON without an end"),
    ],
)
async def test_nonsense_in_a_watch_is_a_problem_and_keeps_what_was_known(
    api: ScriptedApi, listening: Listening, sent: bytes
) -> None:
    api.put("known")
    api.script("watch", PODS, frames(frame("ADDED", pod("good", 200)), sent, then="silence"))
    loop = listening.start()
    await until(lambda: api.count("watch") == 2 and loop.problem is None)
    assert "known" in listening.names()
    assert [type(problem) for problem in listening.problems] == [Unreachable]


async def test_nonsense_of_one_kind_stops_no_other(api: ScriptedApi, listening: Listening) -> None:
    maps = api.serve("", "v1", "ConfigMap", "configmaps")
    api.put("settings", maps)
    api.always("list", PODS, listed("a"))
    broken, fine = listening.start(), listening.start(("", "ConfigMap"))
    await until(lambda: broken.problem is not None and fine.listed)
    assert listening.names(("", "ConfigMap")) == ["settings"]
    assert not broken.unanswered, "the server answers: the way there is fine"


async def test_large_objects_and_frames_arrive_whole(api: ScriptedApi, listening: Listening) -> None:
    api.put("listed", data={"text": "ä" * 750_000})
    loop = listening.start()
    await until(lambda: loop.listed)
    for number in range(4):
        api.put(f"watched-{number}", data={"text": chr(0x61 + number) * 1_500_000})
    await until(lambda: len(listening.store) == 5)
    assert [len(m["data"]["text"]) for m in listening.store.of("", "Pod")] == [750_000] + [1_500_000] * 4
    assert loop.problem is None


async def test_many_frames_at_once_are_all_taken(api: ScriptedApi, listening: Listening) -> None:
    burst = b"".join(frame("ADDED", pod(f"p{n:03}", 200 + n)) for n in range(400))
    api.script("watch", PODS, frames(burst[:12345], burst[12345:], then="silence"))
    loop = listening.start()
    await until(lambda: len(listening.store) == 400)
    assert loop._version == "599"


async def test_a_server_that_accepts_and_never_answers_is_unreachable(api: ScriptedApi, listening: Listening) -> None:
    api.put("known")
    loop = listening.start(page=0.2)
    await until(lambda: loop.listed)
    api.always("list", PODS, hang)
    other = listening.start(namespace="default", page=0.2)
    api.always("list", "/api/v1/namespaces/default/pods", hang)
    await until(lambda: isinstance(other.problem, Unreachable))
    assert other.problem is not None and "does not answer" in other.problem.title
    assert listening.names() == ["known"]


async def test_a_watch_that_never_begins_is_unreachable(api: ScriptedApi, listening: Listening) -> None:
    api.always("watch", PODS, hang)
    loop = listening.start(idle=0.2)
    await until(lambda: isinstance(loop.problem, Unreachable))


async def test_a_dead_port_is_unreachable_and_says_so(api: ScriptedApi, listening: Listening) -> None:
    await api.stop()
    loop = listening.start()
    await until(lambda: loop.problem is not None)
    assert loop.problem is not None and "refuses the connection" in loop.problem.title
    assert loop.unanswered and loop.heard is None


async def test_pauses_grow_and_are_capped(
    api: ScriptedApi, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: high)  # the longest of what chance gives
    api.always("list", PODS, status(500, "InternalError", "etcdserver: leader changed"))
    pauses: list[float] = []
    loop = listening.start(first=0.02, longest=0.1)
    seen: Loop = loop
    seen._told = lambda one: pauses.append((one.retry_at or 0.0) - listening.clock.now())
    await until(lambda: len(pauses) >= 6)
    assert [round(pause, 2) for pause in pauses[:6]] == [0.02, 0.04, 0.08, 0.1, 0.1, 0.1]
    gaps = [later.at - sooner.at for sooner, later in zip(api.of("list"), api.of("list")[1:], strict=False)]
    assert gaps[3] >= 0.1 > 0.02 <= gaps[0]


async def test_chance_keeps_many_from_coming_at_once(api: ScriptedApi, listening: Listening) -> None:
    api.always("list", PODS, status(503, "ServiceUnavailable", "starting"))
    loops = [listening.start(first=100.0, longest=100.0) for _ in range(8)]
    await until(lambda: all(loop.retry_at for loop in loops))
    assert len({round(loop.retry_at or 0.0) for loop in loops}) > 2


async def test_too_many_requests_wait_as_long_as_they_are_told(api: ScriptedApi, listening: Listening) -> None:
    api.script("list", PODS, status(429, "TooManyRequests", "slow down", Retry_After="0.3"))
    loop = listening.start(first=0.001)
    await until(lambda: loop.listed)
    first, second = api.of("list")
    assert second.at - first.at >= 0.3
    assert [type(problem) for problem in listening.problems] == [Throttled]


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [("3600", 119, 120), ("0", 0.0, 0.1), ("nan", 0.5, 1), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.5, 1)],
)
async def test_odd_words_of_when_to_come_again_stay_sensible(
    api: ScriptedApi, listening: Listening, header: str, low: float, high: float
) -> None:
    api.always("list", PODS, status(429, "", "", Retry_After=header))
    loop = listening.start()
    pauses: list[float] = []
    loop._told = lambda one: pauses.append((one.retry_at or 0.0) - listening.clock.now())
    await until(lambda: pauses)
    assert low <= pauses[0] <= high


async def test_the_servers_own_words_stand_in_the_problem_without_what_a_terminal_obeys(
    api: ScriptedApi, listening: Listening
) -> None:
    api.script("list", PODS, status(500, f"Reason{ESCAPES}", f"etcd{ESCAPES}\nis slow"))
    listening.start()
    await until(lambda: listening.problems)
    (problem,) = listening.problems[:1]
    assert "[red]admission[/red]" in problem.detail and "is slow" in problem.detail
    said = problem.title + problem.detail + problem.hint + problem.reason
    assert not set(said) & set("\x1b\x07\u202e\n")


async def test_a_refused_login_waits_for_the_user(api: ScriptedApi, listening: Listening) -> None:
    api.always("any", "", status(401, "Unauthorized", "Unauthorized"))
    loop = listening.start()
    await until(lambda: isinstance(loop.problem, LoginNeeded) and api.quiet())
    asked = len(api.asked)
    listening.start(namespace="default")
    await until(lambda: len(listening.problems) == 2)
    assert len(api.asked) == asked <= 4, "what was refused is not sent again"
    assert loop.retry_at is None

    api.always("any", "", None)
    listening.connection.allow_login()
    loop.retry()
    await until(lambda: loop.listed and loop.problem is None)


async def test_a_retry_does_not_wait_for_the_end_of_the_pause(api: ScriptedApi, listening: Listening) -> None:
    api.script("list", PODS, slam, slam)
    loop = listening.start(first=60.0, longest=60.0)
    await until(lambda: loop.problem is not None)
    loop.retry()
    await until(lambda: loop.listed, within=2.0)
