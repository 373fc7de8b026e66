"""What the boot Jobs of a repository say together."""

from __future__ import annotations

from typing import Any

import pytest

from liftlock.cluster.delivery.jenkinsx import deliveries
from liftlock.cluster.objects import Snapshot
from liftlock.model.live import Doing, Wait

NOW = 1_790_000_000.0
OPERATOR = "git-operator.jenkins.io"
ONE, TWO = "1" * 40, "2" * 40


def job(commit: str, minute: int, how: str = "", *, url: str = "https://git.example/mill", **labels: str) -> Any:
    conditions = [{"type": how, "status": "True", "reason": "BackoffLimitExceeded", "message": "limit"}] if how else []
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"jx-boot-{commit[:8]}",
            "namespace": "jx-git-operator",
            "creationTimestamp": f"2026-09-21T14:{minute:02}:00Z",
            "labels": {f"{OPERATOR}/kind": "git-operator", f"{OPERATOR}/commit-sha": commit, **labels},
            "annotations": {f"{OPERATOR}/repo-url": url},
        },
        "spec": {},
        "status": {
            "startTime": f"2026-09-21T14:{minute:02}:01Z",
            "conditions": conditions,
            **({"completionTime": f"2026-09-21T14:{minute:02}:30Z"} if how == "Complete" else {}),
        },
    }


@pytest.mark.parametrize(
    ("jobs", "attempted", "applied", "doing", "wait", "words"),
    [
        ([job(ONE, 1, "Complete")], ONE, ONE, Doing.IDLE, Wait.POLL, "each 30 s"),
        ([job(TWO, 2), job(ONE, 1, "Complete")], TWO, ONE, Doing.APPLYING, Wait.ROLLOUT, "commit 22222222 runs since"),
        ([job(ONE, 1, "Complete"), job(TWO, 2, "Complete")], TWO, TWO, Doing.IDLE, Wait.POLL, "each 30 s"),
        ([job(ONE, 1, "Complete"), job(TWO, 2, "Failed")], TWO, ONE, Doing.FAILED, Wait.MANUAL, "push a fix"),
        ([job(ONE, 1, "Failed"), job(TWO, 2, "Complete")], TWO, TWO, Doing.IDLE, Wait.POLL, "each 30 s"),
        ([job(ONE, 1, "Failed")], ONE, "", Doing.FAILED, Wait.MANUAL, "push a fix"),
        # Run again by hand: the newest Job of the commit counts.
        ([job(ONE, 1, "Failed"), job(ONE, 2, "Complete")], ONE, ONE, Doing.IDLE, Wait.POLL, "each 30 s"),
    ],
)
def test_the_newest_jobs_tell(
    jobs: list[Any], attempted: str, applied: str, doing: Doing, wait: Wait, words: str
) -> None:
    (found,) = deliveries(Snapshot(jobs), NOW)
    assert (found.attempted, found.applied, found.doing) == (attempted, applied, doing)
    assert found.waiting is not None
    assert found.waiting.wait is wait
    assert words in found.waiting.sentence
    assert bool(found.error) is (doing is Doing.FAILED)


def test_each_repository_has_its_own_and_other_jobs_have_none() -> None:
    others = [job("3" * 40, 1, **{f"{OPERATOR}/kind": "other"}), job("", 1)]
    jobs = [job(ONE, 1), job(TWO, 1, url="https://bot:word@git.example/other"), *others]
    assert {d.url: d.attempted for d in deliveries(Snapshot(jobs), NOW)} == {
        "https://git.example/mill": ONE,
        "https://git.example/other": TWO,
    }


def test_what_was_applied_before_is_its_history() -> None:
    (found,) = deliveries(Snapshot([job(ONE, 1, "Complete"), job(TWO, 2, "Complete")]), NOW)
    assert [(one.revision, one.done is not None) for one in found.history] == [(TWO, True), (ONE, True)]
    assert found.applied_at == found.history[0].done
