"""Why one pod does not come up. Fields and reasons are the kubelet's and the scheduler's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice

from liftlock.clock import age
from liftlock.cluster.health.events import Event
from liftlock.cluster.health.pods import PULL, Container, parts_of, ready, unschedulable
from liftlock.cluster.health.reading import (
    address,
    condition,
    created,
    line,
    mappings,
    moment,
    shown,
    shown_key,
    string,
)
from liftlock.cluster.health.storage import claims_of
from liftlock.cluster.health.view import View
from liftlock.cluster.objects import Manifest
from liftlock.model.diff import ObjectKey
from liftlock.model.health import Cause, Gravity

_CONFIG_AFTER = 30.0
"""A ConfigMap that is applied in the same go may come a moment later."""
_HOPELESS = 6
"""Restarts after which a container does not come right by itself: a kubelet has then tried for five minutes."""
_NEVER = frozenset({"InvalidImageName", "ErrImageNeverPull"})
_PULLS = (
    ("not found", "it is not in the registry"),
    ("manifest unknown", "it is not in the registry"),
    ("name unknown", "it is not in the registry"),
    ("does not exist or may require", "the registry has no such image, or denies access"),
    ("unauthorized", "the registry denies access"),
    ("authentication required", "the registry denies access"),
    ("denied", "the registry denies access"),
    ("403 forbidden", "the registry denies access"),
    ("toomanyrequests", "the registry limits the rate of pulls"),
    ("rate limit", "the registry limits the rate of pulls"),
    ("no such host", "the registry's name is not known"),
    ("x509", "the registry's certificate is not trusted"),
    ("no match for platform", "it is not built for the node's platform"),
    ("no space left", "the node's disk is full"),
    ("connection refused", "the registry cannot be reached"),
    ("timeout", "the registry cannot be reached"),
    ("deadline exceeded", "the registry cannot be reached"),
)
_SIGNALS = {134: "aborted", 137: "killed", 139: "segmentation fault", 143: "terminated"}
_MISSING = re.compile(r'(?P<kind>configmap|secret) "(?P<name>[^"]+)" not found', re.IGNORECASE)
_NO_KEY = re.compile(r"couldn't find key (?P<key>\S+) in (?P<kind>ConfigMap|Secret) (?:[^/\s]+/)?(?P<name>\S+)")
_NO_ITEM = re.compile(r"references non-existent (?:config|secret) key: (?P<key>\S+)")
_VOLUME = re.compile(r'for volume "(?P<volume>[^"]+)"')
_NO_CLAIM = re.compile(r'persistentvolumeclaim "(?P<name>[^"]+)" not found')
_KINDS = {"configmap": "ConfigMap", "secret": "Secret"}
_VOLUME_EVENTS = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox"})
# An Event that is not repeated for so long speaks of the past.
_FRESH = 900.0
# A container that fell longer ago than this, and runs, is not ready for another reason.
_FELL_LATELY = 600.0
_PROBE_AFTER = 30.0
_MANY = 300

Found = Cause | None
_Finder = Callable[[Manifest, tuple[Container, ...], View], Found]


def pod_cause(pod: Manifest, view: View) -> Found:
    """The first cause of a pod's not coming up, None when none is seen."""
    ranked = view.once(ranked_cause, pod)
    return ranked[1] if ranked else None


def ranked_cause(pod: Manifest, view: View) -> tuple[int, Cause] | None:
    """The same with its rank: the lower, the nearer to the root."""
    parts = view.once(parts_of, pod)
    for rank, find in enumerate(_FINDERS):
        if (found := find(pod, parts, view)) is not None:
            return rank, found
    return None


def first_of(pods: Iterable[Manifest], view: View) -> Found:
    """The cause that stands in front for several pods of one template: what cannot come right, then what is nearest
    to the root, then what is seen longest. Of very many pods the first few hundred are looked at.
    """
    found = [ranked for pod in islice(pods, _MANY) if (ranked := view.once(ranked_cause, pod)) is not None]
    best = min(found, key=lambda r: (r[1].gravity is not Gravity.HARD, r[0], r[1].since or 0.0), default=None)
    return best[1] if best else None


