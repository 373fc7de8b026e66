"""The live side of environments: what is heard of a cluster, what a controller has done, and what runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from liftlock.errors import Problem
from liftlock.model.board import CellKey
from liftlock.model.diff import ObjectKey
from liftlock.model.environment import Target
from liftlock.model.health import Cause, Health, HealthStatus
from liftlock.values import dataclass

_UNKNOWN = Health(HealthStatus.UNKNOWN)


class Contact(StrEnum):
    """What is heard of a cluster."""

    NONE = "no cluster"
    """No context is known for the environment."""
    ASK = "not agreed"
    """A context was named or found, and the user has not agreed to it yet."""
    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    """It answered once, and is silent now."""
    UNREACHABLE = "unreachable"
    LOGIN = "login needed"
    """The credentials are refused or missing; nothing is tried again until the user says so."""
    FORBIDDEN = "forbidden"
    """It answers, and nothing that is needed may be read."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh what is shown of a cluster is.

    `heard` is when it last said anything, `retry` when it is tried again (both seconds since the epoch). `problem`
    has the cause, and in `hint` the next step (the command that logs in). `blind` names kinds that may not be read.
    """

    contact: Contact
    heard: float | None = None
    problem: Problem | None = None
    retry: float | None = None
    blind: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """What to know of the connection itself: a certificate that is not checked, another user that it acts as."""


class Controller(StrEnum):
    """Who applies Git to the cluster."""

    FLUX = "flux"
    ARGOCD = "argocd"
    JENKINSX = "jenkinsx"
    PLAIN = "kubectl"


class Wait(StrEnum):
    """What something waits for."""

    POLL = "poll"
    """The controller's next look at the repository."""
    RECONCILE = "reconcile"
    """The next run of the controller, or its next try after a failure."""
    DEPENDENCY = "dependency"
    WINDOW = "sync window"
    MANUAL = "manual sync"
    SUSPENDED = "suspended"
    HOOK = "hook"
    ROLLOUT = "rollout"
    PERSON = "person"
    """A rollout that is paused until somebody promotes it."""
    SOAK = "soak"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why nothing moves, as a sentence, and until when at most (seconds since the epoch; None: not known)."""

    wait: Wait
    sentence: str
    until: float | None = None


class Doing(StrEnum):
    """What a controller is doing with one place."""

    IDLE = "idle"
    FETCHING = "fetching"
    APPLYING = "applying"
    VERIFYING = "verifying"
    """Applied; its health checks run."""
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Applied:
    """One revision that a controller applied, with the cluster's own times of its beginning and its end."""

    revision: str
    began: float | None = None
    done: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one controller object (a Kustomization, an Application, a boot Job) says of one place in Git.

    Revisions are commit ids (hex) where the controller follows Git, else what it reports (a chart's version, a
    digest); "" where it says nothing. Several sources give several `seen`, the first is the one that is followed.

    `seen`       the newest revision that the controller has looked at or fetched
    `attempted`  the revision that it last tried to apply
    `applied`    the revision whose apply succeeded last
    """

    controller: Controller
    key: ObjectKey
    source: ObjectKey | None = None
    url: str = ""
    branch: str = ""
    path: str = ""
    """The folder (or chart) in the repository, without `./`; "" is its top."""
    seen: str = ""
    attempted: str = ""
    applied: str = ""
    applied_at: float | None = None
    looked_at: float | None = None
    """When the controller last looked at the repository."""
    doing: Doing = Doing.IDLE
    health: Health = _UNKNOWN
    error: str = ""
    """What the controller says went wrong, clean for display."""
    suspended: bool = False
    suspended_since: float | None = None
    automatic: bool = True
    """Whether a new revision is applied without anybody's doing."""
    prune: bool = False
    verifies: bool = False
    """Whether `applied` moves only after the objects are healthy."""
    waiting: Waiting | None = None
    interval: float | None = None
    """Seconds between two looks or runs, the longer of both."""
    timeout: float | None = None
    inventory: tuple[ObjectKey, ...] = ()
    namespace: str = ""
    """Where its objects land when they name no namespace."""
    destination: str = ""
    """Another cluster that the objects are on: its address or name; "" for this one."""
    manager: str = ""
    """The field manager that it applies with."""
    server_side: bool = False
    """Whether it uses server-side apply."""
    operating: bool = False
    """Whether an operation runs that could be terminated (Argo CD)."""
    owner: ObjectKey | None = None
    """The controller object that made this one: an ApplicationSet, a parent Kustomization or Application."""
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The object itself: how it renders its place stands there."""
    fetched_at: float | None = None
    """When what is in `seen` was fetched, where the controller says so."""
    history: tuple[Applied, ...] = ()
    """What was applied lately, the newest first."""
    placed: str = ""
    """The revision whose objects stand in the cluster before it counts as applied: their health is still checked, or
    was found wanting. "" where that is `applied`."""

    @property
    def stands(self) -> str:
        """The revision whose objects stand in the cluster, healthy or not; what it restores is what that one says."""
        return self.placed or self.applied


class Act(StrEnum):
    """What liftlock may write to a cluster, each only after it was asked for and confirmed."""

    RECONCILE = "reconcile"
    SYNC = "sync"
    TERMINATE = "terminate"
    SUSPEND = "suspend"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Write:
    """One patch: the object, the body, and the kubectl command that would do the same."""

    context: str
    key: ObjectKey
    patch: Mapping[str, Any]
    script: str


@dataclass(frozen=True, slots=True)
class Intervention:
    """An act before it is done: what it does as a sentence, what follows from it, and every write it consists of.

    `confirm` is the environment's name when it must be typed (a protected one), else "".
    """

    act: Act
    environment: str
    label: str
    sentence: str
    consequences: tuple[str, ...]
    writes: tuple[Write, ...]
    confirm: str = ""
    prune: bool = False


class LiveState(StrEnum):
    """A cell's state in one word; each has a symbol and a colour of its own."""

    LEVEL = "live"
    """What Git says runs, and is healthy."""
    ROLLING = "rolling"
    BEHIND = "behind"
    """The cluster has an older revision than Git."""
    AHEAD = "ahead"
    """The cluster has a revision that is newer than what was fetched here."""
    DRIFTED = "drifted"
    SUSPENDED = "suspended"
    FAILING = "failing"
    WAITING = "waiting"
    """The controller knows the new revision and does not apply it: manual sync, a window, a dependency."""
    ABSENT = "absent"
    """Nothing of it is in the cluster."""
    UNKNOWN = "unknown"
    UNREACHABLE = "unreachable"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Running:
    """An image that pods run: `name` without a tag, `value` its tag or digest, how many pods have it.

    `digest` is the one that the kubelet reports (`imageID`), "" when it reports none. `current` counts those of its
    pods that belong to the template which their workload has now.
    """

    name: str
    value: str
    pods: int
    digest: str = ""
    current: int = 0


