"""Convergence: a pure state machine over what the cluster says, from the push to healthy pods."""

from liftlock.convergence.facts import Facts
from liftlock.convergence.tracker import track

__all__ = ["Facts", "track"]
