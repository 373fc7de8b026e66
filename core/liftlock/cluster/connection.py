"""One API server as one user: the only place that knows the Kubernetes client, and only for kubeconfig, login and TLS.

Answers are raw JSON. Every failure becomes one of the ClusterErrors; nothing is tried again here but a request whose
credentials were refused, once, with credentials made anew.
"""

from __future__ import annotations

import asyncio
import copy
import json
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException
from kubernetes.aio.config.kube_config import KubeConfigLoader

from liftlock.clock import Clock
from liftlock.cluster.answers import failed, lost
from liftlock.cluster.api import JSON, Params, Resource
from liftlock.cluster.credentials import Credentials, Plugin, token_expiry
from liftlock.cluster.kinds import Kinds
from liftlock.cluster.kubeconfig import Kubeconfig
from liftlock.commands import Runner
from liftlock.errors import ClusterError, LoginNeeded, Unreachable
from liftlock.text import printable

_CONNECT = 5.0
"""Seconds to reach the server."""
_LARGE = 256 * 1024
"""Bytes above which JSON is decoded beside the loop, which must go on meanwhile."""
_POOL = 128
"""Connections at once: each watch holds one."""
_FRAME = 64 * 1024 * 1024
"""A frame of a watch that is longer than this is none of an API server's."""


