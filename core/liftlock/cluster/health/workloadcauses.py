"""Why a workload does not come up: its own conditions, its Events, and the pods of its new template."""

from __future__ import annotations

from dataclasses import replace

from liftlock.clock import age
from liftlock.cluster.health.jobs import duration
from liftlock.cluster.health.podcauses import first_of
from liftlock.cluster.health.pods import ready
from liftlock.cluster.health.reading import (
    Condition,
    address,
    at,
    condition,
    count,
    created,
    deleted,
    line,
    mapping,
    mappings,
    number,
    shown,
    shown_key,
    string,
    wanted_replicas,
)
from liftlock.cluster.health.refusals import refusal, told
from liftlock.cluster.health.rollouts import step
from liftlock.cluster.health.templates import Current, newest_job, pods_of
from liftlock.cluster.health.view import View
from liftlock.cluster.objects import Manifest
from liftlock.model.health import Cause, Gravity
from liftlock.text import plural

# Quotas are counted late: a pod that was refused may be taken a moment later.
_REFUSED_AFTER = 15.0
_FAILED_EVENTS = frozenset({"FailedCreate", "FailedDaemonPod"})

Found = Cause | None


def caused(manifest: Manifest, sentence: str, reason: str, gravity: Gravity, since: float | None = None) -> Cause:
    """A cause that lies with this object."""
    return Cause(line(sentence), line(reason), gravity, shown_key(address(manifest)), since=since)


def _name(manifest: Manifest) -> str:
    return f"{shown(manifest, 'kind')} {shown(manifest, 'metadata', 'name')}"


def deployment_cause(manifest: Manifest, view: View) -> Found:
    """The cause for a Deployment. Its deadline makes a cause in the pods final."""
    progress = condition(manifest, "Progressing")
    if at(manifest, "spec", "paused") is True:
        since = progress.at if progress is not None and progress.reason == "DeploymentPaused" else None
        sentence = f"{_name(manifest)} is paused: nothing rolls out until it is resumed"
        return caused(manifest, sentence, "DeploymentPaused", Gravity.SUSPECT, since)
    late = progress is not None and progress.reason == "ProgressDeadlineExceeded"
    in_pods = _in_pods(Current(manifest, view.objects).pods(), view)
    if in_pods is not None and in_pods.gravity is Gravity.HARD:
        return in_pods
    if (refused := _refused(manifest, condition(manifest, "ReplicaFailure"), view)) is not None:
        return refused
    if in_pods is not None:
        return replace(in_pods, gravity=Gravity.HARD) if late else in_pods
    if progress is not None and progress.reason == "ReplicaSetCreateError":
        known = refusal(progress.message)
        sentence = known.sentence if known else f"its ReplicaSet cannot be made: {told(progress.message)}"
        return caused(manifest, sentence, progress.reason, Gravity.HARD, progress.at)
    if late and progress is not None:
        limit = number(manifest, "spec", "progressDeadlineSeconds")
        within = f" within {age(limit)}" if limit else ""
        sentence = f"{_name(manifest)} did not come up{within}: {_lacking(manifest)}"
        return caused(manifest, sentence, progress.reason, Gravity.HARD, progress.at)
    return None


def _lacking(manifest: Manifest) -> str:
    wanted = wanted_replicas(manifest)
    return f"{count(manifest, 'status', 'availableReplicas')} of {plural(wanted, 'pod')} available"


def _refused(manifest: Manifest, failure: Condition | None, view: View) -> Found:
    """Pods that the server does not take: quota, admission, PodSecurity, a ServiceAccount that is missing."""
    if failure is None or not failure.true:
        return None
    return _refusal(manifest, failure.message, failure.reason, failure.at, view)


def _refusal(manifest: Manifest, message: str, reason: str, since: float | None, view: View) -> Cause:
    known = refusal(message)
    lasts = (known is None or known.lasting) and view.older(since, _REFUSED_AFTER)
    sentence = known.sentence if known else f"its pods cannot be made: {told(message)}"
    return caused(manifest, sentence, reason or "FailedCreate", Gravity.HARD if lasts else Gravity.SUSPECT, since)


def _in_pods(pods: tuple[Manifest, ...], view: View) -> Found:
    """What stands in front among the pods that are not up. Those that failed and were replaced are left out, unless
    there are no others.
    """
    down = [pod for pod in pods if not deleted(pod) and not ready(pod)]
    alive = [pod for pod in down if string(pod, "status", "phase") not in ("Failed", "Succeeded")]
    found = first_of(alive, view)
    return found or first_of([pod for pod in down if string(pod, "status", "phase") == "Failed"], view)


def replica_set_cause(manifest: Manifest, view: View) -> Found:
    """The cause for a ReplicaSet or ReplicationController."""
    refused = _refused(manifest, condition(manifest, "ReplicaFailure"), view)
    return refused or _in_pods(pods_of(manifest, view.objects), view)


def _from_events(manifest: Manifest, pods: tuple[Manifest, ...], view: View) -> Found:
    """Pods that could not be made, for kinds that have no condition for it: the last such Event, while no pod was
    made since.
    """
    told_last = next((e for e in reversed(view.events(manifest)) if e.reason in _FAILED_EVENTS), None)
    newest = max((made for pod in pods if (made := created(pod)) is not None), default=0.0)
    if told_last is None or told_last.last < newest:
        return None
    return _refusal(manifest, told_last.message, told_last.reason, told_last.first, view)


