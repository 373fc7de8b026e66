"""Where a pull request stands, in the order in which a person would be stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.model.forge import (
    CheckState,
    CommitCheck,
    PullRequest,
    RequestState,
    Review,
    ReviewState,
    Rules,
)
from liftlock.model.review import Flight, FlightState
from liftlock.reviews.judging import judged, next_step

OPEN = PullRequest(
    *(7, "t", "b", RequestState.OPEN, False, "h", "c" * 40, "o/n", "main", "ada", "u", 1.0, 2.0), mergeable=True
)
WANTS = Rules(approvals=1, checks=("ci",), protected=True)
GREEN = (CommitCheck("ci", CheckState.PASSED),)
_NO_STEP = (FlightState.READY, FlightState.MERGED, FlightState.CLOSED, FlightState.UNKNOWN)
YES = (Review("lin", ReviewState.APPROVED, 1.0),)


def state(
    request: PullRequest = OPEN,
    reviews: tuple[Review, ...] = YES,
    checks: tuple[CommitCheck, ...] = GREEN,
    rules: Rules = WANTS,
) -> tuple[FlightState, tuple[str, ...]]:
    found = judged(Flight(request, "a", ("b",), ()), request, reviews, checks, rules)
    assert found.known and found.why
    return found.state, found.waits_for


def test_one_with_all_that_is_wanted_is_ready():
    assert state() == (FlightState.READY, ())


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (replace(OPEN, state=RequestState.MERGED, merged_as="d" * 40), FlightState.MERGED),
        (replace(OPEN, state=RequestState.CLOSED), FlightState.CLOSED),
        (replace(OPEN, draft=True), FlightState.DRAFT),
        (replace(OPEN, mergeable=False), FlightState.CONFLICT),
        (replace(OPEN, mergeable=None), FlightState.UNKNOWN),
    ],
)
def test_what_the_request_itself_says_comes_first(request_: PullRequest, expected: FlightState):
    assert state(request_)[0] is expected


def test_a_required_check_that_has_not_begun_is_waited_for():
    assert state(checks=()) == (FlightState.CHECKS, ("ci",))
    assert state(checks=(CommitCheck("ci", CheckState.RUNNING),)) == (FlightState.CHECKS, ("ci",))


def test_a_check_that_is_not_required_does_not_stand_against_it():
    other = CommitCheck("lint", CheckState.FAILED)
    assert state(checks=(*GREEN, other))[0] is FlightState.READY
    assert state(checks=(other,), rules=Rules())[0] is FlightState.FAILED


def test_an_approval_of_an_earlier_commit_does_not_count():
    found = state(reviews=(replace(YES[0], stale=True), Review("kai", ReviewState.ASKED, 1.0)))
    assert found == (FlightState.REVIEW, ("kai",))


def test_changes_that_were_asked_for_stand_before_checks():
    against = (Review("kai", ReviewState.CHANGES, 1.0), *YES)
    assert state(reviews=against, checks=()) == (FlightState.CHANGES, ("kai",))


def test_a_conflict_stands_before_checks_that_will_never_run():
    found = state(replace(OPEN, mergeable=False), reviews=(), checks=())
    assert found == (FlightState.CONFLICT, ())


def test_a_number_of_checks_may_be_wanted_instead_of_names():
    wants = Rules(passing=2)
    assert state(checks=GREEN, rules=wants) == (FlightState.CHECKS, ())
    assert state(checks=(*GREEN, CommitCheck("scan", CheckState.PASSED)), rules=wants) == (FlightState.READY, ())


def test_what_the_forge_says_beside_all_that_blocks_it():
    assert state(replace(OPEN, blocked="a discussion is not resolved")) == (FlightState.BLOCKED, ())
    assert state(replace(OPEN, blocked="x"), checks=()) == (FlightState.CHECKS, ("ci",))  # what is known comes first


def test_what_the_forge_clears_waits_for_nothing_that_is_not_told():
    assert state(replace(OPEN, cleared=True), reviews=(), checks=()) == (FlightState.READY, ())
    failed = (CommitCheck("ci", CheckState.FAILED),)
    assert state(replace(OPEN, cleared=True), checks=failed) == (FlightState.FAILED, ("ci",))


@pytest.mark.parametrize("known", [s for s in FlightState if s not in _NO_STEP])
def test_each_state_that_holds_a_merge_up_has_a_next_step(known: FlightState):
    flight = Flight(OPEN, "a", ("b",), (), state=known, waits_for=("ci",))
    assert next_step(flight)
