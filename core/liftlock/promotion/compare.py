"""Comparing two files: every leaf or subtree in which they differ, with where it stands on both sides. Pure.

List items and documents are paired by identity (their name, key, id, release or path; a scalar by itself, without a
Git reference), then by the same identity with the environments' words exchanged, and by position where items have
no identity. Positions make one group: taking one of them without the others would mix items.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from liftlock.model.change import Op, Step, Value
from liftlock.promotion.identity import (
    document_step,
    literal_group,
    literals,
    numbered,
    paired_items,
    real,
    steady,
    step_of,
)
from liftlock.promotion.words import Words
from liftlock.values import dataclass
from liftlock.yamledit import Alias, Mapping, Node, Pointer, Scalar, Source, value_of
from liftlock.yamledit import Sequence as ListNode


@dataclass(frozen=True, slots=True)
class Difference:
    """One leaf or subtree that differs.

    `source` and `target` point to the node on each side; for an addition `target` points to the container, `key` is
    the mapping's key (None in a list) and `after` the sibling of the target that it follows (a key, an index, None
    for the first place). `old` and `new` are None where absent. `group` links what only makes sense together.
    """

    op: Op
    path: tuple[Step, ...]
    source: Pointer | None
    target: Pointer | None
    old: Value | None
    new: Value | None
    key: str | None = None
    after: str | int | None = None
    follows: tuple[Step, ...] | None = None
    """The path of the addition that this one follows when that is made too."""
    group: str = ""
    blocked: str = ""
    line: int = 0
    words_only: bool = False
    """The two sides differ only in the environments' own words."""
    echo_of: tuple[Step, ...] | None = None
    """It stands behind an alias and moves by itself with the difference of this path, where the anchor stands."""
    counterpart: str | None = None
    """Of a `KEY=value` in a list: what stands for the same key on the other side."""


def compare(source: Source, target: Source, words: Words) -> tuple[Difference, ...]:
    """All differences, in the order of the source; what only the target has comes where it stands."""
    found = list(_Comparer(source, target, words).run())
    echoed = {difference.echo_of: difference.group for difference in found if difference.echo_of is not None}
    return tuple(
        replace(d, group=echoed[d.path]) if d.echo_of is None and not d.group and d.path in echoed else d for d in found
    )