def stateful_set_cause(manifest: Manifest, view: View) -> Found:
    """The cause for a StatefulSet.

    Beside the new pods it looks at one of an older template that is not ready: with `OrderedReady` the controller
    waits for it for ever before it replaces anything, so that a broken release cannot be mended by the next one.
    """
    template, everything = Current(manifest, view.objects), pods_of(manifest, view.objects)
    found = _in_pods(tuple(pod for pod in everything if template.has(pod)), view)
    if found is not None:
        return found
    if len(everything) < wanted_replicas(manifest) and (refused := _from_events(manifest, everything, view)):
        return refused
    old = [pod for pod in everything if not template.has(pod) and not deleted(pod) and not ready(pod)]
    if template.revision and old and string(manifest, "spec", "podManagementPolicy") != "Parallel":
        blocking = first_of(old, view)
        if blocking is not None:
            name = shown(mapping(old[0], "metadata"), "name")
            sentence = f"pod {name} of the older template must come up or be deleted first: {blocking.sentence}"
            return replace(blocking, sentence=line(sentence), gravity=Gravity.HARD)
    return None


def daemon_set_cause(manifest: Manifest, view: View) -> Found:
    """The cause for a DaemonSet."""
    everything, template = pods_of(manifest, view.objects), Current(manifest, view.objects)
    found = _in_pods(tuple(pod for pod in everything if template.has(pod)), view)
    return found or _from_events(manifest, everything, view)


def job_cause(manifest: Manifest, view: View) -> Found:
    """The cause for a Job: why it failed, with what its pods say, or why its pod does not get on."""
    pods = pods_of(manifest, view.objects)
    failed = condition(manifest, "Failed")
    if failed is None or not failed.true:
        if at(manifest, "spec", "suspend") is True:
            sentence = f"{_name(manifest)} is suspended: it runs when somebody resumes it"
            return caused(manifest, sentence, "JobSuspended", Gravity.SUSPECT)
        return _in_pods(pods, view) or _from_events(manifest, pods, view)
    down = sorted((p for p in pods if string(p, "status", "phase") != "Succeeded"), key=lambda p: created(p) or 0.0)
    inside = first_of(down[-1:], view)
    tries = count(manifest, "status", "failed")
    took = duration(manifest)
    how = {
        "BackoffLimitExceeded": f"after {plural(tries, 'try', 'tries')}" if tries else "",
        "DeadlineExceeded": f"its time limit of {age(count(manifest, 'spec', 'activeDeadlineSeconds'))} is over",
        "PodFailurePolicy": "its pod failure policy ends it",
    }.get(failed.reason, told(failed.message) or line(failed.reason))
    after = f" after {age(took)}" if took is not None and failed.reason == "DeadlineExceeded" else ""
    why = f": {inside.sentence}" if inside is not None else ""
    joined = f" {how}" if how.startswith("after") else f"{after}: {how}" if how else ""
    made = caused(manifest, f"{_name(manifest)} failed{joined}{why}", failed.reason, Gravity.HARD, failed.at)
    return replace(made, lines=inside.lines) if inside is not None else made


def cron_job_cause(manifest: Manifest, view: View) -> Found:
    """The cause for a CronJob: that of the Job it made last."""
    if at(manifest, "spec", "suspend") is True:
        return caused(manifest, f"{_name(manifest)} is suspended: it does not run", "Suspended", Gravity.SUSPECT)
    newest = newest_job(manifest, view.objects)
    return job_cause(newest, view) if newest is not None else None


def rollout_cause(manifest: Manifest, view: View) -> Found:
    """The cause for an Argo Rollout: an abort or an invalid spec, its pods, or the pause that it waits in."""
    message = shown(manifest, "status", "message")
    invalid = condition(manifest, "InvalidSpec")
    if invalid is not None and invalid.true:
        return caused(
            manifest, f"{_name(manifest)} is invalid: {invalid.message}", "InvalidSpec", Gravity.HARD, invalid.at
        )
    in_pods = _in_pods(Current(manifest, view.objects).pods(), view)
    progress = condition(manifest, "Progressing")
    if at(manifest, "status", "abort") is True:
        since = progress.at if progress is not None else None
        why = in_pods.sentence if in_pods is not None else message.removeprefix("RolloutAborted: ")
        return caused(manifest, f"{_name(manifest)} was aborted: {why}", "RolloutAborted", Gravity.HARD, since)
    late = progress is not None and progress.reason == "ProgressDeadlineExceeded"
    if in_pods is not None:
        return replace(in_pods, gravity=Gravity.HARD) if late else in_pods
    if late and progress is not None:
        return caused(manifest, f"{_name(manifest)}: {progress.message}", progress.reason, Gravity.HARD, progress.at)
    return _refused(manifest, condition(manifest, "ReplicaFailure"), view) or _paused(manifest)


def _paused(manifest: Manifest) -> Found:
    if at(manifest, "spec", "paused") is True:
        return caused(manifest, f"{_name(manifest)} is paused by its spec", "Paused", Gravity.SUSPECT)
    pauses = mappings(manifest, "status", "pauseConditions")
    if not pauses:
        return None
    done = step(manifest)
    reason = string(pauses[0], "reason") or "Paused"
    place = f" at step {min(done[0] + 1, done[1])} of {done[1]}" if done else ""
    steps = mappings(manifest, "spec", "strategy", "canary", "steps")
    now = mapping(steps[done[0]], "pause") if done and done[0] < len(steps) else {}
    timed = now.get("duration")
    if isinstance(timed, str | int) and not isinstance(timed, bool):
        sentence = f"{_name(manifest)} pauses{place} for {line(str(timed), 40)}"
    else:
        sentence = f"{_name(manifest)} waits{place} until somebody promotes it"
    return caused(manifest, sentence, reason, Gravity.SUSPECT)
