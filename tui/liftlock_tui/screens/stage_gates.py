"""The stage and the gates: how they stand for what is staged, before anything is committed or pushed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liftlock.model.gates import Gate
from liftlock_tui.ink import Line, line
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.render.gates import gate_lines, summary
from liftlock_tui.replies import Gated
from liftlock_tui.screens.page import Page
from liftlock_tui.widgets.bars import Words

if TYPE_CHECKING:
    from liftlock.model.plan import Plan


class StageGates(Page):
    """What the stage does with gates."""

    plan: Plan
    epoch: int
    gates: tuple[Gate, ...] = ()
    _gates_whole = False

    if TYPE_CHECKING:

        def show_told(self, title: str, paragraphs: list[Line]) -> None: ...  # noqa: D102

    def ask_gates(self) -> None:
        """Ask them for what is staged now; each is shown as it is known."""
        epoch, plan, engine = self.epoch, self.plan, engine_of(self)
        self.gates, self._gates_whole = (), False

        def work(job: Job) -> Gated:
            for gate in engine.gates.each(plan, "push", cancelled=job.cancelled):
                job.post(Gated(epoch, gate))
            return Gated(epoch, None)

        start(self, "gates", work, epoch=epoch)
        self._show_gates()

    def on_gated(self, message: Gated) -> None:
        """One more is known."""
        if message.epoch != self.epoch:
            return
        if message.gate is None:
            self._gates_whole = True
        else:
            self.gates = (*self.gates, message.gate)
        self._show_gates()

    def _show_gates(self) -> None:
        self.query_one("#gates", Words).say(summary(self.gates, whole=self._gates_whole))

    def action_gates(self) -> None:
        """Each with its evidence, and what would open it."""
        rows = gate_lines(self.gates, 66, self.app.now())
        still = [line(("· still asking", "muted"))] if not self._gates_whole else []
        advice = "They are advisory: this machine evaluates them, branch protection enforces."
        self.show_told("Gates", [*rows, *still, line(), line((advice, "muted"))])
