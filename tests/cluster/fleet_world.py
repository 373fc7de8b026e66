"""Two apps in five environments that Flux follows, one of them in a repository of its own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from worlds import World, begun, repository

APPS = ("cart", "shop")
HERE = ("dev", "staging", "eu", "asia")


def config() -> str:
    """The environments: dev, staging, then three regions, of which us is in another repository."""
    after = {"dev": "", "staging": "dev", "eu": "staging", "us": "staging", "asia": "staging"}
    told = []
    for name, before in after.items():
        lines = ["[[environment]]", f'name = "{name}"', f'after = ["{before}"]' if before else "after = []"]
        apart = ['repository = "../us/clone"', 'paths = ["{app}"]']
        lines += apart if name == "us" else [f'paths = ["envs/{name}/{{app}}"]']
        told.append("\n".join(lines) + "\n")
    return "\n".join(told)


class FleetWorld(World):
    """dev, staging, eu and asia in one repository, us in another that has a clone beside it."""

    environments = (*HERE, "us")
    us: World

    def home(self, environment: str) -> tuple[World, str]:
        """The clone that an environment is read from, and the pattern of its apps' folders."""
        return (self.us, "{app}") if environment == "us" else (self, f"envs/{environment}/{{app}}")

    def files(self, environment: str, version: str) -> dict[str, str]:
        """What an environment runs: each app in a folder of its own, in one namespace."""
        where = self.home(environment)[1]
        made = {}
        for app in APPS:
            folder = where.format(app=app)
            made[f"{folder}/{app}.yaml"] = _DEPLOYMENT.format(app=app)
            made[f"{folder}/kustomization.yaml"] = (
                f"resources: [{app}.yaml]\nnamespace: {self.namespace(environment)}\n"
                f'images:\n  - name: registry.example.org/{app}\n    newTag: "{version}"\n'
            )
        return made

    def released(self, environment: str, **versions: str) -> None:
        """New versions of apps reach an environment by hand."""
        texts: dict[str, str] = {}
        self.git("pull", "-q", "--ff-only")
        for app, version in versions.items():
            place = f"envs/{environment}/{app}/kustomization.yaml"
            texts[place] = (self.clone / place).read_text().partition("newTag:")[0] + f'newTag: "{version}"\n'
        self.commit(f"{versions} in {environment}", texts)

    def tags(self, environment: str) -> dict[str, str]:
        """What Git says of an environment, by app."""
        home, where = self.home(environment)
        home.git("pull", "-q", "--ff-only")
        texts = {app: (home.clone / where.format(app=app) / "kustomization.yaml").read_text() for app in APPS}
        return {app: text.partition("newTag: ")[2].strip().strip('"') for app, text in texts.items()}

    def runs(self, environment: str, app: str) -> set[str]:
        """The images that run of an app in an environment."""
        told = self.kubectl(
            *("-n", self.namespace(environment), "get", "pods", "-l", f"app={app}"),
            *("-o", "jsonpath={.items[*].spec.containers[*].image}"),
        )
        return set(told.split())

    def wave(self, state: str, seconds: float = 60) -> Any:
        """The newest wave, as `wave show` tells it, once it is in this state."""
        deadline = time.monotonic() + seconds
        while (told := self.liftlock("wave", "show", "--json").json)["state"] != state:
            assert time.monotonic() < deadline, told
        return told


_DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {{name: {app}}}
spec:
  selector: {{matchLabels: {{app: {app}}}}}
  template:
    metadata: {{labels: {{app: {app}}}}}
    spec:
      containers: [{{name: {app}, image: registry.example.org/{app}}}]
"""


def real_fleet(server: Path, folder: Path) -> FleetWorld:
    """A world on a running server with Flux's controllers."""
    id, url = repository(server, folder)
    world = FleetWorld(folder / "clone", server / "kubeconfig", id, url)
    (folder / "us").mkdir()
    us_id, us_url = repository(server, folder / "us")
    world.us = World(folder / "us" / "clone", server / "kubeconfig", us_id, us_url)
    world.us.environments = ()
    texts = {"liftlock.toml": config()}
    for environment in HERE:
        texts |= world.files(environment, "1.0.0")
    begun(world.us, world.files("us", "1.0.0"), [])
    begun(world, texts, _flux_objects(world))
    return world


def _flux_objects(world: FleetWorld) -> list[Mapping[str, Any]]:
    made: list[Mapping[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "flux-system"}},
    ]
    for home in (world, world.us):
        spec: dict[str, Any] = {"interval": "1s", "url": home.url, "ref": {"branch": "main"}}
        made.append(_flux("source.toolkit.fluxcd.io/v1", "GitRepository", f"fleet-{home.id}-{world.id}", spec))
    for environment in world.environments:
        home, where = world.home(environment)
        spec = {
            "interval": "1m",
            "retryInterval": "5s",
            "path": f"./{where.removesuffix('{app}')}",
            "prune": True,
            "sourceRef": {"kind": "GitRepository", "name": f"fleet-{home.id}-{world.id}"},
        }
        made.append(_flux("kustomize.toolkit.fluxcd.io/v1", "Kustomization", f"{environment}-{world.id}", spec))
    return made


def _flux(version: str, kind: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "flux-system"}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
