"""An API server on loopback that holds its objects in memory: enough of Kubernetes for its clients."""

from __future__ import annotations

import json
import logging
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from liftlock.cluster.api import APPLY_PATCH, MERGE_PATCH, STRATEGIC_PATCH
from liftlock.cluster.objects import Manifest
from liftlock.sandbox import asking, discovery, patching, refusing, subresources
from liftlock.sandbox.asking import Address
from liftlock.sandbox.feeding import Feeds
from liftlock.sandbox.objects import Objects
from liftlock.sandbox.refusing import Refusal

_LOG = logging.getLogger(__name__)
_JSON_PATCH = "application/json-patch+json"
_VERSION = {
    "major": "1",
    "minor": "37",
    "gitVersion": "v1.37.1",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "2026-09-10T10:00:00Z",
    "goVersion": "go1.26",
    "compiler": "gc",
    "platform": "linux/amd64",
}
_LARGEST = 16 * 1024 * 1024
_UNKNOWN = "the server could not find the requested resource"

Logs = Callable[[Manifest, str, bool], Sequence[str]]
"""The lines of a container's log: the pod, the container, and whether of its former run."""
Denied = Callable[[str, str, str, str], bool]
"""Whether something is forbidden: verb, group, plural (with subresource), namespace."""


class ApiServer:
    """One cluster's API. `objects` may be filled before it starts, and changed from any thread while it runs."""

    def __init__(self, objects: Objects | None = None, *, token: str = "", bookmarks: float = 5.0) -> None:
        self.objects = objects or Objects()
        self.token = token or secrets.token_urlsafe(24)
        self.url = ""
        self.logs: Logs = lambda pod, container, previous: ()
        self.denied: Denied = lambda verb, group, plural, namespace: False
        self.feeds = Feeds(self.objects, bookmarks)
        self._runner: web.AppRunner | None = None
        self._socket: socket.socket | None = None

    def reserve(self) -> None:
        """Take a port of 127.0.0.1 now: who connects before `start` waits until then."""
        if self._socket is None:
            self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
            self.url = "http://{}:{}".format(*self._socket.getsockname()[:2])

    async def start(self) -> None:
        """Serve on 127.0.0.1, on a port that is free; the running loop's."""
        self.reserve()
        app = web.Application(middlewares=[self._answered], client_max_size=_LARGEST)
        # kubectl sends no token without TLS: for it the token is part of the address.
        inner = web.Application(client_max_size=_LARGEST)
        self._route(inner)
        app.add_subapp(f"/{self.token}", inner)
        self._route(app)
        # Watches never end by themselves: stopping must not wait for them.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
        await self._runner.setup()
        taken, self._socket = self._socket, None
        assert taken is not None  # noqa: S101 - reserved above
        await web.SockSite(self._runner, taken).start()

    @property
    def address(self) -> str:
        """The URL that is enough to be let in, without a token beside it: what kubeconfigs name."""
        return f"{self.url}/{self.token}"

    async def stop(self) -> None:
        """End it with all its watches; the objects stay."""
        runner, self._runner = self._runner, None
        self.feeds.close()
        if runner is not None:
            await runner.cleanup()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def forget_history(self, *, in_stream: bool = True) -> None:
        """Older watches cannot go on: they get 410 inside the watch, or as the answer when not `in_stream`."""
        self.feeds.in_stream = in_stream
        self.objects.forget_history()

    def close_watches(self) -> None:
        """End all watches; clients begin them again. Called on the server's loop."""
        self.feeds.close()

    # Around every request --------------------------------------------------------------------------------------------

    def _route(self, app: web.Application) -> None:
        app.router.add_get("/version", self._version)
        for path in ("/livez", "/readyz", "/healthz"):
            app.router.add_get(path, self._healthy)
        app.router.add_get("/openapi/v2", self._openapi_v2)
        app.router.add_get("/openapi/v3", self._openapi_index)
        app.router.add_get("/openapi/v3/api/{version}", self._openapi)
        app.router.add_get("/openapi/v3/apis/{group}/{version}", self._openapi)
        for top in ("/api", "/apis"):
            app.router.add_get(top, self._groups)
        for top in ("/api/{version}", "/apis/{group}/{version}"):
            app.router.add_get(top, self._kinds)
            app.router.add_route("*", top + "/{rest:.+}", self._objects)

    @web.middleware
    async def _answered(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            told = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if not any(
                secrets.compare_digest(word.encode(), self.token.encode())
                for word in (told, request.path[1:].partition("/")[0])
            ):
                raise Refusal(401, "Unauthorized")
            return await handler(request)
        except Refusal as refusal:
            return _json(refusal.status, refusal.code)
        except web.HTTPException as error:
            return _json(Refusal(error.status, _UNKNOWN if error.status == 404 else error.reason).status, error.status)
        except Exception as error:
            _LOG.exception("%s %s", request.method, request.rel_url)
            return _json(Refusal(500, f"Internal error occurred: {error!r}").status, 500)

    # What there is ---------------------------------------------------------------------------------------------------

    async def _version(self, request: web.Request) -> web.Response:
        return _json(_VERSION)

    async def _healthy(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _groups(self, request: web.Request) -> web.Response:
        core = request.path.endswith("/api")
        if "as=APIGroupDiscoveryList" in request.headers.get("Accept", "") and "v=v2;" in request.headers["Accept"]:
            data = json.dumps(discovery.aggregated(core=core)).encode()
            return web.Response(body=data, headers={"Content-Type": discovery.AGGREGATED})
        return _json(discovery.core_versions() if core else discovery.group_list())

    async def _kinds(self, request: web.Request) -> web.Response:
        found = discovery.resource_list(request.match_info.get("group", ""), request.match_info["version"])
        if found is None:
            raise Refusal(404, _UNKNOWN)
        return _json(found)

    async def _openapi_index(self, request: web.Request) -> web.Response:
        return _json(discovery.openapi_index())

    async def _openapi_v2(self, request: web.Request) -> web.Response:
        return web.Response(body=discovery.openapi_v2(), headers={"Content-Type": discovery.OPENAPI_V2})

    async def _openapi(self, request: web.Request) -> web.Response:
        found = discovery.openapi(request.match_info.get("group", ""), request.match_info["version"])
        if found is None:
            raise Refusal(404, _UNKNOWN)
        return _json(found)

    # Objects ---------------------------------------------------------------------------------------------------------

    async def _objects(self, request: web.Request) -> web.StreamResponse:
        group, version, rest = (request.match_info.get(name, "") for name in ("group", "version", "rest"))
        if (group, rest) == ("authorization.k8s.io", discovery.SELF_ACCESS) and request.method == "POST":
            return await self._access(request)
        at = asking.address(group, version, rest)
        self._allow(request, at)
        if request.method == "GET":
            return await self._read(request, at)
        try:
            return await self._written(request, at)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # Somewhere in what was sent is something of another type than should be there.
            raise refusing.unreadable(at.served.resource, error) from error

    async def _read(self, request: web.Request, at: Address) -> web.StreamResponse:
        if at.subresource == "log":
            return self._log(request, at)
        if at.subresource == "scale":
            return await self._scale(request, at)
        if asking.flag(request, "watch"):
            return await self.feeds.watch(request, at)
        return _json(self.objects.require(at.key)) if at.name else self._list(request, at)

    async def _written(self, request: web.Request, at: Address) -> web.StreamResponse:
        if at.subresource == "scale":
            return await self._scale(request, at)
        if at.name:
            return await self._one(request, at)
        if request.method == "POST":
            return await self._create(request, at)
        if request.method == "DELETE":
            return await self._delete_many(request, at)
        raise Refusal(405, "the server does not allow this method on the requested resource")

    def _list(self, request: web.Request, at: Address) -> web.Response:
        resource, fits = at.served.resource, asking.fitting(request)
        found, version = self.objects.listed(*at.served.at, at.namespace)
        chosen, metadata = asking.page(request, [m for m in found if fits(m)], version, self.objects.oldest)
        return _json(
            {
                "kind": f"{resource.kind}List",
                "apiVersion": resource.api_version,
                "metadata": metadata,
                "items": [_item(manifest, resource.group) for manifest in chosen],
            }
        )

    async def _create(self, request: web.Request, at: Address) -> web.Response:
        manifest = _placed(await asking.body(request), at)
        made = self.objects.create(manifest, manager=asking.manager(request), dry=asking.dry(request))
        return _json(made, 201)

    async def _one(self, request: web.Request, at: Address) -> web.StreamResponse:
        manager, key = asking.manager(request), at.key
        if request.method == "DELETE":
            return await self._delete(request, at)
        dry = asking.dry(request)
        if request.method == "PUT":
            manifest = _placed(await asking.body(request), at)
            return _json(self.objects.replace(key, manifest, manager=manager, dry=dry, subresource=at.subresource))
        if request.method != "PATCH":
            raise Refusal(405, "the server does not allow this method on the requested resource")
        patch = await asking.body(request)
        if request.content_type in (APPLY_PATCH, "application/apply-patch+json") and not at.subresource:
            return self._apply(request, at, patch, dry)
        made = _patched(request.content_type, self.objects.require(key), patch, at)
        return _json(self.objects.replace(key, made, manager=manager, dry=dry, subresource=at.subresource))

    def _apply(self, request: web.Request, at: Address, wanted: Any, dry: bool) -> web.Response:
        if "fieldManager" not in request.query:
            raise Refusal(422, 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required')
        manifest = _placed(wanted, at)
        new = self.objects.get(at.key) is None
        if new:
            self.objects.require_namespace(at.namespace)
        if at.served.status:
            manifest.pop("status", None)
        manager = request.query["fieldManager"]
        made = self.objects.apply(manifest, manager=manager, force=asking.flag(request, "force"), dry=dry)
        return _json(made, 201 if new else 200)

    async def _delete(self, request: web.Request, at: Address) -> web.Response:
        options = await asking.body(request)
        manifest = self.objects.require(at.key)
        wanted = (options.get("preconditions") or {}).get("uid")
        if wanted and wanted != manifest["metadata"]["uid"]:
            raise Refusal(409, f"Precondition failed: UID in precondition: {wanted}")
        final = options.get("gracePeriodSeconds") == 0 or request.query.get("gracePeriodSeconds") == "0"
        self.objects.delete(at.key, dry=asking.dry(request, options), final=final, **_policy(request, options))
        left = self.objects.get(at.key)
        if left is not None and "deletionTimestamp" in left["metadata"]:
            return _json(left)
        resource = at.served.resource
        details = {
            "name": at.name,
            "group": resource.group,
            "kind": resource.plural,
            "uid": manifest["metadata"]["uid"],
        }
        return _json({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})

    async def _delete_many(self, request: web.Request, at: Address) -> web.Response:
        fits, options = asking.fitting(request), await asking.body(request)
        for manifest in self.objects.of(*at.served.at, at.namespace):
            if fits(manifest):
                metadata = manifest["metadata"]
                key = Address(at.served, metadata.get("namespace", ""), metadata["name"]).key
                self.objects.delete(key, dry=asking.dry(request, options), **_policy(request, options))
        return self._list(request, at)

    # Subresources ----------------------------------------------------------------------------------------------------

    async def _scale(self, request: web.Request, at: Address) -> web.Response:
        manifest = self.objects.require(at.key)
        if request.method in ("PUT", "PATCH"):
            sent, scale = await asking.body(request), subresources.scale_of(manifest)
            scale = sent if request.method == "PUT" else _patched(request.content_type, scale, sent, at)
            made = subresources.scaled(manifest, scale)
            manager, dry = asking.manager(request), asking.dry(request)
            manifest = self.objects.replace(at.key, made, manager=manager, dry=dry, subresource="scale")
        return _json(subresources.scale_of(manifest))

    def _log(self, request: web.Request, at: Address) -> web.Response:
        pod, previous = self.objects.require(at.key), asking.flag(request, "previous")
        container = subresources.container_of(pod, request.query.get("container", ""), previous)
        lines = list(self.logs(pod, container, previous))
        tail = asking.number(request, "tailLines")
        if tail is not None:
            lines = lines[max(0, len(lines) - tail) :]
        text = "".join(f"{line}\n" for line in lines)
        return web.Response(text=text[: asking.number(request, "limitBytes")])

    # Rights ----------------------------------------------------------------------------------------------------------

    def _allow(self, request: web.Request, at: Address) -> None:
        verb = _verb(request, at)
        resource = at.served.resource
        plural = f"{resource.plural}/{at.subresource}" if at.subresource else resource.plural
        if self.denied(verb, resource.group, plural, at.namespace):
            scope = f'in the namespace "{at.namespace}"' if at.namespace else "at the cluster scope"
            raise Refusal(
                403,
                f'{plural} is forbidden: User "sandbox" cannot {verb} resource "{plural}" '
                f'in API group "{resource.group}" {scope}',
                resource=resource,
                name=at.name,
            )

    async def _access(self, request: web.Request) -> web.Response:
        review = await asking.body(request)
        asked: Mapping[str, Any] = (review.get("spec") or {}).get("resourceAttributes") or {}
        plural = "/".join(part for part in (asked.get("resource", ""), asked.get("subresource", "")) if part)
        denied = self.denied(asked.get("verb", ""), asked.get("group", ""), plural, asked.get("namespace", ""))
        head = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1"}
        return _json({**head, **review, "status": {"allowed": not denied}}, 201)


def write_kubeconfig(path: Path, contexts: Mapping[str, ApiServer], current: str) -> None:
    """A kubeconfig with a context for each server. They must have been started."""
    table = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current,
        "clusters": [{"name": name, "cluster": {"server": server.address}} for name, server in contexts.items()],
        "users": [{"name": name, "user": {"token": server.token}} for name, server in contexts.items()],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in contexts],
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(table, sort_keys=False))


def _json(value: Any, code: int = 200) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), status=code, content_type="application/json")


