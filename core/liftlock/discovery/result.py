"""What discovery gives."""

from __future__ import annotations

from liftlock.errors import Problem
from liftlock.model.app import Cell
from liftlock.model.environment import Environment, Finding
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Discovery:
    """The environments in promotion order, the cells, and why: every conclusion has its finding."""

    environments: tuple[Environment, ...] = ()
    cells: tuple[Cell, ...] = ()
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
