"""An API server on loopback whose every answer a test can script: what it does not script is answered honestly."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext
from typing import Any

import yaml
from aiohttp import web

from liftlock.cluster.connection import Connection

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Connect = Callable[..., Connection]
Table = dict[str, Any]
END = "k8s.io/initial-events-end"
_PODS = ("", "v1", "Pod", "pods")


@dataclass(frozen=True)
class Asked:
    """One request as it came. `what` is list, stream (a streaming list), watch, or the method."""

    what: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    at: float

    @property
    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")


@dataclass
class ScriptedApi:
    """Kinds, objects, and answers: `script` gives the next ones, `always` one for good."""

    streaming: bool = False
    page: int = 500
    url: str = ""
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.version = 100
        self._served: dict[str, Table] = {}
        self._objects: dict[str, dict[tuple[str, str], Table]] = defaultdict(dict)
        self._log: list[tuple[int, str, str, Table]] = []
        self._next: dict[tuple[str, str], deque[Answer]] = defaultdict(deque)
        self._always: dict[tuple[str, str], Answer] = {}
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self.serve(*_PODS)

    # What it has -----------------------------------------------------------------------------------------------------

    def serve(self, group: str, version: str, kind: str, plural: str, *, namespaced: bool = True) -> str:
        """One more kind; its path."""
        path = f"/apis/{group}/{version}/{plural}" if group else f"/api/{version}/{plural}"
        self._served[path] = {"group": group, "version": version, "kind": kind, "plural": plural, "ns": namespaced}
        return path

    def put(self, name: str, path: str = "/api/v1/pods", namespace: str = "default", **body: Any) -> Table:
        """Create or change an object, and tell the watches."""
        self.version += 1
        served = self._served[path]
        prefix = f"{served['group']}/" if served["group"] else ""
        metadata = {"name": name, "uid": name, "resourceVersion": str(self.version), **body.pop("metadata", {})}
        if served["ns"]:
            metadata["namespace"] = namespace
        made = {"apiVersion": f"{prefix}{served['version']}", "kind": served["kind"], "metadata": metadata, **body}
        known = self._objects[path]
        self._log.append((self.version, path, "MODIFIED" if (namespace, name) in known else "ADDED", made))
        known[namespace, name] = made
        return made

    def delete(self, name: str, path: str = "/api/v1/pods", namespace: str = "default") -> None:
        self.version += 1
        gone = self._objects[path].pop((namespace, name))
        gone = {**gone, "metadata": {**gone["metadata"], "resourceVersion": str(self.version)}}
        self._log.append((self.version, path, "DELETED", gone))

    def forget(self, name: str, path: str = "/api/v1/pods", namespace: str = "default") -> None:
        """The object is gone, and no watch says so."""
        self._objects[path].pop((namespace, name))

    # What is scripted ------------------------------------------------------------------------------------------------

    def script(self, what: str, path: str, *answers: Answer) -> None:
        """The next answers to this kind of request at this path."""
        self._next[what, path].extend(answers)

    def always(self, what: str, path: str, answer: Answer | None) -> None:
        """The answer from now on; None: the honest one again."""
        self._always.pop((what, path), None)
        if answer is not None:
            self._always[what, path] = answer

    def count(self, what: str, path: str = "") -> int:
        return len(self.of(what, path))

    def quiet(self, seconds: float = 0.2) -> bool:
        """Whether it was asked something, and nothing for so long."""
        return bool(self.asked) and time.monotonic() - self.asked[-1].at > seconds

    def of(self, what: str, path: str = "") -> list[Asked]:
        """The requests of this kind so far."""
        return [one for one in self.asked if one.what == what and path in ("", one.path)]

    # Serving ---------------------------------------------------------------------------------------------------------

    async def start(self, port: int = 0, ssl: SSLContext | None = None) -> None:
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=ssl, reuse_address=True).start()
        scheme = "https" if ssl is not None else "http"
        self.url = f"{scheme}://127.0.0.1:{self._runner.addresses[0][1]}"

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        what = request.method
        if what == "GET" and request.path.startswith(("/api/", "/apis/")) and self._kind(request.path) is not None:
            what = "stream" if "sendInitialEvents" in query else "watch" if "watch" in query else "list"
        self.asked.append(Asked(what, request.path, dict(query), dict(request.headers), time.monotonic()))
        for at in ((what, request.path), (what, ""), ("any", "")):
            if self._next[at]:
                return await self._next[at].popleft()(request)
            if at in self._always:
                return await self._always[at](request)
        return await self._honest(what, request)

    def _kind(self, path: str) -> tuple[str, str] | None:
        """The path of the kind and the namespace, None for any other path."""
        parts = path.split("/")
        if parts[-3:-2] == ["namespaces"]:
            short = "/".join((*parts[:-3], parts[-1]))
            return (short, parts[-2]) if short in self._served else None
        return (path, "") if path in self._served else None

    async def _honest(self, what: str, request: web.Request) -> web.StreamResponse:
        found = self._kind(request.path)
        if found is not None and what == "list":
            return self._list(request, *found)
        if found is not None and what == "stream" and not self.streaming:
            return await status(422, "Invalid", "sendInitialEvents is forbidden for watch")(request)
        if found is not None and what in ("watch", "stream"):
            return await self._watch(request, *found, initial=what == "stream")
        if request.path == "/version":
            return web.json_response({"gitVersion": "v1.34.0"})
        if request.path in ("/api", "/apis"):
            return web.json_response(self._discovery(core=request.path == "/api"))
        return await status(404, "NotFound", "the server could not find the requested resource")(request)

    async def honest(self, request: web.Request) -> web.StreamResponse:
        """The answer that is not scripted, to stand between those that are."""
        return await self._honest(self.asked[-1].what, request)

    async def forgetful(self, request: web.Request) -> web.StreamResponse:
        """The first page of a list; the rest is forgotten already."""
        if "continue" not in request.query:
            return await self.honest(request)
        return await status(410, "Expired", "The provided continue parameter is too old")(request)

    def _discovery(self, *, core: bool) -> Table:
        groups: dict[str, dict[str, list[Table]]] = defaultdict(lambda: defaultdict(list))
        for one in self._served.values():
            if core == (one["group"] == ""):
                entry = {
                    "resource": one["plural"],
                    "responseKind": {"kind": one["kind"]},
                    "scope": "Namespaced" if one["ns"] else "Cluster",
                    "verbs": ["list", "watch", "get"],
                }
                groups[one["group"]][one["version"]].append(entry)
        items = [
            {"metadata": {"name": g}, "versions": [{"version": v, "resources": found} for v, found in versions.items()]}
            for g, versions in groups.items()
        ]
        return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items}

    def _list(self, request: web.Request, path: str, namespace: str) -> web.Response:
        found = [m for (place, _), m in self._objects[path].items() if namespace in ("", place)]
        start, served = int(request.query.get("continue", "0")), self._served[path]
        end = start + min(int(request.query["limit"]), self.page) if "limit" in request.query else len(found)
        metadata = {"resourceVersion": str(self.version), **({"continue": str(end)} if end < len(found) else {})}
        items = [{k: v for k, v in m.items() if k not in ("apiVersion", "kind")} for m in found[start:end]]
        prefix = f"{served['group']}/" if served["group"] else ""
        top = {"kind": f"{served['kind']}List", "apiVersion": f"{prefix}{served['version']}"}
        return web.json_response({**top, "metadata": metadata, "items": items})

    async def _watch(self, request: web.Request, path: str, namespace: str, *, initial: bool) -> web.StreamResponse:
        response = await begun(request)
        since = int(request.query.get("resourceVersion") or self.version)
        if initial:
            since = self.version
            for (place, _), manifest in list(self._objects[path].items()):
                if namespace in ("", place):
                    await response.write(frame("ADDED", manifest))
            await response.write(bookmark(since, end=True))
        at = 0
        while True:
            while at < len(self._log):
                version, where, what, manifest = self._log[at]
                at += 1
                fits = where == path and namespace in ("", manifest["metadata"].get("namespace", ""))
                if version > since and fits:
                    await response.write(frame(what, manifest))
            await asyncio.sleep(0.005)


# Answers -------------------------------------------------------------------------------------------------------------


def status(code: int, reason: str = "", message: str = "", **headers: str) -> Answer:
    """A Status of the API; headers with _ for -."""

    async def answer(request: web.Request) -> web.StreamResponse:
        told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response({**told, "reason": reason, "message": message}, status=code, headers=named)

    return answer


def page(content: bytes, code: int = 200, kind: str = "application/json") -> Answer:
    """These bytes."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=content, status=code, content_type=kind)

    return answer


