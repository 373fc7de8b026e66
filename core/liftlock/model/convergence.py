"""Convergence: what happens after a push, step by step, and where it stands."""

from __future__ import annotations

from enum import StrEnum

from liftlock.model.environment import Target
from liftlock.model.health import Cause, Happening, LiveObject
from liftlock.model.live import Controller, Freshness, Waiting
from liftlock.values import dataclass


class Step(StrEnum):
    """The steps in their order."""

    PUSHED = "pushed"
    SEEN = "seen"
    FETCHED = "fetched"
    APPLIED = "applied"
    ROLLING = "rolling out"
    HEALTHY = "healthy"


class StepState(StrEnum):
    """How a step stands."""

    TODO = "to do"
    ACTIVE = "active"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    """This controller has no such step, or it cannot be told apart from the next."""
    UNKNOWN = "unknown"
    """It may not be seen: forbidden or unreachable."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One step: how it stands, when it began and was done (seconds since the epoch), a few words."""

    step: Step
    state: StepState
    began: float | None = None
    done: float | None = None
    note: str = ""


class Outcome(StrEnum):
    """Where the whole stands."""

    RUNNING = "running"
    CONVERGED = "converged"
    STUCK = "stuck"
    """It will not come right by itself; the tracker keeps looking, for a fix that is pushed is the usual end."""
    SUPERSEDED = "superseded"
    """The cluster went on to a later revision that has other values."""
    TIMED_OUT = "timed out"
    BLIND = "cannot be seen"


@dataclass(frozen=True, slots=True)
class Convergence:
    """One promotion on one target of one environment.

    `revision` is the commit waited for, `applied` the one that the cluster reports. `caveats` say what cannot be
    known: a CronJob that runs at three, a ConfigMap that restarts nothing. `deadline` in seconds since the epoch.
    `progress` in percent of the desired pods.
    """

    environment: str
    target: Target
    controller: Controller | None
    revision: str
    phases: tuple[Phase, ...]
    outcome: Outcome
    freshness: Freshness
    applied: str = ""
    waiting: Waiting | None = None
    cause: Cause | None = None
    objects: tuple[LiveObject, ...] = ()
    happenings: tuple[Happening, ...] = ()
    caveats: tuple[str, ...] = ()
    progress: int = 0
    began: float = 0.0
    ended: float | None = None
    deadline: float | None = None
    interventions: tuple[str, ...] = ()
    """What a person can do now, by id: `reconcile`, `sync`, `terminate`, `suspend`, `resume`."""

    @property
    def over(self) -> bool:
        """Nothing more is waited for."""
        return self.outcome in (Outcome.CONVERGED, Outcome.SUPERSEDED, Outcome.TIMED_OUT)
