"""The way back: which states an app had, what is known of how it did in each, and the plan that returns to one."""

from __future__ import annotations

from liftlock.rollbacks.session import Rollbacks, Yard

__all__ = ["Rollbacks", "Yard"]
