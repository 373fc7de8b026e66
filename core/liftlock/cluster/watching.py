"""One list and watch of one kind in one scope, for ever: resumed where it was, begun anew where that is forgotten.

The protocol is the API server's (a streaming list where it has one, else pages; a resource version, bookmarks, 410);
pauses after failures are client-go's: 0.8 s, doubled up to 30 s, with jitter.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from liftlock.clock import Clock
from liftlock.cluster.answers import IDLE, of_status
from liftlock.cluster.api import Api, Resource
from liftlock.cluster.objects import Kind
from liftlock.cluster.store import Store
from liftlock.errors import Absent, ClusterError, Expired, Forbidden, LoginNeeded, Refused, Throttled, Unreachable
from liftlock.text import printable

_PAGE = 500
_FIRST, _LONGEST = 0.8, 30.0
_HEALTHY = 120.0
"""Seconds of good watching after which a failure is the first one again."""
_RELIST = 1800.0
"""Everything is listed anew after so many seconds, as a safety net."""
_ABSENT = 20.0
"""A kind that is not served, or may not be read, is tried again after so many seconds."""
_WATCH = (240, 300)
"""Seconds after which the server is asked to end a watch: one of these at random."""
_ENDED_AT_ONCE = 1.0
_INITIAL_END = "k8s.io/initial-events-end"
# Reasons of our own: the server answers, but this kind cannot be read; it takes watches on and closes them.
_NONSENSE, _SHUT = "Nonsense", "Shut"


@dataclass(slots=True)
class Pace:
    """How long to wait; tests set it smaller.

    `first` and `longest` are the pauses after failures, `absent` the one for what is not served or may not be read,
    `idle` how long a watch may be silent, `initial` how long the beginning of a streaming list may be; `page` is the
    time that one page of a list has.
    """

    first: float = _FIRST
    longest: float = _LONGEST
    absent: float = _ABSENT
    idle: float = 90.0
    initial: float = 15.0
    page: float = 60.0


@dataclass(slots=True)
class Ways:
    """What one server is known to do; shared by all its loops."""

    streaming: bool = True
    """It sends lists as watches (`sendInitialEvents`, on by default from Kubernetes 1.34)."""


class Loop:
    """Keeps one kind in one namespace ("" for all) as the server has it.

    `problem` is why it is not heard now, `blind` whether it may not be read, `retry_at` when it is tried again.
    """

    def __init__(
        self,
        api: Api,
        store: Store,
        kind: Kind,
        namespace: str,
        clock: Clock,
        pace: Pace,
        told: Callable[[Loop], None],
        *,
        ways: Ways | None = None,
        selector: str = "",
    ) -> None:
        """`told` is called when its state changes (not at every frame); `selector` chooses by labels."""
        self.kind = kind
        self.namespace = namespace
        self.problem: ClusterError | None = None
        self.blind = False
        self.served = True
        self.listed = False
        self.heard: float | None = None
        self.retry_at: float | None = None
        self.failing_since: float | None = None
        self._api = api
        self._store = store
        self._clock = clock
        self._pace = pace
        self._told = told
        self._ways = ways or Ways()
        self._selector = {"labelSelector": selector} if selector else {}
        self._version: str | None = None
        self._listed_at = 0.0
        self._pause = pace.first
        self._quiet = 0
        self._marked = False
        self._hasty = False
        self._resource: Resource | None = None
        self._again = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    def retry(self) -> None:
        """Try now instead of at the end of the pause."""
        self._pause = self._pace.first
        self._again.set()

    def hurry(self) -> None:
        """Try now if it waits because nothing was reached: something else was, meanwhile."""
        if self.problem is not None and self.unanswered:
            self._again.set()

    @property
    def unanswered(self) -> bool:
        """Whether what is wrong is wrong with the way there: nobody answered, not even with an error."""
        return isinstance(self.problem, Unreachable) and not self.problem.status and self.problem.reason != _NONSENSE

    def interrupt(self) -> None:
        """Give up the connection that is watched over: it is half open."""
        if self._watching is not None:
            self._watching.cancel()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            began = time.monotonic()
            try:
                await self._interruptible()
                if time.monotonic() - began > _HEALTHY:
                    self._pause = self._pace.first
            except Expired as error:
                # A list that is answered so, or a watch each time right after its list: not at once again.
                hasty = time.monotonic() - self._listed_at < _ENDED_AT_ONCE
                again, self._hasty = hasty and self._hasty, hasty
                if self._version is None or again:
                    await self._wait(error)
                self._version = None
            except (Absent, Forbidden) as error:
                await self._closed(error)
            except LoginNeeded as error:
                self._again.clear()
                self._failed(error, None)
                await self._again.wait()
            except Throttled as error:
                await self._wait(error, error.after)
            except ClusterError as error:
                if time.monotonic() - began > _HEALTHY:
                    self._pause = self._pace.first
                await self._wait(error)
            except Exception as error:  # an object that is none: this kind waits and tells, all others go on
                self._version = None
                said = printable(f"{type(error).__name__}: {error}")
                await self._wait(Unreachable(f"{printable(self.kind[1])} could not be read", said, reason=_NONSENSE))

    async def _interruptible(self) -> None:
        """One list and watch. Interrupted, it ends without an error; cancelled, so is what runs."""
        self._watching = asyncio.ensure_future(self._once())
        try:
            await self._watching
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                self._watching.cancel()
                raise

    async def _once(self) -> None:
        resource = await self._api.resource(*self.kind)
        if resource is None or (resource.verbs and "watch" not in resource.verbs):
            raise Absent(f"{self.kind[1]} is not served here", status=404)
        self.served, self._resource = True, resource
        path = resource.path(self.namespace)
        if self._version is None or time.monotonic() - self._listed_at > _RELIST:
            if self._ways.streaming and await self._streamed(path):
                return
            await self._list(path)
        await self._watch(path, self._since(self._version or ""))

    # Lists -----------------------------------------------------------------------------------------------------------

    async def _streamed(self, path: str) -> bool:
        """List and go on watching in one exchange; False when the server does not do that."""
        params = self._since("") | {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        try:
            await self._watch(path, params, initial=[])
        except Refused:
            pass
        except Unreachable as error:
            if error.reason != _INITIAL_END:
                raise
        else:
            return True
        self._ways.streaming = False
        return False

    async def _list(self, path: str) -> None:
        items: list[dict[str, Any]] = []
        version, following, paged = "", "", True
        while True:
            params = {**({"limit": str(_PAGE)} if paged else {}), **self._selector}
            params |= {"continue": following} if following else {}
            try:
                page = await self._api.request("GET", path, params=params, within=self._pace.page)
            except Expired:
                if not following or not paged:
                    raise
                items, version, following, paged = [], "", "", False  # the rest of the pages is forgotten: all at once
                continue
            table = page.get("metadata") if isinstance(page, dict) else None
            given = page.get("items") or [] if isinstance(page, dict) else None
            if not isinstance(table, dict) or not isinstance(given, list):
                raise _no_object(self.kind)
            version = version or str(table.get("resourceVersion") or "")
            items += [self._checked(item) for item in given]
            following = str(table.get("continue") or "")
            if not following:
                break
        self._replace(items, version)

    def _checked(self, item: Any) -> dict[str, Any]:
        """An object as it is kept: what everybody relies on is there. Raises Unreachable when it is none."""
        metadata = item.get("metadata") if isinstance(item, dict) else None
        if not isinstance(metadata, dict) or not metadata.get("name"):
            raise _no_object(self.kind)
        owners = metadata.get("ownerReferences") or []
        sound = all(isinstance(metadata.get(name, ""), str) for name in ("name", "namespace", "resourceVersion", "uid"))
        sound = sound and all(isinstance(metadata.get(name) or {}, dict) for name in ("labels", "annotations"))
        if not sound or not isinstance(owners, list) or not all(isinstance(owner, dict) for owner in owners):
            raise _no_object(self.kind)
        if self._resource is not None and (
            "kind" not in item or "apiVersion" not in item
        ):  # items of a list say neither
            item = {"apiVersion": self._resource.api_version, "kind": self._resource.kind, **item}
        return self._store.kept(item)

    def _replace(self, items: list[dict[str, Any]], version: str) -> None:
        self._store.replace(self.kind, self.namespace, items)
        self._version, self._listed_at, self.listed = version, time.monotonic(), True
        self._good()

    # Watches ---------------------------------------------------------------------------------------------------------

    def _since(self, version: str) -> dict[str, str]:
        seconds = str(random.randint(*_WATCH))  # noqa: S311 - no secret
        return {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": seconds,
            **({"resourceVersion": version} if version else {}),
            **self._selector,
        }

    async def _watch(self, path: str, params: dict[str, str], *, initial: list[dict[str, Any]] | None = None) -> None:
        """Take frames until the server ends it. `initial` takes in the objects of a list until that is whole."""
        began, frames = time.monotonic(), 0
        shut = self.problem is not None and self.problem.reason == _SHUT
        resumed = self._good if initial is None and not shut else None
        # Some servers send no bookmarks: silence is then their way, and the watch runs to its own end.
        idle = self._pace.idle if self._quiet < 2 else max(float(_WATCH[1]) + 10.0, self._pace.idle)
        idle = idle if initial is None else min(idle, self._pace.initial)
        try:
            async with aclosing(self._api.stream(path, params=params, idle=idle, begun=resumed)) as stream:  # type: ignore[type-var]
                async for frame in stream:
                    frames += 1
                    self._quiet = 0
                    if initial is None:
                        self._take(frame)
                        self._good()
                    elif self._gather(frame, initial):
                        initial = None
        except Unreachable as error:
            if error.reason != IDLE:
                raise
            if initial is not None:
                raise _no_end("it began a list and did not end it") from error
            self._quiet += 1
            if self._quiet > 1 and self._marked:  # a server that sends bookmarks, and none to this version: list again
                self._version, self._quiet = None, 0
            return
        if initial is not None:
            raise _no_end("it ended a list before it was whole")
        if time.monotonic() - began < _ENDED_AT_ONCE:
            if not frames:
                raise Unreachable("A watch ended at once", "the server closes it without a word", reason=_SHUT)
            self._again.clear()
            await self._sleep(self._pace.first)  # it may go on like this: not at once again

    def _gather(self, frame: dict[str, Any], initial: list[dict[str, Any]]) -> bool:
        """Take in one frame of a list; whether that is whole now."""
        what, manifest = frame.get("type"), _object(frame, self.kind)
        if what == "ADDED":
            initial.append(self._checked(manifest))
            return False
        metadata = manifest.get("metadata") or {}
        if what != "BOOKMARK" or (metadata.get("annotations") or {}).get(_INITIAL_END) != "true":
            raise _no_end("it sent something else than a list")
        self._replace(initial, str(metadata.get("resourceVersion", "")))
        return True

    def _take(self, frame: dict[str, Any]) -> None:
        try:
            what, manifest = frame.get("type"), _object(frame, self.kind)
            manifest = self._checked(manifest) if what in ("ADDED", "MODIFIED", "DELETED") else manifest
        except Expired:
            raise
        except ClusterError:
            self._version = None  # what it could not send may be lost: list again
            raise
        version = (manifest.get("metadata") or {}).get("resourceVersion")
        if what in ("ADDED", "MODIFIED"):
            self._store.put(self.kind, manifest)
        elif what == "DELETED":
            self._store.drop(self.kind, manifest)
        self._marked = self._marked or what == "BOOKMARK"
        if version:
            self._version = str(version)

    # States ----------------------------------------------------------------------------------------------------------

    def _good(self) -> None:
        fresh = self.problem is not None or self.heard is None or self.blind
        self.problem, self.blind, self.retry_at, self.failing_since = None, False, None, None
        self.heard = self._clock.now()
        if fresh:
            self._told(self)

    def _failed(self, error: ClusterError, retry_at: float | None) -> None:
        self.problem, self.retry_at = error, retry_at
        if self.failing_since is None:
            self.failing_since = self._clock.now()
        self._told(self)

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
        self.problem, self.retry_at, self.failing_since = None, None, None
        self._again.clear()
        self._told(self)
        await self._sleep(self._pace.absent)

    async def _wait(self, error: ClusterError, after: float | None = None) -> None:
        """Tell and pause: so long, or longer than the last time and at random, that many do not come at once."""
        if after is None:
            after = self._pause * random.uniform(0.1, 1.0)  # noqa: S311 - no secret
            self._pause = min(self._pause * 2, self._pace.longest)
        self._again.clear()
        self._failed(error, self._clock.now() + after)
        await self._sleep(after)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._again.wait()
        except TimeoutError:
            return


def _object(frame: dict[str, Any], kind: Kind) -> dict[str, Any]:
    manifest = frame.get("object")
    if not isinstance(manifest, dict) or not isinstance(manifest.get("metadata") or {}, dict):
        raise _no_object(kind)
    if frame.get("type") == "ERROR":
        raise of_status(manifest, "the cluster")
    return manifest


def _no_object(kind: Kind) -> Unreachable:
    said = "the server sent something that is no object"
    return Unreachable(f"{printable(kind[1])} could not be read", said, reason=_NONSENSE)


def _no_end(why: str) -> Unreachable:
    return Unreachable("A streaming list was none", why, reason=_INITIAL_END)
