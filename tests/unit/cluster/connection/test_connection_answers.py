"""What a request gives: JSON, or one of the errors that a person can act on, and nothing else."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest
from aiohttp import web
from scripted_api import Answer, Connect, ScriptedApi, frame, frames, hang, page, slam, status, until

from liftlock.clock import SystemClock
from liftlock.cluster.connection import Connection
from liftlock.commands import Runner
from liftlock.errors import (
    Absent,
    ClusterError,
    ConfigError,
    Expired,
    Forbidden,
    LoginNeeded,
    Refused,
    Throttled,
    Unreachable,
)
from liftlock.text import has_unsafe

THING = "/api/v1/namespaces/default/pods/a"
ESCAPES = "\x1b]0;owned\x07\x1b[2J[red]no[/red]\u202e"


async def test_json_arrives_as_it_is(api: ScriptedApi, connect: Connect) -> None:
    api.script("GET", THING, page('{"kind": "Pod", "ä": [1, 1.5, null, "é"]}'.encode()))
    assert await connect().request("GET", THING) == {"kind": "Pod", "ä": [1, 1.5, None, "é"]}
    assert api.asked[-1].token == "let-me-in"


async def test_parameters_and_bodies_are_sent(api: ScriptedApi, connect: Connect) -> None:
    got: list[object] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        got.append(await request.json())
        return web.json_response({})

    api.script("PATCH", THING, answer)
    params = {"fieldManager": "a b&c", "dryRun": "All"}
    await connect().request(
        "PATCH", THING, params=params, body={"spec": 1}, content_type="application/merge-patch+json"
    )
    assert got == [{"spec": 1}]
    assert dict(api.asked[-1].query) == params
    assert api.asked[-1].headers["Content-Type"] == "application/merge-patch+json"


async def test_what_is_compressed_is_unpacked(api: ScriptedApi, connect: Connect) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        body = gzip.compress(json.dumps({"text": "x" * 500_000}).encode())
        return web.Response(body=body, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})

    api.script("GET", THING, answer)
    assert len((await connect().request("GET", THING))["text"]) == 500_000


async def test_an_empty_answer_is_an_empty_object(api: ScriptedApi, connect: Connect) -> None:
    api.script("DELETE", THING, page(b""))
    assert await connect().request("DELETE", THING) == {}


ERRORS: dict[str, tuple[Answer, type[ClusterError]]] = {
    "403": (status(403, "Forbidden", "no"), Forbidden),
    "403 of nobody": (status(403, "Forbidden", 'User "system:anonymous" cannot get'), LoginNeeded),
    "404": (status(404, "NotFound", "no"), Absent),
    "409": (status(409, "Conflict", "no"), Refused),
    "410": (status(410, "Expired", "no"), Expired),
    "422": (status(422, "Invalid", "no"), Refused),
    "429": (status(429, "TooManyRequests", "no"), Throttled),
    "500": (status(500, "InternalError", "no"), Unreachable),
    "503 with HTML": (page(b"<html>upstream</html>", 503, "text/html"), Unreachable),
    "HTML": (page(b"<html>log in</html>", kind="text/html"), Unreachable),
    "half of JSON": (page(b'{"a": '), Unreachable),
    "endless JSON": (page(b"[" * 200_000), Unreachable),
    "an endless error": (page(b"[" * 200_000, 500), Unreachable),
    "no UTF-8": (page(b'{"a": "\xff\xfe"}'), Unreachable),
    "no answer": (hang, Unreachable),
}


@pytest.mark.parametrize("name", ERRORS)
async def test_an_error_is_one_that_a_person_can_act_on(api: ScriptedApi, connect: Connect, name: str) -> None:
    answer, kind = ERRORS[name]
    api.always("GET", THING, answer)
    with pytest.raises(ClusterError) as caught:
        await connect().request("GET", THING, within=0.5)
    assert type(caught.value) is kind
    assert caught.value.title and (caught.value.detail or caught.value.hint)


async def test_a_reset_is_unreachable(api: ScriptedApi, connect: Connect) -> None:
    api.always("GET", THING, slam)
    with pytest.raises(Unreachable):
        await connect().request("GET", THING)


async def test_the_causes_by_field_are_told(api: ScriptedApi, connect: Connect) -> None:
    causes = [{"field": f"spec.{ESCAPES}", "message": f"is immutable{ESCAPES}"}, "no cause"]
    told = {"kind": "Status", "message": f"no{ESCAPES}", "details": {"causes": causes}}
    api.script("PATCH", THING, page(json.dumps(told).encode(), 422))
    with pytest.raises(Refused) as caught:
        await connect().request("PATCH", THING, body={})
    ((field, message),) = caught.value.causes
    assert field.startswith("spec.") and message.startswith("is immutable") and "[red]no[/red]" in message
    assert not set(field + message + str(caught.value)) & set("\x1b\x07\u202e")


async def test_a_hostile_answer_is_shown_harmless_and_short(api: ScriptedApi, connect: Connect) -> None:
    api.always("GET", THING, page((ESCAPES * 10_000).encode(), 500, "text/html"))
    with pytest.raises(Unreachable) as caught:
        await connect().request("GET", THING)
    assert len(caught.value.detail) <= 600 and not set(caught.value.detail) & set("\x1b\x07\u202e\n")


async def test_a_log_is_cut_and_clean(api: ScriptedApi, connect: Connect) -> None:
    api.always("GET", THING, page(b"one\n\x1b[31mtwo\n" + b"x" * 100_000, kind="text/plain"))
    text = await connect().text(THING, limit=20)
    assert text == "one\n␛[31mtwo\nxxxxxxx"
    assert not has_unsafe(text)


async def test_what_changes_something_is_in_the_journal_with_its_script(api: ScriptedApi, connect: Connect) -> None:
    connection = connect()
    journal = connection._runner.journal
    api.always("PATCH", THING, page(b"{}"))
    await connection.request("PATCH", THING, body={}, script="kubectl annotate pod a b=c")
    await connection.request("PATCH", THING, body={}, params={"dryRun": "All"})
    await connection.request("GET", "/version")
    api.always("PATCH", THING, status(403))
    with pytest.raises(Forbidden):
        await connection.request("PATCH", THING, body={}, script="kubectl annotate pod a b-")
    assert [(entry.script, entry.code) for entry in journal.entries()] == [
        ("kubectl annotate pod a b=c", 0),
        ("kubectl annotate pod a b-", 403),
    ]


async def test_frames_come_as_they_are_sent(api: ScriptedApi, connect: Connect) -> None:
    sent = frames(frame("ADDED", {"a": 1}) + b"\n\n" + frame("DELETED", {"a": 1})[:10], frame("DELETED", {"a": 1})[10:])
    api.script("watch", "/api/v1/pods", sent)
    begun: list[bool] = []
    stream = connect().stream("/api/v1/pods", params={"watch": "1"}, begun=lambda: begun.append(True))
    assert [found["type"] async for found in stream] == ["ADDED", "DELETED"]
    assert begun == [True]


async def test_a_watch_that_is_refused_has_not_begun(api: ScriptedApi, connect: Connect) -> None:
    api.script("watch", "/api/v1/pods", status(410, "Expired", "too old"))
    begun: list[bool] = []
    with pytest.raises(Expired):
        async for _ in connect().stream("/api/v1/pods", params={"watch": "1"}, begun=lambda: begun.append(True)):
            pass
    assert begun == []


async def test_a_frame_without_an_end_is_not_taken_for_ever(
    api: ScriptedApi, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("liftlock.cluster.connection._FRAME", 10_000)
    api.script("watch", "/api/v1/pods", frames(b"x" * 30_000, then="silence"))
    with pytest.raises(Unreachable):
        async for _ in connect().stream("/api/v1/pods", params={"watch": "1"}):
            pass


async def test_a_watch_that_is_left_ends_at_the_server_too(api: ScriptedApi, connect: Connect) -> None:
    ended: list[bool] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(frame("ADDED", {}))
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)
        return response

    api.script("watch", "/api/v1/pods", answer)
    stream = connect().stream("/api/v1/pods", params={"watch": "1"})
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    await until(lambda: ended)


async def test_after_its_end_a_connection_asks_nothing(api: ScriptedApi, connect: Connect) -> None:
    connection = connect()
    await connection.request("GET", "/version")
    api.always("GET", THING, hang)
    pending = asyncio.ensure_future(connection.request("GET", THING))
    await until(lambda: api.count("GET", THING))
    await connection.close()
    with pytest.raises(ClusterError):
        await pending
    asked = len(api.asked)
    with pytest.raises(Unreachable):
        await connection.request("GET", "/version")
    assert len(api.asked) == asked


async def test_connections_that_may_be_half_open_are_not_used_again(api: ScriptedApi, connect: Connect) -> None:
    ports: list[object] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        ports.append(request.transport.get_extra_info("peername")[1])
        return web.json_response({})

    api.always("GET", THING, answer)
    connection = connect()
    await connection.request("GET", THING)
    await connection.request("GET", THING)
    connection.drop()
    await connection.request("GET", THING)
    assert ports[0] == ports[1] != ports[2]


async def test_a_context_that_is_not_there_names_the_nearest(connect: Connect) -> None:
    kubeconfig = connect()._kubeconfig
    with pytest.raises(ConfigError) as caught:
        Connection("her", kubeconfig, Runner(), SystemClock())
    assert "here" in caught.value.hint
