"""Going past a closed gate: always with a reason, which stays in the commit as a trailer. Pure.

The trailer reads `Promotion-Override: soak: hotfix of the outage, agreed with Ada`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from liftlock.errors import PlanError
from liftlock.model.gates import GATES, Gate, Moment
from liftlock.text import plural, printable

TRAILER = "Promotion-Override"
_APP = re.compile(r"^Promotion-App: (.+)$", re.MULTILINE)
_TRAILER = re.compile(rf"^{TRAILER}: ([a-z]+): (.+)$", re.MULTILINE)


def asked(words: Sequence[str], reason: str) -> dict[str, str]:
    """The reasons by gate, out of `GATE` or `GATE=REASON`; `reason` stands for all that name none.

    Raises PlanError for a gate that is none, and for one without a reason.
    """
    found: dict[str, str] = {}
    for word in words:
        name, _, own = word.partition("=")
        name, why = name.strip(), clean(own) or clean(reason)
        if name not in GATES:
            raise PlanError(f"There is no gate {printable(name)!r}", f"gates: {', '.join(GATES)}", "liftlock gates")
        if not why:
            raise PlanError(
                f"The override of {name} has no reason",
                "it becomes a part of the commit, where others look for it",
                f'--override {name}="…", or --reason TEXT for all',
            )
        found[name] = why
    return found


def clean(reason: str) -> str:
    """A reason as one line of plain text."""
    return printable(" ".join(reason.split()))


def applied(gates: Iterable[Gate], reasons: Mapping[str, str]) -> tuple[Gate, ...]:
    """The gates, those that are closed and named overridden."""
    return tuple(gate.overridden(reasons[gate.name]) if gate.name in reasons else gate for gate in gates)


def trailers(gates: Iterable[Gate]) -> tuple[tuple[str, str], ...]:
    """The lines of the commit's message for the gates that were gone past, each gate and reason once."""
    told = dict.fromkeys((g.name, g.reason) for g in gates if g.reason)
    return tuple((TRAILER, f"{name}: {reason}") for name, reason in told)


def told(message: str) -> dict[str, str]:
    """The reasons by gate that a commit's message gives."""
    return {name: printable(why.strip()) for name, why in _TRAILER.findall(message) if name in GATES}


def apps_of(message: str) -> list[str]:
    """The apps that a promotion's message names."""
    return list(dict.fromkeys(name.strip() for name in _APP.findall(message)))


def must_pass(gates: Iterable[Gate], moment: Moment) -> None:
    """Raises PlanError when one of them stops this, with the evidence and the way past each."""
    stopping = [gate for gate in gates if gate.stops(moment)]
    if not stopping:
        return
    names = list(dict.fromkeys(gate.name for gate in stopping))
    places = list(dict.fromkeys(gate.environment for gate in stopping))
    detail = "\n".join(
        f"{gate.name} ({gate.app} to {gate.environment}): {gate.evidence}" + (f"; {gate.wants}" if gate.wants else "")
        for gate in stopping
    )
    flags = " ".join(f'--override {name}="why"' for name in names)
    raise PlanError(
        f"{' and '.join(printable(p) for p in places)}: {plural(len(names), 'gate is', 'gates are')} closed: "
        f"{', '.join(names)}",
        f"{detail}\nnothing was {'merged' if moment is Moment.MERGE else 'pushed'}",
        f"wait or mend it, or go past it with a reason: {flags}",
    )
