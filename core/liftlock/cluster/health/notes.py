"""An object's state in a few words, as it stands beside its name."""

from __future__ import annotations

from collections.abc import Callable

from liftlock.clock import age
from liftlock.cluster.health.images import split_image
from liftlock.cluster.health.jobs import duration
from liftlock.cluster.health.network import address_of
from liftlock.cluster.health.pods import ended, parts_of, ready
from liftlock.cluster.health.reading import (
    at,
    condition,
    count,
    deleted,
    group_kind,
    line,
    mappings,
    moment,
    number,
    shown,
    string,
    wanted_replicas,
)
from liftlock.cluster.health.rollouts import step
from liftlock.cluster.health.templates import template_images
from liftlock.cluster.health.view import View
from liftlock.cluster.objects import Kind, Manifest
from liftlock.text import short_version

_Note = Callable[[Manifest, View], str]


def note(manifest: Manifest, view: View) -> str:
    """The state of an object in a few words, clean for display: `2/3 ready`, `exit 1, restarted 4×`, `1.2.3`."""
    if deleted(manifest):
        return "being deleted"
    say = _NOTES.get(group_kind(manifest))
    return line(say(manifest, view), 80) if say else ""


def version(manifest: Manifest) -> str:
    """The version of the one image that the template has, "" when it has several or none."""
    images = template_images(manifest)
    return short_version(split_image(images[0])[1]) if len(images) == 1 else ""


def _replicas(manifest: Manifest, view: View) -> str:
    wanted, up = wanted_replicas(manifest), count(manifest, "status", "readyReplicas")
    words = ["paused"] if at(manifest, "spec", "paused") is True else []
    words.append(f"{up}/{wanted} ready" if wanted or up else "scaled to 0")
    return ", ".join(words)


def _replica_set(manifest: Manifest, view: View) -> str:
    return ", ".join(word for word in (version(manifest), _replicas(manifest, view)) if word)


def _daemon_set(manifest: Manifest, view: View) -> str:
    wanted = count(manifest, "status", "desiredNumberScheduled")
    return f"{count(manifest, 'status', 'numberReady')}/{wanted} ready"


def _pod(manifest: Manifest, view: View) -> str:
    phase = string(manifest, "status", "phase")
    reason = shown(manifest, "status", "reason")
    if phase == "Succeeded":
        return "completed"
    parts = view.once(parts_of, manifest)
    again = max((c.restarts for c in parts), default=0)
    tries = f", restarted {again}×" if again else ""
    fallen = next((c for c in parts if c.fell), None)
    if fallen is not None and fallen.last is not None:
        out_of_memory = fallen.last.reason == "OOMKilled"
        return ("out of memory" if out_of_memory else ended(fallen).replace("exited with code", "exit")) + tries
    if phase == "Failed":
        return reason or "failed"
    waiting = next((c.waiting for c in parts if c.waiting and c.waiting != "ContainerCreating" and not c.ready), "")
    if waiting:
        return waiting + tries
    scheduled = condition(manifest, "PodScheduled")
    if scheduled is not None and scheduled.false:
        return scheduled.reason or "not scheduled"
    if phase != "Running":
        return "starting"
    up = sum(c.ready for c in parts if not c.initial)
    whole = sum(not c.initial for c in parts)
    state = "ready" if ready(manifest) else "running, not ready"
    return (f"{up}/{whole} {state}" if whole > 1 else state) + tries


def _job(manifest: Manifest, view: View) -> str:
    for kind, word in (("Complete", "Complete"), ("Failed", "Failed")):
        found = condition(manifest, kind)
        if found is not None and found.true:
            took = duration(manifest)
            after = "" if took is None else f" in {age(took)}" if kind == "Complete" else f" after {age(took)}"
            return f"{word}{after}"
    if at(manifest, "spec", "suspend") is True:
        return "suspended"
    since = view.age(moment(manifest, "status", "startTime"))
    return "running" if since is None else f"running for {age(since)}"


