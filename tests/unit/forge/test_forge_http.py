"""The HTTP layer: what each answer of a real server becomes, and what is never done twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from forgeserver import ForgeServer, serving

from liftlock.commands import Runner
from liftlock.errors import ForgeError
from liftlock.forge.http import Http

TOKEN = "canary-7f3a91"


@pytest.fixture
def http(server: ForgeServer) -> Iterator[Http]:
    runner = Runner()
    made = Http(
        server.url,
        {"Authorization": f"token {TOKEN}"},
        runner,
        complaint=lambda data: str(data.get("message", "")),
        signed_in=True,
    )
    yield made
    made.close()
    assert TOKEN not in str(runner.journal.entries()) + runner.journal.as_script()


def refused(http: Http, path: str = "x") -> ForgeError:
    with pytest.raises(ForgeError) as found:
        http.get(path)
    error = found.value
    assert TOKEN not in f"{error.title}{error.detail}{error.hint}"
    return error


@pytest.mark.parametrize(
    ("status", "title"),
    [(401, "refuses the token"), (403, "does not allow this"), (404, "does not find this"), (422, "refuses this")],
)
def test_each_refusal_has_its_words(server: ForgeServer, http: Http, status: int, title: str):
    server.say("/x", status, {"message": "because \x1b[31mred"})
    error = refused(http)
    assert title in error.title and error.status == status
    assert error.detail.startswith("because ") and "\x1b" not in error.detail


def test_a_read_is_tried_again_and_a_write_is_not(server: ForgeServer, http: Http):
    server.say("/x", 502, b"<html>bad gateway</html>", Content_Type="text/html")
    server.say("/x", 200, {"ok": 1})
    assert http.get("x") == {"ok": 1}
    server.say("/w", 502, b"<html></html>", Content_Type="text/html")
    with pytest.raises(ForgeError, match="in trouble"):
        http.send("POST", "w", {"a": 1}, doing="write")
    assert [one.method for one in server.seen] == ["GET", "GET", "POST"]


def test_a_login_page_is_told_as_one(server: ForgeServer, http: Http):
    server.say("/x", 200, b"<html>sign in</html>", Content_Type="text/html")
    assert "does not answer as a forge does" in refused(http).title


def test_a_rate_limit_says_until_when(server: ForgeServer, http: Http):
    server.say("/x", 403, {"message": "slow down"}, X_RateLimit_Remaining="0", X_RateLimit_Reset="4102444800")
    error = refused(http)
    assert "takes no more calls" in error.title and error.until == 4102444800


def test_what_was_read_before_is_asked_for_conditionally(server: ForgeServer, http: Http):
    server.say("/x", 200, {"n": 1}, ETag='"a"')
    server.say("/x", 304, b"")
    assert http.get("x") == http.get("x") == {"n": 1}
    assert server.seen[1].headers.get("If-None-Match") == '"a"'


def test_all_pages_are_read_and_none_of_another_host(server: ForgeServer, http: Http):
    server.say("/list", 200, [1, 2], Link=f'<{server.url}/more>; rel="next"')
    server.say("/more", 200, [3], Link='<http://127.0.0.1:9/evil>; rel="next"')
    assert list(http.pages("list")) == [1, 2, 3]


def test_the_token_follows_no_redirect_to_another_host(server: ForgeServer, http: Http):
    with serving() as other:
        other.say("/y", 200, {"ok": 1})
        server.say("/x", 302, Location=f"http://localhost:{other.server_port}/y")
        http.get("x")
        assert [one.headers.get("Authorization") for one in other.seen] == [None]
        server.say("/w", 302, Location=f"{other.url}/y")
        with pytest.raises(ForgeError, match="has moved"):
            http.send("POST", "w", {}, doing="write")
        assert len(other.seen) == 1


def test_a_server_that_is_down_is_told(http: Http, server: ForgeServer):
    away = Http("http://127.0.0.1:9", {}, Runner(), complaint=str, signed_in=False)
    assert "cannot be reached" in refused(away).title
    away.close()
