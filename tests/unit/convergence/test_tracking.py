"""What the tracker may say, whatever it is told: laws over invented controllers, pods and clocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.cluster.objects import Snapshot, key
from liftlock.convergence import Facts, track
from liftlock.model.convergence import Convergence, Outcome, Step, StepState
from liftlock.model.diff import ObjectKey
from liftlock.model.environment import Target
from liftlock.model.live import Applied, Contact, Controller, Delivery, Doing, Freshness, Wait, Waiting

MINE, OLD, NEWER, SQUASHED = "a" * 40, "0" * 40, "e" * 40, "5" * 40
BEGAN = 1_000_000.0
LIVE = Freshness(Contact.LIVE)
DEPLOYMENT = ObjectKey("apps", "Deployment", "shop", "api")
HOLDS = {MINE: True, SQUASHED: True, OLD: False, NEWER: False}
LATER = {MINE: True, SQUASHED: False, OLD: False, NEWER: True}


def stamp(when: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(when, UTC).isoformat()


def deployment(*, ready: bool, at: float = BEGAN, image: str = "api:2") -> dict[str, Any]:
    count = 2 if ready else 1
    reason = "NewReplicaSetAvailable" if ready else "ReplicaSetUpdated"
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": "shop", "uid": "d", "generation": 2},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "api", "image": image}]}}},
        "status": {
            "observedGeneration": 2,
            "replicas": 2,
            "updatedReplicas": 2,
            "readyReplicas": count,
            "availableReplicas": count,
            "conditions": [
                {"type": "Available", "status": "True" if ready else "False"},
                {"type": "Progressing", "status": "True", "reason": reason, "lastUpdateTime": stamp(at)},
            ],
        },
    }


def kustomization(name: str = "api", **told: Any) -> Delivery:
    return Delivery(Controller.FLUX, ObjectKey("kustomize.toolkit.fluxcd.io", "Kustomization", "flux", name), **told)


def facts(now: float, *deliveries: Delivery, **told: Any) -> Facts:
    told.setdefault("objects", Snapshot([deployment(ready=True)]))
    return Facts(
        "staging",
        Target("one"),
        MINE,
        told.pop("freshness", LIVE),
        told.pop("objects"),
        now,
        told.pop("holds", HOLDS.get),
        told.pop("later", LATER.get),
        deliveries,
        told.pop("keys", (DEPLOYMENT,)),
        pushed_at=BEGAN,
        **told,
    )


def state(one: Convergence, step: Step) -> StepState:
    return next(phase.state for phase in one.phases if phase.step is step)


# Laws ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """One moment: what is told of each of two deliveries, of the pods, and how far the cluster's clock is off."""

    wait: float
    revisions: tuple[tuple[str, str, str], ...]
    doing: tuple[Doing, ...]
    ready: bool
    unlike: bool
    contact: Contact
    seen: bool


REVISION = st.sampled_from([OLD, MINE, SQUASHED, NEWER, "", "f" * 40])
LOOK = st.builds(
    Look,
    st.floats(0.1, 60),
    st.tuples(st.tuples(REVISION, REVISION, REVISION), st.tuples(REVISION, REVISION, REVISION)),
    st.tuples(st.sampled_from(Doing), st.sampled_from(Doing)),
    st.booleans(),
    st.booleans(),
    st.sampled_from([Contact.LIVE, Contact.LIVE, Contact.LIVE, Contact.UNREACHABLE, Contact.FORBIDDEN]),
    st.booleans(),
)


def run(looks: Sequence[Look], several: int, skew: float) -> list[tuple[Facts, Convergence]]:
    said: list[tuple[Facts, Convergence]] = []
    now = BEGAN
    for look in looks:
        now += look.wait
        theirs = now - skew
        made = tuple(
            kustomization(
                f"api-{number}",
                seen=seen,
                attempted=attempted,
                applied=applied,
                applied_at=theirs,
                fetched_at=theirs - 5,
                doing=look.doing[number],
                history=(Applied(applied, theirs - 2, theirs),) if applied else (),
            )
            for number, (seen, attempted, applied) in enumerate(look.revisions[:several])
        )
        objects = Snapshot([deployment(ready=look.ready, at=theirs)], () if look.seen else [("apps", "Deployment")])
        known = facts(
            now,
            *made,
            freshness=Freshness(look.contact),
            objects=objects if look.seen else Snapshot((), [("apps", "Deployment")]),
            unlike=frozenset({DEPLOYMENT} if look.unlike else ()),
        )
        said.append((known, track(said[-1][1] if said else None, known)))
    return said


RUNS = given(st.lists(LOOK, min_size=1, max_size=12), st.integers(0, 2), st.sampled_from([0.0, 3600.0, -3600.0, 7.0]))