def _cron_job(manifest: Manifest, view: View) -> str:
    schedule = shown(manifest, "spec", "schedule", columns=40)
    if at(manifest, "spec", "suspend") is True:
        return f"{schedule}, suspended"
    if mappings(manifest, "status", "active"):
        return f"{schedule}, running"
    last = view.age(moment(manifest, "status", "lastScheduleTime"))
    return f"{schedule}, not run yet" if last is None else f"{schedule}, last run {age(last)} ago"


def _rollout(manifest: Manifest, view: View) -> str:
    done = step(manifest)
    words = [f"step {done[0]}/{done[1]}"] if done and done[0] < done[1] else []
    return ", ".join([*words, _replicas(manifest, view)])


def _claim(manifest: Manifest, view: View) -> str:
    size = shown(manifest, "status", "capacity", "storage", columns=20)
    return ", ".join(word for word in (shown(manifest, "status", "phase"), size) if word)


def _service(manifest: Manifest, view: View) -> str:
    where, kind = line(address_of(manifest), 60), shown(manifest, "spec", "type")
    if kind == "LoadBalancer":
        return where or "no address"
    return where or kind


def _ingress(manifest: Manifest, view: View) -> str:
    hosts = [host for rule in mappings(manifest, "spec", "rules") if (host := shown(rule, "host"))]
    return ", ".join(hosts[:2]) + (f" and {len(hosts) - 2} more" if len(hosts) > 2 else "")


def _autoscaler(manifest: Manifest, view: View) -> str:
    low, high = number(manifest, "spec", "minReplicas"), number(manifest, "spec", "maxReplicas")
    bounds = f"{1 if low is None else low}–{high}" if high is not None else "?"
    return f"{count(manifest, 'status', 'currentReplicas')} of {bounds}"


def revision_word(text: str) -> str:
    """A revision of Flux or Argo CD as people say it: the commit's first digits, a chart's version."""
    whole = text.rpartition(":")[2] if "sha1:" in text or "sha256:" in text else text
    return whole[:8] if len(whole) >= 40 and all(c in "0123456789abcdef" for c in whole) else line(whole, 40)


def _source(manifest: Manifest, view: View) -> str:
    return revision_word(string(manifest, "status", "artifact", "revision"))


def _kustomization(manifest: Manifest, view: View) -> str:
    if at(manifest, "spec", "suspend") is True:
        return "suspended"
    return revision_word(string(manifest, "status", "lastAppliedRevision"))


def _helm_release(manifest: Manifest, view: View) -> str:
    if at(manifest, "spec", "suspend") is True:
        return "suspended"
    newest = max(mappings(manifest, "status", "history"), key=lambda h: count(h, "version"), default=None)
    if newest is None:
        return ""
    return f"{shown(newest, 'chartName', columns=40)} {shown(newest, 'chartVersion', columns=40)}"


def _application(manifest: Manifest, view: View) -> str:
    result = at(manifest, "status", "operationState", "syncResult")
    done = string(manifest, "status", "operationState", "phase") == "Succeeded"
    history = mappings(manifest, "status", "history")
    applied = string(result, "revision") if done else string(history[-1], "revision") if history else ""
    return ", ".join(w for w in (shown(manifest, "status", "sync", "status"), revision_word(applied)) if w)


_NOTES: dict[Kind, _Note] = {
    ("", "Pod"): _pod,
    ("apps", "Deployment"): _replicas,
    ("apps", "StatefulSet"): _replicas,
    ("apps", "ReplicaSet"): _replica_set,
    ("", "ReplicationController"): _replica_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _cron_job,
    ("argoproj.io", "Rollout"): _rollout,
    ("argoproj.io", "Application"): _application,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "PersistentVolume"): lambda manifest, view: shown(manifest, "status", "phase"),
    ("", "Service"): _service,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("source.toolkit.fluxcd.io", "GitRepository"): _source,
    ("source.toolkit.fluxcd.io", "OCIRepository"): _source,
    ("source.toolkit.fluxcd.io", "HelmChart"): _source,
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): _kustomization,
    ("helm.toolkit.fluxcd.io", "HelmRelease"): _helm_release,
}
