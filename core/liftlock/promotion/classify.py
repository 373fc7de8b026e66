"""What class a difference belongs to, whether it moves by default, and why. Pure.

The order of the questions: is it declared never to move; is it a version by its place; does it carry an
environment's own word; what do the rules say of its place; does its value look like a version; else it is a setting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from liftlock.model.change import ChangeClass, Op, Step, Value, path_text
from liftlock.promotion.compare import Difference
from liftlock.promotion.parts import (
    Image,
    cloud_id,
    image,
    moves_by_itself,
    of_pull_request,
    only_admission_differs,
    only_named_version_differs,
    only_version_folder_differs,
    reference,
    version_shape,
)
from liftlock.promotion.rules import BY_VALUE, Rule, fits, fitting, is_placeholder
from liftlock.promotion.words import Words, level_word
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Never:
    """A place that a team declared never to move."""

    files: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The class of a difference, whether it is selected by default, why, and the value that would be written."""

    cls: ChangeClass
    selected: bool
    why: str
    new: Value | None
    settled: bool = False
    """A team declared it: no habit changes it."""


def judge(
    difference: Difference, file: str, words: Words, *, never: Sequence[Never] = (), rules: Sequence[Rule] = ()
) -> Judgement:
    """Class, selection, reason and value of one difference."""
    keys = _keys(difference.path, difference.new if difference.op is Op.ADD else difference.old)
    shown = path_text(difference.path)
    for entry in never:
        if fnmatchcase(file, entry.files or "*") and (not entry.path or _never_fits(entry.path, shown, keys)):
            why = f"never moves: {entry.reason or 'declared'}"
            return Judgement(ChangeClass.IDENTITY, False, why, difference.new, settled=True)
    if difference.op is Op.SET and isinstance(difference.old, str) and isinstance(difference.new, str):
        return _leaf(keys, file, difference.old, difference.new, words, rules)
    if difference.counterpart is not None:
        return _literal(difference, keys, file, words, rules)
    return _structure(difference, keys, file, words, rules)


def _literal(
    difference: Difference, keys: tuple[str, ...], file: str, words: Words, extra: Sequence[Rule]
) -> Judgement:
    """A `KEY=value` in a list goes and another comes: judged as the one leaf that it is."""
    here = str(difference.new if difference.op is Op.ADD else difference.old)
    old, new = (difference.counterpart or "", here) if difference.op is Op.ADD else (here, difference.counterpart or "")
    key, _, _ = new.partition("=")
    told = _leaf((*keys[:-1], key.lower()), file, old.partition("=")[2], new.partition("=")[2], words, extra)
    value = f"{key}={told.new}" if difference.op is Op.ADD else None
    return Judgement(told.cls, told.selected, told.why, value)


def _keys(path: tuple[Step, ...], value: Value | None) -> tuple[str, ...]:
    """The path as rules see it: keys in lower case, list items left out.

    A variable that is added as a whole, or whose `value` it is about, stands for a key by its name; any other whole
    item stands as `[]`, so that it is not taken for its list.
    """
    keys: list[str] = []
    for index, step in enumerate(path):
        if isinstance(step, str):
            if not (step == "value" and index and _named(path[index - 1])):
                keys.append(step.lower())
        elif index + 1 == len(path):
            keys.append((_named(step) if is_variable(value) else "") or "[]")
        elif path[index + 1] == "value":
            keys.append(_named(step) or "[]")
    return tuple(keys)


def is_variable(value: Value | None) -> bool:
    """Whether a value is one variable of a list: a name with a `value` or where to take it from, or a text."""
    return not isinstance(value, dict) or bool({"value", "valueFrom"} & value.keys())


def _named(step: Step) -> str:
    return "" if isinstance(step, str) else next((v.lower() for k, v in step if k in ("name", "key")), "")


def _never_fits(pattern: str, shown: str, keys: tuple[str, ...]) -> bool:
    return fnmatchcase(shown, pattern) or fits(pattern.lower(), keys)


