"""What every gate answers with, before it is known whom it was asked for."""

from __future__ import annotations

from liftlock.model.gates import GateState
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state, the evidence, what would satisfy it, and until when (seconds since the epoch)."""

    state: GateState
    evidence: str
    wants: str = ""
    until: float | None = None


def passed(evidence: str) -> Verdict:
    """It is open."""
    return Verdict(GateState.PASSED, evidence)


def blocked(evidence: str, wants: str) -> Verdict:
    """It is closed until somebody does something."""
    return Verdict(GateState.BLOCKED, evidence, wants)


def waiting(evidence: str, wants: str, until: float | None = None) -> Verdict:
    """It opens by itself."""
    return Verdict(GateState.WAITING, evidence, wants, until)


def unknown(evidence: str, wants: str) -> Verdict:
    """It cannot be told."""
    return Verdict(GateState.UNKNOWN, evidence, wants)


def not_applicable(evidence: str) -> Verdict:
    """It has nothing to say here."""
    return Verdict(GateState.NOT_APPLICABLE, evidence)
