"""Whatever stands in an object: a verdict, never an exception, and nothing that a terminal would obey."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from health_states import NOW, recorded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liftlock.cluster.health import (
    cause,
    happenings,
    log_wanted,
    progress,
    running_images,
    template_images,
    tree,
    verdict,
    with_lines,
)
from liftlock.cluster.health.verdicts import RULES
from liftlock.cluster.objects import Snapshot, key
from liftlock.model.health import Health
from liftlock.text import printable

WORDS = [
    "True", "False", "Unknown", "Ready", "Progressing", "Available", "Failed", "Complete", "Running", "Pending",
    "CrashLoopBackOff", "Unschedulable", "PodScheduled", "ReplicaFailure", "1", "-1", "2026-01-01T00:00:00Z",
    "\x1b[2J", "a\nb\x07", 'configmap "x\x1b" not found', "exceeded quota: a, requested: b, used: c, limited: \x9b",
    "field is immutable", 'x "y" is invalid: ', "OnDelete", "Always", "sha1:" + "0" * 40,
]  # fmt: skip
FIELDS = [
    "conditions", "type", "status", "reason", "message", "lastTransitionTime", "replicas", "observedGeneration",
    "containerStatuses", "initContainerStatuses", "state", "lastState", "waiting", "terminated", "running", "phase",
    "name", "exitCode", "template", "spec", "metadata", "containers", "suspend", "history", "health", "sync",
    "operationState", "syncResult", "resources", "inventory", "entries", "id", "loadBalancer", "ingress",
    "currentStepIndex", "strategy", "canary", "steps", "pauseConditions", "updateStrategy", "rollingUpdate",
    "partition", "startTime", "restartCount", "image", "imageID", "ready", "volumes", "workloadRef",
]  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=20)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=25,
)
KINDS = st.sampled_from([*RULES, ("example.com", "Widget"), ("new.toolkit.fluxcd.io", "New")])


def some(values: st.SearchStrategy[Any], *names: str) -> st.SearchStrategy[Any]:
    """An object with some of these fields."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, values))


CONDITION = some(LEAVES, "type", "status", "reason", "message", "lastTransitionTime")
CONTAINER = some(JSON, "name", "state", "lastState", "ready", "restartCount", "image")
ENTRY = st.fixed_dictionaries({"id": st.sampled_from(["shop_a__Pod", "x", "_a_apps_Deployment"])})
# JSON in the shape of a status, with anything in its places.
SHAPED = st.fixed_dictionaries(
    {},
    optional={
        "conditions": st.lists(CONDITION, max_size=3),
        "phase": LEAVES,
        "containerStatuses": st.lists(CONTAINER, max_size=2),
        "observedGeneration": LEAVES,
        "replicas": LEAVES,
        "history": JSON,
        "operationState": some(JSON, "phase", "message", "syncResult", "finishedAt"),
        "health": JSON,
        "inventory": st.fixed_dictionaries({"entries": st.lists(ENTRY)}),
    },
)
STATUS = JSON | SHAPED


@st.composite
def manifests(draw: st.DrawFn, name: str = "a", owner: str = "") -> Any:
    group, kind = draw(KINDS)
    metadata: dict[str, Any] = {"name": name, "namespace": "shop", "uid": f"uid-{name}"}
    metadata |= draw(some(JSON, "labels", "annotations", "generation", "finalizers"))
    if owner:
        metadata["ownerReferences"] = [{"uid": f"uid-{owner}", "controller": True, "name": owner, "kind": draw(LEAVES)}]
    made = {"apiVersion": f"{group}/v1" if group else "v1", "kind": kind, "metadata": metadata}
    return {**made, "spec": draw(STATUS), "status": draw(STATUS)}


def texts(value: Any) -> list[str]:
    """All texts in a value."""
    if isinstance(value, str):
        return [value]
    if is_dataclass(value) and not isinstance(value, type):
        return [text for field in fields(value) for text in texts(getattr(value, field.name))]
    return [text for item in value for text in texts(item)] if isinstance(value, tuple) else []


def clean(value: Any) -> bool:
    return all(printable(text) == text and "\n" not in text for text in texts(value))


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(JSON, JSON, JSON)
def test_any_json_has_a_verdict(metadata: Any, spec: Any, status: Any) -> None:
    for group, kind in RULES:
        api = f"{group}/v1" if group else "v1"
        manifest = {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec, "status": status}
        health = verdict(manifest, None, NOW)
        assert isinstance(health, Health)
        assert clean(health)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(manifests(), manifests("b", "a"), manifests("c", "b"), JSON)
def test_nothing_here_raises(one: Any, two: Any, three: Any, told: Any) -> None:
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "e", "namespace": "shop"},
        "involvedObject": told,
    }
    about = {"kind": two["kind"], "name": "b", "namespace": "shop"}
    other = {**event, "metadata": {"name": "f", "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z"}}
    objects = Snapshot([one, two, three, event, {**other, "involvedObject": about, "message": told, "reason": told}])
    keys = [key(one), key(two), key(three)]
    for manifest in (one, two, three):
        assert clean(verdict(manifest, objects, NOW))
        assert clean(template_images(manifest))
        found = cause(manifest, objects, NOW)
        if found is not None:
            assert clean(found) and found.sentence
            log_wanted(found, objects)
    assert clean(tree(keys, objects, NOW))
    assert clean(running_images(keys, objects))
    assert clean(happenings([*keys, "uid-a"], objects, 10))
    assert 0 <= progress(keys, objects, NOW) <= 100


@given(st.lists(st.text()))
def test_log_lines_are_clean(lines: list[str]) -> None:
    state = recorded("crash")
    found = cause(state.key("Deployment"), state.objects, state.now)
    assert found is not None
    full = with_lines(found, lines)
    assert clean(full)
    assert len(full.lines) <= 20


@settings(max_examples=100, deadline=2000)
@given(
    st.lists(
        st.sampled_from([*WORDS, "a", ".", ": Invalid value", "exceeded quota: ", "/", "{", '"', "[", "status: '"]),
        max_size=400,
    )
)
def test_long_messages_take_no_long_time(parts: list[str]) -> None:
    message = "".join(parts) * 20
    condition = {"type": "Ready", "status": "False", "reason": "ReconciliationFailed", "message": message}
    manifest = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "a", "namespace": "b"},
        "status": {"conditions": [condition]},
    }
    assert cause(manifest, Snapshot([manifest]), NOW) is not None
