"""Waves and trains: promotions that go on step by step, each a commit of its own that a person starts."""

from __future__ import annotations

from enum import StrEnum

from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class WavePlace:
    """Where in a wave a promotion stands: the step `number` (from 1) of the steps to `targets`, in their order.

    A wave takes one plan to one target after the other. A `train` takes several apps from hop to hop: each step comes
    from the target before.
    """

    id: str
    number: int
    targets: tuple[str, ...]
    train: bool = False

    @property
    def target(self) -> str:
        """The environment of this step."""
        return self.targets[self.number - 1]

    @property
    def before(self) -> str:
        """The environment of the step before, "" for the first."""
        return self.targets[self.number - 2] if self.number > 1 else ""

    @property
    def word(self) -> str:
        """`wave` or `train`."""
        return "train" if self.train else "wave"


class StepState(StrEnum):
    """Where a step stands; each has a symbol and a colour of its own."""

    TO_COME = "to come"
    COMMITTED = "committed here"
    """Its commit is on a branch of this clone, and on no remote."""
    IN_FLIGHT = "in flight"
    """Its commit is on a branch of the remote that is not merged."""
    LANDED = "in Git"
    """On the branch that its environment is read from; no cluster was asked."""
    ROLLING = "rolling out"
    SOAKING = "soaking"
    HEALTHY = "healthy"
    FAILED = "failed"
    UNKNOWN = "not known"
    """No cluster tells how it does."""
    PASSED_BY = "passed by"
    """A newer promotion has gone to the environment since."""
    TAKEN_BACK = "taken back"


class WaveState(StrEnum):
    """Where a wave stands as a whole."""

    READY = "ready"
    """The next step may be started."""
    WAITING = "waiting"
    """The step that is under way has not settled."""
    FAILED = "failed"
    STOPPED = "stopped"
    DONE = "done"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class WaveStep:
    """One step. `commit` is what it left ("" while it is to come), `at` its time in seconds since the epoch.

    `why` is the evidence of its state, `until` when a soaking one is through. Texts are clean for display.
    """

    number: int
    target: str
    state: StepState
    commit: str = ""
    branch: str = ""
    by: str = ""
    at: float | None = None
    why: str = ""
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Wave:
    """A wave or train as Git tells of it. `source_commit` is what the source had when it began.

    `stopped` is the sentence of who stopped it and why, "" when nobody did. `asked` says whether clusters were.
    """

    id: str
    source: str
    source_commit: str
    targets: tuple[str, ...]
    apps: tuple[str, ...]
    steps: tuple[WaveStep, ...]
    train: bool = False
    stopped: str = ""
    asked: bool = False

    @property
    def word(self) -> str:
        """`wave` or `train`."""
        return "train" if self.train else "wave"

    @property
    def next(self) -> WaveStep | None:
        """The first step that has not begun, None when all have."""
        return next((step for step in self.steps if step.state is StepState.TO_COME), None)

    @property
    def under_way(self) -> WaveStep | None:
        """The newest step that has begun, None before the first."""
        begun = [step for step in self.steps if step.state is not StepState.TO_COME]
        return begun[-1] if begun else None

    @property
    def state(self) -> WaveState:
        """Where it stands; why is told by `stopped` and by the step that is under way."""
        here = self.under_way
        if self.stopped:
            return WaveState.STOPPED
        if here is None:
            return WaveState.READY
        if here.state in (StepState.FAILED, StepState.TAKEN_BACK):
            return WaveState.FAILED
        if here.state in (StepState.COMMITTED, StepState.IN_FLIGHT, StepState.ROLLING):
            return WaveState.WAITING
        if self.next is None:
            return WaveState.DONE
        if here.state is StepState.SOAKING:
            return WaveState.WAITING
        return WaveState.READY if here.state is StepState.HEALTHY else WaveState.UNKNOWN
