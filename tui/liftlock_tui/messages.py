"""What workers tell the screens. A reply carries the epoch of its question; a late one is dropped by who asked.

None of them bubbles: each is for the one who asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from liftlock.errors import LiftlockError
    from liftlock.model.board import Board, CellKey
    from liftlock.model.plan import Plan
    from liftlock.model.promotion import Promotion
    from liftlock.model.report import CellPast, Fetched


@dataclass(eq=False)
class Failed(Message, bubble=False):
    """What was asked could not be done. `doing` says what it was, in the words of the job's group."""

    doing: str
    error: LiftlockError
    epoch: int = 0


@dataclass(eq=False)
class EngineOpened(Message, bubble=False):
    """The repository is open."""

    engine: object


@dataclass(eq=False)
class BoardRead(Message, bubble=False):
    """The board as far as it is known; `whole` when nothing more comes."""

    epoch: int
    board: Board
    whole: bool = False

    def can_replace(self, message: Message) -> bool:
        """A newer state of the same board makes an older one needless."""
        return isinstance(message, BoardRead) and message.epoch == self.epoch


@dataclass(eq=False)
class Fetching(Message, bubble=False):
    """How far the fetch of this group is, in git's words."""

    group: str
    said: str

    def can_replace(self, message: Message) -> bool:
        """Only the last word is shown."""
        return isinstance(message, Fetching)


@dataclass(eq=False)
class FetchEnded(Message, bubble=False):
    """The fetch is over; None when there is no remote. `asked` when a person wanted it."""

    fetched: Fetched | None
    asked: bool


@dataclass(eq=False)
class UnpushedRead(Message, bubble=False):
    """Promotions that wait for their push."""

    promotions: tuple[Promotion, ...]
    then: str = ""


@dataclass(eq=False)
class Planned(Message, bubble=False):
    """A plan was made."""

    plan: Plan
    epoch: int


@dataclass(eq=False)
class CommitsRead(Message, bubble=False):
    """The last commits of a cell, and since when it has its versions."""

    key: CellKey
    past: CellPast
