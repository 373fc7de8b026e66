"""Applying a plan to its base: the bytes of every file that changes. Pure, but for reading the two trees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from liftlock.errors import EditError
from liftlock.model.change import Change, Op, Step, Value
from liftlock.model.plan import Plan
from liftlock.model.tree import Tree
from liftlock.promotion.compare import Difference
from liftlock.promotion.comparisons import Comparisons, FilePair
from liftlock.promotion.words import Words
from liftlock.text import printable
from liftlock.yamledit import (
    AddDocument,
    AddEntry,
    AddItem,
    Edit,
    Pointer,
    Remove,
    RemoveDocument,
    Scalar,
    SetNode,
    SetScalar,
    Snippet,
    node_at,
    splice,
    value_of,
)

Files = dict[str, bytes | None]
"""New contents by path; None means that the file goes."""


def apply(plan: Plan, source: Tree, target: Tree, words_for: Callable[[str], Words], comparisons: Comparisons) -> Files:
    """What the selected changes make of the target's files.

    Raises EditError when a change cannot be written (a template, an alias) or is not there any more.
    """
    by_file: dict[tuple[str, str, str], list[Change]] = defaultdict(list)
    for change in plan.chosen:
        by_file[(change.file, change.source_file, change.environment)].append(change)
    files: Files = {}
    for (file, source_file, environment), changes in by_file.items():
        whole = [change for change in changes if not change.path]
        if whole:
            files[file] = _whole(whole[0], source, target)
            continue
        pair = comparisons.pair(source, source_file, target, file, words_for(environment))
        edits = _edits(changes, pair, plan)
        # Two cells can share a file (releases of one helmfile): later edits start from what the earlier made.
        files[file] = _spliced(pair, edits) if file not in files else _again(files[file], pair, edits, file)
    return files


def _whole(change: Change, source: Tree, target: Tree) -> bytes | None:
    if change.op is Op.REMOVE:
        return None
    if change.op is Op.ADD and change.file in target.entries:
        raise EditError(f"{printable(change.file)} is there by now", "", "make the plan again")
    return source.read(change.source_file)


def _spliced(pair: FilePair, edits: Sequence[Edit]) -> bytes:
    return splice(pair.target, edits)


def _again(data: bytes | None, pair: FilePair, edits: Sequence[Edit], file: str) -> bytes:
    raise EditError(
        f"{printable(file)} would be written from two sources at once",
        "the selected changes of two apps meet in one file with different sources",
        "promote the apps one after the other",
    )


def _edits(changes: Sequence[Change], pair: FilePair, plan: Plan) -> list[Edit]:
    chosen: list[tuple[Change, Difference]] = []
    for change in changes:
        difference = pair.differences.get(change.id)
        if difference is None:
            raise EditError(f"{printable(change.file)} has changed since the plan was made", "", "make the plan again")
        chosen.append((change, difference))
    chosen = _at_anchors(chosen, pair)
    added = {d.path: d for _, d in chosen if d.op is Op.ADD}
    replaced = {d.target for _, d in chosen if d.op is Op.ADD and d.group.startswith("kind:")}
    edits: list[Edit] = []
    for change, difference in chosen:
        if difference.op is Op.REMOVE:
            if difference.target in replaced:
                continue  # its replacement takes its place
            edits.append(_removal(difference))
        elif difference.op is Op.SET:
            edits.append(_setting(change, difference, pair, plan))
        else:
            edits.append(_addition(change, difference, pair, plan, added))
    return edits


def _at_anchors(chosen: list[tuple[Change, Difference]], pair: FilePair) -> list[tuple[Change, Difference]]:
    """What stands behind an alias is written once, where its anchor stands."""
    origins = {d.path: d for d in pair.differences.values() if d.echo_of is None}
    once: dict[tuple[object, ...], tuple[Change, Difference]] = {}
    for change, difference in sorted(chosen, key=lambda c: c[1].echo_of is not None):
        origin = origins.get(difference.echo_of) if difference.echo_of is not None else difference
        if origin is not None:
            once.setdefault((origin.path, origin.op), (change, origin))
    return list(once.values())


def _removal(difference: Difference) -> Edit:
    assert difference.target is not None  # noqa: S101 - a removal always has a place
    if len(difference.target) == 1 and difference.path and not isinstance(difference.path[0], str):
        return RemoveDocument(int(difference.target[0]))
    return Remove(difference.target)


def _setting(change: Change, difference: Difference, pair: FilePair, plan: Plan) -> Edit:
    assert difference.target is not None and difference.source is not None  # noqa: S101 - both sides have it
    value = plan.value_of(change)
    like = node_at(pair.source, difference.source)
    scalar = like if isinstance(like, Scalar) else None
    text = str(value)
    if scalar is None or (text == scalar.value and scalar.style in ("|", ">")):
        return SetNode(difference.target, Snippet.of(pair.source, difference.source))
    return SetScalar(difference.target, text, scalar)


def _addition(
    change: Change, difference: Difference, pair: FilePair, plan: Plan, added: dict[tuple[Step, ...], Difference]
) -> Edit:
    assert difference.source is not None and difference.target is not None  # noqa: S101 - an addition has both
    snippet = _snippet(change, difference, pair, plan)
    if difference.group.startswith("kind:"):
        return SetNode(difference.target, snippet)
    if difference.target == ():
        return AddDocument(difference.after if isinstance(difference.after, int) else None, snippet)
    if difference.key is not None:
        after = difference.after
        if difference.follows is not None:
            before = _nearest(difference, added, pair)
            after = before.key if before is not None else after
        return AddEntry(difference.target, difference.key, snippet, after if isinstance(after, str) else None)
    return AddItem(difference.target, snippet, difference.after if isinstance(difference.after, int) else None)


def _nearest(difference: Difference, added: dict[tuple[Step, ...], Difference], pair: FilePair) -> Difference | None:
    """The selected addition that stands nearest before this one in the source."""
    every = {d.path: d for d in pair.differences.values() if d.op is Op.ADD}
    path = difference.follows
    while path is not None:
        if path in added:
            return added[path]
        path = every[path].follows if path in every else None
    return None


def _snippet(change: Change, difference: Difference, pair: FilePair, plan: Plan) -> Snippet:
    assert difference.source is not None  # noqa: S101 - an addition always has a source
    value = plan.value_of(change)
    node = node_at(pair.source, difference.source)
    if node is not None and value == value_of(node):
        return Snippet.of(pair.source, difference.source)
    texts = list(_unlike(value_of(node), value)) if node is not None else []
    if node is None or not texts or any(text is None for _, text in texts):
        return Snippet.value(_as_value(value))
    snippet = Snippet.of(pair.source, difference.source)  # the source's own style and comments, with other texts
    for at, text in texts:
        snippet = snippet.with_scalar(at, str(text))
    return snippet


def _unlike(old: object, new: object, at: Pointer = ()) -> Iterator[tuple[Pointer, str | None]]:
    """The scalars in which two values differ, by their address; None for a text where more than scalars differ."""
    if isinstance(old, dict) and isinstance(new, dict) and list(old) == list(new):
        for key, value in old.items():
            yield from _unlike(value, new[key], (*at, str(key)))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, value in enumerate(old):
            yield from _unlike(value, new[index], (*at, index))
    elif old != new:
        yield at, new if at and isinstance(old, str) and isinstance(new, str) else None


def _as_value(value: object) -> Value:
    return value if isinstance(value, str | dict | list) else str(value)
