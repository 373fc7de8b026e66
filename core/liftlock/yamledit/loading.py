"""The fast way to values only: no positions, no types, everything expanded."""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml._yaml import CParser

from liftlock.model.change import Value
from liftlock.yamledit import dotenv, formats
from liftlock.yamledit.nodes import value_of

MAX_NODES = 2_000_000
MAX_DEPTH = 1000
_BRACKETS = re.compile(r"[\[\]{}]")
_INDICATORS = re.compile(r"(?:[-?:][ \t]+){200}")


class _Composer(CParser):
    """The C composer without resolving types: texts are all that is wanted."""

    def resolve(self, kind: object, value: object, implicit: object) -> str:
        return ""

    def descend_resolver(self, current_node: object, current_index: object) -> None: ...

    def ascend_resolver(self) -> None: ...


def load(data: bytes, path: str) -> list[Value]:
    """The documents as nested dicts, lists and texts, aliases expanded and merge keys applied; [] when unreadable."""
    kind = formats.format_of(path)
    if kind in ("other", "template") or formats.sealed(data):
        return []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return []
    if kind == "dotenv":
        return [value_of(document.root) for document in dotenv.read_dotenv(text)]
    if _deep(text):
        return []
    try:
        composer = _Composer(text)
        documents: list[Value] = []
        try:
            while composer.check_node():
                documents.append(_Expander().value(composer.get_node(), 0))
        finally:
            composer.dispose()
    except (yaml.YAMLError, RecursionError, _TooMuch):
        return []
    if kind == "" and any(isinstance(document, str) for document in documents):
        return []
    return documents


def _deep(text: str) -> bool:
    """Whether the text may nest so deeply that the C composer, which recurses, would exhaust the stack.

    Brackets within strings count too, which only errs towards leaving such a file out.
    """
    if _INDICATORS.search(text):
        return True
    if text.count("[") + text.count("{") < MAX_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKETS.findall(text):
        depth += 1 if bracket in "[{" else -1 if depth else 0
        if depth > MAX_DEPTH:
            return True
    return False


class _TooMuch(Exception):
    pass


class _Expander:
    def __init__(self) -> None:
        self._left = MAX_NODES

    def value(self, node: Any, depth: int) -> Value:
        kind = type(node)
        if kind is yaml.ScalarNode:
            return str(node.value)
        self._left -= 1 + len(node.value)
        if self._left < 0 or depth > 400:
            raise _TooMuch
        depth += 1
        if kind is yaml.SequenceNode:
            return [n.value if type(n) is yaml.ScalarNode else self.value(n, depth) for n in node.value]
        result: dict[str, Value] = {}
        merged: list[Any] = []
        for key, value in node.value:
            if type(key) is not yaml.ScalarNode:
                continue
            if key.value == "<<" and not key.style:
                merged.append(value)
            else:
                result[key.value] = value.value if type(value) is yaml.ScalarNode else self.value(value, depth)
        for value in merged:
            for mapping in value.value if type(value) is yaml.SequenceNode else [value]:
                if type(mapping) is yaml.MappingNode:
                    effective = self.value(mapping, depth)
                    assert isinstance(effective, dict)  # noqa: S101 - a mapping gives a dict
                    for name, inner in effective.items():
                        result.setdefault(name, inner)
        return result
