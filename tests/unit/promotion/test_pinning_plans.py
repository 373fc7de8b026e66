"""What moves by itself is pinned to what the source runs, or the reason is told why it cannot be."""

from dataclasses import replace

import pytest

from liftlock.model.change import Change, ChangeClass, Op, Step
from liftlock.model.diff import ObjectKey
from liftlock.model.environment import Target
from liftlock.model.live import Controller, Delivery, LiveCell, LiveState, Running
from liftlock.model.plan import Pin, Plan
from liftlock.promotion.pinning import caution, floating, pinned, pins

DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
NEW_TAG: tuple[Step, ...] = ("images", (("name", "r.io/shop"),), "newTag")


def change(path: tuple[Step, ...], new: str, *, cls: ChangeClass = ChangeClass.VERSION, old: str = "1.0.0") -> Change:
    file = "apps/production/values.yaml"
    why = "image tag; latest moves by itself: offered, not moved unasked"
    return Change("c", "shop", "production", file, file, path, Op.SET, old, new, cls, False, why)


def plan(*changes: Change) -> Plan:
    return Plan("staging", ("production",), "base", "main", "source", changes, frozenset())


def cell(*running: Running, deliveries: tuple[Delivery, ...] = (), state: LiveState = LiveState.LEVEL) -> LiveCell:
    return LiveCell(Target("kind"), state, "its pods crash" if state is LiveState.FAILING else "", deliveries, running)


def shop(value: str = "latest", digest: str = DIGEST, *, name: str = "r.io/shop", current: int = 2) -> Running:
    return Running(name, value, 2, digest, current)


def pin(path: tuple[Step, ...], new: str, *cells: LiveCell) -> Pin:
    (found,) = pins(plan(change(path, new)), {"shop": cells})
    return found


@pytest.mark.parametrize(
    ("path", "new", "running", "value"),
    [
        (NEW_TAG, "latest", [shop()], f"latest@{DIGEST}"),
        (NEW_TAG, "latest", [shop(name="r.io/side"), shop()], f"latest@{DIGEST}"),
        (("image", "tag"), "develop", [shop("develop")], f"develop@{DIGEST}"),
        (("image", "tag"), "stable", [shop(f"stable@{DIGEST}", "")], f"stable@{DIGEST}"),
        (("image",), "r.io/shop:latest", [shop()], f"r.io/shop:latest@{DIGEST}"),
        (("image",), "eu.r.io/shop:latest", [shop()], f"eu.r.io/shop:latest@{DIGEST}"),
        (("image",), "r.io/shop", [shop("")], f"r.io/shop@{DIGEST}"),
        (("image",), "r.io/shop", [shop("1.4.2")], "r.io/shop:1.4.2"),
        (("image",), "r.io/shop:latest", [shop(), shop(digest=OTHER, current=0)], f"r.io/shop:latest@{DIGEST}"),
    ],
)
def test_an_image_is_pinned_to_what_the_pods_run(path: tuple[Step, ...], new: str, running: list[Running], value: str):
    found = pin(path, new, cell(*running))
    assert found.value == value
    assert "2 pods of staging" in found.why


@pytest.mark.parametrize(
    ("new", "cells", "why"),
    [
        ("r.io/shop:latest", (), "no cluster is known for staging"),
        ("r.io/shop:latest", (cell(shop(name="r.io/other")),), "no pod in staging runs an image of this name"),
        ("r.io/shop:latest", (cell(shop(digest="")),), "the kubelet reports no digest"),
        ("r.io/shop:latest", (cell(shop(), shop(digest=OTHER)),), "2 builds of it run in staging"),
        ("r.io/shop:latest", (cell(shop()), cell(shop(digest=OTHER))), "2 builds of it run in staging"),
        ("r.io/shop:latest", (cell(shop(), state=LiveState.FAILING),), "its pods crash"),
        ("https://g.io/a/b?ref=main", (cell(shop()),), "no cluster tells which commit"),
    ],
)
def test_what_cannot_be_pinned_says_why(new: str, cells: tuple[LiveCell, ...], why: str):
    found = pin(("image",), new, *cells)
    assert found.value == ""
    assert why in found.why


def test_a_tag_that_two_images_run_is_told_apart_by_the_names_around_it():
    both = cell(shop(name="r.io/api"), shop(digest=OTHER, name="r.io/web"))
    assert pin(("web", "image", "tag"), "latest", both).value == f"latest@{OTHER}"
    assert "cannot be told" in pin(("image", "tag"), "latest", both).why


