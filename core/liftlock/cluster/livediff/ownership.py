"""Who owns the fields of a live object, by its `managedFields`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from liftlock.cluster.livediff.fieldsets import FieldSet, taken_out, union, within, without
from liftlock.diffing.fields import IDENTITIES
from liftlock.model.change import step_text
from liftlock.model.diff import FieldChange
from liftlock.model.livediff import Author
from liftlock.text import printable
from liftlock.values import dataclass

Manifest = Mapping[str, Any]
APPLY = "Apply"
UPDATE = "Update"
CLIENT_SIDE = "kubectl-client-side-apply"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of `managedFields`."""

    manager: str
    operation: str
    subresource: str
    at: float | None
    fields: FieldSet


def entries(live: Manifest) -> tuple[Entry, ...]:
    """The entries of an object; what is not as it should be is left out."""
    found = []
    for entry in (live.get("metadata") or {}).get("managedFields") or ():
        fields = entry.get("fieldsV1")
        if isinstance(fields, Mapping):
            found.append(
                Entry(
                    str(entry.get("manager", "")),
                    str(entry.get("operation", "")),
                    str(entry.get("subresource", "")),
                    _seconds(entry.get("time")),
                    fields,
                )
            )
    return tuple(found)


def _seconds(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return None


def applied_by(live: Manifest, manager: str) -> Entry | None:
    """What the manager applied with server-side apply, None when it did not."""
    return next((e for e in entries(live) if e.manager == manager and e.operation == APPLY and not e.subresource), None)


def owned_alone(live: Manifest, mine: Iterable[Entry]) -> dict[str, Any]:
    """The fields that these entries own and no other entry does."""
    chosen = list(mine)
    owned: dict[str, Any] = {}
    for entry in chosen:
        owned = union(owned, entry.fields)
    for entry in entries(live):
        if entry not in chosen:
            owned = without(owned, entry.fields)
    return owned


def moved_by_flux(entry: Entry, manager: str) -> bool:
    """Whether Flux takes the entry's fields for its own before it compares (fluxcd/pkg ssa).

    Those of managers whose name begins with kubectl, of `before-first-apply`, and of its own old updates; what a
    subresource was written through (an autoscaler's scale) stays with its writer.
    """
    if entry.subresource:
        return False
    if entry.manager == manager:
        return entry.operation == UPDATE
    return entry.manager.startswith("kubectl") or entry.manager == "before-first-apply"


def without_moved(live: Manifest, merged: Manifest, manager: str) -> dict[str, Any] | None:
    """The object without the fields that Flux would remove because a kubectl command added them; None: there are none.

    `merged` is what the dry run gave: its entry for the manager is what Git declares now.
    """
    moved = [entry for entry in entries(live) if moved_by_flux(entry, manager)]
    if not moved:
        return None
    gone: dict[str, Any] = {}
    for entry in moved:
        gone = union(gone, entry.fields)
    kept: dict[str, Any] = {}
    for entry in entries(merged):
        if not moved_by_flux(entry, manager):
            kept = union(kept, entry.fields)
    gone = without(gone, kept)
    if not gone:
        return None
    left: dict[str, Any] = taken_out(merged, gone, kept)
    return left


def authors(live: Manifest, fields: Iterable[FieldChange | str]) -> tuple[Author, ...]:
    """Who wrote the live values of these fields, the last writer of each first.

    A field is named by its path as `FieldChange` has it. `operation` of what went through a subresource names that:
    `scale` is kubectl scale or an autoscaler.
    """
    known = sorted(entries(live), key=lambda entry: -(entry.at or 0.0))
    found: list[Author] = []
    for change in fields:
        text = change if isinstance(change, str) else change.path
        path = located(live, text)
        if not path:
            continue
        found += [
            Author(text, printable(entry.manager), entry.at, entry.subresource or entry.operation)
            for entry in known
            if within(entry.fields, path, live)
        ]
    return tuple(found)


_HEAD = re.compile(r"[^.\[]+")
_PLACE = re.compile(r"\[(\d+)\]")


def located(value: Any, text: str) -> tuple[Any, ...] | None:
    """Where a path as people read it leads in a value: keys and places; None where it leads nowhere."""
    if not text or text in ("(order)", ".(order)"):
        return ()
    if isinstance(value, Mapping):
        rest = text.removeprefix(".")
        head = _HEAD.match(rest)
        if head is not None and head[0] in value:
            path = located(value[head[0]], rest[head.end() :])
            if path is not None:
                return (head[0], *path)
        for key in sorted((k for k in value if rest.startswith(printable(str(k)))), key=len, reverse=True):
            after = rest[len(printable(key)) :]
            if after and after[0] not in ".[":
                continue
            path = located(value[key], after)
            if path is not None:
                return (key, *path)
        return None
    if isinstance(value, list):
        for at, item in enumerate(value):
            for shown in _names(item):
                if text.startswith(shown):
                    path = located(item, text[len(shown) :])
                    if path is not None:
                        return (at, *path)
        place = _PLACE.match(text)
        if place and int(place[1]) < len(value):
            at = int(place[1])
            path = located(value[at], text[place.end() :])
            return None if path is None else (at, *path)
    return None


def _names(item: Any) -> Iterator[str]:
    """How a path may name an item."""
    if isinstance(item, Mapping):
        for keys in IDENTITIES:
            if keys[-1] in item:
                yield printable(step_text(tuple((key, str(item[key])) for key in keys if key in item)))
