"""Where the secrets of a YAML or JSON file stand, by its structure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml._yaml import CParser

from liftlock.diffing.masklines import mask_lines
from liftlock.diffing.signs import NAMING_KINDS, is_placeholder, is_random, is_secret, kind_of
from liftlock.nesting import too_deep
from liftlock.values import dataclass

LINES = "lines"
"""What a text of several lines is that holds secrets in some of them."""
_LARGEST = 2 * 1024 * 1024
_SUFFIXES = (".yaml", ".yml", ".json")
_TEXTS = frozenset({"md", "txt", "sh", "py", "go", "env", "properties", "toml", "tf", "ini", "conf", "tpl", "gotmpl"})

_MERGED = re.compile(r"<<[ \t]*:")
_REFERENCE = re.compile(r"ENC\[[^\]]*\]|\$\{[^}]*\}|\$\([^)]*\)|<path:[^>]*>|(?:\{\{.*?\}\}\s*)+", re.DOTALL)
"""A value that is all encrypted or all a reference: what stands beside one is a secret like any other."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A secret value: where it stands (offsets in characters, line 1-based), its style and what it is."""

    start: int
    end: int
    line: int
    style: str
    what: str


class _Composer(CParser):
    """The C composer without resolving types: texts are all that is wanted."""

    def resolve(self, kind: object, value: object, implicit: object) -> str:
        return ""

    def descend_resolver(self, current_node: object, current_index: object) -> None: ...

    def ascend_resolver(self) -> None: ...


def secret_scalars(path: str, text: str) -> list[Scalar] | None:
    """The secrets that the structure shows, in order; None when the file cannot be read as YAML."""
    if path.rpartition(".")[2] in _TEXTS or len(text) > _LARGEST or too_deep(text):
        return None
    body = text.removeprefix("\ufeff")
    shift = len(text) - len(body)
    try:
        composer = _Composer(body)
        try:
            found: dict[int, Scalar] = {}
            structured = False
            while composer.check_node():
                document = composer.get_node()
                structured = structured or not isinstance(document, yaml.ScalarNode)
                for scalar in _document(document):
                    start = scalar.start + shift
                    found[start] = Scalar(start, scalar.end + shift, scalar.line, scalar.style, scalar.what)
        finally:
            composer.dispose()
    except (yaml.YAMLError, RecursionError, UnicodeError):
        return None
    if not structured and text.strip() and not path.endswith(_SUFFIXES):
        return None
    return [found[start] for start in sorted(found)]


def _document(node: Any) -> Iterator[Scalar]:
    entries = _entries(node)
    kind = _text(entries.get("kind"))
    sealed = "sops" in entries and isinstance(entries["sops"], yaml.MappingNode)
    if sealed:
        return
    if kind.endswith("List") and isinstance(entries.get("items"), yaml.SequenceNode):
        for item in entries["items"].value:
            yield from _document(item)
        return
    if kind == "Secret" and "apiVersion" in entries:
        name = _text(_entries(entries.get("metadata")).get("name"))
        for part in ("data", "stringData"):
            yield from _secret(entries.get(part), name)
        rest = [value for key, value in entries.items() if key not in ("data", "stringData")]
        for value in rest:
            yield from _walk(value, named=True, seen=set())
        return
    yield from _walk(node, named=kind not in NAMING_KINDS, seen=set())


def _secret(part: Any, name: str) -> Iterator[Scalar]:
    for key, value in _entries(part).items():
        for scalar in _scalars(value):
            if scalar.value.strip() and not left_alone(scalar.value):
                yield _found(scalar, f"{key} of Secret {name or 'without a name'}")


def left_alone(value: str) -> bool:
    """Encrypted and templated values stay in sight; what merely looks unimportant does not, inside a Secret."""
    return _REFERENCE.fullmatch(value.strip()) is not None


def _scalars(node: Any, seen: set[int] | None = None) -> Iterator[Any]:
    seen = set() if seen is None else seen
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item, seen)
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from _scalars(value, seen)


def _walk(node: Any, *, named: bool, seen: set[int]) -> Iterator[Scalar]:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _walk(item, named=named, seen=seen)
    if not isinstance(node, yaml.MappingNode):
        return
    entries = _entries(node)
    for key, value in node.value:
        name = _text(key)
        if not isinstance(value, yaml.ScalarNode):
            yield from _walk(value, named=named, seen=seen)
        elif what := _what(name, value.value, entries, named=named):
            yield _found(value, what)


def _what(key: str, value: str, around: dict[str, Any], *, named: bool) -> str:
    """What a value is when it is a secret, else ""."""
    if is_placeholder(value):
        return ""
    kind = kind_of(value)
    if kind == "a private key":
        return LINES if "\n" in value.strip() else kind
    if key == "value":
        key = next((text for n in ("name", "key") if (text := _text(around.get(n)))), key)
        if is_random(value):
            return f"a value of {key} that looks generated"
    if named and is_secret(key, value) and "\n" not in value.strip():
        return f"the value of {key}"
    return LINES if named and "\n" in value and mask_lines(value) != value else ""


def _found(node: Any, what: str) -> Scalar:
    mark = node.start_mark
    return Scalar(mark.index, node.end_mark.index, mark.line + 1, node.style or "", what)


def _entries(node: Any) -> dict[str, Any]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {_text(key): value for key, value in node.value}


def _text(node: Any) -> str:
    return node.value if isinstance(node, yaml.ScalarNode) else ""