def release(*history: tuple[int, str, str], name: str = "shop") -> Delivery:
    key = ObjectKey("helm.toolkit.fluxcd.io", "HelmRelease", "shop", name)
    told = [{"version": n, "chartVersion": v, "status": s} for n, v, s in history]
    return Delivery(Controller.FLUX, key, raw={"status": {"history": told}})


CHART: tuple[Step, ...] = ((("document", "HelmRelease/shop"),), "spec", "chart", "spec", "version")


def test_a_range_of_charts_is_pinned_to_the_newest_that_was_deployed():
    told = release((1, "1.4.0", "superseded"), (3, "1.6.0", "failed"), (2, "1.5.0", "deployed"))
    assert pin(CHART, "1.x", cell(deliveries=(told, release((9, "9.9.9", "deployed"), name="other")))).value == "1.5.0"
    assert "does not report" in pin(CHART, ">=1.0", cell(deliveries=(release(),))).why
    two = cell(deliveries=(told,)), cell(deliveries=(release((1, "1.4.0", "deployed")),))
    assert "the clusters of staging differ: 1.4.0, 1.5.0" in pin(CHART, "*", *two).why


def application(spec: dict[str, object], result: dict[str, object], phase: str = "Succeeded") -> LiveCell:
    status = {
        "sync": {"revision": "c" * 40},
        "operationState": {"phase": phase, "syncResult": result},
        "history": [{"revision": "d" * 40}],
    }
    key = ObjectKey("argoproj.io", "Application", "argocd", "shop")
    return cell(deliveries=(Delivery(Controller.ARGOCD, key, raw={"spec": spec, "status": status}),))


def test_an_application_is_pinned_to_what_was_synced_not_to_what_was_compared():
    told = {"source": {"targetRevision": "main"}}
    path: tuple[Step, ...] = ("spec", "source", "targetRevision")
    assert pin(path, "main", application(told, {"revision": "a" * 40})).value == "a" * 40
    assert pin(path, "HEAD", application(told, {"revision": "a" * 40}, "Failed")).value == "d" * 40


def test_of_several_sources_the_one_with_this_revision_counts():
    sources = {"sources": [{"targetRevision": "main"}, {"chart": "x", "targetRevision": "1.x"}]}
    told = application(sources, {"revisions": ["a" * 40, "1.7.0"]})
    assert pin(("spec", "sources", (("#", "1"),), "targetRevision"), "1.x", told).value == "1.7.0"
    assert pin(("spec", "sources", (("#", "1"),), "targetRevision"), "2.x", told).value == ""


@pytest.mark.parametrize(
    "made",
    [
        change(("image",), "r.io/shop:1.4.2"),
        change(("image",), f"r.io/shop:latest@{DIGEST}"),
        change(("image", "tag"), "w_2026_18"),
        change(("targetRevision",), "v1.2"),
        change(("image", "tag"), "latest", cls=ChangeClass.IDENTITY),
    ],
)
def test_what_is_pinned_already_or_no_version_is_left_alone(made: Change):
    assert floating(plan(made)) == ()


def test_a_pinned_plan_stages_the_value_says_where_from_and_warns_of_the_rest():
    made = plan(change(NEW_TAG, "latest"))
    fixed = pinned(made, [Pin("c", "latest@x", "pinned to what 2 pods of staging run")])
    (one,) = fixed.chosen
    assert fixed.value_of(one) == "latest@x"
    assert one.why == "image tag; latest moves by itself; pinned to what 2 pods of staging run"
    assert floating(fixed) == floating(pinned(fixed, [])) == ()
    left = pinned(made, [Pin("c", "", "no cluster is known for staging")])
    assert left.selected == frozenset()
    assert [w.text for w in left.warnings] == ["not pinned: no cluster is known for staging"]


def test_a_staged_value_that_moves_by_itself_is_warned_of_until_it_is_pinned():
    staged = replace(change(NEW_TAG, "latest"), proposed=True)
    warning = caution(staged)
    assert warning is not None
    assert "latest, which moves by itself" in warning.text
    assert caution(change(NEW_TAG, "latest")) is None
    assert caution(replace(change(NEW_TAG, "1.4.2"), proposed=True)) is None
    made = replace(plan(staged), warnings=(warning,))
    assert pinned(made, [Pin("c", "latest@x", "told")]).warnings == ()
    assert warning in pinned(made, [Pin("c", "", "told")]).warnings
