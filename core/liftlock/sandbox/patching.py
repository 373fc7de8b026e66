"""What an object becomes by a patch of each kind."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from liftlock.cluster.livediff.applying import applied
from liftlock.cluster.livediff.fieldsets import FieldSet, taken_out, union, without
from liftlock.cluster.livediff.schema import Schema, built_in, schema_of
from liftlock.cluster.livediff.threeway import PATCH, item_keys, same
from liftlock.sandbox.managing import (
    APPLY,
    changed_fields,
    common,
    entries,
    fields_of,
    is_whole,
    of_manager,
    with_entry,
)
from liftlock.sandbox.refusing import Refusal, contested, manager_text

Manifest = Mapping[str, Any]
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_KUBECTL = "kubectl"
_REJECTED = "the server rejected our request due to an error in our request"


def merged(live: Manifest, patch: Any) -> dict[str, Any]:
    """After a JSON merge patch."""
    return applied(live, _mapping(patch))


def strategic(live: Manifest, patch: Any, group: str, kind: str) -> dict[str, Any]:
    """After a strategic merge patch, which custom resources do not take."""
    if not built_in(group):
        raise Refusal(
            415,
            "the body of the request was in an unknown format - accepted media types include: "
            "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
        )
    return applied(live, _mapping(patch), schema_of(group, kind))


def _mapping(patch: Any) -> Mapping[str, Any]:
    if not isinstance(patch, Mapping):
        raise Refusal(400, "the patch is no object")
    return patch


def server_side(
    live: Manifest, wanted: Manifest, group: str, kind: str, *, manager: str, force: bool, time: str
) -> dict[str, Any]:
    """After a server-side apply: `live` is {} where there is no object yet. Raises Refusal for fields of others.

    kubectl may take what it applied before by itself (what the annotation names), and keeps the annotation so.
    """
    last = ((live.get("metadata") or {}).get("annotations") or {}).get(LAST_APPLIED)
    if manager != _KUBECTL or last is None:
        return _server_side(live, wanted, group, kind, manager, force, {}, time)
    try:
        own = fields_of(json.loads(last), group, kind)
    except (ValueError, TypeError, AttributeError):
        own = {}
    made = _server_side(live, wanted, group, kind, manager, force, own, time)
    text = json.dumps(wanted, separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n"
    made["metadata"]["annotations"] = {**(made["metadata"].get("annotations") or {}), LAST_APPLIED: text}
    return made


def _server_side(
    live: Manifest, wanted: Manifest, group: str, kind: str, manager: str, force: bool, own: FieldSet, time: str
) -> dict[str, Any]:
    """What the manager applied before and does not name any more goes, unless somebody else owns it too.

    Fields in `own` are taken from others without a word.
    """
    schema = schema_of(group, kind)
    if (wanted.get("metadata") or {}).get("managedFields"):
        raise Refusal(400, "metadata.managedFields must be nil")
    named = fields_of(wanted, group, kind)
    known = entries(live)
    others: FieldSet = {}
    for entry in known:
        if (entry["manager"], entry["operation"], entry.get("subresource", "")) != (manager, APPLY, ""):
            others = union(others, entry["fieldsV1"])
    gone = without(without(of_manager(known, manager, APPLY), named), others)
    base = taken_out(live, gone, union(named, others)) if gone else live
    body = {key: value for key, value in wanted.items() if key != "status"} if live.get("status") else wanted
    made = applied(base, _replacing(body, schema, group), schema, whole_keys=True)
    changed = changed_fields(live, made, group, kind) if live else {}
    conflicts: list[tuple[str, str]] = []
    allowed = True
    left = []
    for entry in known:
        if entry["manager"] == manager and entry["operation"] == APPLY:
            left.append(entry)
            continue
        contest = common(entry["fieldsV1"], common(changed, named)) if changed else {}
        conflicts += [(manager_text(entry), path) for path in _paths(contest)]
        allowed = allowed and not without(contest, own)
        kept = without(entry["fieldsV1"], contest) if contest else entry["fieldsV1"]
        if kept:
            left.append({**entry, "fieldsV1": kept})
    if conflicts and not (force or (own and allowed)):
        raise contested(conflicts)
    api_version = str(wanted.get("apiVersion", ""))
    metadata = {**(made.get("metadata") or {})}
    metadata["managedFields"] = with_entry(left, manager, APPLY, named, api_version, time)
    made["metadata"] = metadata
    return made


def _replacing(value: Manifest, schema: Schema, group: str) -> dict[str, Any]:
    """The same with a word in each mapping that is replaced as a whole."""
    made: dict[str, Any] = {}
    for name, inner in value.items():
        field = schema.field(name)
        if isinstance(inner, Mapping):
            whole = is_whole(group, name, field)
            made[name] = {PATCH: "replace", **inner} if whole else _replacing(inner, field.inner, group)
        elif isinstance(inner, list) and item_keys(field, True):
            made[name] = [_replacing(i, field.inner, group) if isinstance(i, Mapping) else i for i in inner]
        else:
            made[name] = inner
    return made


def _paths(fields: FieldSet, path: str = "") -> Iterator[str]:
    for key, inner in fields.items():
        if key == ".":
            continue
        step = f".{key[2:]}" if key.startswith("f:") else f"[{_item(key)}]"
        if any(name != "." for name in inner):
            yield from _paths(inner, path + step)
        else:
            yield path + step


def _item(key: str) -> str:
    """An item of a list as a path names it."""
    if not key.startswith("k:"):
        return f"={key[2:]}"
    return ",".join(f"{name}={json.dumps(value)}" for name, value in json.loads(key[2:]).items())


# JSON patch -----------------------------------------------------------------------------------------------------------


def json_patched(live: Manifest, patch: Any) -> dict[str, Any]:
    """After a JSON patch (RFC 6902)."""
    made: Any = copy.deepcopy(dict(live))
    if not isinstance(patch, Sequence) or isinstance(patch, str):
        raise Refusal(400, "the patch is no list")
    for step in patch:
        try:
            made = _step(made, step)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise Refusal(422, _REJECTED) from error
    if not isinstance(made, dict):
        raise Refusal(422, "the patch leaves no object")
    return made


def _step(document: Any, step: Mapping[str, Any]) -> Any:
    what = step["op"]
    path = _pointer(step["path"])
    if what == "test":
        if not same(_at(document, path), step.get("value")):
            raise Refusal(422, _REJECTED)
        return document
    if what in ("move", "copy"):
        source = _pointer(step["from"])
        value = copy.deepcopy(_at(document, source))
        if what == "move":
            document = _put(document, source, None, "remove")
        return _put(document, path, value, "add")
    if what not in ("add", "replace", "remove"):
        raise ValueError(what)
    return _put(document, path, copy.deepcopy(step.get("value")), what)


def _pointer(text: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _at(document: Any, path: Sequence[str]) -> Any:
    for part in path:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def _put(document: Any, path: Sequence[str], value: Any, what: str) -> Any:
    if not path:
        return value
    inner, last = _at(document, path[:-1]), path[-1]
    if isinstance(inner, list):
        if what == "add":
            inner.insert(len(inner) if last == "-" else int(last), value)
        elif what == "replace":
            inner[int(last)] = value
        else:
            del inner[int(last)]
    elif what == "remove":
        del inner[last]
    else:
        inner[last] = value
    return document
