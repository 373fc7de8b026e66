"""YAML text into nodes with positions, from the events of the C parser."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from liftlock.yamledit.nodes import Alias, Document, Entry, Mapping, Node, Scalar, Sequence, children
from liftlock.yamledit.resolving import short_tag

MAX_DEPTH = 200
MAX_NODES = 2_000_000
"""Values that aliases may expand to; a file beyond that is an attack or an accident."""

_PROPERTIES = re.compile(
    r"(?:(?:&[0-9A-Za-z_-]+|!<[^>\s]*>|![^\s,\[\]{}]*)(?:[ \t]*(?:(?<=[ \t])#[^\r\n]*)?(?:\r?\n|$))*[ \t]*)+"
)
_COLON = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*:")


class Unreadable(Exception):
    """The text cannot be read: `message` says why, `line` (from 1) where."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(slots=True)
class _Frame:
    """A collection that is being read."""

    event: Any
    mapping: bool
    nodes: list[Node] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)


class _Parser(yaml.CLoader):
    """The C parser; its events are all that is used."""


def read_yaml(text: str) -> tuple[Document, ...]:
    """The documents of a text without byte order mark. Raises Unreadable."""
    try:
        loader = _Parser(text)
    except yaml.YAMLError as error:
        raise _told(error, text) from None
    try:
        return _Builder(text).run(loader)
    except yaml.YAMLError as error:
        raise _told(error, text) from None
    finally:
        loader.dispose()


def _told(error: yaml.YAMLError, text: str) -> Unreadable:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None)
    if mark is None:
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
        return Unreadable(str(problem or error), line)
    context = getattr(error, "context", None)
    return Unreadable(f"{problem} ({context})" if context else str(problem), mark.line + 1)


class _Builder:
    def __init__(self, text: str) -> None:
        self._text = text
        self._anchors: dict[str, Node] = {}
        self._open: set[str] = set()

    def run(self, loader: Any) -> tuple[Document, ...]:
        text = self._text
        documents: list[Document] = []
        stack: list[_Frame] = []
        root: Node | None = None
        start = body = 0
        explicit = aliases = False
        get = loader.get_event
        while True:
            event = get()
            kind = type(event)
            if kind is yaml.ScalarEvent:
                node: Node = self._scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if len(stack) >= MAX_DEPTH:
                    raise Unreadable(f"nested more than {MAX_DEPTH} levels deep", event.start_mark.line + 1)
                if event.anchor:
                    self._open.add(event.anchor)
                    self._anchors.pop(event.anchor, None)
                if event.flow_style and text.startswith("{{", event.end_mark.index - 1):
                    # YAML reads `{{ x }}` as a mapping that is the key of a mapping; nobody means that.
                    raise Unreadable("a template action {{ stands there without quotes", event.start_mark.line + 1)
                stack.append(_Frame(event, kind is yaml.MappingStartEvent))
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                frame = stack.pop()
                node = self._mapping(frame, event) if frame.mapping else self._sequence(frame, event)
                if node.anchor:
                    self._open.discard(node.anchor)
                    self._anchors[node.anchor] = node
            elif kind is yaml.AliasEvent:
                node = self._alias(event)
                aliases = True
            elif kind is yaml.DocumentStartEvent:
                explicit = bool(event.explicit)
                start = event.start_mark.index if explicit else (documents[-1].end if documents else 0)
                body = event.end_mark.index if explicit else start
                root = None
                self._anchors = {}
                continue
            elif kind is yaml.DocumentEndEvent:
                documents.append(Document(root, start, body, event.end_mark.index, explicit))
                continue
            elif kind is yaml.StreamEndEvent:
                break
            else:
                continue
            if stack:
                stack[-1].nodes.append(node)
            else:
                root = node
        ends = [*(document.start for document in documents[1:]), len(text)][: len(documents)]
        finished = tuple(
            Document(_nothing(d, text), d.start, d.body, end, d.explicit)
            for d, end in zip(documents, ends, strict=True)
        )
        if aliases:
            for document in finished:
                _measure(document.root)
        return finished

    def _inner(self, start: int, event: Any) -> int:
        """Where the content begins, behind anchor and tag."""
        if not event.anchor and not event.tag:
            return start
        match = _PROPERTIES.match(self._text, start)
        return match.end() if match else start

    def _scalar(self, event: Any) -> Scalar:
        start, end = event.start_mark.index, event.end_mark.index
        style = event.style or "plain"
        value = event.value
        tag = short_tag(event.tag) if event.tag else ""
        inner = start
        if event.anchor or event.tag:
            inner = min(self._inner(start, event), end)
        if style == "plain" and not value and inner < end:
            inner = end
        if style in "|>":
            end = _block_end(self._text, inner, end)
        node = Scalar(value, style, start, end, event.start_mark.line + 1, event.anchor or "", tag)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Any) -> Alias:
        target = self._anchors.get(event.anchor)
        line = event.start_mark.line + 1
        if target is None:
            why = "stands within its own anchor" if event.anchor in self._open else "has no anchor before it"
            raise Unreadable(f"the alias *{event.anchor} {why}", line)
        return Alias(event.anchor, target, event.start_mark.index, event.end_mark.index, line)

    def _mapping(self, frame: _Frame, event: Any) -> Mapping:
        text = self._text
        begin = frame.event
        flow = bool(begin.flow_style)
        start = begin.start_mark.index
        entries: dict[str, Entry] = {}
        twice: set[str] = set()
        end = start
        for key_node, node in zip(frame.nodes[::2], frame.nodes[1::2], strict=True):
            value = node
            key = _key(key_node, text)
            if isinstance(value, Scalar) and value.start == value.end:
                colon = _COLON.match(text, key.end)
                place = colon.end() if colon else key.end
                value = Scalar("", "plain", place, place, key.line)
            end = max(value.end, key.end)
            if key.value in entries:
                twice.add(key.value)
                del entries[key.value]
            entries[key.value] = Entry(key.value, key, value)
        inner = self._inner(start, begin)
        if flow and text[inner : inner + 1] == "{":
            end = event.end_mark.index
        return Mapping(
            tuple(entries.values()),
            flow,
            start,
            end,
            begin.start_mark.line + 1,
            begin.anchor or "",
            short_tag(begin.tag) if begin.tag else "map",
            frozenset(twice),
        )

    def _sequence(self, frame: _Frame, event: Any) -> Sequence:
        text = self._text
        begin = frame.event
        flow = bool(begin.flow_style)
        start = begin.start_mark.index
        end = event.end_mark.index if flow else frame.nodes[-1].end if frame.nodes else begin.end_mark.index
        dashes: list[int] = []
        if not flow:
            for item in frame.nodes:
                dashes.append(_dash(text, item.start))
        return Sequence(
            tuple(frame.nodes),
            flow,
            start,
            end,
            begin.start_mark.line + 1,
            begin.anchor or "",
            short_tag(begin.tag) if begin.tag else "seq",
            tuple(dashes),
        )


