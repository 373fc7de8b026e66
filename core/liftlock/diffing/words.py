"""The words that changed inside lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from liftlock.model.diff import Span
from liftlock.text import printable

_TOKEN = re.compile(r"\w+|[^\S\n]+|[^\w\s]|.", re.DOTALL)
_SIGN = re.compile(r"[^\w\s]{1,2}")
# Beyond this, words are not compared: nobody reads such a line word by word.
_LONG = 4000
_MANY = 1200
# Lines that share less than this are two different lines, not one that changed.
_ALIKE = 0.3
_PAIRABLE = 2500


@lru_cache(maxsize=4096)
def tokens(line: str) -> tuple[str, ...]:
    """Words, single signs, and runs of blanks; joined they are the line."""
    return tuple(_TOKEN.findall(line))


def plain(line: str, *, changed: bool = False) -> tuple[Span, ...]:
    """A line as one span."""
    text = printable(line)
    return (Span(text, changed),) if text else ()


def likeness(old: str, new: str) -> float:
    """How much of two lines is the same, from 0 to 1, judged by their words."""
    if len(old) > _LONG or len(new) > _LONG:
        return 1.0 if old[:200] == new[:200] else 0.0
    mine = Counter(token for token in tokens(old) if not token.isspace())
    theirs = Counter(token for token in tokens(new) if not token.isspace())
    total = mine.total() + theirs.total()
    return 2 * (mine & theirs).total() / total if total else 1.0


def marked(old: str, new: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Both lines with the words marked that differ; unmarked where they have too little in common."""
    if len(old) > _LONG or len(new) > _LONG:
        return plain(old), plain(new)
    mine, theirs = tokens(old), tokens(new)
    if len(mine) > _MANY or len(theirs) > _MANY or likeness(old, new) < _ALIKE:
        return plain(old), plain(new)
    left = [True] * len(mine)
    right = [True] * len(theirs)
    for i, j, size in SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks():
        left[i : i + size] = [False] * size
        right[j : j + size] = [False] * size
    return _spans(mine, _bridged(mine, left)), _spans(theirs, _bridged(theirs, right))


def _bridged(parts: Sequence[str], changed: list[bool]) -> list[bool]:
    """Signs between two changed words belong to the change: `4.2` of `1.4.2` is one mark, not two."""
    return [
        flag
        or (
            0 < at < len(changed) - 1 and changed[at - 1] and changed[at + 1] and _SIGN.fullmatch(parts[at]) is not None
        )
        for at, flag in enumerate(changed)
    ]


def _spans(parts: Sequence[str], changed: Sequence[bool]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for part, flag in zip(parts, changed, strict=True):
        text = printable(part)
        if spans and spans[-1].changed == flag:
            spans[-1] = Span(spans[-1].text + text, flag)
        else:
            spans.append(Span(text, flag))
    return tuple(spans)


def counterparts(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Which removed line became which added one, in order: the pairing that keeps the most alike."""
    if not old or not new:
        return {}
    if len(old) * len(new) > _PAIRABLE:
        return {at: at for at in range(len(old))} if len(old) == len(new) else {}
    table = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            alike = likeness(old[i], new[j])
            both = alike + table[i + 1][j + 1] if alike >= _ALIKE else 0.0
            table[i][j] = max(both, table[i + 1][j], table[i][j + 1])
    found: dict[int, int] = {}
    i = j = 0
    while i < len(old) and j < len(new):
        if table[i][j] == table[i + 1][j]:
            i += 1
        elif table[i][j] == table[i][j + 1]:
            j += 1
        else:
            found[i] = j
            i, j = i + 1, j + 1
    return found
