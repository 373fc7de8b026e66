"""A piece of one file on its way into another: its own text where it comes from a file, else made from a value."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from liftlock.errors import EditError
from liftlock.model.change import Value
from liftlock.values import dataclass
from liftlock.yamledit.habits import deltas
from liftlock.yamledit.nodes import Alias, Mapping, Node, Pointer, Scalar, Sequence, Source, node_at, real, value_of
from liftlock.yamledit.quoting import key_text, scalar_text

# A comment that holds an item taken out of use (a dash and a name) speaks of its own list, and stays with that.
_ITEM_OUT_OF_USE = re.compile(r"#+\s*-\s+[^\s:#]+")


@dataclass(frozen=True, slots=True)
class Snippet:
    """What is written: `plain` is what it reads as; `source` and `pointer` where its text comes from, if anywhere."""

    plain: Value
    source: Source | None = None
    pointer: Pointer = ()
    alone: bool = True
    """Its text stands by itself; without, aliases lead out of it and it is written out anew, types kept."""

    @classmethod
    def of(cls, source: Source, pointer: Pointer) -> Snippet:
        """The node at this address with its own style and comments. Raises EditError when it is not there."""
        node = node_at(source, pointer)
        if node is None:
            raise EditError("The value to copy is not there any more", "", "make the plan again")
        value = value_of(node)
        return cls(value, source, pointer, not _leans_outside(node))

    @classmethod
    def value(cls, value: Value) -> Snippet:
        """A snippet made from a plain value; its texts stand without quotes wherever they can."""
        return cls(value)

    @property
    def node(self) -> Node | None:
        """The node that it comes from, None when it was made from a value."""
        return node_at(self.source, self.pointer) if self.source is not None and self.alone else None

    @property
    def anchors(self) -> frozenset[str]:
        """The anchors that its own text sets."""
        inside: set[str] = set()
        if self.node is not None:
            _walk(self.node, inside)
        return frozenset(inside)

    def beside(self, anchors: frozenset[str]) -> Snippet:
        """The same where these anchors stand before it: its own text then stands, aliases and all."""
        node = self.shape
        if self.alone or node is None or _walk(node, set(anchors)):
            return self
        return replace(self, alone=True)

    def with_scalar(self, at: Pointer, text: str) -> Snippet:
        """The same with another text for one scalar, `at` being relative to the snippet. Raises EditError."""
        if self.source is None:
            return Snippet(_changed(self.plain, at, text))
        from liftlock.yamledit.edits import SetScalar  # these are built on snippets
        from liftlock.yamledit.reading import read
        from liftlock.yamledit.splice import splice

        source, pointer = self.source, (*self.pointer, *at)
        if any(isinstance(node_at(source, pointer[:n]), Alias) for n in range(1, len(pointer) + 1)):
            return Snippet(_changed(self.plain, at, text))
        data = splice(source, [SetScalar(pointer, text)])
        return Snippet.of(read(data, source.path), self.pointer)

    @property
    def shape(self) -> Node | None:
        """The node whose types the values have, whether or not its text is used."""
        return node_at(self.source, self.pointer) if self.source is not None else None

    def block_value(self, indent: int) -> tuple[str, list[str]]:
        """The value behind a key or dash: what stands on that line, and the lines below at this indentation."""
        node = self.node
        if node is None or self.source is None:
            return _written(self.plain, indent, self.shape)
        tail = comment_behind(self.source.text, node.end)
        raw = self.source.text[node.start : node.end]
        lines = raw.replace("\r\n", "\n").removesuffix("\n").split("\n")
        column = _column(self.source.text, node.start)
        if isinstance(node, Mapping | Sequence) and not node.flow:
            lines[-1] += tail
            return "", _shifted([" " * column + lines[0], *lines[1:]], column, indent)
        if isinstance(node, Scalar) and node.style in ("|", ">"):
            body = lines[1:]
            least = min((len(line) - len(line.lstrip(" ")) for line in body if line.strip()), default=0)
            return lines[0], _shifted(body, least, indent)
        if len(lines) == 1:
            return lines[0] + tail, []
        return lines[0], _shifted(lines[1:], _indentation(self.source.text, node.start), max(0, indent - 2))

    def entry_lines(self, key: str, indent: int, wanted: dict[str, int]) -> tuple[int, list[str]]:
        """A key with its value at this indentation, its own comments above it; and the blank lines before those."""
        node, source = self.node, self.source
        parent = node_at(source, self.pointer[:-1]) if source is not None else None
        if node is not None and source is not None and isinstance(parent, Mapping) and not parent.flow:
            entry = parent.entry(key)
            if entry is not None and entry.value is node:
                start = entry.key_node.start
                if source.format == "dotenv":
                    start = source.text.rfind("\n", 0, start) + 1
                whole = Mapping((entry,), False, start, node.end, entry.line)
                moved = deltas(whole, source.text, wanted)
                return self._own_lines(source, start, max(node.end, entry.key_node.end), indent, moved)
        head, below = self.block_value(indent + 2)
        return 0, [f"{' ' * indent}{key_text(key, json_style=False)}:{f' {head}' if head else ''}", *below]

    def item_lines(self, indent: int, wanted: dict[str, int]) -> tuple[int, list[str]]:
        """A list item, its dash at this indentation, its own comments above it; and the blank lines before those."""
        node, source = self.node, self.source
        parent = node_at(source, self.pointer[:-1]) if source is not None else None
        if node is not None and source is not None and isinstance(parent, Sequence) and not parent.flow:
            dash = parent.dashes[int(self.pointer[-1])]
            moved = deltas(node, source.text, wanted)
            return self._own_lines(source, dash, max(node.end, dash + 1), indent, moved)
        head, below = self.block_value(indent + 2)
        if head or not below:
            return 0, [f"{' ' * indent}- {head}", *below]
        return 0, [f"{' ' * indent}- {below[0].lstrip(' ')}", *below[1:]]

    @staticmethod
    def _own_lines(source: Source, start: int, end: int, indent: int, deeper: dict[int, int]) -> tuple[int, list[str]]:
        text = source.text
        column = _column(text, start)
        raw = text[start:end] + ("" if text[start:end].endswith("\n") else comment_behind(text, end))
        lines = raw.removesuffix("\n").split("\n")
        at = text.rfind("\n", 0, start) + 1
        for index, line in enumerate(lines):
            lines[index] = _stepped(line, deeper.get(at, 0))
            at = text.find("\n", at) + 1
        first, blank = lead(text, start)
        above = text[first:start].split("\n")[:-1] if first < start else []
        above = [line for line in above if not _ITEM_OUT_OF_USE.fullmatch(line.strip())]
        return blank, _shifted([*above, " " * column + lines[0], *lines[1:]], column, indent)

    def flow_value(self, *, json_style: bool) -> str:
        """The value on one line, inside brackets."""
        if json_style:
            node = self.node
            if node is not None and self.source is not None and self.source.format == "json":
                return self.source.text[node.start : node.end]
            return json.dumps(_typed(self.plain, self.shape), ensure_ascii=False)
        return _flow(self.plain, self.shape)


def _typed(value: Value, node: Node | None) -> object:
    """The value with the types that its YAML source gives it, for JSON."""
    parts = _parts(node)
    if isinstance(value, dict):
        return {k: _typed(v, parts.get(k)) for k, v in value.items()}
    if isinstance(value, list):
        return [_typed(v, parts.get(i)) for i, v in enumerate(value)]
    node = real(node) if node is not None else None
    if isinstance(node, Scalar) and node.tag in ("int", "float", "bool", "null"):
        try:
            return json.loads(value.lower() if node.tag == "bool" else value or "null")
        except ValueError:
            return value
    return value


def _flow(value: Value, node: Node | None) -> str:
    parts = _parts(node)
    if isinstance(value, dict):
        inner = ", ".join(f"{key_text(k, json_style=False)}: {_flow(v, parts.get(k))}" for k, v in value.items())
        return "{" + inner + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(v, parts.get(i)) for i, v in enumerate(value)) + "]"
    node = real(node) if node is not None else None
    style = node.style if isinstance(node, Scalar) and node.style in ("plain", "'", '"') else "plain"
    text_type = isinstance(node, Scalar) and node.tag == "str"
    return scalar_text(value, style=style, text_type=text_type, flow=True, habit='"') or '""'


def _changed(value: Value, at: Pointer, text: str) -> Value:
    if not at:
        return text
    if isinstance(value, dict):
        return {k: _changed(v, at[1:], text) if k == at[0] else v for k, v in value.items()}
    if isinstance(value, list):
        return [_changed(v, at[1:], text) if i == at[0] else v for i, v in enumerate(value)]
    return value


def _parts(node: Node | None) -> dict[int | str, Node]:
    """The children of a node, seen through an alias, by key or index."""
    node = real(node) if node is not None else None
    if isinstance(node, Mapping):
        return {entry.key: entry.value for entry in node.entries}
    return dict(enumerate(node.items)) if isinstance(node, Sequence) else {}


def _written(value: Value, indent: int, node: Node | None = None) -> tuple[str, list[str]]:
    """A plain value as block YAML, in the types and quotes that the node gives its scalars."""
    parts = _parts(node)
    node = real(node) if node is not None else None
    if isinstance(value, str):
        style = node.style if isinstance(node, Scalar) and node.style in ("'", '"') else "plain"
        text_type = isinstance(node, Scalar) and node.tag == "str"
        return scalar_text(value, style=style, text_type=text_type, flow=False, habit='"'), []
    if not value:
        return ("{}" if isinstance(value, dict) else "[]"), []
    pad = " " * indent
    lines: list[str] = []
    if isinstance(value, dict):
        for key, child in value.items():
            head, below = _written(child, indent + 2, parts.get(key))
            lines += [f"{pad}{key_text(str(key), json_style=False)}:{f' {head}' if head else ''}", *below]
    else:
        for index, child in enumerate(value):
            head, below = _written(child, indent + 2, parts.get(index))
            if head:
                lines += [f"{pad}- {head}", *below]
            else:
                lines += [f"{pad}- {below[0].lstrip()}", *below[1:]]
    return "", lines


def _leans_outside(node: Node) -> bool:
    """Whether the text would not stand by itself: an alias whose anchor is elsewhere, or a merge key."""
    inside: set[str] = set()
    return _walk(node, inside)


def _walk(node: Node, inside: set[str]) -> bool:
    if isinstance(node, Alias):
        return node.name not in inside
    if node.anchor:
        inside.add(node.anchor)
    if isinstance(node, Mapping):
        return any(_walk(entry.value, inside) for entry in node.entries)
    if isinstance(node, Sequence):
        return any(_walk(item, inside) for item in node.items)
    return False


def comment_behind(text: str, offset: int) -> str:
    """The comment on the rest of this line with the blanks before it; an image policy's marker is one."""
    end = text.find("\n", offset)
    rest = text[offset : end if end >= 0 else len(text)].rstrip("\r")
    return rest if rest.lstrip().startswith("#") else ""


