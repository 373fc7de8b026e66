"""What a new version contains, from a real clone of the app's repository."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.learning.conftest import Fleet

from liftlock.commands import Runner
from liftlock.record.releases import Releases, names


@pytest.fixture
def app(tmp_path: Path) -> Fleet:
    """Tags v1.0.0 and v1.1.0 with two commits between them, and one commit after."""
    place = tmp_path / "app"
    place.mkdir()
    made = Fleet(place)
    for number, (subject, tag) in enumerate(
        [("begin", "v1.0.0"), ("faster", ""), ("fix \x1b[31m colour", "v1.1.0"), ("next", "")]
    ):
        made.write("file", str(number))
        made.save(subject)
        if tag:
            made.git("tag", tag)
    return made


@pytest.fixture
def releases(app: Fleet) -> Releases:
    return Releases(Runner(), lambda: {"api": str(app.place), "gone": str(app.place / "nowhere")})


def test_the_commits_between_two_tags_with_or_without_their_v(releases: Releases):
    found = releases.between("team/api", "1.0.0", "1.1.0")
    assert found is not None and (found.total, found.gone, found.problem) == (2, 0, "")
    assert [c.subject for c in found.commits] == ["fix ␛[31m colour", "faster"]
    releases.close()


def test_commits_by_their_ids_also_at_the_end_of_a_tag(releases: Releases, app: Fleet):
    tip = app.git("rev-parse", "HEAD")
    for version in (tip, tip[:8], f"main-{tip[:7]}", f"1.2.0-g{tip[:9]}"):
        found = releases.between("api", "v1.1.0", version)
        assert found is not None and [c.subject for c in found.commits] == ["next"], version
    releases.close()


def test_the_way_back_says_what_is_lost(releases: Releases):
    found = releases.between("api", "1.1.0", "1.0.0")
    assert found is not None and (found.total, found.gone) == (0, 2)
    releases.close()


def test_what_cannot_be_found_is_said(releases: Releases, app: Fleet):
    found = releases.between("api", "1.0.0", "9.9.9")
    assert found is not None and found.problem == f"{app.place} has no tag and no commit for 9.9.9"
    lost = releases.between("gone", "1", "2")
    assert lost is not None and "nowhere" in lost.problem
    assert releases.between("web", "1", "2") is None
    releases.close()


def test_no_version_is_taken_for_an_option_or_an_expression():
    assert not [*names("api", "--output=x")]
    assert not [*names("api", "HEAD^{tree}")]
    assert "v1.2.3" not in {name for name in names("api", "1.2.3") if not name.startswith("refs/tags/")}
