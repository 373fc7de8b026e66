"""Jenkins X in the embedded cluster: for each commit a boot Job that applies what the helmfiles say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import yaml

from liftlock.cluster.health.reading import condition, mappings, string
from liftlock.cluster.objects import Manifest
from liftlock.model.diff import ObjectKey
from liftlock.model.tree import Tree
from liftlock.sandbox import charts
from liftlock.sandbox.gitops import applying
from liftlock.sandbox.gitops.applying import Refused
from liftlock.sandbox.gitops.ground import Ground
from liftlock.sandbox.story import Chart

_OPERATOR = "git-operator.jenkins.io"
_NAMESPACE = "jx-git-operator"
_MANAGER = "kubectl-client-side-apply"
_IMAGE = "ghcr.io/jenkins-x/jx-boot:3.10.155"
_WORKS = 2.0
"""Seconds until a boot job comes to apply."""


class JenkinsX:
    """The git operator and the boot Jobs of one cluster. `interval` is how often it looks, in its own seconds."""

    def __init__(self, ground: Ground, known: Mapping[str, Chart], branch: str, interval: float) -> None:
        self._ground = ground
        self._objects = ground.objects
        self._charts = known
        self._branch = branch
        self._interval = interval
        self._applied: list[ObjectKey] = []
        self._done = ""

    async def settle(self) -> None:
        """Bring everything to where it is long after the last commit."""
        remote, clock = self._ground.remote, self._ground.clock
        commit = remote.tip(self._branch)
        last = remote.commit(commit)
        with clock.at(last.time + 60):
            await self._boot(commit)

    async def run(self) -> None:
        """Go on for ever."""
        looked = time.monotonic()
        while True:
            await self._ground.tick()
            if time.monotonic() - looked < self._ground.seconds(self._interval):
                continue
            looked = time.monotonic()
            tip = await asyncio.to_thread(self._ground.remote.tip, self._branch)
            if tip != self._done:
                await self._boot(tip)

    async def _boot(self, commit: str) -> None:
        self._done = commit
        problem, wanted = "", list[Manifest]()
        try:
            wanted = await asyncio.to_thread(self._releases, commit)
        except Refused as error:
            problem = str(error)
        job = self._objects.put(self._job(commit, problem), manager="jx-git-operator")
        at = ObjectKey("batch", "Job", _NAMESPACE, job["metadata"]["name"])
        if not self._ground.settling:
            await asyncio.sleep(self._ground.seconds(_WORKS))
        if not problem:
            keys = applying.client_side(self._objects, wanted, _MANAGER)
            applying.pruned(self._objects, self._applied, keys)
            self._applied = keys
        while (found := self._objects.get(at)) is not None and not _ended(found):
            await self._ground.tick()

    def _job(self, commit: str, problem: str) -> Manifest:
        """The Job of a commit; one with a problem fails, and its log says why."""
        image = f"{_IMAGE}-fail" if problem else _IMAGE
        self._ground.kubelet.log_lines[image] = ["make apply regen-check", problem or "done"]
        last = self._ground.remote.commit(commit)
        labels = {f"{_OPERATOR}/kind": "git-operator", f"{_OPERATOR}/commit-sha": commit, "app": "jx-boot"}
        annotations = {
            f"{_OPERATOR}/repo-url": self._ground.remote.url,
            f"{_OPERATOR}/commit-author": last.author,
            f"{_OPERATOR}/commit-message": last.subject,
        }
        container = {"name": "job", "image": image, "command": ["make"], "args": ["apply", "regen-check"]}
        pod = {"serviceAccountName": "jx-boot-job", "restartPolicy": "Never", "containers": [container]}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": f"jx-boot-{commit[:8]}",
                "namespace": _NAMESPACE,
                "labels": labels,
                "annotations": annotations,
            },
            "spec": {"backoffLimit": 2, "template": {"metadata": {"labels": labels}, "spec": pod}},
        }

    def _releases(self, commit: str) -> list[Manifest]:
        """What all helmfiles of the repository install. Raises Refused."""
        tree = self._ground.remote.tree(commit)
        found: list[Manifest] = []
        for path in sorted(tree.entries):
            if path.startswith("helmfiles/") and path.endswith("/helmfile.yaml"):
                found += self._helmfile(tree, path)
        return found

    def _helmfile(self, tree: Tree, path: str) -> list[Manifest]:
        folder = path.rpartition("/")[0]
        made: list[Manifest] = []
        for document in _documents(tree, path):
            for release in mappings(document, "releases"):
                name = string(release, "chart").rpartition("/")[2]
                chart = self._charts.get(name)
                if chart is None:
                    continue  # what the cluster had before this repository
                values: dict[str, Any] = {}
                for file in release.get("values") or ():
                    for told in _documents(tree, f"{folder}/{file}"):
                        values = charts.merged(values, told)
                namespace = string(release, "namespace") or string(document, "namespace")
                version = charts.version_of(string(release, "version"), chart)
                made += charts.installed(string(release, "name") or name, namespace, chart, version, values)
        return made


def _documents(tree: Tree, path: str) -> list[Mapping[str, Any]]:
    entry = tree.entries.get(path)
    if entry is None:
        raise Refused(f"there is no {path}")
    try:
        found = list(yaml.safe_load_all(tree.read(path)))
    except yaml.YAMLError as error:
        raise Refused(f"{path} cannot be read: {error}") from error
    return [one for one in found if isinstance(one, Mapping)]


def _ended(job: Manifest) -> bool:
    told = [condition(job, name) for name in ("Complete", "Failed")]
    return any(one is not None and one.true for one in told)
