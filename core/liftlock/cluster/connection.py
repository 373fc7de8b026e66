"""One API server as one user: the only place that knows the Kubernetes client, and only for kubeconfig, login and TLS.

Answers are raw JSON. Every failure becomes one of the ClusterErrors; nothing is tried again here but a request whose
credentials were refused, once, with credentials made anew.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException
from kubernetes.aio.config.kube_config import KubeConfigLoader
from multidict import CIMultiDict

from liftlock.clock import Clock
from liftlock.cluster.answers import IDLE, failed, lost, nonsense
from liftlock.cluster.api import JSON, Params, Resource
from liftlock.cluster.credentials import Credentials, Plugin
from liftlock.cluster.identity import Identity, expired, identity
from liftlock.cluster.kinds import Kinds
from liftlock.cluster.kubeconfig import Kubeconfig
from liftlock.commands import Runner
from liftlock.errors import Absent, ClusterError, LiftlockError, LoginNeeded, Unreachable
from liftlock.text import printable

_CONNECT = 5.0
"""Seconds to reach the server."""
_HEADERS = 20.0
"""Seconds that a watch has to begin."""
_LARGE = 256 * 1024
"""Bytes above which JSON is decoded beside the loop, which must go on meanwhile."""
_RETIRED = 600.0
"""Seconds in which every watch over an older client has ended."""
_POOL = 0
"""Connections at once, without a limit: each watch holds one, and where only namespaces may be read they are many."""
_FRAME = 64 * 1024 * 1024
"""A frame of a watch that is longer than this is none of an API server's."""
_ASKING = "/apis/authorization.k8s.io/"
"""What is sent there asks what may be done; it changes nothing."""


