"""Verdicts on Pods, and what their containers' states mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from liftlock.cluster.health.reading import (
    Condition,
    at,
    condition,
    count,
    mapping,
    mappings,
    moment,
    number,
    shown,
    string,
)
from liftlock.cluster.health.view import View
from liftlock.cluster.health.words import BOTH, ENGINE, KSTATUS, degraded, healthy, progressing
from liftlock.cluster.objects import Manifest
from liftlock.model.health import Health
from liftlock.text import printable
from liftlock.values import dataclass

PULL = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError",
     "RegistryUnavailable", "SignatureValidationFailed"}
)  # fmt: skip
# Waiting reasons that are no failure: the kubelet is at work.
_AT_WORK = frozenset({"", "ContainerCreating", "PodInitializing"})
# kstatus gives the scheduler (and an autoscaler) this long.
UNSCHEDULABLE_AFTER = 15.0


@dataclass(frozen=True, slots=True)
class Exit:
    """How a container ended. Texts are not for display."""

    code: int | None
    signal: int | None
    reason: str
    message: str
    at: float | None


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a pod as the kubelet reports it. `name` and `image` are clean for display.

    `image` is what the pod asks for. `limit` is its memory limit. `sidecar` is an init container that goes on running.
    `waiting` is the reason (not for display) when it waits. `ended` is how it ended, when it has and does not run
    again; `before` how it ended the last time.
    """

    name: str
    image: str
    image_id: str
    limit: str
    initial: bool
    sidecar: bool
    ready: bool
    started: bool
    running: bool
    restarts: int
    waiting: str
    message: str
    ended: Exit | None
    before: Exit | None
    probed: bool

    @property
    def failure(self) -> str:
        """The waiting reason when it is a failure, else ""."""
        broken = self.waiting.startswith("Err") or self.waiting.endswith(("Error", "BackOff"))
        return self.waiting if broken or self.waiting in PULL else ""

    @property
    def last(self) -> Exit | None:
        """How it ended last."""
        return self.ended or self.before

    @property
    def fell(self) -> bool:
        """Whether it ended with an error and is not up again."""
        last = self.last
        return last is not None and not self.ready and (last.code != 0 or (self.restarts > 0 and not self.ended))


def containers(pod: Manifest) -> Iterator[Container]:
    """The containers of a pod, those that initialise first."""
    for field, statuses, initial in (
        ("initContainers", "initContainerStatuses", True),
        ("containers", "containerStatuses", False),
    ):
        specs = {string(spec, "name"): spec for spec in mappings(pod, "spec", field)}
        for status in mappings(pod, "status", statuses):
            name = string(status, "name")
            spec = specs.get(name, {})
            state = mapping(status, "state")
            yield Container(
                name=printable(name),
                image=printable(string(spec, "image") or string(status, "image")),
                image_id=string(status, "imageID"),
                limit=shown(spec, "resources", "limits", "memory", columns=40),
                initial=initial,
                sidecar=initial and string(spec, "restartPolicy") == "Always",
                ready=status.get("ready") is True,
                started=status.get("started") is True,
                running=isinstance(state.get("running"), Mapping),
                restarts=max(0, count(status, "restartCount")),
                waiting=string(state, "waiting", "reason"),
                message=string(state, "waiting", "message"),
                ended=_exit(state.get("terminated")),
                before=_exit(at(status, "lastState", "terminated")),
                probed=isinstance(spec.get("readinessProbe"), Mapping),
            )


def parts_of(pod: Manifest, view: View) -> tuple[Container, ...]:
    """The containers of a pod, for one who has a view."""
    return tuple(containers(pod))


def _exit(value: object) -> Exit | None:
    if not isinstance(value, Mapping):
        return None
    return Exit(
        number(value, "exitCode"),
        number(value, "signal") or None,
        string(value, "reason"),
        string(value, "message"),
        moment(value, "finishedAt"),
    )


def ready(manifest: Manifest) -> bool:
    """Whether the pod is Ready."""
    found = condition(manifest, "Ready")
    return found is not None and found.true


def unschedulable(manifest: Manifest) -> Condition | None:
    """The condition that says that no node takes the pod."""
    found = condition(manifest, "PodScheduled")
    return found if found is not None and found.false and found.reason == "Unschedulable" else None


def pod(manifest: Manifest, view: View) -> Health:
    """Verdict on a Pod.

    - phase Failed: DEGRADED (gitops-engine; kstatus calls it current, being terminal);
    - a container that waits with a failure's reason: DEGRADED whatever the restart policy (gitops-engine looks for
      it under `Always` only, so that a hook is not given up too early: here nothing is given up by a verdict; kstatus
      knows CrashLoopBackOff alone). Init containers too, and InvalidImageName, which fits neither pattern;
    - Running and Ready: HEALTHY, and not Ready after it had ended once: DEGRADED (gitops-engine); with a restart
      policy that lets it end, PROGRESSING until it has (gitops-engine; kstatus: current when Ready);
    - Unschedulable for more than 15 s: DEGRADED (kstatus; gitops-engine: progressing).
    """
    phase = string(manifest, "status", "phase")
    message = string(manifest, "status", "message")
    if phase == "Succeeded":
        return healthy("completed")
    if phase == "Failed":
        return degraded(
            message or string(manifest, "status", "reason") or _ended(view.once(parts_of, manifest)) or "failed", ENGINE
        )
    parts = view.once(parts_of, manifest)
    failing = next((c for c in parts if c.failure and not c.ready), None)
    if failing is not None:
        # The kubelet's message on a crash loop says how long it waits, and not what for.
        why = f"container {failing.name} {ended(failing)}" if failing.fell else failing.message
        return degraded(f"{failing.failure}: {why}" if why else failing.failure, ENGINE)
    stuck = unschedulable(manifest)
    if stuck is not None and view.older(stuck.at, UNSCHEDULABLE_AFTER):
        return degraded(stuck.says, KSTATUS)
    if phase != "Running":
        return progressing(message or (stuck.says if stuck else "") or _waits(parts))
    if string(manifest, "spec", "restartPolicy") in ("OnFailure", "Never"):
        return progressing("running", ENGINE)
    if ready(manifest):
        return healthy()
    fallen = next((c for c in parts if c.fell), None)
    if fallen is not None:
        return degraded(f"container {fallen.name} {ended(fallen)}", ENGINE)
    return progressing("running, not ready", BOTH)


def _waits(parts: tuple[Container, ...]) -> str:
    return next((c.waiting for c in parts if c.waiting not in _AT_WORK), "starting")


def ended(container: Container) -> str:
    """How a container ended last, in a few words; clean for display."""
    last = container.last
    if last is None:
        return "failed"
    if last.reason == "OOMKilled":
        return "ran out of memory" + (f" (limit {container.limit})" if container.limit else "")
    if last.code is None:
        return "ended"
    return f"exited with code {last.code}"


def _ended(parts: tuple[Container, ...]) -> str:
    for found in parts:
        if found.ended is not None and found.ended.code != 0:
            return f"container {found.name} {ended(found)}"
    return ""
