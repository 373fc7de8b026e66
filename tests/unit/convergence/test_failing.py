"""What goes wrong on the way: whose failure it is, when it is called stuck, and what is told of it. As tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from liftlock.cluster.objects import Snapshot
from liftlock.convergence import Facts, track
from liftlock.model.convergence import Convergence, Outcome, Step, StepState
from liftlock.model.diff import ObjectKey
from liftlock.model.environment import Target
from liftlock.model.live import Contact, Controller, Delivery, Doing, Freshness, Wait, Waiting

MINE, OLD = "a" * 40, "0" * 40
BEGAN = 1_000_000.0
APPLICATION = ObjectKey("argoproj.io", "Application", "argocd", "api")
BOOT = ObjectKey("batch", "Job", "jx-git-operator", "jx-boot-aaaaaaaa")
WEB = ObjectKey("apps", "Deployment", "shop", "web")
HOLDS = {MINE: True, OLD: False}


def state(**told: Any) -> dict[str, Any]:
    """An Application whose PreSync hook is a Job."""
    hook = {"group": "batch", "kind": "Job", "namespace": "shop", "name": "migrate", "hookType": "PreSync"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "api", "namespace": "argocd"},
        "status": {
            "sync": {"status": "OutOfSync", "revision": MINE},
            "operationState": {"syncResult": {"resources": [{**hook, **told.pop("hook", {})}]}, **told},
        },
    }


FAILED = {"phase": "Running", "finishedAt": "2026-01-01T00:00:00Z", "hook": {"hookPhase": "Failed", "message": "limit"}}
TRYING = {"phase": "Running", "retryCount": 1, "hook": {"hookPhase": "Running"}}


def sync(doing: Doing, raw: dict[str, Any], attempted: str = MINE) -> Delivery:
    told = {"seen": MINE, "applied": OLD, "error": "tasks failed" if doing is Doing.FAILED else ""}
    return Delivery(
        Controller.ARGOCD, APPLICATION, attempted=attempted, doing=doing, operating=True, raw=raw, **told
    )  # fmt: skip


def job(name: str, space: str, *, failed: bool) -> dict[str, Any]:
    conditions = [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}] if failed else []
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": space, "uid": name},
        "status": {"failed": 1, "startTime": "2026-01-01T00:00:00Z", "conditions": conditions},
    }


def web(image: str, chart: str = "web") -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "generation": 1, "labels": {"chart": chart}},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "web", "image": image}]}}},
        "status": {
            "observedGeneration": 1,
            "replicas": 1,
            "updatedReplicas": 1,
            "readyReplicas": 1,
            "availableReplicas": 1,
            "conditions": [
                {"type": "Available", "status": "True"},
                {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
            ],
        },
    }


def facts(after: float, delivery: Delivery, *objects: dict[str, Any], **told: Any) -> Facts:
    return Facts(
        "staging",
        Target("one"),
        MINE,
        Freshness(Contact.LIVE),
        Snapshot(objects),
        BEGAN + after,
        HOLDS.get,
        lambda _: None,
        (delivery,),
        pushed_at=BEGAN,
        **told,
    )


def step(one: Convergence, which: Step) -> StepState:
    return next(phase.state for phase in one.phases if phase.step is which)


def test_a_hook_that_fails_again_and_again_is_one_failure() -> None:
    failed, trying = state(**FAILED), state(**TRYING)
    down, runs = job("migrate", "shop", failed=True), job("migrate", "shop", failed=False)
    looks = [
        (5, sync(Doing.FAILED, failed), failed, down, Outcome.RUNNING),
        (10, sync(Doing.APPLYING, trying), trying, runs, Outcome.RUNNING),
        (18, sync(Doing.FAILED, failed), failed, down, Outcome.RUNNING),
        (24, sync(Doing.APPLYING, trying), trying, runs, Outcome.RUNNING),
        (27, sync(Doing.APPLYING, trying), trying, runs, Outcome.STUCK),
    ]
    before: Convergence | None = None
    for after, delivery, raw, hook, outcome in looks:
        one = track(before, facts(after, delivery, raw, hook))
        assert one.outcome is outcome, after
        assert one.cause is not None
        assert one.cause.key == ObjectKey("batch", "Job", "shop", "migrate")
        assert one.cause.since == BEGAN + 5
        assert one.cause.sentence.startswith("PreSync hook Job migrate failed")
        assert step(one, Step.APPLIED) is StepState.FAILED
        before = one
    done = replace(sync(Doing.IDLE, trying), applied=MINE, operating=False)
    assert track(before, facts(60, done, trying)).outcome is Outcome.CONVERGED


@pytest.mark.parametrize(
    ("attempted", "outcome"),
    [(MINE, Outcome.STUCK), (OLD, Outcome.RUNNING), ("", Outcome.STUCK), ("f" * 40, Outcome.STUCK)],
    ids=["the promotion", "an older commit", "none is told", "a commit that is not known here"],
)
def test_whose_failure_it_is(attempted: str, outcome: Outcome) -> None:
    gave_up = replace(sync(Doing.FAILED, state(phase="Failed"), attempted), operating=False)
    assert track(None, facts(5, gave_up)).outcome is outcome


def test_a_sync_that_somebody_ended_is_told_so_and_not_as_its_hook() -> None:
    raw = state(phase="Failed", message="Operation terminated", hook={"hookPhase": "Failed", "message": "Terminated"})
    ended = replace(sync(Doing.FAILED, raw), operating=False, error="the sync was ended before it was done")
    one = track(None, facts(5, ended, raw, job("migrate", "shop", failed=True)))
    assert one.outcome is Outcome.STUCK
    assert one.cause is not None
    assert (one.cause.sentence, one.cause.key) == ("the sync was ended before it was done", APPLICATION)


def test_a_boot_job_that_failed_is_stuck_a_moment_later_when_its_pod_is_heard() -> None:
    raw = job(BOOT.name, BOOT.namespace, failed=True)
    boot = Delivery(Controller.JENKINSX, BOOT, attempted=MINE, applied=OLD, doing=Doing.FAILED, error="limit", raw=raw)
    first = track(None, facts(5, boot, raw))
    assert first.outcome is Outcome.RUNNING
    assert first.cause is not None and first.cause.key == BOOT
    assert step(first, Step.APPLIED) is StepState.FAILED
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "x",
            "namespace": BOOT.namespace,
            "uid": "x",
            "ownerReferences": [{"kind": "Job", "name": BOOT.name, "uid": BOOT.name, "controller": True}],
        },
        "status": {
            "phase": "Failed",
            "containerStatuses": [{"name": "job", "state": {"terminated": {"exitCode": 2, "reason": "Error"}}}],
        },
    }
    then = track(first, facts(6, boot, raw, pod))
    assert then.outcome is Outcome.STUCK
    assert then.cause is not None and "exits with code 2" in then.cause.sentence
    assert then.cause.since == BEGAN + 5


@pytest.mark.parametrize(
    ("live", "values", "at_once"),
    [
        (web("shop/web:1.1.0"), ("1.1.0",), True),
        (web("shop/web@sha256:1", chart="web-1.1.0"), ("1.1.0",), True),
        (web("shop/web:1.0.0", chart="web-1.0.0"), ("1.1.0",), False),
        (web("shop/web:1.1.0"), (), False),
    ],
    ids=["its image", "its chart's label", "neither", "nothing to look for"],
)
def test_what_a_boot_job_rendered_anew_is_known_by_the_version_that_its_workloads_bear(
    live: dict[str, Any], values: tuple[str, ...], at_once: bool
) -> None:
    boot = Delivery(Controller.JENKINSX, BOOT, attempted=MINE, applied=MINE, applied_at=BEGAN + 4)
    told = {"keys": (WEB,), "unlike": frozenset({WEB}), "values": values}
    first = track(None, facts(5, boot, live, **told))
    assert first.outcome is (Outcome.CONVERGED if at_once else Outcome.RUNNING)
    # Where nothing tells, the watches have had their time to be even.
    assert track(first, facts(25, boot, live, **told)).outcome is Outcome.CONVERGED


def test_a_chart_that_is_not_at_hand_is_known_by_the_version_that_its_workloads_bear() -> None:
    synced = Delivery(Controller.ARGOCD, APPLICATION, seen=MINE, attempted=MINE, applied=MINE, applied_at=BEGAN + 4)
    told = {"keys": (WEB,), "guessed": True, "values": ("1.1.0",)}
    old = track(None, facts(5, synced, web("shop/web:1.0.0"), **told))
    assert old.outcome is Outcome.RUNNING
    assert track(old, facts(6, synced, web("shop/web:1.0.0"), **told)).outcome is Outcome.RUNNING
    assert track(old, facts(6, synced, web("shop/web:1.1.0"), **told)).outcome is Outcome.CONVERGED
    # A setting that no workload shows: the watches have had their time to be even.
    assert track(old, facts(25, synced, web("shop/web:1.0.0"), **told)).outcome is Outcome.CONVERGED


@pytest.mark.parametrize("wait", [Wait.MANUAL, Wait.WINDOW, Wait.SUSPENDED, Wait.POLL])
def test_what_is_held_up_says_for_what_and_until_when(wait: Wait) -> None:
    waiting = Waiting(wait, "held up", BEGAN + 600)
    held = Delivery(Controller.ARGOCD, APPLICATION, seen=MINE, attempted=OLD, applied=OLD, waiting=waiting)
    one = track(None, facts(5, held))
    assert (one.outcome, one.waiting) == (Outcome.RUNNING, waiting)
    assert step(one, Step.SEEN) is StepState.DONE
    assert step(one, Step.APPLIED) is StepState.WAITING
