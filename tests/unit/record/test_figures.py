"""Lead times, frequency and rollbacks from arrivals."""

from __future__ import annotations

from liftlock.model.record import Arrival, Kind
from liftlock.model.revision import Revision
from liftlock.record.figures import WEEK, figures


def arrival(kind: Kind, environment: str, lead: float | None = None, source: str = "dev") -> Arrival:
    return Arrival(Revision("c" * 40, "Ann", 1.0, "s"), environment, kind, source, lead=lead)


def test_median_and_the_nearest_of_ninety_in_a_hundred():
    found = figures([arrival(Kind.PROMOTION, "staging", float(n)) for n in range(1, 11)], 0, WEEK)
    (hop,) = found.hops
    assert (hop.promotions, hop.median, hop.p90) == (10, 5.5, 9.0)


def test_changes_a_week_and_the_share_that_was_taken_back():
    came = [arrival(Kind.PROMOTION, "staging"), arrival(Kind.DIRECT, "staging"), arrival(Kind.ROLLBACK, "staging")]
    (one,) = figures(came * 2, 0, 2 * WEEK).environments
    assert (one.per_week, one.rollback_rate) == (3.0, 0.5)


def test_nothing_gives_no_figure():
    found = figures([], 0, WEEK)
    assert (found.hops, found.environments) == ((), ())
    assert figures([arrival(Kind.PROMOTION, "staging")], 0, WEEK).hops[0].median is None


def test_environments_stand_in_their_order():
    came = [arrival(Kind.PROMOTION, name) for name in ("production", "staging", "old")]
    found = figures(came, 0, WEEK, ("dev", "staging", "production"))
    assert [e.environment for e in found.environments] == ["staging", "production", "old"]
