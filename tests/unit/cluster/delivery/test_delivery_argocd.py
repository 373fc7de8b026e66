"""What is said of an Application: hooks, retries, ended syncs, suspensions, windows, several repositories."""

from __future__ import annotations

from typing import Any

import pytest

from liftlock.cluster.delivery import deliveries, for_cell
from liftlock.cluster.delivery.acts import writes
from liftlock.cluster.delivery.argocd import application
from liftlock.cluster.objects import Snapshot
from liftlock.model.app import Cell
from liftlock.model.live import Act, Delivery, Doing, Wait

NOW = 1_790_000_000.0  # 2026-09-21 14:13:20 UTC
OLD, NEW = "0" * 40, "a" * 40
CHARTS, VALUES = "https://git.example/charts", "https://git.example/values"


def told(status: dict[str, Any], *, automated: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    source = {"repoURL": "https://git.example/shop", "path": "apps/api", "targetRevision": "main"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "api", "namespace": "argocd"},
        "spec": {"source": source, "syncPolicy": {"automated": automated or {}}, **spec},
        "status": {"reconciledAt": "2026-09-21T14:13:00Z", **status},
    }


def said(status: dict[str, Any], *others: dict[str, Any], **more: Any) -> Delivery:
    manifest = told(status, **more)
    return application(manifest, Snapshot([manifest, *others]), NOW)


def operation(phase: str, message: str, *resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "phase": phase,
        "message": message,
        "startedAt": "2026-09-21T14:13:05Z",
        "operation": {"initiatedBy": {"automated": True}, "retry": {"limit": 5}, "sync": {"revision": NEW}},
        "syncResult": {"revision": NEW, "resources": list(resources)},
        **more,
    }


OUT = {"status": "OutOfSync", "revision": NEW}
HOOK = {
    "group": "batch",
    "version": "v1",
    "kind": "Job",
    "namespace": "shop",
    "name": "migrate",
    "hookType": "PreSync",
    "hookPhase": "Failed",
    "message": "Job has reached the specified backoff limit",
}
JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "migrate", "namespace": "shop", "uid": "j"},
    "status": {"failed": 1, "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]},
}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "migrate-x",
        "namespace": "shop",
        "uid": "p",
        "ownerReferences": [{"kind": "Job", "name": "migrate", "uid": "j", "controller": True}],
    },
    "status": {
        "phase": "Failed",
        "containerStatuses": [{"name": "migrate", "state": {"terminated": {"exitCode": 3, "reason": "Error"}}}],
    },
}


@pytest.mark.parametrize(
    ("message", "more", "doing", "wait", "sentence"),
    [
        (
            "waiting for completion of hook batch/Job/migrate",
            {"phase": "Running"},
            Doing.APPLYING,
            Wait.HOOK,
            "waiting for completion of hook batch/Job/migrate",
        ),
        (
            "waiting for completion of hook batch/Job/migrate",
            {"phase": "Running", "retryCount": 2},
            Doing.APPLYING,
            Wait.HOOK,
            "waiting for completion of hook batch/Job/migrate, for the try before failed (retry 2)",
        ),
        (
            "waiting for healthy state of apps/Deployment/api",
            {"phase": "Running"},
            Doing.APPLYING,
            Wait.ROLLOUT,
            "waiting for healthy state of apps/Deployment/api",
        ),
        (
            "one or more synchronization tasks completed unsuccessfully",
            {"phase": "Failed"},
            Doing.FAILED,
            Wait.MANUAL,
            "Argo CD gave up on this commit of api: push a fix, or sync it",
        ),
        (
            "Operation terminated",
            {"phase": "Failed"},
            Doing.FAILED,
            Wait.MANUAL,
            "the sync of api was ended: sync it again, or push another commit",
        ),
    ],
)
def test_what_an_operation_waits_for(
    message: str, more: dict[str, Any], doing: Doing, wait: Wait, sentence: str
) -> None:
    state = {**operation("", message), **more}
    found = said({"sync": OUT, "operationState": state})
    assert found.doing is doing
    assert found.waiting is not None
    assert (found.waiting.wait, found.waiting.sentence) == (wait, sentence)


def test_a_retry_tells_when_and_what_comes_after_it() -> None:
    message = "one or more tasks failed. Retrying attempt #3 at 2026-09-21T14:14:00Z."
    state = operation("Running", message, retryCount=3, finishedAt="2026-09-21T14:13:10Z")
    found = said({"sync": OUT, "operationState": state})
    assert found.doing is Doing.FAILED
    assert found.operating
    assert found.waiting is not None
    assert found.waiting.wait is Wait.RECONCILE
    assert found.waiting.until == NOW + 40
    assert found.waiting.sentence.endswith("(retry 3 of 5)")
    later = said({"sync": {**OUT, "revision": "b" * 40}, "operationState": state})
    assert later.waiting is not None
    assert later.waiting.sentence.endswith("(retry 3 of 5); bbbbbbbb comes after it, or when it is ended")


