"""The questions that a live diff asks the API server; none of them changes anything."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from liftlock.cluster.api import APPLY_PATCH, JSON, MERGE_PATCH, STRATEGIC_PATCH, Api, Resource
from liftlock.cluster.livediff.ownership import CLIENT_SIDE
from liftlock.cluster.livediff.preparing import annotated
from liftlock.cluster.livediff.schema import PLAIN, built_in, schema_of
from liftlock.cluster.livediff.scope import KUBECTL
from liftlock.cluster.livediff.threeway import three_way
from liftlock.errors import Absent, ClusterError, Refused, Throttled

Manifest = Mapping[str, Any]
_DRY = {"dryRun": "All"}
_PATIENCE = 5
_LOCKED_TRIES = 4
_CONFLICT = 409


class DryRun:
    """One API server, asked as one field manager. Every call raises ClusterError.

    kubectl has two names: its own for server-side apply, and another for client-side apply.
    """

    def __init__(self, api: Api, manager: str) -> None:
        self._api = api
        self._manager = manager
        self._updater = CLIENT_SIDE if manager == KUBECTL else manager
        self._listed: dict[tuple[Resource, str], dict[str, dict[str, Any]]] = {}
        self._complete: set[tuple[Resource, str]] = set()

    async def resource(self, group: str, kind: str, version: str) -> Resource | None:
        """The kind as the server serves it."""
        return await self._api.resource(group, kind, version)

    async def read_many(self, resource: Resource, namespace: str, number: int) -> None:
        """Reads objects of a kind at once, where so many of them are wanted; never more than a few beside those."""
        params = {"limit": str(number + number // 2 + 20)}
        try:
            found = await self._ask("GET", resource.path(namespace), params)
        except ClusterError as error:
            if error.status in (403, 404, 405):
                return
            raise
        head = {"apiVersion": resource.api_version, "kind": resource.kind}
        at = (resource, namespace)
        self._listed[at] = {item["metadata"]["name"]: {**head, **item} for item in found.get("items") or ()}
        if not (found.get("metadata") or {}).get("continue"):
            self._complete.add(at)

    async def live(self, resource: Resource, namespace: str, name: str) -> dict[str, Any] | None:
        """The object as it is, None when it is not there."""
        at = (resource, namespace)
        listed = self._listed.get(at, {}).get(name)
        if listed is not None or at in self._complete:
            return listed
        try:
            return await self._ask("GET", resource.path(namespace, name))
        except Absent:
            return None

    async def create(self, resource: Resource, wanted: Manifest) -> dict[str, Any]:
        """What creating it gives."""
        namespace = str(wanted["metadata"].get("namespace", ""))
        return await self._ask("POST", resource.path(namespace), {"fieldManager": self._updater}, wanted)

    async def apply(self, resource: Resource, wanted: Manifest) -> dict[str, Any]:
        """What a server-side apply gives that takes over fields in conflict."""
        params = {"fieldManager": self._manager, "force": "true"}
        return await self._ask("PATCH", _path(resource, wanted), params, wanted, APPLY_PATCH)

    async def replace(self, resource: Resource, wanted: Manifest, live: Manifest) -> dict[str, Any]:
        """What replacing it as a whole gives."""
        version = live["metadata"]["resourceVersion"]
        body = {**wanted, "metadata": {**wanted["metadata"], "resourceVersion": version}}
        return await self._ask("PUT", _path(resource, wanted), {"fieldManager": self._updater}, body)

    async def three_way(
        self, resource: Resource, wanted: Manifest, live: dict[str, Any], original: Manifest, *, two_way: bool = False
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live object and what a client-side apply makes of it (kubectl apply, Helm's upgrade).

        The patch holds for the object as it was read; when it changed in between it is read again, and in the end
        the patch goes without that lock. `two_way`: what changed since the original, whatever is live (Helm does so
        with custom resources).
        """
        strategic = built_in(resource.group)
        schema = schema_of(resource.group, resource.kind) if strategic else PLAIN
        content = STRATEGIC_PATCH if strategic else MERGE_PATCH
        wanted = annotated(wanted)
        for left in reversed(range(_LOCKED_TRIES)):
            patch = three_way(original, wanted, original if two_way else live, schema)
            if not patch:
                return live, live
            if left:
                version = live["metadata"]["resourceVersion"]
                patch["metadata"] = {**(patch.get("metadata") or {}), "resourceVersion": version}
            try:
                params = {"fieldManager": self._updater}
                return live, await self._ask("PATCH", _path(resource, wanted), params, patch, content)
            except Refused as error:
                if error.status != _CONFLICT or not left:
                    raise
            live = await self._ask("GET", _path(resource, wanted))
        raise AssertionError("the last try returns or raises")

    async def merge(self, resource: Resource, live: Manifest, merged: Manifest) -> dict[str, Any]:
        """What the server makes of the object when it is changed to be so: defaults come back."""
        patch = three_way(live, _plain(merged), _plain(live))
        if not patch:
            return dict(live)
        return await self._ask("PATCH", _path(resource, live), {"fieldManager": self._updater}, patch, MERGE_PATCH)

    async def openapi(self, group: str, version: str) -> dict[str, Any]:
        """The description of a group's kinds, {} when there is none."""
        try:
            return await self._ask("GET", f"/openapi/v3/apis/{group}/{version}")
        except ClusterError:
            return {}

    async def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = JSON,
    ) -> dict[str, Any]:
        asked = params if method == "GET" else {**_DRY, **(params or {})}
        for left in reversed(range(_PATIENCE)):
            try:
                answer: dict[str, Any] = await self._api.request(
                    method, path, params=asked, body=body, content_type=content_type
                )
                return answer
            except Throttled as error:
                if not left:
                    raise
                await asyncio.sleep(min(error.after, 10.0))
        raise AssertionError("the last try returns or raises")


def _path(resource: Resource, manifest: Manifest) -> str:
    metadata = manifest["metadata"]
    return resource.path(str(metadata.get("namespace", "")), str(metadata["name"]))


def _plain(manifest: Manifest) -> dict[str, Any]:
    """Without what a patch must not touch."""
    metadata = {k: v for k, v in manifest["metadata"].items() if k not in ("managedFields", "resourceVersion")}
    return {k: v for k, v in {**manifest, "metadata": metadata}.items() if k != "status"}
