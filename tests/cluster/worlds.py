"""Worlds to watch: a repository of three environments, and a real cluster that is brought to what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from programs import kubectl

from liftlock.commands import Runner
from liftlock.config import trust
from liftlock.model.live import Act
from liftlock.sandbox import starting

ENVIRONMENTS = ("dev", "staging", "production")


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


class Refused(Exception):
    """An act that cannot be done now."""


@dataclass(frozen=True)
class Offer:
    """What was agreed to: what it does, what follows from it, the patches that it consists of."""

    sentence: str
    consequences: list[str]
    patches: list[Any]


_ACT = """
import json, sys
from pathlib import Path
from liftlock.engine import Engine
from liftlock.errors import LiftlockError
from liftlock.commands import Runner
from liftlock.model.live import Act
from liftlock.sandbox import starting

folder, environment, act, confirmed = sys.argv[1:]
engine = Engine.open(Path(folder))
try:
    offers = engine.live.offer(environment, Act(act))
    for offer in offers:
        engine.live.intervene(offer, confirmed=confirmed)
    told = [(one.sentence, list(one.consequences), [dict(write.patch) for write in one.writes]) for one in offers]
    print(json.dumps({"offers": [dict(zip(("sentence", "consequences", "patches"), one)) for one in told]}))
except LiftlockError as error:
    print(json.dumps({"refused": str(error)}))
finally:
    engine.close()
"""


class World:
    """A clone, and what is done around it. Names carry an id, so that several worlds live in one cluster."""

    follower = ("flux-system", "kustomization,gitrepository")
    """Where the controller's objects are, and of which kinds."""
    kind = "kustomization"
    environments: tuple[str, ...] = ENVIRONMENTS

    def __init__(self, clone: Path, kubeconfig: Path, id: str, url: str = "") -> None:
        self.clone = clone
        self.kubeconfig = kubeconfig
        self.id = id
        self.url = url

    def namespace(self, environment: str) -> str:
        return f"{environment}-{self.id}"

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.clone, check=True, text=True, capture_output=True)
        return done.stdout.strip()

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        command = [kubectl(), "--kubeconfig", str(self.kubeconfig), *arguments]
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

    def commit(self, message: str, texts: Mapping[str, str]) -> str:
        """A commit of these files, pushed; its id."""
        self.git("pull", "-q", "--ff-only")
        self.write(texts)
        self.git("add", "-A")
        self.git("commit", "-qm", message)
        self.git("push", "-q")
        return self.git("rev-parse", "HEAD")

    def write(self, texts: Mapping[str, str]) -> None:
        for path, text in texts.items():
            place = self.clone / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)

    def apply(self, objects: Iterable[Mapping[str, Any]]) -> None:
        body = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "-f", "-", stdin=json.dumps(body))

    def controller(self, environment: str) -> str:
        """The name of the environment's controller object."""
        return f"shop-{environment}-{self.id}"

    def version(self, environment: str) -> str:
        """What Git says of an environment."""
        self.git("pull", "-q", "--ff-only")
        text = (self.clone / f"apps/shop/overlays/{environment}/kustomization.yaml").read_text()
        return text.partition("newTag: ")[2].partition("\n")[0].strip('"')

    def patch(self, environment: str, body: Mapping[str, Any]) -> None:
        """A merge patch of the environment's controller object."""
        name = self.controller(environment)
        self.kubectl("-n", self.follower[0], "patch", self.kind, name, "--type", "merge", "-p", json.dumps(body))

    def images(self, environment: str) -> set[str]:
        """What the pods of the app run in an environment, those that are not going away."""
        told = json.loads(
            self.kubectl("-n", self.namespace(environment), "get", "pods", "-l", "app=shop", "-o", "json")
        )["items"]
        staying = [pod for pod in told if not pod["metadata"].get("deletionTimestamp")]
        return {container["image"] for pod in staying for container in pod["spec"]["containers"]}

    def live(self, environment: str, app: str = "shop") -> Any:
        """The live side of an app in an environment, as `liftlock status` tells it."""
        answer = self.liftlock("status", environment, "--json")
        assert answer.code == 0, answer.err
        told = [(cell["app"], cell["environment"]) for cell in answer.json["cells"]]
        (live,) = answer.json["cells"][told.index((app, environment))]["live"]
        return live

    def until(self, environment: str, fits: Callable[[Any], bool], seconds: float = 60, app: str = "shop") -> Any:
        """The live side once it fits."""
        deadline = time.monotonic() + seconds
        while not fits(live := self.live(environment, app)):
            assert time.monotonic() < deadline, json.dumps(live, indent=1)
        return live

    def settled(self, environment: str, state: str, seconds: float = 60, app: str = "shop") -> Any:
        """The live side once it is in this state."""
        return self.until(environment, lambda live: live["state"] == state, seconds, app)

    def act(self, environment: str, act: Act, *, confirmed: str = "") -> list[Offer]:
        """What a person does on the convergence screen: ask for the offers, agree to each. Raises Refused."""
        env = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        command = [sys.executable, "-c", _ACT, str(self.clone), environment, str(act), confirmed]
        done = subprocess.run(command, text=True, capture_output=True, env=env, timeout=120)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        if "refused" in told:
            raise Refused(told["refused"])
        return [Offer(**one) for one in told["offers"]]

    def end(self) -> None:
        """Nothing of it stays in a cluster that others use too."""
        if self.follower[0]:
            namespace, kind = self.follower
            told = self.kubectl("-n", namespace, "get", kind, "-o", "name").split()
            mine = [name for name in told if name.endswith(self.id)]
            if mine:
                self.kubectl("-n", namespace, "delete", "--ignore-not-found", "--wait=false", *mine)
        spaces = [self.namespace(environment) for environment in self.environments]
        self.kubectl("delete", "namespace", "--ignore-not-found", "--wait=false", *spaces)


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


