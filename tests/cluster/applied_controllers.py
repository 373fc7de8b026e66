"""A namespace and a repository on a cluster with real controllers, and what these applied there, field by field."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from programs import kubectl
from trees import DictTree

from liftlock.commands import Runner
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller, Delivery
from liftlock.render import Rendered, Renderer
from liftlock.render.applied import applied

Manifest = dict[str, Any]


SERVER = os.environ.get("LIFTLOCK_TEST_CLUSTER", "")


KUSTOMIZE = "kustomize.toolkit.fluxcd.io"


LAST = "kubectl.kubernetes.io/last-applied-configuration"


SERVERS_OWN = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")


class Real:
    """A namespace of the cluster and a repository of its own, kubectl beside it."""

    def __init__(self, folder: Path, work: Path, runner: Runner) -> None:
        self.name = f"applied-{uuid.uuid4().hex[:8]}"
        self.folder = folder
        self.renderer = Renderer(runner, work / "cache")
        self._kubectl = kubectl()
        self._work = work / "clone"
        self.url = f"{(folder / 'git.url').read_text().strip()}/{self.name}.git"
        bare = folder / "git" / f"{self.name}.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", bare], check=True)
        subprocess.run(["git", "init", "-q", "-b", "main", self._work], check=True)
        self.git("remote", "add", "origin", self.url)

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=self._work, check=True, text=True, capture_output=True
        ).stdout.strip()

    def push(self, files: Mapping[str, str]) -> DictTree:
        """Push these files and nothing else; the tree of the commit."""
        for path in self._work.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name, content in files.items():
            path = self._work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(content))
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "a change")
        self.git("push", "-q", "origin", "HEAD:main")
        return DictTree(files, self.git("rev-parse", "HEAD"))

    def kubectl(self, *arguments: str, given: str = "", fine: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            [self._kubectl, "--kubeconfig", str(self.folder / "kubeconfig"), *arguments],
            input=given,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode in fine, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def create(self, *manifests: Manifest) -> None:
        self.kubectl("apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))

    def look(self, key: ObjectKey) -> Manifest | None:
        kind = f"{key.kind}.{key.group}" if key.group else key.kind
        space = ("-n", key.namespace) if key.namespace else ()
        found = self.kubectl("get", kind, key.name, *space, "-o", "json", "--show-managed-fields", fine=(0, 1))
        manifest: Manifest | None = json.loads(found) if found else None
        if manifest is not None and manifest["kind"] == "Secret":
            manifest["data"] = dict.fromkeys(manifest.get("data") or {}, "")
        return manifest

    def live(self, manifest: Mapping[str, Any]) -> Manifest:
        """The object of the cluster that this one is, with all that a Secret holds."""
        group = manifest["apiVersion"].rpartition("/")[0]
        kind = f"{manifest['kind']}.{group}" if group else manifest["kind"]
        namespace = manifest["metadata"].get("namespace")
        space = ("-n", namespace) if namespace else ()
        found = self.kubectl("get", kind, manifest["metadata"]["name"], *space, "-o", "json", "--show-managed-fields")
        made: Manifest = json.loads(found)
        return made

    def apply_again(self, manifest: Manifest, manager: str) -> Manifest:
        """What the server would make of the object, were the controller to apply just this."""
        found = self.kubectl(
            *("apply", "--server-side", "--force-conflicts", "--dry-run=server", f"--field-manager={manager}"),
            *("-o", "json", "--show-managed-fields", "-f", "-"),
            given=json.dumps(manifest),
        )
        made: Manifest = json.loads(found)
        return made

    def repository(self) -> Manifest:
        """The GitRepository of it all."""
        return flux("source.toolkit.fluxcd.io/v1", "GitRepository", self.name, "repo") | {
            "spec": {"url": self.url, "interval": "1s", "ref": {"branch": "main"}}
        }


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Real]:
    runner = Runner()
    made = Real(Path(SERVER), tmp_path, runner)
    made.kubectl("create", "namespace", made.name)
    yield made
    made.kubectl("delete", "kustomizations,helmreleases", "--all", "-n", made.name, "--wait=false", fine=(0, 1))
    made.kubectl("delete", "namespace", made.name, "--wait=false")
    runner.close()


def flux(version: str, kind: str, namespace: str, name: str, **spec: Any) -> Manifest:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"interval": "10m", **spec},
    }


def rendered(real: Real, tree: DictTree, manifest: Manifest, controller: Controller) -> Rendered:
    raw = real.live(manifest)
    key = ObjectKey(
        raw["apiVersion"].rpartition("/")[0], raw["kind"], raw["metadata"]["namespace"], raw["metadata"]["name"]
    )
    source = raw["spec"].get("source") or {}
    delivery = Delivery(controller, key, url=source.get("repoURL", ""), raw=raw)
    made = applied(real.renderer, tree, delivery, lookup=real.look)
    assert made.problem == ""
    return made


def fields_of(manifest: Manifest, manager: str) -> Any:
    """The fields that a manager owns, without the empty structures that Go's types write of themselves."""
    return owned(next(e["fieldsV1"] for e in manifest["metadata"]["managedFields"] if e["manager"] == manager))


