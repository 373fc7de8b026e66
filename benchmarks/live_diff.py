"""The live diff of many Deployments, beside `kubectl diff` on the same objects and server, taking turns.

It makes a namespace of its own in the cluster of the kubeconfig and deletes it in the end. Both must find the same
differences.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import frame
import yaml

from liftlock.clock import SystemClock
from liftlock.cluster.connection import Connection
from liftlock.cluster.kubeconfig import load
from liftlock.cluster.livediff import Scope, compare
from liftlock.commands import Runner
from liftlock.diffing import diff_objects

NAMESPACE = "liftlock-bench-live-diff"
LIMIT = 8.0
_KEEPING = '#!/bin/sh\ncp -r "$1" "$KEPT/live"\ncp -r "$2" "$KEPT/merged"\nexit 1\n'


def deployment(number: int) -> dict[str, Any]:
    """A Deployment of the usual size."""
    labels = {"app.kubernetes.io/name": f"web-{number}", "app.kubernetes.io/part-of": "bench"}
    container = {
        "name": "web",
        "image": "registry.example.org/team/web:1.4.2",
        "args": ["--listen", ":8080", "--log-format", "json"],
        "env": [{"name": f"SETTING_{at}", "value": str(at)} for at in range(12)],
        "ports": [{"name": "http", "containerPort": 8080}, {"name": "metrics", "containerPort": 9090}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
        "resources": {"limits": {"cpu": "500m", "memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
        "volumeMounts": [{"name": "cache", "mountPath": "/cache"}],
    }
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [container], "volumes": [{"name": "cache", "emptyDir": {}}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"web-{number}", "namespace": NAMESPACE, "labels": labels},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }


def promoted(manifest: dict[str, Any]) -> dict[str, Any]:
    """The same with a new version, a setting less and a limit less."""
    new: dict[str, Any] = json.loads(json.dumps(manifest))
    container = new["spec"]["template"]["spec"]["containers"][0]
    container["image"] = "registry.example.org/team/web:1.5.0"
    del container["env"][3]
    del container["resources"]["limits"]["cpu"]
    return new


class Kubectl:
    """kubectl with one kubeconfig."""

    def __init__(self, program: str, kubeconfig: str) -> None:
        self._start = [program, "--kubeconfig", kubeconfig]

    def run(self, *arguments: str, given: str | None = None, fine: tuple[int, ...] = (0,), **environment: str) -> None:
        """Run it to its end."""
        done = subprocess.run(
            [*self._start, *arguments],
            input=given,
            text=True,
            capture_output=True,
            check=False,
            env={**os.environ, **environment},
        )
        if done.returncode not in fine:
            raise SystemExit(f"kubectl {arguments[0]} failed: {done.stderr.strip()[:500]}")

    def differences(self, file: Path, folder: Path) -> list[Any]:
        """What `kubectl diff` finds, as our own values: its two sides are kept by the program that compares them."""
        keeping = folder / "keeping"
        keeping.write_text(_KEEPING)
        keeping.chmod(0o700)
        kept = folder / "kept"
        kept.mkdir()
        self.run("diff", "-f", str(file), fine=(0, 1), KUBECTL_EXTERNAL_DIFF=str(keeping), KEPT=str(kept))
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        sides = [
            [yaml.load(path.read_text(), Loader=loader) for path in sorted((kept / side).iterdir())]
            for side in ("live", "merged")
        ]
        return list(diff_objects(*sides))


def main() -> int:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("kubeconfig", help="of a cluster that a namespace may be made in")
    arguments.add_argument("--objects", type=int, default=200)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--kubectl", default="kubectl", help="the program to measure beside (kubectl on PATH)")
    arguments.add_argument("--json", action="store_true")
    given = arguments.parse_args()
    kubectl = Kubectl(given.kubectl, given.kubeconfig)
    live = [deployment(number) for number in range(given.objects)]
    wanted = [promoted(manifest) for manifest in live]
    ours, theirs = frame.Series("liftlock"), frame.Series("kubectl diff")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "wanted.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": wanted}))
        kubectl.run("create", "namespace", NAMESPACE, fine=(0, 1))
        try:
            kubectl.run("apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": live}))
            same = asyncio.run(_rounds(given, kubectl, wanted, file, ours, theirs))
        finally:
            kubectl.run("delete", "namespace", NAMESPACE, "--wait=false")
    ratio = theirs.median / ours.median
    limits = [
        ("share of the time of kubectl diff, medians", ours.median / theirs.median, 1 / LIMIT),
        ("objects whose differences are not the same", float(same), 0.0),
    ]
    title = f"{given.objects} Deployments, {ratio:.1f} times as fast as kubectl diff (limit {LIMIT:.0f})"
    return frame.report(title, [ours, theirs], limits, as_json=given.json)


async def _rounds(
    given: argparse.Namespace,
    kubectl: Kubectl,
    wanted: list[dict[str, Any]],
    file: Path,
    ours: frame.Series,
    theirs: frame.Series,
) -> int:
    """Take turns; the number of objects whose differences are not the same."""
    kubeconfig = load({"KUBECONFIG": given.kubeconfig})
    api = Connection(kubeconfig.current, kubeconfig, Runner(), SystemClock())
    try:
        for number in range(given.rounds + 1):
            started = time.perf_counter()
            found = await compare(api, wanted, scope=Scope(namespace=NAMESPACE))
            middle = time.perf_counter()
            await asyncio.to_thread(kubectl.run, "diff", "-f", str(file), fine=(0, 1))
            ended = time.perf_counter()
            if number:  # the first one warms both up
                ours.values.append(middle - started)
                theirs.values.append(ended - middle)
        with tempfile.TemporaryDirectory() as folder:
            expected = {diff.key: diff for diff in await asyncio.to_thread(kubectl.differences, file, Path(folder))}
    finally:
        await api.close()
    mine = {change.key: change.diff for change in found.changes}
    return sum(mine.get(key) != expected.get(key) for key in {*mine, *expected})


if __name__ == "__main__":
    sys.exit(main())
