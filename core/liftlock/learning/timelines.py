"""A file over time, leaf by leaf: which value stood where from which moment on. Pure.

Moments are numbers that only order what is compared (positions on the main line, or seconds where two branches are
compared). Leaves are named as differences name them, in the target's words, so that both sides of a pair meet.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from liftlock.model.change import Step, Value
from liftlock.model.revision import Revision
from liftlock.promotion.identity import document_step, numbered, real, step_of
from liftlock.promotion.parts import image, reference
from liftlock.promotion.words import Words
from liftlock.values import dataclass
from liftlock.yamledit import Mapping, Node, Scalar, Source
from liftlock.yamledit import Sequence as ListNode

Path = tuple[Step, ...]
Leaves = dict[Path, str]


@dataclass(frozen=True, slots=True)
class Moment:
    """A commit in its place in the order of what is compared."""

    at: float
    revision: Revision


@dataclass(frozen=True, slots=True)
class Held:
    """From this moment on a leaf had this value; None where it was not there."""

    moment: Moment
    value: str | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The values of every leaf of one file, oldest first. `first` is the oldest moment that is known."""

    moments: tuple[Moment, ...]
    leaves: dict[Path, tuple[Held, ...]]
    whole: bool
    """It begins with the commit that brought the file; else older versions were not read."""
    below: dict[Path, tuple[Path, ...]] = field(default_factory=dict)
    """Of each container that ever was, the leaves that ever were below it."""

    @property
    def born(self) -> float | None:
        """The moment at which the file came; None when that is older than what was read."""
        return self.moments[0].at if self.whole and self.moments else None

    def at(self, path: Path, moment: float) -> str | None:
        """The value that the leaf had at a moment, None where it was not there."""
        held = self.leaves.get(path, ())
        index = bisect_right(held, moment, key=lambda h: h.moment.at)
        return held[index - 1].value if index else None

    def under(self, path: Path) -> tuple[Path, ...]:
        """The leaf itself, or the leaves that ever were below this path."""
        return (path,) if path in self.leaves else self.below.get(path, ())


def timeline(versions: Sequence[tuple[Moment, Leaves | None]], *, whole: bool) -> Timeline:
    """The timeline of a file's versions, oldest first; None is a version without the file, or one nobody can read."""
    held: dict[Path, list[Held]] = defaultdict(list)
    before: Leaves = {}
    for moment, leaves in versions:
        now = leaves or {}
        for path in before.keys() - now.keys():
            held[path].append(Held(moment, None))
        for path, value in now.items():
            if before.get(path) != value:
                held[path].append(Held(moment, value))
        before = now
    below: dict[Path, list[Path]] = defaultdict(list)
    for path in held:
        for end in range(len(path)):
            below[path[:end]].append(path)
    return Timeline(
        tuple(moment for moment, _ in versions),
        {path: tuple(values) for path, values in held.items()},
        whole,
        {path: tuple(leaves) for path, leaves in below.items()},
    )


def leaves_of(source: Source, words: Words | None = None) -> Leaves:
    """Every scalar by its path; with `words` paths and values stand in the target's words.

    Of an image string or a URL with a reference only the part that moves is the value.
    """
    found: Leaves = {}
    documents = source.documents
    steps: Iterable[Path] = [()]
    if len(documents) > 1:
        steps = [(step,) for step in numbered([document_step(d, i) for i, d in enumerate(documents)])]
    for path, document in zip(steps, documents, strict=False):
        for place, value in _walk(document.root, path):
            if words is not None:
                found[in_words(place, words)] = words.to_target(moving_part(value))
            else:
                found[place] = moving_part(value)
    return found


def _walk(node: Node | None, path: Path) -> Iterator[tuple[Path, str]]:
    own = real(node)
    if isinstance(own, Scalar):
        yield path, own.value
    elif isinstance(own, Mapping):
        if not own.entries:
            yield path, "{}"
        for entry in own.entries:
            yield from _walk(entry.value, (*path, entry.key))
    elif isinstance(own, ListNode):
        if not own.items:
            yield path, "[]"
        for step, item in zip(numbered([step_of(n, i) for i, n in enumerate(own.items)]), own.items, strict=True):
            yield from _walk(item, (*path, step))


def in_words(path: Path, words: Words) -> Path:
    """A path of the source as the target would name it."""
    return tuple(
        words.to_target(step) if isinstance(step, str) else tuple((k, words.to_target(v)) for k, v in step)
        for step in path
    )


def moving_part(value: str) -> str:
    """Of an image string its tag and digest, of a URL its reference, else the whole."""
    told = image(value)
    if told is not None and "/" in told.repository:
        return f"{told.tag}@{told.digest}" if told.digest else told.tag
    link = reference(value)
    return link.ref if link is not None else value


def leaves_below(path: Path, value: Value | None) -> Leaves:
    """The leaves of a subtree as a plan holds it, by the paths they have in the file."""
    if value is None:
        return {}
    if isinstance(value, str):
        return {path: moving_part(value)}
    found: Leaves = {}
    if isinstance(value, dict):
        for key, child in value.items():
            found |= leaves_below((*path, str(key)), child)
        return found or {path: "{}"}
    for step, child in zip(numbered([_step(child, i) for i, child in enumerate(value)]), value, strict=True):
        found |= leaves_below((*path, step), child)
    return found or {path: "[]"}


def _step(value: Value, index: int) -> Step:
    """What identifies an item of a list that is held as plain values; the same as `step_of` of its node."""
    if isinstance(value, str):
        return (("", value.split("?ref=")[0]),)
    if isinstance(value, dict):
        for key in ("name", "key", "id", "release", "path"):
            if isinstance(value.get(key), str):
                return ((key, str(value[key])),)
    return (("#", str(index)),)
