"""Promotions where nothing follows the repository: somebody runs kubectl apply of the folder."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import worlds
from realcluster import RealCluster
from worlds import World


@pytest.fixture(scope="module")
def shop(real_argocd: RealCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = worlds.plain(real_argocd.folder, tmp_path_factory.mktemp("plain"))
    for environment in worlds.ENVIRONMENTS:
        apply(made, environment)
    yield made
    made.end()


def apply(shop: World, environment: str) -> None:
    shop.git("pull", "-q", "--ff-only")
    shop.kubectl("apply", "-k", str(shop.clone / f"apps/shop/overlays/{environment}"))


def test_what_was_applied_is_live_and_what_was_not_is_absent(shop: World) -> None:
    live = shop.settled("staging", "live")
    assert [(r["name"], r["value"], r["pods"]) for r in live["running"]] == [("registry.example.org/shop", "1.0.0", 2)]
    assert (live["revision"], live["deliveries"]) == (None, [])
    shop.kubectl("-n", shop.namespace("production"), "delete", "deployment,service", "shop")
    assert shop.settled("production", "absent")["why"] == "none of its objects is in the cluster"
    apply(shop, "production")
    shop.settled("production", "live")


def test_it_is_behind_before_the_apply_and_live_after_it(shop: World) -> None:
    shop.build("1.1.0")
    answer = shop.promote("dev", "staging", "--json", "--timeout", "3s")
    assert answer.code == 3
    (ended,) = answer.json["converged"]
    assert (ended["controller"], ended["waiting"]["for"]) == ("kubectl", "manual sync")
    assert "somebody runs kubectl apply" in ended["waiting"]["why"]
    assert [p["state"] for p in ended["phases"]] == ["done", "skipped", "skipped", "waiting", "to do", "to do"]
    assert shop.live("staging")["state"] == "behind"
    apply(shop, "staging")
    watched = shop.liftlock("watch", "staging", "--json", "--timeout", "30s")
    assert (watched.code, watched.last["outcome"]) == (0, "converged")
    assert [p["state"] for p in watched.last["phases"]] == ["done", "skipped", "skipped", "done", "done", "done"]
    assert shop.images("staging") == {"registry.example.org/shop:1.1.0"}
    assert shop.live("staging")["state"] == "live"


def test_who_watches_meanwhile_is_told_when_it_converges(shop: World) -> None:
    shop.build("1.2.0")
    shop.promote("dev", "staging", "--timeout", "1s")
    applying = threading.Timer(2, apply, (shop, "staging"))
    applying.start()
    watched = shop.liftlock("watch", "staging", "--json", "--timeout", "40s")
    applying.join()
    assert (watched.code, watched.last["outcome"]) == (0, "converged")
    assert shop.images("staging") == {"registry.example.org/shop:1.2.0"}


def test_drift_tells_the_field_and_who_wrote_it(shop: World) -> None:
    shop.kubectl("-n", shop.namespace("staging"), "scale", "deployment", "shop", "--replicas", "4")
    live = shop.settled("staging", "drifted", 20)
    assert "spec.replicas: 4, Git says 2" in live["why"]
    (app,) = shop.liftlock("diff", "staging", "--live", "--json").json["apps"]
    (changed,) = app["objects"]
    assert [(a["path"], a["manager"], a["operation"]) for a in changed["authors"]] == [
        ("spec.replicas", "kubectl", "scale")
    ]
    apply(shop, "staging")
    assert shop.settled("staging", "live")["drift"] == 0


def test_the_live_diff_before_the_push_is_what_the_apply_does(shop: World) -> None:
    shop.build("1.5.0")
    shape = shop.liftlock("diff", "dev", "staging", "--live", "--json").json
    (app,) = shape["apps"]
    (changed,) = app["objects"]
    assert [(f["old"], f["new"]) for f in changed["fields"]] == [
        ("registry.example.org/shop:1.2.0", "registry.example.org/shop:1.5.0")
    ]


def test_an_apply_that_does_not_come_up_is_told_with_its_last_words(shop: World) -> None:
    shop.build("1.6.0-crash")
    assert shop.promote("dev", "staging", "--timeout", "1s").code == 3
    apply(shop, "staging")
    watched = shop.liftlock("watch", "staging", "--json", "--timeout", "8s")
    assert watched.code == 3  # it may come right: called stuck after 20 s
    assert "exits with code 1" in watched.last["cause"]["sentence"]
    assert "fatal" in watched.last["cause"]["lines"][-1]
    assert shop.live("staging")["state"] == "rolling"
