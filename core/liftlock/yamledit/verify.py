"""What a splice must read back as: the edits made on plain values."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass, field

from liftlock.model.change import Value
from liftlock.yamledit.edits import AddDocument, AddEntry, AddItem, Edit, Remove, RemoveDocument, SetNode, SetScalar
from liftlock.yamledit.nodes import Alias, Mapping, Node, Pointer, Scalar, Sequence, Source, value_of


@dataclass(slots=True, eq=False)
class _Box:
    """A value that can still change; children keep the key or the index that they had in the original."""

    text: str = ""
    kind: str = "scalar"
    children: list[tuple[int | str | None, _Box]] = field(default_factory=list)
    gone: bool = False

    def child(self, step: int | str) -> _Box | None:
        return next((box for own, box in reversed(self.children) if own == step), None)

    def value(self) -> Value:
        alive = [(own, box) for own, box in self.children if not box.gone]
        if self.kind == "map":
            return {str(own): box.value() for own, box in alive}
        if self.kind == "list":
            return [box.value() for _, box in alive]
        return self.text


def expected(source: Source, edits: Many[Edit]) -> list[Value]:
    """The values of all documents after the edits; an empty document is ""."""
    known: dict[int, _Box] = {}
    boxes = [_boxed(document.root, known) for document in source.documents]
    new: list[tuple[int, _Box]] = []
    for edit in edits:
        if isinstance(edit, AddDocument):
            new.append((len(boxes) - 1 if edit.after is None else edit.after, _made(edit.snippet.value)))
        elif isinstance(edit, RemoveDocument):
            boxes[edit.index].gone = True
        else:
            _apply(boxes, edit)
    values: list[Value] = []
    values += [box.value() for after, box in new if after < 0]
    for index, box in enumerate(boxes):
        if not box.gone:
            values.append(box.value())
        values += [added.value() for after, added in new if after == index]
    return values


def holds(result: Source, values: list[Value]) -> bool:
    """Whether a file reads as these documents; empty ones do not count."""
    found = [value_of(document.root) for document in result.documents]
    return [v for v in found if v not in ("",)] == [v for v in values if v not in ("",)]


def _apply(boxes: list[_Box], edit: SetScalar | SetNode | AddEntry | AddItem | Remove) -> None:
    box = _find(boxes, edit.at)
    if box is None:
        return
    if isinstance(edit, SetScalar):
        box.text, box.kind, box.children = edit.value, "scalar", []
    elif isinstance(edit, SetNode):
        made = _made(edit.snippet.value)
        box.text, box.kind, box.children = made.text, made.kind, made.children
    elif isinstance(edit, Remove):
        box.gone = True
    elif isinstance(edit, AddEntry):
        box.children.append((edit.key, _made(edit.snippet.value)))
    else:
        after = -1 if edit.after is None else edit.after
        place = 0
        for index, (own, _) in enumerate(box.children):
            if own is not None and int(own) <= after:
                place = index + 1
        while place < len(box.children) and box.children[place][0] is None:
            place += 1
        box.children.insert(place, (None, _made(edit.snippet.value)))


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
        box = _Box(text=node.value if isinstance(node, Scalar) else "")
    if node is not None:
        known[id(node)] = box
    return box


def _made(value: Value) -> _Box:
    if isinstance(value, dict):
        return _Box(kind="map", children=[(key, _made(child)) for key, child in value.items()])
    if isinstance(value, list):
        return _Box(kind="list", children=[(i, _made(child)) for i, child in enumerate(value)])
    return _Box(text=value)
