"""What a landing moved in the files of one environment, and where each value came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from liftlock.gitrepo import Repository
from liftlock.learning import Memory
from liftlock.learning.timelines import Leaves, leaves_below, moving_part
from liftlock.model.change import Change, ChangeClass, Op, Value, path_text
from liftlock.model.record import Moved
from liftlock.model.revision import Revision
from liftlock.promotion.classify import judge
from liftlock.promotion.compare import Difference, compare
from liftlock.promotion.moves import NO_WORDS
from liftlock.promotion.parts import version_shape
from liftlock.promotion.rules import Rule
from liftlock.promotion.secrets import guarded, holds_secret
from liftlock.promotion.words import Words
from liftlock.record.eras import Neighbour, Place, Upstream
from liftlock.record.lines import Line, Step
from liftlock.text import printable
from liftlock.values import dataclass
from liftlock.yamledit import Source, read

_SOURCE_VERSIONS = 200
"""So many versions of a source's file are looked through for one value."""
_OWN_VERSIONS = 40
"""So many versions of the target's own file, for a value that it had before."""
_LARGE = 256 * 1024
"""Bytes of a file beyond which nothing is looked for in it: dashboards, bundles of manifests."""
_LIKE_A_VERSION = re.compile(
    rb"(?i)tag|version|ref[=:]|revision|image|digest|\bv?\d+\.\d+|\b(?=[a-f]*\d)[0-9a-f]{7,}\b"
)
_SETTLED = 120 * 86400.0
"""Seconds after which a setting that both environments got alike is no promotion any more, but a coincidence."""
_CARRIED = (ChangeClass.VERSION, ChangeClass.SETTING, ChangeClass.STRUCTURE)


@dataclass(frozen=True, slots=True)
class Taken:
    """One thing that a landing moved, and what is known of it.

    `beside` names the environment that got the same value in the same commit; `back` says that the target had the
    value before. `known` is False where history could not be read far enough to tell where it came from.
    """

    moved: Moved
    beside: str = ""
    back: bool = False
    known: bool = True


class Contents:
    """Files of the past as leaves; each blob is read once."""

    def __init__(self, repository: Repository, memory: Memory) -> None:
        self._repository = repository
        self._memory = memory
        self._bytes: dict[str, bytes | None] = {}
        self._held: dict[tuple[str, str, str], bool] = {}

    def data(self, oid: str) -> bytes | None:
        """The bytes of a blob; None where there is none, or this clone lacks it."""
        if oid not in self._bytes:
            if len(self._bytes) > 512:
                self._bytes.clear()
            self._bytes[oid] = self._repository.blobs([oid]).get(oid) if oid else None
        return self._bytes[oid]

    def leaves(self, oid: str, path: str, words: Words | None) -> Leaves:
        """The leaves of a blob in the target's words; none where nobody can read it."""
        data = self.data(oid)
        if data is None or len(data) > _LARGE:
            return {}
        return self._memory.leaves(oid, path, words, data) or {}

    def held(self, commit: str, value: str, folder: str) -> bool:
        """Whether a file below the folder had the value as a word at a commit."""
        key = (commit, value, folder)
        if key not in self._held:
            self._held[key] = self._repository.holds(commit, value, folder, "*")
        return self._held[key]

    def source(self, oid: str, path: str) -> Source | None:
        """A blob with the places of its leaves."""
        data = self.data(oid)
        found = read(data, path) if data is not None and len(data) <= _LARGE else None
        return found if found is not None and found.documents else None


def taken(
    step: Step, place: Place, lines: Callable[[str], Line], contents: Contents, rules: Sequence[Rule]
) -> Iterator[Taken]:
    """What a step moved of a cell: every version, and what else came from an environment before. Raises Cancelled."""
    if not _worth_reading(step, place, lines, contents):
        return
    was = contents.source(step.before, step.path) if step.before else None
    if step.after == step.before or (step.before and was is None):
        return  # moved as it was, or nobody can read it
    if was is None and not any(True for _ in _arrived(contents, step)):
        return
    now = contents.source(step.after, step.path)
    if now is None:
        return
    found = _differences(now, was, step.path, rules) if was is not None else _arrived(contents, step)
    for difference, cls in found:
        if place.cell.part and not _of_part(difference, place.cell.part):
            continue
        told = _traced(difference, cls, step, place, lines, contents)
        if told is not None:
            yield replace(told, moved=_shown(told.moved, difference, now, was))


