"""Waves: those of the last months, each step with how it does; the next step is opened from here, by a key."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from liftlock.errors import LiftlockError
from liftlock.model.wave import Wave, WaveState
from liftlock.text import plural
from liftlock_tui.actions import bindings
from liftlock_tui.ink import BLANK, Line, line
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.messages import Failed, Planned
from liftlock_tui.modals.dialog import Confirm, error_paragraphs, told
from liftlock_tui.render.waves import list_lines, wave_lines
from liftlock_tui.replies import WaveActed, WaveRead, WavesRead
from liftlock_tui.screens.page import Page
from liftlock_tui.widgets.bars import Bar, Footer
from liftlock_tui.widgets.lines import LineList, LineView, Row

AGAIN = 10.0
"""Seconds after which the clusters of the wave under the cursor are asked again."""


class WavesScreen(Page):
    """Waves and trains on one side, all about the one under the cursor on the other."""

    CSS_PATH = "../styles/reviews.tcss"
    AUTO_FOCUS = "LineList"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("waves")]

    def __init__(self) -> None:
        super().__init__()
        self.waves: tuple[Wave, ...] = ()
        self._shown: dict[str, Wave] = {}
        self._doing = "reading"
        self._error: LiftlockError | None = None

    def compose(self) -> ComposeResult:
        """Title, list, detail, keys."""
        yield Bar(id="title", classes="bar")
        with Container(id="body"):
            yield LineList(id="flights")
            yield LineView(id="detail")
        yield Footer()

    def on_mount(self) -> None:
        """Read them."""
        self.action_again()
        self.set_interval(AGAIN, self._ask)

    def on_screen_resume(self) -> None:
        """Back from a step: it stands otherwise now."""
        self.action_again()

    def action_again(self) -> None:
        """Read them again."""
        waves = engine_of(self).waves
        self._doing = "reading"
        start(self, "waves", lambda job: WavesRead(waves.all()))
        self._show()

    def on_waves_read(self, message: WavesRead) -> None:
        """They are there, as Git tells."""
        self.waves, self._doing, self._error = message.waves, "", None
        known = {one.id: _left(one) for one in message.waves}
        self._shown = {key: one for key, one in self._shown.items() if known.get(key) == _left(one)}
        self._show()
        self._ask()

    def _ask(self) -> None:
        """Ask the clusters of the one under the cursor."""
        wave, waves = self.wave, engine_of(self).waves
        if wave is not None:
            start(self, "wave", lambda job: WaveRead(waves.show(wave.id)))

    def on_wave_read(self, message: WaveRead) -> None:
        """Its clusters have told."""
        if message.wave is not None:
            self._shown[message.wave.id], self._error = message.wave, None
            self._show()

    def on_failed(self, message: Failed) -> None:
        """Say why not."""
        self._doing = ""
        if message.doing in ("waves", "wave"):
            self._error = message.error
        else:
            self.app.push_screen(told(message.error))
        self._show()

    def on_resize(self) -> None:
        """Lay out anew."""
        self.call_after_refresh(self._show)

    def repaint(self) -> None:
        """The colours have changed."""
        super().repaint()
        self._show()

    @property
    def wave(self) -> Wave | None:
        """The one under the cursor."""
        key = self.query_one("#flights", LineList).key
        found = next((one for one in self.waves if one.id == key), None)
        return self._shown.get(found.id, found) if found is not None else None

    def _show(self) -> None:
        right = f"· {self._doing} " if self._doing else ""
        title = ((f" {plural(len(self.waves), 'wave')}", "strong bold"), (" and trains", "muted"))
        self.query_one("#title", Bar).say(title, ((right, "muted"),))
        rows = self.query_one("#flights", LineList)
        columns = max(20, rows.columns)
        rows.show([Row(one.id, list_lines(self._shown.get(one.id, one), columns)) for one in self.waves])
        self._show_detail()
        self.refresh_bindings()

    def _show_detail(self) -> None:
        view, wave = self.query_one("#detail", LineView), self.wave
        columns = max(30, view.columns - 1)
        if self._error is not None:
            view.show([BLANK, *(Line(tuple(pieces)) for pieces in error_paragraphs(self._error))])
        elif wave is not None:
            view.show(wave_lines(wave, columns, self.app.now()))
        elif not self._doing:
            said = "  O on the stage takes a plan to one environment after the other"
            view.show([BLANK, line(("  no wave in the last months", "muted")), BLANK, line((said, "muted"))])

    def on_line_list_moved(self) -> None:
        """Another one is under the cursor."""
        self._show_detail()
        self.refresh_bindings()
        self._ask()

    # Acts ----------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Acts need one under the cursor; the next step one that is ready, or that only a cluster could tell of."""
        if action not in ("next", "stop") or not self.laid_out:
            return True
        wave = self.wave
        if action == "next":
            return wave is not None and wave.state in (WaveState.READY, WaveState.UNKNOWN)
        return wave is not None

    def action_next(self) -> None:
        """Open the plan of the next step."""
        wave, waves = self.wave, engine_of(self).waves
        if wave is not None:
            self._doing = "planning the next step"
            self._show()
            # What is not known holds the push, where a reason goes past it.
            anyway = wave.state is WaveState.UNKNOWN
            start(self, "next", lambda job: Planned(waves.next(wave.id, anyway=anyway), 0))

    def on_planned(self, message: Planned) -> None:
        """It is there."""
        from liftlock_tui.screens.stage import StageScreen

        self._doing = ""
        self.app.push_screen(StageScreen(message.plan))

    def action_stop(self) -> None:
        """Ask, then stop it for everybody, or let it go on."""
        wave, waves = self.wave, engine_of(self).waves
        if wave is None:
            return
        undo = bool(wave.stopped)

        def sure(yes: bool | None) -> None:
            if not yes:
                return
            self._doing = "committing and pushing"
            self._show()

            def work(job: Job) -> WaveActed:
                _, made = waves.stop(wave.id, undo=undo, push=True)
                return WaveActed(f"{wave.word} {wave.id} {'goes on' if undo else 'is stopped'} on {made.pushed}")

            start(self, "stop", work)

        said = "one file below .liftlock/waves is pushed to the branch that all read; steps that are there stay"
        title = f"Let the {wave.word} {wave.id} go on?" if undo else f"Stop the {wave.word} {wave.id} for everybody?"
        self.app.push_screen(Confirm(title, (((said, ""),),), "let it go on" if undo else "stop it"), sure)

    def on_wave_acted(self, message: WaveActed) -> None:
        """Done."""
        self.app.notice(message.said)
        self.app.fetch(asked=False)
        self.action_again()

    def action_watch(self) -> None:
        """Watch the step that is under way."""
        here = self.wave.under_way if self.wave is not None else None
        if here is not None and here.commit:
            self.app.converge(here.target, here.commit)

    def action_swap(self) -> None:
        """To the other pane."""
        self.query_one("#flights" if isinstance(self.focused, LineView) else "#detail").focus()

    @property
    def esc_word(self) -> str:
        """What Esc will do."""
        return "to the list" if self.focused is not None and self.focused.id == "detail" else "board"

    def action_back(self) -> None:
        """To the list, then to the board."""
        if self.focused is not None and self.focused.id == "detail":
            self.action_swap()
        else:
            self.workers.cancel_node(self)
            self.app.pop_screen()


def _left(wave: Wave) -> tuple[object, ...]:
    """What Git tells of it."""
    return (wave.stopped, *((step.commit, step.branch) for step in wave.steps))
