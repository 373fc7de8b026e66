"""What an apply would make of an object, worked out here without asking the server.

What Git says is laid over what is live. Removals are judged against what was applied last: the fields that the
manager owns (server-side apply), the last-applied annotation, or the manifest of the applied revision. Defaults and
what others added stay, for Git says nothing of them. This follows gitops-engine's three-way difference and the API
server's rules of merging; admission is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from liftlock.cluster.livediff.applying import applied
from liftlock.cluster.livediff.fieldsets import part_of
from liftlock.cluster.livediff.ownership import LAST_APPLIED, Entry, entries, moved_by_flux, owned_alone
from liftlock.cluster.livediff.preparing import annotated
from liftlock.cluster.livediff.quantities import same_amount, same_data, same_scalar
from liftlock.cluster.livediff.schema import Field, Schema, built_in
from liftlock.cluster.livediff.threeway import item_keys, keyed, merges_values, same, three_way

Manifest = Mapping[str, Any]


def predicted(
    live: Manifest, desired: Manifest, original: Manifest, schema: Schema, *, server_side: bool
) -> dict[str, Any]:
    """The live object as it would be after the apply."""
    wanted = _Adopting(server_side).mapping(desired, live, original, schema)
    if desired.get("kind") == "Secret":
        wanted = _secret(wanted, live)
    wanted = annotated(wanted)
    patch = three_way(original, wanted, live, schema, whole_keys=server_side)
    if built_in(str(desired.get("apiVersion", "")).rpartition("/")[0]):
        patch = _defaulted(patch)
    made = applied(live, patch, schema, whole_keys=server_side)
    _alias(made, live)
    return made


def last_applied(live: Manifest) -> dict[str, Any]:
    """What client-side apply noted of its last run, {} when there is no such note."""
    text = ((live.get("metadata") or {}).get("annotations") or {}).get(LAST_APPLIED)
    try:
        noted = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return noted if isinstance(noted, dict) else {}


def owned_part(live: Manifest, manager: str, *, flux: bool) -> dict[str, Any]:
    """The part of a live object that the manager applied and nobody else owns; with what Flux takes for its own."""

    def mine(entry: Entry) -> bool:
        applied_it = entry.manager == manager and entry.operation == "Apply" and not entry.subresource
        return applied_it or (flux and moved_by_flux(entry, manager))

    fields = owned_alone(live, (entry for entry in entries(live) if mine(entry)))
    part = part_of(live, fields) if fields else {}
    return part if isinstance(part, dict) else {}


class _Adopting:
    """Spells what is wanted as the server spells it, where both mean the same; and leaves out what says nothing."""

    def __init__(self, whole_keys: bool) -> None:
        self._whole = whole_keys

    def mapping(self, wanted: Manifest, now: Manifest, before: Manifest, schema: Schema) -> dict[str, Any]:
        made = {}
        for key, value in wanted.items():
            if value is None or (value in ({}, []) and key not in now):
                continue
            made[key] = self._value(value, now.get(key), before.get(key), schema.field(key))
        return made

    def _value(self, wanted: Any, now: Any, before: Any, field: Field) -> Any:
        if isinstance(wanted, Mapping):
            if field.quantity:
                return {k: _quantity(v, now.get(k) if isinstance(now, Mapping) else None) for k, v in wanted.items()}
            there = now if isinstance(now, Mapping) else {}
            return self.mapping(wanted, there, before if isinstance(before, Mapping) else {}, field.inner)
        if isinstance(wanted, list):
            there_list = now if isinstance(now, list) else []
            return self._list(wanted, there_list, before if isinstance(before, list) else [], field)
        if field.quantity:
            return _quantity(wanted, now)
        return now if same_scalar(wanted, now) else wanted

    def _list(self, wanted: list[Any], now: list[Any], before: list[Any], field: Field) -> list[Any]:
        keys = item_keys(field, self._whole)
        mine, live, former = keyed(wanted, keys), keyed(now, keys), keyed(before, keys)
        if keys and mine is not None and live is not None:
            defaults = {"protocol": "TCP"} if "protocol" in field.keys else {}
            return [
                {**defaults, **self.mapping(item, live.get(name) or {}, (former or {}).get(name) or {}, field.inner)}
                for name, item in mine.items()
            ]
        if merges_values(field, self._whole) or len(wanted) != len(now):
            return wanted
        olds = before if len(before) == len(wanted) else [None] * len(wanted)
        return [self._whole_item(*three, field) for three in zip(wanted, now, olds, strict=True)]

    def _whole_item(self, wanted: Any, now: Any, before: Any, field: Field) -> Any:
        """An item of a list that is replaced as a whole: the live one when it is the wanted one with defaults."""
        spelled = self._value(wanted, now, before, Field(field.inner, quantity=field.quantity))
        if isinstance(spelled, Mapping) and isinstance(now, Mapping):
            return now if _satisfied(spelled, now, before) else spelled
        return spelled


def _satisfied(wanted: Any, now: Any, before: Any) -> bool:
    """Whether all that is wanted is there, and nothing is that was applied before and is wanted no longer."""
    if isinstance(wanted, Mapping) and isinstance(now, Mapping):
        former = before if isinstance(before, Mapping) else {}
        if any(key not in wanted and key in now for key in former):
            return False
        return all(key in now and _satisfied(value, now[key], former.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(now, list):
        olds = before if isinstance(before, list) and len(before) == len(wanted) else [None] * len(wanted)
        return len(wanted) == len(now) and all(map(_satisfied, wanted, now, olds))
    return same(wanted, now)


def _quantity(wanted: Any, now: Any) -> Any:
    return now if same_amount(wanted, now) else wanted


# What the server puts in the place of a field that is taken away, where it is the same wherever the name stands.
_DEFAULTS = {
    "replicas": 1,
    "progressDeadlineSeconds": 600,
    "terminationGracePeriodSeconds": 30,
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "sessionAffinity": "None",
    "externalTrafficPolicy": "Cluster",
    "periodSeconds": 10,
    "timeoutSeconds": 1,
    "successThreshold": 1,
    "failureThreshold": 3,
    "podManagementPolicy": "OrderedReady",
    "concurrencyPolicy": "Allow",
    "defaultMode": 420,
}
# Mappings whose keys are anybody's.
_FREE = frozenset({"labels", "annotations", "matchLabels", "data", "stringData", "nodeSelector", "limits", "requests"})


def _defaulted(patch: Any) -> Any:
    """The patch with defaults where it takes away a field that has one."""
    if isinstance(patch, Mapping):
        return {
            key: _DEFAULTS.get(key) if value is None else value if key in _FREE else _defaulted(value)
            for key, value in patch.items()
        }
    return [_defaulted(item) for item in patch] if isinstance(patch, list) else patch


def _secret(wanted: dict[str, Any], live: Manifest) -> dict[str, Any]:
    data, there = wanted.get("data"), live.get("data")
    if not isinstance(data, dict) or not isinstance(there, Mapping):
        return wanted
    return {**wanted, "data": {k: there[k] if k in there and same_data(v, there[k]) else v for k, v in data.items()}}


def _alias(made: dict[str, Any], live: Manifest) -> None:
    """The server keeps the old name of `serviceAccountName` beside it."""
    spec, before = _pod(made), _pod(live)
    name = spec.get("serviceAccountName")
    if name and "serviceAccount" in spec and name != before.get("serviceAccountName"):
        spec["serviceAccount"] = name


def _pod(manifest: Manifest) -> Any:
    spec = manifest.get("spec")
    for step in ("jobTemplate", "spec", "template", "spec"):
        if isinstance(spec, Mapping) and isinstance(spec.get(step), Mapping):
            spec = spec[step]
    return spec if isinstance(spec, dict) else {}
