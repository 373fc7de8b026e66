"""The board as it fills in: names first, then versions and how far behind, and revisions as history tells them."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from liftlock.discovery import versions_of
from liftlock.errors import Cancelled, LiftlockError, Problem
from liftlock.model.board import Behind, Board, CellKey, CellState
from liftlock.model.revision import Revision
from liftlock.overview.reading import Reading
from liftlock.promotion.comparisons import Comparisons
from liftlock.promotion.drafting import pending
from liftlock.promotion.rulebook import Rulebook

# A screen is told at most so often, in seconds: a person sees no more, and each telling repaints.
_SAMPLE = 0.1


def outline(reading: Reading, name: str) -> Board:
    """The board with its environments, apps and cells, nothing filled in. Raises RepositoryError."""
    discovery = reading.discovery
    cells = {(cell.app, cell.environment): CellState(cell) for cell in discovery.cells}
    return Board(
        name,
        discovery.environments,
        tuple(dict.fromkeys(cell.app for cell in sorted(discovery.cells, key=lambda c: c.app.lower()))),
        cells,
        {environment.name: reading.source_of(environment) for environment in discovery.environments},
        discovery.findings,
        discovery.problems,
        notes(reading),
    )


def notes(reading: Reading) -> tuple[str, ...]:
    """Facts of the repository that a person should see beside the board."""
    facts = reading.repository.facts()
    said = []
    if facts.shallow:
        said.append("shallow clone: history ends early")
    if facts.in_progress:
        said.append(f"a {facts.in_progress} is in progress in the work tree; liftlock does not touch it")
    if not facts.remotes:
        said.append("no remote: commits stay here")
    if reading.at is not None:
        said.append(reading.source.why)
    return tuple(said)


@dataclass(slots=True)
class _Update:
    key: CellKey
    revision: Revision | None = None
    since: Revision | None = None
    problem: Problem | None = None


def fill(
    reading: Reading,
    board: Board,
    comparisons: Comparisons,
    rulebook: Rulebook,
    *,
    cancelled: Callable[[], bool],
) -> Iterator[Board]:
    """The same board with more known each time; the last one is complete."""
    updates: queue.SimpleQueue[_Update | None] = queue.SimpleQueue()
    cells = dict(board.cells)
    for environment in board.environments:
        mine = [state.cell for key, state in cells.items() if key[1] == environment.name]
        broken: dict[str, Problem] = {}
        for key, versions in versions_of(reading.tree_of(environment), mine, broken).items():
            wrong = tuple(broken[file] for file in cells[key].cell.files if file in broken) if broken else ()
            cells[key] = replace(cells[key], versions=versions, problems=(*cells[key].problems, *wrong))
        if cancelled():
            return
    board = replace(board, cells=dict(cells))
    history = threading.Thread(target=_history, args=(reading, board, updates, cancelled), daemon=True)
    history.start()
    yield board
    told, ended = time.monotonic(), False
    for key, found, problem in _behind(reading, board, comparisons, rulebook):
        state = cells[key]
        behind = tuple(replace(one, unlike=_unlike(state, cells.get((key[0], one.of)), one)) for one in found)
        cells[key] = replace(state, behind=behind, problems=(*state.problems, *((problem,) if problem else ())))
        if cancelled():
            return
        if time.monotonic() - told > _SAMPLE:
            ended = ended or _drain(updates, cells)
            board = replace(board, cells=dict(cells))
            yield board
            told = time.monotonic()
    while not ended and not cancelled():
        ended = _drain(updates, cells, wait=_SAMPLE)
        yield replace(board, cells=dict(cells))
    yield replace(board, cells=dict(cells))
    history.join(timeout=5)


def _unlike(here: CellState, there: CellState | None, behind: Behind) -> bool:
    """Whether the versions are others than those of the neighbour, though nothing would move."""
    if not behind.level or there is None:
        return False
    mine, theirs = ({version.value for version in state.versions or ()} for state in (here, there))
    return mine != theirs


def _drain(
    updates: queue.SimpleQueue[_Update | None], cells: dict[CellKey, CellState], wait: float | None = None
) -> bool:
    """Take in what history has told; with `wait` (seconds) gather for so long. True at its end."""
    until = time.monotonic() + (wait or 0.0)
    while True:
        try:
            left = until - time.monotonic()
            update = updates.get(timeout=left) if wait is not None and left > 0 else updates.get_nowait()
        except queue.Empty:
            return False
        if update is None:
            return True
        state = cells[update.key]
        problems = (*state.problems, *((update.problem,) if update.problem else ()))
        cells[update.key] = replace(
            state,
            revision=update.revision or state.revision,
            since=update.since or state.since,
            problems=problems,
        )


def _history(
    reading: Reading, board: Board, updates: queue.SimpleQueue[_Update | None], cancelled: Callable[[], bool]
) -> None:
    """The newest commit of each cell and the one that brought its first version, told as they are found."""
    try:
        by_commit: dict[str, list[str]] = {}
        for environment in board.environments:
            by_commit.setdefault(board.sources[environment.name].commit, []).append(environment.name)
        for commit, names in by_commit.items():
            mine = {key: state for key, state in board.cells.items() if key[1] in names and state.cell.files}
            files = {key: state.cell.files for key, state in mine.items()}
            first = {
                key: (state.versions[0].file, state.versions[0].value) for key, state in mine.items() if state.versions
            }
            touched: dict[CellKey, Revision] = {}
            for found in reading.repository.arrivals(commit, files, first, cancelled):
                if found.brought:
                    first.pop(found.key)
                    updates.put(_Update(found.key, since=found.revision))
                else:
                    touched[found.key] = found.revision
                    updates.put(_Update(found.key, found.revision))
            for key in first.keys() & touched.keys():
                updates.put(_Update(key, since=touched[key]))
    except Cancelled:
        pass
    except LiftlockError as error:
        for key in board.cells:
            updates.put(_Update(key, problem=Problem("history", str(error), error.hint)))
    finally:
        updates.put(None)


def _behind(
    reading: Reading, board: Board, comparisons: Comparisons, rulebook: Rulebook
) -> Iterator[tuple[CellKey, tuple[Behind, ...], Problem | None]]:
    for environment in board.environments:
        sources = [(e.name, reading.side(e)) for e in board.environments if e.name in environment.after]
        here = reading.side(environment)
        for app, cell in here.cells.items():
            found: list[Behind] = []
            problem = None
            for name, there in sources:
                if app not in there.cells:
                    continue
                try:
                    changes, versions = pending(there, here, app, comparisons, rulebook)
                    found.append(Behind(name, changes, versions=versions))
                except LiftlockError as error:
                    problem = Problem(app, str(error), error.hint)
            yield (app, cell.environment), tuple(found), problem
