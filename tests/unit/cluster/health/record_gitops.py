"""Records states of Flux's and Argo CD's own objects. Run by hand, as `record_health.py`, on a cluster's folder in
which `kubeconfig` and `git` lie; the repositories in `git` are served at the address in `git.url`:

    python tests/unit/cluster/health/record_gitops.py DIR flux|argocd [NAME…]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from health_scenarios import Json, job, workload
from record_health import KINDS, Cluster, keep

CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.4.0\n",
    "chart/templates/web.yaml": yaml.safe_dump(workload("{{ .Values.tag }}")),
    "chart/values.yaml": "tag: 1.0.0\n",
}


def files(*documents: Json) -> dict[str, str]:
    return {"app/all.yaml": "---\n".join(yaml.safe_dump(d) for d in documents)}


def selected(app: str) -> Json:
    """The workload with another selector, which cannot change in place."""
    made = workload("1.0.0")
    made["spec"]["selector"]["matchLabels"] = made["spec"]["template"]["metadata"]["labels"] = {"app": app}
    return made


def hook(image: str) -> Json:
    made = job(image)
    made["metadata"]["annotations"] = {"argocd.argoproj.io/hook": "PreSync"}
    return made


WIDGET = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "one"}, "spec": {}}
BAD = {"app/kustomization.yaml": "resources: [absent.yaml]\n"}
ONCE = {"retry": {"limit": 1, "backoff": {"duration": "1s"}}}
HELM = {"helm": True}

# Name: the commits one after the other, what the controller's object has besides, and what to wait for:
# a field's path and its value for Flux the reason of Ready.
FLUX: dict[str, tuple[list[dict[str, str]], Json, list[str]]] = {
    "flux-applied": ([files(workload("1.0.0"))], {"wait": True}, ["ReconciliationSucceeded"]),
    "flux-health": ([files(workload("1.1.0-missing"))], {"wait": True, "timeout": "6s"}, ["HealthCheckFailed"]),
    "flux-build": ([BAD], {}, ["BuildFailed"]),
    "flux-path": ([files(workload("1.0.0"))], {"path": "./absent"}, ["ArtifactFailed"]),
    "flux-immutable": (
        [files(selected("web")), files(selected("shop"))],
        ONCE,
        ["ReconciliationSucceeded", "ReconciliationFailed"],
    ),
    "flux-crd": ([files(WIDGET)], {}, ["ReconciliationFailed"]),
    "flux-dependency": ([files(workload("1.0.0"))], {"dependsOn": [{"name": "infra"}]}, ["DependencyNotReady"]),
    "flux-helm": ([CHART], {**HELM, "values": {"tag": "1.0.0"}}, ["InstallSucceeded"]),
    "flux-helm-crash": ([CHART], {**HELM, "values": {"tag": "1.1.0-crash"}, "timeout": "6s"}, ["InstallFailed"]),
}
ARGOCD: dict[str, tuple[list[dict[str, str]], Json, list[tuple[str, str]]]] = {
    "argocd-healthy": ([files(workload("1.0.0"))], {}, [("{.status.health.status}", "Healthy")]),
    "argocd-image": ([files(workload("1.1.0-missing"))], {}, [("{.status.operationState.phase}", "Succeeded")]),
    "argocd-hook": ([files(workload("1.0.0"), hook("1.0.0-fail"))], {}, [("{.status.operationState.retryCount}", "1")]),
    "argocd-immutable": (
        [files(selected("web")), files(selected("shop"))],
        ONCE,
        [("{.status.operationState.phase}", "Succeeded"), ("{.status.operationState.phase}", "Failed")],
    ),
    "argocd-crd": ([files(WIDGET)], ONCE, [("{.status.operationState.phase}", "Failed")]),
    "argocd-path": (
        [files(workload("1.0.0"))],
        {"path": "absent"},
        [("{.status.conditions[0].type}", "ComparisonError")],
    ),
    "argocd-manual": ([files(workload("1.0.0"))], {"manual": True}, [("{.status.sync.status}", "OutOfSync")]),
}


def push(home: Path, name: str, content: dict[str, str]) -> None:
    """Makes these files the whole of the repository's branch main."""
    bare, work = home / "git" / f"{name}.git", home / "work" / name

    def git(*arguments: str, at: Path = work) -> None:
        who = ["-c", "user.name=recorder", "-c", "user.email=recorder@example.com"]
        subprocess.run(["git", *who, *arguments], cwd=at, check=True, capture_output=True)

    if not work.exists():
        git("init", "--bare", "-b", "main", str(bare), at=home)
        work.mkdir(parents=True)
        git("init", "-b", "main")
    for folder in ("app", "chart"):
        shutil.rmtree(work / folder, ignore_errors=True)
    for path, text in content.items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(text)
    git("add", "-A")
    git("commit", "--allow-empty", "-m", f"{name}: another state")
    git("push", str(bare), "main")


