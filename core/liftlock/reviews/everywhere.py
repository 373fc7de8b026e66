"""The pull requests of several repositories as one list: one forge that is silent leaves the others told."""

from __future__ import annotations

from collections.abc import Mapping

from liftlock.errors import ForgeError, LiftlockError, Problem, RepositoryError
from liftlock.model.review import Flight, InFlight
from liftlock.reviews.session import Reviews
from liftlock.text import printable


def in_flight(by_clone: Mapping[str, Reviews], *, judged: bool) -> InFlight:
    """What is in flight in these repositories, by the names of their clones; in each the last changed first.

    Raises what the first of them says where none tells.
    """
    flights: list[Flight] = []
    where: list[str] = []
    silent: list[tuple[str, LiftlockError]] = []
    for clone, reviews in by_clone.items():
        try:
            flights += reviews.flights(judged=judged)
            where.append(reviews.forge.where)
        except (ForgeError, RepositoryError) as error:
            silent.append((clone, error))
    if silent and not where:
        raise silent[0][1]
    told = (Problem(printable(clone) or "this repository", str(error), error.hint) for clone, error in silent)
    return InFlight(tuple(flights), tuple(where), tuple(told))
