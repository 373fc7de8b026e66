"""What is rendered as applied is what Argo CD really applied, field by field.

`LIFTLOCK_TEST_CLUSTER` names the folder of a running cluster with Flux's controllers and Argo CD: `kubeconfig`, bare
repositories below `git/`, and in `git.url` the address that serves them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from typing import Any

import pytest
from applied_controllers import (
    CHART,
    DEPLOYMENT,
    LAST,
    SERVER,
    Real,
    application,
    rendered,
    synced,
    without_nothing,
)

from liftlock.model.live import Controller
from liftlock.render.applied import applied, deliveries_in

pytestmark = pytest.mark.skipif(not SERVER, reason="no cluster with real controllers for tests")


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