def _leaf(keys: tuple[str, ...], file: str, old: str, new: str, words: Words, extra: Sequence[Rule]) -> Judgement:
    moved = _parts(old, new, words)
    if moved is not None:
        return moved
    rule = _rule(keys, file, old, new, extra)
    open_place = rule is None or rule.cls is ChangeClass.VERSION or rule.value in ("plain", "place")
    if open_place and only_version_folder_differs(old, new):
        return Judgement(ChangeClass.VERSION, True, "a version as a folder of the path", new)
    if not version_shape(old) and old in file.split("/")[:-1]:
        return Judgement(ChangeClass.IDENTITY, False, "names the folder that its own file stands in", new)
    if rule is not None and rule.cls is ChangeClass.VERSION:
        return _version(old, new, words, rule.why)
    if words.same_but_for_words(new, old):
        word = words.source_word(new) or new
        return Judgement(ChangeClass.IDENTITY, False, f"differs only in the environment's own word ({word})", new)
    if words.names_source(new) or words.names_target(old):
        word = words.source_word(new)
        said = f"holds the environment's own word ({word})" if word else "the target's value holds its own word"
        return Judgement(ChangeClass.IDENTITY, False, said, new)
    if rule is not None:
        return Judgement(rule.cls, False, rule.why, new)
    for last in BY_VALUE:
        if _value_fits(last.value, old, new):
            if last.cls is ChangeClass.VERSION:
                return _moving(old, new, words, last.why, new)
            return Judgement(last.cls, False, last.why, new)
    return Judgement(ChangeClass.SETTING, False, "a setting: offered, not moved unasked", new)


def _rule(keys: tuple[str, ...], file: str, old: Value, new: Value, extra: Sequence[Rule]) -> Rule | None:
    for rule in (*(rule for rule in extra if fits(rule.path, keys)), *fitting(keys)):
        if (not rule.files or fnmatchcase(file, rule.files)) and _value_fits(rule.value, old, new):
            return rule
    return None


def _value_fits(wanted: str, old: Value, new: Value) -> bool:
    """Whether the values are what a rule wants; see `rules.VALUES`."""
    if not wanted:
        return True
    if wanted in ("block", "scalar"):
        return (isinstance(new, dict) and not is_variable(new)) == (wanted == "block")
    if not isinstance(old, str) or not isinstance(new, str):
        return wanted in ("plain", "place") and not isinstance(old, dict)
    return _WANTED[wanted](old, new)


def _versionlike(old: str, new: str) -> bool:
    return bool(version_shape(old) or version_shape(new) or image(old) or image(new))


def _versions(old: str, new: str) -> bool:
    shapes = version_shape(old), version_shape(new)
    return all(shapes) and shapes != ("short", "short")


def _tags(old: str, new: str) -> bool:
    # A tag is one word that is no placeholder and no mere flag: `w_2026_18`, `tickets-DM-54909`, `1.10`.
    return all(
        bool(v) and " " not in v and "/" not in v and not is_placeholder(v) and v.lower() not in ("true", "false")
        for v in (old, new)
    )


# A path says nothing of the host that it is on, and a service's name is the same in every cluster.
_OF_NO_PLACE = re.compile(r"/\S*|(?:(?:[a-z]+://)?[\w.-]+\.svc(?:\.cluster\.local)?(?::\d+)?(?:/[^\s,]*)?(?:,|$))+")


def _place(old: str, new: str) -> bool:
    return not _versionlike(old, new) and not all(_OF_NO_PLACE.fullmatch(v) for v in (old, new))


_WANTED: Mapping[str, Callable[[str, str], bool]] = {
    "versionlike": _versionlike,
    "versions": _versions,
    "named": only_named_version_differs,
    "tag": _tags,
    "plain": lambda old, new: not _versionlike(old, new),
    "place": _place,
    "own": lambda old, new: _is_identity_value(old) or _is_identity_value(new),
}


