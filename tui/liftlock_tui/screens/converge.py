"""After the push: step by step until the pods that run are the new ones, or the first cause when they are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from liftlock.model.convergence import Convergence, Outcome
from liftlock.model.live import Act
from liftlock_tui.actions import bindings
from liftlock_tui.ink import BLANK, Line, line
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import told
from liftlock_tui.render.converge import target_lines, title
from liftlock_tui.replies import Converged, Offered
from liftlock_tui.screens.page import Page
from liftlock_tui.widgets.bars import Bar, Footer
from liftlock_tui.widgets.lines import LineView

SECOND = 1.0
_ACTS = {
    "reconcile": (Act.RECONCILE,),
    "sync": (Act.SYNC,),
    "terminate": (Act.TERMINATE,),
    "suspend": (Act.SUSPEND, Act.RESUME),
}
_ENDS = (Outcome.CONVERGED, Outcome.STUCK, Outcome.SUPERSEDED, Outcome.TIMED_OUT)


class ConvergeScreen(Page):
    """One promotion in one environment, on all its targets. Leaving it stops nothing."""

    CSS_PATH = "../styles/live.tcss"
    AUTO_FOCUS = "LineView"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("converge")]

    def __init__(self, environment: str, revision: str, pushed_at: float | None = None) -> None:
        super().__init__()
        self._pushed_at = pushed_at
        self.environment = environment
        self.revision = revision
        self.states: tuple[Convergence, ...] = ()
        self._stop: Callable[[], None] = lambda: None
        self._rung = False

    def compose(self) -> ComposeResult:
        """Title, what happens, keys."""
        yield Bar(id="title", classes="bar")
        yield LineView(id="steps")
        yield Footer()

    def on_mount(self) -> None:
        """Follow it."""
        self.set_interval(SECOND, self._show)
        self._show()
        live, environment, revision = engine_of(self).live, self.environment, self.revision

        pushed_at = self._pushed_at

        def work(job: Job) -> None:
            self._stop = live.follow(environment, revision, self._tell, pushed_at=pushed_at)

        start(self, "follow", work)

    def _tell(self, states: tuple[Convergence, ...]) -> None:
        self.post_message(Converged(states))  # called from another thread

    def on_unmount(self) -> None:
        """Follow it no longer; the cluster goes on."""
        self._stop()
        self.app.say_title("")

    def on_converged(self, message: Converged) -> None:
        """Something is new."""
        self.states = message.states
        self._show()
        self.refresh_bindings()
        outcomes = {one.outcome for one in self.states}
        if outcomes and outcomes <= set(_ENDS):
            self._ended(Outcome.STUCK if Outcome.STUCK in outcomes else next(iter(outcomes)))
        else:
            self._rung = False
            self.app.say_title(f"{self.environment} converging")

    def _ended(self, outcome: Outcome) -> None:
        """The bell and the title tell the end, once."""
        self.app.say_title(f"{self.environment} {outcome}")
        if not self._rung:
            self._rung = True
            self.app.bell()

    def on_failed(self, message: Failed) -> None:
        """Say what could not be done."""
        self.app.push_screen(told(message.error))

    def on_resize(self) -> None:
        """Lay out anew."""
        self._show()

    def repaint(self) -> None:
        """The colours have changed."""
        super().repaint()
        self._show()

    def _show(self) -> None:
        now = self.app.now()
        waits = any(one.outcome is Outcome.RUNNING for one in self.states)
        right = (("Esc leaves, it goes on by itself ", "muted"),) if waits else ()
        self.query_one("#title", Bar).say(title(self.environment, self.states, now), right)
        view = self.query_one(LineView)
        columns = max(30, view.columns - 1)
        several = len(self.states) > 1
        rows: list[Line] = [drawn for one in self.states for drawn in target_lines(one, now, columns, several=several)]
        view.show(rows or [BLANK, line(("   · asking the cluster", "muted"))])

    # Acts ----------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An act is live where a controller can do it as it stands now."""
        acts = _ACTS.get(action)
        return not acts or not self.states or any(act in one.interventions for one in self.states for act in acts)

    def _offer(self, act: Act) -> None:
        live, environment, revision = engine_of(self).live, self.environment, self.revision
        start(self, "offer", lambda job: Offered(live.offer(environment, act, revision=revision)))

    def on_offered(self, message: Offered) -> None:
        """Ask before it is done."""
        from liftlock_tui.modals.intervene import ask

        ask(self.app, message.interventions)

    def action_reconcile(self) -> None:
        """Have the controller look now."""
        self._offer(Act.RECONCILE)

    def action_sync(self) -> None:
        """Have Argo CD sync this revision."""
        self._offer(Act.SYNC)

    def action_terminate(self) -> None:
        """End the operation that runs."""
        self._offer(Act.TERMINATE)

    def action_suspend(self) -> None:
        """Suspend, or resume what is suspended."""
        halted = any(Act.RESUME in one.interventions for one in self.states)
        self._offer(Act.RESUME if halted else Act.SUSPEND)

    def action_objects(self) -> None:
        """Walk through the objects."""
        self.app.objects(self.environment, "")

    def action_retry(self) -> None:
        """Try a lost connection now."""
        engine_of(self).live.retry(self.environment)
        self.app.notice("trying again")

    @property
    def esc_word(self) -> str:
        """What Esc will do."""
        return "leave" if any(not one.over for one in self.states) else "back"

    def action_back(self) -> None:
        """Leave; it goes on by itself."""
        going = any(one.outcome is Outcome.RUNNING for one in self.states)
        self.app.pop_screen()
        self.app.refill()
        if going:
            self.app.notice(f"{self.environment} goes on by itself", "W on the board comes back to it")
