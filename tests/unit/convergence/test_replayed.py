"""Convergence over states that were recorded from Flux and Argo CD."""

from __future__ import annotations

from dataclasses import replace

import pytest
from replaying import Story, phase, told

from liftlock.convergence import track
from liftlock.model.convergence import Outcome, Step, StepState
from liftlock.model.live import Act, Wait

HEALTHY = ["argocd_healthy", "argocd_by_hand", "flux_healthy"]


@pytest.mark.parametrize("name", HEALTHY)
def test_a_promotion_runs_and_then_converges(name: str) -> None:
    said = told(Story(name))
    assert said[0].outcome is Outcome.RUNNING
    assert said[-1].outcome is Outcome.CONVERGED
    assert said[-1].progress == 100
    assert said[-1].waiting is None
    assert said[-1].cause is None


@pytest.mark.parametrize("name", HEALTHY)
@pytest.mark.parametrize("skew", [0.0, 3600.0, -3600.0], ids=["even", "ours is ahead", "ours is behind"])
def test_times_are_in_order_whatever_the_clocks_say(name: str, skew: float) -> None:
    story = Story(name)
    first, last = story.steps[0]["at"] + skew, story.steps[-1]["at"] + skew
    for one in told(story, skew=skew):
        times = [p.done for p in one.phases if p.done is not None]
        assert times == sorted(times)
        assert all(first <= time <= last + 1 for time in times)
        assert all(p.began is None or p.done is None or p.began <= p.done for p in one.phases)


def test_the_clusters_own_times_are_shown() -> None:
    end = told(Story("argocd_healthy"))[-1]
    # Argo CD began and ended the sync at …8997; the recording looked half a second later, and again after it.
    applied = phase(end, Step.APPLIED).done
    assert applied is not None and 1795448997.0 <= applied <= 1795448997.5


def test_an_old_promotion_is_told_with_the_clusters_times() -> None:
    story = Story("flux_healthy")
    late = [*story.looks()][-1]
    said = track(None, replace(late, now=late.now + 7200))
    assert said.outcome is Outcome.CONVERGED
    assert said.ended is not None and said.ended <= late.now
    assert all(p.done is None or p.done <= late.now for p in said.phases)


def test_what_waits_for_a_hand_says_so_and_offers_the_sync() -> None:
    said = told(Story("argocd_by_hand"))
    held = [one for one in said if one.waiting is not None and one.waiting.wait is Wait.MANUAL]
    assert held
    assert all(str(Act.SYNC) in one.interventions for one in held)
    assert phase(held[-1], Step.SEEN).state is StepState.DONE
    assert phase(held[-1], Step.APPLIED).state is StepState.WAITING


def test_a_missing_image_is_stuck_with_its_cause_and_never_converges() -> None:
    story = Story("argocd_missing_image")
    said = told(story)
    last = [*story.looks()][-1]
    end = track(said[-1], replace(last, now=last.now + 30))
    assert end.outcome is Outcome.STUCK
    assert end.cause is not None and "0.32.0-missing" in end.cause.sentence
    assert phase(end, Step.APPLIED).state is StepState.DONE
    assert Outcome.CONVERGED not in {one.outcome for one in said}


def test_flux_has_converged_only_when_it_says_so_itself() -> None:
    story = Story("flux_healthy")
    for facts, one in zip(story.looks(), told(story), strict=True):
        if one.outcome is Outcome.CONVERGED:
            assert facts.deliveries[0].applied == story.promoted


@pytest.mark.parametrize("name", [*HEALTHY, "argocd_missing_image"])
def test_a_step_that_is_done_stays_done(name: str) -> None:
    before: set[Step] = set()
    for one in told(Story(name)):
        done = {
            p.step
            for p in one.phases
            if p.state is StepState.DONE and p.step in (Step.SEEN, Step.FETCHED, Step.APPLIED)
        }
        assert before <= done
        before = done