def _cause(pod: Manifest, sentence: str, reason: str, gravity: Gravity, since: float | None) -> Cause:
    return Cause(line(sentence), line(reason), gravity, shown_key(address(pod)), since=since)


def _named(container: Container, parts: tuple[Container, ...]) -> str:
    """`container app`, or `the container` where there is one only."""
    word = "init container" if container.initial and not container.sidecar else "container"
    return f"{word} {container.name}" if len(parts) > 1 or container.name else f"the {word}"


def _began(pod: Manifest) -> float | None:
    return moment(pod, "status", "startTime") or created(pod)


def _config(pod: Manifest, parts: tuple[Container, ...], view: View) -> Found:
    broken = next((c for c in parts if c.waiting == "CreateContainerConfigError"), None)
    if broken is None:
        return None
    since = _began(pod)
    gravity = Gravity.HARD if view.older(since, _CONFIG_AFTER) else Gravity.SUSPECT
    what = missing_config(broken.message)
    if not what and "runAsNonRoot" in broken.message:
        what = f"{_named(broken, parts)} must not run as root, and its image {broken.image} does"
    sentence = what or f"{_named(broken, parts)} cannot be configured: {broken.message}"
    return _cause(pod, sentence, broken.waiting, gravity, since)


def missing_config(message: str) -> str:
    """Which ConfigMap, Secret or key the kubelet misses, as a sentence; "" when the message names none."""
    if found := _MISSING.search(message):
        return f"{_KINDS[found['kind'].lower()]} {found['name']} is missing"
    if found := _NO_KEY.search(message):
        return f"{found['kind']} {found['name']} has no key {found['key']}"
    return ""


def _pull(pod: Manifest, parts: tuple[Container, ...], view: View) -> Found:
    broken = next((c for c in parts if c.waiting in PULL and not c.ready), None)
    if broken is None:
        return None
    events = view.events(pod)
    failed = [e.message for e in events if e.reason == "Failed" and broken.image in e.message]
    why = _why_pull(" ".join([broken.message, *failed[-2:]]), broken)
    for event in events:
        if event.reason == "FailedToRetrieveImagePullSecret":
            why = f"{why}; a pull secret is missing"
    gravity = Gravity.HARD if broken.waiting in _NEVER else Gravity.SUSPECT
    return _cause(pod, f"image {broken.image} cannot be pulled: {why}", broken.waiting, gravity, _began(pod))


def _why_pull(message: str, broken: Container) -> str:
    if broken.waiting == "InvalidImageName":
        return "that is no valid name"
    if broken.waiting == "ErrImageNeverPull":
        return "its pull policy is Never, and the node does not have it"
    lowered = message.lower()
    known = next((say for word, say in _PULLS if word in lowered), "")
    if known:
        return known
    rest = broken.message.rpartition(f'"{broken.image}": ')[2]
    if rest.startswith("Back-off"):  # that it waits, and not what for
        rest = ""
    return line(rest, 160) or "no reason is given yet"


def _crash(pod: Manifest, parts: tuple[Container, ...], view: View) -> Found:
    broken = next((c for c in parts if _down(c, view)), None)
    if broken is None or string(pod, "status", "phase") == "Succeeded":
        return None
    last, who = broken.last, _named(broken, parts)
    tries = f" (restarted {broken.restarts}×)" if broken.restarts else ""
    since = last.at if last is not None and not broken.restarts else _unready_since(pod)
    lines = tuple(line(text) for text in (last.message if last else "").splitlines()[-5:] if text.strip())
    reason = broken.waiting or (last.reason if last else "") or "Error"
    probe = _probe_failed(pod, broken, ("Liveness", "Startup"), view)
    if last is not None and last.reason == "OOMKilled":
        limit = f": its limit is {broken.limit}" if broken.limit else ", with no limit of its own"
        sentence, reason = f"{who} ran out of memory{limit}{tries}", "OOMKilled"
    elif last is not None and last.reason in ("StartError", "ContainerCannotRun"):
        sentence = f"{who} cannot be started: {_start_error(last.message)}{tries}"
    elif probe is not None:
        sentence = f"{who} is restarted because its {_probe_says(probe)}{tries}"
    elif last is None or last.code is None:
        sentence = f"{who} fails again and again{tries}"
    elif last.code == 0:
        sentence = f"{who} ends with code 0, and should go on running{tries}"
    else:
        meaning = f" ({_SIGNALS[last.code]})" if last.code in _SIGNALS else ""
        sentence = f"{who} exits with code {last.code}{meaning}{tries}"
    gravity = Gravity.HARD if broken.restarts >= _HOPELESS else Gravity.SUSPECT
    return replace(_cause(pod, sentence, reason, gravity, since), lines=lines)


