"""Logging in: tokens that are renewed, plugins that are run no more often than they must, and what refuses them."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from scripted_api import Answer, Connect, ScriptedApi, frames, kubeconfig_text, script_file, status, until

from liftlock.clock import FixedClock
from liftlock.cluster import credentials
from liftlock.cluster.connection import Connection
from liftlock.errors import ClusterError, LoginNeeded

REFUSED = status(401, "Unauthorized", "Unauthorized")


def only(*tokens: str) -> Answer:
    """Lets in who has one of these."""

    async def answer(request: web.Request) -> web.StreamResponse:
        told = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return web.json_response({"you": told}) if told in tokens else await REFUSED(request)

    return answer


class Plugin:
    """An exec plugin that writes down each of its runs, and prints what `answer` says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "login-helper"
        self.says({"token": "one"})

    def says(self, given: dict[str, object], version: str = "v1", **more: object) -> None:
        told = {"apiVersion": f"client.authentication.k8s.io/{version}", "kind": "ExecCredential", "status": given}
        (self.folder / "answer").write_text(json.dumps({**told, **more}))
        self.does(f'cat "{self.folder}/answer"')

    def does(self, text: str) -> None:
        log = f'echo run >> "{self.folder}/runs"; printf %s "$KUBERNETES_EXEC_INFO" > "{self.folder}/info"\n'
        script_file(self.file, log + text)

    @property
    def runs(self) -> int:
        file = self.folder / "runs"
        return len(file.read_text().splitlines()) if file.exists() else 0

    @property
    def lives(self) -> bool:
        """Whether the process that wrote its id down still runs."""
        try:
            os.kill(int((self.folder / "pid").read_text()), 0)
        except ProcessLookupError:
            return False
        return True

    def user(self, **more: object) -> dict[str, object]:
        told = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(self.file), "args": ["login"]}
        return {"exec": {**told, "interactiveMode": "IfAvailable", **more}}


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    return Plugin(tmp_path)


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


async def you(connection: Connection) -> str:
    return str((await connection.request("GET", "/version"))["you"])


# Tokens --------------------------------------------------------------------------------------------------------------