def _item(manifest: Manifest, group: str) -> Manifest:
    """As it stands in a list: those of built-in kinds do not say what they are."""
    if group in discovery.CUSTOM:
        return manifest
    return {name: value for name, value in manifest.items() if name not in ("apiVersion", "kind")}


def _placed(manifest: Any, at: Address) -> dict[str, Any]:
    """An object that was sent, checked against the address that it was sent to."""
    if not isinstance(manifest, dict):
        raise Refusal(400, "the body is no object")
    resource = at.served.resource
    if (manifest.get("apiVersion", resource.api_version), manifest.get("kind", resource.kind)) != (
        resource.api_version,
        resource.kind,
    ):
        told = f"{manifest.get('apiVersion')}/{manifest.get('kind')}"
        raise Refusal(400, f"the object provided is unrecognized: {told} is no {resource.kind}")
    metadata = manifest.get("metadata") or {}
    texts = ("name", "namespace", "generateName", "resourceVersion", "uid")
    if not isinstance(metadata, dict) or not all(isinstance(metadata.get(name), str | None) for name in texts):
        raise Refusal(400, f"the metadata of the provided {resource.kind} is not readable")
    metadata = dict(metadata)
    for name, wanted in (("namespace", at.namespace), ("name", at.name)):
        if wanted and metadata.get(name, wanted) != wanted:
            raise Refusal(
                400,
                f"the {name} of the provided object does not match the {name} sent on the request "
                f"({metadata[name]} / {wanted})",
            )
        if wanted:
            metadata[name] = wanted
    return {"apiVersion": resource.api_version, "kind": resource.kind, **manifest, "metadata": metadata}


def _patched(content_type: str, live: Manifest, patch: Any, at: Address) -> dict[str, Any]:
    if content_type == MERGE_PATCH:
        return patching.merged(live, patch)
    if content_type == STRATEGIC_PATCH:
        return patching.strategic(live, patch, *at.served.at)
    if content_type == _JSON_PATCH:
        return patching.json_patched(live, patch)
    raise Refusal(415, f"the body of the request was in an unknown format: {content_type}")


def _policy(request: web.Request, options: Mapping[str, Any]) -> dict[str, bool]:
    policy = request.query.get("propagationPolicy") or options.get("propagationPolicy")
    return {"orphan": policy == "Orphan", "foreground": policy == "Foreground"}


def _verb(request: web.Request, at: Address) -> str:
    if request.method == "GET":
        return "get" if at.name else "watch" if asking.flag(request, "watch") else "list"
    usual = {"POST": "create", "PUT": "update", "PATCH": "patch"}
    return usual.get(request.method, "delete" if at.name else "deletecollection")
