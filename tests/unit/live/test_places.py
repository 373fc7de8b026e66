"""Which clusters an environment is on, and what has to be asked first."""

from __future__ import annotations

from liftlock.config import context_question
from liftlock.live.places import Known, places
from liftlock.model.environment import Environment, Target

KNOWN = Known({"eu": "https://eu.example:6443", "us": "https://us.example:6443", "hub": ""}, current="eu")
NOBODY: frozenset[str] = frozenset()


def test_a_declared_context_is_asked_for_until_the_user_agreed() -> None:
    production = Environment("production", targets=(Target("us", label="us"),))
    (asked,) = places([production], KNOWN, NOBODY, {}, {})
    assert not asked.agreed
    assert "us" in asked.question and "https://us.example:6443" in asked.question

    (agreed,) = places([production], KNOWN, frozenset({"us"}), {}, {})
    assert agreed.agreed and not agreed.question and agreed.target.label == "us"


def test_both_contexts_of_a_hub_are_asked_for() -> None:
    production = Environment("production", targets=(Target("hub", workloads="us"),))
    (half,) = places([production], KNOWN, frozenset({"hub"}), {}, {})
    assert not half.agreed and "us" in half.question and "hub" not in half.question
    assert half.contexts == ("hub", "us")


def test_several_targets_stay_several() -> None:
    production = Environment("production", targets=(Target("eu", label="eu"), Target("us", label="us")))
    assert [p.target.label for p in places([production], KNOWN, frozenset({"eu", "us"}), {}, {})] == ["eu", "us"]


def test_nothing_declared_looks_at_the_current_context_only() -> None:
    (staging, production) = places([Environment("staging"), Environment("production")], KNOWN, NOBODY, {}, {})
    assert staging.target.context == production.target.context == "eu"
    assert staging.tentative and production.tentative and staging.agreed


def test_without_a_kubeconfig_there_is_no_place() -> None:
    assert places([Environment("staging")], Known({}), NOBODY, {}, {}) == ()


def test_what_the_user_chose_holds_over_the_file_and_a_run_over_both() -> None:
    staging = Environment("staging", targets=(Target("us"),))
    remembered = {context_question("staging"): "hub"}
    assert [p.target.context for p in places([staging], KNOWN, NOBODY, remembered, {})] == ["hub"]
    assert [p.target.context for p in places([staging], KNOWN, NOBODY, remembered, {"staging": "eu"})] == ["eu"]


def test_a_context_that_is_not_there_is_a_problem_with_the_nearest_name() -> None:
    (place,) = places([Environment("staging", targets=(Target("uss"),))], KNOWN, frozenset({"uss"}), {}, {})
    assert place.problem is not None
    assert "uss" in place.problem.title and "us" in place.problem.hint
