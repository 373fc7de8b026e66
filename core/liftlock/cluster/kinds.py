"""What kinds a server serves: aggregated discovery in two requests, or group by group where it has none.

A group that does not answer (an aggregated API that is down) is left out; all others stay known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from liftlock.clock import Clock
from liftlock.cluster.api import Resource
from liftlock.errors import Absent, ClusterError, Refused

_AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)
_AGAIN = 5.0
"""A kind that is not known is looked for again no earlier than this many seconds after the last time."""

Known = dict[tuple[str, str], dict[str, Resource]]
"""By group and kind: the versions that are served, the preferred one first."""


class Asking(Protocol):
    """The part of a connection that is needed."""

    async def request(self, method: str, path: str, *, accept: str = ...) -> Any:
        """The parsed JSON of the answer."""
        ...


class Kinds:
    """The kinds of one server, asked for once and again when an unknown one is wanted."""

    def __init__(self, api: Asking, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._known: Known = {}
        self._read_at: float | None = None
        self._lock = asyncio.Lock()

    async def find(self, group: str, kind: str, version: str = "") -> Resource | None:
        """The kind at this version, at the preferred one without; None when it is not served. Raises ClusterError."""
        found = self._find(group, kind, version)
        if found is not None:
            return found
        async with self._lock:
            found = self._find(group, kind, version)
            if found is None and (self._read_at is None or self._clock.now() - self._read_at > _AGAIN):
                self._known = await self._read()
                self._read_at = self._clock.now()
                found = self._find(group, kind, version)
        return found

    def doubt(self, path: str) -> None:
        """Nothing is at this path: if it is a kind's own, the server serves that no longer (at this version)."""
        parts = path.split("/")
        short = "/".join(parts[:-3] + parts[-1:]) if parts[-3:-2] == ["namespaces"] else path
        for versions in self._known.values():
            for version in [v for v, found in versions.items() if found.path() == short]:
                del versions[version]

    def _find(self, group: str, kind: str, version: str) -> Resource | None:
        versions = self._known.get((group, kind), {})
        return versions.get(version) or next(iter(versions.values()), None)

    async def _read(self) -> Known:
        core, groups = await asyncio.gather(self._ask("/api"), self._ask("/apis"))
        known: Known = {}
        if groups.get("kind") == "APIGroupDiscoveryList":
            for table in (core, groups):
                for group in table.get("items") or ():
                    _aggregated(known, group)
            return known
        for resource in await self._of("", "v1"):
            known.setdefault(("", resource.kind), {})["v1"] = resource
        for group in groups.get("groups") or ():
            preferred = (group.get("preferredVersion") or {}).get("version", "")
            versions = [v.get("version", "") for v in group.get("versions") or ()]
            for version in sorted(versions, key=lambda v: v != preferred):
                for resource in await self._of(group["name"], version):
                    known.setdefault((resource.group, resource.kind), {})[version] = resource
        return known

    async def _ask(self, path: str) -> Mapping[str, Any]:
        answer = await self._api.request("GET", path, accept=_AGGREGATED)
        return answer if isinstance(answer, Mapping) else {}

    async def _of(self, group: str, version: str) -> list[Resource]:
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            table = await self._api.request("GET", path)
        except (Absent, Refused):
            return []
        except ClusterError as error:
            if error.status == 503:  # an aggregated API whose server is down
                return []
            raise
        return [
            Resource(group, version, r["kind"], r["name"], bool(r.get("namespaced")), frozenset(r.get("verbs") or ()))
            for r in table.get("resources") or ()
            if "/" not in r["name"]
        ]


def _aggregated(known: Known, group: Mapping[str, Any]) -> None:
    name = (group.get("metadata") or {}).get("name", "")
    for served in group.get("versions") or ():  # in the server's order: the preferred one first
        version = served.get("version", "")
        for entry in served.get("resources") or ():
            kind = (entry.get("responseKind") or {}).get("kind", "")
            resource = Resource(
                name,
                version,
                kind,
                entry.get("resource", ""),
                entry.get("scope") == "Namespaced",
                frozenset(entry.get("verbs") or ()),
            )
            known.setdefault((name, kind), {})[version] = resource