class Connection:
    """An API server through one context. Everything runs on the loop that it was first used on.

    Credentials that were refused are made anew once (the kubeconfig is read again, a plugin is asked again). Refused
    again, nothing more is sent until `allow_login`.
    """

    def __init__(self, context: str, kubeconfig: Kubeconfig, runner: Runner, clock: Clock) -> None:
        self.context = context
        self._kubeconfig = kubeconfig
        self._runner = runner
        self._clock = clock
        self._client: Any = None  # an ApiClient: it has no types
        self._retired: list[tuple[float, Any]] = []
        self._identity: Identity | None = None
        self._until: float | None = None
        self._refused: LoginNeeded | None = None
        self._doubted = False
        self._closed = False
        self._lock = asyncio.Lock()
        self._made = 0
        self._kinds = Kinds(self, clock)
        self._plugin = self._plugin_of(kubeconfig, None)

    @property
    def server(self) -> str:
        """The address, for people."""
        return printable(self._kubeconfig.require(self.context).server)

    @property
    def insecure(self) -> bool:
        """Whether the server's certificate is not looked at."""
        return self._kubeconfig.require(self.context).insecure

    def allow_login(self) -> None:
        """A login that failed may be tried again: the user says so. The kubeconfig is read again for it."""
        self._refused = None
        self._doubted = True
        if self._plugin is not None:
            self._plugin.allow()

    def drop(self) -> None:
        """Use none of the TCP connections that are open now for anything new: they may be half open."""
        self._retire()
        self._identity = None

    async def close(self) -> None:
        """End all that runs over it."""
        self._closed = True
        self._retire()
        await self._end(0.0)

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
        except Absent:
            self._kinds.doubt(path)
            raise
        finally:
            if method != "GET" and (params or {}).get("dryRun") != "All" and not path.startswith(_ASKING):
                self._note(script or f"# {method} {path}", time.monotonic() - began, code)
        try:
            return await _parsed(data)
        except (ValueError, RecursionError) as error:
            raise nonsense(data, self.context, self.server) from error

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
        self,
        path: str,
        *,
        params: Params | None = None,
        idle: float = 90.0,
        begun: Callable[[], None] | None = None,
    ) -> AsyncIterator[dict[str, Any]]:
        """The frames of a watch. Ends when the server ends it; raises Unreachable after `idle` silent seconds."""
        headers = {"Accept": JSON}
        try:
            async with self._answer("GET", path, params, headers, None, (_CONNECT, idle), None) as response:
                if response.status >= 400:
                    raise failed(response.status, await response.read(), response.headers, self.context, "GET", path)
                if begun is not None:
                    begun()
                async for line in _lines(response, self.context):
                    try:
                        frame = await _parsed(line)
                    except (ValueError, RecursionError) as error:
                        raise nonsense(line, self.context, self.server) from error
                    if not isinstance(frame, dict):
                        raise nonsense(line, self.context, self.server)
                    yield frame
        except Absent:
            self._kinds.doubt(path)
            raise

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
                response.release()
                async with self._lock:
                    if self._made == made:  # else somebody else made new ones meanwhile
                        await self._make(anew=True)
                response = await self._send(method, path, params, headers, body, timeouts, within)
                if response.status == 401:
                    response.release()
                    self._refused = self._refusal()
                    raise self._refused
            try:
                yield response
            finally:
                response.release()
        except ClusterError:
            raise
        except (RuntimeError, AssertionError) as error:
            if not self._closed:
                raise
            raise self._is_closed() from error  # its session was closed while it asked
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
        verb, url, all_headers, _, post = await client.param_serialize(
            method=method,
            resource_path=path,
            query_params=list((params or {}).items()),
            header_params=dict(headers),
            auth_settings=["BearerToken"],
        )
        sent = CIMultiDict(all_headers)
        for name, value in self._identity.headers if self._identity is not None else ():
            sent.add(name, value)  # groups: one header each
        limits = aiohttp.ClientTimeout(total=within, sock_connect=connect, connect=connect * 2, sock_read=read)
        async with asyncio.timeout(_HEADERS if within is None else None):
            answer = await client.rest_client.request(
                verb, url, headers=sent, body=body, post_params=post, _request_timeout=limits
            )
        response: aiohttp.ClientResponse = answer.response
        return response

    # Logging in ----------------------------------------------------------------------------------------------------

    async def _opened(self) -> Any:
        """The client, with credentials that are good as far as we know."""
        if self._closed:
            raise self._is_closed()
        if self._refused is not None:
            error = self._refused
            raise LoginNeeded(error.title, error.detail, error.hint, status=401)
        if self._client is None or self._over():
            async with self._lock:
                if self._client is None or self._over():
                    await self._make(anew=False)
        if self._closed or self._client is None:
            raise self._is_closed()
        return self._client

    def _is_closed(self) -> Unreachable:
        return Unreachable(f"{printable(self.context)} is closed")

    def _over(self) -> bool:
        return self._until is not None and self._clock.now() > self._until

    async def _make(self, *, anew: bool) -> None:
        """Credentials and what is sent with them. A new client only where TLS needs one: watches go on meanwhile."""
        try:
            if anew or self._doubted:
                self._kubeconfig = await asyncio.to_thread(self._kubeconfig.again)
                self._plugin = self._plugin_of(self._kubeconfig, self._plugin)
                self._doubted = False
            given: Credentials | None = None
            if self._plugin is not None:
                plugin = self._plugin
                given = await asyncio.to_thread(lambda: plugin.credentials(anew=anew))
            await self._become(given)
        except ClusterError:
            raise
        except (LiftlockError, ConfigException, OSError, ssl.SSLError, ValueError, KeyError, TypeError) as error:
            raise LoginNeeded(
                f"The context {printable(self.context)} cannot log in",
                printable(str(error)),
                "kubectl config view --minify shows its user",
            ) from error
        self._until = given.until if given is not None else None
        self._made += 1

    async def _become(self, given: Credentials | None) -> None:
        untyped: Any = KubeConfigLoader
        with tempfile.TemporaryDirectory(prefix="liftlock-") as name:  # keys: ours alone, and gone once they are loaded
            who = await asyncio.to_thread(identity, self._kubeconfig, self.context, given, Path(name), self._clock)
            configuration = type.__call__(Configuration)  # a new one: the client keeps a default of its own otherwise
            await untyped(who.config, active_context=self.context, config_base_path="").load_and_set(configuration)
            configuration.connection_pool_maxsize = _POOL
            configuration.retries = None
            # As kubectl: a proxy of the environment is used, a password of netrc is none for an API server.
            configuration.client_session_kwargs = {"trust_env": False}
            configuration.proxy = configuration.proxy or _proxy(configuration.host)
            configuration.disable_strict_ssl_verification = True  # as strict as kubectl, whatever Python it is
            if self._client is not None and self._identity is not None and self._identity.mark == who.mark:
                self._client.configuration.api_key = configuration.api_key
            else:
                self._retire()
                self._client = ApiClient(configuration)
                await self._end(_RETIRED)
            self._identity = who

    def _retire(self) -> None:
        """What runs over the client runs to its end; nothing new begins there."""
        client, self._client = self._client, None
        if client is not None:
            self._retired.append((time.monotonic(), client))

    async def _end(self, after: float) -> None:
        """Close the clients that were retired so many seconds ago."""
        now, retired = time.monotonic(), self._retired
        self._retired = [(since, client) for since, client in retired if now - since < after]
        for since, client in retired:
            if now - since >= after:
                await client.close()

    def _plugin_of(self, kubeconfig: Kubeconfig, before: Plugin | None) -> Plugin | None:
        """The plugin of the context; the one from before while the kubeconfig says the same of it."""
        told = kubeconfig.user(self.context).get("exec")
        if not isinstance(told, Mapping):
            return None
        if before is not None and before.told == told:
            return before
        return Plugin(told, kubeconfig.cluster(self.context), self._runner, self._clock)

    def _refusal(self) -> LoginNeeded:
        title, detail = expired(self._identity, self.context, self._clock.now())
        login = self._plugin.login if self._plugin is not None else ""
        hint = f"run {login}, then press r" if login else f"log in to {printable(self.context)} again, then press r"
        return LoginNeeded(
            title or f"{printable(self.context)} wants a login",
            detail or "the server does not take the credentials",
            hint,
            status=401,
        )

    def _note(self, script: str, seconds: float, code: int | None) -> None:
        ended = 0 if code is not None and code < 400 else code
        self._runner.note(script, seconds=seconds, code=ended, mutates=True, script=script)


def _proxy(server: str) -> str | None:
    """The proxy that the environment names for a server, None for none."""
    parts = urlsplit(server)
    if not parts.hostname or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


async def _lines(response: aiohttp.ClientResponse, context: str) -> AsyncIterator[bytes]:
    """The lines of an answer that goes on; the last one only when it is whole."""
    held = bytearray()
    chunks = response.content.iter_any().__aiter__()
    while True:
        try:
            chunk = await chunks.__anext__()
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise Unreachable(
                f"{printable(context)} is silent", "nothing came for a while over a watch", reason=IDLE
            ) from error
        held += chunk
        if b"\n" not in chunk:
            if len(held) > _FRAME:
                raise Unreachable("A watch sent something that is none", f"{len(held)} bytes without an end")
            continue
        *lines, rest = bytes(held).split(b"\n")
        held = bytearray(rest)
        for line in lines:
            if line.strip():
                yield line


async def _parsed(data: bytes) -> Any:
    if not data:
        return {}
    return await asyncio.to_thread(json.loads, data) if len(data) > _LARGE else json.loads(data)
