"""Pin what runs: a value that moves by itself becomes the version that the source's cluster has of it now. Pure.

`latest`, no tag, a range of chart versions or a branch pin nothing, so promoting them promotes whatever comes next.
What runs is read from pods (the digest that the kubelet reports), from a HelmRelease's newest release and from the
last sync of an Argo CD Application.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from liftlock.model.change import Change, ChangeClass, Op, path_text
from liftlock.model.plan import Caution, Pin, Plan
from liftlock.promotion.parts import Image, image, is_range, moves_by_itself, reference
from liftlock.promotion.rules import fits
from liftlock.text import plural, printable

if TYPE_CHECKING:
    from liftlock.model.live import Delivery, LiveCell, Running


def floating(plan: Plan) -> tuple[Change, ...]:
    """The changes that would bring a value that moves by itself into the target."""
    return tuple(
        change for change in plan.changes if _candidate(change) and _floats(change, str(plan.value_of(change)))
    )


def _candidate(change: Change) -> bool:
    usable = not (change.blocked or change.secret or change.settled)
    return usable and change.cls is ChangeClass.VERSION and change.op is not Op.REMOVE and isinstance(change.new, str)


def caution(change: Change) -> Caution | None:
    """What a person should know of a change that is staged by default and moves by itself; None for any other."""
    if not (change.proposed and _candidate(change) and _floats(change, str(change.new))):
        return None
    where = f"{printable(change.file)}: {printable(path_text(change.path))}"
    said = (
        f"{where} would get {printable(str(change.new))}, which moves by itself: pinning writes what runs in its place"
    )
    return Caution(said, change.id)


def pins(plan: Plan, live: Mapping[str, Sequence[LiveCell]]) -> tuple[Pin, ...]:
    """For each floating change what runs in the source, by the live cells of its apps there."""
    return tuple(_pin(change, plan.source, live.get(change.app, ())) for change in floating(plan))


def pinned(plan: Plan, found: Iterable[Pin]) -> Plan:
    """The plan with what could be pinned staged and written so, and a warning for what could not."""
    reasons = {pin.change: pin for pin in found}
    for pin in reasons.values():
        if pin.value:
            plan = plan.edit(pin.change, pin.value).select([pin.change], True)
    changes = tuple(
        replace(c, why=f"{c.why.partition(': offered')[0]}; {reasons[c.id].why}")
        if c.id in reasons and reasons[c.id].value
        else c
        for c in plan.changes
    )
    answered = {caution(c) for c in plan.changes if c.id in reasons and reasons[c.id].value}
    kept = tuple(warning for warning in plan.warnings if warning not in answered)
    left = tuple(Caution(f"not pinned: {pin.why}", pin.change) for pin in reasons.values() if not pin.value)
    return replace(plan, changes=changes, warnings=(*kept, *left))


def _floats(change: Change, text: str) -> bool:
    told, url = _image(change, text), reference(text)
    if told is not None:
        return not told.digest and (not told.tag or _moving(told.tag))
    return _moving(url.ref if url is not None else text)


def _moving(version: str) -> bool:
    return not version or moves_by_itself(version) or is_range(version)


def _image(change: Change, text: str) -> Image | None:
    """The parts of an image string, one without a tag among them where the key says that it is an image."""
    told = image(text)
    if told is None and fits("image|*image", _keys(change)[-1:]) and re.fullmatch(r"[\w.:-]*(/[\w.-]+)+", text):
        return Image(text)
    return told if told is not None and "/" in told.repository else None


def _keys(change: Change) -> tuple[str, ...]:
    return tuple(step.lower() for step in change.path if isinstance(step, str))


# --- What runs --------------------------------------------------------------------------------------------------------


def _pin(change: Change, source: str, cells: Sequence[LiveCell]) -> Pin:
    keys, value = _keys(change), str(change.new)
    if not cells:
        return Pin(change.id, "", f"no cluster is known for {printable(source)}")
    broken = next((cell for cell in cells if cell.state in _SILENT), None)
    if broken is not None:
        return Pin(change.id, "", f"what runs in {printable(source)} does not tell: {broken.why or broken.state}")
    if fits("chart.spec.version", keys):
        return _one(change, source, [_chart(cell, change) for cell in cells], "the chart that is installed")
    if fits("targetrevision", keys):
        return _one(change, source, [_synced(cell, change, value) for cell in cells], "the revision that was synced")
    if reference(value) is not None or fits("spec.ref.*", keys):
        return Pin(change.id, "", f"no cluster tells which commit {printable(value)} was when it was built")
    return _from_pods(change, source, value, cells)


# What is not heard, and what should not be taken further.
_SILENT = frozenset({"unreachable", "forbidden", "absent", "unknown", "failing"})


def _one(change: Change, source: str, told: Sequence[str], what: str) -> Pin:
    """The one version that all targets have."""
    values = sorted({value for value in told if value})
    if not values or not all(told):
        return Pin(change.id, "", f"{printable(source)} does not report {what}")
    if len(values) > 1:
        return Pin(change.id, "", f"the clusters of {printable(source)} differ: {printable(', '.join(values))}")
    return Pin(change.id, values[0], f"pinned to {what} in {printable(source)}: {printable(values[0])}")


def _chart(cell: LiveCell, change: Change) -> str:
    """The chart's version of a HelmRelease's newest release that was deployed (helm-controller's status.history)."""
    delivery = _delivery(cell, "HelmRelease", change)
    history = _items(_map(delivery.raw if delivery else {}, "status").get("history"))
    deployed = [h for h in history if h.get("status") == "deployed"]
    newest = max(deployed, key=lambda h: int(h.get("version") or 0), default={})
    return str(newest.get("chartVersion") or "")


def _synced(cell: LiveCell, change: Change, value: str) -> str:
    """What an Application runs of the source that says this revision: of its last sync, not of its last comparison."""
    delivery = _delivery(cell, "Application", change)
    if delivery is None:
        return ""
    spec, status = _map(delivery.raw, "spec"), _map(delivery.raw, "status")
    several = _items(spec.get("sources"))
    operation = _map(status, "operationState")
    result = _map(operation, "syncResult") if operation.get("phase") == "Succeeded" else {}
    ran = result or next(iter(reversed(_items(status.get("history")))), {})
    if not several:
        return str(ran.get("revision") or delivery.applied)
    revisions = ran.get("revisions")
    at = [n for n, one in enumerate(several) if str(one.get("targetRevision") or "HEAD") == value]
    if len(at) != 1 or not isinstance(revisions, list) or at[0] >= len(revisions):
        return ""
    return str(revisions[at[0]])


def _delivery(cell: LiveCell, kind: str, change: Change) -> Delivery | None:
    """The controller's object that the changed file is: by its name, else the only one of its kind."""
    there = [d for d in cell.deliveries if d.key.kind == kind]
    steps = [dict(step) for step in change.path[:1] if not isinstance(step, str)]
    document = next((step["document"] for step in steps if "document" in step), "")
    named = [d for d in there if document and document.partition("/")[2] == d.key.name]
    return (named or there)[0] if len(named or there) == 1 else None


def _map(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = of.get(key)
    return found if isinstance(found, Mapping) else {}


def _items(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _from_pods(change: Change, source: str, value: str, cells: Sequence[LiveCell]) -> Pin:
    whole = _image(change, value)
    tag = whole.tag if whole is not None else value
    running = [one for cell in cells for one in cell.running]
    mine = list(_of_this_image(change, whole, tag, [one for one in running if one.current] or running))
    if not mine:
        return Pin(change.id, "", f"no pod in {printable(source)} runs an image of this name or tag")
    names = sorted({one.name for one in mine})
    if len(names) > 1:
        return Pin(change.id, "", f"which of these it is of cannot be told: {printable(', '.join(names))}")
    builds = sorted({_build(one) for one in mine})
    if len(builds) > 1 or not builds[0]:
        said = f"{len(builds)} builds of it run" if len(builds) > 1 else "the kubelet reports no digest of it"
        return Pin(change.id, "", f"{said} in {printable(source)}: {printable(names[0])}")
    new = f"{whole.scheme}{whole.repository}{'@' if builds[0].startswith('sha256:') else ':'}" if whole else ""
    said = f"pinned to what {plural(sum(one.pods for one in mine), 'pod')} of {printable(source)} run"
    return Pin(change.id, f"{new}{builds[0]}", said)


def _of_this_image(change: Change, whole: Image | None, tag: str, running: Sequence[Running]) -> Iterator[Running]:
    """What runs of the image that the change is about: by its name, else by its tag, then by a name in its path."""
    if whole is not None:
        name = whole.repository.rpartition("/")[2]
        yield from (one for one in running if one.name.rpartition("/")[2] == name)
        return
    named = {value for step in change.path if not isinstance(step, str) for key, value in step if key == "name"}
    exact = [one for one in running if one.name in named]
    tagged = exact or [one for one in running if one.value.partition("@")[0] == tag]
    words = {step.lower() for step in change.path if isinstance(step, str)} | {change.app.lower(), *named}
    near = [one for one in tagged if one.name.rpartition("/")[2].lower() in words]
    yield from near if near and len({one.name for one in tagged}) > 1 else tagged


def _build(one: Running) -> str:
    """The build that runs, as it can stand behind an image's name: a tag that stays, else the digest."""
    tag, _, digest = one.value.partition("@")
    if tag.startswith("sha256:"):
        return tag
    if tag and not _moving(tag):
        return one.value
    digest = digest or one.digest
    return f"{tag}@{digest}" if tag and digest else digest
