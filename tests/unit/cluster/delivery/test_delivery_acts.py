"""What may be written to a cluster: the exact patches, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from liftlock.cluster.delivery.acts import consequences, possible, sentence, writes
from liftlock.cluster.delivery.argocd import application
from liftlock.cluster.delivery.flux import kustomization
from liftlock.cluster.objects import Snapshot
from liftlock.errors import ClusterError
from liftlock.model.live import Act, Controller, Delivery

NOW = 1_790_000_000.0
OLD, NEW = "0" * 40, "a" * 40


def app(automated: dict[str, Any] | None = None, **status: Any) -> Delivery:
    policy = {} if automated is None else {"syncPolicy": {"automated": automated}}
    source = {"repoURL": "https://git.example/shop", "path": "apps/api", "targetRevision": "main"}
    told = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "api", "namespace": "argocd"},
        "spec": {"source": source, **policy},
        "status": {"sync": {"status": "OutOfSync", "revision": NEW}, **status},
    }
    return application(told, Snapshot([told]), NOW)


def flux(*, suspended: bool = False, source_suspended: bool = False) -> Delivery:
    source = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "shop", "namespace": "flux-system"},
        "spec": {"url": "https://git.example/shop", "suspend": source_suspended},
    }
    told = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "api", "namespace": "flux-system"},
        "spec": {"path": "./apps/api", "sourceRef": {"kind": "GitRepository", "name": "shop"}, "suspend": suspended},
    }
    return kustomization(told, Snapshot([source, told]), NOW)


@pytest.mark.parametrize(
    ("delivery", "able"),
    [
        (flux(), (Act.RECONCILE, Act.SUSPEND)),
        (flux(suspended=True), (Act.RESUME,)),
        (flux(source_suspended=True), (Act.RESUME,)),
        (app({}), (Act.RECONCILE, Act.SYNC, Act.SUSPEND)),
        (app({"enabled": False}), (Act.RECONCILE, Act.SYNC, Act.RESUME)),
        (app(), (Act.RECONCILE, Act.SYNC)),
        (app(operationState={"phase": "Running"}), (Act.RECONCILE, Act.TERMINATE)),
        (Delivery(Controller.JENKINSX, flux().key), ()),
    ],
)
def test_what_can_be_done(delivery: Delivery, able: tuple[Act, ...]) -> None:
    assert possible(delivery) == able


def test_flux_looks_at_the_source_first() -> None:
    first, second = writes(Act.RECONCILE, flux(), "one", NOW)
    assert (first.key.kind, second.key.kind) == ("GitRepository", "Kustomization")
    asked = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "2026-09-21T14:13:20Z"}}}
    assert first.patch == second.patch == asked


@pytest.mark.parametrize(
    ("act", "delivery", "kind", "patch"),
    [
        (Act.SUSPEND, flux(), "Kustomization", {"spec": {"suspend": True}}),
        (Act.RESUME, flux(suspended=True), "Kustomization", {"spec": {"suspend": False}}),
        (Act.RESUME, flux(source_suspended=True), "GitRepository", {"spec": {"suspend": False}}),
        (Act.RECONCILE, app(), "Application", {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}),
        (Act.SUSPEND, app({}), "Application", {"spec": {"syncPolicy": {"automated": {"enabled": False}}}}),
        (
            Act.RESUME,
            app({"enabled": False}),
            "Application",
            {"spec": {"syncPolicy": {"automated": {"enabled": True}}}},
        ),
        (
            Act.TERMINATE,
            app(operationState={"phase": "Running"}),
            "Application",
            {"status": {"operationState": {"phase": "Terminating"}}},
        ),
        (
            Act.SYNC,
            app(),
            "Application",
            {
                "operation": {
                    "initiatedBy": {"username": "liftlock"},
                    "sync": {"revision": NEW, "prune": False, "syncStrategy": {"hook": {}}},
                }
            },
        ),
    ],
)
def test_the_patch(act: Act, delivery: Delivery, kind: str, patch: dict[str, Any]) -> None:
    (write,) = writes(act, delivery, "one", NOW)
    assert (write.context, write.key.kind, dict(write.patch)) == ("one", kind, patch)


def test_a_sync_of_several_sources_moves_only_the_followed_one() -> None:
    told = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "api", "namespace": "argocd"},
        "spec": {
            "sources": [
                {"repoURL": "https://git.example/values", "ref": "values"},
                {"repoURL": "https://git.example/shop", "path": "apps/api"},
            ],
            "syncPolicy": {"syncOptions": ["ServerSideApply=true"]},
        },
        "status": {"sync": {"status": "OutOfSync", "revisions": [OLD, OLD]}},
    }
    (write,) = writes(Act.SYNC, application(told, Snapshot(), NOW), "one", NOW, revision=NEW, prune=True)
    sync = write.patch["operation"]["sync"]
    assert sync["revisions"] == [OLD, NEW]
    assert "revision" not in sync
    assert (sync["prune"], sync["syncOptions"]) == (True, ["ServerSideApply=true"])


def test_the_script_does_the_same_and_survives_a_shell() -> None:
    import json
    import shlex

    (write,) = writes(Act.SYNC, app(), "a context; rm -rf", NOW)
    words = shlex.split(write.script)
    assert words[:3] == ["kubectl", "--context", "a context; rm -rf"]
    assert words[3:8] == ["-n", "argocd", "patch", "application.argoproj.io", "api"]
    assert json.loads(words[-1]) == write.patch


@pytest.mark.parametrize(
    ("act", "delivery", "why"),
    [
        (Act.RECONCILE, flux(suspended=True), "suspended"),
        (Act.SYNC, flux(), "by itself"),
        (Act.SYNC, app(operationState={"phase": "Running"}), "runs already"),
        (Act.TERMINATE, app(), "no operation"),
        (Act.RESUME, app(), "by hand"),
        (Act.RECONCILE, Delivery(Controller.JENKINSX, flux().key), "nothing that could be asked"),
    ],
)
def test_what_cannot_be_done_says_why(act: Act, delivery: Delivery, why: str) -> None:
    with pytest.raises(ClusterError) as told:
        writes(act, delivery, "one", NOW)
    assert why in told.value.detail


def test_no_suspended_application_is_made_automatic_by_another_words() -> None:
    assert "resume" not in possible(app())


def test_what_follows_is_said() -> None:
    resources = [
        {"kind": "Deployment", "name": "api", "status": "OutOfSync"},
        {"kind": "ConfigMap", "name": "old", "status": "OutOfSync", "requiresPruning": True},
    ]
    out = app(resources=resources)
    kept, gone = consequences(Act.SYNC, out), consequences(Act.SYNC, out, prune=True)
    assert kept[0] == "2 objects out of sync would be applied"
    assert "ConfigMap old would be deleted by a prune, and stay" in kept
    assert "ConfigMap old would be deleted" in gone
    assert "synced by hand" in " ".join(consequences(Act.RECONCILE, app()))


@pytest.mark.parametrize("act", list(Act))
def test_each_act_is_a_sentence(act: Act) -> None:
    assert "api" in sentence(act, app())
