"""Whoever promotes the same: what is committed here and not pushed, and what is on the remote and not merged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from liftlock.clock import age
from liftlock.gitrepo.messages import Message
from liftlock.model.promotion import Promotion, Rival
from liftlock.model.review import Flight
from liftlock.overview.reading import Reading
from liftlock.overview.waving import in_flight
from liftlock.text import printable

_TRAILER = re.compile(r"^Promotion-(To|App): (.+)$", re.MULTILINE)


def rivals(
    reading: Reading,
    apps: Sequence[str],
    targets: Sequence[str],
    unpushed: Sequence[Promotion],
    flights: Sequence[Flight],
    *,
    now: float,
    but: str = "",
) -> tuple[Rival, ...]:
    """Promotions of one of these apps to one of these targets, but for the commit `but`; the nearest first.

    Raises RepositoryError.
    """
    wanted = set(apps), set(targets)
    found = [*_here(reading, wanted, unpushed, but)]
    found += [
        Rival("request", f.apps, f.targets, f.request.head, f.request.author, f.since, f.number, f.request.url)
        for f in flights
        if set(f.apps) & wanted[0] and set(f.targets) & wanted[1] and f.request.head_commit != but
    ]
    asked_for = {rival.branch for rival in found if rival.where == "request"}
    for branch, one in in_flight(reading):
        told = _told(one, wanted)
        if told is not None and one.commit != but and branch not in asked_for:
            found.append(Rival("remote", *told, printable(branch), one.author, one.at))
    return tuple(replace(rival, said=_sentence(rival, now)) for rival in found)


def _here(
    reading: Reading, wanted: tuple[set[str], set[str]], unpushed: Sequence[Promotion], but: str
) -> Iterator[Rival]:
    for promotion in unpushed:
        if promotion.commit == but:
            continue
        one = reading.repository.messages_of([promotion.commit])[0]
        told = _told(one, wanted)
        if told is not None:
            yield Rival("here", *told, printable(promotion.branch), one.author, one.at)


def _told(one: Message, wanted: tuple[set[str], set[str]]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The apps and targets that a commit says it promotes, None where it is about others."""
    apps, targets = promoted_by(one.text)
    return (apps, targets) if set(apps) & wanted[0] and set(targets) & wanted[1] else None


def _sentence(rival: Rival, now: float) -> str:
    what = printable(f"{', '.join(rival.apps)} to {', '.join(rival.targets)}")
    since = age(max(0.0, now - rival.at))
    if rival.where == "request":
        return f"#{rival.number} of {rival.by} promotes {what} too: opened {since} ago, {rival.url}"
    if rival.where == "remote":
        return f"{rival.by} promotes {what} too: {rival.branch} was pushed, its commit is {since} old"
    return f"{what} was committed here already, by {rival.by} {since} ago: {rival.branch} is not pushed"


def promoted_by(message: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The apps that a message says it promotes, and where to."""
    said = [(key, value.strip()) for key, value in _TRAILER.findall(message)]
    apps, targets = (tuple(dict.fromkeys(v for k, v in said if k == key)) for key in ("App", "To"))
    return apps, targets
