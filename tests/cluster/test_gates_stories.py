"""Gates that ask a cluster: health, soak, windows and schema, each closed and open on what really runs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import worlds
from realcluster import RealCluster
from worlds import ArgoWorld, World

from liftlock.engine import Engine


def declared(**more: str) -> str:
    """A liftlock.toml of the three environments; `more` are further lines of each."""
    tables = []
    for after, name in zip(("", "dev", "staging"), worlds.ENVIRONMENTS, strict=True):
        said = f'after = ["{after}"]\n' if after else ""
        tables.append(
            f'[[environment]]\nname = "{name}"\n{said}paths = ["apps/{{app}}/overlays/{name}"]\n{more.get(name, "")}\n'
        )
    return "\n".join(tables) + more.get("end", "")


def gate(world: World, name: str, source: str = "staging", target: str = "production") -> Any:
    answer = world.liftlock("gates", source, target, "--json")
    assert answer.code in (0, 1), answer.out + answer.err
    (found,) = [one for one in answer.json["gates"] if one["name"] == name]
    return found


def settled(world: World, version: str) -> None:
    """The version runs in dev and staging."""
    world.build(version)
    runs = lambda live: live["state"] == "live" and [r["value"] for r in live["running"]] == [version]  # noqa: E731
    world.until("dev", runs)
    answer = world.promote("dev", "staging")
    assert answer.code == 0, answer.err
    world.until("staging", runs)


def test_what_runs_and_is_healthy_may_go_on(world: World) -> None:
    settled(world, "1.1.0")
    found = gate(world, "health")
    assert found["state"] == "passed", found
    assert "2 pods in staging" in found["evidence"] and "run 1.1.0" in found["evidence"]
    assert world.promote("staging", "production").code == 0


def test_a_version_that_does_not_run_in_the_source_is_stopped_until_somebody_gives_a_reason(world: World) -> None:
    world.build("1.2.0-missing")
    assert world.liftlock("promote", "dev", "staging", "--onto", "main", "--push").code == 0
    # A controller that gives up and tries again is failing and rolling in turn: the gate is closed in both.
    world.until("staging", lambda live: live["cause"] is not None)
    found = gate(world, "health")
    assert found["closed"] and "1.2.0-missing cannot be pulled" in found["evidence"], found
    before = world.version("production")
    said = world.liftlock("promote", "staging", "production", "--onto", "main", "--push", "--confirm", "production")
    assert said.code == 2 and "1 gate is closed: health" in said.err, said.err
    assert world.version("production") == before
    went = world.liftlock(
        *("promote", "staging", "production", "--onto", "main", "--push", "--confirm", "production"),
        *("--override", "health=the registry is being moved"),
    )
    assert went.code == 0, went.err
    assert world.version("production") == "1.2.0-missing"
    assert "Promotion-Override: health: the registry is being moved" in world.git("log", "-1", "--format=%B")


def test_a_version_soaks_by_the_clusters_own_time(world: World) -> None:
    settled(world, "1.3.0")
    world.commit("soak", {"liftlock.toml": declared(staging='soak = "1h"')})
    found = gate(world, "soak")
    assert found["state"] == "waiting" and "of 1h, by " in found["evidence"], found
    assert "commit" not in found["evidence"]
    assert found["until"] - 3600 <= time.time(), found
    assert world.liftlock("promote", "staging", "production", "--push", "--confirm", "production").code == 2
    world.commit("soak less", {"liftlock.toml": declared(staging='soak = "1s"')})
    found = gate(world, "soak")
    assert found["state"] == "passed", found


# Windows, and other tools ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(real_argocd: RealCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoWorld]:
    made = worlds.real_argocd(real_argocd.folder, tmp_path_factory.mktemp("gates"))
    made.commit("gates", {"liftlock.toml": declared(production='gates = ["window"]')})
    made.until("staging", lambda live: live["state"] == "live")
    made.build("1.1.0")
    yield made
    made.end()


def test_a_sync_window_of_argocd_closes_the_gate_and_says_until_when(shop: ArgoWorld) -> None:
    assert gate(shop, "window", "dev")["state"] == "not applicable"
    deny = {"kind": "deny", "schedule": "* * * * *", "duration": "1h", "applications": ["*"]}
    shop.apply([shop.project(deny)])
    found = gate(shop, "window", "dev")
    assert found["closed"] and f"would not sync shop-production-{shop.id}" in found["evidence"], found
    noon = {"kind": "allow", "schedule": "0 0 * * *", "duration": "24h", "applications": ["*"]}
    shop.apply([shop.project(noon)])
    assert gate(shop, "window", "dev")["state"] == "not applicable"


def test_a_commit_status_of_gitops_promoter_holds_the_environment(shop: ArgoWorld) -> None:
    name = f"shop-{shop.id}"
    branch = "environment/production"
    shop.apply(
        [
            {
                "apiVersion": "promoter.argoproj.io/v1alpha1",
                "kind": "PromotionStrategy",
                "metadata": {"name": name, "namespace": "argocd"},
                "spec": {"gitRepositoryRef": {"name": "shop"}, "environments": [{"branch": branch}]},
            }
        ]
    )
    try:
        for phase, closed in (("pending", True), ("success", False)):
            statuses = [{"key": "security-scan", "phase": phase}]
            told = {"branch": branch, "active": {}, "proposed": {"commitStatuses": statuses}}
            status(shop, "promotionstrategy", name, {"environments": [told]})
            found = gate(shop, "window", "dev")
            assert found["closed"] is closed, found
            assert closed is (f"PromotionStrategy {name}) holds {branch}" in found["evidence"]), found
    finally:
        shop.kubectl("-n", "argocd", "delete", "promotionstrategy", name)


def test_freight_that_kargo_has_not_verified_holds_the_environment(shop: ArgoWorld) -> None:
    shop.apply([_kind("Stage", "stages"), _kind("Freight", "freights")])
    crds = ("stages.kargo.akuity.io", "freights.kargo.akuity.io")
    try:
        shop.kubectl("wait", "--for=condition=Established", *(f"crd/{crd}" for crd in crds))
        asked = {"origin": {"kind": "Warehouse", "name": "shop"}, "sources": {"stages": ["staging"]}}
        stage = _kargo("Stage", "production", {"spec": {"requestedFreight": [asked]}})
        image = {"repoURL": "registry.example.org/shop", "tag": "1.1.0"}
        shop.apply([stage, _kargo("Freight", "f1", {"alias": "wet-otter", "images": [image]})])
        found = gate(shop, "window", "dev")
        assert found["state"] == "blocked" and "Freight wet-otter is not verified in staging" in found["evidence"]
        verified = {"status": {"verifiedIn": {"staging": {}}}}
        shop.apply([_kargo("Freight", "f1", {"alias": "wet-otter", "images": [image], **verified})])
        assert gate(shop, "window", "dev")["closed"], "an empty mark of verification proves nothing"
        verified = {"status": {"verifiedIn": {"staging": {"verifiedAt": "2026-01-01T00:00:00Z"}}}}
        shop.apply([_kargo("Freight", "f1", {"alias": "wet-otter", "images": [image], **verified})])
        assert not gate(shop, "window", "dev")["closed"]
    finally:
        shop.kubectl("delete", "crd", *crds)


def status(world: World, kind: str, name: str, body: dict[str, Any]) -> None:
    patch = json.dumps({"status": body})
    world.kubectl("-n", "argocd", "patch", kind, name, "--subresource=status", "--type=merge", "-p", patch)


def _kargo(kind: str, name: str, more: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "kargo.akuity.io/v1alpha1", "kind": kind, "metadata": metadata, **more}


def _kind(kind: str, plural: str) -> dict[str, Any]:
    """A kind of Kargo as its server knows it, without the schema."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.kargo.akuity.io"},
        "spec": {
            "group": "kargo.akuity.io",
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [{"name": "v1alpha1", "served": True, "storage": True, "schema": schema}],
        },
    }


# Schema ---------------------------------------------------------------------------------------------------------------


def test_the_api_servers_own_validation_closes_the_gate(shop: ArgoWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.commit("schema", {"liftlock.toml": declared(staging='gates = ["schema"]')})
    found = gate(shop, "schema", "dev", "staging")
    assert found["state"] == "passed" and "the API server takes them" in found["evidence"], found
    place = "apps/shop/overlays/dev/kustomization.yaml"
    text = (shop.clone / place).read_text()
    shop.commit("a port that is none", {place: text + PORT})
    monkeypatch.setenv("KUBECONFIG", str(shop.kubeconfig))
    engine = Engine.open(shop.clone, cache=False)
    try:
        plan = engine.plan("dev", ["staging"])
        (refused,) = engine.gates.evaluate(plan.select([c.id for c in plan.changes if c.cls == "structure"], True))
    finally:
        engine.close()
    assert refused.state == "blocked", refused
    assert "the API server refuses Deployment shop" in refused.evidence and "700000" in refused.evidence, refused


PORT = """patches:
  - target: {kind: Deployment, name: shop}
    patch: |-
      - op: add
        path: /spec/template/spec/containers/0/ports
        value: [{containerPort: 700000}]
"""