def repository(server: Path, folder: Path) -> tuple[str, str]:
    """An empty bare repository that the server's Git serves, and a clone of it: a new id, and the address."""
    id = uuid.uuid4().hex[:6]
    url = f"{(server / 'git.url').read_text().strip()}/{id}.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", server / "git" / f"{id}.git"], check=True)
    subprocess.run(["git", "clone", "-q", url, folder / "clone"], check=True, capture_output=True)
    return id, url


def begun(world: World, texts: Mapping[str, str], objects: Iterable[Mapping[str, Any]]) -> None:
    """The first commit is pushed, the namespaces are there, and what follows the repository."""
    world.write(texts)
    world.git("checkout", "-q", "-B", "main")
    world.git("add", "-A")
    world.git("commit", "-qm", "three environments")
    world.git("push", "-q", "-u", "origin", "main")
    spaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": world.namespace(e)}} for e in world.environments
    ]
    if made := [*spaces, *objects]:
        world.apply(made)


def real_flux(server: Path, folder: Path) -> World:
    """A world on a running server with Flux's controllers."""
    id, url = repository(server, folder)
    world = World(folder / "clone", server / "kubeconfig", id, url)
    begun(world, files(id), _flux_objects(world))
    return world


def _flux_objects(world: World) -> list[dict[str, Any]]:
    source = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": f"shop-{world.id}", "namespace": "flux-system"},
        "spec": {"interval": "2s", "url": world.url, "ref": {"branch": "main"}},
    }
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "flux-system"}}
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
    return [home, source, *follows]