def owned(fields: Any) -> Any:
    structures = ("f:strategy", "f:resources", "f:updateStrategy", "f:loadBalancer")
    return {name: owned(inner) for name, inner in fields.items() if inner or name not in structures}


def without_servers_own(manifest: Manifest) -> Manifest:
    metadata = {name: value for name, value in manifest["metadata"].items() if name not in SERVERS_OWN}
    return {**{name: value for name, value in manifest.items() if name != "status"}, "metadata": metadata}


def assert_applied(real: Real, objects: Sequence[Manifest], manager: str) -> None:
    """Each object is what the manager applied: the same fields, and the same values in them."""
    assert objects
    for manifest in objects:
        live = real.live(manifest)
        again = real.apply_again(manifest, manager)
        assert fields_of(again, manager) == fields_of(live, manager)
        assert without_servers_own(again) == without_servers_own(live)


DEPLOYMENT = """\
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: ${replicas:=2}
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - name: web
            image: acme/web:0
            ports: [{containerPort: 8080}]
            env:
            - {name: REGION, value: "${region^^} and $${kept}"}
            - {name: CODE, value: "x${code}"}
            - {name: LIST, value: 'a: ${region}, "b"'}
            - {name: PART, value: "${region:0:2}-${region#*-}-${region/-/_}"}
    """


CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\n",
    "charts/web/values.yaml": "image: {name: acme/web, tag: '0'}\nmode: slow\nlist: [a]\nextra: {kept: 1}\n",
    "charts/web/values-more.yaml": "mode: from-file\nextra: {more: 2}\n",
    "charts/web/templates/web.yaml": """\
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ .Release.Name }}
          labels: {helm.sh/chart: "{{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}"}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers: [{name: web, image: "{{ .Values.image.name }}:{{ .Values.image.tag }}"}]
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: "{{ .Release.Name }}-config", namespace: {{ .Release.Namespace }}}
        data:
          mode: {{ .Values.mode | quote }}
          list: {{ .Values.list | toJson | quote }}
          extra: {{ .Values.extra | toJson | quote }}
          literal: {{ .Values.literal | default "" | quote }}
        """,
    "charts/web/templates/hook.yaml": """\
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: hook, annotations: {helm.sh/hook: pre-install}}
        """,
}


def application(real: Real, **spec: Any) -> Manifest:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": real.name, "namespace": "argocd"},
        "spec": {
            "project": "default",
            "destination": {"server": "https://kubernetes.default.svc", "namespace": real.name},
            "syncPolicy": {"automated": {}},
            **spec,
        },
    }


def synced(real: Real) -> None:
    where = ("-n", "argocd", "--timeout=60s")
    real.kubectl("wait", f"application/{real.name}", "--for=jsonpath={.status.operationState.phase}=Succeeded", *where)


def without_nothing(value: Any) -> Any:
    """The value without empty parts, which the controllers write and leave out as they like."""
    if isinstance(value, dict):
        return {k: v for k, item in value.items() if (v := without_nothing(item)) not in (None, {}, [])}
    return [without_nothing(item) for item in value] if isinstance(value, list) else value