class Connection:
    """An API server through one context. Made by `open`; everything runs on the loop that it was opened on."""

    def __init__(self, context: str, kubeconfig: Kubeconfig, runner: Runner, clock: Clock) -> None:
        self.context = context
        self._kubeconfig = kubeconfig
        self._runner = runner
        self._clock = clock
        self._client: Any = None  # an ApiClient: it has no types
        self._headers: dict[str, str] = {}
        self._token_until: float | None = None
        self._lock = asyncio.Lock()
        self._made = 0
        self._kinds = Kinds(self, clock)
        user, cluster = kubeconfig.user(context), kubeconfig.cluster(context)
        run = user.get("exec")
        server, authority = str(cluster.get("server", "")), str(cluster.get("certificate-authority-data", ""))
        self._plugin = Plugin(run, server, authority, runner, clock) if isinstance(run, Mapping) else None

    @property
    def server(self) -> str:
        """The address, for people."""
        return printable(self._kubeconfig.require(self.context).server)

    @property
    def insecure(self) -> bool:
        """Whether the server's certificate is not looked at."""
        return self._kubeconfig.require(self.context).insecure

    def allow_login(self) -> None:
        """A login that failed may be tried again: the user says so."""
        if self._plugin is not None:
            self._plugin.allow()

    async def close(self) -> None:
        """End all that runs over it."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    # Asking --------------------------------------------------------------------------------------------------------

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Any = None,
        content_type: str = JSON,
        accept: str = JSON,
        within: float = 30.0,
        script: str = "",
    ) -> Any:
        """The parsed JSON of the answer; what changes something is written to the journal with `script`."""
        began = time.monotonic()
        headers = {"Accept": accept, **({"Content-Type": content_type} if body is not None else {})}
        code: int | None = None
        try:
            async with self._answer(method, path, params, headers, body, (_CONNECT, None), within) as response:
                code = response.status
                data = await response.read()
                if response.status >= 400:
                    raise failed(response.status, data, response.headers, self.context, method, path)
        finally:
            if method != "GET" and (params or {}).get("dryRun") != "All" and script:
                self._note(script, time.monotonic() - began, code)
        return await _parsed(data)

    async def text(self, path: str, *, params: Params | None = None, within: float = 30.0, limit: int = 65536) -> str:
        """The answer as text, cut at `limit` bytes, clean for display line by line."""
        async with self._answer("GET", path, params, {"Accept": "*/*"}, None, (_CONNECT, None), within) as response:
            data = await response.content.read(limit) if response.status < 400 else await response.read()
            if response.status >= 400:
                raise failed(response.status, data, response.headers, self.context, "GET", path)
            while len(data) < limit:
                more = await response.content.read(limit - len(data))
                if not more:
                    break
                data += more
        return printable(data.decode("utf-8", "replace"), newlines=True)

    async def stream(
        self, path: str, *, params: Params | None = None, idle: float = 90.0
    ) -> AsyncIterator[dict[str, Any]]:
        """The frames of a watch. Ends when the server ends it; raises Unreachable after `idle` silent seconds."""
        headers = {"Accept": JSON}
        async with self._answer("GET", path, params, headers, None, (_CONNECT, idle), None) as response:
            if response.status >= 400:
                raise failed(response.status, await response.read(), response.headers, self.context, "GET", path)
            held = bytearray()
            async for chunk in response.content.iter_any():
                held += chunk
                if b"\n" not in chunk:
                    if len(held) > _FRAME:
                        raise Unreachable("A watch sent something that is none", f"{len(held)} bytes without an end")
                    continue
                *lines, rest = bytes(held).split(b"\n")
                held = bytearray(rest)
                for line in lines:
                    if line.strip():
                        yield await _parsed(line)

    async def resource(self, group: str, kind: str, version: str = "") -> Resource | None:
        """The kind as it is served, None when it is not."""
        return await self._kinds.find(group, kind, version)

    @asynccontextmanager
    async def _answer(
        self,
        method: str,
        path: str,
        params: Params | None,
        headers: Mapping[str, str],
        body: Any,
        timeouts: tuple[float, float | None],
        within: float | None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One exchange; credentials that are refused are made anew once."""
        try:
            made = self._made
            response = await self._send(method, path, params, headers, body, timeouts, within)
            if response.status == 401:
                await self._renew(made, response)
                response = await self._send(method, path, params, headers, body, timeouts, within)
                if response.status == 401:
                    response.release()
                    raise self._login("the server does not take the credentials")
            try:
                yield response
            finally:
                response.release()
        except ClusterError:
            raise
        except (aiohttp.ClientError, TimeoutError, ssl.SSLError, OSError, ValueError) as error:
            raise lost(error, self.context, self.server) from error

    async def _send(
        self,
        method: str,
        path: str,
        params: Params | None,
        headers: Mapping[str, str],
        body: Any,
        timeouts: tuple[float, float | None],
        within: float | None,
    ) -> aiohttp.ClientResponse:
        client = await self._opened()
        connect, read = timeouts
        prepared = await client.param_serialize(
            method=method,
            resource_path=path,
            query_params=list((params or {}).items()),
            header_params={**self._headers, **headers},
            auth_settings=["BearerToken"],
        )
        verb, url, all_headers, _, post = prepared
        limits = aiohttp.ClientTimeout(total=within, sock_connect=connect, connect=connect * 2, sock_read=read)
        answer = await client.rest_client.request(
            verb, url, headers=all_headers, body=body, post_params=post, _request_timeout=limits
        )
        response: aiohttp.ClientResponse = answer.response
        return response

    # Logging in ----------------------------------------------------------------------------------------------------

    async def _opened(self) -> Any:
        if self._client is None or self._over():
            async with self._lock:
                if self._client is None or self._over():
                    await self._make(anew=False)
        if self._client is None:
            raise Unreachable(f"{printable(self.context)} is closed")
        return self._client

    def _over(self) -> bool:
        return self._token_until is not None and self._clock.now() > self._token_until

    async def _renew(self, made: int, response: aiohttp.ClientResponse) -> None:
        """Make the credentials anew after a 401, unless somebody else did meanwhile."""
        response.release()
        async with self._lock:
            if self._made == made:
                await self._make(anew=True)

    async def _make(self, *, anew: bool) -> None:
        given: Credentials | None = None
        if self._plugin is not None:
            plugin = self._plugin
            given = await asyncio.to_thread(lambda: plugin.credentials(anew=anew))
        old, self._client = self._client, None
        try:
            self._client = await self._client_with(given)
        except (ConfigException, OSError, ssl.SSLError, ValueError, KeyError, TypeError) as error:
            said = printable(str(error))
            raise LoginNeeded(
                f"The context {printable(self.context)} cannot log in",
                said,
                "kubectl config view --minify shows its user",
            ) from error
        finally:
            self._made += 1
            if old is not None:
                # Requests that still run over it fail, and are made again by who waits for them.
                asyncio.get_running_loop().call_later(5.0, lambda: asyncio.ensure_future(old.close()))

    async def _client_with(self, given: Credentials | None) -> Any:
        merged = copy.deepcopy(dict(self._kubeconfig.merged))
        for entry in merged.get("users", ()):
            user = entry.get("user") or {}
            user.pop("exec", None)
            if given is not None and entry["name"] == self._kubeconfig.require(self.context).user:
                user.update(_given(given))
            entry["user"] = user
        configuration = type.__call__(Configuration)  # a new one: the client keeps a default of its own otherwise
        untyped: Any = KubeConfigLoader
        await untyped(merged, active_context=self.context, config_base_path="").load_and_set(configuration)
        configuration.connection_pool_maxsize = _POOL
        configuration.retries = 0
        user = self._kubeconfig.user(self.context)
        self._headers = _impersonation(user)
        token = str(configuration.api_key.get("BearerToken", "")).removeprefix("Bearer ")
        self._token_until = given.expires if given is not None else token_expiry(token)
        if self._token_until is not None:
            # A token file is read again in time; one in the kubeconfig itself cannot be renewed by asking earlier.
            early = 30.0 if given is not None or user.get("tokenFile") else -1e12
            self._token_until = self._token_until - early
        return ApiClient(configuration)

    def _login(self, why: str) -> LoginNeeded:
        login = self._plugin.login if self._plugin is not None else ""
        hint = f"run {login}, then press r" if login else f"log in to {self.context} again, then press r"
        return LoginNeeded(f"{printable(self.context)} wants a login", why, printable(hint), status=401)

    def _note(self, script: str, seconds: float, code: int | None) -> None:
        ended = 0 if code is not None and code < 400 else code
        self._runner.note(script, seconds=seconds, code=ended, mutates=True, script=script)


def _given(credentials: Credentials) -> dict[str, str]:
    import base64

    if credentials.token:
        return {"token": credentials.token}
    return {
        "client-certificate-data": base64.b64encode(credentials.certificate.encode()).decode(),
        "client-key-data": base64.b64encode(credentials.key.encode()).decode(),
    }


def _impersonation(user: Mapping[str, Any]) -> dict[str, str]:
    """The headers that the client does not send by itself."""
    headers = {}
    if user.get("as"):
        headers["Impersonate-User"] = str(user["as"])
    if user.get("as-uid"):
        headers["Impersonate-Uid"] = str(user["as-uid"])
    groups = user.get("as-groups")
    if isinstance(groups, list) and len(groups) == 1:
        headers["Impersonate-Group"] = str(groups[0])
    elif groups:
        raise ValueError("it impersonates several groups, which cannot be said here: use a context with one")
    return headers


async def _parsed(data: bytes) -> Any:
    if not data:
        return {}
    return await asyncio.to_thread(json.loads, data) if len(data) > _LARGE else json.loads(data)
