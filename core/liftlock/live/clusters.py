"""The clusters of a repository: which contexts are opened, what is listened to, and what they say at a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from liftlock.cluster.api import MERGE_PATCH, Api
from liftlock.cluster.cluster import Cluster, LoopThread
from liftlock.cluster.delivery import KINDS, deliveries
from liftlock.cluster.kubeconfig import Kubeconfig, load
from liftlock.cluster.objects import Kind, Snapshot
from liftlock.errors import ClusterError, LiftlockError, LoginNeeded, Problem
from liftlock.live.digest import Seen, Whole
from liftlock.live.places import Known, Place, places
from liftlock.live.releases import KINDS as KINDS_OF_RELEASES
from liftlock.live.releases import looked_up
from liftlock.live.world import World
from liftlock.model.live import Contact, Freshness, Write
from liftlock.overview.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from liftlock.cluster.connection import Connection

_PODS: tuple[Kind, ...] = (("", "Pod"), ("apps", "ReplicaSet"))
_EVENTS: tuple[Kind, ...] = (("", "Event"), ("apps", "ControllerRevision"))
_SECONDS = 60.0

T = TypeVar("T")
_NOTHING = Snapshot()


class Clusters:
    """Opens contexts when a lane needs them, and asks for no more than an environment needs."""

    def __init__(self, world: World, changed: Callable[[], None]) -> None:
        """Raises ConfigError when the kubeconfig cannot be read."""
        self._world = world
        self._changed = changed
        self._thread: LoopThread | None = None
        self._open: dict[str, Cluster] = {}
        self._connections: list[Connection] = []
        self._failed: dict[str, LiftlockError] = {}
        self._asking: dict[str, int] = {}
        """How much was asked of each that its loop has not taken up yet."""
        self._wanted: dict[str, set[tuple[frozenset[Kind], frozenset[str]]]] = {}
        try:
            self.kubeconfig = load()
            self.problem: LiftlockError | None = None
        except LiftlockError as error:
            self.kubeconfig, self.problem = Kubeconfig({}), error

    def known(self) -> Known:
        """The contexts that the user has."""
        contexts = {name: context.server for name, context in self.kubeconfig.contexts.items()}
        error = self.problem or self.kubeconfig.lacking()
        problem = None
        if error is not None:
            detail = f": {error.detail}" if error.detail else ""
            problem = Problem("kubeconfig", f"{error.title}{detail}", error.hint)
        return Known(contexts, self.kubeconfig.current, problem)

    def places(self, reading: Reading) -> tuple[Place, ...]:
        """The targets of all environments as they are known now."""
        world = self._world
        trusted = frozenset(world.trusted)
        return places(reading.discovery.environments, self.known(), trusted, world.answers, world.given)

    # Opening ---------------------------------------------------------------------------------------------------------

    def open(self, contexts: Iterable[str]) -> None:
        """Connect to these, unless they are; nothing is waited for."""
        for context in contexts:
            if context in self._open or context in self._failed:
                continue
            if self._thread is None:
                self._thread = LoopThread()
            try:
                self._open[context] = self._thread.run(self._connect(context), _SECONDS)
            except LiftlockError as error:
                self._failed[context] = error

    async def _connect(self, context: str) -> Cluster:
        from liftlock.cluster.connection import Connection  # half a second to import: after the first paint

        api = Connection(context, self.kubeconfig, self._world.runner, self._world.clock)
        self._connections.append(api)
        cluster = Cluster(context, api, self._world.clock, self._changed)
        fallback = [self.kubeconfig.require(context).namespace]
        cluster.want(KINDS, (), [name for name in fallback if name])
        return cluster

    def retry(self, contexts: Collection[str]) -> None:
        """Try lost connections now, also those that wait for a login."""
        for context in contexts:
            self._failed.pop(context, None)
            cluster = self._open.get(context)
            if cluster is not None and self._thread is not None:
                self._thread.call(cluster.retry)

    def close(self) -> None:
        """End every connection."""
        if self._thread is None:
            return

        async def end() -> None:
            await asyncio.gather(*(cluster.close() for cluster in self._open.values()), return_exceptions=True)
            await asyncio.gather(*(connection.close() for connection in self._connections), return_exceptions=True)

        try:
            self._thread.run(end(), 5.0)
        except LiftlockError:
            pass  # a server that does not answer does not keep us
        finally:
            self._thread.close()

    # What they say ---------------------------------------------------------------------------------------------------

    def seen(self, now: float) -> dict[str, Seen]:
        """What each open context has and says at this moment."""
        found = {
            context: Seen(
                cluster.objects,
                deliveries(cluster.objects, now),
                replace(cluster.freshness, warnings=self.kubeconfig.require(context).warnings),
                cluster.listed,
                cluster.narrow,
            )
            for context, cluster in self._open.items()
        }
        for context, error in self._failed.items():
            contact = Contact.LOGIN if isinstance(error, LoginNeeded) else Contact.UNREACHABLE
            problem = Problem(context, str(error), error.hint)
            found[context] = Seen(_NOTHING, (), Freshness(contact, problem=problem))
        return found

    def listed(self, context: str) -> bool:
        """Whether all that is wanted of the context was read once, or cannot be."""
        cluster = self._open.get(context)
        if context in self._failed or (cluster is not None and _lost(cluster)):
            return True
        return cluster is not None and cluster.listed and not self._asking.get(context)

    def want(self, whole: Whole, *, events: bool) -> None:
        """Listen to the objects that belong to the spots, and to their pods."""
        if self._thread is None:
            return
        for spot_id, keys in whole.objects.items():
            spot = whole.spots[spot_id]
            target = spot.place.target
            cluster = self._open.get(target.workloads or target.context)
            released = KINDS_OF_RELEASES if looked_up(spot) else ()
            if cluster is None or not (keys or released):
                continue
            kinds = frozenset((*((key.group, key.kind) for key in keys), *released))
            spaces = frozenset(key.namespace for key in keys if key.namespace) | frozenset(target.namespaces)
            if released:
                # Beside the release, the boot jobs' own pods: their logs say why one failed.
                spaces |= {spot.namespace, *(d.key.namespace for d in spot.deliveries)}
            around = frozenset((*kinds, *_PODS, *(_EVENTS if events else ())))
            told = self._wanted.setdefault(cluster.context, set())
            if (around, spaces) in told:
                continue
            told.add((around, spaces))
            wide = frozenset((key.group, key.kind) for key in keys if not key.namespace)
            self._asking[cluster.context] = self._asking.get(cluster.context, 0) + 1
            self._thread.call(self._wanting(cluster, around - wide, wide, spaces))

    def _wanting(
        self, cluster: Cluster, kinds: frozenset[Kind], wide: frozenset[Kind], spaces: frozenset[str]
    ) -> Callable[[], None]:
        def want() -> None:
            cluster.want(sorted(kinds), sorted(spaces), sorted(spaces))
            cluster.want(sorted(wide), (), ())
            self._asking[cluster.context] -= 1

        return want

    # Asking and writing ----------------------------------------------------------------------------------------------

    def api(self, context: str) -> Api:
        """The connection of a context. Raises ClusterError when it is not open."""
        cluster = self._open.get(context)
        if cluster is None:
            error = self._failed.get(context)
            raise error if error is not None else ClusterError(f"{context} is not connected", "", "press r")
        return cluster.api

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it on the clusters' loop and wait."""
        if self._thread is None:
            raise ClusterError("No cluster is connected", "", "press r")
        return self._thread.run(coroutine)

    def write(self, write: Write) -> None:
        """One merge patch of one object; it goes to the command log. Raises ClusterError."""
        self.run(self._patch(write))

    async def _patch(self, write: Write) -> None:
        api = self.api(write.context)
        resource = await api.resource(write.key.group, write.key.kind)
        if resource is None:
            raise ClusterError(f"{write.context} has no {write.key.kind}", "", "press r")
        path = resource.path(write.key.namespace, write.key.name)
        await api.request("PATCH", path, body=dict(write.patch), content_type=MERGE_PATCH, script=write.script)


def _lost(cluster: Cluster) -> bool:
    return cluster.freshness.contact in (Contact.UNREACHABLE, Contact.LOGIN, Contact.FORBIDDEN)
