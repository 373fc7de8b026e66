"""Verdicts in one short call each, so that a rule reads as its table."""

from __future__ import annotations

from liftlock.cluster.health.reading import line
from liftlock.model.health import Health, HealthStatus

BOTH = "kstatus, gitops-engine"
KSTATUS = "kstatus"
ENGINE = "gitops-engine"
OWN = "liftlock"


def healthy(message: str = "", rule: str = BOTH) -> Health:
    """It is as it should be."""
    return Health(HealthStatus.HEALTHY, line(message), rule)


def progressing(message: str = "", rule: str = BOTH) -> Health:
    """It is on its way."""
    return Health(HealthStatus.PROGRESSING, line(message), rule)


def suspended(message: str = "", rule: str = ENGINE) -> Health:
    """It does nothing until somebody lets it."""
    return Health(HealthStatus.SUSPENDED, line(message), rule)


def degraded(message: str = "", rule: str = BOTH) -> Health:
    """It failed."""
    return Health(HealthStatus.DEGRADED, line(message), rule)


def unknown(message: str = "", rule: str = OWN) -> Health:
    """It cannot be told."""
    return Health(HealthStatus.UNKNOWN, line(message), rule)


def missing(message: str = "", rule: str = OWN) -> Health:
    """It is not there."""
    return Health(HealthStatus.MISSING, line(message), rule)
