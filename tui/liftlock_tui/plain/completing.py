"""Words that a shell completes: the names of environments and apps. Where there are none, nothing is said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from liftlock.errors import LiftlockError

if TYPE_CHECKING:
    import click

    from liftlock.model.board import Board


def environments(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """The environments whose names begin so, in promotion order."""
    board = _board(context)
    return [e.name for e in board.environments if e.name.startswith(begun)] if board is not None else []


def apps(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """The apps whose names begin so."""
    board = _board(context)
    return [app for app in board.apps if app.startswith(begun)] if board is not None else []


def _board(context: click.Context) -> Board | None:
    from liftlock.engine import Engine

    given = {**context.find_root().params, **{k: v for k, v in context.params.items() if v is not None}}
    try:
        engine = Engine.open(Path(given.get("repo") or "."), at=given.get("at"), logged=False)
        try:
            return engine.board()
        finally:
            engine.close()
    except (LiftlockError, OSError):
        return None  # no place for a complaint: the command itself will say it
