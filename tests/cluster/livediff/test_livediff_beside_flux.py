"""What the live diff says of a promotion is what the real kustomize-controller then does."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from compared_objects import Manifest, config, deployment, flux, flux_scope, key, other_image, service, without_env
from kubectl_diff import Kubectl
from realcluster import RealCluster

from liftlock.cluster.livediff import Compared
from liftlock.diffing import diff_objects
from liftlock.model.livediff import Effect

Compare = Callable[..., Any]


@pytest.fixture
def server(real_flux: RealCluster) -> Path:
    return real_flux.folder


class Repository:
    """What Flux follows: one file with all manifests."""

    def __init__(self, folder: Path, address: str) -> None:
        self._folder = folder
        subprocess.run(["git", "clone", "-q", address, str(folder)], check=True, capture_output=True)

    def commit(self, manifests: list[Manifest]) -> str:
        app = self._folder / "app"
        app.mkdir(exist_ok=True)
        (app / "all.yaml").write_text("---\n".join(json.dumps(manifest) + "\n" for manifest in manifests))
        self._git("add", "--all")
        self._git("commit", "-q", "--allow-empty", "-m", "what is wanted")
        self._git("push", "-q", "origin", "HEAD:main")
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=self._folder, check=True, text=True, capture_output=True).stdout


@pytest.fixture
def repository(server: Path, namespace: str, tmp_path: Path) -> Repository:
    bare = server / "git" / f"{namespace}.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    return Repository(tmp_path / "clone", f"{(server / 'git.url').read_text().strip()}/{namespace}.git")


def follow(kubectl: Kubectl, namespace: str, address: str) -> None:
    source = {"interval": "2s", "url": address, "ref": {"branch": "main"}}
    applied = {"interval": "1h", "path": "./app", "prune": True, "sourceRef": {"kind": "GitRepository", "name": "r"}}
    kubectl.apply(
        [
            {
                "apiVersion": "source.toolkit.fluxcd.io/v1",
                "kind": "GitRepository",
                "metadata": {"name": "r", "namespace": namespace},
                "spec": source,
            },
            {
                "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
                "kind": "Kustomization",
                "metadata": {"name": "apps", "namespace": namespace},
                "spec": applied,
            },
        ]
    )


def until_applied(kubectl: Kubectl, namespace: str, revision: str) -> None:
    seen = f"jsonpath={{.status.lastAppliedRevision}}=main@sha1:{revision}"
    kubectl.run("wait", "kustomization/apps", "-n", namespace, f"--for={seen}", "--timeout=60s")


def by_hand(kubectl: Kubectl, namespace: str) -> None:
    """Drift of every sort: what Git says is changed, what it does not say is added, by kubectl and by others."""
    at = ("-n", namespace)
    kubectl.run("set", "env", "deployment/web", *at, "-c", "web", "DEBUG=1", "A=7")
    kubectl.run("annotate", "deployment", "web", *at, "hand=1")
    kubectl.run("rollout", "restart", "deployment/web", *at)
    kubectl.run("scale", "deployment", "web", *at, "--replicas", "4")
    kubectl.run("patch", "service", "web", *at, "--type=merge", "-p", '{"spec": {"sessionAffinity": "ClientIP"}}')
    label = '{"metadata": {"labels": {"kept": "yes"}}}'
    kubectl.run("patch", "service", "web", *at, "--type=merge", "--field-manager=dashboard", "-p", label)


def fields(found: Any) -> set[tuple[str, str | None, str | None]]:
    """What changes, but for the number that the Deployment's controller writes afterwards."""
    return {(f.path, f.old, f.new) for f in found.fields if "deployment.kubernetes.io" not in f.path}


async def test_flux_does_what_was_said(
    kubectl: Kubectl, namespace: str, compared: Compare, repository: Repository, server: Path
):
    wanted = [deployment(namespace), service(namespace), config(namespace)]
    first = repository.commit(wanted)
    follow(kubectl, namespace, f"{(server / 'git.url').read_text().strip()}/{namespace}.git")
    until_applied(kubectl, namespace, first)
    scope = flux_scope(namespace, candidates=tuple(map(key, wanted)))

    async def said(manifests: list[Manifest], user: str = "") -> Compared:
        found: Compared = await compared(manifests, user, delivery=flux(namespace), scope=scope)
        return found

    for user in ("", "viewer"):
        assert (await said(wanted, user)).changes == ()
    by_hand(kubectl, namespace)
    drift = {str(c.key): fields(c.diff) for c in (await said(wanted)).changes}
    assert {str(c.key): fields(c.diff) for c in (await said(wanted, "viewer")).changes} == drift

    new = copy.deepcopy([*wanted[:2], config(namespace, "other")])
    other_image(new[0])
    without_env(new[0])
    found = await said(new)
    effects = {f"{c.key.kind} {c.key.name}": c.effect for c in found.changes}
    assert effects == {
        "Deployment web": Effect.CHANGED,
        "Service web": Effect.CHANGED,
        "ConfigMap other": Effect.CREATED,
        "ConfigMap settings": Effect.PRUNED,
    }
    names = [("deployment", "web"), ("service", "web")]
    before = [kubectl.get(kind, name, namespace) for kind, name in names]
    until_applied(kubectl, namespace, repository.commit(new))
    after = [kubectl.get(kind, name, namespace) for kind, name in names]
    done = {diff.key: fields(diff) for diff in diff_objects(before, after)}
    assert {c.key: fields(c.diff) for c in found.changes if c.effect is Effect.CHANGED} == done
    kubectl.run("get", "configmap", "other", "-n", namespace)
    kubectl.run("wait", "configmap/settings", "-n", namespace, "--for=delete", "--timeout=30s")
