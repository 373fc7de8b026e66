"""Promotions on a real Flux: what the commands say while it converges, fails, waits and drifts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from worlds import SandboxWorld, World


def cell(answer: Any, environment: str) -> Any:
    (found,) = [c for c in answer["cells"] if c["environment"] == environment]
    (live,) = found["live"]
    return live


def settled(world: World, environment: str, state: str, seconds: float = 60) -> Any:
    """The live side of an environment once it is in this state."""
    until = time.monotonic() + seconds
    while True:
        live = cell(world.liftlock("status", "--json").json, environment)
        if live["state"] == state:
            return live
        assert time.monotonic() < until, live


def test_all_is_live_through_flux(world: World) -> None:
    live = settled(world, "production", "live")
    assert live["revision"] == world.git("rev-parse", "HEAD")
    assert [(r["name"], r["value"], r["pods"]) for r in live["running"]] == [("registry.example.org/shop", "1.0.0", 2)]
    status = world.liftlock("status", "--json").json
    assert {e["live"][0]["contact"] for e in status["environments"]} == {"live"}
    assert {tuple(e["live"][0]["controllers"]) for e in status["environments"]} == {("flux",)}


def test_a_promotion_converges_and_the_pods_are_the_new_ones(world: World) -> None:
    world.build("1.1.0")
    answer = world.promote("dev", "staging", "--json")
    assert answer.code == 0, answer.err
    (ended,) = answer.json["converged"]
    assert ended["outcome"] == "converged"
    assert [p["state"] for p in ended["phases"]] == ["done"] * 6
    times = [p["done"] for p in ended["phases"]]
    assert times == sorted(times)
    pods = world.kubectl("-n", world.namespace("staging"), "get", "pods", "-o", "jsonpath={..image}").split()
    assert set(pods) == {"registry.example.org/shop:1.1.0"}
    again = world.liftlock("watch", "staging", "--json")
    assert again.code == 0
    assert again.last["outcome"] == "converged"


def test_an_image_that_is_missing_is_told_at_once(world: World) -> None:
    world.build("1.2.0-missing")
    answer = world.promote("dev", "staging", "--json", "--timeout", "60s")
    assert answer.code == 1
    (ended,) = answer.json["converged"]
    assert ended["outcome"] == "stuck"
    assert "1.2.0-missing" in ended["cause"]["sentence"]
    assert cell(world.liftlock("status", "--json").json, "staging")["state"] in ("failing", "rolling")


def test_a_crash_loop_is_told_with_its_last_words_and_a_fix_ends_it(world: World) -> None:
    world.build("1.3.0-crash")
    answer = world.promote("dev", "staging", "--json", "--timeout", "90s")
    assert answer.code == 1
    (ended,) = answer.json["converged"]
    assert "exits with code 1" in ended["cause"]["sentence"]
    assert any("fatal" in line for line in ended["cause"]["lines"])
    # What stands there is what Git says, though it does not count as applied: nothing has drifted.
    (app,) = world.liftlock("diff", "staging", "--live", "--json").json["apps"]
    assert app["objects"] == []
    world.build("1.4.0")
    assert world.promote("dev", "staging", "--timeout", "90s").code == 0


def test_a_suspended_kustomization_waits_until_it_is_resumed(world: World) -> None:
    world.build("1.4.1")
    assert world.promote("dev", "staging", "--timeout", "90s").code == 0
    world.patch("production", {"spec": {"suspend": True}})
    answer = world.promote("staging", "production", "--json", "--timeout", "6s")
    assert answer.code == 3
    (ended,) = answer.json["converged"]
    assert ended["waiting"]["for"] == "suspended"
    assert cell(world.liftlock("status", "--json").json, "production")["state"] == "suspended"
    world.patch("production", {"spec": {"suspend": False}})
    assert world.liftlock("watch", "production", "--timeout", "60s").code == 0


def test_drift_tells_the_field_and_who_wrote_it(world: World) -> None:
    settled(world, "production", "live")
    world.kubectl("-n", world.namespace("production"), "scale", "deployment", "shop", "--replicas", "4")
    live = settled(world, "production", "drifted", 20)
    assert live["drift"] == 1
    assert "spec.replicas: 4, Git says 2" in live["why"]
    (app,) = world.liftlock("diff", "production", "--live", "--json").json["apps"]
    (changed,) = app["objects"]
    assert changed["fields"] == [{"path": "spec.replicas", "old": "4", "new": "2"}]
    assert [(a["path"], a["manager"]) for a in changed["authors"]] == [("spec.replicas", "kubectl")]
    assert changed["way"] == "server-side apply, dry run"


def test_the_live_diff_before_the_push_is_what_the_push_does(world: World) -> None:
    before = world.version("staging")
    world.build("1.5.0")
    answer = world.liftlock("diff", "dev", "staging", "--live", "--json")
    shape = answer.json
    assert "1 object changes, 1 rollout restarts, nothing is deleted" in shape["consequence"]
    (app,) = shape["apps"]
    (changed,) = app["objects"]
    assert [(f["old"], f["new"]) for f in changed["fields"]] == [
        (f"registry.example.org/shop:{before}", "registry.example.org/shop:1.5.0")
    ]


def test_who_may_only_look_sees_and_is_told_what_they_cannot(world: World, server: Path) -> None:
    if isinstance(world, SandboxWorld):
        pytest.skip("the sandbox knows no rights")
    settled(world, "production", "live")
    viewer = world.liftlock("status", "--json", kubeconfig=server / "kubeconfig.viewer").json
    assert cell(viewer, "production")["state"] == "live"
    diff = world.liftlock("diff", "dev", "staging", "--live", "--json", kubeconfig=server / "kubeconfig.viewer").json
    assert {o["way"] for app in diff["apps"] for o in app["objects"]} == {"compared here"}

    nobody = world.liftlock("status", "--json", kubeconfig=server / "kubeconfig.nobody").json
    lanes = [lane for e in nobody["environments"] for lane in e["live"]]
    assert {lane["contact"] for lane in lanes} == {"forbidden"}
    assert all(lane["problem"]["hint"] for lane in lanes)
