"""Drift: how what runs differs from Git at the revision that is applied, who wrote it, and the ways out."""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from liftlock.errors import LiftlockError
from liftlock.model.live import Act
from liftlock.model.livediff import LiveChange, LiveDiff
from liftlock.text import plural
from liftlock_tui.actions import bindings
from liftlock_tui.ink import BLANK, Line, fit, line, wrapped
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import error_paragraphs, told
from liftlock_tui.render.livediff import change_lines, effect_piece
from liftlock_tui.replies import Adopted, Diffed, Offered
from liftlock_tui.screens.searching import Searching
from liftlock_tui.sieve import Sieve
from liftlock_tui.widgets.bars import Bar, Footer
from liftlock_tui.widgets.diff_view import DiffView
from liftlock_tui.widgets.lines import LineList, Row


class DriftScreen(Searching):
    """Objects on one side, what an apply would change in the one under the cursor on the other."""

    CSS_PATH = "../styles/drift.tcss"
    AUTO_FOCUS = "LineList"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("drift")]

    def __init__(self, environment: str, apps: tuple[str, ...]) -> None:
        super().__init__()
        self.environment = environment
        self.apps = apps
        self._diffs: list[LiveDiff] = []
        self._epoch = 0
        self._sieve = Sieve()
        self._doing = ""
        self._error: LiftlockError | None = None

    def compose(self) -> ComposeResult:
        """Title, objects, differences, keys."""
        yield Bar(id="title", classes="bar")
        with Container(id="body"):
            yield LineList(id="objects")
            yield DiffView(id="difference")
        yield Footer()

    def on_mount(self) -> None:
        """Compare."""
        self.action_again()

    def action_again(self) -> None:
        """Compare again."""
        self._epoch += 1
        self._diffs, self._doing, self._error = [], "asking the cluster", None
        epoch, environment, apps, live = self._epoch, self.environment, self.apps, engine_of(self).live

        def work(job: Job) -> Diffed:
            for diff in live.drift(environment, apps, cancelled=job.cancelled):
                job.post(Diffed(epoch, diff))
            return Diffed(epoch, None)

        start(self, "drift", work, epoch=epoch)
        self._show()

    def on_diffed(self, message: Diffed) -> None:
        """One more app was compared."""
        if message.epoch != self._epoch:
            return
        if message.diff is None:
            self._doing = ""
        else:
            self._diffs.append(message.diff)
        self._show()

    def on_failed(self, message: Failed) -> None:
        """Say why not."""
        if message.doing != "drift":
            self.app.push_screen(told(message.error))
        elif message.epoch == self._epoch:
            self._error, self._doing = message.error, ""
            self._show()

    def on_resize(self) -> None:
        """Lay out anew."""
        self.call_after_refresh(self._show)

    def repaint(self) -> None:
        """The colours have changed."""
        super().repaint()
        self._show()

    def _show(self) -> None:
        count = sum(len(diff.changes) for diff in self._diffs)
        right = (
            f"· {self._doing} "
            if self._doing
            else f"{plural(count, 'object')} {'differs' if count == 1 else 'differ'} "
        )
        about = ", ".join(self.apps) or "all apps"
        self.query_one("#title", Bar).say(
            (
                (f" {self.environment}", "strong bold"),
                (" runs, beside what Git says", "muted"),
                (f"  {about}", "muted"),
            ),
            ((right, "muted"),),
        )
        objects = self.query_one("#objects", LineList)
        objects.show(self._rows(max(20, objects.columns)))
        self._show_difference()

    def _rows(self, columns: int) -> list[Row]:
        rows: list[Row] = []
        for number, diff in enumerate(self._diffs):
            where = f"{diff.app}{f' on {diff.label}' if diff.label else ''}"
            rows.append(Row(None, (line((where, "accent bold")),)))
            if diff.problem:
                said = wrapped((("! ", "problem bold"), (diff.problem, "problem")), columns, indent=2)
                rows.append(Row((number, -1), tuple(said)))
            for at, change in enumerate(diff.changes):
                if not self._sieve.passes(f"{diff.app} {change.key} {change.effect}"):
                    continue
                name = (("  ", ""), (f"{change.key.kind} ", "muted"), (change.key.name, "strong"), ("  ", ""))
                rows.append(Row((number, at), (Line(fit((*name, effect_piece(change)), columns)),)))
            if not diff.changes and not diff.problem:
                rows.append(Row(None, (line((f"  = all {diff.same} as Git says", "level")),)))
            rows.append(Row(None, (BLANK,)))
        return rows

    def _change(self, key: Hashable) -> LiveChange | None:
        if not isinstance(key, tuple) or key[1] < 0 or key[0] >= len(self._diffs):
            return None
        changes = self._diffs[key[0]].changes
        return changes[key[1]] if key[1] < len(changes) else None

    def _show_difference(self) -> None:
        view = self.query_one(DiffView)
        columns = max(30, view.columns)
        change = self._change(self.query_one("#objects", LineList).key)
        if self._error is not None:
            view.show([BLANK, *(Line(tuple(pieces)) for pieces in error_paragraphs(self._error))])
        elif change is not None:
            out = [
                line(("  R", "accent bold"), (" has the controller restore what Git says", "muted")),
                line(("  A", "accent bold"), (" stages what runs as a change of Git", "muted")),
            ]
            view.show([*change_lines(change, 3, columns, self.app.now(), side=False), *out])
        elif self._doing:
            view.show([BLANK, line((f"  · {self._doing}", "muted"))])
        else:
            hints = [
                row
                for diff in self._diffs
                if diff.problem and diff.hint
                for row in wrapped((("  → ", "accent"), (diff.hint, "")), columns, indent=4)
            ]
            view.show([BLANK, *(hints or [line(("  = what runs is what Git says", "level"))])])

    def on_line_list_moved(self) -> None:
        """Another object is under the cursor."""
        self._show_difference()
        self.query_one(DiffView).move_to(0, 0)

    def on_line_list_chosen(self) -> None:
        """Read the difference."""
        self.query_one(DiffView).focus()

    def action_restore(self) -> None:
        """Have the controller restore what Git says."""
        environment, live = self.environment, engine_of(self).live
        app = self.apps[0] if len(self.apps) == 1 else ""
        start(self, "offer", lambda job: Offered(live.offer(environment, Act.RECONCILE, app=app)))

    def action_adopt(self) -> None:
        """Stage what runs as a change of Git, for the app under the cursor."""
        key = self.query_one("#objects", LineList).key
        number = key[0] if isinstance(key, tuple) else 0
        if number >= len(self._diffs):
            self.app.notice("nothing to adopt", "what runs is what Git says")
            return
        app, environment, live = self._diffs[number].app, self.environment, engine_of(self).live
        start(self, "adopt", lambda job: Adopted(*live.adopt(environment, app)))
        self.app.notice(f"looking where Git says this of {app}")

    def on_adopted(self, message: Adopted) -> None:
        """It is staged: the rest is as with any promotion."""
        from liftlock_tui.screens.stage import StageScreen

        self.app.push_screen(StageScreen(message.plan))
        if message.left:
            self.app.notice(f"{plural(len(message.left), 'field')} cannot be adopted", message.left[0])

    def on_offered(self, message: Offered) -> None:
        """Ask before it is done."""
        from liftlock_tui.modals.intervene import ask

        ask(self.app, message.interventions)

    def list_pane(self) -> LineList:
        """The objects."""
        return self.query_one("#objects", LineList)

    def sift_list(self, sieve: Sieve) -> None:
        """Show only objects that pass."""
        self._sieve = sieve
        self._show()

    def action_swap(self) -> None:
        """To the other pane."""
        other = "#objects" if isinstance(self.focused, DiffView) else "#difference"
        self.query_one(other).focus()

    @property
    def esc_word(self) -> str:
        """What Esc will do."""
        return self.sieve_word or ("to the objects" if isinstance(self.focused, DiffView) else "board")

    def action_back(self) -> None:
        """To the objects, then to the board."""
        if self.drop_filter():
            return
        if isinstance(self.focused, DiffView):
            self.action_swap()
        else:
            self.workers.cancel_node(self)
            self.app.pop_screen()