def _dash(text: str, at: int) -> int:
    """The `-` before an item that begins at `at`: spaces, comments and newlines may stand between."""
    end = at
    while end > 0:
        line = text.rfind("\n", 0, end) + 1
        piece = text[line:end]
        bare = piece.split(" #")[0] if end != at else piece
        if bare.lstrip(" \t").startswith("#"):
            bare = ""
        bare = bare.rstrip(" \t\r\n")
        if bare.endswith("-"):
            return line + len(bare) - 1
        if bare:
            break
        end = line - 1
    return at


def _key(node: Node, text: str) -> Scalar:
    if isinstance(node, Scalar):
        return node
    if isinstance(node, Alias) and isinstance(node.target, Scalar):
        value = node.target.value
    else:
        value = text[node.start : node.end]
    return Scalar(value, "plain", node.start, node.end, node.line)


def _block_end(text: str, start: int, end: int) -> int:
    """Where the content of a block scalar ends, without its last newline, and without blank lines unless kept."""
    header = text.find("\n", start, end)
    if header < 0:
        return end
    if "+" in text[start:header].split("#")[0]:
        return end - 1 if text[end - 1] == "\n" else end
    while end > header:
        line = text.rfind("\n", start, end) + 1
        if text[line:end].strip(" \t\r\n"):
            return end - 1 if text[end - 1] == "\r" else end
        end = line - 1
    return header - 1 if text[header - 1] == "\r" else header


def _nothing(document: Document, text: str) -> Node | None:
    """The root, None where the document holds nothing at all."""
    root = document.root
    if isinstance(root, Scalar) and root.start == root.end and not root.value:
        return None
    return root


def _measure(root: Node | None) -> None:
    """Raises Unreadable when aliases expand to more than can be shown."""
    if root is None:
        return
    sizes: dict[int, int] = {}

    def size(node: Node) -> int:
        if isinstance(node, Alias):
            return size(node.target)
        if isinstance(node, Scalar):
            return 1
        known = sizes.get(id(node))
        if known is None:
            known = 1 + sum(size(inner) for inner in children(node))
            sizes[id(node)] = known
        return known

    if size(root) > MAX_NODES:
        raise Unreadable(f"its aliases expand to more than {MAX_NODES:,} values", root.line)
