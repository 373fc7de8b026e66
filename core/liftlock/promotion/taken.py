"""A file that is taken in all in which it differs: then the source's own bytes come, as a copy would bring them. Pure.

Order, indents and blank lines of what was added are then the source's too, and the two files are one from there on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from liftlock.model.change import Change, Op
from liftlock.model.plan import Plan
from liftlock.promotion.comparisons import FilePair
from liftlock.promotion.words import Words

_COMMENT = re.compile(rb"(?:^|(?<=\s))(?:#|//).*?(?=\r?$)", re.MULTILINE)


def wholly_taken(pair: FilePair, changes: Sequence[Change], plan: Plan, words: Words) -> bool:
    """Whether these changes make the target hold just what the source holds, and nothing of its own would be lost.

    Where only values change, the target keeps its own layout. Its comments are its own: where it has one that the
    source lacks, or the source has one with its own word in it, the file is not copied.
    """
    every = {i: d for i, d in pair.differences.items() if d.echo_of is None}
    chosen = {change.id: change for change in changes}
    if not every.keys() <= chosen.keys() or all(d.op is Op.SET for d in every.values()):
        return False
    if any(d.op is not Op.REMOVE and plan.value_of(chosen[i]) != d.new for i, d in every.items()):
        return False
    if (b"\r\n" in pair.source.data) != (b"\r\n" in pair.target.data):
        return False
    mine, theirs = set(_COMMENT.findall(pair.source.data)), set(_COMMENT.findall(pair.target.data))
    return theirs <= mine and not any(words.names_source(c.decode("utf-8", "replace")) for c in mine)
