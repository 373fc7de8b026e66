"""The gate `checks`: what the forge reports on the commit is green. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from liftlock.gates.verdict import Verdict, blocked, not_applicable, passed, unknown, waiting
from liftlock.model.gates import CommitCheck
from liftlock.text import plural, printable

Checks = Callable[[str], Sequence[CommitCheck]]
"""The required checks of a commit, as a forge reports them. Raises LiftlockError when it cannot be asked."""

GOOD = frozenset({"success", "neutral", "skipped"})
PENDING = frozenset({"pending", "queued", "in progress", "expected", "waiting", "requested"})


def checks(commit: str, reported: Sequence[CommitCheck] | None) -> Verdict:
    """Whether all of them are green; None is no forge, "" a commit that is not made yet."""
    if reported is None:
        return not_applicable("no forge is known that could report checks")
    if not commit:
        return unknown("nothing is committed yet that checks could have run on", "commit and push it for review")
    at = f"on {commit[:8]}"
    if not reported:
        return unknown(f"the forge reports no check {at}", "wait until one has begun, or ask for none")
    red = [check for check in reported if _word(check) not in GOOD | PENDING]
    if red:
        said = "; ".join(_said(check) for check in red)
        return blocked(f"{plural(len(red), 'check')} {at} failed: {said}", "mend what it checks, or run it again")
    running = [check for check in reported if _word(check) in PENDING]
    if running:
        names = ", ".join(printable(check.name) for check in running)
        return waiting(f"{plural(len(running), 'check')} {at} not finished: {names}", "wait until it has finished")
    return passed(f"{plural(len(reported), 'check')} {at} green: {', '.join(printable(c.name) for c in reported)}")


def _word(check: CommitCheck) -> str:
    return check.state.lower().replace("_", " ")


def _said(check: CommitCheck) -> str:
    link = f" ({printable(check.link)})" if check.link else ""
    return f"{printable(check.name)} is {printable(check.state)}{link}"
