"""What can be asked of an opened repository and changes nothing: where, since when, what is usual, is all well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from liftlock.errors import LiftlockError
from liftlock.opened import Opened

if TYPE_CHECKING:
    from liftlock.model.app import Cell, Version
    from liftlock.model.habits import Habits
    from liftlock.model.report import CellPast, Check, Sighting
    from liftlock.model.revision import Revision

Stop = Callable[[], bool]


class Questions(Opened):
    """The engine's answers to questions about the whole repository or one cell."""

    def log(self, cell: Cell, *, limit: int = 20) -> tuple[Revision, ...]:
        """The commits that touched a cell's files, newest first."""
        reading = self._read()
        environment = reading.environment(cell.environment)
        commit = reading.source_of(environment).commit if environment else reading.source.commit
        touched = self._repository.history(commit, paths=cell.files, limit=limit)
        return tuple(entry.revision for entry in touched)

    def past(self, cell: Cell, versions: Sequence[Version], *, limit: int = 20) -> CellPast:
        """The last commits of a cell, and which commit brought each of these versions there."""
        from liftlock.model.report import CellPast
        from liftlock.overview.where import since

        reading = self._read()
        brought = {version: revision for version in versions if (revision := since(reading, cell, version))}
        return CellPast(self.log(cell, limit=limit), brought)

    def where(self, word: str, *, cancelled: Stop | None = None) -> tuple[Sighting, ...]:
        """Every cell that has this version, commit or word, and since when."""
        from liftlock.overview.where import where

        return where(self._read(), word, cancelled=cancelled or (lambda: False))

    def learn(
        self, names: Sequence[str] = (), apps: Sequence[str] = (), *, cancelled: Stop | None = None
    ) -> Iterator[Habits]:
        """What history shows to be usual between environments, or from the one to the other that are named.

        Raises PlanError, RepositoryError.
        """
        from liftlock.overview.studying import study

        return study(self._read(), names, apps, self._planning.memory, cancelled)

    def doctor(self) -> tuple[Check, ...]:
        """What was found and why, what is wrong, and what to do."""
        from liftlock.live.checking import checks as of_clusters
        from liftlock.overview.doctor import checks

        found = [*checks(self._repository, self._at, self.runner, self.settings), *of_clusters()]
        found += self.reviews.checks()
        with suppress(LiftlockError):  # a clone that is not there was told already
            for clone in self._read().clones()[1:]:
                found += self.reviews_at(clone).checks()
        return tuple(found)

    def write_config(self, text: str) -> Path | None:
        """Write liftlock.toml at the top of the work tree; None for a bare repository, where there is none.

        Raises ConfigError when it is there already or cannot be written.
        """
        from liftlock.config import write_new

        top = self._repository.work_tree
        return None if top is None else write_new(top, text)

    def init_text(self) -> str:
        """A commented liftlock.toml made from what was found, and from what history shows. Raises RepositoryError."""
        from liftlock.config import example

        found = self._read().discovery
        learned = [*self.learn()] if any(e.after for e in found.environments) else []
        return example(found.environments, found.cells, found.findings, learned)
