"""What workers tell the stage, its windows, the comparison and the log; see `messages`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from liftlock.model.diff import Comparison, FileDiff, Rendering
    from liftlock.model.plan import Caution, Plan
    from liftlock.model.promotion import Promotion, Publication
    from liftlock.model.report import Pushed


@dataclass(eq=False)
class Previewed(Message, bubble=False):
    """What would be committed, for the plan of this epoch."""

    epoch: int
    diffs: tuple[FileDiff, ...]
    cautions: tuple[Caution, ...]


@dataclass(eq=False)
class Rendered(Message, bubble=False):
    """One more rendering of the plan of this epoch is ready; None when all are."""

    epoch: int
    rendering: Rendering | None


@dataclass(eq=False)
class Progress(Message, bubble=False):
    """What a long job is doing."""

    epoch: int
    text: str

    def can_replace(self, message: Message) -> bool:
        """Only the last one is shown."""
        return isinstance(message, Progress)


@dataclass(eq=False)
class Proposed(Message, bubble=False):
    """The message and the branch that a commit would have."""

    message: str
    branch: str


@dataclass(eq=False)
class Committed(Message, bubble=False):
    """The commit was made."""

    promotion: Promotion


@dataclass(eq=False)
class Undone(Message, bubble=False):
    """The commit was taken back; the sentence says what was done."""

    promotion: Promotion
    said: str


@dataclass(eq=False)
class Published(Message, bubble=False):
    """What a push would do."""

    epoch: int
    publication: Publication


@dataclass(eq=False)
class PushEnded(Message, bubble=False):
    """The push is done."""

    pushed: Pushed
    publication: Publication


@dataclass(eq=False)
class Replanned(Message, bubble=False):
    """The plan made again on the newest base, and what differs."""

    plan: Plan
    differences: tuple[str, ...]


@dataclass(eq=False)
class Compared(Message, bubble=False):
    """Two environments side by side, and what could not be rendered."""

    epoch: int
    comparisons: tuple[Comparison, ...]
    renderings: tuple[Rendering, ...]


@dataclass(eq=False)
class JournalGrew(Message, bubble=False):
    """A command was run."""

    def can_replace(self, message: Message) -> bool:
        """One telling is enough."""
        return isinstance(message, JournalGrew)
