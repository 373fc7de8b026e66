"""Reading objects whose every field may be missing or of another type than it should be.

Custom resources without a schema, old controllers and hostile objects all pass here, so nothing in this package
looks into an object but through these functions, none of which raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from liftlock.model.diff import ObjectKey
from liftlock.text import printable, shorten
from liftlock.values import dataclass

_LONGEST = 400
_NOTHING: Mapping[str, Any] = {}
_LARGEST = 2**53


def at(value: Any, *path: str) -> Any:
    """What stands at the path, None when something on the way is missing or is no mapping."""
    for part in path:
        # Nearly all are plain dictionaries, for which this is several times faster than asking the abstract class.
        if type(value) is not dict and not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def mapping(value: Any, *path: str) -> Mapping[str, Any]:
    """The mapping at the path, an empty one when there is none."""
    found = at(value, *path)
    return found if isinstance(found, Mapping) else _NOTHING


def mappings(value: Any, *path: str) -> tuple[Mapping[str, Any], ...]:
    """The mappings in the list at the path."""
    found = at(value, *path)
    return tuple(item for item in found if isinstance(item, Mapping)) if isinstance(found, list | tuple) else ()


def strings(value: Any, *path: str) -> tuple[str, ...]:
    """The strings in the list at the path."""
    found = at(value, *path)
    return tuple(item for item in found if isinstance(item, str)) if isinstance(found, list | tuple) else ()


def string(value: Any, *path: str) -> str:
    """The string at the path as it stands, to compare with; "" when there is none. Not for display."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def shown(value: Any, *path: str, columns: int = _LONGEST) -> str:
    """The string at the path on one line, clean for display, not too long."""
    return line(string(value, *path), columns)


def line(text: str, columns: int = _LONGEST) -> str:
    """A text on one line, clean for display, not too long."""
    cleaned = printable(" ".join(text[: 8 * columns].split()))
    return cleaned if 2 * len(cleaned) <= columns else shorten(cleaned, columns)


def number(value: Any, *path: str) -> int | None:
    """The whole number at the path (Argo Rollouts write some as strings), None when there is none."""
    found = at(value, *path)
    if isinstance(found, str) and len(found) < 16 and found.isascii() and found.lstrip("-").isdigit():
        found = int(found) if found.count("-") <= found.startswith("-") else None
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int) or abs(found) > _LARGEST:
        return None
    return found


def count(value: Any, *path: str) -> int:
    """The number at the path, 0 when there is none."""
    return number(value, *path) or 0


def wanted_replicas(manifest: Any) -> int:
    """`spec.replicas`, which is 1 when it is left out."""
    found = number(manifest, "spec", "replicas")
    return 1 if found is None else max(0, found)


def moment(value: Any, *path: str) -> float | None:
    """The time at the path in seconds since the epoch, None when there is none."""
    found = string(value, *path)
    if not 10 <= len(found) <= 40:
        return None
    try:
        when = datetime.fromisoformat(found)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Condition:
    """One of `status.conditions`. `message` is as it stands, not for display."""

    type: str
    status: str
    reason: str
    message: str
    at: float | None
    generation: int | None

    @property
    def true(self) -> bool:
        """Whether it holds."""
        return self.status == "True"

    @property
    def false(self) -> bool:
        """Whether it is known not to hold."""
        return self.status == "False"

    @property
    def says(self) -> str:
        """Its message, or its reason where it has none, clean for display."""
        return line(self.message) or line(self.reason)


def conditions(manifest: Any) -> Iterator[Condition]:
    """The conditions in their order."""
    return map(_condition, mappings(manifest, "status", "conditions"))


def condition(manifest: Any, kind: str) -> Condition | None:
    """The condition of this type."""
    found = mappings(manifest, "status", "conditions")
    return next((_condition(item) for item in found if item.get("type") == kind), None)


def _condition(item: Mapping[str, Any]) -> Condition:
    return Condition(
        string(item, "type"),
        string(item, "status"),
        string(item, "reason"),
        string(item, "message"),
        moment(item, "lastTransitionTime"),
        number(item, "observedGeneration"),
    )


def address(manifest: Any) -> ObjectKey:
    """What identifies the object, as the server spells it: to look it up."""
    group, slash, _ = string(manifest, "apiVersion").partition("/")
    metadata = mapping(manifest, "metadata")
    return ObjectKey(
        group if slash else "", string(manifest, "kind"), string(metadata, "namespace"), string(metadata, "name")
    )


def shown_key(key: ObjectKey) -> ObjectKey:
    """The same key, clean for display."""
    return ObjectKey(printable(key.group), printable(key.kind), printable(key.namespace), printable(key.name))


def group_kind(manifest: Any) -> tuple[str, str]:
    """Group and kind."""
    group, slash, _ = string(manifest, "apiVersion").partition("/")
    return (group if slash else "", string(manifest, "kind"))


def uid(manifest: Any) -> str:
    """The uid, "" when there is none."""
    return string(manifest, "metadata", "uid")


def controller_of(manifest: Any) -> str:
    """The uid of the object that controls this one, "" when none does."""
    owners = mappings(manifest, "metadata", "ownerReferences")
    return next((string(owner, "uid") for owner in owners if owner.get("controller") is True), "")


def created(manifest: Any) -> float | None:
    """When the object was made, in seconds since the epoch."""
    return moment(manifest, "metadata", "creationTimestamp")


def behind(manifest: Any) -> bool:
    """Whether the status speaks of an older spec. Argo Rollouts write the observed generation as a string."""
    observed = number(manifest, "status", "observedGeneration")
    generation = number(manifest, "metadata", "generation")
    return observed is not None and generation is not None and observed != generation


def deleted(manifest: Any) -> bool:
    """Whether it is on its way out."""
    return at(manifest, "metadata", "deletionTimestamp") is not None
