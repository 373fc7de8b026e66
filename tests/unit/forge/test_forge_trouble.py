"""Whichever forge it is: what a refusal, a fault, a page, silence, and a certificate that signs itself become."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from forgeserver import ForgeServer, serving

from liftlock.commands import Runner
from liftlock.errors import ForgeError
from liftlock.forge import KINDS, Forge, http
from liftlock.forge.opening import open_forge
from liftlock.model.forge import Draft

# Where each lists what is open; the folder `git` is that of the repository.
LISTS = {
    "gitea": "/api/v1/repos/acme/fleet/pulls",
    "github": "/api/v3/repos/acme/fleet/pulls",
    "gitlab": "/api/v4/projects/acme%2Ffleet/merge_requests",
    "bitbucket": "/2.0/repositories/acme/fleet/pullrequests",
    "bitbucket-server": "/rest/api/latest/projects/acme/repos/fleet/pull-requests",
}
TOKENS = ("GITEA_TOKEN", "GH_ENTERPRISE_TOKEN", "GITLAB_TOKEN", "BITBUCKET_TOKEN")
DRAFT = Draft("t", "b", "promote/shop", "main")
Open = Callable[..., Forge]


@pytest.fixture
def runner() -> Iterator[Runner]:
    made = Runner()
    yield made
    assert "canary" not in str(made.journal.entries()) + made.journal.as_script()
    made.close()


@pytest.fixture
def opened(server: ForgeServer, runner: Runner, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """The forge of a remote as the program opens it, with a token from its variable unless told otherwise."""
    made: list[Forge] = []

    def open_as(kind: str, *, token: str = "canary", url: str = "", certificates: str = "") -> Forge:
        for name in TOKENS:
            monkeypatch.delenv(name, raising=False)
            if token:
                monkeypatch.setenv(name, token)
        base = url or server.url
        monkeypatch.setenv("GITLAB_HOST", base)
        found = open_forge(
            f"{base}/acme/fleet.git", runner, said={"127.0.0.1": kind}, certificates=lambda address: certificates
        )
        assert found.forge.kind == kind and bool(found.token_from) == bool(token)
        made.append(found.forge)
        return found.forge

    yield open_as
    for forge in made:
        forge.close()


def refused(forge: Forge) -> ForgeError:
    with pytest.raises(ForgeError) as found:
        [*forge.open_requests()]
    error = found.value
    assert "canary" not in f"{error.title}{error.detail}{error.hint}"
    return error


@pytest.mark.parametrize("kind", KINDS)
def test_each_refusal_has_a_cause_and_a_next_step(server: ForgeServer, opened: Open, kind: str):
    forge = opened(kind)
    for status, title, hint in (
        (401, "refuses the token", "TOKEN is wrong or expired"),
        (403, "does not allow this", "TOKEN lacks a right"),
        (404, "does not find this", "the token may not see it"),
        (429, "takes no more calls for now", "again at"),
        (500, "is in trouble (HTTP 500)", "try again later"),
    ):
        server.script.clear()
        server.say(LISTS[kind], status, {})
        error = refused(forge)
        assert title in error.title and hint in error.hint and error.status == status


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_token_it_is_said_where_one_is_looked_for(server: ForgeServer, opened: Open, kind: str):
    server.say(LISTS[kind], 401, {})
    error = refused(opened(kind, token=""))
    assert "wants a token" in error.title
    assert "_TOKEN" in error.hint and "git's credential helpers" in error.hint
    assert all("Authorization" not in one.headers for one in server.seen)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_of_a_proxy_is_no_answer(server: ForgeServer, opened: Open, kind: str):
    server.say(LISTS[kind], 200, b"<html>sign in</html>", Content_Type="text/html")
    error = refused(opened(kind))
    assert "does not answer as a forge does" in error.title and "text/html" in error.detail
    server.script.clear()
    server.say(LISTS[kind], 502, b"<html>bad gateway</html>", Content_Type="text/html")
    error = refused(opened(kind))
    assert "in trouble" in error.title and error.detail == "it answered with a web page"


@pytest.mark.parametrize("kind", KINDS)
def test_json_of_another_kind_is_no_answer(server: ForgeServer, opened: Open, kind: str):
    server.say(LISTS[kind], 200, "pong")
    assert "does not answer as a forge does" in refused(opened(kind)).title


@pytest.mark.parametrize("kind", KINDS)
def test_what_may_have_opened_one_is_never_sent_twice(server: ForgeServer, opened: Open, kind: str):
    forge = opened(kind)
    empty = [] if kind in ("gitea", "github", "gitlab") else {"values": [], "isLastPage": True}
    server.say(LISTS[kind], 200, empty, on="GET")
    server.say(LISTS[kind], 503, {}, on="POST")
    with pytest.raises(ForgeError, match="in trouble"):
        forge.open(DRAFT)
    assert len(server.asked("POST")) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_that_ends_at_once_is_waited_for(server: ForgeServer, opened: Open, kind: str):
    empty = [] if kind in ("gitea", "github", "gitlab") else {"values": [], "isLastPage": True}
    server.say(LISTS[kind], 429, {}, Retry_After="0")
    server.say(LISTS[kind], 200, empty)
    assert [*opened(kind).open_requests()] == []
    assert len(server.seen) == 2


def test_one_that_is_silent_is_asked_again_for_reading_alone(
    server: ForgeServer, opened: Open, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(http, "_READ", 0.2)
    forge = opened("github")
    server.stalls.add(LISTS["github"])
    error = refused(forge)
    assert "does not answer in time" in error.title and "try again" in error.hint
    assert len(server.asked("GET")) == 3
    with pytest.raises(ForgeError, match="does not answer in time") as found:
        forge.open(DRAFT)
    assert "may have been done" in found.value.detail and "look there before" in found.value.hint
    assert len(server.asked("POST")) == 1


def test_one_that_is_down_is_told(opened: Open):
    with serving() as gone:
        url = gone.url
    error = refused(opened("gitea", url=url))
    assert "cannot be reached" in error.title and error.detail == "Connection refused"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    made, key = folder / "own.crt", folder / "own.key"
    how = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    what = ("-subj", "/CN=own", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2")
    try:
        subprocess.run([*how, "-keyout", str(key), "-out", str(made), *what], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no openssl that makes certificates")
    return made, key


@pytest.fixture
def secure(certificate: tuple[Path, Path]) -> Iterator[ForgeServer]:
    made = ForgeServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    made.socket = context.wrap_socket(made.socket, server_side=True, do_handshake_on_connect=False)
    made.url = made.url.replace("http:", "https:")
    made.handle_error = lambda request, address: None  # type: ignore[method-assign]  # a handshake that was broken off
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def test_a_certificate_that_signs_itself_is_refused_until_git_is_told_of_it(
    secure: ForgeServer, opened: Open, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    secure.say(LISTS["gitea"], 200, [])
    error = refused(opened("gitea", url=secure.url))
    assert "is not trusted" in error.title and "git config http." in error.hint
    assert secure.seen == []
    named = opened("gitea", url=secure.url, certificates=str(certificate[0]))
    assert [*named.open_requests()] == []
    # One that the system trusts is trusted here as well.
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    assert [*opened("gitea", url=secure.url).open_requests()] == []
