"""Applying a plan to its base: the bytes of every file that changes. Pure, but for reading the two trees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from liftlock.errors import EditError
from liftlock.model.change import Change, Op, Step, Value
from liftlock.model.plan import Plan
from liftlock.model.tree import Tree
from liftlock.promotion.compare import Difference
from liftlock.promotion.comparisons import Comparisons, FilePair, change_id
from liftlock.promotion.newcomers import exchanges, written
from liftlock.promotion.taken import wholly_taken
from liftlock.promotion.words import Words
from liftlock.text import printable
from liftlock.yamledit import (
    AddDocument,
    AddEntry,
    AddItem,
    Edit,
    Mapping,
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
from liftlock.yamledit import Sequence as ListNode

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
            exchanged = [change for change in changes if change.path]
            files[file] = _whole(whole[0], exchanged, source, target, words_for(environment), comparisons, plan)
            continue
        if file not in target.entries:
            continue  # what would read otherwise in a new file that is not taken
        pair = comparisons.pair(source, source_file, target, file, words_for(environment))
        edits = _edits(changes, pair, plan)
        if file in files:
            # Two cells can share a file (releases of one helmfile): later edits would start from what the earlier made.
            files[file] = _again(files[file], pair, edits, file)
        else:
            made = _spliced(pair, edits)
            files[file] = pair.source.data if wholly_taken(pair, changes, plan, words_for(environment)) else made
    return files


def _whole(
    change: Change,
    exchanged: Sequence[Change],
    source: Tree,
    target: Tree,
    words: Words,
    comparisons: Comparisons,
    plan: Plan,
) -> bytes | None:
    """A whole file: gone, or as the source has it, with what reads otherwise in the target."""
    if change.op is Op.REMOVE:
        return None
    if change.op is Op.ADD and change.file in target.entries:
        raise EditError(f"{printable(change.file)} is there by now", "", "make the plan again")
    if not exchanged:
        return source.read(change.source_file)
    file = comparisons.source(source, change.source_file)
    places = {change_id(change.source_file, change.file, e.difference()): e for e in exchanges(file, words)}
    return written(file, [replace(places[c.id], new=str(plan.value_of(c))) for c in exchanged if c.id in places])


def _spliced(pair: FilePair, edits: Sequence[Edit]) -> bytes:
    """The target's bytes with the edits made; what stands behind an alias in the source does so here, where it can."""
    made = [e.snippet for e in edits if isinstance(e, SetNode | AddEntry | AddItem)]
    anchors = frozenset[str]().union(*(snippet.anchors for snippet in made))
    shared = [
        replace(e, snippet=e.snippet.beside(anchors)) if isinstance(e, SetNode | AddEntry | AddItem) else e
        for e in edits
    ]
    if anchors and shared != list(edits):
        try:
            return splice(pair.target, shared)
        except EditError:
            pass  # the anchor would not stand before its aliases here: then all is written out
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
    places = Places(pair, [d for _, d in chosen if d.op is Op.REMOVE])
    edits: list[Edit] = []
    for change, difference in chosen:
        if difference.op is Op.REMOVE:
            if difference.target in replaced:
                continue  # its replacement takes its place
            edits.append(_removal(difference))
        elif difference.op is Op.SET:
            edits.append(_setting(change, difference, pair, plan))
        else:
            edits.append(_addition(change, difference, pair, plan, added, places))
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
    change: Change,
    difference: Difference,
    pair: FilePair,
    plan: Plan,
    added: dict[tuple[Step, ...], Difference],
    places: Places,
) -> Edit:
    assert difference.source is not None and difference.target is not None  # noqa: S101 - an addition has both
    snippet = _snippet(change, difference, pair, plan)
    if difference.group.startswith("kind:"):
        return SetNode(difference.target, snippet)
    if difference.target == ():
        return AddDocument(difference.after if isinstance(difference.after, int) else None, snippet)
    if difference.key is not None:
        before = _nearest(difference, added, pair) if difference.follows is not None else None
        after = before.key if before is not None else places.behind(difference)
        return AddEntry(difference.target, difference.key, snippet, after if isinstance(after, str) else None)
    behind = places.behind(difference)
    return AddItem(difference.target, snippet, behind if isinstance(behind, int) else None)


class Places:
    """Where what comes stands: behind its neighbour of the source, or in the place of what goes just behind that."""

    def __init__(self, pair: FilePair, goes: Sequence[Difference]) -> None:
        self._pair = pair
        self._goes = {d.target for d in goes}
        self._own = {d.target for d in pair.differences.values() if d.op is Op.REMOVE}

    def behind(self, difference: Difference) -> str | int | None:
        """The sibling that an addition follows."""
        assert difference.target is not None  # noqa: S101 - an addition has its container
        container = node_at(self._pair.target, difference.target) if self._goes else None
        if isinstance(container, Mapping):
            keys: list[str | int] = [entry.key for entry in container.entries]
        elif isinstance(container, ListNode):
            keys = list(range(len(container.items)))
        else:
            return difference.after
        if len(set(keys)) != len(keys) or (difference.after is not None and difference.after not in keys):
            return difference.after
        last = difference.after
        for key in keys[keys.index(last) + 1 if last is not None else 0 :]:
            at = (*difference.target, key)
            if at in self._goes:
                return last
            if at not in self._own:
                break
            last = key
        return difference.after


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
