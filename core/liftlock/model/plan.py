"""Plans: the ordered changes from cells of one environment to those of others, with a selection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from liftlock.model.change import Change, ChangeClass, path_text
from liftlock.text import printable
from liftlock.values import dataclass

if TYPE_CHECKING:
    from liftlock.model.wave import WavePlace


@dataclass(frozen=True, slots=True)
class Caution:
    """Something about the plan that a person should know; `change` is the id it speaks of, or ""."""

    text: str
    change: str = ""


@dataclass(frozen=True, slots=True)
class Pin:
    """What a change would write in place of a value that moves by itself; `value` is "" where nothing can be pinned.

    `change` is the change's id, `why` says where the value comes from, or why there is none.
    """

    change: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Undone:
    """A promotion that a rollback takes back: its commit, its subject, and the ids of the plan's changes it moved."""

    commit: str
    subject: str
    changes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Back:
    """What makes a plan a rollback: the commit whose values come back, and the promotions since then."""

    revision: str
    promotions: tuple[Undone, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What would move from `source` to `targets` (names or paths) on top of the commit `base`.

    `base_ref` is the ref that `base` was read from, "" where it was a plain revision. `source_commit` is the commit
    the source was read from. `edited` maps ids to values a person typed in place of the planned ones.
    """

    source: str
    targets: tuple[str, ...]
    base: str
    base_ref: str
    source_commit: str
    changes: tuple[Change, ...]
    selected: frozenset[str]
    warnings: tuple[Caution, ...] = ()
    edited: tuple[tuple[str, str], ...] = ()
    asked: tuple[str, ...] = ()
    """The apps that were asked for, none for all."""
    back: Back | None = None
    """Of a rollback, what it goes back to; None for any other plan."""
    wave: WavePlace | None = None
    """Of a step of a wave, which one; its source is read at `source_commit`, whatever the source has by now."""

    @property
    def chosen(self) -> tuple[Change, ...]:
        """The changes that are selected, in order."""
        return tuple(change for change in self.changes if change.id in self.selected)

    @property
    def apps(self) -> tuple[str, ...]:
        """The apps that have changes, in order."""
        return tuple(dict.fromkeys(change.app for change in self.changes))

    @property
    def conflicts(self) -> tuple[Caution, ...]:
        """Of each selected change that would take back what the target got on its own, the two sides."""
        return tuple(
            Caution(f"{change.conflict} ({printable(change.file)} {printable(path_text(change.path))})", change.id)
            for change in self.chosen
            if change.conflict
        )

    @property
    def adopts(self) -> bool:
        """Whether it takes what runs in an environment into Git: then it is its own source."""
        return self.source in self.targets and self.back is None

    @property
    def undone(self) -> tuple[str, ...]:
        """The promotions that a rollback takes back as it is selected now: their commits, newest first."""
        return tuple(one.commit for one in self.back.promotions if one.changes & self.selected) if self.back else ()

    def select(self, ids: Iterable[str], on: bool) -> Plan:
        """The same plan with these changes staged or not; what is blocked stays out."""
        wanted = {change.id for change in self.changes if not change.blocked} & set(ids)
        return replace(self, selected=self.selected | wanted if on else self.selected - wanted)

    def edit(self, change_id: str, value: str | None) -> Plan:
        """The same plan with another value for one change (None takes the planned one again)."""
        kept = tuple(pair for pair in self.edited if pair[0] != change_id)
        return replace(self, edited=kept if value is None else (*kept, (change_id, value)))

    def value_of(self, change: Change) -> object:
        """What the change would write: the person's value where one was typed, else the planned one."""
        return dict(self.edited).get(change.id, change.new)

    def shown(self, change: Change) -> object:
        """What the change would write, fit to be shown."""
        typed = dict(self.edited).get(change.id)
        if typed is None:
            return change.shown_new
        return "\u2022\u2022\u2022\u2022" if change.secret else typed

    def counts(self) -> dict[ChangeClass, int]:
        """How many changes of each class there are."""
        return {cls: sum(change.cls is cls for change in self.changes) for cls in ChangeClass}
