"""Edits in their plainest form: what is pruned and where things are put, said without options."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace

from liftlock.yamledit.edits import AddEntry, AddItem, Edit, Remove, SetNode, SetScalar
from liftlock.yamledit.nodes import Mapping, Pointer, Sequence, Source, node_at


def normal(source: Source, edits: Many[Edit]) -> list[Edit]:
    """The same edits: `before` told as `after`, and `prune` as the removal of the outermost parent left empty."""
    return _pruned(source, [_placed(source, edit) for edit in edits])


def _placed(source: Source, edit: Edit) -> Edit:
    if isinstance(edit, AddEntry) and edit.after is None and edit.before is not None:
        parent = node_at(source, edit.at)
        keys = [entry.key for entry in parent.entries] if isinstance(parent, Mapping) else []
        place = keys.index(edit.before) if edit.before in keys else 0
        return replace(edit, after=keys[place - 1] if place else None, before=None)
    if isinstance(edit, AddItem) and edit.after is None and edit.before is not None:
        return replace(edit, after=edit.before - 1 if edit.before else None, before=None)
    return edit


def _pruned(source: Source, edits: list[Edit]) -> list[Edit]:
    removed = {edit.at for edit in edits if isinstance(edit, Remove)}
    kept = {e.at for e in edits if isinstance(e, AddEntry | AddItem)}
    kept |= {e.at[:-1] for e in edits if isinstance(e, SetScalar | SetNode)}
    waiting = [edit.at for edit in edits if isinstance(edit, Remove) and edit.prune]
    while waiting:
        parent = waiting.pop()[:-1]
        if len(parent) < 2 or parent in removed or any(at[: len(parent)] == parent for at in kept):
            continue
        if _children(source, parent) <= removed:
            removed.add(parent)
            waiting.append(parent)
    outer = {at for at in removed if not any(at[:n] in removed for n in range(1, len(at)))}
    others = [edit for edit in edits if not isinstance(edit, Remove)]
    return [*others, *(Remove(at) for at in sorted(outer, key=repr))]


def _children(source: Source, at: Pointer) -> set[Pointer]:
    node = node_at(source, at)
    if isinstance(node, Mapping):
        return {(*at, entry.key) for entry in node.entries}
    return {(*at, index) for index in range(len(node.items))} if isinstance(node, Sequence) else set()
