"""What workers tell the stage, its windows, the comparison and the log; see `messages`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from liftlock.model.convergence import Convergence
    from liftlock.model.diff import Comparison, FileDiff, Rendering
    from liftlock.model.health import LiveObject
    from liftlock.model.live import Intervention, LiveBoard
    from liftlock.model.livediff import LiveDiff
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


@dataclass(eq=False)
class LiveRead(Message, bubble=False):
    """The live side of the board, as it is known now."""

    board: LiveBoard

    def can_replace(self, message: Message) -> bool:
        """Only the newest counts."""
        return isinstance(message, LiveRead)


@dataclass(eq=False)
class Diffed(Message, bubble=False):
    """One more live diff of the plan (or the drift) of this epoch is ready; None when all are."""

    epoch: int
    diff: LiveDiff | None


@dataclass(eq=False)
class Converged(Message, bubble=False):
    """Where a promotion stands on each target now."""

    states: tuple[Convergence, ...]

    def can_replace(self, message: Message) -> bool:
        """Only the newest counts."""
        return isinstance(message, Converged)


@dataclass(eq=False)
class Adopted(Message, bubble=False):
    """What runs is staged; and what of it cannot be, as sentences."""

    plan: Plan
    left: tuple[str, ...]


@dataclass(eq=False)
class Offered(Message, bubble=False):
    """What an act would do, before it is done."""

    interventions: tuple[Intervention, ...]


@dataclass(eq=False)
class Intervened(Message, bubble=False):
    """It was done; a sentence on what."""

    said: str


@dataclass(eq=False)
class Watchable(Message, bubble=False):
    """The newest promotion to an environment, "" when there is none."""

    environment: str
    revision: str


@dataclass(eq=False)
class TreeRead(Message, bubble=False):
    """The live objects of an environment as they are now."""

    objects: tuple[LiveObject, ...]


@dataclass(eq=False)
class Asked(Message, bubble=False):
    """Controllers were asked to look at once, because liftlock.toml says so; a sentence for each."""

    said: tuple[str, ...]


@dataclass(eq=False)
class StillConverging(Message, bubble=False):
    """Promotions that were pushed and are not settled: environments and commits."""

    promotions: tuple[tuple[str, str], ...]
