"""From a watch event to the board, while a cluster says something a hundred times a second.

    python benchmarks/watch.py [--pods 10000] [--rate 100] [--seconds 20] [--kubeconfig FILE]

A repository of its own, an API server of its own on loopback with so many pods (in a process of its own), and the real
app in a terminal. Ten apps have one pod each, whose image is counted up: what the board says runs there tells how old
what it shows is. All other events are changes of the status of other pods, which the app reads as well.

`--apps` spreads the pods over so many apps. With `--probe` only the client's loops and store are measured, without
repository and board.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frame
from aiohttp import web
from terminal import LIFTLOCK, Terminal

MARKED = 10
"""So many apps have one pod whose image tells the number of its event."""
SHARE = 5
"""Every so manieth event is one of those."""
RUNS = re.compile(rb"runs 9\.(\d+)\.(\d+)")
LATENCY, CPU, MEMORY = 0.1, 25.0, 150.0
SETTLED, SETTLE = 3.0, 120.0
_TICKS = os.sysconf("SC_CLK_TCK")
Table = dict[str, Any]


# The repository ------------------------------------------------------------------------------------------------------


def name_of(app: int) -> str:
    return f"app{app:02}"


def files(apps: int) -> Iterator[tuple[str, str]]:
    """Apps in two environments; what is in Git never changes here."""
    for app in map(name_of, range(apps)):
        image = f"registry.example.org/{app}"
        container = f"{{name: main, image: {image}, ports: [{{containerPort: 8080}}]}}"
        yield (
            f"base/{app}/deployment.yaml",
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {app}}}\nspec:\n  selector: {{matchLabels: "
            f"{{app: {app}}}}}\n  template:\n    metadata: {{labels: {{app: {app}}}}}\n"
            f"    spec: {{containers: [{container}]}}\n",
        )
        yield f"base/{app}/kustomization.yaml", "resources: [deployment.yaml]\n"
        for environment, tag in (("dev", "1.1.0"), ("staging", "1.0.0")):
            yield (
                f"envs/{environment}/{app}/kustomization.yaml",
                f"namespace: {environment}\nresources: [../../../base/{app}]\n"
                f"images:\n  - name: {image}\n    newTag: {tag}\n",
            )


def repository(folder: Path, apps: int) -> tuple[Path, str, str]:
    """A clone with its remote: the clone, the remote's address, the commit."""

    def git(*arguments: str) -> str:
        who = ("-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.org", "-c", "commit.gpgSign=false")
        done = subprocess.run(
            ["git", "-C", str(clone), *who, *arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return done.stdout.decode().strip()

    clone, origin = folder / "clone", folder / "origin.git"
    subprocess.run(["git", "init", "-q", "-b", "main", str(clone)], check=True)
    subprocess.run(["git", "init", "-q", "-b", "main", "--bare", str(origin)], check=True)
    for path, text in files(apps):
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        (clone / path).write_text(text)
    git("add", "--all")
    git("commit", "-q", "-m", "start")
    git("remote", "add", "origin", f"file://{origin}")
    git("push", "-q", "-u", "origin", "main")
    git("remote", "set-head", "origin", "main")
    return clone, f"file://{origin}", git("rev-parse", "HEAD")


# The cluster ---------------------------------------------------------------------------------------------------------

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
        self.sent: list[tuple[int, int, float]] = []
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

    async def flood(self, rate: float, seconds: float) -> None:
        """So many events a second, evenly."""
        count = [0] * MARKED
        began = time.monotonic()
        for number in itertools.count():
            due = began + number / rate
            if due - began > seconds:
                return
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self.version += 1
            if number % SHARE == 0:
                app = number // SHARE % MARKED
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
    """The source in a process of its own: it says its port, and floods when it is told `rate seconds`."""
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


# Measuring -----------------------------------------------------------------------------------------------------------


def processor(process: int) -> float:
    """The seconds of a core that a process and its ended children have had."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


def memory(process: int, what: str) -> float:
    """In MB: VmRSS as it is, VmHWM the most it was."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def latencies(sent: list[tuple[int, int, float]], seen: list[tuple[float, int, int]]) -> tuple[list[float], int]:
    """For each event the seconds until the board showed it or a later one of its app; and how many it never did."""
    found, missing = [], 0
    for app, number, at in sent:
        shown = next((when for when, its, newest in seen if its == app and newest >= number), None)
        if shown is None:
            missing += 1
        else:
            found.append(shown - at)
    return found, missing


def kubeconfig(file: Path, port: int) -> Path:
    entry = {"name": "bench"}
    table = {
        "current-context": "bench",
        "contexts": [{**entry, "context": {"cluster": "bench", "user": "bench"}}],
        "clusters": [{**entry, "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{**entry, "user": {"token": "t"}}],
    }
    file.write_text(json.dumps(table))
    return file


def settle(terminal: Terminal) -> None:
    """Until all marked cells are live and nothing is drawn any more; the header's own clock aside."""
    deadline, found, data, last = time.monotonic() + SETTLE, set(), b"", time.monotonic()
    while len(found) < MARKED or time.monotonic() - last < SETTLED:
        piece = terminal.receive(0.2)
        data = data[-200:] + piece
        if RUNS.findall(data):
            found |= {app for app, _ in RUNS.findall(data)}
            last = time.monotonic() if piece else last
        if time.monotonic() > deadline or terminal.process.poll() is not None:
            raise SystemExit(f"the board did not become live: {len(found)} of {MARKED} cells")


def watched(terminal: Terminal, source: subprocess.Popen[str], rate: float, seconds: float) -> tuple[Any, Any, float]:
    """The events, when the board showed which, and the share of a core that the app took."""
    assert source.stdin is not None and source.stdout is not None
    source.stdin.write(f"{rate} {seconds}\n")
    source.stdin.flush()
    seen: list[tuple[float, int, int]] = []
    began, used, data = time.monotonic(), processor(terminal.process.pid), b""
    share = 0.0
    while time.monotonic() < began + seconds + 5.0:
        piece = terminal.receive(0.05)
        now = time.monotonic()
        if not share and now > began + seconds:
            share = 100 * (processor(terminal.process.pid) - used) / (now - began)
        data += piece
        for match in RUNS.finditer(data):
            seen.append((now, int(match[1]), int(match[2])))
        data = data[-30:] if not RUNS.search(data[-30:]) else b""
    return json.loads(source.stdout.readline()), seen, share


def main() -> int:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pods", type=int, default=10_000)
    arguments.add_argument("--apps", type=int, default=20)
    arguments.add_argument("--rate", type=float, default=100.0)
    arguments.add_argument("--seconds", type=float, default=20.0)
    arguments.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments.add_argument("--serve", nargs=2, metavar=("ADDRESS", "COMMIT"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.serve:
        asyncio.run(serve(given.apps, given.pods, *given.serve))
        return 0
    with tempfile.TemporaryDirectory(prefix="liftlock-benchmark-") as name:
        return measured(Path(name), given)


def measured(folder: Path, given: argparse.Namespace) -> int:
    clone, address, commit = repository(folder, given.apps)
    amount = ("--pods", str(given.pods), "--apps", str(given.apps))
    source = subprocess.Popen(
        [sys.executable, __file__, *amount, "--serve", address, commit],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, frame.SOURCES))},
    )
    try:
        assert source.stdout is not None
        config = kubeconfig(folder / "kubeconfig", int(source.stdout.readline()))
        env = {"KUBECONFIG": str(config), "XDG_CACHE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        program = (*LIFTLOCK, "--repo", str(clone))
        with Terminal(program, env=env, columns=160, rows=8 + 3 * given.apps, keep=False) as terminal:
            settle(terminal)
            now, most = memory(terminal.process.pid, "VmRSS"), memory(terminal.process.pid, "VmHWM")
            sent, seen, share = watched(terminal, source, given.rate, given.seconds)
            after = memory(terminal.process.pid, "VmRSS")
            terminal.press("q")
    finally:
        source.terminate()
        source.wait()
    found, missing = latencies(sent, seen)
    if not found:
        raise SystemExit("the board showed no event")
    paint = frame.Series("event to paint", found)
    figures = [
        paint,
        frame.Series("events that the board never showed", [float(missing)], ""),
        frame.Series("memory settled, at most, after the events", [now, most, after], "MB"),
    ]
    limits = [
        ("event to paint, p95, in s", paint.percentile(0.95), LATENCY),
        ("CPU of the client, in % of a core", share, CPU),
        ("memory in MB", max(now, after), MEMORY),
    ]
    title = f"watching {given.pods} pods of {given.apps} apps at {given.rate:g} events a second"
    return frame.report(title, figures, limits, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
