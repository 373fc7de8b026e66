"""The gate `bad`: a version that somebody marked bad goes no further. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from liftlock.clock import age
from liftlock.gates.candidate import Candidate, tag
from liftlock.gates.verdict import Verdict, blocked, not_applicable, passed
from liftlock.model.app import Version
from liftlock.model.gates import Mark

_DIGITS = 7
"""A digest or a commit may be named by so many of its first digits."""


def bad(candidate: Candidate, marks: Iterable[Mark], now: float) -> Verdict:
    """Whether one of the versions that arrive is marked."""
    for mark in marks:
        version = next((v for v in candidate.arriving if mark.app == candidate.app and means(mark.version, v)), None)
        if version is not None:
            who = f" by {mark.by}" if mark.by else ""
            when = f" {age(now - mark.at)} ago" if mark.at is not None else ""
            why = f": {mark.reason}" if mark.reason else ""
            undo = f"liftlock mark bad {candidate.app} {mark.version} --undo"
            return blocked(
                f"{candidate.app} {tag(version.value)} was marked bad{who}{when}{why}",
                f"promote another version, or take the mark away: {undo}",
            )
    if not candidate.arriving:
        return not_applicable("no version moves")
    return passed(f"{candidate.app} {candidate.said} is not marked bad")


def means(word: str, version: Version) -> bool:
    """Whether a version is the one that was named: as written, as people say it, or by the digits of its digest."""
    value = version.value
    if word in (value, tag(value), value.rpartition("@")[0]):
        return True
    digits = word.removeprefix("sha256:").lower()
    if len(digits) < _DIGITS or not set(digits) <= set("0123456789abcdef"):
        return False
    return any(part.removeprefix("sha256:").startswith(digits) for part in value.lower().replace("@", " ").split())