def _down(container: Container, view: View) -> bool:
    if container.waiting == "CrashLoopBackOff":
        return True
    last = container.last
    if not container.fell or last is None or container.waiting in PULL:
        return False
    if container.running:
        lately = view.age(last.at)
        return lately is None or lately < _FELL_LATELY
    return True


def _start_error(message: str) -> str:
    """The end of the runtime's chain of errors, which is the part that says it."""
    return line(message.rpartition("unable to start container process: ")[2] or message, 200) or "no reason is given"


def _unready_since(pod: Manifest) -> float | None:
    found = condition(pod, "Ready")
    return found.at if found is not None and found.false and found.at is not None else _began(pod)


def _run(pod: Manifest, parts: tuple[Container, ...], view: View) -> Found:
    broken = next((c for c in parts if c.failure and not c.ready), None)
    if broken is None:
        return None
    sentence = f"{_named(broken, parts)} cannot be started: {broken.message or broken.waiting}"
    return _cause(pod, sentence, broken.waiting, Gravity.SUSPECT, _began(pod))


def _evicted(pod: Manifest, parts: tuple[Container, ...], view: View) -> Found:
    reason, message = string(pod, "status", "reason"), shown(pod, "status", "message")
    disrupted = condition(pod, "DisruptionTarget")
    since = disrupted.at if disrupted is not None else None
    if string(pod, "status", "phase") == "Failed":
        word = "was evicted" if reason == "Evicted" else "failed"
        why = message or reason or (disrupted.says if disrupted is not None else "")
        return _cause(pod, f"the pod {word}{': ' if why else ''}{why}", reason or "Failed", Gravity.SUSPECT, since)
    if disrupted is not None and disrupted.true:
        return _cause(pod, f"the pod is being moved: {disrupted.says}", disrupted.reason, Gravity.SUSPECT, since)
    return None


def _unscheduled(pod: Manifest, parts: tuple[Container, ...], view: View) -> Found:
    found = condition(pod, "PodScheduled")
    if found is None or not found.false:
        return None
    if found.reason == "SchedulingGated":
        gates = ", ".join(shown(g, "name") for g in mappings(pod, "spec", "schedulingGates"))
        return _cause(pod, f"scheduling is held by {gates or 'a gate'}", found.reason, Gravity.SUSPECT, found.at)
    if unschedulable(pod) is None:
        return None
    if absent := _NO_CLAIM.search(found.message):
        return _cause(pod, f"claim {absent['name']} is missing", found.reason, Gravity.SUSPECT, found.at)
    if "unbound immediate PersistentVolumeClaims" in found.message:
        space = string(pod, "metadata", "namespace")
        for name in claims_of(pod):
            claim = view.objects.get(ObjectKey("", "PersistentVolumeClaim", space, name))
            if claim is not None and (cause := claim_cause(claim, view)) is not None:
                return cause
    why = found.message.partition(" preemption:")[0].partition(" no new claims to deallocate")[0]
    return _cause(pod, f"no node takes the pod: {why.rstrip('. ,')}", found.reason, Gravity.SUSPECT, found.at)


