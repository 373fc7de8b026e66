"""Who, who approved, why, and what was taken back, as commits say it."""

from __future__ import annotations

import pytest
from tests.unit.record.conftest import Story, told

from liftlock.gitrepo.landings import Landing
from liftlock.gitrepo.messages import Message
from liftlock.model.record import Kind, Question
from liftlock.model.revision import Revision
from liftlock.record.saying import said


def landing(text: str, *, author: str = "Ann", committer: str = "Ann", parents: int = 1) -> Landing:
    revision = Revision("a" * 40, author, 1.0, text.partition("\n")[0])
    return Landing(revision, tuple("p" * parents), committer, text)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("bump (#12)", "#12"),
        ("Merge pull request #34 from acme/topic", "#34"),
        ("Merged PR 56: bump", "#56"),
        ("Merged in topic (pull request #78)", "#78"),
        ("Merge pull request 'bump' (#9) from topic into main", "#9"),
        ("Merge branch 'topic'\n\nSee merge request acme/fleet!90", "!90"),
        ("fix of #7 at last", ""),
    ],
)
def test_the_pull_request_is_read_from_what_forges_write(text: str, request_: str):
    assert said(landing(text)).request == request_


def test_people():
    text = "bump\n\nReviewed-by: Bea <bea@example.org>\nApproved-by: Cid\nCo-authored-by: Dan <dan@example.org>\n"
    found = said(landing(text, committer="GitHub"))
    assert (found.authors, found.approved, found.landed_by) == (("Ann", "Dan"), ("Bea", "Cid"), "")
    assert said(landing("bump", committer="Merge Queue")).landed_by == "Merge Queue"


def test_a_merge_names_those_who_made_what_it_brought_and_who_merged():
    brought = [
        Message("b" * 40, ("p",), "Bea", "bump\n\nAcked-by: Cid <c@x>"),
        Message("c" * 40, ("p", "q"), "Bot", "x"),
    ]
    found = said(landing("Merge pull request #3 from x", author="Ann", parents=2), brought)
    assert (found.authors, found.landed_by, found.approved) == (("Bea",), "Ann", ("Cid",))


def test_trailers_of_a_promotion_and_of_its_overrides_are_told(story: Story):
    story.moves(
        "promote(staging): api 0.9.0 -> 1.0.0\n\nPromotion-From: dev\nPromotion-To: staging\nPromotion-App: api\n"
        "Promotion-Reason: release 42\nPromotion-Override: soak: an outage\nPromotion-Approved-By: bea",
        staging="1.0.0",
    )
    (one,), _ = told(story.place)
    assert (one.kind, one.source, one.declared) == (Kind.PROMOTION, "dev", True)
    assert (one.reason, one.overrides, one.approved) == ("release 42", ("soak: an outage",), ("bea",))
    assert [(m.old, m.new) for m in one.moves] == [("0.9.0", "1.0.0")]


def test_a_rollback_says_what_it_takes_back(story: Story):
    commit = story.moves("up", staging="1.0.0")
    full = story.git("rev-parse", commit)
    story.moves(
        f"rollback(staging): api\n\nPromotion-Reverts: {full}\nPromotion-To: staging\nPromotion-App: api",
        staging="0.9.0",
    )
    (one, _), _ = told(story.place)
    assert (one.kind, one.reverts, one.declared) == (Kind.ROLLBACK, (full,), True)


def test_trailers_that_the_values_do_not_bear_out_are_told_as_such(story: Story):
    story.write("README", "x")
    story.land("promote\n\nPromotion-From: staging\nPromotion-To: production\nPromotion-App: api")
    (one,), _ = told(story.place)
    assert one.notes == ("its trailers say so; none of its values is known to have changed",)


def test_a_merge_on_the_line_counts_once_with_its_branch_s_trailers(story: Story):
    story.git("checkout", "-qb", "topic")
    story.moves("promote\n\nPromotion-From: dev\nPromotion-To: staging\nPromotion-App: api", staging="1.0.0")
    story.git("checkout", "-q", "main")
    story.git("merge", "-q", "--no-ff", "-m", "Merge pull request #5 from topic", "topic")
    (one,), _ = told(story.place)
    assert (one.request, one.declared, one.revision.subject) == ("#5", True, "Merge pull request #5 from topic")


def test_a_subject_that_promotes_what_no_environment_had_is_a_promotion_from_nowhere_known(story: Story):
    story.moves("promote api to staging", staging="7.0.0")
    (one,), _ = told(story.place, Question())
    assert (one.kind, one.source) == (Kind.PROMOTION, "")
    assert "no environment before" in one.notes[0]
