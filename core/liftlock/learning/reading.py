"""Reading precedents out of a repository's history, bounded in commits, in bytes and in time."""

from __future__ import annotations

import posixpath
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable

from liftlock.gitrepo import Repository
from liftlock.learning.lessons import Lessons
from liftlock.learning.precedents import Precedents
from liftlock.learning.timelines import Leaves, Moment, Timeline, leaves_of, timeline
from liftlock.promotion.words import Words, beside
from liftlock.values import dataclass
from liftlock.yamledit import read

_LEAST = 40_000
# Each takes a look through the files of a commit.
_ASKED = 3


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is read at most: commits of the log, versions of a file on each side, bytes of all versions, seconds.

    A target changes with each promotion, its source with each build: so many more of the latter. Of the seconds, what
    the log does not take is for reading versions, and half at least; that half is counted as work, so that on a machine
    that does other things beside the same is learned, if need be in three times as long.
    """

    commits: int
    target_versions: int
    source_versions: int
    bytes: int
    seconds: float


FOR_A_PLAN = Bounds(4000, 30, 200, 3_000_000, 1.5)
FOR_A_STUDY = Bounds(20_000, 60, 400, 24_000_000, 10.0)


class _Time:
    """Whether the time for reading is up: so much work of this thread, or three times as much by the clock."""

    def __init__(self, seconds: float) -> None:
        self._work = time.thread_time() + seconds
        self._clock = time.monotonic() + 3 * seconds

    def up(self) -> bool:
        return time.thread_time() > self._work or time.monotonic() > self._clock


@dataclass(frozen=True, slots=True)
class FilePairing:
    """A source's file beside the target's, with the words that tell them apart."""

    source: str
    target: str
    words: Words


class Memory:
    """Leaves of blobs that were read, so that a plan made again reads nothing twice; safe from any thread."""

    def __init__(self, limit: int = 4096) -> None:
        self._limit = limit
        self._known: OrderedDict[tuple[str, str, Words | None], Leaves] = OrderedDict()
        self._lock = threading.Lock()

    def leaves(self, oid: str, path: str, words: Words | None, content: bytes | None) -> Leaves | None:
        """The leaves of a blob; None when the clone lacks its content or nobody can read it."""
        key = (oid, posixpath.basename(path), words)
        with self._lock:
            known = self._known.get(key)
        if known is not None:
            return known
        source = read(content, path) if content is not None else None
        if source is None or not source.documents:
            return None
        found = leaves_of(source, words)
        with self._lock:
            self._known[key] = found
            while len(self._known) > self._limit:
                self._known.popitem(last=False)
        return found


def learn(
    repository: Repository,
    commits: tuple[str, str],
    pairings: Iterable[FilePairing],
    memory: Memory,
    *,
    bounds: Bounds = FOR_A_PLAN,
    cancelled: Callable[[], bool] | None = None,
) -> Lessons:
    """The lessons of these pairs of files, from before the commits of the source and of the target.

    Where the bounds do not reach for all, the targets that changed most often come first. It is not for a partial
    clone: each older version would be fetched by itself.
    Raises RepositoryError, Cancelled.
    """
    pairs = list(dict.fromkeys(pairings))
    if not pairs:
        return Lessons({})
    until = time.monotonic() + bounds.seconds
    one_line = commits[0] == commits[1]
    mine = {p.source for p in pairs}
    theirs = {p.target for p in pairs}
    if one_line:
        left = right = _versions(repository, commits[1], mine | theirs, bounds, until, cancelled, by_time=False)
    else:
        left = _versions(repository, commits[0], mine, bounds, until, cancelled, by_time=True)
        right = _versions(repository, commits[1], theirs, bounds, until, cancelled, by_time=True)
    share = max(bounds.bytes // len(pairs), _LEAST)
    found: dict[tuple[str, str], Precedents] = {}
    left_over = _Time(max(bounds.seconds / 2, until - time.monotonic()))
    for pair in sorted(pairs, key=lambda p: -len(right.versions.get(p.target, ()))):
        target, oldest = _timeline(
            repository, right, pair.target, None, memory, bounds.target_versions, share // 2, float("-inf")
        )
        if len(target.moments) < 2 and not target.whole:
            continue
        words = beside(pair.words, pair.source, pair.target)
        source, _ = _timeline(repository, left, pair.source, words, memory, bounds.source_versions, share // 2, oldest)
        known = Precedents(source, target, words)
        _excuse(repository, known, pair)
        found[(pair.source, pair.target)] = known
        if left_over.up():
            break
    return Lessons(found)


def _excuse(repository: Repository, known: Precedents, pair: FilePairing) -> None:
    """Excuse the values that stood elsewhere near the two files before the target took them: promoted from there."""
    folder = posixpath.commonpath([posixpath.dirname(pair.source) or ".", posixpath.dirname(pair.target) or "."])
    name, other = posixpath.basename(pair.target), posixpath.basename(pair.source)
    like = name if name == other else f"*{posixpath.splitext(name)[1]}"
    for suspect in known.suspects()[:_ASKED]:
        before = f"{suspect.moment.revision.commit}^"
        if suspect.value and repository.holds(before, suspect.value, folder.lstrip("."), like):
            known.excuse(suspect.path)


@dataclass(frozen=True, slots=True)
class _Log:
    """Of each path its versions newest first, and whether the log was read to its end."""

    versions: dict[str, list[tuple[Moment, str]]]
    ended: bool


def _versions(
    repository: Repository,
    rev: str,
    paths: Iterable[str],
    bounds: Bounds,
    until: float,
    cancelled: Callable[[], bool] | None,
    *,
    by_time: bool,
) -> _Log:
    found: dict[str, list[tuple[Moment, str]]] = defaultdict(list)
    count = 0
    ended = True
    for index, version in enumerate(repository.versions(rev, sorted(paths), limit=bounds.commits, cancelled=cancelled)):
        count = index + 1
        moment = Moment(version.revision.time if by_time else -float(index), version.revision)
        for path, oid in version.blobs.items():
            found[path].append((moment, oid))
        if time.monotonic() > until:
            ended = False
            break
    return _Log(found, ended and count < bounds.commits and not repository.is_shallow())


def _timeline(
    repository: Repository,
    log: _Log,
    path: str,
    words: Words | None,
    memory: Memory,
    most: int,
    budget: int,
    since: float,
) -> tuple[Timeline, float]:
    """The newest versions of a file as a timeline, and the moment of the oldest that was read."""
    there = log.versions.get(path, [])
    chosen: list[tuple[Moment, str]] = []
    for moment, oid in there[:most]:
        chosen.append((moment, oid))
        if moment.at < since:
            break
    whole = log.ended and len(chosen) == len(there)
    blobs = repository.blobs([oid for _, oid in chosen if oid])
    read_: list[tuple[Moment, Leaves | None]] = []
    for moment, oid in chosen:
        data = blobs.get(oid)
        budget -= len(data or b"")
        if budget < 0 and len(read_) >= 2:
            whole = False
            break
        leaves = memory.leaves(oid, path, words, data) if oid else None
        if oid and leaves is None:
            whole = False  # a version that is not here, or that nobody can read, is no version without its leaves
            continue
        read_.append((moment, leaves))
    read_.reverse()
    return timeline(read_, whole=whole), read_[0][0].at if read_ else float("inf")