def _worth_reading(step: Step, place: Place, lines: Callable[[str], Line], contents: Contents) -> bool:
    """Whether a line that came speaks of a version, or stands in a file before: most commits need no closer look."""
    now = contents.data(step.after)
    if now is None or len(now) > _LARGE:
        return False
    came = {line.strip() for line in now.splitlines()} - {
        line.strip() for line in (contents.data(step.before) or b"").splitlines()
    }
    if any(_LIKE_A_VERSION.search(line) for line in came):
        return True
    for up in place.upstreams if came and not step.born else ():
        same = up.line == place.line
        there = next(lines(up.line).steps(up.file, step.index if same else -1), None)
        data = contents.data(there.after) if there is not None else None
        if data is not None and any(line and line in data for line in came):
            return True
    return False


def _differences(
    now: Source, was: Source, path: str, rules: Sequence[Rule]
) -> Iterator[tuple[Difference, ChangeClass]]:
    for difference in compare(now, was, NO_WORDS):
        cls = judge(difference, path, NO_WORDS, rules=rules).cls
        if difference.op is not Op.REMOVE and difference.echo_of is None:
            yield difference, cls


def _arrived(contents: Contents, step: Step) -> Iterator[tuple[Difference, ChangeClass]]:
    """The versions that a new file brings."""
    for path, value in contents.leaves(step.after, step.path, None).items():
        if version_shape(value) not in ("", "short"):
            yield Difference(Op.ADD, path, None, None, None, value), ChangeClass.VERSION


def _of_part(difference: Difference, part: str) -> bool:
    held = {value for step in difference.path if not isinstance(step, str) for _, value in step}
    return part in held


def _traced(
    difference: Difference,
    cls: ChangeClass,
    step: Step,
    place: Place,
    lines: Callable[[str], Line],
    contents: Contents,
) -> Taken | None:
    """Where a value came from; None for what is neither a version nor came from an environment before."""
    leaves = leaves_below(difference.path, difference.new)
    if not leaves or cls not in _CARRIED:
        return None
    if cls is ChangeClass.STRUCTURE and not _distinct(leaves):
        return None
    if step.born and _stood_near(difference, step, place, contents):
        return None
    old, new = _text(difference.old), _text(difference.new)
    if cls is ChangeClass.VERSION:
        old, new = (moving_part(value) if value is not None else None for value in (old, new))
    moved = Moved(place.cell.app, printable(step.path), printable(path_text(difference.path)), old, new, cls)
    # `6` and `latest` say nothing by themselves: that they come again is no way back, and no sign where from.
    value = new if cls is ChangeClass.VERSION and new is not None and _tells(new) else ""
    left = _left(difference, step, lines(place.line), contents) if value else None
    before = leaves_below(difference.path, difference.old)
    known = True
    for up in place.upstreams:
        came = _came(up, leaves, before, step, place, lines(up.line), contents, telling=bool(value))
        if came.together:
            return Taken(moved, beside=up.environment) if cls is ChangeClass.VERSION else None
        if came.since is not None:
            # Where the environment before went back to it first, it was followed there.
            back = left is not None and came.since.time <= left.time
            return Taken(replace(moved, source=up.environment, since=came.since), back=back)
        known = known and came.known
    if cls is not ChangeClass.VERSION:
        return None
    for near in place.neighbours if value else ():
        since = _had(near, value, step, place, lines(near.line), contents)
        if since is not None and since.commit != step.landing.revision.commit:
            back = left is not None and since.time <= left.time
            return Taken(replace(moved, source=near.environment, since=since), back=back)
    return Taken(moved, back=left is not None, known=known)


def _stood_near(difference: Difference, step: Step, place: Place, contents: Contents) -> bool:
    """Whether a new file brings a version that the environment had elsewhere: one more cluster, not a release."""
    if not isinstance(difference.new, str) or not step.landing.parents:
        return False
    folder = next((root.strip("/") for root in place.cell.roots if root.endswith("/")), "")
    return bool(folder) and contents.held(step.landing.parents[0], moving_part(difference.new), folder)


