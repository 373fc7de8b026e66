"""Verdicts on Jobs and CronJobs, and on what Jenkins X keeps of its runs."""

from __future__ import annotations

from liftlock.clock import age
from liftlock.cluster.health.reading import at, condition, mappings, moment, string
from liftlock.cluster.health.templates import newest_job, template_images
from liftlock.cluster.health.view import View
from liftlock.cluster.health.words import BOTH, ENGINE, OWN, degraded, healthy, progressing, suspended
from liftlock.cluster.objects import Manifest
from liftlock.model.health import Health


def job(manifest: Manifest, view: View) -> Health:
    """Verdict on a Job.

    A Job that runs: PROGRESSING (gitops-engine, and Flux in place of kstatus's own rule, which calls it current: a
    migration that runs is not done). Suspended: SUSPENDED (gitops-engine; kstatus: current).
    """
    failed = condition(manifest, "Failed")
    if failed is not None and failed.true:
        return degraded(": ".join(part for part in (failed.reason, failed.message) if part))
    complete = condition(manifest, "Complete")
    if complete is not None and complete.true:
        took = duration(manifest)
        return healthy("complete" if took is None else f"complete in {age(took)}")
    halted = condition(manifest, "Suspended")
    if at(manifest, "spec", "suspend") is True or (halted is not None and halted.true):
        return suspended("suspended: it runs when somebody resumes it")
    if moment(manifest, "status", "startTime") is None:
        return progressing("not started yet")
    failing = condition(manifest, "FailureTarget")
    if failing is not None and failing.true:
        return progressing(f"failing: {failing.says}", BOTH)
    return progressing("running", ENGINE)


def duration(manifest: Manifest) -> float | None:
    """How long a finished Job took, in seconds."""
    began = moment(manifest, "status", "startTime")
    ends = (moment(manifest, "status", "completionTime"), *(
        found.at for kind in ("Complete", "Failed") if (found := condition(manifest, kind)) is not None and found.true
    ))  # fmt: skip
    end = next((e for e in ends if e is not None), None)
    return None if began is None or end is None else max(0.0, end - began)


def cron_job(manifest: Manifest, view: View) -> Health:
    """Verdict on a CronJob.

    kstatus: always current. gitops-engine: healthy while it runs or never succeeded, degraded when the last run
    failed. A person who watches a promotion wants to know whether the template that Git has now failed: so DEGRADED
    when the last run failed, but not when that run was made from another image than the template names now (seen in
    its Job, where Jobs may be read). Suspended: SUSPENDED (gitops-engine says so in the message only).
    """
    if at(manifest, "spec", "suspend") is True:
        return suspended("suspended: it does not run")
    if mappings(manifest, "status", "active"):
        return healthy("a run is active")
    newest = newest_job(manifest, view.objects)
    if newest is not None:
        failed = condition(newest, "Failed")
        if failed is not None and failed.true:
            if template_images(newest) == template_images(manifest):
                return degraded(f"the last run failed: {failed.says}", OWN)
            return healthy("the last run failed, with another image than the next", OWN)
        return healthy()
    last, good = moment(manifest, "status", "lastScheduleTime"), moment(manifest, "status", "lastSuccessfulTime")
    if last is not None and good is not None and good < last:
        return degraded("the last run failed", ENGINE)
    return healthy("has not run yet" if last is None else "")


_PIPELINE = {
    "Succeeded": healthy("", OWN),
    "Failed": degraded("failed", OWN),
    "Error": degraded("error", OWN),
    "Aborted": degraded("aborted", OWN),
    "Cancelled": degraded("cancelled", OWN),
    "TimedOut": degraded("timed out", OWN),
    "Pending": progressing("pending", OWN),
    "Running": progressing("running", OWN),
    "WaitingForApproval": suspended("waits for an approval", OWN),
}


def pipeline_activity(manifest: Manifest, view: View) -> Health:
    """Verdict on a Jenkins X PipelineActivity, whose state stands in its spec. Neither source knows it."""
    return _PIPELINE.get(string(manifest, "spec", "status"), progressing("not started yet", OWN))


def release(manifest: Manifest, view: View) -> Health:
    """Verdict on a Jenkins X Release. Neither source knows it; one without a status is a record, and healthy."""
    status = string(manifest, "status", "status")
    if status == "Failed":
        return degraded("the deployment failed", OWN)
    return progressing("pending", OWN) if status == "Pending" else healthy("", OWN)
