"""YAML as Kubernetes reads it: objects out of text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from liftlock.nesting import too_deep
from liftlock.text import printable

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE):  # type: ignore[misc]
    """Scalars as Kubernetes' tools take them: no dates, no numbers to the base of 60, unknown tags passed over."""


def _resolvers() -> dict[str, list[tuple[str, Any]]]:
    left_out = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value", "tag:yaml.org,2002:int"}
    left_out.add("tag:yaml.org,2002:float")
    return {
        first: [(tag, pattern) for tag, pattern in pairs if tag not in left_out]
        for first, pairs in _BASE.yaml_implicit_resolvers.items()
    }


def _passed(loader: Any, _suffix: str, node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_Loader.yaml_implicit_resolvers = _resolvers()
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"^(?:[-+]?0b[01_]+|[-+]?0x[0-9a-fA-F_]+|[-+]?0o?[0-7_]+|[-+]?(?:0|[1-9][0-9_]*))$"),
    list("-+0123456789"),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
        r"|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
    ),
    list("-+0123456789."),
)
_Loader.add_multi_constructor("", _passed)


def _integer(loader: Any, node: Any) -> Any:
    text = loader.construct_scalar(node).replace("_", "")
    sign, digits = (-1, text[1:]) if text[:1] == "-" else (1, text.removeprefix("+"))
    try:
        if digits[:2] in ("0x", "0b", "0o"):
            return sign * int(digits, 0)
        return sign * int(digits, 8 if len(digits) > 1 and digits[0] == "0" else 10)
    except ValueError:
        return text


_Loader.add_constructor("tag:yaml.org,2002:int", _integer)


class Unreadable(ValueError):
    """A text that is not YAML; its message says why in one line."""


def load(text: str | bytes) -> list[Any]:
    """The documents of a text. Raises Unreadable."""
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        if too_deep(decoded):
            raise Unreadable("it is nested too deeply")
        return list(yaml.load_all(decoded, _Loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or (str(error).splitlines() or ["it is not YAML"])[0]
        raise Unreadable(printable(f"line {mark.line + 1}: {said}" if mark else str(said))) from error
    except UnicodeDecodeError as error:
        raise Unreadable("it is not UTF-8") from error
    except (RecursionError, ValueError, TypeError) as error:
        raise Unreadable(printable(str(error).splitlines()[0] if str(error) else "it is not YAML")) from error


def objects(documents: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """The Kubernetes objects among these documents; lists of objects are taken apart, all else is passed over."""
    for document in documents:
        if not isinstance(document, dict):
            continue
        kind, version = document.get("kind"), document.get("apiVersion")
        if not isinstance(kind, str) or not isinstance(version, str):
            continue
        items = document.get("items")
        if kind.endswith("List") and isinstance(items, list):
            yield from objects(items)
        else:
            yield document


def plain(document: dict[str, Any]) -> dict[str, Any]:
    """The object as JSON would have it: keys are texts, nothing is shared between places."""
    made: dict[str, Any] = json.loads(json.dumps(document, default=str))
    return made