def flux_objects(url: str, extra: dict[str, Any]) -> list[Json]:
    """A source and what follows it, all in one namespace."""
    meta = {"name": "shop"}
    source = {"interval": "2s", "url": url, "ref": {"branch": "main"}}
    made = [{"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": meta, "spec": source}]
    reference = {"kind": "GitRepository", "name": "shop"}
    if extra.get("helm"):
        chart = {"spec": {"chart": "./chart", "sourceRef": reference, "interval": "1m"}}
        spec = {"interval": "1h", "chart": chart, **{k: v for k, v in extra.items() if k != "helm"}}
        return [
            *made,
            {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": meta, "spec": spec},
        ]
    spec = {
        "interval": "1h",
        "path": "./app",
        "prune": True,
        "sourceRef": reference,
        "targetNamespace": "NAMESPACE",
        **extra,
    }
    if "dependsOn" in extra:
        failing = {**spec, "path": "./absent", "dependsOn": []}
        made.append(_kustomization("infra", failing))
    return [*made, _kustomization("shop", spec)]


def _kustomization(name: str, spec: Json) -> Json:
    head = {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": name}}
    return {**head, "spec": spec}


def application(name: str, url: str, extra: dict[str, Any]) -> Json:
    automated = {} if extra.get("manual") else {"automated": {}, "retry": extra.get("retry", {"limit": 5})}
    spec = {
        "project": "default",
        "source": {"repoURL": url, "path": extra.get("path", "app"), "targetRevision": "main"},
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "NAMESPACE"},
        "syncPolicy": automated,
    }
    meta = {"name": name, "namespace": "argocd"}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": meta, "spec": spec}


def record(home: Path, controller: str, name: str) -> None:
    """Plays one scenario with the real controller and keeps its object with the workloads."""
    namespace = f"rec-{name}"
    cluster = Cluster(str(home / "kubeconfig"), namespace)
    cluster.run("delete", "namespace", namespace, "--ignore-not-found", "--wait=true")
    cluster.run("create", "namespace", namespace)
    url = f"{(home / 'git.url').read_text().strip()}/{name}.git"
    flux = controller == "flux"
    place = cluster if flux else Cluster(str(home / "kubeconfig"), "argocd")
    commits, extra, waits = (FLUX if flux else ARGOCD)[name]
    applied = flux_objects(url, extra) if flux else [application(name, url, extra)]
    for at, content in enumerate(commits):
        push(home, name, content)
        for document in applied if at == 0 else ():
            place.run("apply", "-f", "-", given=yaml.safe_dump(document).replace("NAMESPACE", namespace))
        wanted = waits[at]
        if isinstance(wanted, str):
            of, path = (
                ("helmrelease" if "helm" in extra else "kustomization"),
                '{.status.conditions[?(@.type=="Ready")].reason}',
            )
            place.run("wait", f"{of}/shop", f"--for=jsonpath={path}={wanted}", "--timeout=120s")
        else:
            path, value = wanted
            place.run("wait", f"application/{name}", f"--for=jsonpath={path}={value}", "--timeout=120s")
    own = "kustomizations,helmreleases,gitrepositories,helmcharts" if flux else "applications"
    found = cluster.read(KINDS)
    if flux:
        found += cluster.read(own)
    else:
        found += [
            one for one in Cluster(str(home / "kubeconfig"), "argocd").read(own) if one["metadata"]["name"] == name
        ]
    keep(name, found, namespace)


if __name__ == "__main__":
    for each in sys.argv[3:] or (FLUX if sys.argv[2] == "flux" else ARGOCD):
        record(Path(sys.argv[1]), sys.argv[2], each)
