"""Figures of the record: lead times by hop, changes a week, the rate of rollbacks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from statistics import median

from liftlock.model.record import Arrival, EnvironmentFigures, Figures, HopFigures, Kind, hops_of

WEEK = 7 * 86400.0


def figures(arrivals: Sequence[Arrival], since: float, until: float, order: Sequence[str] = ()) -> Figures:
    """What arrivals between two moments come to; environments stand in `order`."""
    place = {name: number for number, name in enumerate(order)}
    hops = sorted(hops_of(arrivals), key=lambda hop: (place.get(hop[1], 99), place.get(hop[0], 99), hop))
    names = sorted({one.environment for one in arrivals}, key=lambda name: (place.get(name, 99), name))
    weeks = max((until - since) / WEEK, 1 / 7)
    return Figures(
        since,
        until,
        tuple(_hop(arrivals, source, target) for source, target in hops),
        tuple(_environment(arrivals, name, weeks) for name in names),
    )


def _hop(arrivals: Sequence[Arrival], source: str, target: str) -> HopFigures:
    went = [one for one in arrivals if (one.kind, one.source, one.environment) == (Kind.PROMOTION, source, target)]
    leads = sorted(one.lead for one in went if one.lead is not None)
    # The nearest rank: a value that was really seen, also where there are few.
    p90 = leads[ceil(0.9 * len(leads)) - 1] if leads else None
    return HopFigures(source, target, len(went), median(leads) if leads else None, p90)


def _environment(arrivals: Sequence[Arrival], name: str, weeks: float) -> EnvironmentFigures:
    mine = [one for one in arrivals if one.environment == name]
    counts = {kind: sum(one.kind is kind for one in mine) for kind in Kind}
    return EnvironmentFigures(name, counts[Kind.PROMOTION], counts[Kind.DIRECT], counts[Kind.ROLLBACK], weeks)