def _parts(old: str, new: str, words: Words) -> Judgement | None:
    """Whole image strings and URLs with a reference: the part that moves, moves."""
    mine, theirs = image(new), image(old)
    if mine is not None and theirs is not None and ("/" in mine.repository or "/" in theirs.repository):
        return _image(mine, theirs, words)
    left, right = reference(new), reference(old)
    if left is not None and right is not None and left.ref != right.ref:
        if words.names_source(left.ref) or words.names_target(right.ref):
            return Judgement(ChangeClass.IDENTITY, False, "each environment follows a reference of its own", new)
        value = f"{right.head}{left.ref}{right.tail}"
        return _moving(right.ref, left.ref, words, "the reference of a remote base", value)
    return None


def _moving(old: str, new: str, words: Words, why: str, value: str) -> Judgement:
    """A version that moves, unless something about it wants a person's word. `old` and `new` are the bare versions."""
    doubt = _doubt(old, new, words)
    return Judgement(ChangeClass.VERSION, not doubt, f"{why}; {doubt}" if doubt else why, value)


def _doubt(old: str, new: str, words: Words) -> str:
    if of_pull_request(new) and not of_pull_request(old):
        return "built from a pull request: offered, not moved unasked"
    if moves_by_itself(new) and any(c.isdigit() for c in old):
        return f"{new} moves by itself, the target's is pinned: offered, not moved unasked"
    made_for = level_word(new)
    if made_for and words.names_target(old) and not words.names_source(new) and not words.names_target(new):
        return f"built for another environment ({made_for}): offered, not moved unasked"
    return ""


def _image(mine: Image, theirs: Image, words: Words) -> Judgement:
    if mine.repository.rsplit("/", 1)[-1] != theirs.repository.rsplit("/", 1)[-1] and not words.same_but_for_words(
        mine.repository, theirs.repository
    ):
        return Judgement(ChangeClass.VERSION, True, "another image takes its place", str(mine))
    if mine.tag == theirs.tag and mine.digest == theirs.digest:
        return Judgement(ChangeClass.IDENTITY, False, "the same image from a registry of its own", str(mine))
    moved = theirs.with_version_of(mine)
    stays = _staying(mine, theirs)
    if words.names_source(mine.tag):
        if words.same_but_for_words(mine.tag, theirs.tag) and not mine.digest:
            return Judgement(ChangeClass.IDENTITY, False, "the tag differs only in the environment's word", str(mine))
        if theirs.tag and not words.names_target(theirs.tag):
            why = "image tag; it holds the source's own word and the target's does not: offered, not moved unasked"
            return Judgement(ChangeClass.VERSION, False, why, str(moved))
        moved = replace(moved, tag=words.to_target(mine.tag))
        word = words.source_word(mine.tag)
        why = f"image tag; the environment's word in it becomes {words.to_target(word)} ({word} in the source){stays}"
        if mine.digest:  # it names the source's own build, whatever the tag says
            why = f"{why}; its digest is of the source's own build: offered, not moved unasked"
        return Judgement(ChangeClass.VERSION, not mine.digest, why, str(moved))
    kind = "tag and digest" if mine.digest and mine.tag else "digest" if mine.digest else "tag"
    if theirs.digest and not mine.digest:
        stays += "; the target's digest goes, as the source pins none"
    return _moving(theirs.tag, mine.tag, words, f"image {kind}{stays}", str(moved))


def _staying(mine: Image, theirs: Image) -> str:
    """What of the target's image stays as it is, in words."""
    if mine.registry != theirs.registry:
        shown = theirs.registry or "its default"
        return f"; the target's own registry stays ({shown})"
    return f"; the target's own repository stays ({theirs.name})" if mine.repository != theirs.repository else ""


