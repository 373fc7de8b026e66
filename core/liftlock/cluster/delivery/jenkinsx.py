"""What Jenkins X says: the boot Job that jx-git-operator starts for each commit of the cluster's repository.

There is no inventory and no object that is Ready: a commit is applied when its Job is complete.
"""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.cluster.delivery.revisions import clock, public, span
from liftlock.cluster.health import cause, verdict
from liftlock.cluster.health.reading import condition, line, mapping, moment, string
from liftlock.cluster.objects import Kind, Manifest, Objects, key
from liftlock.model.health import HealthStatus
from liftlock.model.live import Applied, Controller, Delivery, Doing, Wait, Waiting
from liftlock.text import printable

KINDS: tuple[Kind, ...] = (("batch", "Job"), ("jenkins.io", "Environment"), ("jenkins.io", "Release"))
OPERATOR = "git-operator.jenkins.io"
_POLL = 30.0
"""The operator looks at the repository each 20 s (its chart) or 30 s (its code)."""


def deliveries(objects: Objects, now: float) -> Iterator[Delivery]:
    """One for each repository that the operator follows: the newest Jobs of it together."""
    by_repository: dict[str, list[Manifest]] = {}
    for job in objects.of("batch", "Job"):
        labels = mapping(job, "metadata", "labels")
        if string(labels, f"{OPERATOR}/kind") == "git-operator" and string(labels, f"{OPERATOR}/commit-sha"):
            by_repository.setdefault(_url(job), []).append(job)
    for url, jobs in by_repository.items():
        yield _repository(url, sorted(jobs, key=_began), objects, now)


def _repository(url: str, jobs: list[Manifest], objects: Objects, now: float) -> Delivery:
    newest = jobs[-1]
    done = [job for job in jobs if _complete(job)]
    applied = _commit(done[-1]) if done else ""
    health = verdict(newest, objects, now)
    failed = condition(newest, "Failed")
    broken = failed is not None and failed.true
    why = cause(newest, objects, now) if broken else None
    doing = Doing.FAILED if broken else Doing.IDLE if _complete(newest) else Doing.APPLYING
    if doing is Doing.IDLE:
        waiting = Waiting(Wait.POLL, f"jx-git-operator looks at the repository each {span(_POLL)}", None)
    elif doing is Doing.APPLYING:
        waiting = Waiting(
            Wait.ROLLOUT, f"the boot job of commit {_commit(newest)[:8]} runs since {clock(_began(newest), now)}"
        )
    else:
        waiting = Waiting(Wait.MANUAL, "the boot job failed: push a fix")
    finished = moment(done[-1], "status", "completionTime") if done else None
    return Delivery(
        Controller.JENKINSX,
        key(newest),
        url=printable(url),
        seen=_commit(newest),
        attempted=_commit(newest),
        applied=applied,
        applied_at=finished,
        looked_at=_began(newest) or None,
        doing=doing,
        health=health,
        error=why.sentence if why is not None else line(failed.message) if broken and failed is not None else "",
        waiting=waiting,
        interval=_POLL,
        prune=True,
        manager="kubectl-client-side-apply",
        raw=newest,
        fetched_at=_began(newest) or None,
        history=tuple(
            Applied(_commit(job), _began(job) or None, moment(job, "status", "completionTime"))
            for job in reversed(done)
        ),
        suspended=health.status is HealthStatus.SUSPENDED,
    )


def _url(job: Manifest) -> str:
    return public(string(mapping(job, "metadata", "annotations"), f"{OPERATOR}/repo-url"))


def _commit(job: Manifest) -> str:
    return printable(string(mapping(job, "metadata", "labels"), f"{OPERATOR}/commit-sha"))


def _began(job: Manifest) -> float:
    return moment(job, "metadata", "creationTimestamp") or 0.0


def _complete(job: Manifest) -> bool:
    told = condition(job, "Complete")
    return told is not None and told.true
