"""A plain Api over the token of a kubeconfig, for comparing with kubectl on a real server."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from liftlock.cluster.api import JSON, Resource
from liftlock.errors import Absent, ClusterError, Forbidden, LoginNeeded, Refused, Unreachable

_KINDS: dict[int, type[ClusterError]] = {401: LoginNeeded, 403: Forbidden, 404: Absent}


class PlainApi:
    def __init__(self, session: aiohttp.ClientSession, server: str) -> None:
        self._session = session
        self._server = server
        self._groups: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[tuple[str, str]] = []

    async def request(self, method, path, *, params=None, body=None, content_type=JSON, accept=JSON, within=30.0):
        self.asked.append((method, path))
        data = None if body is None else json.dumps(body)
        headers = {"Accept": accept, "Content-Type": content_type}
        async with self._session.request(method, self._server + path, params=params, data=data, headers=headers) as r:
            answer = json.loads(await r.read())
        if r.status < 400:
            return answer
        kind = _KINDS.get(r.status) or (Refused if r.status in (400, 409, 422) else Unreachable)
        raise kind("The server said no", answer.get("message", ""), status=r.status, reason=answer.get("reason", ""))

    async def resource(self, group, kind, version=""):
        if not version:
            try:
                found = await self.request("GET", f"/apis/{group}") if group else None
            except Absent:
                return None
            version = found["preferredVersion"]["version"] if found else "v1"
        place = f"{group}/{version}" if group else version
        if place not in self._groups:
            try:
                listed = await self.request("GET", f"/apis/{place}" if group else f"/api/{place}")
            except Absent:
                listed = {"resources": []}
            self._groups[place] = listed["resources"]
        for each in self._groups[place]:
            if each["kind"] == kind and "/" not in each["name"]:
                return Resource(group, version, kind, each["name"], each["namespaced"], frozenset(each["verbs"]))
        return None


@asynccontextmanager
async def plain_api(kubeconfig: Path) -> AsyncIterator[PlainApi]:
    read = yaml.safe_load(kubeconfig.read_text())
    cluster, user = read["clusters"][0]["cluster"], read["users"][0]["user"]
    trust = ssl.create_default_context()
    trust.load_verify_locations(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    headers = {"Authorization": f"Bearer {user['token']}"}
    connector = aiohttp.TCPConnector(ssl=trust, limit=32)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        yield PlainApi(session, cluster["server"])