def _version(old: str, new: str, words: Words, why: str) -> Judgement:
    if is_placeholder(new):
        return Judgement(ChangeClass.SETTING, False, "a placeholder that is filled in elsewhere", new)
    if words.names_source(new):
        if words.same_but_for_words(new, old):
            return Judgement(ChangeClass.IDENTITY, False, "differs only in the environment's own word", new)
        if (version_shape(new) or any(c.isdigit() for c in new)) and not words.names_target(old):
            why = f"{why}; it holds the source's own word and the target's does not: offered, not moved unasked"
            return Judgement(ChangeClass.VERSION, False, why, new)
        if version_shape(new) or any(c.isdigit() for c in new):
            word = words.source_word(new)
            why = f"{why}; the environment's word in it becomes {words.to_target(word)} ({word} in the source)"
            return Judgement(ChangeClass.VERSION, True, why, words.to_target(new))
        return Judgement(ChangeClass.IDENTITY, False, "each environment follows a reference of its own", new)
    if words.names_target(old) and not version_shape(old) and not any(c.isdigit() for c in old):
        return Judgement(ChangeClass.IDENTITY, False, "each environment follows a reference of its own", new)
    if only_admission_differs(old, new):
        return Judgement(ChangeClass.IDENTITY, False, "the same constraint, but for which pre-releases it admits", new)
    return _moving(old, new, words, why, new)


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?|postgres(?:ql)?|mysql|redis|amqp|mongodb)://\S+|\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d+)?")
_ACCOUNT = re.compile(
    r"\d{12}|arn:\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[\w-]+(?:\.[\w-]+)+\.(?:com|org|net|io|gov|dev|cloud|uk|local)(?:[:/]\S*)?"
)


def _is_identity_value(value: str) -> bool:
    if _OF_NO_PLACE.fullmatch(value):
        return False
    return bool(_UUID.search(value) or cloud_id(value) or _ADDRESS.fullmatch(value) or _ACCOUNT.fullmatch(value))


def _structure(
    difference: Difference, keys: tuple[str, ...], file: str, words: Words, extra: Sequence[Rule]
) -> Judgement:
    value = difference.new if difference.op is Op.ADD else difference.old
    texts = list(scalars(value))
    leaf = isinstance(value, str)
    rule = _rule(keys, file, value, value, extra) if keys and value is not None else None
    if difference.op is Op.REMOVE:
        if any(words.names_target(text) for text in texts):
            return Judgement(ChangeClass.IDENTITY, False, "only the target has it, and it holds its own word", None)
        if rule is not None and rule.cls in (ChangeClass.IDENTITY, ChangeClass.SIZING):
            return Judgement(rule.cls, False, f"only the target has it: {rule.why}", None)
        return Judgement(ChangeClass.STRUCTURE, False, "only the target has it", None)
    if any(words.names_source(text) for text in texts):
        word = next(words.source_word(text) for text in texts if words.names_source(text))
        return Judgement(
            ChangeClass.IDENTITY, False, f"new, but it holds the source's own word ({word})", difference.new
        )
    if rule is not None and rule.cls in (ChangeClass.IDENTITY, ChangeClass.SIZING):
        return Judgement(rule.cls, False, f"new in the target: {rule.why}", difference.new)
    if leaf and rule is not None and rule.cls is ChangeClass.VERSION:
        told = image(texts[0])
        bare = told.tag if told is not None and "/" in told.repository else texts[0]
        return _moving("", bare, words, f"{rule.why}, new in the target", texts[0])
    return Judgement(ChangeClass.STRUCTURE, False, "new in the target: offered", difference.new)


_OWN = frozenset({"address", "account", "storage of its own", "network address"})


def own_values(value: Value, file: str, rules: Sequence[Rule] = (), at: tuple[Step, ...] = ()) -> Iterator[str]:
    """The paths in a new file whose values look like another environment's own: an address, an account, an id."""
    if isinstance(value, str):
        keys = _keys(at, value)
        rule = _rule(keys, file, value, value, rules) if keys and not is_placeholder(value) else None
        own = _is_identity_value(value) if rule is None else rule.why in _OWN and re.search(r"[./\d]", value)
        if own:
            yield path_text(at)
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from own_values(child, file, rules, (*at, key))
    else:
        for index, child in enumerate(value):
            name = child.get("name") if isinstance(child, dict) else None
            step = (("name", name),) if isinstance(name, str) else (("", str(index)),)
            yield from own_values(child, file, rules, (*at, step))


def scalars(value: Value | None) -> list[str]:
    """Every scalar of a value, and every key."""
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    found: list[str] = []
    if isinstance(value, dict):
        for key, child in value.items():
            found.append(str(key))
            found += scalars(child)
    else:
        for child in value:
            found += scalars(child)
    return found
