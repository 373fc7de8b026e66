"""What a promotion says of itself in machine-readable lines, in a commit or in a pull request. Pure."""

from __future__ import annotations

import re

from liftlock.model.forge import PullRequest, ReviewState
from liftlock.model.review import Flight, Move
from liftlock.text import printable
from liftlock.values import dataclass

_LINE = re.compile(r"^(Promotion-[A-Za-z-]+): *(.*?) *$", re.MULTILINE)
_MOVE = re.compile(r"(?P<app>\S.*?)(?: +(?P<old>\S+) -> (?P<new>\S+))?")


@dataclass(frozen=True, slots=True)
class Trailers:
    """The trailers of a promotion, as far as they are asked for."""

    source: str
    targets: tuple[str, ...]
    moves: tuple[Move, ...]


def read(text: str) -> Trailers | None:
    """The promotion that a message or a description speaks of, None when it speaks of none."""
    found: dict[str, list[str]] = {}
    for key, value in _LINE.findall(text):
        if value and value not in found.setdefault(key, []):
            found[key].append(value)
    if not found.get("Promotion-To"):
        return None
    moves = {app: Move(app) for app in found.get("Promotion-App", ())}
    for line in found.get("Promotion-Move", ()):
        told = _MOVE.fullmatch(line)
        if told is not None and told["new"]:
            moves[told["app"]] = Move(told["app"], told["old"], told["new"])
    return Trailers(next(iter(found.get("Promotion-From", [""]))), tuple(found["Promotion-To"]), tuple(moves.values()))


def flight(request: PullRequest) -> Flight | None:
    """The promotion that a pull request carries, None when it carries none."""
    told = read(request.body)
    return Flight(request, told.source, told.targets, told.moves) if told is not None else None


def approvals(flight: Flight) -> tuple[tuple[str, str], ...]:
    """Who approved it as it stands, for the commit of its merge: the record then needs no forge to know."""
    approved = [one.user for one in flight.reviews if one.state is ReviewState.APPROVED and not one.stale]
    return tuple(("Promotion-Approved-By", " ".join(printable(user).split())) for user in approved)


def promotes(message: str) -> bool:
    """Whether a commit's message is that of a promotion."""
    return read(message) is not None
