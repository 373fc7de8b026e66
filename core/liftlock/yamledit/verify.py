"""What a splice must read back as: the edits made on plain values."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass, field

from liftlock.model.change import Value
from liftlock.yamledit.edits import AddDocument, AddEntry, AddItem, Edit, Remove, RemoveDocument, SetNode, SetScalar
from liftlock.yamledit.nodes import Alias, Mapping, Node, Pointer, Scalar, Sequence, Source, child, real, value_of


@dataclass(slots=True, eq=False)
class _Box:
    """A value that can still change; children keep the key or the index that they had in the original."""

    text: str = ""
    kind: str = "scalar"
    tag: str = ""
    """The type the scalar must have, "" where any will do."""
    children: list[tuple[int | str | None, _Box]] = field(default_factory=list)
    gone: bool = False

    def child(self, step: int | str) -> _Box | None:
        return next((box for own, box in reversed(self.children) if own == step), None)

    def alive(self) -> list[tuple[int | str | None, _Box]]:
        return [(own, box) for own, box in self.children if not box.gone]

    def is_empty(self) -> bool:
        return self.kind == "scalar" and not self.text


def expected(source: Source, edits: Many[Edit]) -> list[_Box]:
    """The documents after the edits."""
    known: dict[int, _Box] = {}
    boxes = [_boxed(document.root, known) for document in source.documents]
    new: list[tuple[int, _Box]] = []
    for edit in edits:
        if isinstance(edit, AddDocument):
            new.append(
                (len(boxes) - 1 if edit.after is None else edit.after, _made(edit.snippet.plain, edit.snippet.shape))
            )
        elif isinstance(edit, RemoveDocument):
            boxes[edit.index].gone = True
        else:
            _apply(boxes, edit)
    after_all = [box for after, box in new if after < 0]
    for index, box in enumerate(boxes):
        if not box.gone:
            after_all.append(box)
        after_all += [added for after, added in new if after == index]
    return after_all


def holds(result: Source, documents: list[_Box]) -> bool:
    """Whether a file reads as these documents, types included; empty ones do not count."""
    roots = [d.root for d in result.documents if d.root is not None and value_of(d.root) != ""]
    wanted = [box for box in documents if not box.is_empty()]
    typed = result.format != "dotenv"
    known: set[tuple[int, int]] = set()
    return len(roots) == len(wanted) and all(
        _same(root, box, typed, known) for root, box in zip(roots, wanted, strict=True)
    )


def _same(node: Node, box: _Box, typed: bool, known: set[tuple[int, int]]) -> bool:
    node = real(node)
    if (id(node), id(box)) in known:
        return True
    known.add((id(node), id(box)))
    if isinstance(node, Scalar):
        return box.kind == "scalar" and node.value == box.text and (not typed or box.tag in ("", node.tag))
    alive = box.alive()
    if isinstance(node, Mapping):
        inner = {str(own): child for own, child in alive}
        return (
            box.kind == "map"
            and inner.keys() == {entry.key for entry in node.entries}
            and all(_same(entry.value, inner[entry.key], typed, known) for entry in node.entries)
        )
    return (
        isinstance(node, Sequence)
        and box.kind == "list"
        and len(alive) == len(node.items)
        and all(_same(item, child, typed, known) for item, (_, child) in zip(node.items, alive, strict=True))
    )


def _apply(boxes: list[_Box], edit: SetScalar | SetNode | AddEntry | AddItem | Remove) -> None:
    box = _find(boxes, edit.at)
    if box is None:
        return
    if isinstance(edit, SetScalar):
        keeps = edit.like is None or box.tag.startswith("!")  # a tag that is written out stays
        box.tag = "" if keeps or edit.like is None else edit.like.tag
        box.text, box.kind, box.children = edit.value, "scalar", []
        if edit.like is not None and edit.value != edit.like.value and edit.like.tag != "str":
            box.tag = ""  # another text of a number may be anything
    elif isinstance(edit, SetNode):
        made = _made(edit.snippet.plain, edit.snippet.shape)
        box.tag = made.tag
        box.text, box.kind, box.children = made.text, made.kind, made.children
    elif isinstance(edit, Remove):
        box.gone = True
    elif isinstance(edit, AddEntry):
        box.children.append((edit.key, _made(edit.snippet.plain, edit.snippet.shape)))
    else:
        after = -1 if edit.after is None else edit.after
        place = 0
        for index, (own, _) in enumerate(box.children):
            if own is not None and int(own) <= after:
                place = index + 1
        while place < len(box.children) and box.children[place][0] is None:
            place += 1
        box.children.insert(place, (None, _made(edit.snippet.plain, edit.snippet.shape)))


def _find(boxes: list[_Box], pointer: Pointer) -> _Box | None:
    box: _Box | None = boxes[int(pointer[0])]
    for step in pointer[1:]:
        box = box.child(step) if box is not None else None
    return box


def _boxed(node: Node | None, known: dict[int, _Box]) -> _Box:
    if isinstance(node, Alias):
        return known.get(id(node.target)) or _boxed(node.target, known)
    if isinstance(node, Mapping):
        box = _Box(kind="map", children=[(e.key, _boxed(e.value, known)) for e in node.entries])
    elif isinstance(node, Sequence):
        box = _Box(kind="list", children=[(i, _boxed(item, known)) for i, item in enumerate(node.items)])
    else:
        box = _Box(text=node.value, tag=node.tag) if isinstance(node, Scalar) else _Box()
    if node is not None:
        known[id(node)] = box
    return box


def _made(value: Value, shape: Node | None) -> _Box:
    """The box of a snippet's value, with the types of the node that it comes from."""
    if isinstance(value, dict):
        return _Box(kind="map", children=[(key, _made(inner, child(shape, key))) for key, inner in value.items()])
    if isinstance(value, list):
        return _Box(kind="list", children=[(i, _made(inner, child(shape, i))) for i, inner in enumerate(value)])
    shape = real(shape) if shape is not None else None
    return _Box(text=value, tag=shape.tag if isinstance(shape, Scalar) else "")