@RUNS
@settings(max_examples=200, deadline=None)
def test_times_are_monotone_and_never_in_the_future(looks: list[Look], several: int, skew: float) -> None:
    for known, one in run(looks, several, skew):
        done = [phase.done for phase in one.phases if phase.done is not None]
        assert done == sorted(done)
        assert all(BEGAN <= time <= known.now for time in done)
        for phase in one.phases:
            assert phase.began is None or phase.done is None or phase.began <= phase.done
        assert one.ended is None or BEGAN <= one.ended <= known.now


@RUNS
@settings(max_examples=200, deadline=None)
def test_converged_means_applied_and_ready(looks: list[Look], several: int, skew: float) -> None:
    before = None
    for (known, one), look in zip(run(looks, several, skew), looks, strict=True):
        fresh = look.contact is Contact.LIVE
        if one.outcome is Outcome.CONVERGED and fresh:
            assert look.ready and look.seen
            assert all(d.applied in (MINE, SQUASHED) for d in known.deliveries)
            assert known.deliveries or not look.unlike
        if one.outcome is Outcome.CONVERGED and not fresh:
            assert before is Outcome.CONVERGED
        before = one.outcome


@RUNS
@settings(max_examples=200, deadline=None)
def test_stuck_says_why(looks: list[Look], several: int, skew: float) -> None:
    for _, one in run(looks, several, skew):
        assert one.outcome is not Outcome.STUCK or (one.cause is not None and one.cause.sentence)


# Stories -------------------------------------------------------------------------------------------------------------


def test_a_squash_has_another_id_and_the_same_values() -> None:
    one = track(None, facts(BEGAN + 9, kustomization(seen=SQUASHED, attempted=SQUASHED, applied=SQUASHED)))
    assert one.outcome is Outcome.CONVERGED
    assert one.applied == SQUASHED


def test_a_later_commit_with_other_values_takes_its_place() -> None:
    rolling = track(None, facts(BEGAN + 5, kustomization(seen=MINE, attempted=MINE, applied=OLD, doing=Doing.APPLYING)))
    gone = track(rolling, facts(BEGAN + 9, kustomization(seen=NEWER, attempted=NEWER, applied=NEWER)))
    assert gone.outcome is Outcome.SUPERSEDED
    assert gone.cause is None and gone.waiting is None
    assert gone.phases == rolling.phases


def test_all_of_several_must_have_it() -> None:
    mine, other = kustomization("a", seen=MINE, applied=MINE), kustomization("b", seen=MINE, applied=OLD)
    half = track(None, facts(BEGAN + 5, mine, other))
    assert half.outcome is Outcome.RUNNING
    assert state(half, Step.APPLIED) is not StepState.DONE
    assert track(half, facts(BEGAN + 6, mine, replace(other, applied=MINE))).outcome is Outcome.CONVERGED


def test_nothing_heard_in_between_keeps_what_was_known() -> None:
    applied = kustomization(seen=MINE, attempted=MINE, applied=MINE)
    rolling = track(None, facts(BEGAN + 5, applied, objects=Snapshot([deployment(ready=False)])))
    silent = track(rolling, facts(BEGAN + 50, freshness=Freshness(Contact.UNREACHABLE)))
    assert (silent.phases, silent.outcome) == (rolling.phases, Outcome.RUNNING)
    assert silent.freshness.contact is Contact.UNREACHABLE
    assert track(silent, facts(BEGAN + 60, applied)).outcome is Outcome.CONVERGED


def test_a_cluster_that_shows_nothing_is_called_so() -> None:
    one = track(None, facts(BEGAN + 5, freshness=Freshness(Contact.FORBIDDEN)))
    assert one.outcome is Outcome.BLIND


def test_health_checks_that_still_run_are_waited_for() -> None:
    checking = kustomization(seen=MINE, attempted=MINE, applied=OLD, doing=Doing.VERIFYING)
    one = track(None, facts(BEGAN + 5, checking))
    assert one.outcome is Outcome.RUNNING
    assert one.waiting is not None and "its own checks" in one.waiting.sentence
    assert state(one, Step.ROLLING) is StepState.DONE
    assert state(one, Step.HEALTHY) is StepState.WAITING or state(one, Step.HEALTHY) is StepState.ACTIVE


