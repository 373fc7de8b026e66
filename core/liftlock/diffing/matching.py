"""Which lines of two texts belong together.

difflib does the work where it is fast. Its cost grows with how often lines repeat, so long texts are first cut at
lines (or short runs of lines) that occur once on each side, and only the pieces between are given to it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

# What difflib may look at in one piece: for each line, the lines of the other side that equal it.
_COST = 40_000
_RUNS = (1, 2, 4, 8, 16)


class Block(NamedTuple):
    """Lines `old_start:old_end` of the one text stand against `new_start:new_end` of the other; `same` or not."""

    same: bool
    old_start: int
    old_end: int
    new_start: int
    new_end: int


def match(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Block]:
    """Blocks that cover both sequences in order, same and different ones taking turns."""
    numbers: dict[Hashable, int] = {}
    mine = [numbers.setdefault(line, len(numbers)) for line in old]
    theirs = [numbers.setdefault(line, len(numbers)) for line in new]
    return _blocks(list(_pairs(mine, theirs)), len(mine), len(theirs))


def _blocks(pairs: list[tuple[int, int, int]], old_size: int, new_size: int) -> list[Block]:
    """Blocks out of runs of equal lines (old start, new start, length) that go upwards on both sides."""
    blocks: list[Block] = []
    i = j = 0
    for a, b, size in (*pairs, (old_size, new_size, 0)):
        if a > i or b > j:
            blocks.append(Block(False, i, a, j, b))
        if size:
            last = blocks[-1] if blocks else None
            if last is not None and last.same:
                blocks[-1] = last._replace(old_end=a + size, new_end=b + size)
            else:
                blocks.append(Block(True, a, a + size, b, b + size))
        i, j = a + size, b + size
    return blocks


def _pairs(old: list[int], new: list[int]) -> Iterator[tuple[int, int, int]]:
    """Runs of equal lines in order."""
    # A stack of pieces instead of recursion: texts can be long.
    waiting = [(0, len(old), 0, len(new))]
    while waiting:
        a, a_end, b, b_end = waiting.pop()
        head = 0
        while a + head < a_end and b + head < b_end and old[a + head] == new[b + head]:
            head += 1
        if head:
            yield a, b, head
            a, b = a + head, b + head
        tail = 0
        while a < a_end - tail and b < b_end - tail and old[a_end - 1 - tail] == new[b_end - 1 - tail]:
            tail += 1
        a_end, b_end = a_end - tail, b_end - tail
        if tail:
            # An empty piece with only the tail behind it: it is read after all that lies before.
            waiting.append((a_end, a_end + tail, b_end, b_end + tail))
        if a == a_end or b == b_end:
            continue
        if _cost(old, a, a_end, new, b, b_end) <= _COST:
            matcher = SequenceMatcher(None, old[a:a_end], new[b:b_end], autojunk=False)
            found = [(a + i, b + j, size) for i, j, size in matcher.get_matching_blocks() if size]
            waiting += [(i, i + size, j, j + size) for i, j, size in reversed(found)]
            continue
        anchors = _anchors(old, a, a_end, new, b, b_end)
        pieces = []
        for i, j in anchors:
            pieces.append((a, i, b, j))
            pieces.append((i, i + 1, j, j + 1))
            a, b = i + 1, j + 1
        if pieces:
            pieces.append((a, a_end, b, b_end))
            waiting += [piece for piece in reversed(pieces) if piece[0] < piece[1] and piece[2] < piece[3]]


def _cost(old: list[int], a: int, a_end: int, new: list[int], b: int, b_end: int) -> int:
    """How much difflib would look at: the pairs of equal lines, counted no further than needed."""
    smaller = min(a_end - a, b_end - b)
    if smaller * max(a_end - a, b_end - b) <= _COST // 8:
        return 0
    counts = Counter(new[b:b_end])
    equal = 0
    for line in old[a:a_end]:
        equal += counts[line]
        if equal > _COST:
            break
    return equal


def _anchors(old: list[int], a: int, a_end: int, new: list[int], b: int, b_end: int) -> list[tuple[int, int]]:
    """Pairs of lines, rising on both sides, that begin a run which occurs once on each side."""
    for run in _RUNS:
        mine = _once(old, a, a_end, run)
        theirs = _once(new, b, b_end, run)
        pairs = [(at, theirs[key]) for key, at in mine.items() if key in theirs]
        if pairs:
            return _rising(pairs)
    return []


def _once(lines: list[int], start: int, end: int, run: int) -> dict[Hashable, int]:
    """Where each run of so many lines begins that occurs just once, in order."""
    places: dict[Hashable, int] = {}
    for at in range(start, end - run + 1):
        key: Hashable = lines[at] if run == 1 else tuple(lines[at : at + run])
        places[key] = -1 if key in places else at
    return {key: at for key, at in places.items() if at >= 0}


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest selection of pairs that rises on both sides; the pairs come in order of the first."""
    ends: list[int] = []
    heads: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(pairs):
        place = bisect_left(ends, j)
        before.append(heads[place - 1] if place else -1)
        if place == len(ends):
            ends.append(j)
            heads.append(index)
        else:
            ends[place] = j
            heads[place] = index
    chosen = []
    at = heads[-1] if heads else -1
    while at >= 0:
        chosen.append(pairs[at])
        at = before[at]
    return chosen[::-1]
