"""The record of one repository: arrivals as they are found, newest first, and what they come to."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from liftlock.errors import LiftlockError, PlanError
from liftlock.gitrepo import Repository
from liftlock.gitrepo.landings import Landing
from liftlock.gitrepo.messages import Message
from liftlock.model.record import Arrival, Extent, Figures, Kind, Question
from liftlock.overview.planning import Planning
from liftlock.overview.reading import Reading, require
from liftlock.record.deciding import decide
from liftlock.record.eras import Era, Place, era
from liftlock.record.figures import figures
from liftlock.record.lines import Budget, Line, Step, moved_from
from liftlock.record.moving import Contents, Taken, taken
from liftlock.record.saying import said
from liftlock.text import printable
from liftlock.values import dataclass

COMMITS = 50_000
SECONDS = 20.0
"""What is read at most where nothing else is said."""
_ERA, _FREELY, _SPARING = 400, 8, 50
"""After so many commits it is looked anew how the repository was laid out; where a file is not known then, so many
times at once, and later after so many commits only."""
_STALE = 50
"""So many commits in a row that are older than asked for end the reading: clocks differ."""
_BROUGHT = 200
"""So many commits that a merge brought are looked through."""
_ENDS = (".yaml", ".yml", ".json", ".env")


@dataclass(frozen=True, slots=True)
class Hall:
    """What the record needs of the engine that owns it. `at` is the revision that is read, None for now."""

    repository: Repository
    reading: Callable[[], Reading]
    planning: Planning
    at: str | None = None


class Records:
    """The record. All calls may block; nothing is written."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def read(
        self,
        question: Question,
        *,
        commits: int = COMMITS,
        seconds: float = SECONDS,
        cancelled: Callable[[], bool] | None = None,
    ) -> Chronicle:
        """The arrivals that answer a question. Raises PlanError (no such environment or app), RepositoryError."""
        reading = self._hall.reading()
        if question.environment:
            require(reading, question.environment)
        _known(reading, question)
        return Chronicle(self._hall, reading, question, Budget(commits, seconds, cancelled))

    @staticmethod
    def figures(arrivals: Sequence[Arrival], since: float, until: float, order: Sequence[str] = ()) -> Figures:
        """What arrivals between two moments (seconds since the epoch) come to; environments stand in `order`."""
        return figures(arrivals, since, until, order)


