"""What a plan stages where no rule and no habit staged anything, and a person asked for just these files. Pure.

An empty answer helps nobody who named two folders or an app. Two signs can be read off the files alone: a file whose
source has only more than it, and one file among several that differs in much and in nothing of its own. What names
what comes so is staged with it. Read off promotions in public repositories; a single addition proves nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from liftlock.model.change import Change, ChangeClass, Op, Value
from liftlock.text import plural

# So many additions at least, before what a file lacks is taken for what was forgotten.
_ADDED = 3
# So much at least, before a file that holds nothing of its environment's own is taken for one that follows.
_MUCH = 10
# A name shorter than this is in too many texts.
_LONG = 6
_NAMES = ("name", "record", "alert", "id", "key")


def proposed_unasked(changes: Sequence[Change]) -> list[Change]:
    """The changes of a plan of few files, with the likeliest staged where nothing is."""
    if any(change.proposed for change in changes):
        return list(changes)
    by_file: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        if change.path:
            by_file[(change.source_file, change.file)].append(change)
    fans = _fanned(by_file)
    told: dict[str, str] = {}
    for files, of_pair in by_file.items():
        if files[0] not in fans and len(of_pair) >= _ADDED and all(_comes(change) for change in of_pair):
            why = f"the source has {plural(len(of_pair), 'thing')} more here and nothing else differs"
            told |= {change.id: why for change in of_pair}
    if not told:
        follows = [files for files, of_pair in by_file.items() if any(_open(change) for change in of_pair)]
        if len(follows) == 1 and len(by_file) > 1:
            of_pair = by_file[follows[0]]
            if len(of_pair) >= _MUCH and all(_open(change) for change in of_pair):
                why = "the one file here that differs in more than its environment's own values"
                told |= {change.id: why for change in of_pair}
    if not told:
        return list(changes)
    told |= dict(_naming(changes, told))
    return [
        replace(change, proposed=True, why=f"{change.why.partition(': offered')[0]}; {told[change.id]}")
        if change.id in told
        else change
        for change in changes
    ]


def _fanned(by_file: dict[tuple[str, str], list[Change]]) -> set[str]:
    """The sources that stand for several targets."""
    seen: dict[str, int] = defaultdict(int)
    for source, _ in by_file:
        seen[source] += 1
    return {source for source, times in seen.items() if times > 1}


def _open(change: Change) -> bool:
    kept = change.cls in (ChangeClass.IDENTITY, ChangeClass.SIZING)
    return not (kept or change.blocked or change.secret or change.settled)


def _comes(change: Change) -> bool:
    return change.op is Op.ADD and change.cls is ChangeClass.STRUCTURE and _open(change)


def _naming(changes: Sequence[Change], told: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Additions elsewhere that name what comes, and why each goes with it."""
    names = {
        name: change
        for change in changes
        if change.id in told and change.op is Op.ADD
        for name in _introduced(change.new)
        if len(name) >= _LONG
    }
    for change in changes:
        if change.id in told or not _comes(change) or not change.path or not isinstance(change.new, str):
            continue
        for word in re.findall(r"[\w:./-]+", change.new):
            if word in names:
                yield change.id, f"names {word}, which comes with {names[word].file.rpartition('/')[2]}"
                break


def _introduced(value: Value | None) -> Iterator[str]:
    if isinstance(value, dict):
        for key, child in value.items():
            if key in _NAMES and isinstance(child, str):
                yield child
            yield from _introduced(child)
    elif isinstance(value, list):
        for child in value:
            yield from _introduced(child)