@pytest.mark.parametrize(
    ("others", "error"),
    [
        (
            (JOB, POD),
            "PreSync hook Job migrate failed: Job migrate failed after 1 try: container migrate exits with code 3",
        ),
        ((), "PreSync hook Job migrate failed: Job has reached the specified backoff limit"),
    ],
    ids=["its pods are seen", "they are not"],
)
def test_a_hook_that_failed_is_named_with_what_its_job_says(others: tuple[dict[str, Any], ...], error: str) -> None:
    assert said({"sync": OUT, "operationState": operation("Failed", "tasks failed", HOOK)}, *others).error == error


@pytest.mark.parametrize("message", ["Operation terminated", "Operation terminated (retried 1 times)."])
def test_a_hook_that_was_ended_with_its_sync_is_not_what_failed(message: str) -> None:
    state = operation("Failed", message, {**HOOK, "message": "Terminated"})
    assert said({"sync": OUT, "operationState": state}).error == "the sync was ended before it was done"


def test_when_a_commit_was_seen_is_told_by_the_sync_that_it_started() -> None:
    began = NOW - 15
    mine = operation("Running", "")
    assert said({"sync": OUT, "operationState": mine}).fetched_at == began
    by_hand = {**mine, "operation": {"initiatedBy": {"username": "ann"}, "sync": {"revision": NEW}}}
    assert said({"sync": OUT, "operationState": by_hand}).fetched_at is None
    assert said({"sync": {**OUT, "revision": "b" * 40}, "operationState": mine}).fetched_at is None


# Several sources -----------------------------------------------------------------------------------------------------

CHART = {"repoURL": CHARTS, "path": "charts/api", "helm": {"valueFiles": ["$values/envs/staging/api.yaml"]}}
REF = {"repoURL": VALUES, "ref": "values"}
PULLED = {"repoURL": "https://charts.example", "chart": "api", "targetRevision": "1.2.3"}


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        ([CHART, REF], [(CHARTS, "charts/api", "1" * 40), (VALUES, "", "2" * 40)]),
        ([REF, CHART], [(VALUES, "", "1" * 40), (CHARTS, "charts/api", "2" * 40)]),
        ([CHART, {**REF, "repoURL": CHARTS}], [(CHARTS, "charts/api", "1" * 40)]),
        ([{**REF, "repoURL": CHARTS}, CHART], [(CHARTS, "charts/api", "2" * 40)]),
        ([PULLED, REF], [(VALUES, "", "2" * 40)]),
        ([PULLED], [("https://charts.example", "", "1" * 40)]),
    ],
    ids=["chart first", "values first", "one repository", "one, values first", "a chart that is pulled", "no Git"],
)
def test_an_application_of_several_repositories_follows_each(
    sources: list[dict[str, Any]], found: list[tuple[str, str, str]]
) -> None:
    revisions = [str(number) * 40 for number in range(1, len(sources) + 1)]
    manifest = told({"sync": {"status": "Synced", "revisions": revisions}}, source=None, sources=sources)
    made = list(deliveries(Snapshot([manifest]), NOW))
    assert [(d.url, d.path, d.seen) for d in made] == found
    assert len({d.key for d in made}) == 1


def test_a_sync_of_several_sources_names_a_revision_for_each() -> None:
    manifest = told({"sync": {"status": "OutOfSync", "revisions": [OLD, NEW]}}, source=None, sources=[CHART, REF])
    _, values = deliveries(Snapshot([manifest]), NOW)
    (write,) = writes(Act.SYNC, values, "one", NOW, revision="b" * 40)
    assert write.patch["operation"]["sync"]["revisions"] == [OLD, "b" * 40]


def test_values_for_a_chart_of_another_repository_bring_their_own_cell_alone() -> None:
    manifest = told({"sync": {"status": "Synced", "revisions": [OLD, NEW]}}, source=None, sources=[CHART, REF])
    _, values = deliveries(Snapshot([manifest]), NOW)
    mine, other = (Cell(name, "staging", (file,), (file,)) for name, file in FILES)
    assert for_cell(mine, [values]) == (values,)
    assert for_cell(other, [values]) == ()


FILES = (("api", "envs/staging/api.yaml"), ("web", "envs/staging/web.yaml"))