@dataclass(frozen=True, slots=True)
class LiveCell:
    """One app on one target of its environment."""

    target: Target
    state: LiveState
    why: str = ""
    """The state as a sentence: how far behind, who drifted it, why it fails."""
    deliveries: tuple[Delivery, ...] = ()
    running: tuple[Running, ...] = ()
    health: Health = _UNKNOWN
    cause: Cause | None = None
    drift: int = 0
    """How many fields are not as Git says at the applied revision."""
    objects: int = 0
    hidden: int = 0
    """How many objects may not be read."""
    heard: float | None = None

    @property
    def revision(self) -> str:
        """The commit that the cluster applied, "" when none is reported."""
        return next((d.applied for d in self.deliveries if d.applied), "")


@dataclass(frozen=True, slots=True)
class Lane:
    """One target of one environment: where it is and how fresh what is shown of it is."""

    environment: str
    target: Target
    freshness: Freshness
    controllers: tuple[Controller, ...] = ()
    question: str = ""
    """What the user would be asked before this context is used; "" when nothing."""


@dataclass(frozen=True, slots=True)
class LiveBoard:
    """The live side of the board. `cells` hold the worst target first. `number` grows with each telling.

    `problem` is why no environment has a cluster: there is no kubeconfig, or it cannot be read.
    """

    lanes: tuple[Lane, ...] = ()
    cells: Mapping[CellKey, tuple[LiveCell, ...]] = field(default_factory=dict)
    number: int = 0
    problem: Problem | None = None

    def lanes_of(self, environment: str) -> tuple[Lane, ...]:
        """The targets of an environment."""
        return tuple(lane for lane in self.lanes if lane.environment == environment)