def test_health_checks_that_failed_and_came_right_are_no_failure() -> None:
    raw = {"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "HealthCheckFailed"}]}}
    again = Waiting(Wait.RECONCILE, "tried again each 20 s")
    failed = kustomization(seen=MINE, attempted=MINE, applied=OLD, doing=Doing.FAILED, raw=raw, waiting=again)
    one = track(None, facts(BEGAN + 5, failed))
    assert one.outcome is Outcome.RUNNING
    assert one.waiting == again


def test_what_failed_before_the_promotion_is_not_its_failure() -> None:
    old = kustomization(seen=OLD, attempted=OLD, applied=OLD, doing=Doing.FAILED, error="a mistake of yesterday")
    assert track(None, facts(BEGAN + 5, old)).outcome is Outcome.RUNNING


def test_what_failed_with_the_promotion_stops_the_wait() -> None:
    mine = kustomization(seen=MINE, attempted=MINE, applied=OLD, doing=Doing.FAILED, error="field is immutable")
    one = track(None, facts(BEGAN + 5, mine))
    assert one.outcome is Outcome.STUCK
    assert one.cause is not None and one.cause.sentence == "field is immutable"
    assert state(one, Step.APPLIED) is StepState.FAILED


def test_a_retry_of_argo_cd_is_waited_for_a_while() -> None:
    sync = Delivery(
        Controller.ARGOCD,
        ObjectKey("argoproj.io", "Application", "argocd", "api"),
        seen=MINE,
        attempted=MINE,
        applied=OLD,
        doing=Doing.FAILED,
        error="no such namespace",
        operating=True,
    )
    first = track(None, facts(BEGAN + 5, sync))
    assert first.outcome is Outcome.RUNNING
    assert first.cause is not None and first.cause.sentence == "no such namespace"
    assert track(first, facts(BEGAN + 15, sync)).outcome is Outcome.RUNNING
    assert track(first, facts(BEGAN + 40, sync)).outcome is Outcome.STUCK


def test_a_commit_that_cannot_be_rendered_is_told_though_no_revision_is() -> None:
    broken = Delivery(
        Controller.ARGOCD,
        ObjectKey("argoproj.io", "Application", "argocd", "api"),
        attempted=OLD,
        applied=OLD,
        looked_at=BEGAN + 3,
        doing=Doing.FAILED,
        error="kustomize build failed",
        raw={"status": {"sync": {"status": "Unknown", "revision": "main"}}},
    )
    assert track(None, facts(BEGAN + 5, broken)).outcome is Outcome.STUCK
    earlier = replace(broken, looked_at=BEGAN - 60)
    assert track(None, facts(BEGAN + 5, earlier)).outcome is Outcome.RUNNING


def test_a_chart_without_a_commit_is_told_by_its_objects() -> None:
    chart = kustomization(seen="", attempted="", applied="f" * 40)
    changed = {"changed": (DEPLOYMENT,)}
    assert track(None, facts(BEGAN + 5, chart, **changed)).outcome is Outcome.CONVERGED
    unlike = frozenset({DEPLOYMENT})
    assert track(None, facts(BEGAN + 5, chart, unlike=unlike, **changed)).outcome is Outcome.RUNNING


def test_without_a_controller_the_objects_tell() -> None:
    unlike = frozenset({DEPLOYMENT})
    waits = track(None, facts(BEGAN + 5, unlike=unlike))
    assert waits.controller is Controller.PLAIN
    assert waits.waiting is not None and waits.waiting.wait is Wait.MANUAL
    assert track(waits, facts(BEGAN + 9)).outcome is Outcome.CONVERGED


def test_objects_that_were_not_read_yet_prove_nothing() -> None:
    unread = Snapshot((), [("apps", "Deployment")])
    one = track(None, facts(BEGAN + 5, objects=unread))
    assert one.outcome is Outcome.RUNNING
    applied = kustomization(seen=MINE, attempted=MINE, applied=MINE)
    assert track(None, facts(BEGAN + 5, applied, objects=unread)).outcome is Outcome.RUNNING


def test_objects_that_were_read_after_they_were_compared_prove_nothing() -> None:
    late = facts(BEGAN + 5, objects=Snapshot([deployment(ready=True)]), compared=False)
    assert track(None, late).outcome is Outcome.RUNNING
    assert track(None, replace(late, compared=True)).outcome is Outcome.CONVERGED


def test_objects_that_may_not_be_read_are_a_caveat() -> None:
    settings_key = ObjectKey("", "Secret", "shop", "keys")
    one = track(
        None,
        facts(
            BEGAN + 5,
            kustomization(seen=MINE, attempted=MINE, applied=MINE),
            objects=Snapshot([deployment(ready=True)], [("", "Secret")]),
            keys=(DEPLOYMENT, settings_key),
            freshness=Freshness(Contact.LIVE, blind=("Secret",)),
        ),
    )
    assert one.outcome is Outcome.CONVERGED
    assert any("Secret may not be read" in caveat for caveat in one.caveats)


def test_nothing_that_restarts_is_a_caveat() -> None:
    config = ObjectKey("", "ConfigMap", "shop", "settings")
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}}
    one = track(
        None,
        facts(
            BEGAN + 5,
            kustomization(seen=MINE, attempted=MINE, applied=MINE),
            objects=Snapshot([made]),
            keys=(key(made),),
            changed=(config,),
        ),
    )
    assert one.outcome is Outcome.CONVERGED
    assert any("nothing restarts" in caveat for caveat in one.caveats)
