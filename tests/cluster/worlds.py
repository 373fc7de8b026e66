"""Worlds to watch: a repository of three environments, and a cluster whose Flux follows it. Real, or the sandbox."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ENVIRONMENTS = ("dev", "staging", "production")


def kubectl_program() -> str:
    found = shutil.which("kubectl") or shutil.which("kubectl", path=str(Path(sys.executable).parent))
    if found is None:
        raise FileNotFoundError("kubectl")
    return found


@dataclass(frozen=True)
class Answer:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def last(self) -> Any:
        """The last of several JSON documents, one a line."""
        return json.loads(self.out.strip().splitlines()[-1])


class World:
    """A clone, and what is done around it. Names carry an id, so that several worlds live in one cluster."""

    def __init__(self, clone: Path, kubeconfig: Path, id: str) -> None:
        self.clone = clone
        self.kubeconfig = kubeconfig
        self.id = id

    def namespace(self, environment: str) -> str:
        return f"{environment}-{self.id}"

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.clone, check=True, text=True, capture_output=True)
        return done.stdout.strip()

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        command = [kubectl_program(), "--kubeconfig", str(self.kubeconfig), *arguments]
        done = subprocess.run(command, text=True, capture_output=True, input=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def liftlock(self, *arguments: str, kubeconfig: Path | None = None, timeout: float = 120) -> Answer:
        env = {**os.environ, "KUBECONFIG": str(kubeconfig or self.kubeconfig)}
        command = [sys.executable, "-c", "from liftlock_tui.cli import main; main()", *arguments]
        done = subprocess.run(command, cwd=self.clone, text=True, capture_output=True, env=env, timeout=timeout)
        return Answer(done.returncode, done.stdout, done.stderr)

    def build(self, version: str) -> None:
        """A new version reaches dev."""
        self.git("pull", "-q", "--ff-only")
        file = self.clone / "apps/shop/overlays/dev/kustomization.yaml"
        text = file.read_text()
        before = text.partition("newTag: ")[2].partition("\n")[0]
        file.write_text(text.replace(f"newTag: {before}", f'newTag: "{version}"'))
        self.git("commit", "-qam", f"shop {version} in dev")
        self.git("push", "-q")

    def promote(self, source: str, target: str, *more: str) -> Answer:
        extra = ["--confirm", target] if target == "production" else []
        return self.liftlock("promote", source, target, "--onto", "main", "--push", "--wait", *extra, *more)

    def patch(self, environment: str, body: Mapping[str, Any]) -> None:
        """A merge patch of the environment's Kustomization."""
        name = f"shop-{environment}-{self.id}"
        self.kubectl("-n", "flux-system", "patch", "kustomization", name, "--type", "merge", "-p", json.dumps(body))


def files(id: str) -> dict[str, str]:
    """One app in three environments."""
    made = {
        "apps/shop/base/kustomization.yaml": "resources: [shop.yaml]\n",
        "apps/shop/base/shop.yaml": """apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
        - name: shop
          image: registry.example.org/shop
          env: [{name: LEVEL, value: info}]
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec:
  selector: {app: shop}
  ports: [{port: 80, targetPort: 8080}]
""",
    }
    for environment in ENVIRONMENTS:
        made[f"apps/shop/overlays/{environment}/kustomization.yaml"] = f"""resources: [../../base]
namespace: {environment}-{id}
images:
  - name: registry.example.org/shop
    newTag: "1.0.0"
"""
    return made


def real_flux(server: Path, folder: Path) -> World:
    """A world on a running server with Flux's controllers, whose Git serves `git/` at the address in `git.url`."""
    id = uuid.uuid4().hex[:6]
    address = (server / "git.url").read_text().strip()
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", server / "git" / f"{id}.git"], check=True)
    subprocess.run(["git", "clone", "-q", f"{address}/{id}.git", folder / "clone"], check=True, capture_output=True)
    world = World(folder / "clone", server / "kubeconfig", id)
    for path, text in files(id).items():
        place = world.clone / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    world.git("checkout", "-q", "-B", "main")
    world.git("add", "-A")
    world.git("commit", "-qm", "three environments")
    world.git("push", "-q", "-u", "origin", "main")
    objects = {"apiVersion": "v1", "kind": "List", "items": _flux_objects(world, f"{address}/{id}.git")}
    world.kubectl("apply", "-f", "-", stdin=json.dumps(objects))
    return world


def _flux_objects(world: World, url: str) -> list[dict[str, Any]]:
    source = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": f"shop-{world.id}", "namespace": "flux-system"},
        "spec": {"interval": "2s", "url": url, "ref": {"branch": "main"}},
    }
    spaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in ("flux-system", *(world.namespace(e) for e in ENVIRONMENTS))
    ]
    follows = [
        {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": {"name": f"shop-{environment}-{world.id}", "namespace": "flux-system"},
            "spec": {
                "interval": "1m",
                "retryInterval": "5s",
                "timeout": "30s",
                "path": f"./apps/shop/overlays/{environment}",
                "prune": True,
                "wait": environment != "dev",
                "sourceRef": {"kind": "GitRepository", "name": f"shop-{world.id}"},
            },
        }
        for environment in ENVIRONMENTS
    ]
    return [*spaces, source, *follows]
