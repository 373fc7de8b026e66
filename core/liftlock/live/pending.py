"""Promotions that were pushed and may still be converging: found in Git, so that nothing is lost by leaving."""

from __future__ import annotations

from collections.abc import Mapping

from liftlock.errors import LiftlockError
from liftlock.model.board import CellKey
from liftlock.model.live import LiveCell, LiveState
from liftlock.overview.reading import Reading

RECENT = 24 * 3600.0
"""Seconds after which a promotion is not picked up by itself."""
_SETTLED = frozenset({LiveState.LEVEL, LiveState.DRIFTED, LiveState.AHEAD})


def pending(reading: Reading, cells: Mapping[CellKey, tuple[LiveCell, ...]], now: float) -> tuple[tuple[str, str], ...]:
    """Environment and commit of the newest promotion to each environment that is not settled there yet."""
    found: list[tuple[str, str]] = []
    for environment in reading.discovery.environments:
        theirs = [cell for (_, name), several in cells.items() if name == environment.name for cell in several]
        if not theirs or all(cell.state in _SETTLED for cell in theirs):
            continue
        try:
            commits = reading.repository.promotions(
                reading.source_of(environment).commit, environment.name, since=now - RECENT, limit=1
            )
        except LiftlockError:
            continue  # the board says what is wrong with the repository
        found += [(environment.name, revision.commit) for revision in commits]
    return tuple(found)


def newest(reading: Reading, environment: str, now: float) -> str | None:
    """The newest promotion to the environment in Git, None when there is none in the last 90 days."""
    known = reading.environment(environment)
    if known is None:
        return None
    commits = reading.repository.promotions(
        reading.source_of(known).commit, environment, since=now - 90 * 86400.0, limit=1
    )
    return commits[0].commit if commits else None
