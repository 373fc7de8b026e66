"""One context: its connection, the loops that listen, what they heard, and how fresh that is."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
import time
from collections.abc import Callable, Collection, Coroutine, Iterable
from typing import Any, TypeVar

from liftlock.clock import Clock
from liftlock.cluster.api import Api
from liftlock.cluster.objects import Kind
from liftlock.cluster.store import Store
from liftlock.cluster.watching import Loop, Pace, Ways
from liftlock.errors import ClusterError, LiftlockError, LoginNeeded, Problem, Unreachable
from liftlock.model.live import Contact, Freshness
from liftlock.text import printable

_PROBE = 10.0
"""Seconds of silence after which the server is asked whether it is there."""
_ANSWER = 5.0
"""Seconds it has for that."""
_SLEPT = 60.0
"""A jump of the wall clock by so many seconds: the machine slept, and no connection is what it seems."""
_MANY = 12
"""For more namespaces than this one watch of all of them is cheaper."""

T = TypeVar("T")


class LoopThread:
    """An asyncio loop in a thread of its own."""

    def __init__(self, name: str = "clusters") -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def run(self, coroutine: Coroutine[Any, Any, T], within: float | None = None) -> T:
        """Run it there and wait for it here, so many seconds at most. Raises what it raises, Unreachable when late."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        try:
            return future.result(within)
        except TimeoutError as error:
            future.cancel()
            raise Unreachable(
                "The cluster does not answer", f"not within {within:.0f} s", "press r to try again"
            ) from error

    def call(self, work: Callable[[], object]) -> None:
        """Have it called there, soon."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody needs it any more
            self.loop.call_soon_threadsafe(work)

    def close(self) -> None:
        """End everything that runs there."""

        async def end() -> None:
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        if not self._thread.is_alive():
            return
        with contextlib.suppress(TimeoutError, concurrent.futures.CancelledError):
            asyncio.run_coroutine_threadsafe(end(), self.loop).result(5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self.loop.close()


class Cluster:
    """What one context has, kept up to date. Made on its loop; its objects and freshness are read from anywhere.

    `changed` is called on the loop's thread when objects or freshness changed; it must return at once.
    """

    def __init__(
        self,
        context: str,
        api: Api,
        clock: Clock,
        changed: Callable[[], None],
        *,
        pace: Pace | None = None,
        probe: float = _PROBE,
    ) -> None:
        self.context = context
        self.api = api
        self.objects = Store()
        self.objects.listen(changed)
        self._clock = clock
        self._changed = changed
        self._pace = pace or Pace()
        self._ways = Ways()
        self._probe_after = probe
        self._loops: dict[tuple[Kind, str], Loop] = {}
        self._tasks: dict[tuple[Kind, str], asyncio.Task[None]] = {}
        self._wanted: dict[Kind, frozenset[str]] = {}
        self._fallback: dict[Kind, set[str]] = {}
        self._silent: ClusterError | None = None
        self._since = clock.now()
        self._probing = asyncio.ensure_future(self._watch_over())

    # What is listened to ---------------------------------------------------------------------------------------------

    def want(self, kinds: Iterable[Kind], namespaces: Collection[str] = (), fallback: Collection[str] = ()) -> None:
        """Listen to these kinds too: in these namespaces, or everywhere where none is named.

        `fallback` are namespaces to listen in where everywhere is forbidden. Called on the loop.
        """
        for kind in kinds:
            scopes = frozenset(namespaces) if 0 < len(namespaces) <= _MANY else frozenset({""})
            before = self._wanted.get(kind, frozenset())
            if "" in before:
                scopes = frozenset()
            self._wanted[kind] = before | scopes
            for namespace in scopes - before:
                self._listen(kind, namespace)
            self._fallback.setdefault(kind, set()).update({*fallback, *namespaces} - {""})
            everywhere = self._loops.get((kind, ""))
            if everywhere is not None and everywhere.blind:
                self._fall_back(kind)

    def _fall_back(self, kind: Kind) -> None:
        """It may not be read everywhere: it is listened to where it is needed."""
        for namespace in sorted(self._fallback.get(kind, ())):
            self._listen(kind, namespace)

    def _told(self, loop: Loop) -> None:
        """A loop's state has changed."""
        if loop.blind and not loop.namespace:
            self._fall_back(loop.kind)
        if loop.problem is None:  # one is through: the others need not wait for the end of their pauses
            for other in self._loops.values():
                other.hurry()
        self._changed()

    def _listen(self, kind: Kind, namespace: str) -> None:
        if (kind, namespace) in self._loops:
            return
        loop = Loop(
            self.api,
            self.objects,
            kind,
            namespace,
            self._clock,
            self._pace,
            self._told,
            ways=self._ways,
        )
        self._loops[kind, namespace] = loop
        self._tasks[kind, namespace] = asyncio.ensure_future(loop.run())

    def retry(self) -> None:
        """Try everything that is lost now. Called on the loop."""
        allow = getattr(self.api, "allow_login", None)
        if allow is not None:
            allow()
        for loop in self._loops.values():
            loop.retry()

    async def close(self) -> None:
        """End it."""
        tasks = [self._probing, *self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # How fresh it is -----------------------------------------------------------------------------------------------

    @property
    def listed(self) -> bool:
        """Whether all that is wanted was read once, or is known not to be readable."""
        loops = list(self._loops.values())
        return bool(loops) and all(loop.listed or self._given_up(loop) for loop in loops)

    @property
    def freshness(self) -> Freshness:
        """How fresh what is known is, from all loops together."""
        loops = list(self._loops.values())
        # By the second: what is heard all the time would be news all the time.
        heard = max((float(int(loop.heard)) for loop in loops if loop.heard is not None), default=None)
        hidden = {loop.kind[1] for loop in loops if loop.blind and not self._elsewhere(loop)}
        hidden |= {loop.kind[1] for loop in loops if self._given_up(loop)}
        blind = tuple(sorted(map(printable, hidden)))
        broken = [loop for loop in loops if loop.problem is not None]
        if broken:
            return self._broken(broken, len(broken) == len(loops), heard, blind)
        if self._silent is not None:
            contact = Contact.STALE if heard is not None else Contact.UNREACHABLE
            return Freshness(contact, heard, self._problem(self._silent), None, blind)
        if heard is None:
            return Freshness(Contact.CONNECTING)
        if loops and all(loop.blind or not loop.served for loop in loops) and blind:
            problem = Problem(self.context, "nothing that is needed may be read here", "ask for the role view, or more")
            return Freshness(Contact.FORBIDDEN, heard, problem, None, blind)
        return Freshness(Contact.LIVE, heard, None, None, blind)

    @property
    def narrow(self) -> bool:
        """Whether something that is wanted of the whole cluster may be read in some namespaces only, or nowhere."""
        return any(loop.blind and not loop.namespace for loop in list(self._loops.values()))

    def _broken(self, broken: list[Loop], all_are: bool, heard: float | None, blind: tuple[str, ...]) -> Freshness:
        """Where some loops hear nothing. One kind that fails on a server that answers is not the whole cluster."""
        worst = min(broken, key=lambda loop: (not isinstance(loop.problem, LoginNeeded), loop.retry_at or 0.0))
        problem = self._problem(worst.problem)
        retry = min((loop.retry_at for loop in broken if loop.retry_at is not None), default=None)
        if isinstance(worst.problem, LoginNeeded):
            return Freshness(Contact.LOGIN, heard, problem, retry, blind)
        if all_are or any(loop.unanswered for loop in broken):
            return Freshness(Contact.UNREACHABLE, heard, problem, retry, blind)
        late = [loop for loop in broken if loop.listed and self._lasting(loop)]
        if late:
            return Freshness(Contact.STALE, min(loop.heard or 0.0 for loop in late), problem, retry, blind)
        return Freshness(Contact.LIVE, heard, problem, retry, blind)

    def _lasting(self, loop: Loop) -> bool:
        """Whether it has failed for some time: a single error soon mends."""
        return loop.failing_since is not None and self._clock.now() - loop.failing_since > self._probe_after

    def _given_up(self, loop: Loop) -> bool:
        """Whether the server answers, and has not given this kind for some time: nobody waits for it any more."""
        return not (loop.listed or loop.problem is None or loop.unanswered) and self._lasting(loop)

    def _elsewhere(self, loop: Loop) -> bool:
        """Whether a kind that may not be read everywhere is read in namespaces."""
        if loop.namespace:
            return False
        others = list(self._loops.values())  # read from another thread than the one that adds to them
        return any(not other.blind for other in others if other.kind == loop.kind and other.namespace)

    def _problem(self, error: LiftlockError | None) -> Problem | None:
        if error is None:
            return None
        said = f"{error.title}: {error.detail}" if error.detail else error.title
        return Problem(printable(self.context), said, error.hint)

    async def _watch_over(self) -> None:
        """Ask a silent server whether it is there; a connection that is half open says nothing by itself."""
        wall = time.time()
        while True:
            await asyncio.sleep(self._probe_after / 2)
            now = time.time()
            if abs(now - wall - self._probe_after / 2) > _SLEPT:
                self._interrupt()
            wall = now
            heard = max((loop.heard for loop in self._loops.values() if loop.heard is not None), default=None)
            if self._clock.now() - (self._since if heard is None else heard) < self._probe_after:
                self._speaks()
                continue
            try:
                await self.api.request("GET", "/version", within=_ANSWER)
            except ClusterError as error:
                if self._silent is None:
                    self._silent = error
                    if heard is not None:  # else it is still being connected to
                        self._interrupt()
                    self._changed()
                continue
            for loop in self._loops.values():
                loop.hurry()
                if loop.problem is None and loop.heard is not None:
                    loop.heard = self._clock.now()
            self._speaks()

    def _speaks(self) -> None:
        if self._silent is not None:
            self._silent = None
            self._changed()

    def _interrupt(self) -> None:
        """Nothing that is open now is what it seems: all begins anew, over new connections."""
        drop = getattr(self.api, "drop", None)
        if drop is not None:
            drop()
        for loop in self._loops.values():
            loop.interrupt()
            loop.hurry()
