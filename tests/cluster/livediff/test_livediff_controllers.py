"""What Flux, Argo CD and Helm do beyond an apply."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from compared_objects import (
    changed,
    config,
    deployment,
    flux,
    flux_scope,
    key,
    only,
    other_data,
    other_image,
    paths,
    scaled,
    without_env,
)
from kubectl_diff import Kubectl

from liftlock.cluster.livediff import Compared, Scope
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller, Delivery
from liftlock.model.livediff import Effect, Way

Manifest = dict[str, Any]
Change = Callable[[Manifest], None]
Compare = Callable[..., Any]


def by_flux(kubectl: Kubectl, manifest: Manifest, namespace: str) -> None:
    """As kustomize-controller applies it."""
    made = copy.deepcopy(manifest)
    labels = made["metadata"].setdefault("labels", {})
    labels["kustomize.toolkit.fluxcd.io/name"] = "apps"
    labels["kustomize.toolkit.fluxcd.io/namespace"] = namespace
    kubectl.apply([made], "--server-side", "--field-manager", "kustomize-controller", "--force-conflicts")


@pytest.fixture
def by_controller(compared: Compare, namespace: str) -> Compare:
    async def run(desired: list[Manifest], user: str = "", **spec: Any) -> Compared:
        found: Compared = await compared(desired, user, delivery=flux(namespace, **spec), scope=flux_scope(namespace))
        return found

    return run


async def test_flux_nothing_changes(kubectl: Kubectl, namespace: str, by_controller: Compare):
    by_flux(kubectl, deployment(namespace), namespace)
    for user in ("", "viewer"):
        found = await by_controller([deployment(namespace)], user)
        assert found.changes == ()
        assert found.same == 1


async def test_flux_removes_what_kubectl_added(kubectl: Kubectl, namespace: str, by_controller: Compare):
    by_flux(kubectl, deployment(namespace), namespace)
    kubectl.run("set", "env", "deployment/web", "-n", namespace, "-c", "web", "DEBUG=1")
    kubectl.run("annotate", "deployment", "web", "-n", namespace, "by-hand=yes")
    kubectl.run("rollout", "restart", "deployment/web", "-n", namespace)
    kubectl.run("label", "deployment", "web", "-n", namespace, "kept=yes", "--field-manager", "dashboard")
    expected = {
        "metadata.annotations.by-hand",
        "spec.template.metadata.annotations.kubectl.kubernetes.io/restartedAt",
        "spec.template.spec.containers[name=web].env[name=DEBUG]",
    }
    for user in ("", "viewer"):
        change = only(await by_controller([deployment(namespace)], user))
        assert paths(change) == expected
        assert {field.new for field in change.diff.fields} == {None}
        assert change.restarts
        assert {author.manager for author in change.authors} == {"kubectl-set", "kubectl-annotate", "kubectl-rollout"}


async def test_flux_merge_leaves_them(kubectl: Kubectl, namespace: str, by_controller: Compare):
    wanted = deployment(namespace)
    wanted["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/ssa"] = "Merge"
    by_flux(kubectl, wanted, namespace)
    kubectl.run("set", "env", "deployment/web", "-n", namespace, "-c", "web", "DEBUG=1")
    assert (await by_controller([wanted])).changes == ()


async def test_flux_takes_over_what_kubectl_applied(kubectl: Kubectl, namespace: str, by_controller: Compare):
    """The first reconciliation of an object that was applied by hand, with a setting that Git does not have."""
    kubectl.apply([deployment(namespace)])
    change = only(await by_controller([changed(deployment(namespace), without_env)]))
    assert paths(change) == {
        "metadata.labels.kustomize.toolkit.fluxcd.io/name",
        "metadata.labels.kustomize.toolkit.fluxcd.io/namespace",
        "spec.template.spec.containers[name=web].env[name=B]",
    }


async def test_flux_drift_of_a_scale_is_set_back(kubectl: Kubectl, namespace: str, by_controller: Compare):
    by_flux(kubectl, deployment(namespace), namespace)
    kubectl.run("scale", "deployment", "web", "-n", namespace, "--replicas", "4")
    change = only(await by_controller([deployment(namespace)]))
    assert [(f.path, f.old, f.new) for f in change.diff.fields] == [("spec.replicas", "4", "1")]
    assert [(a.manager, a.operation) for a in change.authors] == [("kubectl", "scale")]
    assert not change.restarts


@pytest.mark.parametrize(
    ("mark", "value"), [("reconcile", "disabled"), ("ssa", "Ignore"), ("ssa", "IfNotPresent"), ("ssa", "ignore")]
)
async def test_flux_skips_what_it_is_told_to(
    mark: str, value: str, kubectl: Kubectl, namespace: str, by_controller: Compare
):
    by_flux(kubectl, deployment(namespace), namespace)
    wanted = changed(deployment(namespace), other_image)
    wanted["metadata"]["annotations"][f"kustomize.toolkit.fluxcd.io/{mark}"] = value
    found = await by_controller([wanted])
    assert found.changes == ()
    assert len(found.notes) == 1


async def test_flux_ignores_by_its_rules(kubectl: Kubectl, namespace: str, by_controller: Compare):
    by_flux(kubectl, deployment(namespace), namespace)
    rule = {"paths": ["/spec/replicas"], "target": {"kind": "Deployment"}}
    assert (await by_controller([changed(deployment(namespace), scaled)], ignore=[rule])).changes == ()


async def test_flux_prunes_only_what_is_its_own(kubectl: Kubectl, namespace: str, compared: Compare):
    mine, theirs, marked = config(namespace, "mine"), config(namespace, "theirs"), config(namespace, "marked")
    marked["metadata"]["annotations"] = {"kustomize.toolkit.fluxcd.io/prune": "disabled"}
    by_flux(kubectl, mine, namespace)
    by_flux(kubectl, marked, namespace)
    kubectl.apply([theirs])
    kubectl.run("label", "configmap", "theirs", "-n", namespace, "kustomize.toolkit.fluxcd.io/name=other")
    scope = flux_scope(namespace, candidates=tuple(map(key, (mine, theirs, marked))))
    found = await compared([], scope=scope, delivery=flux(namespace))
    assert {each.key.name: each.effect for each in found.changes} == {
        "mine": Effect.PRUNED,
        "theirs": Effect.KEPT,
        "marked": Effect.KEPT,
    }


def argo(namespace: str, **spec: Any) -> Delivery:
    at = ObjectKey("argoproj.io", "Application", "argocd", "shop")
    return Delivery(Controller.ARGOCD, at, namespace=namespace, raw={"spec": spec})


@pytest.fixture
def by_argo(compared: Compare, namespace: str) -> Compare:
    async def run(desired: list[Manifest], user: str = "", **spec: Any) -> Compared:
        delivery = argo(namespace, **spec)
        found: Compared = await compared(desired, user, delivery=delivery, scope=Scope.of(delivery))
        return found

    return run


def tracked(manifest: Manifest) -> Manifest:
    made = copy.deepcopy(manifest)
    made["metadata"].setdefault("annotations", {})["argocd.argoproj.io/tracking-id"] = "shop:apps/Deployment:x/web"
    return made


async def test_argo_its_own_marks_are_no_difference(kubectl: Kubectl, namespace: str, by_argo: Compare):
    kubectl.apply([tracked(deployment(namespace))], "--field-manager", "argocd-controller")
    assert (await by_argo([deployment(namespace)])).changes == ()
    change = only(await by_argo([changed(deployment(namespace), without_env)]))
    assert paths(change) == {"spec.template.spec.containers[name=web].env[name=B]"}
    assert change.way is Way.THREE_WAY


async def test_argo_ignored_differences(kubectl: Kubectl, namespace: str, by_argo: Compare):
    kubectl.apply([tracked(deployment(namespace))], "--field-manager", "argocd-controller")
    kubectl.run("scale", "deployment", "web", "-n", namespace, "--replicas", "4")
    rules = [{"group": "apps", "kind": "Deployment", "jqPathExpressions": [".spec.replicas", "del(.x)"]}]
    found = await by_argo([deployment(namespace)], ignoreDifferences=rules)
    assert found.changes == ()
    assert found.notes == ("an ignore rule is not understood here and was not used: del(.x)",)
    change = only(await by_argo([changed(deployment(namespace), other_image)], ignoreDifferences=rules))
    assert paths(change) == {"spec.template.spec.containers[name=web].image"}
    assert "spec.replicas: left out of drift, but set by the next apply all the same" in change.note
    respected = {"syncOptions": ["RespectIgnoreDifferences=true"]}
    change = only(
        await by_argo([changed(deployment(namespace), other_image)], ignoreDifferences=rules, syncPolicy=respected)
    )
    assert "left out" not in change.note


async def test_argo_sync_options_of_an_object(kubectl: Kubectl, namespace: str, by_argo: Compare):
    def marked(option: str) -> Manifest:
        made = changed(config(namespace), other_data)
        made["metadata"]["annotations"] = {"argocd.argoproj.io/sync-options": option}
        return made

    kubectl.apply([config(namespace)], "--field-manager", "argocd-controller")
    kubectl.run("annotate", "configmap", "settings", "-n", namespace, "by-hand=yes")
    server_side = only(await by_argo([marked("ServerSideApply=true,Validate=false")]))
    assert server_side.way is Way.SERVER_SIDE
    assert "metadata.annotations.by-hand" not in paths(server_side)
    replaced = only(await by_argo([marked("Replace=true")]))
    assert replaced.way is Way.UPDATE
    assert {f.path: f.new for f in replaced.diff.fields}["metadata.annotations.by-hand"] is None


async def test_argo_hooks_are_named_and_not_compared(namespace: str, by_argo: Compare):
    hook = config(namespace, "migrate")
    hook["metadata"]["annotations"] = {"argocd.argoproj.io/hook": "PreSync"}
    found = await by_argo([hook])
    assert found.changes == ()
    assert found.notes == (f"1 hook not compared: ConfigMap {namespace}/migrate (PreSync)",)


async def test_argo_prune_options(kubectl: Kubectl, namespace: str, compared: Compare):
    kept, asked = config(namespace, "kept"), config(namespace, "asked")
    kept["metadata"]["annotations"] = {"argocd.argoproj.io/sync-options": "Prune=false"}
    asked["metadata"]["annotations"] = {"argocd.argoproj.io/sync-options": "Prune=confirm"}
    kubectl.apply([kept, asked])
    delivery = argo(namespace)
    scope = Scope(namespace, "argocd-controller", prune=True, candidates=(key(kept), key(asked)))
    found = await compared([], delivery=delivery, scope=scope)
    assert {each.key.name: (each.effect, each.note) for each in found.changes} == {
        "kept": (Effect.KEPT, "Argo CD is told not to prune it"),
        "asked": (Effect.PRUNED, "Argo CD asks before it prunes it"),
    }


async def test_helm_judges_removals_by_the_former_manifest(kubectl: Kubectl, namespace: str, compared: Compare):
    at = ObjectKey("helm.toolkit.fluxcd.io", "HelmRelease", namespace, "web")
    delivery = Delivery(Controller.FLUX, at, namespace=namespace, raw={"spec": {}})
    old = deployment(namespace)
    old["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "Helm"
    old["metadata"]["annotations"] = {
        "meta.helm.sh/release-name": "web",
        "meta.helm.sh/release-namespace": namespace,
    }
    old["metadata"]["labels"] |= {
        "helm.toolkit.fluxcd.io/name": "web",
        "helm.toolkit.fluxcd.io/namespace": namespace,
    }
    made = kubectl.run("create", "-f", kubectl.file([old]), "--field-manager", "helm-controller")
    assert made
    before = deployment(namespace)
    del before["metadata"]["annotations"]
    wanted = changed(before, without_env)
    change = only(await compared([wanted], delivery=delivery, scope=Scope.of(delivery), applied_before=[before]))
    assert paths(change) == {"spec.template.spec.containers[name=web].env[name=B]"}
    assert change.way is Way.THREE_WAY
