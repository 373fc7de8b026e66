"""Whether live objects are as Git says: drift, and what was not applied yet, for each way of applying. As tables."""

from __future__ import annotations

import json
from typing import Any

import pytest

from liftlock.cluster.objects import Snapshot
from liftlock.live.drifting import drifted, unlike
from liftlock.live.places import Place
from liftlock.live.spots import Spot
from liftlock.model.app import Cell
from liftlock.model.diff import ObjectKey
from liftlock.model.environment import Target
from liftlock.model.live import Controller, Delivery

NOTE = "kubectl.kubernetes.io/last-applied-configuration"
KEY = ObjectKey("apps", "Deployment", "shop", "web")


def wanted(tag: str = "1", **labels: str) -> dict[str, Any]:
    container = {"name": "web", "image": f"web:{tag}", "ports": [{"containerPort": 80}]}
    metadata = {"name": "web", "namespace": "shop", **({"labels": labels} if labels else {})}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": template}}


def live(noted: dict[str, Any] | None, tag: str = "1") -> dict[str, Any]:
    """As the server has it: with defaults, and the note of client-side apply where there is one."""
    made: dict[str, Any] = json.loads(json.dumps(wanted(tag)))
    made["spec"]["replicas"] = 1
    made["spec"]["template"]["spec"]["containers"][0]["ports"][0]["protocol"] = "TCP"
    if noted is not None:
        made["metadata"]["annotations"] = {NOTE: json.dumps(noted)}
    return made


def spot(controller: Controller | None, applied: str = "a" * 40) -> Spot:
    cell = Cell("web", "staging", ("web.yaml",), ("web.yaml",))
    server_side = controller is Controller.FLUX
    told = (Delivery(controller, KEY, applied=applied, server_side=server_side),) if controller else ()
    return Spot(Place("staging", Target("one"), True, ""), cell, told)


@pytest.mark.parametrize("controller", [None, *Controller])
def test_what_was_applied_and_stayed_so_is_no_drift(controller: Controller | None) -> None:
    noted = None if controller is Controller.FLUX else wanted()
    found = drifted([wanted()], spot(controller), Snapshot([live(noted)]))
    assert (found.count, found.behind) == (0, False)


@pytest.mark.parametrize("controller", [None, *Controller])
def test_what_was_changed_by_hand_is_drift_under_every_controller(controller: Controller | None) -> None:
    noted = None if controller is Controller.FLUX else wanted()
    found = drifted([wanted()], spot(controller), Snapshot([live(noted, "9")]))
    assert (found.count, found.behind) == (1, False)
    assert found.first.endswith("image: web:9, Git says web:1")


@pytest.mark.parametrize(
    ("controller", "count", "behind"),
    [(None, 1, True), (Controller.ARGOCD, 1, False), (Controller.JENKINSX, 0, False)],
    ids=[
        "kubectl: Git has moved on",
        "Argo CD: it says what it applied",
        "Jenkins X: it renders anew, and commits later",
    ],
)
def test_a_note_that_is_not_what_git_says(controller: Controller | None, count: int, behind: bool) -> None:
    found = drifted([wanted("2")], spot(controller), Snapshot([live(wanted())]))
    assert (found.count, found.behind) == (count, behind)


def test_a_label_that_git_dropped_is_behind() -> None:
    noted = wanted(team="one")
    there = live(noted)
    there["metadata"]["labels"] = {"team": "one"}
    assert drifted([wanted()], spot(None), Snapshot([there])).behind


def test_what_is_not_there_is_unlike_once_its_kind_was_read() -> None:
    assert unlike([wanted()], spot(None), Snapshot([])) == {KEY}
    assert unlike([wanted()], spot(None), Snapshot([], [("apps", "Deployment")])) == frozenset()
    assert unlike([wanted("2")], spot(None), Snapshot([live(wanted())])) == {KEY}
