"""Splicing: edits become replacements of exactly the characters concerned; every other byte stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence as Many
from dataclasses import dataclass

from liftlock.errors import EditError
from liftlock.text import printable
from liftlock.yamledit import block, flow
from liftlock.yamledit.edits import AddDocument, AddEntry, AddItem, Edit, Remove, RemoveDocument, SetNode, SetScalar
from liftlock.yamledit.nodes import Alias, Mapping, Node, Pointer, Scalar, Sequence, Source, node_at
from liftlock.yamledit.normal import normal
from liftlock.yamledit.quoting import dotenv_text, habit_of, json_text, styled
from liftlock.yamledit.reading import read
from liftlock.yamledit.replacement import Replacement, replaced
from liftlock.yamledit.verify import expected, holds


def splice(source: Source, edits: Many[Edit]) -> bytes:
    """The file's bytes with all edits made; each addresses the original.

    Raises EditError when the file is read-only, an address is gone, two edits meet, or the result would not read
    back as exactly what was meant: then nothing is written.
    """
    if source.read_only:
        raise EditError(
            f"{printable(source.path)} cannot be edited", source.read_only, "change it by hand, or leave it out"
        )
    edits = normal(source, edits)
    text = replaced(source.text, _Splicer(source).replacements(edits), source.path)
    meant = expected(source, edits)
    # A block scalar that comes to end a file without a last newline needs one: it is part of its value.
    for ending in ("", source.newline) if not text.endswith("\n") else ("",):
        data = (b"\xef\xbb\xbf" if source.bom else b"") + (text + ending).encode("utf-8")
        result = read(data, source.path)
        if not result.read_only and holds(result, meant):
            break
    else:
        raise EditError(
            f"{printable(source.path)} cannot be edited in place",
            "the result would not read back as exactly what was meant",
            "make this change by hand, or leave it out",
        )
    return data


@dataclass(slots=True)
class _Group:
    """What happens to the children of one mapping or list."""

    removed: set[int]
    added: list[AddEntry | AddItem]


class _Splicer:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._habit = habit_of(source.text)

    def replacements(self, edits: Many[Edit]) -> list[Replacement]:
        found: list[Replacement] = []
        groups: dict[Pointer, _Group] = defaultdict(lambda: _Group(set(), []))
        for edit in edits:
            if isinstance(edit, SetScalar):
                found.append(self._scalar(edit))
            elif isinstance(edit, SetNode):
                found.append(self._node(edit))
            elif isinstance(edit, Remove):
                groups[edit.at[:-1]].removed.add(self._index(edit.at))
            elif isinstance(edit, AddEntry | AddItem):
                groups[edit.at].added.append(edit)
            elif isinstance(edit, AddDocument):
                found.append(self._document(edit))
            else:
                found.append(self._without_document(edit))
        for pointer, group in sorted(groups.items(), key=lambda pair: -len(pair[0])):  # inner blocks first
            found += self._children(pointer, group)
        return found

    def _at(self, pointer: Pointer) -> Node:
        for length in range(1, len(pointer)):
            if isinstance(node_at(self._source, pointer[:length]), Alias):
                raise EditError("The value stands behind an alias", "", "change it where its anchor is")
        node = node_at(self._source, pointer)
        if node is None:
            raise EditError(
                f"A value of {printable(self._source.path)} is not there any more", "", "make the plan again"
            )
        parent = node_at(self._source, pointer[:-1])
        if isinstance(parent, Mapping) and parent.repeats(str(pointer[-1])):
            raise EditError(
                f"{printable(self._source.path)} has the key {printable(str(pointer[-1]))} twice",
                "only the last one counts, and which one is meant cannot be told",
                "take one of them away by hand",
            )
        return node

    def _in_flow(self, pointer: Pointer) -> bool:
        parents = (node_at(self._source, pointer[:length]) for length in range(1, len(pointer)))
        return any(isinstance(node, Mapping | Sequence) and node.flow for node in parents)

    def _index(self, pointer: Pointer) -> int:
        node = self._at(pointer)
        parent = node_at(self._source, pointer[:-1])
        if isinstance(parent, Mapping):
            return next(i for i, entry in enumerate(parent.entries) if entry.value is node)
        if isinstance(parent, Sequence):
            return int(pointer[-1])
        raise EditError("There is nothing to remove it from", "", "make the plan again")

    def _scalar(self, edit: SetScalar) -> Replacement:
        node = self._at(edit.at)
        if isinstance(node, Alias):
            raise EditError("An alias stands there", "", "change it where its anchor is")
        if not isinstance(node, Scalar):
            raise EditError("A whole block stands there by now", "", "make the plan again")
        if node.value == edit.value and not node.empty:
            return Replacement(node.start, node.start, "")
        if self._source.format == "json":
            return Replacement(node.start, node.end, json_text(edit.value, edit.like, node))
        if self._source.format == "dotenv":
            return Replacement(node.start, node.end, dotenv_text(edit.value, node))
        start = node.start
        if node.anchor or node.explicit_tag:
            start = block.past_properties(self._source.text, node)
        if node.style in ("|", ">") and edit.value.strip():
            return block.literal(self._source, node, edit.value)
        written = styled(edit.value, node, edit.like, flow=self._in_flow(edit.at), habit=self._habit)
        if node.empty:
            return Replacement(start, node.end, f" {written}" if written else "")
        if not written and self._source.text[node.end : node.end + 1] in (" ", "\t") and start == node.start:
            start -= self._source.text[start - 1 : start] in (" ", "\t")
        if node.style in ("|", ">"):
            return Replacement(start, block.before_newline(self._source.text, node.end), written)
        return Replacement(start, node.end, written)

    def _node(self, edit: SetNode) -> Replacement:
        if len(edit.at) == 1:
            return block.root(self._source, int(edit.at[0]), edit.snippet)
        node = self._at(edit.at)
        if self._source.format == "json" or self._in_flow(edit.at):
            return flow.value(self._source, node, edit.snippet)
        parent = node_at(self._source, edit.at[:-1])
        return block.value(self._source, parent, edit.at[-1], node, edit.snippet)

    def _children(self, pointer: Pointer, group: _Group) -> list[Replacement]:
        parent = node_at(self._source, pointer)
        if isinstance(parent, Alias):
            raise EditError("An alias stands there", "", "change it where its anchor is")
        if not isinstance(parent, Mapping | Sequence):
            raise EditError(
                f"A block of {printable(self._source.path)} is not there any more", "", "make the plan again"
            )
        if isinstance(parent, Mapping) and any(
            isinstance(a, AddEntry) and parent.entry(a.key) is not None and a.key not in _keys(parent, group.removed)
            for a in group.added
        ):
            raise EditError("A key to be added is there already", "", "make the plan again")
        ordered = _ordered(parent, group.added)
        lines = self._source.format == "yaml" and not self._in_flow(pointer)
        if parent.flow and not _size(parent) and group.added and lines:
            above = node_at(self._source, pointer[:-1])
            entry = above.entry(str(pointer[-1])) if isinstance(above, Mapping) else None
            edits = [edit for place in sorted(ordered) for edit in ordered[place]]
            return [block.filled(self._source, parent, entry.key_node if entry else None, edits)]
        if parent.flow:
            return flow.children(self._source, parent, group.removed, ordered)
        return block.children(self._source, parent, group.removed, ordered)

    def _document(self, edit: AddDocument) -> Replacement:
        return block.new_document(self._source, edit.after, edit.snippet)

    def _without_document(self, edit: RemoveDocument) -> Replacement:
        if edit.index >= len(self._source.documents):
            raise EditError("A document is not there any more", "", "make the plan again")
        return block.without_document(self._source, edit.index)


def _size(parent: Mapping | Sequence) -> int:
    return len(parent.entries) if isinstance(parent, Mapping) else len(parent.items)


def _keys(parent: Mapping, removed: set[int]) -> set[str]:
    return {parent.entries[i].key for i in removed}


def _ordered(parent: Mapping | Sequence, added: Many[AddEntry | AddItem]) -> dict[int, list[AddEntry | AddItem]]:
    """The additions by the index of the child that they follow, -1 for the first place, in their final order."""
    places: dict[int, list[AddEntry | AddItem]] = defaultdict(list)
    where: dict[str, tuple[int, AddEntry]] = {}
    for edit in added:
        if isinstance(edit, AddItem):
            size = len(parent.items) if isinstance(parent, Sequence) else 0
            index = -1 if edit.after is None else min(edit.after, size - 1)
            places[index].append(edit)
            continue
        keys = [entry.key for entry in parent.entries] if isinstance(parent, Mapping) else []
        if edit.after is None:
            index, behind = -1, None
        elif edit.after in where:
            index, behind = where[edit.after]
        else:
            index, behind = (keys.index(edit.after) if edit.after in keys else len(keys) - 1), None
        row = places[index]
        row.insert(row.index(behind) + 1 if behind is not None else len(row), edit)
        where[edit.key] = (index, edit)
    return places
