"""A window whose act closed gates hold: how they stand, and `o`, which goes past with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from liftlock.model.gates import Gate, Moment
from liftlock_tui.jobs import engine_of
from liftlock_tui.modals.dialog import Dialog, keys_line
from liftlock_tui.render.gates import one_gate, summary
from liftlock_tui.widgets.bars import Words

T = TypeVar("T")

ASKING = (("gates  ", "muted"), ("· asking", "muted"))
"""What the line `gates` says before they are known."""


class Gated(Dialog[T]):
    """With a line `gates`, a field `typed` and a line `keys`; `gates` is None until they are known."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "override", "override", show=False)]
    moment: ClassVar[Moment]
    taken: ClassVar[str]
    """What Enter does with the reason."""
    gates: tuple[Gate, ...] | None = None

    @property
    def shut(self) -> tuple[Gate, ...]:
        """Those that hold it."""
        return tuple(gate for gate in self.gates or () if gate.stops(self.moment))

    def show_gates(self, *, wanted: bool = True) -> None:
        """How all stand on one line, and those that are closed, or were gone past, with their evidence."""
        words = self.query_one("#gates", Words)
        words.display = wanted
        if self.gates is None:
            return
        columns = max(30, words.size.width - 2)
        rows = [summary(self.gates, whole=True)] if self.gates else []
        for gate in self.gates:
            if gate.closed or gate.reason:
                rows += [drawn.pieces for drawn in one_gate(gate, columns, self.app.now(), named=True)]
        words.say(*rows)
        words.display = bool(rows) and wanted

    def ask_reason(self) -> None:
        """Ask why what is closed is to be gone past."""
        names = " and ".join(dict.fromkeys(gate.name for gate in self.shut))
        field = self.query_one("#typed", Input)
        field.placeholder = f"why go past {names}: it becomes a part of the commit"
        field.value, field.display = "", True
        self.set_focus(field)
        self.query_one("#keys", Words).say(keys_line(("Enter", self.taken), ("Esc", "cancel")))

    def go_past(self, typed: str) -> Mapping[str, str] | None:
        """The reasons by gate, with the gates overridden by them; None, and it is said so, where none was typed."""
        if not typed.strip():
            self.query_one("#keys", Words).say(
                (("An override needs a reason.", "problem"),), keys_line(("Esc", "cancel"))
            )
            return None
        reasons = engine_of(self).gates.reasons([gate.name for gate in self.shut], typed)
        self.gates = tuple(g.overridden(reasons[g.name]) if g.name in reasons else g for g in self.gates or ())
        return reasons
