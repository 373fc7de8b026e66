"""Promotions on a real Argo CD: what the commands say while it syncs, fails, waits for a hand or a window, drifts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import worlds
from realcluster import RealCluster
from worlds import ArgoWorld

from liftlock.model.live import Act


@pytest.fixture(scope="module")
def argocd(real_argocd: RealCluster) -> Path:
    return real_argocd.folder


@pytest.fixture(scope="module")
def shop(argocd: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoWorld]:
    """dev and staging are synced by themselves, production by hand."""
    made = worlds.real_argocd(argocd, tmp_path_factory.mktemp("argocd"))
    yield made
    made.end()


def converged(answer: worlds.Answer) -> Any:
    (one,) = answer.json["converged"]
    return one


# By itself, and by hand ----------------------------------------------------------------------------------------------


def test_all_is_live_through_argocd_but_what_nobody_has_synced(shop: ArgoWorld) -> None:
    head = shop.git("rev-parse", "HEAD")
    for environment in ("dev", "staging"):
        live = shop.settled(environment, "live")
        assert live["revision"] == head
        assert [(r["name"], r["value"], r["pods"]) for r in live["running"]] == [
            ("registry.example.org/shop", "1.0.0", 2)
        ]
    live = shop.settled("production", "waiting")
    assert "synced by hand" in live["why"]
    assert (live["revision"], live["running"]) == (None, [])


def test_a_promotion_converges_and_the_pods_are_the_new_ones(shop: ArgoWorld) -> None:
    shop.build("1.1.0")
    answer = shop.promote("dev", "staging", "--json")
    assert answer.code == 0, answer.err
    ended = converged(answer)
    assert ended["outcome"] == "converged"
    assert [p["state"] for p in ended["phases"]] == ["done", "done", "skipped", "done", "done", "done"]
    times = [p["done"] for p in ended["phases"] if p["done"]]
    assert times == sorted(times)
    assert shop.images("staging") == {"registry.example.org/shop:1.1.0"}
    again = shop.liftlock("watch", "staging", "--json")
    assert (again.code, again.last["outcome"]) == (0, "converged")


def test_production_waits_for_a_hand_and_a_sync_brings_it(shop: ArgoWorld) -> None:
    answer = shop.promote("staging", "production", "--json", "--timeout", "6s")
    assert answer.code == 3
    ended = converged(answer)
    assert ended["waiting"]["for"] == "manual sync"
    assert [p["state"] for p in ended["phases"]][:4] == ["done", "done", "skipped", "waiting"]
    (offer,) = shop.act("production", Act.SYNC, confirmed="production")
    (patch,) = offer.patches
    assert patch["operation"]["sync"]["prune"] is False
    assert patch["operation"]["sync"]["revision"] == ended["revision"]
    watched = shop.liftlock("watch", "production", "--json", "--timeout", "60s")
    assert (watched.code, watched.last["outcome"]) == (0, "converged")
    assert shop.settled("production", "live")["revision"] == ended["revision"]
    assert shop.images("production") == {"registry.example.org/shop:1.1.0"}


# What goes wrong -----------------------------------------------------------------------------------------------------


def test_an_image_that_is_missing_is_told(shop: ArgoWorld) -> None:
    shop.build("1.2.0-missing")
    answer = shop.promote("dev", "staging", "--json", "--timeout", "6s")
    assert answer.code == 3  # it may come right: it is told at once, and called stuck after 20 s
    ended = converged(answer)
    assert "1.2.0-missing" in ended["cause"]["sentence"]
    assert [p["state"] for p in ended["phases"]][3:5] == ["done", "active"]
    assert "1.2.0-missing" in shop.settled("staging", "rolling")["why"]


def test_a_crash_loop_is_told_with_its_last_words(shop: ArgoWorld) -> None:
    shop.build("1.3.0-crash")
    answer = shop.promote("dev", "staging", "--json", "--timeout", "10s")
    assert answer.code == 3
    ended = converged(answer)
    assert "exits with code 1" in ended["cause"]["sentence"]
    assert "fatal" in ended["cause"]["lines"][-1]
    assert [p["state"] for p in ended["phases"]][3:5] == ["done", "active"]
    assert "exits with code 1" in shop.settled("staging", "rolling")["why"]


# What is held up -----------------------------------------------------------------------------------------------------


def test_a_suspended_application_waits_until_it_is_resumed(shop: ArgoWorld) -> None:
    shop.act("staging", Act.SUSPEND)
    shop.build("1.5.0")
    answer = shop.promote("dev", "staging", "--json", "--timeout", "6s")
    assert answer.code == 3
    assert converged(answer)["waiting"]["for"] == "suspended"
    assert shop.live("staging")["state"] == "suspended"
    (offer,) = shop.act("staging", Act.RESUME)
    assert any("is applied at once" in said for said in offer.consequences)
    assert shop.liftlock("watch", "staging", "--timeout", "60s").code == 0
    assert shop.live("staging")["state"] == "live"


def test_a_deny_window_holds_even_a_sync_by_hand_and_the_sync_runs_once_it_is_gone(shop: ArgoWorld) -> None:
    now = time.gmtime(time.time() - 60)
    deny = {"kind": "deny", "schedule": f"{now.tm_min} {now.tm_hour} * * *", "duration": "2h", "applications": ["*"]}
    shop.apply([shop.project(deny)])
    shop.build("1.6.0")
    answer = shop.promote("dev", "staging", "--json", "--timeout", "6s")
    assert answer.code == 3
    waiting = converged(answer)["waiting"]
    assert waiting["for"] == "sync window"
    assert 3600 < waiting["until"] - time.time() <= 7200
    assert f"project shop-{shop.id}" in shop.settled("staging", "waiting")["why"]
    shop.act("staging", Act.SYNC)
    live = shop.until("staging", lambda live: live["deliveries"][0]["doing"] == "applying", 20)
    assert live["deliveries"][0]["waiting"]["for"] == "sync window"
    shop.apply([shop.project()])
    assert shop.liftlock("watch", "staging", "--timeout", "90s").code == 0
    assert shop.images("staging") == {"registry.example.org/shop:1.6.0"}


# Drift ---------------------------------------------------------------------------------------------------------------


def test_drift_tells_the_fields_and_who_wrote_them_and_a_sync_restores(shop: ArgoWorld) -> None:
    space = shop.namespace("staging")
    shop.kubectl("-n", space, "scale", "deployment", "shop", "--replicas", "4")
    shop.kubectl("-n", space, "set", "image", "deployment", "shop", "shop=registry.example.org/shop:9.9.9")
    live = shop.until("staging", lambda live: live["state"] == "drifted" and live["drift"] == 2)
    assert "spec.replicas: 4, Git says 2" in live["why"]
    (app,) = shop.liftlock("diff", "staging", "--live", "--json").json["apps"]
    (changed,) = app["objects"]
    assert {(f["path"].rpartition(".")[2], f["old"], f["new"]) for f in changed["fields"]} == {
        ("replicas", "4", "2"),
        ("image", "registry.example.org/shop:9.9.9", "registry.example.org/shop:1.6.0"),
    }
    authors = {(a["path"].rpartition(".")[2], a["manager"], a["operation"]) for a in changed["authors"]}
    assert authors == {("replicas", "kubectl", "scale"), ("image", "kubectl-set", "Update")}
    assert changed["way"] == "three-way patch, dry run"
    shop.act("staging", Act.SYNC)
    assert shop.settled("staging", "live")["drift"] == 0


def test_the_live_diff_before_the_push_is_what_the_push_does(shop: ArgoWorld) -> None:
    shop.build("1.7.0")
    shape = shop.liftlock("diff", "dev", "staging", "--live", "--json").json
    assert "1 object changes, 1 rollout restarts, nothing is deleted" in shape["consequence"]
    (app,) = shape["apps"]
    (changed,) = app["objects"]
    assert [(f["old"], f["new"]) for f in changed["fields"]] == [
        ("registry.example.org/shop:1.6.0", "registry.example.org/shop:1.7.0")
    ]


# Hooks ---------------------------------------------------------------------------------------------------------------

HOOK = """apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations: {argocd.argoproj.io/hook: PreSync, argocd.argoproj.io/hook-delete-policy: BeforeHookCreation}
spec:
  backoffLimit: 0
  template:
    metadata: {annotations: {cluster.test/exit-after: "%s"}}
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: registry.example.org/migrate}]
"""


def hooked(shop: ArgoWorld, version: str, after: str, *environments: str) -> dict[str, str]:
    """Overlays with a migration, of the same version as the app, that takes so long."""
    made = {}
    for environment in environments:
        folder = f"apps/shop/overlays/{environment}"
        made[f"{folder}/hook.yaml"] = HOOK % after
        made[f"{folder}/kustomization.yaml"] = f"""resources: [../../base, hook.yaml]