class Chronicle:
    """Arrivals, newest first, read as they are asked for; afterwards how far was read, and what was left out."""

    def __init__(self, hall: Hall, reading: Reading, question: Question, budget: Budget) -> None:
        self._hall = hall
        self._reading = reading
        self._question = question
        self._budget = budget
        self._contents = Contents(hall.repository, hall.planning.memory)
        self._rules = hall.planning.rules(reading).rules
        self._lines: dict[str, Line] = {}
        self._eras: list[tuple[int, Era]] = []
        self._oldest = 0.0
        self._stopped = ""
        self.left_out = 0
        """Versions that came directly and were not asked for, as far as was read."""

    def __iter__(self) -> Iterator[Arrival]:
        """The arrivals. Raises RepositoryError, Cancelled."""
        if self._reading.partial:
            yield from self._declared()
            return
        told = 0
        limit, question = self._question.limit, self._question
        for line, index, landing in self._landings():
            if self._budget.over:
                self._stopped = "the time for it was up"
                return
            self._oldest = landing.revision.time
            for arrival in self._arrivals(line, index, landing):
                if arrival.kind is Kind.DIRECT and not question.direct:
                    self.left_out += 1
                    continue
                yield arrival
                told += 1
                if limit and told >= limit:
                    self._stopped = f"{limit} were asked for"
                    return

    @property
    def extent(self) -> Extent:
        """How far was read."""
        read = sum(len(line.landings) for line in self._lines.values())
        why = self._stopped or next((line.why for line in self._lines.values() if line.why), "")
        whole = not why and all(line.ended for line in self._lines.values())
        return Extent(read, self._oldest, whole, why)

    @property
    def order(self) -> tuple[str, ...]:
        """The environments in promotion order."""
        return tuple(one.name for one in self._reading.discovery.environments)

    # Inside --------------------------------------------------------------------------------------------------------

    def _line(self, commit: str) -> Line:
        if commit not in self._lines:
            self._lines[commit] = Line(self._hall.repository, commit, self._budget)
        return self._lines[commit]

    def _landings(self) -> Iterator[tuple[Line, int, Landing]]:
        """The landings of all lines, newest first, until they are older than what is asked for."""
        environments = [
            one for one in self._reading.discovery.environments if self._question.environment in ("", one.name)
        ]
        lines = [self._line(c) for c in dict.fromkeys(self._reading.source_of(e).commit for e in environments)]
        stale = 0
        walks = [_walk(line) for line in lines]
        merged = heapq.merge(*walks, key=lambda one: -one[2].revision.time) if len(walks) > 1 else iter(())
        for found in merged if len(walks) > 1 else (walks[0] if walks else ()):
            if found[2].revision.time < self._question.since:
                stale += 1
                if stale > _STALE:
                    self._stopped = "older ones were not asked for"
                    return
                continue
            stale = 0
            yield found

    def _arrivals(self, line: Line, index: int, landing: Landing) -> Iterator[Arrival]:
        found: dict[str, list[Taken]] = defaultdict(list)
        known: Era | None = None
        for path in landing.blobs:
            if not path.endswith(_ENDS):
                continue
            known, places = self._places(line, index, path)
            for place in places:
                step = _step(index, landing, path)
                if step is not None and place.line == line.commit:
                    found[place.cell.environment] += taken(step, place, self._line, self._contents, self._rules)
        if not found and "Promotion-To:" not in landing.text:
            return
        if known is None:
            known, _ = self._places(line, index, next(iter(landing.blobs)))
        told = said(landing, self._brought(landing))
        declared = [name for name in told.targets if self._question.environment in ("", name)]
        for name in [one for one in known.after if one in found or one in declared]:
            arrival = decide(landing, name, found.get(name, []), told, known.after)
            if arrival is not None and (not self._question.apps or set(arrival.apps) & set(self._question.apps)):
                yield arrival

    def _brought(self, landing: Landing) -> Sequence[Message]:
        if len(landing.parents) < 2:
            return ()
        try:
            return self._hall.repository.messages(landing.parents[0], landing.revision.commit)[1:_BROUGHT]
        except LiftlockError:
            return ()  # a parent that is not in this clone

    def _places(self, line: Line, index: int, path: str) -> tuple[Era, tuple[Place, ...]]:
        """Whose file it was then: as the repository was laid out later, or at that time where a file is gone since."""
        since, known = self._eras[-1] if self._eras else (0, self._looked(0, line))
        if not self._eras:
            self._eras.append((0, known))
        gone = path not in known.paths and index - since >= (1 if len(self._eras) < _FREELY else _SPARING)
        if gone or index - since >= _ERA:
            known = self._looked(index, line)
            self._eras.append((index, known))
        return known, known.places.get(path, ())

    def _looked(self, index: int, line: Line) -> Era:
        names = (self._question.environment,) if self._question.environment else ()
        if index == 0:
            return era(self._reading, names, self._question.apps)
        before = self._eras[-1][1]
        several = any(one.ref is not None or one.repository for one in self._reading.discovery.environments)
        landing = None if several else line.at(index)
        if landing is None:
            return before
        try:
            found = era(
                Reading(self._hall.repository, landing.revision.commit), names, self._question.apps, line=line.commit
            )
        except LiftlockError:
            return before  # a liftlock.toml that could not be read then
        return found if found.after else before

    def _declared(self) -> Iterator[Arrival]:
        """What trailers tell; in a partial clone older contents are not there."""
        question, told = self._question, 0
        order = {one.name: one.after for one in self._reading.discovery.environments}
        commits = dict.fromkeys(self._reading.source_of(e).commit for e in self._reading.discovery.environments)
        self._stopped = "it is a partial clone: only what trailers say is told"
        for commit in commits:
            for landing in self._hall.repository.landings(
                commit, grep="^Promotion-To: ", files=False, cancelled=self._budget.cancelled
            ):
                self._oldest = landing.revision.time
                if landing.revision.time < question.since:
                    break
                words = said(landing)
                for name in words.targets:
                    if question.environment not in ("", name) or (
                        question.apps and not {*question.apps} & {*words.apps}
                    ):
                        continue
                    arrival = decide(landing, name, [], words, order)
                    if arrival is not None:
                        yield replace(arrival, notes=())
                        told += 1
                        if question.limit and told >= question.limit:
                            return


def _walk(line: Line) -> Iterator[tuple[Line, int, Landing]]:
    index = 0
    while (landing := line.at(index)) is not None:
        yield line, index, landing
        index += 1


def _step(index: int, landing: Landing, path: str) -> Step | None:
    """What the landing did to the file; None where it took it away."""
    before, after = landing.blobs[path]
    if not after:
        return None
    was = "" if before else moved_from(landing, path)
    return Step(index, landing, path, before or (landing.blobs[was][0] if was else ""), after, not before and not was)


def _known(reading: Reading, question: Question) -> None:
    """Raises PlanError for an app that no environment has."""
    there = {cell.app for cell in reading.discovery.cells}
    missing = next((app for app in question.apps if app not in there), None)
    if missing is not None:
        said_ = ", ".join(sorted(there)[:8]) or "none"
        raise PlanError(f"There is no app {printable(missing)!r}", printable(f"apps here: {said_}"), "liftlock status")
