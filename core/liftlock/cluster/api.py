"""What everything here needs of an API server: raw JSON over one connection, and what kinds there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Params = Mapping[str, str]

MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
JSON = "application/json"


@dataclass(frozen=True, slots=True, order=True)
class Resource:
    """A kind as the server serves it, at the version that it prefers. `group` is "" for the core."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()

    @property
    def api_version(self) -> str:
        """As it stands in a manifest."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The address of one object, or of all in a namespace, or of all."""
        top = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        place = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        rest = "".join(f"/{part}" for part in (name, subresource) if part)
        return f"{top}{place}/{self.plural}{rest}"


class Api(Protocol):
    """One API server as one user. Every call raises ClusterError (one of its kinds) and nothing else."""

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
        """The parsed JSON of the answer. `within` is the time limit in seconds, for the whole of it.

        What changes something goes to the journal with `script`: the kubectl command that would do the same.
        """
        ...

    async def text(self, path: str, *, params: Params | None = None, within: float = 30.0, limit: int = 65536) -> str:
        """The answer as text (a pod's log), cut at `limit` bytes, clean for display line by line."""
        ...

    def stream(
        self,
        path: str,
        *,
        params: Params | None = None,
        idle: float = 90.0,
        begun: Callable[[], None] | None = None,
    ) -> AsyncIterator[dict[str, Any]]:
        """The frames of a watch. Ends when the server ends it; raises Unreachable after `idle` silent seconds.

        `begun` is called when the server has taken the watch on: it may be long before it has something to say.
        """
        ...

    async def resource(self, group: str, kind: str, version: str = "") -> Resource | None:
        """The kind as it is served (at this version when one is given and served), None when it is not."""
        ...
