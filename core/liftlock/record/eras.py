"""Which file stood beside which, as the repository was laid out at one time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from liftlock.model.app import Cell
from liftlock.model.environment import Environment
from liftlock.overview.reading import Reading
from liftlock.promotion.pairing import pairings
from liftlock.promotion.words import Words, beside, between
from liftlock.values import dataclass

_MOST = 40
"""So many files of an app are looked through for a version that stands in no file beside."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A file of an environment before, that a target's file takes its values from; `line` is the commit it is read at.

    The nearer environment comes first.
    """

    environment: str
    file: str
    words: Words
    line: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """All files that the same app has in an environment before; for what no file beside this one tells."""

    environment: str
    files: tuple[str, ...]
    line: str


@dataclass(frozen=True, slots=True)
class Place:
    """A file as it belongs to a cell, with those before it, the nearest first."""

    cell: Cell
    line: str
    upstreams: tuple[Upstream, ...]
    neighbours: tuple[Neighbour, ...] = ()


@dataclass(frozen=True, slots=True)
class Era:
    """The places by file of one layout, and the paths that it knows."""

    commit: str
    places: Mapping[str, tuple[Place, ...]]
    paths: frozenset[str] = field(repr=False)
    after: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What each environment comes after, in promotion order."""


def era(reading: Reading, environments: Sequence[str] = (), apps: Sequence[str] = (), *, line: str = "") -> Era:
    """The layout of a reading, as far as these environments and apps go (none for all).

    `line` is the commit from which all is read on, where that is not the reading's own. Raises RepositoryError.
    """
    found: dict[str, list[Place]] = defaultdict(list)
    for environment in reading.discovery.environments:
        if environments and environment.name not in environments:
            continue
        before = ancestors(reading, environment)
        own = line or reading.source_of(environment).commit
        pairs = {one.name: _pairs(reading, one, environment, apps, line) for one in before}
        cells = {one.name: reading.cells_of(one.name) for one in before}
        for app, cell in reading.cells_of(environment.name).items():
            if apps and app not in apps:
                continue
            near = tuple(
                Neighbour(one.name, there.files[:_MOST], line or reading.source_of(one).commit)
                for one in before
                if (there := cells[one.name].get(app)) is not None
            )
            for file in cell.files:
                ups = tuple(up for one in before for up in pairs[one.name].get((app, file), ()))
                found[file].append(Place(cell, own, ups, near))
    return Era(
        reading.source.commit,
        {file: tuple(places) for file, places in found.items()},
        frozenset(reading.tree.entries),
        {one.name: one.after for one in reading.discovery.environments},
    )


def ancestors(reading: Reading, environment: Environment) -> list[Environment]:
    """All that a release passes before this environment, the nearest first."""
    found: dict[str, Environment] = {}
    waiting = list(environment.after)
    while waiting:
        name = waiting.pop(0)
        one = reading.environment(name)
        if one is not None and name not in found and name != environment.name:
            found[name] = one
            waiting += one.after
    return list(found.values())


def _pairs(
    reading: Reading, source: Environment, target: Environment, apps: Iterable[str], line: str
) -> dict[tuple[str, str], list[Upstream]]:
    mine, theirs = reading.cells_of(source.name), reading.cells_of(target.name)
    words, own = between(source, target), line or reading.source_of(source).commit
    trees = reading.tree_of(source), reading.tree_of(target)
    declared = [(pair.source, pair.target) for pair in reading.config.pairs]
    wanted = set(apps)
    found: dict[tuple[str, str], list[Upstream]] = defaultdict(list)
    for app, cell in mine.items():
        if app not in theirs or (wanted and app not in wanted):
            continue
        for pair in pairings(cell, theirs[app], *trees, source, target, words=words, declared=declared):
            if pair.source and pair.target and (pair.source != pair.target or trees[0].commit != trees[1].commit):
                told = beside(words, pair.source, pair.target)
                found[app, pair.target].append(Upstream(source.name, pair.source, told, own))
    return found
