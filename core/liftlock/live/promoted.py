"""What a promotion changed, so that it is known again in any later commit: squashed, rebased or merged with others."""

from __future__ import annotations

from collections.abc import Callable

from liftlock.errors import LiftlockError
from liftlock.gitrepo import Repository
from liftlock.model.change import Step, Value
from liftlock.model.tree import Tree
from liftlock.promotion.comparisons import Comparisons
from liftlock.promotion.words import Words
from liftlock.values import dataclass

_NO_WORDS = Words((), ())
Paths = frozenset[tuple[Step, ...]]


@dataclass(frozen=True, slots=True)
class Promoted:
    """The leaves that a commit changed, by file. A file that came or went as a whole has None.

    `values` are the new scalars: what the pods must show in the end.
    """

    commit: str
    files: dict[str, Paths | None]
    values: tuple[str, ...]

    def within(self, repository: Repository, comparisons: Comparisons, revision: str) -> bool | None:
        """Whether this revision holds what was promoted; None when the revision is not known here."""
        if revision == self.commit:
            return True
        try:
            mine, theirs = repository.tree(self.commit), repository.tree(revision)
        except LiftlockError:
            return None
        return all(_holds(mine, theirs, file, paths, comparisons) for file, paths in self.files.items())


def promoted(repository: Repository, comparisons: Comparisons, commit: str, base: str | None = None) -> Promoted:
    """What the commit changed against `base`, its first parent where none is given. Raises RepositoryError."""
    new = repository.tree(commit)
    old: Tree | None = None
    try:
        old = repository.tree(base or f"{commit}^")
    except LiftlockError:
        if base:
            raise
    before = old.entries if old is not None else {}
    files: dict[str, Paths | None] = {}
    values: list[str] = []
    for path in sorted({p for p in (*new.entries, *before) if new.entries.get(p) != before.get(p)}):
        if old is None or path not in before or path not in new.entries:
            files[path] = None
            continue
        found = comparisons.pair(new, path, old, path, _NO_WORDS).differences.values()
        files[path] = frozenset(d.path for d in found) if found else None
        values += [text for d in found if (text := _scalar(d.old, d.new)) is not None]
    return Promoted(commit, files, tuple(dict.fromkeys(values)))


def _scalar(old: Value | None, new: Value | None) -> str | None:
    return new if isinstance(new, str) and new != old else None


def _holds(mine: Tree, theirs: Tree, file: str, paths: Paths | None, comparisons: Comparisons) -> bool:
    here, there = mine.entries.get(file), theirs.entries.get(file)
    if here == there:
        return True
    if here is None or there is None or paths is None:
        return False
    differ = comparisons.pair(mine, file, theirs, file, _NO_WORDS).differences.values()
    return bool(differ) and not any(_overlap(d.path, path) for d in differ for path in paths)


def _overlap(one: tuple[Step, ...], other: tuple[Step, ...]) -> bool:
    """Whether one place is the other, lies in it or holds it."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def descends(repository: Repository, older: str, newer: str) -> bool | None:
    """Whether `newer` has all commits of `older`; None when one of them is not known here."""
    try:
        return repository.count_between(newer, older) == 0
    except LiftlockError:
        return None


Contains = Callable[[str], bool | None]
