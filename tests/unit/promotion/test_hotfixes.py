"""A value that the target got on its own is named; one that came from the source is not."""

import subprocess
from pathlib import Path

import pytest

from liftlock.engine import Engine


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


def cautions(place: Path) -> list[str]:
    engine = Engine.open(place, cache=False)
    try:
        return [caution.text for caution in engine.cautions(engine.plan("staging", ["production"]))]
    finally:
        engine.close()


def test_a_promoted_value_is_no_hotfix(repository: Path):
    write(repository, "production", "1.0.0", "promote")
    write(repository, "staging", "1.1.0", "next")
    assert cautions(repository) == []


def test_a_value_the_source_never_had_is_named_with_its_commit(repository: Path):
    write(repository, "production", "1.0.1", "hotfix: the door was open")
    write(repository, "staging", "1.1.0", "next")
    (said,) = cautions(repository)
    assert "changed on both sides" in said
    assert "1.0.1" in said
    assert "hotfix: the door was open" in said


def test_what_was_never_changed_says_nothing(repository: Path):
    assert cautions(repository) == []
