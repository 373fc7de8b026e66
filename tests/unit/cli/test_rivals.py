"""Two who promote the same: the second is told of the first, wherever that one stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from fleets import Fleet, overlay, place

SAME = ("promote", "dev", "staging", "--app", "api")


@pytest.fixture
def other(origin: Fleet, fleet: Fleet, tmp_path: Path) -> Fleet:
    """A second clone."""
    made = Fleet(tmp_path / "other")
    fleet.git("clone", "-q", origin.path, made.path)
    return made


def test_what_was_committed_here_and_not_pushed(fleet: Fleet, origin: Fleet):
    assert "beware" not in fleet.run(*SAME).err
    second = fleet.run(*SAME)
    assert second.code == 0
    assert "beware: api to staging was committed here already, by " in second.err
    assert "promote/api/dev-to-staging/1.3.0 is not pushed" in second.err
    assert "committed here already" not in fleet.run("promote", "dev", "staging", "--app", "web").err


def test_what_somebody_pushed_for_review_until_it_is_merged_or_gone(fleet: Fleet, origin: Fleet, other: Fleet):
    assert other.run(*SAME, "--push").code == 0
    second = fleet.run(*SAME, "--push")  # it fetches first
    assert "Author promotes api to staging too: promote/api/dev-to-staging/1.3.0 was pushed" in second.err
    assert second.code == 0
    origin.git("branch", "-D", "promote/api/dev-to-staging/1.3.0", "promote/api/dev-to-staging/1.3.0-2")
    assert "was pushed" not in fleet.run(*SAME).err


def test_what_was_squashed_has_landed_though_its_branch_stays(fleet: Fleet, origin: Fleet, other: Fleet):
    made = other.run(*SAME, "--push", "--json").json
    other.git("merge", "-q", "--squash", made["commit"])
    other.git("commit", "-qm", made["message"])
    newer = overlay("api", "dev", "1.4.0")
    other.commit({place("api", "dev"): newer}, "newer in dev")
    other.git("push", "-q", "origin", "HEAD:main")
    fleet.git("fetch", "-q")
    again = fleet.run(*SAME)
    assert again.code == 0 and "1.3.0 -> 1.4.0" in again.out and "was pushed" not in again.err, again.err