namespace: {shop.namespace(environment)}
images:
  - name: registry.example.org/shop
    newTag: "{version.partition("-")[0]}"
  - name: registry.example.org/migrate
    newTag: "{version}"
"""
    return made


def test_a_hook_that_fails_is_told_with_its_log_and_a_fix_runs_once_the_retries_are_ended(shop: ArgoWorld) -> None:
    begun = shop.commit("a migration", hooked(shop, "1.8.0", "1s", "dev", "staging"))
    assert shop.liftlock("watch", "staging", "--revision", begun, "--timeout", "60s").code == 0
    shop.commit("one that fails", hooked(shop, "1.9.0-fail", "1s", "dev"))
    answer = shop.promote("dev", "staging", "--json", "--timeout", "60s")
    assert answer.code == 1
    ended = converged(answer)
    assert ended["outcome"] == "stuck"
    assert "PreSync hook Job migrate failed" in ended["cause"]["sentence"]
    assert ended["cause"]["object"] == f"Job {shop.namespace('staging')}/migrate"
    assert ended["cause"]["lines"]
    assert [p["state"] for p in ended["phases"]][3] == "failed"
    assert shop.images("staging") == {"registry.example.org/shop:1.8.0"}
    shop.act("staging", Act.TERMINATE)
    watched = shop.liftlock("watch", "staging", "--json", "--timeout", "20s")
    assert watched.code == 1
    assert watched.last["cause"]["sentence"] == "the sync was ended before it was done"
    with pytest.raises(worlds.Refused, match="has no terminate"):
        shop.act("staging", Act.TERMINATE)
    fixed = shop.commit("a fix that takes its time", hooked(shop, "1.9.1", "6s", "dev", "staging"))
    watched = shop.liftlock("watch", "staging", "--revision", fixed, "--json", "--timeout", "60s")
    assert watched.code == 0, watched.out
    waits = {one["waiting"]["why"] for one in map(json.loads, watched.out.splitlines()) if one["waiting"]}
    assert "waiting for completion of hook batch/Job/migrate" in waits
    assert shop.images("staging") == {"registry.example.org/shop:1.9.1"}


# Made by an ApplicationSet, of several sources -----------------------------------------------------------------------


CHART = {
    "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "charts/shop/values.yaml": 'replicas: 1\nimage: {repository: registry.example.org/shop, tag: ""}\n',
    "charts/shop/templates/shop.yaml": """apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers: [{name: shop, image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"}]
""",
}


def application_set(world: ArgoWorld, charts: str) -> dict[str, Any]:
    """One Application an environment: a chart of one repository with values of another."""
    made = world.application("{{.env}}", syncPolicy={"automated": {"prune": True, "selfHeal": True}})
    spec = {key: value for key, value in made["spec"].items() if key != "source"}
    spec["sources"] = [
        {
            "repoURL": charts,
            "targetRevision": "main",
            "path": "charts/shop",
            "helm": {"valueFiles": ["$values/shop/values-{{.env}}.yaml"]},
        },
        {"repoURL": world.url, "targetRevision": "main", "ref": "values"},
    ]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": f"shop-{world.id}", "namespace": "argocd"},
        "spec": {
            "goTemplate": True,
            "syncPolicy": {"preserveResourcesOnDeletion": True},  # else a finalizer outlives its project
            "generators": [{"list": {"elements": [{"env": name} for name in worlds.ENVIRONMENTS]}}],
            "template": {"metadata": {"name": made["metadata"]["name"]}, "spec": spec},
        },
    }


@pytest.fixture(scope="module")
def fleet(argocd: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoWorld]:
    """Applications that an ApplicationSet makes, of a chart in another repository with the values of this one."""
    folder = tmp_path_factory.mktemp("fleet")
    charts = folder / "charts"
    charts.mkdir()
    others = ArgoWorld(charts / "clone", argocd / "kubeconfig", *worlds.repository(argocd, charts))
    others.environments = ()
    worlds.begun(others, CHART, [])
    made = ArgoWorld(folder / "clone", argocd / "kubeconfig", *worlds.repository(argocd, folder))
    values = {f"shop/values-{name}.yaml": 'image:\n  tag: "1.0.0"\n' for name in worlds.ENVIRONMENTS}
    worlds.begun(made, {**values, "liftlock.toml": worlds.ASKED}, [made.project(), application_set(made, others.url)])
    yield made
    made.end()


def test_values_for_a_chart_of_another_repository_are_promoted(fleet: ArgoWorld) -> None:
    for environment in worlds.ENVIRONMENTS:
        live = fleet.settled(environment, "live")
        assert [(r["value"], r["pods"]) for r in live["running"]] == [("1.0.0", 1)]
        assert live["revision"] == fleet.git("rev-parse", "HEAD")
    fleet.commit("shop 1.1.0 in dev", {"shop/values-dev.yaml": 'image:\n  tag: "1.1.0"\n'})
    answer = fleet.promote("dev", "staging", "--json", "--timeout", "60s")
    assert answer.code == 0, answer.err
    assert converged(answer)["applied"] == fleet.git("rev-parse", "origin/main")
    assert fleet.images("staging") == {"registry.example.org/shop:1.1.0"}
    (app,) = fleet.liftlock("diff", "staging", "--live", "--json").json["apps"]
    assert "charts/shop, which is not at hand" in app["problem"]  # liftlock reads one repository


def test_several_sources_are_synced_each_at_its_own_revision(fleet: ArgoWorld) -> None:
    (offer,) = fleet.act("staging", Act.SYNC)
    (patch,) = offer.patches
    sync = patch["operation"]["sync"]
    assert "revision" not in sync
    assert sync["revisions"][1] == fleet.git("rev-parse", "origin/main") != sync["revisions"][0]
    live = fleet.until("staging", lambda live: live["deliveries"][0]["doing"] == "idle")
    assert (live["state"], live["deliveries"][0]["applied"]) == ("live", sync["revisions"][1])


def test_what_an_applicationset_made_is_not_suspended_for_long(fleet: ArgoWorld) -> None:
    (offer,) = fleet.act("staging", Act.SUSPEND)
    assert f"ApplicationSet shop-{fleet.id} made it and may take this back" in offer.consequences
    assert fleet.settled("staging", "live")["deliveries"][0]["automatic"] is True
