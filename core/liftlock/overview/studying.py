"""Studying the history between environments: which files stand beside which, and what is usual between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from liftlock.errors import PlanError
from liftlock.learning import FOR_A_STUDY, FilePairing, Memory, learn
from liftlock.learning.habits import habits
from liftlock.model.environment import Environment
from liftlock.model.habits import Habits
from liftlock.overview.reading import Reading, require
from liftlock.promotion.pairing import pairings
from liftlock.promotion.words import between
from liftlock.text import printable

Stop = Callable[[], bool]


def study(
    reading: Reading, names: Sequence[str], apps: Sequence[str], memory: Memory, cancelled: Stop | None = None
) -> Iterator[Habits]:
    """The habits of each pair of environments that a release goes between, as each is read.

    With two names only from the first to the second. Raises PlanError, RepositoryError, Cancelled.
    """
    ways = _ways(reading, names)
    if reading.partial:
        raise PlanError(
            "The history's contents are not in this clone",
            "it is a partial clone, so that older versions of files would be fetched one by one",
            "git fetch --refetch --no-filter brings all of them",
        )
    for source, target in ways:
        pairs = _files(reading, source, target, apps)
        commits = reading.source_of(source).commit, reading.source_of(target).commit
        lessons = learn(reading.repository, commits, pairs, memory, bounds=FOR_A_STUDY, cancelled=cancelled)
        first = next((e for name in source.after if (e := reading.environment(name)) is not None), None)
        before = {}
        if first is not None:
            read = {file for _, file in lessons.precedents}
            earlier = [p for p in _files(reading, first, target, apps) if p.target in read]
            commits = reading.source_of(first).commit, commits[1]
            known = learn(reading.repository, commits, earlier, memory, bounds=FOR_A_STUDY, cancelled=cancelled)
            before = {file: precedents for (_, file), precedents in known.precedents.items()}
        yield habits(source.name, target.name, lessons.precedents, len(pairs), before)


def _ways(reading: Reading, names: Sequence[str]) -> list[tuple[Environment, Environment]]:
    if names:
        if len(names) != 2:
            raise PlanError("One environment is no way", "a release goes from one to another", "name two, or none")
        return [(require(reading, names[0]), require(reading, names[1]))]
    found = [
        (source, environment)
        for environment in reading.discovery.environments
        for name in environment.after
        if (source := reading.environment(name)) is not None
    ]
    if not found:
        known = ", ".join(printable(e.name) for e in reading.discovery.environments) or "none was recognised"
        raise PlanError(
            "No environment comes after another here", f"environments: {known}", "name two: liftlock learn FROM TO"
        )
    return found


def _files(reading: Reading, source: Environment, target: Environment, apps: Sequence[str]) -> list[FilePairing]:
    mine, theirs = reading.cells_of(source.name), reading.cells_of(target.name)
    words = between(source, target)
    trees = reading.tree_of(source), reading.tree_of(target)
    declared = [(pair.source, pair.target) for pair in reading.config.pairs]
    return [
        FilePairing(pair.source, pair.target, words)
        for app, cell in mine.items()
        if app in theirs and (not apps or app in apps)
        for pair in pairings(cell, theirs[app], *trees, source, target, words=words, declared=declared)
        if pair.source and pair.target and pair.source != pair.target
    ]
