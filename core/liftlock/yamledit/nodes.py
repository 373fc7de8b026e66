"""What stands in a file, with where it stands: documents, mappings, lists, scalars and aliases.

Positions are character offsets into `Source.text`, ends exclusive. A node begins with its anchor and tag. A
block scalar ends with its last line of content, a block collection with its last child.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import TypeAlias

from liftlock.errors import Problem
from liftlock.model.change import Value
from liftlock.values import dataclass
from liftlock.yamledit.resolving import plain_tag

Pointer: TypeAlias = tuple[int | str, ...]
"""A concrete place in one exact blob: the document's index first, then keys and list indices."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text. `style` is plain, ', ", | or >."""

    value: str
    style: str
    start: int
    end: int
    line: int
    anchor: str = ""
    explicit_tag: str = ""
    """The tag where one is written out, short for the core ones (`str`)."""

    @property
    def tag(self) -> str:
        """The type: the tag that is written, else what a plain text resolves to, else str."""
        return self.explicit_tag or (resolved(self.value) if self.style == "plain" else "str")

    @property
    def empty(self) -> bool:
        """Nothing is written there: `key:`."""
        return self.style == "plain" and not self.value and not self.explicit_tag


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value. `key` is the key's text; a key that is no scalar is shown as it is written."""

    key: str
    key_node: Scalar
    value: Node

    @property
    def line(self) -> int:
        """The key's line, from 1."""
        return self.key_node.line


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values in their order. Of keys written twice only the last is an entry; `duplicates` names them."""

    entries: tuple[Entry, ...]
    flow: bool
    start: int
    end: int
    line: int
    anchor: str = ""
    tag: str = "map"
    duplicates: frozenset[str] = frozenset()

    def repeats(self, key: str) -> bool:
        """Whether the key is written more than once."""
        return key in self.duplicates

    def entry(self, key: str) -> Entry | None:
        """The entry of this key."""
        return next((entry for entry in self.entries if entry.key == key), None)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list. `dashes` are the places of the `-` of a block list, one an item."""

    items: tuple[Node, ...]
    flow: bool
    start: int
    end: int
    line: int
    anchor: str = ""
    tag: str = "seq"
    dashes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Alias:
    """A place that stands for what an anchor marks elsewhere."""

    name: str
    target: Node = field(repr=False)
    start: int
    end: int
    line: int

    @property
    def anchor(self) -> str:
        """An alias has no anchor of its own."""
        return ""


Node: TypeAlias = Scalar | Mapping | Sequence | Alias


@dataclass(frozen=True, slots=True)
class Document:
    """One document: `start` is its directives or `---`, `body` what follows the `---`, `end` where the next begins."""

    root: Node | None
    start: int
    body: int
    end: int
    explicit: bool = False
    """It begins with `---`."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read. `read_only` is the reason it cannot be edited, "" when it can; `problem` what is wrong with it.

    `format` is yaml, json, dotenv or other. `text` is without the byte order mark.
    """

    path: str
    data: bytes
    text: str
    format: str
    documents: tuple[Document, ...] = ()
    read_only: str = ""
    problem: Problem | None = None
    bom: bool = False

    @property
    def newline(self) -> str:
        """The newline that new lines get: what ends the first line, else a line feed."""
        first = self.text.find("\n")
        return "\r\n" if first > 0 and self.text[first - 1] == "\r" else "\n"


def resolved(text: str) -> str:
    """The type that this text has when it stands without quotes: str, int, float, bool, null or timestamp."""
    return plain_tag(text)


def real(node: Node) -> Node:
    """The node, or what it stands for when it is an alias."""
    while isinstance(node, Alias):
        node = node.target
    return node


def value_of(node: Node | None) -> Value:
    """The node as plain values: texts as written without quotes, "" for nothing; a merge key stays as `<<`."""
    if node is None:
        return ""
    node = real(node)
    if isinstance(node, Mapping):
        return {entry.key: value_of(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [value_of(item) for item in node.items]
    assert isinstance(node, Scalar)  # noqa: S101 - what is left
    return node.value


def child(node: Node | None, step: int | str) -> Node | None:
    """The value of a key or the item of an index, through aliases; None when there is none."""
    if node is None:
        return None
    node = real(node)
    if isinstance(node, Mapping):
        found = node.entry(step) if isinstance(step, str) else None
        return found.value if found else None
    if isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
        return node.items[step]
    return None


def node_at(source: Source, pointer: Pointer) -> Node | None:
    """The node at a place, through aliases (the last step may be an alias itself); None when there is none."""
    if not pointer or not isinstance(pointer[0], int) or not 0 <= pointer[0] < len(source.documents):
        return None
    node = source.documents[pointer[0]].root
    for step in pointer[1:]:
        node = child(node, step)
        if node is None:
            return None
    return node


def children(node: Node) -> Iterator[Node]:
    """The values or items of a collection; nothing for scalars and aliases."""
    if isinstance(node, Mapping):
        for entry in node.entries:
            yield entry.value
    elif isinstance(node, Sequence):
        yield from node.items


def walk(node: Node | None) -> Iterator[Node]:
    """The node and all below it, not through aliases."""
    waiting = [node] if node is not None else []
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(list(children(current))))


def scalars(source: Source) -> Iterator[tuple[Pointer, Scalar]]:
    """Every scalar value of the file with its place, not through aliases."""
    for index, document in enumerate(source.documents):
        if document.root is not None:
            yield from _scalars(document.root, (index,))


def _scalars(node: Node, at: Pointer) -> Iterator[tuple[Pointer, Scalar]]:
    if isinstance(node, Scalar):
        yield at, node
    elif isinstance(node, Mapping):
        for entry in node.entries:
            yield from _scalars(entry.value, (*at, entry.key))
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from _scalars(item, (*at, index))


def aliases_of(source: Source, pointer: Pointer) -> int:
    """How many aliases an edit at this place reaches: those of its own anchor and of every anchor around it."""
    if not pointer or not isinstance(pointer[0], int) or not 0 <= pointer[0] < len(source.documents):
        return 0
    root = source.documents[pointer[0]].root
    around: set[int] = set()
    node = root
    for step in (*pointer[1:], None):
        if node is None:
            break
        if not isinstance(node, Alias) and node.anchor:
            around.add(id(node))
        node = child(node, step) if step is not None else None
    if not around:
        return 0
    return sum(isinstance(found, Alias) and id(found.target) in around for found in walk(root))
