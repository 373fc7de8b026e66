"""Gates: what stands between a version and its next environment, told with evidence. They are advisory."""

from __future__ import annotations

from liftlock.gates.checks import Checks
from liftlock.gates.evaluation import Gates
from liftlock.gates.ground import Ground

__all__ = ["Checks", "Gates", "Ground"]
