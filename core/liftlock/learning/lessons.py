"""Lessons: what the precedents of each pair of files say of a plan's changes. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from liftlock.learning.precedents import Precedent, Precedents
from liftlock.learning.timelines import leaves_below
from liftlock.learning.weighing import Weighed, weigh
from liftlock.model.change import Change, Op


class Lessons:
    """What was learned, by pair of files: (source's, target's)."""

    def __init__(self, precedents: Mapping[tuple[str, str], Precedents]) -> None:
        self.precedents = precedents

    def of(self, change: Change) -> Precedent | None:
        """The precedent of a change; None where nothing was learned of its files."""
        known = self.precedents.get((change.source_file, change.file))
        if known is None:
            return None
        value = change.old if change.op is Op.REMOVE else change.new
        return known.of(change.path, leaves_below(change.path, value))

    def weighed(self, changes: Sequence[Change]) -> list[Change]:
        """The changes of one cell in their order, staged as the precedents of its files say, with the reason."""
        found = {change.id: change for change in changes}
        told: dict[tuple[str, str], list[Weighed]] = defaultdict(list)
        for change in changes:
            precedent = self.of(change)
            if precedent is not None:
                told[(change.source_file, change.file)].append(Weighed(change, precedent))
        known = {files: self.precedents[files] for files in told}
        found |= {change.id: change for change in weigh(told, known)}
        return list(found.values())