def claim_cause(claim: Manifest, view: View) -> Found:
    """Why a claim is not bound."""
    phase = string(claim, "status", "phase")
    name = string(claim, "metadata", "name")
    if phase == "Lost":
        return _cause(claim, f"the volume of claim {name} is lost", "Lost", Gravity.HARD, None)
    if phase != "Pending":
        return None
    failed = [e for e in view.events(claim) if e.reason in ("ProvisioningFailed", "FailedBinding")]
    if not failed:
        wait = age(seconds) if (seconds := view.age(created(claim))) is not None else "a while"
        return _cause(claim, f"claim {name} is not bound since {wait}", "Pending", Gravity.SUSPECT, created(claim))
    last = failed[-1]
    sentence = f"claim {name} gets no volume: {last.message}"
    return _cause(claim, sentence, last.reason, Gravity.SUSPECT, last.first)


def _mount(pod: Manifest, parts: tuple[Container, ...], view: View) -> Found:
    if string(pod, "status", "phase") != "Pending" or any(c.running for c in parts):
        return None
    told = [e for e in view.events(pod) if e.reason in _VOLUME_EVENTS and _fresh(e, view)]
    if not told:
        return None
    # A missing ConfigMap says more than the time-out that follows it.
    event = next((e for e in reversed(told) if missing_config(e.message) or _NO_ITEM.search(e.message)), told[-1])
    volume = _VOLUME.search(event.message)
    place = f" (volume {volume['volume']})" if volume else ""
    what = missing_config(event.message)
    if what or (item := _NO_ITEM.search(event.message)):
        sentence = (what or f"key {item['key'] if item else ''} is missing") + place
        gravity = Gravity.HARD if view.older(event.first, _CONFIG_AFTER) else Gravity.SUSPECT
        return _cause(pod, sentence, event.reason, gravity, event.first)
    if event.reason == "FailedCreatePodSandBox":
        sentence = f"the pod's network or sandbox cannot be set up: {event.message}"
    elif "Multi-Attach" in event.message:
        sentence = f"its volume is still attached to another node{place}"
    else:
        sentence = f"a volume cannot be mounted: {event.message}"
    return _cause(pod, sentence, event.reason, Gravity.SUSPECT, event.first)


def _fresh(event: Event, view: View) -> bool:
    return view.now is None or view.now - event.last < _FRESH


def _probe_failed(pod: Manifest, container: Container, kinds: tuple[str, ...], view: View) -> Event | None:
    for event in reversed(view.events(pod)):
        mine = not event.container or event.container == container.name
        if event.reason == "Unhealthy" and mine and event.message.startswith(kinds) and _fresh(event, view):
            return event
    return None


def _probe_says(event: Event) -> str:
    """`readiness probe fails: HTTP probe failed with statuscode: 503 (12 times)`."""
    kind, _, why = event.message.partition(" probe failed")
    times = f" ({event.count} times)" if event.count > 1 else ""
    return f"{kind.lower()} probe fails{': ' if why.strip(': ') else ''}{line(why.strip(': '), 160)}{times}"


def _probe(pod: Manifest, parts: tuple[Container, ...], view: View) -> Found:
    if string(pod, "status", "phase") != "Running" or ready(pod):
        return None
    since = _unready_since(pod)
    for container in (c for c in parts if c.running and not c.ready):
        event = _probe_failed(pod, container, ("Readiness", "Startup"), view)
        if event is not None:
            sentence = f"{_named(container, parts)} runs and is not ready: its {_probe_says(event)}"
            return _cause(pod, sentence, event.reason, Gravity.SUSPECT, since)
        waited = view.age(since)
        if container.probed and waited is not None and waited > _PROBE_AFTER:
            sentence = f"{_named(container, parts)} runs and is not ready for {age(waited)}"
            return _cause(pod, sentence, "ContainersNotReady", Gravity.SUSPECT, since)
    return _gate(pod, since, view)


def _gate(pod: Manifest, since: float | None, view: View) -> Found:
    for gate in mappings(pod, "spec", "readinessGates"):
        kind = string(gate, "conditionType")
        found = condition(pod, kind)
        if (found is None or not found.true) and view.older(since, _PROBE_AFTER):
            sentence = f"readiness gate {kind} is not met{': ' + found.says if found is not None else ''}"
            return _cause(pod, sentence, "ReadinessGatesNotReady", Gravity.SUSPECT, since)
    return None


_FINDERS: tuple[_Finder, ...] = (_config, _pull, _crash, _run, _evicted, _unscheduled, _mount, _probe)
