"""What the gates ask of clusters, each thing once for one evaluation; what cannot be asked is said, not raised."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from liftlock.discovery import versions_of
from liftlock.errors import LiftlockError
from liftlock.gates.candidate import Candidate, tag
from liftlock.gates.ground import Ground
from liftlock.gates.health import health
from liftlock.gates.soak import Since, by_cluster
from liftlock.gates.verdict import Verdict, unknown
from liftlock.model.app import Version
from liftlock.model.board import CellKey
from liftlock.model.environment import Environment
from liftlock.model.gates import Closing
from liftlock.model.live import Lane, LiveBoard, LiveCell
from liftlock.model.livediff import LiveDiff
from liftlock.model.plan import Plan
from liftlock.overview.reading import Reading


class Clusters:
    """One evaluation's view of the clusters: asked when the first gate wants it."""

    def __init__(self, ground: Ground, reading: Reading, source: Environment | None) -> None:
        self._ground = ground
        self._reading = reading
        self._source = source
        self._health: dict[CellKey, Verdict] = {}

    @property
    def past(self) -> str:
        """Why clusters are not asked at all, "" when they are."""
        return f"Git is read as it stood at {self._ground.at}, clusters are as they are now" if self._ground.at else ""

    @cached_property
    def _board(self) -> LiveBoard:
        return self._ground.live().ask([self._source.name] if self._source is not None else [])

    def lanes(self) -> tuple[Lane, ...]:
        """The targets of the source."""
        return self._board.lanes_of(self._source.name) if self._source is not None else ()

    def cells(self, app: str) -> tuple[LiveCell, ...]:
        """The app on each target of the source."""
        return self._board.cells.get((app, self._source.name), ()) if self._source is not None else ()

    def health(self, candidate: Candidate) -> Verdict:
        """What the gate `health` says of the source."""
        key = candidate.app, candidate.target.name
        if key not in self._health:
            if self._source is None:
                self._health[key] = health(candidate, (), ())
            elif self.past:
                self._health[key] = unknown(self.past, "leave --at out")
            else:
                self._health[key] = health(candidate, self.lanes(), self.cells(candidate.app))
        return self._health[key]

    def since(self, candidate: Candidate) -> Since | None:
        """Since when the source has it, by its clusters; None where they do not tell."""
        cells = self.cells(candidate.app) if self._source is not None and not self.past else ()
        if self._source is None or not cells:
            return None
        objects = self._ground.live().tree(self._source.name, candidate.app)
        cell = self._reading.cells_of(self._source.name).get(candidate.app)

        def same(revision: str) -> bool:
            if cell is None:
                return False
            try:
                tree = self._reading.tree_at(revision)
            except LiftlockError:
                return False  # a revision that is not fetched, or none of Git
            there = {(v.name, v.value) for v in versions_of(tree, [cell])[cell.app, cell.environment]}
            return all((v.name, v.value) in there for v in candidate.arriving)

        return by_cluster(cells, objects, candidate, same)

    def closings(self, candidate: Candidate) -> tuple[tuple[Closing, ...], str]:
        """What the target's clusters hold the app back with; and why they could not be asked, "" when they could."""
        if self.past:
            return (), self.past
        live, name = self._ground.live(), candidate.target.name
        board = live.ask([name])
        if not board.cells.get((candidate.app, name)):
            lane = next(iter(board.lanes_of(name)), None)
            problem = lane.freshness.problem if lane is not None else None
            return (), problem.title if problem is not None else f"no cluster is known for {name}"
        versions = {part for v in candidate.arriving for part in (v.value, tag(v.value), v.value.rpartition("@")[2])}
        return live.closings(name, candidate.app, sorted(versions)), ""

    def dry_run(self, plan: Plan | None, candidate: Candidate) -> tuple[tuple[LiveDiff, ...] | None, str]:
        """The live diff of the app, None with the reason where none was made. Raises EditError."""
        if self.past:
            return None, self.past
        if plan is None:
            return None, "its plan is not at hand"
        found = [
            one
            for one in self._ground.live().diff(plan)
            if one.environment == candidate.target.name and (one.app == candidate.app or one.problem)
        ]
        return (tuple(found), "") if found else (None, f"no cluster is known for {candidate.target.name}")


def by_commit(reading: Reading, source: Environment, candidate: Candidate) -> Since | None:
    """Since when the source has it in Git: the newest of the commits that brought the versions there."""
    cell = reading.cells_of(source.name).get(candidate.app)
    if cell is None:
        return None
    tree = reading.tree_of(source)
    own = versions_of(tree, [cell])[cell.app, cell.environment]
    arriving = {(v.name, v.value) for v in candidate.arriving}
    wanted: Sequence[Version] = [v for v in own if (v.name, v.value) in arriving]
    told = []
    places: list[tuple[tuple[str, ...], str | None]] = [((v.file,), v.value) for v in wanted]
    for paths, adding in places or [(cell.files, None)]:
        touched = next(iter(reading.repository.history(tree.commit, paths=paths, limit=1, adding=adding)), None)
        if touched is not None:
            told.append(touched.revision)
    newest = max(told, key=lambda revision: revision.time, default=None)
    if newest is None:
        return None
    return Since(newest.time, f"the time of commit {newest.commit[:8]}")
