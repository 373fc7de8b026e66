"""What identifies a list item or a document, and which of one side stands beside which of the other. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from liftlock.model.change import Step
from liftlock.promotion.words import Words
from liftlock.yamledit import Alias, Document, Mapping, Node, Scalar, value_of
from liftlock.yamledit import Sequence as ListNode

IDENTITY_KEYS = ("name", "key", "id", "release", "path")


def step_of(node: Node | None, index: int) -> Step:
    """What identifies a list item: one of its identity keys, itself, or its position."""
    node = real(node)
    if isinstance(node, Scalar):
        return (("", node.value.split("?ref=")[0]),)
    if isinstance(node, Mapping):
        for key in IDENTITY_KEYS:
            entry = next((e for e in node.entries if e.key == key), None)
            value = real(entry.value) if entry else None
            if isinstance(value, Scalar):
                return ((key, value.value),)
    return (("#", str(index)),)


def document_step(document: Document, index: int) -> Step:
    """What identifies a document: kind and name of the object, else its position."""
    kind = _text(document.root, "kind")
    metadata = _child(document.root, "metadata")
    name = _text(metadata, "name")
    if kind is not None and name is not None:
        namespace = _text(metadata, "namespace")
        return (("document", f"{kind}/{name}"), *((("namespace", namespace),) if namespace else ()))
    if isinstance(_child(document.root, "releases"), ListNode):
        return (("holds", "releases"),)  # of a helmfile, whose other documents may be more or fewer
    return (("#", str(index)),)


def real(node: Node | None) -> Node | None:
    """The node itself, or what its alias stands for."""
    return node.target if isinstance(node, Alias) else node


def _child(node: Node | None, key: str) -> Node | None:
    node = real(node)
    if not isinstance(node, Mapping):
        return None
    return next((real(e.value) for e in node.entries if e.key == key), None)


def _text(node: Node | None, key: str) -> str | None:
    child = _child(node, key)
    return child.value if isinstance(child, Scalar) else None


def numbered(steps: Sequence[Step]) -> list[Step]:
    """The same steps, the second of equal ones marked as such, so that each is unique."""
    seen: Counter[Step] = Counter()
    unique: list[Step] = []
    for step in steps:
        seen[step] += 1
        unique.append(step if seen[step] == 1 else (*step, ("nth", str(seen[step]))))
    return unique


@dataclass(slots=True)
class Pair:
    """The index of an item on each side, None where it has none."""

    source: int | None
    target: int | None
    words_only: bool = False


def paired_items(mine: Sequence[Step], theirs: Sequence[Step], words: Words) -> list[Pair]:
    """Source items beside target items, in the source's order; then what only the target has."""
    places = {step: index for index, step in enumerate(theirs)}
    pairs: list[Pair] = []
    taken: set[int] = set()
    for index, step in enumerate(mine):
        at = places.get(step)
        if at is not None:
            taken.add(at)
        pairs.append(Pair(index, at))
    left = [index for index in range(len(theirs)) if index not in taken]
    for item in pairs:
        if item.target is None and item.source is not None and left:
            step = mine[item.source]
            match = next((i for i in left if _same_but_for_words(step, theirs[i], words)), None)
            if match is not None:
                item.target, item.words_only = match, True
                left.remove(match)
    return [*pairs, *(Pair(None, index) for index in left)]


def steady(places: Sequence[int | None]) -> frozenset[int]:
    """Of the targets' places in the source's order, the most that stand in the same order on both sides.

    What is new goes behind its nearest neighbour among these: one that was moved says nothing of where it belongs.
    """
    tails: list[int] = []  # the last place of the best run of each length
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for place in places:
        if place is None:
            continue
        length = bisect_left(tails, place)
        before[place] = ends[length - 1] if length else None
        if length == len(tails):
            tails.append(place)
            ends.append(place)
        else:
            tails[length] = ends[length] = place
    found: list[int] = []
    at = ends[-1] if ends else None
    while at is not None:
        found.append(at)
        at = before[at]
    return frozenset(found)


def _same_but_for_words(mine: Step, theirs: Step, words: Words) -> bool:
    if isinstance(mine, str) or isinstance(theirs, str) or len(mine) != len(theirs):
        return False
    return all(
        k == other_k and k != "#" and words.same_but_for_words(v, other_v)
        for (k, v), (other_k, other_v) in zip(mine, theirs, strict=True)
    )


_LITERAL = re.compile(r"([A-Za-z_][\w.-]*)=")


def literals(
    pairs: Sequence[Pair], mine: Sequence[Node], theirs: Sequence[Node]
) -> dict[tuple[int | None, int | None], str]:
    """Of `KEY=value` items that stand on one side each, what the other side has for the same key."""
    left = {key: i for i in (p.source for p in pairs if p.target is None) if i is not None and (key := _key(mine[i]))}
    right = {
        key: i for i in (p.target for p in pairs if p.source is None) if i is not None and (key := _key(theirs[i]))
    }
    found: dict[tuple[int | None, int | None], str] = {}
    for key in left.keys() & right.keys():
        found[(left[key], None)] = str(value_of(theirs[right[key]]))
        found[(None, right[key])] = str(value_of(mine[left[key]]))
    return found


def _key(node: Node) -> str:
    own = real(node)
    match = _LITERAL.match(own.value) if isinstance(own, Scalar) else None
    return match.group(1) if match else ""


def literal_group(path: tuple[Step, ...], counterpart: str | None) -> str:
    """One key's old and new text go together."""
    return f"literal:{path!r}:{counterpart.partition('=')[0]}" if counterpart is not None else ""