async def test_a_token_file_is_read_again_when_its_token_is_refused(
    api: ScriptedApi, connect: Connect, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")
    connection = connect({"tokenFile": str(file)})
    api.always("any", "", only("old"))
    assert await you(connection) == "old"
    file.write_text("new\n")
    api.always("any", "", only("new"))
    assert await you(connection) == "new"
    assert [asked.token for asked in api.asked] == ["old", "old", "new"]


async def test_many_requests_renew_a_token_once(api: ScriptedApi, connect: Connect, plugin: Plugin) -> None:
    connection = connect(plugin.user())
    api.always("any", "", only("one"))
    assert await you(connection) == "one"
    plugin.says({"token": "two"})
    api.always("any", "", only("two"))
    assert set(await asyncio.gather(*(you(connection) for _ in range(12)))) == {"two"}
    assert plugin.runs == 2


async def test_a_token_that_expires_while_watching_is_renewed_without_a_word(
    api: ScriptedApi, connect: Connect, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    connection = connect({"tokenFile": str(file)})
    api.script("watch", "/api/v1/pods", frames(then="silence"))
    begun: list[int] = []

    async def watch() -> None:
        async for _ in connection.stream("/api/v1/pods", params={"watch": "1"}, begun=lambda: begun.append(1)):
            pass

    watching = asyncio.ensure_future(watch())
    await until(lambda: begun)
    file.write_text("new")
    api.always("any", "", only("new"))
    assert await you(connection) == "new"
    assert not watching.done(), "what was let in goes on"
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def test_a_token_that_is_refused_twice_is_not_sent_again(api: ScriptedApi, connect: Connect) -> None:
    api.always("any", "", REFUSED)
    connection = connect()
    for _ in range(3):
        with pytest.raises(LoginNeeded):
            await connection.request("GET", "/version")
    assert len(api.asked) == 2
    api.always("any", "", None)
    connection.allow_login()
    assert await connection.request("GET", "/version")


async def test_a_kubeconfig_that_another_login_wrote_is_read_again(
    api: ScriptedApi, connect: Connect, tmp_path: Path
) -> None:
    api.always("any", "", only("fresh"))
    connection = connect()
    with pytest.raises(LoginNeeded):
        await connection.request("GET", "/version")
    (tmp_path / "config").write_text(kubeconfig_text(api.url, {"token": "fresh"}))
    connection.allow_login()
    assert await you(connection) == "fresh"


async def test_a_kubeconfig_that_is_mended_is_read_again_though_nothing_was_ever_sent(
    api: ScriptedApi, connect: Connect, tmp_path: Path
) -> None:
    api.always("any", "", only("fresh"))
    connection = connect({"tokenFile": str(tmp_path / "nowhere")})
    with pytest.raises(LoginNeeded) as caught:
        await connection.request("GET", "/version")
    assert "nowhere" in caught.value.detail and api.asked == []
    (tmp_path / "config").write_text(kubeconfig_text(api.url, {"token": "fresh"}))
    connection.allow_login()
    assert await you(connection) == "fresh"


async def test_a_token_whose_time_is_over_is_said_to_be(api: ScriptedApi, connect: Connect) -> None:
    claims = "eyJleHAiOiAxMDAwfQ"  # {"exp": 1000}
    api.always("any", "", REFUSED)
    with pytest.raises(LoginNeeded) as caught:
        await connect({"token": f"x.{claims}.y"}).request("GET", "/version")
    assert "has expired" in caught.value.title and "1970" in caught.value.detail


async def test_no_credentials_stand_in_an_error(api: ScriptedApi, connect: Connect, plugin: Plugin) -> None:
    plugin.does('echo "fatal: token=hunter2 at https://me:hunter2@example.org" >&2; exit 1')
    with pytest.raises(LoginNeeded) as caught:
        await connect(plugin.user(args=["--client-secret", "hunter3"])).request("GET", "/version")
    said = f"{caught.value.title} {caught.value.detail} {caught.value.hint}"
    assert "https://••••@example.org" in said and "hunter3" not in said


# Plugins -------------------------------------------------------------------------------------------------------------


async def test_a_plugin_runs_once_while_its_token_lasts(api: ScriptedApi, connect: Connect, plugin: Plugin) -> None:
    clock = FixedClock(10_000.0)
    plugin.says({"token": "one", "expirationTimestamp": moment(10_000.0 + 3600)})
    connection = connect(plugin.user(), clock=clock)
    api.always("any", "", only("one", "two"))
    for _ in range(5):
        assert await you(connection) == "one"
    clock.at += 3500.0
    assert await you(connection) == "one"
    assert plugin.runs == 1
    plugin.says({"token": "two", "expirationTimestamp": moment(clock.at + 3600)})
    clock.at += 60.0  # forty seconds before its end
    assert set(await asyncio.gather(*(you(connection) for _ in range(8)))) == {"two"}
    assert plugin.runs == 2
    assert [asked for asked in api.asked if asked.token not in ("one", "two")] == []


async def test_a_plugin_of_a_wrong_clock_is_not_run_for_ever(
    api: ScriptedApi, connect: Connect, plugin: Plugin
) -> None:
    plugin.says({"token": "one", "expirationTimestamp": moment(1000.0)})
    api.always("any", "", only("one"))
    connection = connect(plugin.user(), clock=FixedClock(10_000.0))
    for _ in range(4):
        assert await you(connection) == "one"
    assert plugin.runs == 1


async def test_a_plugin_whose_token_is_refused_runs_no_more_until_the_user_says_so(
    api: ScriptedApi, connect: Connect, plugin: Plugin
) -> None:
    api.always("any", "", REFUSED)
    connection = connect(plugin.user())
    for _ in range(4):
        with pytest.raises(LoginNeeded):
            await connection.request("GET", "/version")
    assert plugin.runs <= 2
    ran = plugin.runs
    plugin.says({"token": "two"})
    api.always("any", "", only("two"))
    connection.allow_login()
    assert await you(connection) == "two"
    assert plugin.runs == ran + 1


FAILURES = {
    "it fails": ("echo 'sso session has expired\x1b[2J' >&2; exit 3", "sso session has expired"),
    "it wants a terminal": ("read answer < /dev/tty || exit 1", ""),
    "it reads its input": ('read answer || { echo "no input" >&2; exit 1; }', "no input"),
    "it says nothing": ("exit 0", ""),
    "it says nonsense": ("echo '<html>'", ""),
    "it says null": ("echo null", ""),
    "it says another version": ('echo \'{"apiVersion": "client.authentication.k8s.io/v1alpha1", "status": {}}\'', ""),
    "it gives nothing": ('echo \'{"apiVersion": "client.authentication.k8s.io/v1", "status": {}}\'', "neither"),
    "it gives null": ('echo \'{"apiVersion": "client.authentication.k8s.io/v1", "status": null}\'', ""),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_a_plugin_that_gives_nothing_is_a_login_that_is_needed(
    api: ScriptedApi, connect: Connect, plugin: Plugin, name: str
) -> None:
    text, said = FAILURES[name]
    plugin.does(text)
    connection = connect(plugin.user())
    for _ in range(3):
        with pytest.raises(LoginNeeded) as caught:
            await connection.request("GET", "/version")
    assert plugin.runs == 1, "it is not run again and again"
    assert "login-helper" in caught.value.title and said in caught.value.detail
    assert "press r" in caught.value.hint and "\x1b" not in caught.value.detail
    assert api.asked == []

    plugin.says({"token": "one"})
    api.always("any", "", only("one"))
    connection.allow_login()
    assert await you(connection) == "one"


async def test_a_plugin_that_hangs_is_ended(
    api: ScriptedApi, connect: Connect, plugin: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "_SECONDS", 0.3)
    plugin.does(f'echo $$ > "{plugin.folder}/pid"; sleep 600')
    with pytest.raises(LoginNeeded) as caught:
        await connect(plugin.user()).request("GET", "/version")
    assert "ended after" in caught.value.detail
    assert not plugin.lives


async def test_the_loop_goes_on_while_a_plugin_runs(api: ScriptedApi, connect: Connect, plugin: Plugin) -> None:
    go = plugin.folder / "go"
    plugin.does(f'while [ ! -e "{go}" ]; do sleep 0.02; done; cat "{plugin.folder}/answer"')
    api.always("any", "", only("one"))
    asking = asyncio.ensure_future(you(connect(plugin.user())))
    await until(lambda: plugin.runs == 1)
    assert not asking.done()
    go.touch()
    assert await asking == "one"


async def test_a_plugin_that_wants_a_terminal_of_its_own_is_not_run(
    api: ScriptedApi, connect: Connect, plugin: Plugin
) -> None:
    with pytest.raises(LoginNeeded) as caught:
        await connect(plugin.user(interactiveMode="Always")).request("GET", "/version")
    assert "terminal" in caught.value.title and plugin.runs == 0


async def test_a_plugin_that_is_not_installed_says_how_to_get_it(api: ScriptedApi, connect: Connect) -> None:
    told = {"command": "no-such-helper", "installHint": "brew install it\x1b[2J"}
    with pytest.raises(LoginNeeded) as caught:
        await connect({"exec": told}).request("GET", "/version")
    assert "not installed" in caught.value.title
    assert caught.value.hint.startswith("brew install it") and "\x1b" not in caught.value.hint


async def test_a_plugin_is_told_what_it_asks_for(api: ScriptedApi, connect: Connect, plugin: Plugin) -> None:
    api.always("any", "", only("one"))
    user = plugin.user(provideClusterInfo=True, env=[{"name": "PROFILE", "value": "eu"}])
    plugin.does(f'echo "$PROFILE $1" > "{plugin.folder}/seen"; cat "{plugin.folder}/answer"')
    await you(connect(user))
    info = json.loads((plugin.folder / "info").read_text())
    assert info["spec"] == {"interactive": False, "cluster": {"server": api.url}}
    assert info["apiVersion"] == "client.authentication.k8s.io/v1"
    assert (plugin.folder / "seen").read_text() == "eu login\n"


async def test_who_is_impersonated_is_told_the_server(api: ScriptedApi, connect: Connect) -> None:
    user = {"token": "t", "as": "jane", "as-groups": ["dev", "ops"], "as-user-extra": {"team": ["a"]}}
    connection = connect(user)
    await connection.request("GET", "/version")
    headers = api.asked[-1].headers
    assert headers["Impersonate-User"] == "jane" and headers["Impersonate-Extra-team"] == "a"
    assert "acts as jane" in " ".join(connection._kubeconfig.require("here").warnings)


async def test_a_token_that_cannot_be_sent_is_an_error_of_ours(api: ScriptedApi, connect: Connect) -> None:
    with pytest.raises(ClusterError) as caught:
        await connect({"token": "a\nsecret: b"}).request("GET", "/version")
    assert "secret" not in str(caught.value)
