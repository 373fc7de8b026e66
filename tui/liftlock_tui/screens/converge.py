"""After the push: step by step until the pods that run are the new ones, or the first cause when they are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from liftlock.errors import Problem
from liftlock.model.convergence import Convergence, Outcome
from liftlock.model.live import Act
from liftlock.model.wave import Wave, WaveState
from liftlock_tui.actions import bindings
from liftlock_tui.ink import BLANK, Line
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.messages import Failed, Planned
from liftlock_tui.modals.dialog import told
from liftlock_tui.render.converge import nowhere_lines, target_lines, title
from liftlock_tui.render.waves import wave_lines
from liftlock_tui.replies import Converged, LandedApps, Offered, WaveRead
from liftlock_tui.screens.way_back import WayBack
from liftlock_tui.widgets.bars import Bar, Footer
from liftlock_tui.widgets.lines import LineView

SECOND = 1.0
AGAIN = 5.0
"""Seconds after which it is looked again how the wave stands."""
_ACTS = {
    "reconcile": (Act.RECONCILE,),
    "sync": (Act.SYNC,),
    "terminate": (Act.TERMINATE,),
    "suspend": (Act.SUSPEND, Act.RESUME),
}
_ENDS = (Outcome.CONVERGED, Outcome.STUCK, Outcome.SUPERSEDED, Outcome.TIMED_OUT)


class ConvergeScreen(WayBack):
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
        self.wave: Wave | None = None
        self._stop: Callable[[], None] = lambda: None
        self._rung = False
        self._no_wave = False
        self._nowhere: Problem | None = None
        """Why there is no cluster to ask."""

    def compose(self) -> ComposeResult:
        """Title, what happens, keys."""
        yield Bar(id="title", classes="bar")
        yield LineView(id="steps")
        yield Footer()

    def on_mount(self) -> None:
        """Follow it."""
        self.set_interval(SECOND, self._show)
        self.set_interval(AGAIN, self._ask_wave)
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
        self._nowhere = engine_of(self).live.board().problem if not self.states else None
        self._show()
        self.call_after_refresh(self._show)  # a scroll bar that came takes a column
        self.refresh_bindings()
        outcomes = {one.outcome for one in self.states}
        if outcomes and outcomes <= set(_ENDS):
            self._ended(Outcome.STUCK if Outcome.STUCK in outcomes else next(iter(outcomes)))
        else:
            self._rung = False
            self.app.say_title(f"{self.environment} converging")

    def _ask_wave(self) -> None:
        """Where it is a step of a wave: how that stands, until the next step may begin."""
        waves, revision = engine_of(self).waves, self.revision
        if not self._no_wave and (self.wave is None or self.wave.state is not WaveState.READY):
            start(self, "wave", lambda job: WaveRead(waves.of(revision)))

    def on_wave_read(self, message: WaveRead) -> None:
        """It is known."""
        self.wave, self._no_wave = message.wave, message.wave is None
        self._show()
        self.refresh_bindings()

    def _ended(self, outcome: Outcome) -> None:
        """The bell and the title tell the end, once."""
        self.app.say_title(f"{self.environment} {outcome}")
        if not self._rung:
            self._rung = True
            self.app.bell()
            self._ask_wave()

    def on_failed(self, message: Failed) -> None:
        """Say what could not be done."""
        if message.doing != "wave":  # asked again in a moment
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
        self.query_one("#title", Bar).say(
            title(self.environment, self.states, now, nowhere=self._nowhere is not None), right
        )
        view = self.query_one(LineView)
        columns = max(30, view.columns - 1)
        several = len(self.states) > 1
        rows: list[Line] = [drawn for one in self.states for drawn in target_lines(one, now, columns, several=several)]
        if self.wave is not None and rows:
            told = wave_lines(self.wave, columns, now)
            # Once this step is there, what comes next is what one looks for.
            settled = all(one.outcome is Outcome.CONVERGED for one in self.states)
            rows = [BLANK, *told, BLANK, *rows] if settled else [*rows, BLANK, *told]
        view.show(rows or [BLANK, *nowhere_lines(self._nowhere, self.environment, columns)])

    # Acts ----------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An act is live where a controller can do it as it stands now."""
        if action == "next":
            return self.wave is not None and self.wave.state is WaveState.READY and self.wave.next is not None
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

    def action_rollback(self) -> None:
        """Take back what this brought: choose one of the states that the app had before."""
        engine, environment, revision = engine_of(self), self.environment, self.revision

        def work(job: Job) -> LandedApps:
            found = engine.where(revision)
            return LandedApps(environment, tuple(one.app for one in found if one.environment == environment))

        start(self, "landed", work)

    def on_landed_apps(self, message: LandedApps) -> None:
        """The apps that it brought: the one, or one of them, goes back."""
        if message.apps:
            self.choose_app(message.environment, tuple(dict.fromkeys(message.apps)))
        else:
            self.app.notice("it is not known which app this brought", "B on the board takes a cell back")

    def action_objects(self) -> None:
        """Walk through the objects."""
        self.app.objects(self.environment, "")

    def action_retry(self) -> None:
        """Try a lost connection now."""
        engine_of(self).live.retry(self.environment)
        self.app.notice("trying again")

    def action_next(self) -> None:
        """Open the plan of the wave's next step."""
        wave, waves = self.wave, engine_of(self).waves
        if wave is not None:
            start(self, "next", lambda job: Planned(waves.next(wave.id), 0))

    def on_planned(self, message: Planned) -> None:
        """It is there: this screen and the stage before it give way to the new one."""
        from liftlock_tui.screens.stage import StageScreen

        self.app.switch_screen(StageScreen(message.plan))

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