class ArgoWorld(World):
    """With an Application each in namespace argocd; dev and staging are synced by themselves."""

    follower = ("argocd", "applicationset,application,appproject")
    kind = "application"

    def application(self, environment: str, **spec: Any) -> dict[str, Any]:
        """The Application of an environment."""
        automated = {} if environment == "production" else {"automated": {"prune": True}}
        return {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": f"shop-{environment}-{self.id}", "namespace": "argocd"},
            "spec": {
                "project": f"shop-{self.id}",
                "source": {
                    "repoURL": self.url,
                    "targetRevision": "main",
                    "path": f"apps/shop/overlays/{environment}",
                },
                "destination": {"server": "https://kubernetes.default.svc", "namespace": self.namespace(environment)},
                "syncPolicy": automated,
                **spec,
            },
        }

    def project(self, *windows: Mapping[str, Any]) -> dict[str, Any]:
        """The project of these Applications, with sync windows."""
        return {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject",
            "metadata": {"name": f"shop-{self.id}", "namespace": "argocd"},
            "spec": {
                "sourceRepos": ["*"],
                "destinations": [{"namespace": "*", "server": "*"}],
                "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
                "syncWindows": list(windows),
            },
        }

    def end(self) -> None:
        super().end()
        for environment in self.environments:
            # A hook's finalizer is Argo CD's to take away, which no longer knows the Application.
            space = self.namespace(environment)
            for job in self.kubectl("-n", space, "get", "jobs", "-o", "name").split():
                self.kubectl("-n", space, "patch", job, "--type", "merge", "-p", '{"metadata":{"finalizers":null}}')


ASKED = "\n".join(f'[[environment]]\nname = "{name}"\nreconcile = true\n' for name in ENVIRONMENTS)


def real_argocd(server: Path, folder: Path) -> ArgoWorld:
    """A world on a running server with Argo CD's controllers, which are asked to look after each push."""
    id, url = repository(server, folder)
    world = ArgoWorld(folder / "clone", server / "kubeconfig", id, url)
    begun(
        world,
        {**files(id), "liftlock.toml": ASKED},
        [world.project(), *(world.application(environment) for environment in ENVIRONMENTS)],
    )
    return world


def plain(server: Path, folder: Path) -> World:
    """A world where nothing follows the repository: somebody runs kubectl. The user agreed to its context."""
    id, url = repository(server, folder)
    world = World(folder / "clone", server / "kubeconfig", id, url)
    world.follower = ("", "")
    told = [
        f'[[environment]]\nname = "{name}"\n\n[[environment.target]]\ncontext = "test"\nnamespaces = ["{name}-{id}"]\n'
        for name in ENVIRONMENTS
    ]
    begun(world, {**files(id), "liftlock.toml": "\n".join(told)}, [])
    trust(str(world.clone / ".git"), "test")
    return world


class SandboxWorld(World):
    """The same on the embedded cluster, which runs for as long as the world does."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "clone", folder / "kubeconfig", "sandbox")
        remote, example = folder / "remote.git", folder / "example"
        example.mkdir()
        (example / "demo.toml").write_text(_STORY)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", remote], check=True)
        subprocess.run(["git", "clone", "-q", str(remote), self.clone], check=True, capture_output=True)
        self.write(files(self.id))
        self.git("checkout", "-q", "-B", "main")
        self.git("add", "-A")
        self.git("commit", "-qm", "three environments")
        self.git("push", "-q", "-u", "origin", "main")
        self._runner = Runner()
        self._ending = ExitStack()
        started = starting(example, remote, folder, folder / "cache", self._runner, speed=2.0)
        self._ending.enter_context(started).begin()

    def controller(self, environment: str) -> str:
        return f"shop-{environment}"

    def end(self) -> None:
        self._ending.close()
        self._runner.close()


_STORY = """title = "Shop"
sentence = "One app."
repository = "shop"
people = {ada = "Ada <ada@shop.example>"}
commit = [{by = "ada", ago = "1d", message = "all"}]

[cluster]
controller = "flux"
context = "sandbox"
interval = "2s"

[[cluster.environment]]
name = "dev"
path = "apps/{app}/overlays/dev"

[[cluster.environment]]
name = "staging"
path = "apps/{app}/overlays/staging"
wait = true

[[cluster.environment]]
name = "production"
path = "apps/{app}/overlays/production"
wait = true
"""