class _Comparer:
    def __init__(self, source: Source, target: Source, words: Words) -> None:
        self._source = source
        self._target = target
        self._words = words
        self._anchors: dict[str, tuple[Step, ...]] = {}

    def run(self) -> Iterator[Difference]:
        mine, theirs = self._source.documents, self._target.documents
        if len(mine) <= 1 and len(theirs) <= 1:
            left = mine[0].root if mine else None
            right = theirs[0].root if theirs else None
            yield from self._nodes(left, right, (), (0,), (0,))
            return
        pairs = paired_items(
            numbered([document_step(d, i) for i, d in enumerate(mine)]),
            numbered([document_step(d, i) for i, d in enumerate(theirs)]),
            self._words,
        )
        last: int | None = None
        previous: tuple[Step, ...] | None = None
        for item in pairs:
            if item.source is not None and item.target is not None:
                step = document_step(theirs[item.target], item.target)
                yield from self._nodes(
                    mine[item.source].root, theirs[item.target].root, (step,), (item.source,), (item.target,)
                )
                last, previous = item.target, None
            elif item.source is not None:
                root = mine[item.source].root
                step = document_step(mine[item.source], item.source)
                if root is not None:
                    yield Difference(
                        Op.ADD,
                        (step,),
                        (item.source,),
                        (),
                        None,
                        value_of(root),
                        after=last,
                        follows=previous,
                    )
                    previous = (step,)
            elif item.target is not None and theirs[item.target].root is not None:
                root = theirs[item.target].root
                assert root is not None  # noqa: S101 - narrowed for the type checker just above
                step = document_step(theirs[item.target], item.target)
                yield Difference(Op.REMOVE, (step,), None, (item.target,), value_of(root), None, line=root.line)

    def _nodes(
        self,
        mine: Node | None,
        theirs: Node | None,
        path: tuple[Step, ...],
        at: Pointer,
        there: Pointer,
        group: str = "",
    ) -> Iterator[Difference]:
        if theirs is not None and not isinstance(theirs, Alias) and theirs.anchor and there:
            self._anchors[theirs.anchor] = path
        if mine is None or theirs is None:
            if mine is not None and _leafy(mine) is None:
                yield from self._replaced(mine, theirs, path, at, there, group)
            return
        if isinstance(mine, Alias) and isinstance(theirs, Alias) and mine.name == theirs.name:
            yield from self._echoes(mine, theirs, path)
            return
        through = isinstance(theirs, Alias)
        left, right = real(mine), real(theirs)
        if isinstance(left, Mapping) and isinstance(right, Mapping) and left.entries and right.entries and not through:
            yield from self._mappings(left, right, path, at, there, group)
        elif isinstance(left, ListNode) and isinstance(right, ListNode) and left.items and right.items and not through:
            yield from self._lists(left, right, path, at, there, group)
        else:
            old, new = _shown(theirs), _shown(mine)
            if old == new:
                return
            if isinstance(old, str) and isinstance(new, str):
                yield Difference(
                    Op.SET,
                    path,
                    at,
                    there,
                    old,
                    new,
                    group=group,
                    line=theirs.line,
                    blocked="an alias: edit the anchor it stands for" if through else "",
                    words_only=self._words.same_but_for_words(new, old),
                )
            else:
                yield from self._replaced(mine, theirs, path, at, there, group)

    def _echoes(self, mine: Alias, theirs: Alias, path: tuple[Step, ...]) -> Iterator[Difference]:
        """What differs at the anchor, told once more for this place, which moves with it."""
        origin = self._anchors.get(theirs.name)
        if origin is None:
            return
        for found in self._nodes(mine.target, theirs.target, (), (), ()):
            if found.echo_of is None:
                there = (*origin, *found.path)
                yield replace(
                    found,
                    path=(*path, *found.path),
                    source=None,
                    target=None,
                    follows=None,
                    echo_of=there,
                    group=f"anchor:{there!r}",
                )

    def _replaced(
        self, mine: Node, theirs: Node | None, path: tuple[Step, ...], at: Pointer, there: Pointer, group: str
    ) -> Iterator[Difference]:
        """Another kind of node: the old one goes, the new one comes, both or neither."""
        together = group or f"kind:{path!r}"
        line = theirs.line if theirs else 0
        blocked = "an alias: edit the anchor it stands for" if isinstance(theirs, Alias) else ""
        old = _shown(theirs) if theirs is not None else None
        if old is not None:
            yield Difference(Op.REMOVE, path, None, there, old, None, group=together, line=line, blocked=blocked)
        yield Difference(Op.ADD, path, at, there, None, _shown(mine), group=together, line=line, blocked=blocked)

    def _mappings(
        self, mine: Mapping, theirs: Mapping, path: tuple[Step, ...], at: Pointer, there: Pointer, group: str
    ) -> Iterator[Difference]:
        right = {entry.key: entry for entry in theirs.entries}
        left = {entry.key for entry in mine.entries}
        paired: dict[str, str] = {}
        spare = [entry.key for entry in theirs.entries if entry.key not in left]
        for entry in mine.entries:
            if entry.key in right:
                paired[entry.key] = entry.key
            else:
                twin = next((k for k in spare if self._words.same_but_for_words(entry.key, k)), None)
                if twin is not None:
                    paired[entry.key] = twin
                    spare.remove(twin)
        order = {entry.key: index for index, entry in enumerate(theirs.entries)}
        anchors = steady([order[paired[e.key]] if e.key in paired else None for e in mine.entries])
        last: str | None = None
        previous: tuple[Step, ...] | None = None
        for entry in mine.entries:
            twin = paired.get(entry.key)
            if twin is not None:
                yield from self._nodes(
                    entry.value, right[twin].value, (*path, twin), (*at, entry.key), (*there, twin), group
                )
                if order[twin] in anchors:
                    last, previous = twin, None
            else:
                place = (*path, entry.key)
                yield Difference(
                    Op.ADD,
                    place,
                    (*at, entry.key),
                    there,
                    None,
                    value_of(entry.value),
                    key=entry.key,
                    after=last,
                    follows=previous,
                    group=group,
                    line=theirs.line,
                )
                previous = place
        for key in spare:
            node = right[key].value
            yield Difference(
                Op.REMOVE, (*path, key), None, (*there, key), value_of(node), None, group=group, line=right[key].line
            )

    def _lists(
        self, mine: ListNode, theirs: ListNode, path: tuple[Step, ...], at: Pointer, there: Pointer, group: str
    ) -> Iterator[Difference]:
        left = numbered([step_of(node, index) for index, node in enumerate(mine.items)])
        right = numbered([step_of(node, index) for index, node in enumerate(theirs.items)])
        by_position = len(mine.items) != len(theirs.items) and any(
            isinstance(step, tuple) and step[0][0] == "#" for step in (*left, *right)
        )
        pairs = paired_items(left, right, self._words)
        anchors = steady([item.target for item in pairs if item.source is not None])
        mates = literals(pairs, mine.items, theirs.items)
        last: int | None = None
        previous: tuple[Step, ...] | None = None
        for item in pairs:
            if item.source is not None and item.target is not None:
                step = right[item.target]
                positional = isinstance(step, tuple) and step[0][0] == "#"
                yield from self._nodes(
                    mine.items[item.source],
                    theirs.items[item.target],
                    (*path, step),
                    (*at, item.source),
                    (*there, item.target),
                    f"position:{path!r}"
                    if by_position and positional and not _alike(mine.items[item.source], theirs.items[item.target])
                    else group,
                )
                if item.target in anchors:
                    last, previous = item.target, None
            elif item.source is not None:
                step = left[item.source]
                positional = isinstance(step, tuple) and step[0][0] == "#"
                yield Difference(
                    Op.ADD,
                    (*path, step),
                    (*at, item.source),
                    there,
                    None,
                    value_of(mine.items[item.source]),
                    after=last,
                    follows=previous,
                    group=literal_group(path, mates.get((item.source, None)))
                    or (f"position:{path!r}" if by_position and positional else group),
                    line=theirs.line,
                    counterpart=mates.get((item.source, None)),
                )
                previous = (*path, step)
            elif item.target is not None:
                step = right[item.target]
                node = theirs.items[item.target]
                positional = isinstance(step, tuple) and step[0][0] == "#"
                yield Difference(
                    Op.REMOVE,
                    (*path, step),
                    None,
                    (*there, item.target),
                    value_of(node),
                    None,
                    group=literal_group(path, mates.get((None, item.target)))
                    or (f"position:{path!r}" if by_position and positional else group),
                    line=node.line,
                    counterpart=mates.get((None, item.target)),
                )


def _alike(mine: Node, theirs: Node) -> bool:
    """Whether two items at one position hold mostly the same, so that they are one item and no two that met by chance.

    What differs inside such an item moves by itself.
    """
    left, right = Counter(_texts(value_of(mine))), Counter(_texts(value_of(theirs)))
    return 2 * (left & right).total() > max(left.total(), right.total())


def _texts(value: Value, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The texts below a value, each with the keys that lead to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _texts(child, (*path, key))
    else:
        for child in value:
            yield from _texts(child, path)


def _shown(node: Node) -> Value:
    """The node's value; an empty mapping or list is a leaf by itself and shown as it is written."""
    value = value_of(node)
    if isinstance(value, str):
        return value
    return value or ("{}" if isinstance(value, dict) else "[]")


def _leafy(node: Node) -> Scalar | None:
    own = real(node)
    return own if isinstance(own, Scalar) and not own.value else None
