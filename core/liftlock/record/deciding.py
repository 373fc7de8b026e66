"""What a landing was to an environment: a promotion, a rollback, or a version that came directly. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from liftlock.gitrepo.landings import Landing
from liftlock.model.change import ChangeClass
from liftlock.model.record import Arrival, Kind, Moved
from liftlock.record.moving import Taken
from liftlock.record.saying import Said


def decide(
    landing: Landing, environment: str, found: Sequence[Taken], said: Said, after: Mapping[str, tuple[str, ...]]
) -> Arrival | None:
    """The arrival, None where nothing came that the record tells of.

    Trailers say what a commit was meant to be; the values say what it did, and where from. A rollback is what took
    versions of the environment's own past, a promotion what one before it had. `after` is the order of environments.
    """
    declared = environment in said.targets
    versions = [one for one in found if one.moved.cls is ChangeClass.VERSION]
    came = [one for one in found if one.moved.source]
    if not versions and not came and not declared:
        return None
    back = bool(versions) and all(one.back for one in versions) and not (said.promotes and came)
    reverts = said.takes_back and (declared or any(one.back for one in versions))
    if back or reverts:
        kind = Kind.ROLLBACK
    elif came or (declared and not said.adopts) or (said.promotes and after.get(environment)):
        kind = Kind.PROMOTION
    else:
        kind = Kind.DIRECT
    source = _source(came, declared, said) if kind is Kind.PROMOTION else ""
    told = came if kind is Kind.PROMOTION and came else versions or found
    moves = [one.moved for one in found if one in told or one in versions]
    since = _since(moves, source) if kind is Kind.PROMOTION else None
    at = landing.revision.time
    return Arrival(
        landing.revision,
        environment,
        kind,
        source,
        declared,
        tuple(dict.fromkeys([move.app for move in moves] or said.apps)),
        tuple(moves),
        said.authors,
        said.landed_by,
        said.approved,
        said.reason,
        said.overrides,
        said.reverts,
        said.request,
        max(at - since, 0.0) if since is not None else None,
        tuple(_notes(environment, kind, source, found, declared, after)),
    )


def _source(came: Sequence[Taken], declared: bool, said: Said) -> str:
    if declared and said.source:
        return said.source
    versions = [one for one in came if one.moved.cls is ChangeClass.VERSION] or came
    return Counter(one.moved.source for one in versions).most_common(1)[0][0] if versions else ""


def _since(moves: Sequence[Moved], source: str) -> float | None:
    """When the source had the last of what moved: from then on all of it could have gone on."""
    versions = [move for move in moves if move.cls is ChangeClass.VERSION and move.source] or moves
    return max((move.since.time for move in versions if move.since is not None and move.source == source), default=None)


def _notes(
    environment: str,
    kind: Kind,
    source: str,
    found: Sequence[Taken],
    declared: bool,
    after: Mapping[str, tuple[str, ...]],
) -> list[str]:
    notes = []
    before = after.get(environment, ())
    if kind is Kind.PROMOTION and source and before and source not in before:
        notes.append(f"it did not pass {' or '.join(before)}")
    beside = dict.fromkeys(one.beside for one in found if one.beside)
    if kind is not Kind.ROLLBACK and beside:
        notes.append(f"{', '.join(beside)} got it in the same commit")
    if kind is Kind.PROMOTION and not declared and not source:
        notes.append("its subject says so; no environment before is known to have had it")
    if kind is Kind.DIRECT and any(not one.known for one in found):
        notes.append("where it came from is not known: history was not read far enough back")
    if kind is Kind.PROMOTION and any(one.back for one in found):
        notes.append("some of it goes back to an earlier version")
    if declared and not found:
        notes.append("its trailers say so; none of its values is known to have changed")
    return notes