@dataclass(frozen=True, slots=True)
class _Came:
    since: Revision | None = None
    together: bool = False
    known: bool = True


def _came(
    up: Upstream,
    leaves: Leaves,
    before: Leaves,
    step: Step,
    place: Place,
    line: Line,
    contents: Contents,
    *,
    telling: bool,
) -> _Came:
    """When the file before took these leaves, seen from the target's step back."""
    same = up.line == place.line
    likely = [v.encode() for v in leaves.values() if not up.words.names_target(v)]
    count = 0
    for there in line.steps(up.file, step.index - 1 if same else -1):
        if not same and there.landing.revision.time > step.landing.revision.time:
            continue
        count += 1
        if count > _SOURCE_VERSIONS:
            return _Came(known=False)
        data = contents.data(there.after)
        if data is None or any(text not in data for text in likely):
            continue
        now = contents.leaves(there.after, there.path, up.words)
        if any(now.get(path) != value for path, value in leaves.items()):
            continue
        was = contents.leaves(there.before, there.path, up.words) if there.before else {}
        if all(was.get(path) == value for path, value in leaves.items()):
            continue  # it had it before already
        if there.landing.revision.commit == step.landing.revision.commit:
            return _Came(together=True)
        if telling:
            return _Came(there.landing.revision)
        # A setting is a promotion where the same change was made before, not where the same value stood long ago.
        alike = not there.born and all(was.get(path) == before.get(path) for path in leaves)
        recent = step.landing.revision.time - there.landing.revision.time <= _SETTLED
        return _Came(there.landing.revision if alike and recent else None)
    return _Came(known=not line.why)


def _had(near: Neighbour, value: str, step: Step, place: Place, line: Line, contents: Contents) -> Revision | None:
    """When a file of the app before first had the version, as a word; None where none had it before the step."""
    same, word = near.line == place.line, re.compile(rb"(?<![\w.])" + re.escape(value.encode()) + rb"(?![\w.])")
    found: Revision | None = None
    for file in near.files:
        for count, there in enumerate(line.steps(file, step.index - 1 if same else -1)):
            if not same and there.landing.revision.time > step.landing.revision.time:
                continue
            if count >= _OWN_VERSIONS:
                break
            data = contents.data(there.after)
            if data is not None and word.search(data) and not word.search(contents.data(there.before) or b""):
                if found is None or there.landing.revision.time > found.time:
                    found = there.landing.revision
                break
    return found


def _left(difference: Difference, step: Step, line: Line, contents: Contents) -> Revision | None:
    """The commit in which the target left a version that it now has again; None where it never had it."""
    if difference.op is not Op.SET or not isinstance(difference.new, str):
        return None
    value, text = moving_part(difference.new), moving_part(difference.new).encode()
    for count, there in enumerate(line.steps(step.path, step.index)):
        if count >= _OWN_VERSIONS:
            return None
        data = contents.data(there.before)
        if data is None or text not in data:
            continue
        if contents.leaves(there.before, there.path, None).get(difference.path) == value:
            return there.landing.revision
    return None


def _tells(value: str) -> bool:
    return version_shape(value) not in ("", "short")


def _distinct(leaves: Leaves) -> bool:
    """Whether a subtree says enough to be known again: more than a word."""
    return len(leaves) > 1 or any(len(value) > 6 for value in leaves.values())


def _text(value: Value | None) -> str | None:
    return value if isinstance(value, str) else None if value is None else "(block)"


def _shown(moved: Moved, difference: Difference, now: Source, was: Source | None) -> Moved:
    """The move with what may be shown of it."""
    held = any(holds_secret(source, i) for source in (now, was) if source for i in range(len(source.documents)))
    change = Change(
        "", moved.app, "", "", "", difference.path, difference.op, moved.old, moved.new, moved.cls, False, ""
    )
    safe = guarded(change, in_secret=held)
    old, new = _text(safe.shown_old), _text(safe.shown_new)
    return replace(
        moved,
        path=printable(path_text(safe.path)),
        old=printable(old) if old is not None else None,
        new=printable(new) if new is not None else None,
    )
