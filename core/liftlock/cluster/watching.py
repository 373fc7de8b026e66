"""One list and watch of one kind in one scope, for ever: resumed where it was, begun anew where that is forgotten.

The protocol is the API server's (lists with a resource version, watches from it, bookmarks, 410); pauses after
failures are client-go's: 0.8 s, doubled up to 30 s, with full jitter.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from liftlock.clock import Clock
from liftlock.cluster.answers import of_status
from liftlock.cluster.api import Api
from liftlock.cluster.objects import Kind
from liftlock.cluster.store import Store
from liftlock.errors import Absent, ClusterError, Expired, Forbidden, LoginNeeded, Throttled, Unreachable

_PAGE = 500
_FIRST, _LONGEST = 0.8, 30.0
_HEALTHY = 120.0
"""Seconds of good watching after which a failure is the first one again."""
_RELIST = 1800.0
"""Everything is listed anew after so many seconds, as a safety net."""
_ABSENT = 20.0
"""A kind that is not served, or may not be read, is tried again after so many seconds."""


@dataclass(slots=True)
class Pace:
    """How long to wait after a failure; tests set it smaller."""

    first: float = _FIRST
    longest: float = _LONGEST
    absent: float = _ABSENT
    idle: float = 90.0


class Loop:
    """Keeps one kind in one namespace ("" for all) as the server has it.

    `problem` is why it is not heard now, `blind` whether it may not be read, `retry_at` when it is tried again.
    """

    def __init__(
        self, api: Api, store: Store, kind: Kind, namespace: str, clock: Clock, pace: Pace, heard: Callable[[], None]
    ) -> None:
        self.kind = kind
        self.namespace = namespace
        self.problem: ClusterError | None = None
        self.blind = False
        self.served = True
        self.listed = False
        self.heard: float | None = None
        self.retry_at: float | None = None
        self._api = api
        self._store = store
        self._clock = clock
        self._pace = pace
        self._told = heard
        self._version: str | None = None
        self._listed_at = 0.0
        self._pause = pace.first
        self._again = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    def retry(self) -> None:
        """Try now instead of at the end of the pause."""
        self._again.set()

    def interrupt(self) -> None:
        """Give up the connection that is watched over: it is half open."""
        if self._watching is not None:
            self._watching.cancel()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            began = time.monotonic()
            try:
                self._watching = asyncio.ensure_future(self._once())
                try:
                    await self._watching
                except asyncio.CancelledError:
                    current = asyncio.current_task()
                    if current is not None and current.cancelling():
                        self._watching.cancel()
                        raise
                if time.monotonic() - began > _HEALTHY:
                    self._pause = self._pace.first
            except Expired:
                self._version = None
            except (Absent, Forbidden) as error:
                await self._closed(error)
            except LoginNeeded as error:
                self._failed(error, None)
                self._again.clear()
                await self._again.wait()
            except Throttled as error:
                await self._wait(error.after, None)
            except ClusterError as error:
                if time.monotonic() - began > _HEALTHY:
                    self._pause = self._pace.first
                # Full jitter: many that lost the same server do not come back at once.
                await self._wait(self._pause * (0.5 + random.random() / 2), error)  # noqa: S311 - no secret
                self._pause = min(self._pause * 2, self._pace.longest)

    async def _once(self) -> None:
        resource = await self._api.resource(*self.kind)
        if resource is None or (resource.verbs and "watch" not in resource.verbs):
            raise Absent(f"{self.kind[1]} is not served here", status=404)
        self.served = True
        path = resource.path(self.namespace)
        if self._version is None or time.monotonic() - self._listed_at > _RELIST:
            await self._list(path)
        await self._watch(path)

    async def _list(self, path: str) -> None:
        items: list[dict[str, Any]] = []
        version, following = "", ""
        while True:
            params = {"limit": str(_PAGE), **({"continue": following} if following else {})}
            try:
                page = await self._api.request("GET", path, params=params, within=60.0)
            except Expired:
                if not following:
                    raise
                items, version, following = [], "", ""  # the rest of the pages is forgotten: begin again
                continue
            table = page.get("metadata") or {}
            version = version or str(table.get("resourceVersion", ""))
            api_version, kind = str(page.get("apiVersion", "")), str(page.get("kind", "")).removesuffix("List")
            # Items of a list say neither: it stands once, at the top.
            items += [{"apiVersion": api_version, "kind": kind, **item} for item in page.get("items") or ()]
            following = str(table.get("continue") or "")
            if not following:
                break
        self._store.replace(self.kind, self.namespace, items)
        self._version, self._listed_at, self.listed = version, time.monotonic(), True
        self._good()

    async def _watch(self, path: str) -> None:
        seconds = random.randint(240, 300)  # noqa: S311 - no secret
        params = {
            "watch": "1",
            "resourceVersion": self._version or "",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(seconds),
        }
        began, frames = time.monotonic(), 0
        async for frame in self._api.stream(path, params=params, idle=self._pace.idle):
            frames += 1
            self._take(frame)
            self._good()
        if not frames and time.monotonic() - began < 1.0:
            raise Unreachable("A watch ended at once", "the server closes it without a word")

    def _take(self, frame: dict[str, Any]) -> None:
        what, manifest = frame.get("type"), frame.get("object")
        if not isinstance(manifest, dict):
            raise Unreachable("A watch sent something that is none")
        if what == "ERROR":
            raise of_status(manifest, "the cluster")
        version = (manifest.get("metadata") or {}).get("resourceVersion")
        if what in ("ADDED", "MODIFIED"):
            self._store.put(self.kind, manifest)
        elif what == "DELETED":
            self._store.drop(self.kind, manifest)
        if version:
            self._version = str(version)

    def _good(self) -> None:
        fresh = self.problem is not None or self.heard is None or self.blind
        self.problem, self.blind, self.retry_at = None, False, None
        self.heard = self._clock.now()
        if fresh:
            self._told()

    def _failed(self, error: ClusterError | None, retry_at: float | None) -> None:
        self.problem, self.retry_at = error, retry_at
        self._told()

    async def _closed(self, error: ClusterError) -> None:
        """What is not served or may not be read: looked at again now and then."""
        self.served = not isinstance(error, Absent)
        self.blind = isinstance(error, Forbidden)
        self.heard = self._clock.now()  # the server did answer
        self._version = None
        if self.blind:
            self._store.unread(self.kind, self.namespace)
        else:
            self._store.replace(self.kind, self.namespace, ())  # there is none of a kind that is not served
        self.listed = True
        self.problem = None
        self._told()
        await self._sleep(self._pace.absent)

    async def _wait(self, seconds: float, error: ClusterError | None) -> None:
        if error is not None:
            self._failed(error, self._clock.now() + seconds)
        await self._sleep(seconds)

    async def _sleep(self, seconds: float) -> None:
        self._again.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._again.wait()
        except TimeoutError:
            return
