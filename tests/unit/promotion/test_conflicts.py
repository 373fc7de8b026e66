"""A value that the target got on its own is named with both sides; one that came from somewhere is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from liftlock.engine import Engine
from liftlock.model.plan import Plan


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "fleet"
    subprocess.run(["git", "init", "-q", "-b", "main", place], check=True)
    write(place, "staging", "1.0.0", "first")
    write(place, "production", "0.9.0", "second")
    return place


def write(place: Path, environment: str, tag: str, subject: str) -> None:
    file = place / "apps" / "api" / environment / "values.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"image:\n  repository: ghcr.io/acme/api\n  tag: {tag}\n")
    subprocess.run(["git", "-C", place, "add", "-A"], check=True)
    subprocess.run(["git", "-C", place, "commit", "-qm", subject], check=True)


def planned(place: Path) -> tuple[Plan, list[str]]:
    """The plan, and what it says when all its changes are staged."""
    engine = Engine.open(place, cache=False)
    try:
        plan = engine.plan("staging", ["production"])
        everything = plan.select([change.id for change in plan.changes], True)
        return plan, [caution.text for caution in engine.cautions(everything)]
    finally:
        engine.close()


def test_a_promoted_value_is_no_hotfix(repository: Path):
    write(repository, "production", "1.0.0", "release")
    write(repository, "staging", "1.1.0", "next")
    plan, cautions = planned(repository)
    assert cautions == []
    assert len(plan.chosen) == 1


def test_a_hotfix_is_not_staged_and_both_sides_are_told(repository: Path):
    write(repository, "production", "1.0.0", "release")
    write(repository, "production", "1.0.1", "hotfix: the door was open")
    write(repository, "staging", "1.1.0", "next")
    plan, (said,) = planned(repository)
    assert plan.chosen == ()
    assert plan.changes[0].why.startswith("changed on both sides: the target's 1.0.1")
    assert plan.changes[0].why.endswith("a person's choice")
    assert "hotfix: the door was open" in said
    assert "the source's 1.1.0" in said


def test_a_value_of_its_own_that_never_shared_the_source_s_line_is_named_only(repository: Path):
    write(repository, "production", "1.0.1", "another line")
    write(repository, "staging", "1.1.0", "next")
    plan, (said,) = planned(repository)
    assert len(plan.chosen) == 1
    assert "changed on both sides" in said
    assert "another line" in said


def test_what_came_from_a_third_environment_is_no_hotfix(repository: Path):
    write(repository, "production", "1.0.0", "release")
    write(repository, "canary", "1.0.1", "tried out")
    write(repository, "production", "1.0.1", "worked in canary")
    write(repository, "staging", "1.1.0", "next")
    plan, cautions = planned(repository)
    assert cautions == []
    assert len(plan.chosen) == 1


def test_a_commit_that_calls_itself_a_promotion_is_no_hotfix(repository: Path):
    write(repository, "production", "1.0.0", "release")
    write(repository, "production", "1.0.1", "chore: promote api to production")
    write(repository, "staging", "1.1.0", "next")
    assert planned(repository)[1] == []


def test_what_was_never_changed_says_nothing(repository: Path):
    assert planned(repository)[1] == []
