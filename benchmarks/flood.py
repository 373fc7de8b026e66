"""A cluster that says a lot: an API server on loopback, in a process of its own, which the watch benchmark starts.

Flux follows the benchmark's repository there. Of its apps the first ten have one pod each, whose image is counted up:
what the board says runs there tells which event it shows.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import re
import sys
import time
from collections import defaultdict
from typing import Any

from aiohttp import web

MARKED = 10
"""So many apps have one pod whose image tells the number of its event."""
Table = dict[str, Any]


def name_of(app: int) -> str:
    return f"app{app:02}"


_KINDS = {
    "/apis/source.toolkit.fluxcd.io/v1/gitrepositories": ("source.toolkit.fluxcd.io", "v1", "GitRepository"),
    "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations": ("kustomize.toolkit.fluxcd.io", "v1", "Kustomization"),
    "/apis/apps/v1/deployments": ("apps", "v1", "Deployment"),
    "/apis/apps/v1/replicasets": ("apps", "v1", "ReplicaSet"),
    "/api/v1/pods": ("", "v1", "Pod"),
    "/api/v1/events": ("", "v1", "Event"),
}
_THEN = "2026-01-05T10:00:00Z"
_READY = {
    "type": "Ready",
    "status": "True",
    "reason": "ReconciliationSucceeded",
    "message": "",
    "observedGeneration": 1,
}


def made(path: str, name: str, namespace: str, version: int, **body: Any) -> Table:
    group, api, kind = _KINDS[path]
    metadata = {
        "name": name,
        "namespace": namespace,
        "uid": f"{kind}-{name}",
        "resourceVersion": str(version),
        "generation": 1,
        "creationTimestamp": _THEN,
        **body.pop("metadata", {}),
    }
    return {"apiVersion": f"{group}/{api}".lstrip("/"), "kind": kind, "metadata": metadata, **body}


def owned(kind: str, name: str) -> Table:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": f"{kind}-{name}", "controller": True}


def pod(app: str, number: int, version: int, tag: str, restarts: int = 0) -> Table:
    """A pod as a real server sends it: seven thousand bytes, a third of them managedFields."""
    name, image = f"{app}-5d9c-{number:05}", f"registry.example.org/{app}:{tag}"
    mount = {"name": "kube-api-access", "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    probe = {
        "httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"},
        "periodSeconds": 10,
        "failureThreshold": 3,
    }
    env = [{"name": f"SETTING_{n}", "value": f"value {n} of {app}"} for n in range(12)]
    tolerations = [
        {"key": f"node.kubernetes.io/{k}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
        for k in ("not-ready", "unreachable")
    ]
    sources = [{"serviceAccountToken": {"path": "token"}}, {"configMap": {"name": "kube-root-ca.crt"}}]
    fields = {
        f"f:{part}": {f'k:{{"name":"SETTING_{n}"}}': {".": {}, "f:name": {}, "f:value": {}} for n in range(12)}
        for part in ("spec", "status")
    }
    began = f"2026-01-{1 + number % 28:02}T{number % 24:02}:{number % 60:02}:{number % 59:02}Z"
    on = {"status": "True", "lastTransitionTime": began}
    return made(
        "/api/v1/pods",
        name,
        "staging",
        version,
        metadata={
            "creationTimestamp": began,
            "labels": {"app": app, "pod-template-hash": "5d9c"},
            "generateName": f"{app}-5d9c-",
            "annotations": {"prometheus.io/scrape": "true", "checksum/config": f"{number:064x}"},
            "ownerReferences": [owned("ReplicaSet", f"{app}-5d9c")],
            "managedFields": [
                {"manager": who, "operation": "Update", "apiVersion": "v1", "time": _THEN, "fieldsV1": fields}
                for who in ("kube-controller-manager", "kubelet")
            ],
        },
        spec={
            "containers": [
                {
                    "name": "main",
                    "image": image,
                    "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                    "env": env,
                    "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
                    "volumeMounts": [mount],
                    "livenessProbe": probe,
                    "readinessProbe": probe,
                    "terminationMessagePath": "/dev/termination-log",
                    "terminationMessagePolicy": "File",
                    "imagePullPolicy": "IfNotPresent",
                }
            ],
            "volumes": [{"name": "kube-api-access", "projected": {"sources": sources, "defaultMode": 420}}],
            "nodeName": f"node-{number % 40}",
            "restartPolicy": "Always",
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "default",
            "schedulerName": "default-scheduler",
            "tolerations": tolerations,
        },
        status={
            "phase": "Running",
            "conditions": [{"type": t, **on} for t in ("PodScheduled", "Initialized", "ContainersReady", "Ready")],
            "hostIP": f"10.0.0.{number % 40}",
            "podIP": f"10.1.{number // 250}.{number % 250}",
            "startTime": began,
            "containerStatuses": [
                {
                    "name": "main",
                    "image": image,
                    "imageID": f"registry.example.org/{app}@sha256:{number % 7:064x}",
                    "containerID": f"containerd://{number:064x}",
                    "ready": True,
                    "started": True,
                    "restartCount": restarts,
                    "state": {"running": {"startedAt": began}},
                }
            ],
            "qosClass": "Burstable",
        },
    )


class Source:
    """An API server that holds all this as bytes, so that it takes little from the two cores that are measured on."""

    def __init__(self, apps: int, pods: int, address: str, commit: str) -> None:
        self.version = 1000
        self._objects: dict[str, dict[str, bytes]] = defaultdict(dict)
        self._watches: dict[str, list[asyncio.Queue[bytes]]] = defaultdict(list)
        self._others = [(name_of(MARKED + n % (apps - MARKED)), n) for n in range(pods - MARKED)]
        self._count = [0] * MARKED
        self.sent: list[tuple[int, int, float]] = []
        """Of each marked event the app, its number, and when it was told."""
        revision = f"main@sha1:{commit}"
        source, kustomize = list(_KINDS)[:2]
        artifact = {"revision": revision, "lastUpdateTime": _THEN}
        spec = {"url": address, "interval": "1m", "ref": {"branch": "main"}}
        status = {"conditions": [_READY], "artifact": artifact, "observedGeneration": 1}
        self._keep(source, made(source, "flux-system", "flux-system", 1, spec=spec, status=status))
        counts = defaultdict(int, {name_of(n): 1 for n in range(MARKED)})
        for app, _ in self._others:
            counts[app] += 1
        for app in map(name_of, range(apps)):
            self._app(kustomize, app, revision, counts[app])
        for number in range(MARKED):
            self._keep("/api/v1/pods", pod(name_of(number), number, 1, f"9.{number}.0"))
        for app, number in self._others:
            self._keep("/api/v1/pods", pod(app, number + MARKED, 1, "1.0.0"))

    def _app(self, kustomize: str, app: str, revision: str, pods: int) -> None:
        entries = [{"id": f"staging_{app}_apps_Deployment", "v": "v1"}]
        reference = {"kind": "GitRepository", "name": "flux-system"}
        spec: Table = {"path": f"./envs/staging/{app}", "interval": "10m", "prune": True, "sourceRef": reference}
        status: Table = {
            "conditions": [_READY],
            "lastAppliedRevision": revision,
            "lastAttemptedRevision": revision,
            "inventory": {"entries": entries},
            "observedGeneration": 1,
        }
        self._keep(kustomize, made(kustomize, app, "flux-system", 1, spec=spec, status=status))
        ports = [{"containerPort": 8080, "protocol": "TCP"}]
        container = {"name": "main", "image": f"registry.example.org/{app}:1.0.0", "ports": ports}
        labels = {"app": app}
        spec = {"replicas": pods, "selector": {"matchLabels": labels}}
        spec |= {"template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}}
        on = [{"type": "Available", "status": "True"}, {"type": "Progressing", "status": "True"}]
        numbers = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), pods)
        status = {
            **numbers,
            "observedGeneration": 1,
            "conditions": [{**c, "reason": "NewReplicaSetAvailable"} for c in on],
        }
        applied = {f"kustomize.toolkit.fluxcd.io/{k}": v for k, v in (("name", app), ("namespace", "flux-system"))}
        revisions = {"annotations": {"deployment.kubernetes.io/revision": "1"}}
        path = "/apis/apps/v1/deployments"
        self._keep(
            path, made(path, app, "staging", 1, metadata={**revisions, "labels": applied}, spec=spec, status=status)
        )
        path, hashed = "/apis/apps/v1/replicasets", {"labels": {**labels, "pod-template-hash": "5d9c"}}
        metadata = {**revisions, **hashed, "ownerReferences": [owned("Deployment", app)]}
        template = {"metadata": hashed, "spec": spec["template"]["spec"]}
        self._keep(
            path,
            made(
                path,
                f"{app}-5d9c",
                "staging",
                1,
                metadata=metadata,
                spec={"replicas": pods, "selector": {"matchLabels": hashed["labels"]}, "template": template},
                status={"replicas": pods, "readyReplicas": pods, "availableReplicas": pods, "observedGeneration": 1},
            ),
        )

    def _keep(self, path: str, manifest: Table) -> bytes:
        data = json.dumps(manifest, separators=(",", ":")).encode()
        self._objects[path][manifest["metadata"]["name"]] = data
        return data

    def _tell(self, manifest: Table) -> None:
        data = b'{"type":"MODIFIED","object":' + self._keep("/api/v1/pods", manifest) + b"}\n"
        for queue in self._watches["/api/v1/pods"]:
            queue.put_nowait(data)

    async def flood(self, rate: float, seconds: float, every: float) -> None:
        """So many events a second, evenly; every so manieth is a marked one."""
        count, share = self._count, int(every)
        began = time.monotonic()
        for number in itertools.count():
            due = began + number / rate
            if due - began > seconds:
                return
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self.version += 1
            if number % share == 0:
                app = number // share % MARKED
                count[app] += 1
                self._tell(pod(name_of(app), app, self.version, f"9.{app}.{count[app]}"))
                self.sent.append((app, count[app], time.monotonic()))
            else:
                name, other = random.choice(self._others)
                self._tell(pod(name, other + MARKED, self.version, "1.0.0", restarts=self.version))

    # Serving ---------------------------------------------------------------------------------------------------------

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = re.sub(r"/namespaces/[^/]+", "", request.path)
        if request.path in ("/api", "/apis"):
            return web.json_response(self._discovery(core=request.path == "/api"))
        if path not in _KINDS:
            return web.json_response({"gitVersion": "v1.34.0"}, status=200 if path == "/version" else 404)
        if "watch" not in request.query:
            group, version, kind = _KINDS[path]
            head = {"kind": f"{kind}List", "apiVersion": f"{group}/{version}".lstrip("/")}
            top = json.dumps({**head, "metadata": {"resourceVersion": str(self.version)}})
            items = b",".join(self._objects[path].values())
            return web.Response(body=top[:-1].encode() + b',"items":[' + items + b"]}", content_type="application/json")
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._watches[path].append(queue)
        if "sendInitialEvents" in request.query:
            for data in list(self._objects[path].values()):
                await response.write(b'{"type":"ADDED","object":' + data + b"}\n")
            end = {"resourceVersion": str(self.version), "annotations": {"k8s.io/initial-events-end": "true"}}
            mark = {"type": "BOOKMARK", "object": {"kind": _KINDS[path][2], "metadata": end}}
            await response.write(json.dumps(mark).encode() + b"\n")
        while True:
            await response.write(await queue.get())

    def _discovery(self, *, core: bool) -> Table:
        groups: dict[str, list[tuple[str, Table]]] = defaultdict(list)
        for path, (group, version, kind) in _KINDS.items():
            if core == (not group):
                entry = {"resource": path.rpartition("/")[2], "responseKind": {"kind": kind}, "scope": "Namespaced"}
                groups[group].append((version, {**entry, "verbs": ["list", "watch"]}))
        items = [
            {"metadata": {"name": group}, "versions": [{"version": "v1", "resources": [one for _, one in found]}]}
            for group, found in groups.items()
        ]
        return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items}


async def serve(apps: int, pods: int, address: str, commit: str) -> None:
    """The source in a process of its own: it says its port, and floods when it is told how."""
    source = Source(apps, pods, address, commit)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", source.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        source.sent.clear()
        await source.flood(*map(float, line.split()))
        print(json.dumps(source.sent), flush=True)


if __name__ == "__main__":
    _apps, _pods, _address, _commit = sys.argv[1:]
    asyncio.run(serve(int(_apps), int(_pods), _address, _commit))