async def hang(request: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError


async def slam(request: web.Request) -> web.StreamResponse:
    """The connection is reset without an answer."""
    assert request.transport is not None
    request.transport.abort()  # type: ignore[attr-defined]
    return web.Response()


def frames(*sent: bytes, then: str = "end") -> Answer:
    """These frames, and then the end, an `abort` of the connection, or `silence`."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = await begun(request)
        for one in sent:
            await response.write(one)
        if then == "abort":
            await asyncio.sleep(0.05)  # what was written is to arrive first
            assert request.transport is not None
            request.transport.abort()  # type: ignore[attr-defined]
        elif then == "silence":
            await asyncio.Event().wait()
        return response

    return answer


async def begun(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    return response


def frame(what: str, manifest: Any) -> bytes:
    return json.dumps({"type": what, "object": manifest}).encode() + b"\n"


def error(code: int, reason: str = "", message: str = "") -> bytes:
    """An ERROR frame."""
    return frame("ERROR", {"kind": "Status", "code": code, "reason": reason, "message": message})


def bookmark(version: int, *, end: bool = False) -> bytes:
    annotations = {"annotations": {END: "true"}} if end else {}
    return frame("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": str(version), **annotations}})


def pod(name: str, version: int, namespace: str = "default", **body: Any) -> Table:
    metadata = {"name": name, "namespace": namespace, "resourceVersion": str(version), "uid": name}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, **body}


# Around it -----------------------------------------------------------------------------------------------------------


def kubeconfig_text(url: str, user: Mapping[str, Any] | None = None, name: str = "here", **cluster: Any) -> str:
    """A kubeconfig of one context."""
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "clusters": [{"name": name, "cluster": {"server": url, **cluster}}],
            "users": [{"name": name, "user": dict(user or {"token": "let-me-in"})}],
        }
    )


def script_file(file: Path, text: str) -> Path:
    """A program of a few lines of shell."""
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


async def until(condition: Callable[[], object], within: float = 8.0) -> None:
    """Wait for a state; AssertionError when it does not come."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - what is waited for knows nothing of events
            await asyncio.sleep(0.005)
