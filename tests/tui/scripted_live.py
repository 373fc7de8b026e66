"""A live side whose answers a test writes: clusters that are well, lost, forbidden, and promotions under way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from liftlock.errors import LiftlockError, Problem
from liftlock.model.convergence import Convergence, Outcome, Phase, Step, StepState
from liftlock.model.diff import DiffLine, FieldChange, LineKind, ObjectDiff, ObjectKey, Span, Status
from liftlock.model.environment import Target
from liftlock.model.health import HEALTHY, Cause, Gravity, Happening, Health, HealthStatus, LiveObject
from liftlock.model.live import (
    Act,
    Contact,
    Controller,
    Delivery,
    Freshness,
    Intervention,
    Lane,
    LiveBoard,
    LiveCell,
    LiveState,
    Running,
    Wait,
    Waiting,
    Write,
)
from liftlock.model.livediff import Author, Effect, LiveChange, LiveDiff, Way
from liftlock.model.plan import Pin, Plan

NOW = 1_760_000_000.0
SHA = "5ae08464" * 5
KUSTOMIZATION = ObjectKey("kustomize.toolkit.fluxcd.io", "Kustomization", "flux-system", "checkout")
DEPLOYMENT = ObjectKey("apps", "Deployment", "shop", "checkout")
POD = ObjectKey("", "Pod", "shop", "checkout-6d8f9c7b54-x2x9p")
IMAGE = "registry.example.org/checkout:2.4.0"
EU = Target("eu-prod", label="eu")
LIVE = Freshness(Contact.LIVE, NOW - 2)
LOST = Freshness(
    Contact.UNREACHABLE,
    NOW - 95,
    Problem("eu-prod", "eu-prod refuses the connection: nothing listens at https://127.0.0.1:6443", "r tries now"),
    NOW + 8,
)
PULL = Cause(
    "image registry.example.org/checkout:2.4.0 cannot be pulled: it is not in the registry",
    "ImagePullBackOff",
    Gravity.SUSPECT,
    POD,
    since=NOW - 40,
)
CRASH = replace(
    PULL,
    sentence="container app exits with code 1 (restarted 3×)",
    reason="CrashLoopBackOff",
    lines=("step 20 of 20 done", "fatal: cannot reach database db.internal:5432: connection refused"),
)


def delivery(**fields: Any) -> Delivery:
    made = Delivery(
        Controller.FLUX, KUSTOMIZATION, applied=SHA, seen=SHA, attempted=SHA, applied_at=NOW - 300, health=HEALTHY
    )
    return replace(made, **fields)


def cell(state: LiveState, why: str = "", value: str = "2.4.0", target: Target = EU, **fields: Any) -> LiveCell:
    running = (Running("registry.example.org/checkout", value, 3),)
    return LiveCell(target, state, why or str(state), (delivery(),), running, HEALTHY, objects=4, heard=NOW, **fields)


def lane(environment: str, freshness: Freshness = LIVE, target: Target = EU, question: str = "") -> Lane:
    return Lane(environment, target, freshness, (Controller.FLUX,), question)


def change(effect: Effect = Effect.CHANGED, **fields: Any) -> LiveChange:
    def drawn(kind: LineKind, text: str, old: int | None, new: int | None) -> DiffLine:
        return DiffLine(kind, (Span(text),), old, new)

    lines = (
        drawn(LineKind.CONTEXT, "spec:", 7, 7),
        drawn(LineKind.REMOVE, "  replicas: 5", 8, None),
        drawn(LineKind.ADD, "  replicas: 2", None, 8),
        drawn(LineKind.CONTEXT, "  strategy: {}", 9, 9),
    )
    diff = ObjectDiff(DEPLOYMENT, Status.MODIFIED, lines, (FieldChange("spec.replicas", "5", "2"),))
    made = LiveChange(diff, effect, Way.SERVER_SIDE, authors=(Author("spec.replicas", "kubectl", NOW - 300, "scale"),))
    return replace(made, **fields)


def tree(cause: Cause | None = None) -> tuple[LiveObject, ...]:
    health = HEALTHY if cause is None else Health(HealthStatus.DEGRADED, cause.sentence)
    pod = LiveObject(POD, health, "ready" if cause is None else cause.reason, cause)
    old = LiveObject(replace(POD, name="checkout-5b7c-old1"), HEALTHY, "ready", current=False)
    above = Health(HealthStatus.PROGRESSING, "1 of 3 pods updated") if cause else HEALTHY
    return (
        LiveObject(
            DEPLOYMENT, above, "3/3 ready", images=("registry.example.org/checkout:2.4.0",), children=(pod, old)
        ),
        LiveObject(ObjectKey("", "Service", "shop", "checkout"), HEALTHY, "ClusterIP"),
    )


_STATES = {
    "waiting": (StepState.WAITING, StepState.TODO, StepState.TODO, StepState.TODO, StepState.TODO),
    "rolling": (StepState.DONE, StepState.DONE, StepState.DONE, StepState.ACTIVE, StepState.TODO),
    "stuck": (StepState.DONE, StepState.DONE, StepState.DONE, StepState.FAILED, StepState.TODO),
    "converged": (StepState.DONE,) * 5,
}


def convergence(story: str, target: Target = EU) -> Convergence:
    """One of the stories: `waiting`, `rolling`, `stuck`, `converged`, `lost`."""
    states = (StepState.DONE, *_STATES["rolling" if story == "lost" else story])
    at = NOW - 60
    phases = []
    for number, (step, state) in enumerate(zip(Step, states, strict=True)):
        began = None if state is StepState.TODO else at + 4 * number
        phases.append(Phase(step, state, began, at + 4 * number + 3 if state is StepState.DONE else None))
    outcome = {"stuck": Outcome.STUCK, "converged": Outcome.CONVERGED}.get(story, Outcome.RUNNING)
    poll = Waiting(Wait.POLL, "Flux looks at this repository each 1 min", NOW + 26)
    return Convergence(
        "staging",
        target,
        Controller.FLUX,
        SHA,
        tuple(phases),
        outcome,
        LOST if story == "lost" else LIVE,
        waiting=poll if story == "waiting" else None,
        cause=CRASH if story == "stuck" else None,
        objects=tree(CRASH if story == "stuck" else None),
        happenings=(
            Happening(NOW - 9, POD, "BackOff", "Back-off restarting failed container", True, 3),
            Happening(NOW - 5 * 86400, POD, "Pulled", "from before the push", False),
        ),
        caveats=("CronJob reindex runs at its own times (17 3 * * *): its new version has not run yet",)
        if story == "converged"
        else (),
        progress=55,
        began=at,
        ended=NOW if outcome is not Outcome.RUNNING else None,
        interventions=("reconcile", "suspend"),
    )


@dataclass
class ScriptedLive:
    """Silent until a test writes its answers."""

    answer: LiveBoard = field(default_factory=LiveBoard)
    objects: tuple[LiveObject, ...] = ()
    states: tuple[Convergence, ...] = ()
    diffs: tuple[LiveDiff, ...] = ()
    promoted: str | None = None
    known: dict[str, str] = field(default_factory=dict)
    failure: LiftlockError | None = None
    adopted: Plan | None = None
    pinned: tuple[Pin, ...] = ()
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    telling: list[Callable[[LiveBoard], None]] = field(default_factory=list)
    following: list[Callable[[tuple[Convergence, ...]], None]] = field(default_factory=list)

    def start(self, tell: Callable[[LiveBoard], None] | None = None) -> None:
        if tell is not None:
            self.telling.append(tell)
            if self.answer.lanes:
                tell(self.answer)

    def say(self, board: LiveBoard) -> None:
        self.answer = board
        for tell in self.telling:
            tell(board)

    def board(self) -> LiveBoard:
        return self.answer

    def retry(self, environment: str = "") -> None:
        self.asked.append(("retry", environment))

    def contexts(self) -> dict[str, str]:
        return self.known

    def agree(self, environment: str, context: str) -> None:
        self.asked.append(("agree", environment, context))

    def tree(self, environment: str, app: str = "") -> tuple[LiveObject, ...]:
        return self.objects

    def drift(self, environment: str, apps: Sequence[str] = (), *, cancelled: Any = None) -> Iterator[LiveDiff]:
        if self.failure is not None:
            raise self.failure
        yield from self.diffs

    def diff(
        self, plan: Any, *, fetch: bool = False, cancelled: Any = None, progress: Any = None
    ) -> Iterator[LiveDiff]:
        if self.failure is not None:
            raise self.failure
        yield from self.diffs

    def adopt(self, environment: str, app: str) -> tuple[Plan, tuple[str, ...]]:
        self.asked.append(("adopt", environment, app))
        if self.failure is not None:
            raise self.failure
        assert self.adopted is not None
        return self.adopted, ("Deployment shop spec.paused: Git says nothing of it",)

    def pin(self, plan: Plan) -> tuple[Plan, tuple[Pin, ...]]:
        self.asked.append(("pin", plan.source))
        if self.failure is not None:
            raise self.failure
        for found in self.pinned:
            if found.value:
                plan = plan.edit(found.change, found.value).select([found.change], True)
        return plan, self.pinned

    def consequence(self, diffs: Sequence[LiveDiff]) -> tuple[str, tuple[str, ...]]:
        return "1 object changes, 1 rollout restarts, nothing is deleted", tuple(
            danger for diff in diffs for one in diff.changes for danger in one.dangers
        )

    def follow(
        self, environment: str, revision: str, tell: Callable[[tuple[Convergence, ...]], None], **more: Any
    ) -> Callable[[], None]:
        self.asked.append(("follow", environment, revision))
        self.following.append(tell)
        if self.states:
            tell(self.states)
        return lambda: self.asked.append(("unfollow", environment))

    def newest(self, environment: str) -> str | None:
        return self.promoted

    def offer(
        self, environment: str, act: Act, *, app: str = "", revision: str = "", prune: bool = False
    ) -> tuple[Intervention, ...]:
        if self.failure is not None:
            raise self.failure
        write = Write(
            "eu-prod", KUSTOMIZATION, {}, "kubectl --context eu-prod -n flux-system patch kustomization checkout"
        )
        confirm = environment if act is Act.SUSPEND else ""
        said = (f"{act} Kustomization checkout", ("nothing is forced",))
        return (Intervention(act, environment, "eu", said[0], said[1], (write,), confirm),)

    def intervene(self, intervention: Intervention, *, confirmed: str = "") -> str:
        self.asked.append(("intervene", intervention.act, confirmed))
        return intervention.sentence

    def pending(self) -> tuple[tuple[str, str], ...]:
        return ()
