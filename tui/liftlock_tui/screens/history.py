"""History: what came where and when, from where, by whom, how long each hop took; the way back from there."""

from __future__ import annotations

import time
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from liftlock.errors import LiftlockError
from liftlock.model.record import Arrival, Extent, Question
from liftlock.model.release import Release
from liftlock.text import plural
from liftlock_tui.actions import bindings
from liftlock_tui.ink import BLANK, Line, line
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import error_paragraphs, told
from liftlock_tui.render.history import detail_lines, list_lines
from liftlock_tui.replies import ArrivalsRead, ReleasesRead
from liftlock_tui.screens.way_back import WayBack
from liftlock_tui.widgets.bars import Bar, Footer
from liftlock_tui.widgets.lines import LineList, LineView, Row

LIMIT = 200
SECONDS = 30.0
"""So many arrivals are read at most, for so long."""
SAMPLE = 0.2
"""Seconds between two states of the list that is filling in."""
REST = 0.15
"""Seconds the cursor rests before it is read what versions contain."""


class HistoryScreen(WayBack):
    """The arrivals of a cell, an app or the repository; all about the one under the cursor beside them."""

    CSS_PATH = "../styles/history.tcss"
    AUTO_FOCUS = "LineList"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("history")]

    def __init__(self, app: str = "", environment: str = "") -> None:
        super().__init__()
        self._cell = (app, environment)
        self._scopes = [(app, environment), (app, ""), ("", "")] if app and environment else [(app, environment)]
        self._scope = 0
        self._direct = bool(app and environment)
        self.arrivals: tuple[Arrival, ...] = ()
        self._extent = Extent()
        self._reading = True
        self._error: LiftlockError | None = None
        self._epoch = 0
        self._releases: dict[str, tuple[Release, ...]] = {}

    def compose(self) -> ComposeResult:
        """Title, list, detail, keys."""
        yield Bar(id="title", classes="bar")
        with Container(id="body"):
            yield LineList(id="arrivals")
            yield LineView(id="detail")
        yield Footer()

    def on_mount(self) -> None:
        """Read it."""
        self._read()

    @property
    def scope(self) -> tuple[str, str]:
        """The app and the environment that are shown; "" for all."""
        return self._scopes[self._scope]

    def _read(self) -> None:
        self._epoch += 1
        epoch, (app, environment), record = self._epoch, self.scope, engine_of(self).record
        question = Question(environment, (app,) if app else (), limit=LIMIT, direct=self._direct)
        self.arrivals, self._extent, self._reading, self._error = (), Extent(), True, None
        self._show()

        def work(job: Job) -> ArrivalsRead:
            chronicle = record.read(question, seconds=SECONDS, cancelled=job.cancelled)
            found: list[Arrival] = []
            said = time.monotonic()
            for arrival in chronicle:
                found.append(arrival)
                if time.monotonic() - said >= SAMPLE:
                    job.post(ArrivalsRead(epoch, tuple(found), chronicle.extent, whole=False))
                    said = time.monotonic()
            return ArrivalsRead(epoch, tuple(found), chronicle.extent, whole=True)

        start(self, "arrivals", work, epoch=epoch)

    def on_arrivals_read(self, message: ArrivalsRead) -> None:
        """More of it is there."""
        if message.epoch != self._epoch:
            return
        self.arrivals, self._extent, self._reading = message.arrivals, message.extent, not message.whole
        self._show()

    def on_failed(self, message: Failed) -> None:
        """Say why not."""
        if message.doing != "arrivals":
            self.app.push_screen(told(message.error))
        elif message.epoch == self._epoch:
            self._error, self._reading = message.error, False
            self._show()

    def on_resize(self) -> None:
        """Lay out anew."""
        self.call_after_refresh(self._show)

    def repaint(self) -> None:
        """The colours have changed."""
        super().repaint()
        self._show()

    def tick(self, now: float) -> None:
        """Ages go on."""
        self._show()

    @property
    def arrival(self) -> Arrival | None:
        """The one under the cursor."""
        key = self.query_one("#arrivals", LineList).key
        return next((one for one in self.arrivals if _key(one) == key), None)

    def _show(self) -> None:
        app, environment = self.scope
        where = f"{app or 'all apps'} in {environment or 'all environments'}"
        count = plural(len(self.arrivals), "arrival" if self._direct else "promotion")
        right = "reading " if self._reading else self._how_far()
        left = ((" History ", "accent bold"), (where, "strong bold"), (f"  {count}", "muted"))
        self.query_one("#title", Bar).say(left, ((right, "muted"),))
        rows = self.query_one("#arrivals", LineList)
        columns, now = max(20, rows.columns), self.app.now()
        rows.show([Row(_key(one), list_lines(one, columns, now)) for one in self.arrivals])
        self._show_detail()
        self.refresh_bindings()

    def _how_far(self) -> str:
        extent = self._extent
        if extent.whole or not extent.since:
            return f"{plural(extent.commits, 'commit')} read " if extent.commits else ""
        why = f": {extent.why}" if self.size.width >= 100 else ""
        return f"back to {time.strftime('%Y-%m-%d', time.localtime(extent.since))}{why} "

    def _show_detail(self, *, top: bool = False) -> None:
        view = self.query_one("#detail", LineView)
        columns, one = max(30, view.columns - 1), self.arrival
        if self._error is not None:
            view.show([BLANK, *(Line(tuple(pieces)) for pieces in error_paragraphs(self._error))])
        elif one is not None:
            view.show(detail_lines(one, self._releases.get(_key(one), ()), columns, self.app.now()), top=top)
        elif self._reading:
            view.show([BLANK, line(("  · reading the history", "muted"))])
        else:
            more = "" if self._direct else "  d shows also versions that came from no environment before"
            view.show([BLANK, line(("  nothing came here that is known", "muted")), BLANK, line((more, "muted"))])

    def on_line_list_moved(self) -> None:
        """Another one is under the cursor."""
        self._show_detail(top=True)
        self.refresh_bindings()
        self.set_timer(REST, self._read_releases)

    def _read_releases(self) -> None:
        one, releases = self.arrival, engine_of(self).releases
        if one is None or _key(one) in self._releases or not engine_of(self).settings.user.repositories:
            return
        key, moves = _key(one), one.headline

        def work(job: Job) -> ReleasesRead:
            found = [releases.between(move.app, move.old or "", move.new or "") for move in moves]
            return ReleasesRead(key, tuple(release for release in found if release is not None))

        start(self, "releases", work)

    def on_releases_read(self, message: ReleasesRead) -> None:
        """What its versions contain is known."""
        self._releases[message.key] = message.releases
        self._show_detail()

    def on_line_list_chosen(self) -> None:
        """Read all about it."""
        self.query_one("#detail", LineView).focus()

    # Acts ----------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Acts need one under the cursor."""
        if action == "wider":
            return len(self._scopes) > 1
        if action == "rollback":
            return not self.laid_out or self.arrival is not None or all(self._cell)
        return action != "copy" or not self.laid_out or self.arrival is not None

    def action_rollback(self) -> None:
        """Take the app back, in the environment that the line speaks of."""
        one = self.arrival
        if all(self.scope) or one is None:
            self.way_back(self._cell[1], self._cell[0])
        elif len(one.apps) == 1:
            self.way_back(one.environment, one.apps[0])
        else:
            self.choose_app(one.environment, one.apps)

    def action_wider(self) -> None:
        """The cell, its app everywhere, everything."""
        self._scope = (self._scope + 1) % len(self._scopes)
        self._read()

    def action_direct(self) -> None:
        """With what came from no environment before, or without."""
        self._direct = not self._direct
        self._read()

    def action_copy(self) -> None:
        """Copy the commit's id."""
        if self.arrival is not None:
            self.app.copy(self.arrival.revision.commit)

    def action_swap(self) -> None:
        """To the other pane."""
        self.query_one("#arrivals" if isinstance(self.focused, LineView) else "#detail").focus()

    @property
    def esc_word(self) -> str:
        """What Esc will do."""
        return "to the list" if self.focused is not None and self.focused.id == "detail" else "back"

    def action_back(self) -> None:
        """To the list, then back."""
        if self.focused is not None and self.focused.id == "detail":
            self.action_swap()
        else:
            self.workers.cancel_node(self)
            self.app.pop_screen()


def _key(one: Arrival) -> str:
    return f"{one.revision.commit} {one.environment}"
