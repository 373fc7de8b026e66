"""What is rendered as applied is what Flux really applied, field by field.

`LIFTLOCK_TEST_CLUSTER` names the folder of a running cluster with Flux's controllers and Argo CD: `kubeconfig`, bare
repositories below `git/`, and in `git.url` the address that serves them.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Mapping
from typing import Any

import pytest
from applied_controllers import (
    CHART,
    DEPLOYMENT,
    KUSTOMIZE,
    SERVER,
    Real,
    assert_applied,
    flux,
    rendered,
)

from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller, Delivery
from liftlock.render.applied import applied

pytestmark = pytest.mark.skipif(not SERVER, reason="no cluster with real controllers for tests")


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
    # The very object that was refused: the controller tries again at once, and says something else meanwhile.
    wait = ("wait", "kustomization/apps", "-n", real.name, "--for=condition=Ready=false", "--timeout=60s", "-o", "json")
    raw = json.loads(real.kubectl(*wait))
    made = applied(
        real.renderer,
        tree,
        Delivery(Controller.FLUX, ObjectKey(KUSTOMIZE, "Kustomization", real.name, "apps"), raw=raw),
    )
    assert "envsubst error" in str(raw["status"])
    assert made.problem or "no value for" in " ".join(made.notes)


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
