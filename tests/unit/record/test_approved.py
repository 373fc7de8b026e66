"""Who approved stands in the commit of a merge, so that the record knows it without asking any forge."""

from __future__ import annotations

from liftlock.gitrepo.landings import Landing
from liftlock.model.forge import PullRequest, RequestState, Review, ReviewState
from liftlock.model.review import Flight
from liftlock.model.revision import Revision
from liftlock.record.saying import said
from liftlock.reviews.trailers import approvals


def test_approvals_of_what_is_merged_are_read_back_from_its_commit():
    request = PullRequest(
        7, "t", "", RequestState.OPEN, False, "h", "c" * 40, "o/r", "main", "ada", "http://f", 0.0, 0.0
    )
    given = (
        Review("bea", ReviewState.APPROVED, 1.0),
        Review("cid", ReviewState.APPROVED, 1.0, stale=True),
        Review("dan", ReviewState.CHANGES, 1.0),
    )
    told = approvals(Flight(request, "dev", ("staging",), (), reviews=given))
    assert told == (("Promotion-Approved-By", "bea"),)
    text = "merge\n\n" + "\n".join(f"{key}: {value}" for key, value in told)
    assert said(Landing(Revision("a" * 40, "Ann", 1.0, "merge"), ("p",), "Ann", text)).approved == ("bea",)
