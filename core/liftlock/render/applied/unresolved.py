"""Values that are not known here: a Secret's, or those of an object that was not read.

In the place of such a value stands a mark with the name of what it comes from. Whoever compares with the cluster puts
the live value there first, so that what is not known never shows as a change.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from liftlock.diffing.signs import MASK

_MARK = re.compile(re.escape(MASK) + r"\((?P<name>[^()]*)\)")
_NAMES = ("name", "containerPort", "port", "mountPath", "key", "ip", "host", "path", "type")
"""What tells the items of a list apart (the merge keys of Kubernetes' own lists), the most telling first."""


def mark(name: str) -> str:
    """What stands for a value that is not known here. It means nothing to YAML, wherever it is put."""
    return f"{MASK}({re.sub(r'[^A-Za-z0-9_.-]', '_', name)})"


def is_unresolved(value: Any) -> bool:
    """Whether the value is a text with something in it that is not known here."""
    return isinstance(value, str) and _MARK.search(value) is not None


def unresolved(value: Any) -> tuple[str, ...]:
    """The names of all that is not known in an object, each once, in order."""
    return tuple(dict.fromkeys(name for text in _texts(value) for name in _MARK.findall(text)))


def settled(manifest: Mapping[str, Any], live: Mapping[str, Any] | None) -> dict[str, Any]:
    """The manifest with what is live in the place of what is not known.

    Where nothing is live the mark stays; in a Secret's data it is encoded, as the API server wants it.
    """
    made: dict[str, Any] = _settled(manifest, live)
    data = made.get("data")
    if manifest.get("kind") == "Secret" and isinstance(data, Mapping):
        made["data"] = {k: base64.b64encode(v.encode()).decode() if is_unresolved(v) else v for k, v in data.items()}
    return made


def _settled(value: Any, live: Any) -> Any:
    if isinstance(value, Mapping):
        there = live if isinstance(live, Mapping) else {}
        return {key: _settled(item, there.get(key)) for key, item in value.items()}
    if isinstance(value, list):
        items = live if isinstance(live, list) else []
        return [_settled(item, _partner(item, at, value, items)) for at, item in enumerate(value)]
    return live if is_unresolved(value) and live is not None and not isinstance(live, Mapping | list) else value


def _partner(item: Any, at: int, mine: Sequence[Any], live: Sequence[Any]) -> Any:
    """The live item that is this one: by what names it, else by its place in a list of the same length."""
    if isinstance(item, Mapping):
        for name in _NAMES:
            told = item.get(name)
            if told is None or is_unresolved(told):
                continue
            same = [other for other in live if isinstance(other, Mapping) and other.get(name) == told]
            if len(same) == 1:
                return same[0]
    return live[at] if len(mine) == len(live) else None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
