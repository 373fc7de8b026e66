"""Watches: what changes, frame by frame, with bookmarks in between."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import web

from liftlock.cluster.objects import Manifest
from liftlock.sandbox import asking
from liftlock.sandbox.asking import Address
from liftlock.sandbox.objects import Change, Objects
from liftlock.sandbox.refusing import Refusal
from liftlock.sandbox.selecting import Test

_LONGEST = 300
_END = Change(0, "END")


class Feeds:
    """All open watches of one server."""

    def __init__(self, objects: Objects, bookmarks: float) -> None:
        self._objects = objects
        self._bookmarks = bookmarks
        self._open: set[asyncio.Queue[Change]] = set()
        self.in_stream = True
        """A forgotten version is told inside the watch, as the API server does now; else the request is refused."""

    @property
    def open(self) -> int:
        """How many watches there are."""
        return len(self._open)

    def close(self) -> None:
        """End all watches, as a server does now and then."""
        for queue in self._open:
            queue.put_nowait(_END)

    async def watch(self, request: web.Request, at: Address) -> web.StreamResponse:
        """Answer one. Raises Refusal."""
        fits = asking.fitting(request)
        seconds = asking.number(request, "timeoutSeconds") or _LONGEST
        since = asking.number(request, "resourceVersion") or 0
        initial = asking.flag(request, "sendInitialEvents")
        queue: asyncio.Queue[Change] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def tell(change: Change) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and the watch with it
                loop.call_soon_threadsafe(queue.put_nowait, change)

        first: list[Manifest] = []
        if initial or not since:
            found, since = self._objects.listed(*at.served.at, at.namespace)
            first = [m for m in found if fits(m) and at.name in ("", m["metadata"]["name"])]
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        try:
            end = self._objects.listen(tell, since, at.served.at)
        except Refusal as refusal:
            if not self.in_stream:
                raise
            await response.prepare(request)
            await response.write(_frame("ERROR", refusal.status))
            return response
        self._open.add(queue)
        try:
            await response.prepare(request)
            if first:
                await response.write(b"".join(_frame("ADDED", manifest) for manifest in first))
            if initial:
                await response.write(_bookmark(at, since, {"k8s.io/initial-events-end": "true"}))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._go_on(response, queue, tell, at, fits, asking.flag(request, "allowWatchBookmarks"))
        except ConnectionResetError:
            pass  # the client has gone
        finally:
            end()
            self._open.discard(queue)
        return response

    async def _go_on(
        self,
        response: web.StreamResponse,
        queue: asyncio.Queue[Change],
        tell: Any,
        at: Address,
        fits: Test,
        bookmarks: bool,
    ) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + self._bookmarks
        while True:
            if bookmarks and loop.time() >= due:
                # By way of the queue: behind all that is told already.
                self._objects.bookmark(tell)
                due = loop.time() + self._bookmarks
            try:
                async with asyncio.timeout_at(due if bookmarks else None):
                    change = await queue.get()
            except TimeoutError:
                continue
            if change is _END:
                return
            if change.what == "BOOKMARK":
                await response.write(_bookmark(at, change.version))
                continue
            frame = _of_change(change, at, fits)
            if frame is not None:
                await response.write(frame)


def _of_change(change: Change, at: Address, fits: Test) -> bytes | None:
    """What a change is to a watch: an object that is no longer selected is gone."""
    if change.at is None or (change.at.group, change.at.kind) != at.served.at or change.manifest is None:
        return None
    if at.namespace and change.at.namespace != at.namespace:
        return None
    if at.name and change.at.name != at.name:
        return None
    before = change.before is not None and fits(change.before)
    now = change.what != "DELETED" and fits(change.manifest)
    if now:
        return _frame("MODIFIED" if before else "ADDED", change.manifest)
    return _frame("DELETED", change.manifest) if before else None


def _bookmark(at: Address, version: int, annotations: dict[str, str] | None = None) -> bytes:
    resource = at.served.resource
    metadata: dict[str, Any] = {"resourceVersion": str(version), "creationTimestamp": None}
    if annotations:
        metadata["annotations"] = annotations
    return _frame("BOOKMARK", {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata})


def _frame(what: str, manifest: Manifest) -> bytes:
    return json.dumps({"type": what, "object": manifest}, separators=(",", ":")).encode() + b"\n"
