"""What goes along with a version: the text that quotes it, the number that is a part of it, the block it moved into.

Each is told from the two files alone. A companion is selected with the version beside it and says so; where that
version stays, it stays. Pure. The rules were read off promotions in public repositories.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from liftlock.model.change import Change, ChangeClass, Op, Step, Value, path_text
from liftlock.promotion.compare import Difference
from liftlock.promotion.parts import image, reference, version_shape
from liftlock.promotion.swaps import swapped, swaps
from liftlock.text import printable


def accompanied(changes: Sequence[Change]) -> list[Change]:
    """The changes of one pair of files, with those that go along with others staged and linked to them."""
    changes = swapped(_unbound(changes))
    found = {change.id: change for change in changes}
    for identity, (reason, _) in _with_versions(changes).items():
        if _free(found[identity]):
            found[identity] = replace(found[identity], proposed=True, why=reason)
    for gone, come in _moved_blocks(changes):
        for change in (*gone, *come):
            others = tuple(c.id for c in (*gone, *come) if c.id != change.id)
            where = ", ".join(path_text(c.path) for c in (come if change.op is Op.REMOVE else gone)[:2])
            why = f"moves to {where}" if change.op is Op.REMOVE else f"takes the place of {where}"
            found[change.id] = replace(change, proposed=True, why=printable(why), together=(*change.together, *others))
    return list(found.values())


def without_left_behind(before: Sequence[Change], after: Sequence[Change]) -> list[Change]:
    """The changes of one cell after history was asked: what goes along with a version stays where that now stays."""
    staged = {change.id for change in after if change.proposed}
    by_file: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in before:
        by_file[(change.source_file, change.file)].append(change)
    versions = {i: ids for own in by_file.values() for i, (_, ids) in _with_versions(own).items()}
    return [
        replace(change, proposed=False, why=f"{change.why}; that stays, so this does: offered")
        if change.proposed and versions.get(change.id) and not versions[change.id] & staged
        else change
        for change in after
    ]


def _with_versions(changes: Sequence[Change]) -> dict[str, tuple[str, frozenset[str]]]:
    """Of each setting that goes along with versions which move, by its id: the reason, and the ids of those."""
    versions = [c for c in changes if c.proposed and c.cls is ChangeClass.VERSION and c.op is Op.SET]
    if not versions:
        return {}
    by_text: dict[tuple[str, str], list[Change]] = defaultdict(list)
    below: dict[tuple[Step, ...], list[Change]] = defaultdict(list)
    pieces: dict[tuple[tuple[Step, ...], str, str], list[Change]] = defaultdict(list)
    for version in versions:
        by_text[_bare(version)].append(version)
        for depth in range(max(0, len(version.path) - _NEAR), len(version.path)):
            below[version.path[:depth]].append(version)
            for old, new in _pieces(*_bare(version)):
                pieces[(version.path[:depth], old, new)].append(version)
    found = {}
    for change in changes:
        if change.cls is ChangeClass.SETTING and change.op is Op.SET:
            told = _quoted(change, by_text) or _named(change, below) or _part(change, pieces)
            if told:
                found[change.id] = told[0], frozenset(told[1])
    return found


def may_move_blocks(differences: Iterable[Difference]) -> bool:
    """Whether something goes and a block or another version comes, or a block goes: one may be the other."""
    differences = list(differences)
    if any(swaps(differences)):
        return True
    kinds = {(d.op, isinstance(d.new if d.op is Op.ADD else d.old, dict | list)) for d in differences if not d.group}
    goes, comes = {whole for op, whole in kinds if op is Op.REMOVE}, {whole for op, whole in kinds if op is Op.ADD}
    return bool(goes and comes) and (True in goes or True in comes)


def _free(change: Change) -> bool:
    return not (change.proposed or change.blocked or change.secret or change.settled)


# --- A text that quotes a version, a number that is a part of one -----------------------------------------------------

_DOTTED = re.compile(r"\d+(?:\.\d+)+")
# With fewer digits two numbers meet by chance.
_TELLING = 3


def _unbound(changes: Sequence[Change]) -> list[Change]:
    """The changes, those versions only offered that a name beside them holds too (`1.43` and `wiki-143.apps.svc`).

    Such a name stays, and what is of one version with it is no release of its own.
    """
    bound: dict[tuple[str, str], Change] = {}
    for change in changes:
        if change.op is Op.SET and change.cls in (ChangeClass.IDENTITY, ChangeClass.SETTING) and not change.proposed:
            numbers = [_DIGITS.findall(str(value)) for value in (change.old, change.new)]
            if len(numbers[0]) == len(numbers[1]):
                for pair in zip(*numbers, strict=True):
                    if pair[0] != pair[1] and min(map(len, pair)) >= _TELLING:
                        bound.setdefault(pair, change)
    return [_offered(change, bound) for change in changes] if bound else list(changes)


def _offered(change: Change, bound: Mapping[tuple[str, str], Change]) -> Change:
    if not change.proposed or change.cls is not ChangeClass.VERSION or change.op is not Op.SET:
        return change
    versions = [_DOTTED.findall(text) for text in _bare(change)]
    if len(versions[0]) != len(versions[1]):
        return change
    for old, new in zip(*versions, strict=True):
        other = bound.get((old.replace(".", ""), new.replace(".", "")))
        if other is not None:
            where = printable(path_text(other.path))
            return replace(change, proposed=False, why=f"{change.why}; {where} is of that version too: offered")
    return change


_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*[A-Za-z0-9]|[A-Za-z0-9]")
_Told = tuple[str, list[str]]
"""A reason, and the ids of the versions that it speaks of."""


def _quoted(change: Change, versions: Mapping[tuple[str, str], Sequence[Change]]) -> _Told | None:
    """A text whose old wording holds an old version, and whose new one holds the new one in its place."""
    unlike = set(_unlike_words(str(change.old), str(change.new)))
    pair = next(iter(unlike), ("", ""))
    if len(unlike) != 1 or len(pair[0]) < 3 or pair not in versions:
        return None
    at = versions[pair]
    return f"quotes the version at {printable(path_text(at[0].path))}, and goes with it", [v.id for v in at]


def _named(change: Change, below: Mapping[tuple[Step, ...], Sequence[Change]]) -> _Told | None:
    """A text that differs in nothing but versions, beside one that moves: it names that in other words."""
    around, unlike = change.path[:-1], _unlike_words(str(change.old), str(change.new))
    if around not in below or not unlike or unlike[0][0] == change.old:
        return None
    if not all(_tells(a) and _tells(b) for a, b in unlike):
        return None
    at = below[around]
    beside = path_text(at[0].path[len(around) :])
    return f"names the version of the {printable(beside)} beside it", [v.id for v in at]


def _unlike_words(old: str, new: str) -> list[tuple[str, str]]:
    """The words in which two texts differ, when all that stands between their words is the same; else none."""
    if _WORD.sub("\0", old) != _WORD.sub("\0", new):
        return []
    return [(a, b) for a, b in zip(_WORD.findall(old), _WORD.findall(new), strict=True) if a != b]


def _tells(word: str) -> bool:
    return version_shape(word) in ("semver", "date", "sha", "digest") or bool(re.fullmatch(r"v\d+(\.\d+)*", word))


def _bare(version: Change) -> tuple[str, str]:
    """The old and the new version, without the image or URL around them."""
    told = []
    for value in (str(version.old), str(version.new)):
        parts, url = image(value), reference(value)
        told.append((parts.tag or parts.digest) if parts else url.ref if url else value)
    return told[0], told[1]


# Keys that say of a number that it is a part of a version: one digit is enough there.
_PART_KEYS = frozenset({"major", "minor", "patch", "build", "release", "cycle", "sprint", "week", "iteration"})
_DIGITS = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"[0-9]{1,18}")
_NEAR = 2
"""So many keys further down at most a version may stand from what is beside it."""


def _part(change: Change, pieces: Mapping[tuple[tuple[Step, ...], str, str], Sequence[Change]]) -> _Told | None:
    """A number or short word that was a piece of the old version, and at the same place is one of the new."""
    old, new, key = str(change.old), str(change.new), change.path[-1] if change.path else ""
    if _NUMBER.fullmatch(old) and _NUMBER.fullmatch(new):
        if len(new) < 2 and not (isinstance(key, str) and key.lower() in _PART_KEYS):
            return None
        old, new = old.lstrip("0"), new.lstrip("0")
    elif len(new) < 2:
        return None
    at = pieces.get((change.path[:-1], old, new))
    if not at:
        return None
    return f"a part of the version at {printable(path_text(at[0].path))}, and goes with it", [v.id for v in at]


def _pieces(before: str, after: str) -> set[tuple[str, str]]:
    """The pieces in which two versions differ, old beside new: words between signs, and numbers wherever they are."""
    found: set[tuple[str, str]] = set()
    numbers = [[n.lstrip("0") for n in _DIGITS.findall(text)] for text in (before, after)]
    for theirs, mine in (numbers, [re.split(r"[-_.+]", text) for text in (before, after)]):
        if len(theirs) == len(mine):
            found |= {(a, b) for a, b in zip(theirs, mine, strict=True) if a != b}
    return found


# --- A block that stands elsewhere in the file now --------------------------------------------------------------------


def _moved_blocks(changes: Sequence[Change]) -> Iterator[tuple[list[Change], list[Change]]]:
    """What goes and what comes that are one block, or one image, under another path of the file."""
    # What is linked already (items without a name, paired by position) is not known well enough to be told again.
    gone = [c for c in changes if c.op is Op.REMOVE and c.path and _free(c) and not c.together]
    come = [c for c in changes if c.op is Op.ADD and c.path and _free(c) and not c.together]
    taken: set[str] = set()
    for wholes, pieces in ((come, gone), (gone, come)):
        for whole, parts in _made_of(wholes, pieces):
            if not taken & {c.id for c in (*parts, whole)}:
                taken |= {c.id for c in (*parts, whole)}
                yield (parts, [whole]) if wholes is come else ([whole], parts)
    for old in gone:
        # Here new values come along, so neither side may speak of its own environment.
        name = _image_block(old) if old.id not in taken and old.cls is ChangeClass.STRUCTURE else ""
        holders = [new for new in come if name and new.id not in taken and name in _images(new.new)]
        if any(holder.cls is not ChangeClass.STRUCTURE for holder in holders):
            continue
        if holders and all(holder.path[-1] == holders[0].path[-1] for holder in holders):
            taken |= {c.id for c in (old, *holders)}
            yield [old], holders


def _value(change: Change) -> Value | None:
    return change.new if change.op is Op.ADD else change.old


def _made_of(wholes: Sequence[Change], pieces: Sequence[Change]) -> Iterator[tuple[Change, list[Change]]]:
    """The blocks that consist of nothing but these pieces, each further down under its own key.

    Equal values alone are too common to tell, and so is a piece that stands in several blocks.
    """
    holders: dict[tuple[Step, str], set[str]] = defaultdict(set)
    for whole in wholes:
        for key, value in _inside(_value(whole)):
            holders[(key, _text(value))].add(whole.id)
    parts: dict[str, list[Change]] = defaultdict(list)
    for piece in pieces:
        held = _value(piece)
        found = holders.get((piece.path[-1], _text(held)), set())
        if len(found) == 1 and not (isinstance(held, str) and _trivial(held)):
            parts[next(iter(found))].append(piece)
    for whole in wholes:
        mine = parts.get(whole.id)
        if mine and _leaves(whole) == sum((_leaves(part) for part in mine), Counter()):
            yield whole, mine


def _inside(value: Value | None) -> Iterator[tuple[Step, Value]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield key, child
            yield from _inside(child)


def _text(value: Value | None) -> str:
    return json.dumps(value, sort_keys=True)


def _leaves(change: Change) -> Counter[str]:
    """The texts of a block with the key that each stands under, however deep."""
    key = change.path[-1] if isinstance(change.path[-1], str) else ""
    return Counter(_texts(key, _value(change)))


def _texts(key: str, value: Value | None) -> Iterator[str]:
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _texts(name, child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(key, child)
    else:
        yield f"{key}\0{value}"


def _trivial(text: str) -> bool:
    return len(text) < 3 or text.lower() in ("true", "false", "null", "none")


def _image_block(change: Change) -> str:
    """The repository of an image, where the change takes away the setting of that image and nothing else."""
    value = change.old
    if isinstance(value, str):
        told = image(value)
        return told.repository if told and "/" in told.repository else ""
    if not isinstance(value, dict) or not {"tag", "digest"} & value.keys():
        return ""
    named = next((value[k] for k in ("repository", "name", "image") if isinstance(value.get(k), str)), "")
    return named if "/" in named else ""


def _images(value: Value | None) -> set[str]:
    """The repositories of the images that a block names."""
    if isinstance(value, str):
        told = image(value)
        return {told.repository} if told else set()
    children = value.values() if isinstance(value, dict) else value or ()
    return {name for child in children for name in _images(child)}
