"""A cluster repository of Jenkins X on a real cluster, and what jx-git-operator and its boot Jobs do there.

The Jobs are real; what the pod of one would do is done beside it: render the releases into `config-root`, apply that
with kubectl, commit and push it.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import yaml
from worlds import World, begun, repository

OPERATOR = "git-operator.jenkins.io"
HOME = "jx-git-operator"
BOT = "jenkins-x-bot"
STAGES = ("staging", "production")


class JenkinsX(World):
    """Two environments with a helmfile each; `operator` starts a boot Job for each commit."""

    follower = (HOME, "job")
    environments = STAGES

    def namespace(self, environment: str) -> str:
        return f"jx-{environment}-{self.id}"

    def live(self, environment: str, app: str = "shop") -> Any:
        self.git("fetch", "-q")  # what the boot Job committed
        return super().live(environment, app)

    def helmfile(self, environment: str, version: str) -> dict[str, str]:
        release = {"chart": "dev/shop", "version": version, "name": "shop", "values": ["jx-values.yaml"]}
        told = {"filepath": "", "namespace": self.namespace(environment), "releases": [release]}
        return {f"helmfiles/{self.namespace(environment)}/helmfile.yaml": yaml.safe_dump(told, sort_keys=False)}

    def rendered(self, environment: str, version: str) -> dict[str, str]:
        """What the release renders to, where `jx gitops helmfile template` puts it."""
        space = self.namespace(environment)
        labels = {"app": "shop", "chart": f"shop-{version}", "gitops.jenkins-x.io/pipeline": "namespaces"}
        spec = {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "shop"}},
            "template": {
                "metadata": {"labels": {"app": "shop"}},
                "spec": {"containers": [{"name": "shop", "image": f"registry.example.org/shop:{version}"}]},
            },
        }
        metadata = {"name": "shop", "namespace": space, "labels": labels}
        made = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
        return {f"config-root/namespaces/{space}/shop/shop-deploy.yaml": yaml.safe_dump(made, sort_keys=False)}


class Operator:
    """Looks at the repository, and starts a boot Job for each new commit, one after the other."""

    def __init__(self, world: JenkinsX, clone: Path) -> None:
        self.world = world
        self._clone = clone
        self._over = threading.Event()
        self.free = threading.Event()
        """While it is not set, no boot Job ends."""
        self.free.set()
        self._thread = threading.Thread(target=self._run, name="operator", daemon=True)
        self.problem: Exception | None = None
        subprocess.run(["git", "clone", "-q", world.url, clone], check=True, capture_output=True)

    def __enter__(self) -> Operator:
        self._thread.start()
        return self

    def __exit__(self, *told: object) -> None:
        self._over.set()
        self._thread.join(60)

    def _git(self, *arguments: str) -> str:
        command = ["git", "-c", f"user.name={BOT}", *arguments]
        return subprocess.run(command, cwd=self._clone, check=True, text=True, capture_output=True).stdout.strip()

    def _run(self) -> None:
        done = ""
        try:
            while not self._over.wait(0.3):
                tip = self._git("ls-remote", "origin", "main").partition("\t")[0]
                if tip != done:
                    self._boot(tip)
                    done = tip
        except Exception as error:  # told by the test that waits in vain
            self.problem = error

    def _boot(self, commit: str) -> None:
        self._git("fetch", "-q")
        self._git("checkout", "-q", "-B", "main", "origin/main")
        versions = {
            environment: yaml.safe_load(
                (self._clone / f"helmfiles/{self.world.namespace(environment)}/helmfile.yaml").read_text()
            )["releases"][0]["version"]
            for environment in STAGES
        }
        broken = any("broken" in version for version in versions.values())
        self.world.apply([self._job(commit, broken)])
        if not broken:
            for environment, version in versions.items():
                for path, text in self.world.rendered(environment, version).items():
                    place = self._clone / path
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_text(text)
                    label = "gitops.jenkins-x.io/pipeline=namespaces"
                    folder = str(place.parent.parent)
                    space = self.world.namespace(environment)
                    self.world.kubectl("-n", space, "apply", "--prune", "-l", label, "-R", "-f", folder)
            self._git("add", "-A")
            if self._git("status", "--porcelain"):
                self._git("commit", "-qm", "chore: regenerated")
                self._git("pull", "-q", "--rebase", "origin", "main")
                self._git("push", "-q", "origin", "main")
        self.free.wait(60)
        self._ended(self._name(commit))

    def _name(self, commit: str) -> str:
        return f"jx-boot-{commit[:8]}-{self.world.id}"

    def _job(self, commit: str, broken: bool) -> dict[str, Any]:
        labels = {f"{OPERATOR}/kind": "git-operator", f"{OPERATOR}/commit-sha": commit, "app": "jx-boot"}
        annotations = {
            f"{OPERATOR}/repo-url": self.world.url,
            f"{OPERATOR}/commit-author": BOT,
            f"{OPERATOR}/commit-message": self._git("log", "-1", "--format=%s", commit),
        }
        image = f"ghcr.io/jenkins-x/jx-boot:3.10{'-fail' if broken else ''}"
        pod = {"restartPolicy": "Never", "containers": [{"name": "job", "image": image}]}
        until_told = {"cluster.test/exit-after": "1h"}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": self._name(commit), "namespace": HOME, "labels": labels, "annotations": annotations},
            "spec": {
                "backoffLimit": 0,
                "template": {"metadata": {"labels": labels, "annotations": until_told}, "spec": pod},
            },
        }

    def _ended(self, name: str) -> None:
        """Let the Job's pod end, and wait until the Job has."""
        now = ("annotate", "pod", "-l", f"job-name={name}", "--overwrite", "cluster.test/exit-after=0s")
        until = time.monotonic() + 60
        while time.monotonic() < until:
            self.world.kubectl("-n", HOME, *now)
            told = json.loads(self.world.kubectl("-n", HOME, "get", "job", name, "-o", "json"))
            if any(c["type"] in ("Complete", "Failed") for c in told["status"].get("conditions") or ()):
                return
            time.sleep(0.2)
        raise TimeoutError(name)


def jenkinsx(server: Path, folder: Path) -> JenkinsX:
    """A world on a running server; both environments run 1.0.0 once an operator has looked."""
    world = JenkinsX(folder / "clone", server / "kubeconfig", *repository(server, folder))
    listed = [{"key": "dev"}, *({"key": name, "namespace": world.namespace(name)} for name in STAGES)]
    told = {"apiVersion": "core.jenkins-x.io/v4beta1", "kind": "Requirements", "spec": {"environments": listed}}
    texts = {"jx-requirements.yml": yaml.safe_dump(told, sort_keys=False)}
    for environment in STAGES:
        texts |= world.helmfile(environment, "1.0.0") | world.rendered(environment, "1.0.0")
    begun(world, texts, [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HOME}}])
    return world
