"""What workers tell the stage, its windows, the comparison and the log; see `messages`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from liftlock.errors import Problem
    from liftlock.model.convergence import Convergence
    from liftlock.model.diff import Comparison, FileDiff, Rendering
    from liftlock.model.gates import Gate
    from liftlock.model.health import LiveObject
    from liftlock.model.live import Intervention, LiveBoard
    from liftlock.model.livediff import LiveDiff
    from liftlock.model.plan import Caution, Pin, Plan
    from liftlock.model.promotion import Promotion, Publication, Rival
    from liftlock.model.record import Arrival, Extent
    from liftlock.model.release import Release
    from liftlock.model.report import Check, Page, Pushed, Shelved
    from liftlock.model.review import Flight, Landing, Outlook
    from liftlock.model.review import Proposed as ProposedRequest
    from liftlock.model.rollback import WaysBack
    from liftlock.model.wave import Wave


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
class Pinned(Message, bubble=False):
    """The plan of this epoch with what moves by itself pinned, and what was found for each such change."""

    epoch: int
    plan: Plan
    found: tuple[Pin, ...]


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


@dataclass(eq=False)
class FlightsRead(Message, bubble=False):
    """The promotions in flight, as they stand now, the forges they are on, and those that did not tell."""

    flights: tuple[Flight, ...]
    where: tuple[str, ...] = ()
    silent: tuple[Problem, ...] = ()


@dataclass(eq=False)
class InFlight(Message, bubble=False):
    """The one that a proposal would update, None where it would open one, and where; "" without a token."""

    flight: Flight | None
    where: str
    user: str


@dataclass(eq=False)
class RequestOpened(Message, bubble=False):
    """The pull request is open, or updated."""

    proposed: ProposedRequest


@dataclass(eq=False)
class FlightActed(Message, bubble=False):
    """Something was done with a promotion in flight; a sentence on what."""

    said: str


@dataclass(eq=False)
class Landed(Message, bubble=False):
    """A promotion in flight was merged."""

    landing: Landing


@dataclass(eq=False)
class FlightEnded(Message, bubble=False):
    """A promotion that was in flight is so no more: somebody merged or closed it."""

    flight: Flight


@dataclass(eq=False)
class Gated(Message, bubble=False):
    """One more gate of the plan of this epoch is known; None when all are."""

    epoch: int
    gate: Gate | None


@dataclass(eq=False)
class GatesTold(Message, bubble=False):
    """How all gates stand for a promotion that was committed."""

    gates: tuple[Gate, ...]


@dataclass(eq=False)
class MergeSeen(Message, bubble=False):
    """What stands before the merge of a promotion in flight."""

    outlook: Outlook


@dataclass(eq=False)
class Overridden(Message, bubble=False):
    """The promotion anew, with the reasons of the gates that it goes past."""

    promotion: Promotion
    gates: tuple[Gate, ...]


@dataclass(eq=False)
class Examined(Message, bubble=False):
    """The doctor's checks."""

    checks: tuple[Check, ...]


@dataclass(eq=False)
class FileFound(Message, bubble=False):
    """A file that is to be opened, and the line in it, 0 for none."""

    shelved: Shelved
    line: int


@dataclass(eq=False)
class PagesFound(Message, bubble=False):
    """Pages of the forge."""

    pages: tuple[Page, ...]


@dataclass(eq=False)
class RivalsTold(Message, bubble=False):
    """Whoever promotes the same."""

    rivals: tuple[Rival, ...]


@dataclass(eq=False)
class WaveBegun(Message, bubble=False):
    """The plan of a wave's first step."""

    plan: Plan


@dataclass(eq=False)
class WavesRead(Message, bubble=False):
    """The waves of the last months, as Git tells of them."""

    waves: tuple[Wave, ...]


@dataclass(eq=False)
class WaveRead(Message, bubble=False):
    """One wave with what its clusters tell; None where a promotion is no step of one."""

    wave: Wave | None


@dataclass(eq=False)
class WaveActed(Message, bubble=False):
    """A wave was stopped, or let go on; a sentence on it."""

    said: str


@dataclass(eq=False)
class ArrivalsRead(Message, bubble=False):
    """The record as far as it is read; `whole` when nothing more comes."""

    epoch: int
    arrivals: tuple[Arrival, ...]
    extent: Extent
    whole: bool

    def can_replace(self, message: Message) -> bool:
        """A newer state of the same list makes an older one needless."""
        return isinstance(message, ArrivalsRead) and message.epoch == self.epoch


@dataclass(eq=False)
class ReleasesRead(Message, bubble=False):
    """What the versions of an arrival, or of a plan, contain; `key` is the arrival's."""

    key: str
    releases: tuple[Release, ...]


@dataclass(eq=False)
class WaysRead(Message, bubble=False):
    """The states that an app had."""

    ways: WaysBack


@dataclass(eq=False)
class BackPlanned(Message, bubble=False):
    """The plan of a rollback was made."""

    plan: Plan


@dataclass(eq=False)
class LandedApps(Message, bubble=False):
    """The apps that a commit brought to an environment."""

    environment: str
    apps: tuple[str, ...]
