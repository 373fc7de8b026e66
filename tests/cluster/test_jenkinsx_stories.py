"""Promotions in a cluster repository of Jenkins X: a boot Job of each commit renders, applies with kubectl and commits.

Custom resources, Jobs, pods and kubectl's applies are real; who starts the Jobs is `jenkinsx_world`.
"""

from __future__ import annotations

from collections.abc import Iterator

import jenkinsx_world
import pytest
from jenkinsx_world import JenkinsX, Operator
from realcluster import RealCluster


@pytest.fixture(scope="module")
def operator(real_argocd: RealCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    folder = tmp_path_factory.mktemp("jenkinsx")
    world = jenkinsx_world.jenkinsx(real_argocd.folder, folder)
    with Operator(world, folder / "boot") as made:
        yield made
    world.end()
    assert made.problem is None


@pytest.fixture(scope="module")
def shop(operator: Operator) -> JenkinsX:
    return operator.world


def test_all_is_live_once_the_boot_job_of_the_commit_is_complete(shop: JenkinsX) -> None:
    for environment in jenkinsx_world.STAGES:
        live = shop.settled(environment, "live")
        assert live["revision"] == shop.git("rev-parse", "HEAD")
        assert [(r["value"], r["pods"]) for r in live["running"]] == [("1.0.0", 2)]
        (delivery,) = live["deliveries"]
        assert (delivery["controller"], delivery["object"].partition(" ")[0]) == ("jenkinsx", "Job")


def test_a_commit_is_followed_through_its_boot_job_to_the_pods(operator: Operator, shop: JenkinsX) -> None:
    operator.free.clear()
    commit = shop.commit("shop 1.1.0", shop.helmfile("staging", "1.1.0"))
    runs = f"the boot job of commit {commit[:8]} runs since"
    live = shop.until("staging", lambda live: runs in live["deliveries"][0]["waiting"]["why"])
    assert live["revision"] != commit
    operator.free.set()
    answer = shop.liftlock("watch", "staging", "--revision", commit, "--json", "--timeout", "60s")
    assert answer.code == 0, answer.err
    # The pods are the new ones, though the commit still has the old manifests.
    assert [p["state"] for p in answer.last["phases"]] == ["done", "done", "skipped", "done", "done", "done"]
    assert shop.images("staging") == {"registry.example.org/shop:1.1.0"}
    assert shop.images("production") == {"registry.example.org/shop:1.0.0"}
    live = shop.until("staging", lambda live: live["deliveries"][0]["doing"] == "idle")
    assert (live["state"], live["drift"]) == ("live", 0)


def test_a_promotion_is_known_again_in_the_commit_that_the_boot_job_made(shop: JenkinsX) -> None:
    answer = shop.promote("staging", "production", "--json", "--timeout", "60s")
    assert answer.code == 0, answer.err
    (ended,) = answer.json["converged"]
    assert ended["outcome"] == "converged"
    assert shop.images("production") == {"registry.example.org/shop:1.1.0"}
    newest = ("log", "-1", "--format=%H %s", "origin/main")
    shop.until("production", lambda live: shop.git(*newest) == f"{live['revision']} chore: regenerated")
    again = shop.liftlock("watch", "production", "--json", "--timeout", "30s")
    assert (again.code, again.last["outcome"]) == (0, "converged")


def test_a_boot_job_that_fails_is_told_with_its_log_and_a_fix_ends_it(shop: JenkinsX) -> None:
    commit = shop.commit("a chart that is broken", shop.helmfile("staging", "1.2.0-broken"))
    answer = shop.liftlock("watch", "staging", "--revision", commit, "--json", "--timeout", "60s")
    assert answer.code == 1
    cause = answer.last["cause"]
    assert f"Job jx-boot-{commit[:8]}-{shop.id} failed after 1 try" in cause["sentence"]
    assert cause["lines"]
    assert answer.last["waiting"]["why"] == "the boot job failed: push a fix"
    live = shop.live("staging")
    assert (live["state"], live["revision"] != commit) == ("failing", True)
    assert shop.images("staging") == {"registry.example.org/shop:1.1.0"}
    fix = shop.commit("a fix", shop.helmfile("staging", "1.2.1"))
    assert shop.liftlock("watch", "staging", "--revision", fix, "--timeout", "60s").code == 0
    assert shop.images("staging") == {"registry.example.org/shop:1.2.1"}


def test_drift_from_what_the_boot_job_applied_is_told_with_who(shop: JenkinsX) -> None:
    shop.until("staging", lambda live: live["state"] == "live" and live["deliveries"][0]["doing"] == "idle")
    space = shop.namespace("staging")
    shop.kubectl("-n", space, "set", "image", "deployment", "shop", "shop=registry.example.org/shop:9.9.9")
    live = shop.settled("staging", "drifted", 20)
    assert (live["drift"], "shop:9.9.9, Git says registry.example.org/shop:1.2.1" in live["why"]) == (1, True)
    (app,) = shop.liftlock("diff", "staging", "--live", "--json").json["apps"]
    (changed,) = app["objects"]
    assert [(f["old"], f["new"]) for f in changed["fields"]] == [
        ("registry.example.org/shop:9.9.9", "registry.example.org/shop:1.2.1")
    ]
    assert [a["manager"] for a in changed["authors"]] == ["kubectl-set"]
    assert changed["way"] == "three-way patch, dry run"