def lead(text: str, offset: int) -> tuple[int, int]:
    """Where the comment lines that belong to a line begin, and how many blank lines stand above those.

    They stand directly above, at the same indentation. The line is the one that holds the offset.
    """
    start = text.rfind("\n", 0, offset) + 1
    column = offset - start
    if text[start:offset].strip():
        return offset, 0
    first = start
    while first > 0:
        above = text.rfind("\n", 0, first - 1) + 1
        line = text[above : first - 1]
        if not line.lstrip(" ").startswith("#") or len(line) - len(line.lstrip(" ")) != column:
            break
        first = above
    blank, at = 0, first
    while at > 0:
        above = text.rfind("\n", 0, at - 1) + 1
        if text[above : at - 1].strip():
            break
        blank, at = blank + 1, above
    return first, blank


def _column(text: str, offset: int) -> int:
    return offset - (text.rfind("\n", 0, offset) + 1)


def _stepped(line: str, columns: int) -> str:
    """The line moved in or out by so many columns; a blank one stays."""
    if not line.strip() or not columns:
        return line
    bare = line.lstrip(" ")
    return " " * max(0, len(line) - len(bare) + columns) + bare


def _indentation(text: str, offset: int) -> int:
    start = text.rfind("\n", 0, offset) + 1
    return len(text[start:]) - len(text[start:].lstrip(" "))


def _shifted(lines: list[str], column: int, indent: int) -> list[str]:
    """The lines moved from one indentation to another; blank lines stay blank."""
    moved = []
    for line in lines:
        line = line.rstrip("\r")
        own = len(line) - len(line.lstrip(" "))
        moved.append(" " * max(0, own - column + indent) + line[own:] if line.strip() else line.strip(" "))
    return moved
