"""Promotions as pull requests on a real Gitea: proposed, updated, reviewed, checked, merged, taken back."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from realforge import RealForge

from liftlock.engine import Engine
from liftlock.errors import ForgeError, PlanError
from liftlock.model.forge import MergeMethod, RequestState
from liftlock.model.review import FlightState

Open = Callable[..., Engine]


def git(place: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(place), *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def test_the_whole_way_from_the_stage_to_the_merge(real_forge: RealForge, name: str, clone: Path, opened: Open):
    dev, reviewer = opened(clone), opened(clone, "reviewer")
    made = dev.propose(dev.plan("staging", ["production"], ["checkout"]), reason="weekly", reviewers=["reviewer"])
    assert made.done == "opened" and made.flight is not None
    assert made.flight.request.title == "promote(production): checkout 1.4.1 -> 1.4.2"
    assert git(clone, "branch", "--list", "promote/*") == ""  # the remote has it: none is left behind here

    (flight,) = dev.reviews.flights()
    assert (flight.state, flight.waits_for) == (FlightState.CHECKS, ("ci/test",))
    real_forge.green(name, flight.request.head_commit, "failure")
    assert dev.reviews.flight(flight.number).state is FlightState.FAILED
    real_forge.green(name, flight.request.head_commit)
    flight = dev.reviews.flight(flight.number)
    assert (flight.state, flight.waits_for) == (FlightState.REVIEW, ("reviewer",))
    with pytest.raises(ForgeError, match="is your own"):
        dev.reviews.approve(flight)
    with pytest.raises(ForgeError) as refused:
        dev.reviews.merge(flight)
    assert "1 approval more wanted" in refused.value.detail

    assert reviewer.reviews.approve(reviewer.reviews.flight(flight.number)).state is FlightState.READY
    with pytest.raises(PlanError, match="production is protected"):
        dev.merge(dev.reviews.flight(flight.number))
    landing = dev.merge(dev.reviews.flight(flight.number), "squash", confirmed=["production"])
    assert landing.method is MergeMethod.SQUASH and landing.commit and not landing.notes
    dev.fetch()
    message = git(clone, "log", "-1", "--format=%B", landing.commit)
    assert "Promotion-To: production\n" in message and "Promotion-Reason: weekly\n" in message
    assert git(clone, "diff", "--numstat", f"{landing.commit}^", landing.commit).split() == [
        *("1", "1", "apps/checkout/production/values.yaml")
    ]
    assert dev.reviews.flights() == ()
    assert "promote/" not in git(clone, "branch", "--all")
    with pytest.raises(ForgeError, match="is merged"):
        dev.reviews.abort(flight)


def test_one_in_flight_is_updated_and_no_second_one_is_opened(name: str, clone: Path, opened: Open):
    dev = opened(clone)
    first = dev.propose(dev.plan("staging", ["production"], ["checkout"]))
    again = dev.propose(dev.plan("staging", ["production"], ["checkout"]))
    assert (first.done, again.done) == ("opened", "unchanged")
    newer = dev.propose(dev.plan("dev", ["production"], ["checkout"]))
    assert newer.done == "updated" and newer.flight is not None and first.flight is not None
    assert newer.flight.number == first.flight.number
    assert newer.flight.moves[0].new == "1.5.0"
    assert git(clone, "rev-parse", f"{newer.commit}^").strip() == first.commit  # its branch went on, without force
    other = dev.propose(dev.plan("staging", ["production"], ["frontend"]))
    assert other.done == "opened" and len(dev.reviews.flights(judged=False)) == 2


def test_a_commit_of_somebody_else_on_the_branch_is_never_overwritten(name: str, clone: Path, opened: Open):
    dev = opened(clone)
    made = dev.propose(dev.plan("staging", ["production"], ["checkout"]))
    git(clone, "switch", "-q", "-c", "theirs", made.commit)
    (clone / "README").write_text("by hand\n")
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "by hand")
    git(clone, "push", "-q", "origin", f"HEAD:{made.branch}")
    with pytest.raises(ForgeError, match="was edited by"):
        dev.propose(dev.plan("dev", ["production"], ["checkout"]))


def test_a_description_that_somebody_edited_keeps_their_words(
    real_forge: RealForge, name: str, clone: Path, opened: Open
):
    dev = opened(clone)
    made = dev.propose(dev.plan("staging", ["production"], ["checkout"]))
    assert made.flight is not None
    place = f"repos/dev/{name}/pulls/{made.flight.number}"
    real_forge.call("dev", "PATCH", place, body=f"Please wait for the sale.\n\n{made.flight.request.body}")
    told: list[str] = []
    newer = dev.propose(dev.plan("dev", ["production"], ["checkout"]), told=told.append)
    assert newer.flight is not None
    assert newer.flight.request.body.startswith("Please wait for the sale.")
    assert newer.flight.moves[0].new == "1.5.0"
    assert told == [f"the description of #{made.flight.number} was edited: only its trailers are new"]


def test_what_is_approved_is_what_was_looked_at(name: str, clone: Path, opened: Open):
    dev, reviewer = opened(clone), opened(clone, "reviewer")
    dev.propose(dev.plan("staging", ["production"], ["checkout"]))
    (seen,) = reviewer.reviews.flights()
    dev.propose(dev.plan("dev", ["production"], ["checkout"]))
    with pytest.raises(ForgeError, match="has changed since you looked"):
        reviewer.reviews.approve(seen)


def test_abort_closes_it_and_takes_the_branch_away(name: str, clone: Path, opened: Open):
    dev = opened(clone)
    made = dev.propose(dev.plan("staging", ["production"], ["checkout"]))
    assert made.flight is not None
    said = dev.reviews.abort(made.flight)
    assert said == (f"closed #{made.flight.number}", f"took the branch {made.branch} away")
    assert dev.reviews.forge.request(made.flight.number).state is RequestState.CLOSED
    assert made.branch not in git(clone, "ls-remote", "origin")
    assert dev.propose(dev.plan("staging", ["production"], ["checkout"])).done == "opened"


def test_what_was_merged_by_somebody_is_told_and_not_merged_again(
    real_forge: RealForge, name: str, clone: Path, opened: Open
):
    dev, reviewer = opened(clone), opened(clone, "reviewer")
    made = dev.propose(dev.plan("staging", ["production"], ["checkout"]))
    assert made.flight is not None
    real_forge.green(name, made.commit)
    reviewer.reviews.approve(reviewer.reviews.flight(made.flight.number))
    ready = dev.reviews.flight(made.flight.number)
    theirs = reviewer.reviews.merge(ready, MergeMethod.REBASE)
    mine = dev.reviews.merge(ready)
    assert mine.notes == ("it was merged already",) and mine.commit == theirs.commit
    assert [one.state for one in dev.reviews.until_merged(ready.number, timeout=5)] == [FlightState.MERGED]


def test_a_token_that_is_wrong_is_told(real_forge: RealForge, name: str, clone: Path, opened: Open):
    git(clone, "remote", "set-url", "origin", real_forge.address(name).replace(real_forge.tokens["dev"], "wrong"))
    with pytest.raises(ForgeError, match="refuses the token") as refused:
        opened(clone).reviews.flights()
    assert "wrong" not in f"{refused.value.title}{refused.value.detail}"


def test_without_a_token_the_page_to_open_is_known(real_forge: RealForge, name: str, clone: Path, opened: Open):
    bare = real_forge.address(name).replace(f"dev:{real_forge.tokens['dev']}@", "")
    git(clone, "remote", "set-url", "origin", bare)
    dev = opened(clone)
    assert dev.reviews.me() == ""
    assert dev.reviews.forge.new_request_page("a/b", "main").endswith(f"/dev/{name}/compare/main...a%2Fb")


def test_those_of_another_repository_are_listed_and_merged_here_under_these_gates(
    real_forge: RealForge, name: str, clone: Path, opened: Open
):
    live = clone.parent / "live"
    real_forge.call("dev", "POST", "user/repos", name=f"{name}-live", default_branch="trunk")
    git(clone.parent, "init", "-q", "-b", "trunk", "live")
    (live / "checkout").mkdir()
    (live / "checkout" / "values.yaml").write_text("image:\n  repository: acme/checkout\n  tag: 1.4.1\n")
    for command in ("add -A", "commit -qm live", f"remote add origin {real_forge.address(f'{name}-live')}"):
        git(live, *command.split())
    git(live, "push", "-q", "-u", "origin", "trunk")
    git(clone, "rm", "-rq", "apps/checkout/production")
    (clone / "liftlock.toml").write_text(LIVE)
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "production has a repository of its own")
    real_forge.call("dev", "DELETE", f"repos/dev/{name}/branch_protections/main")
    git(clone, "push", "-q", "origin", "main")

    dev = opened(clone)
    made = dev.propose(dev.plan("staging", ["live"], ["checkout"]))
    assert made.flight is not None and made.flight.request.base == "trunk"
    (flight,) = dev.flights().flights
    assert (flight.key, dev.reviews.flights()) == (("../live", made.flight.number), ())
    assert [one.where for one in dev.rivals(dev.plan("staging", ["live"], ["checkout"]))] == ["request"]
    with pytest.raises(PlanError, match="live is protected"):
        dev.merge(flight)
    with pytest.raises(PlanError, match="1 gate is closed: soak"):
        dev.merge(flight, confirmed=["live"])
    landing = dev.merge(flight, confirmed=["live"], reasons={"soak": "a hotfix"})
    assert "Promotion-Override: soak: a hotfix" in git(live, "log", "-1", "--format=%B", landing.commit)
    assert dev.flights().flights == ()


LIVE = """[[environment]]
name = "staging"
paths = ["apps/{app}/staging"]
soak = "1h"
[[environment]]
name = "live"
after = ["staging"]
repository = "../live"
paths = ["{app}"]
protected = true
"""
