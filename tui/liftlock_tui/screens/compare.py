"""Two environments beside each other, rendered: object by object, grouped by why they differ."""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from liftlock.errors import LiftlockError
from liftlock.model.diff import Comparison, Explanation, Rendering
from liftlock.text import plural
from liftlock_tui.actions import bindings
from liftlock_tui.ink import BLANK, Line, fit, line, wrapped
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import error_paragraphs
from liftlock_tui.render.board import mark_piece
from liftlock_tui.render.diff import missing_lines, object_lines, remark_lines
from liftlock_tui.render.patch import patch
from liftlock_tui.replies import Compared, Progress
from liftlock_tui.screens.searching import Searching
from liftlock_tui.sieve import Sieve
from liftlock_tui.widgets.bars import Bar, Footer
from liftlock_tui.widgets.diff_view import DiffView
from liftlock_tui.widgets.lines import LineList, Row

_SIGNS = {
    Explanation.PENDING: ("▲", "behind"),
    Explanation.UNEXPLAINED: ("!", "problem"),
    Explanation.EXPECTED: ("=", "level"),
}
MISSING, REMARKS = "missing", "remarks"


class CompareScreen(Searching):
    """Objects on one side, what differs in the one under the cursor on the other."""

    CSS_PATH = "../styles/compare.tcss"
    AUTO_FOCUS = "LineList"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("compare")]

    def __init__(self, left: str, right: str, apps: tuple[str, ...]) -> None:
        super().__init__()
        self._sides = (left, right)
        self._apps = apps
        self._comparisons: tuple[Comparison, ...] = ()
        self._renderings: tuple[Rendering, ...] = ()
        self._epoch = 0
        self._sieve = Sieve()
        self._doing = "rendering both"
        self._error: LiftlockError | None = None

    def compose(self) -> ComposeResult:
        """Title, objects, differences, keys."""
        yield Bar(id="title", classes="bar")
        with Container(id="body"):
            yield LineList(id="objects")
            yield DiffView(id="difference")
        yield Footer()

    def on_mount(self) -> None:
        """Render both."""
        self._compare(fetch=False)

    def _compare(self, *, fetch: bool) -> None:
        self._epoch += 1
        self._doing, self._error = "fetching and rendering" if fetch else "rendering both", None
        epoch, (left, right), apps, engine = self._epoch, self._sides, self._apps, engine_of(self)

        def work(job: Job) -> Compared:
            comparisons, renderings = engine.compare(
                left,
                right,
                apps,
                fetch=fetch,
                cancelled=job.cancelled,
                progress=lambda text: job.post(Progress(epoch, text)),
            )
            return Compared(epoch, comparisons, renderings)

        start(self, "compare", work, epoch=epoch)
        self._show()

    def on_compared(self, message: Compared) -> None:
        """Both are rendered."""
        if message.epoch == self._epoch:
            self._comparisons, self._renderings, self._doing = message.comparisons, message.renderings, ""
            self._show()

    def on_progress(self, message: Progress) -> None:
        """What rendering is doing."""
        if message.epoch == self._epoch and self._doing:
            self._doing = message.text
            self._show()

    def on_failed(self, message: Failed) -> None:
        """Say why not."""
        if message.epoch == self._epoch:
            self._error, self._doing = message.error, ""
            self._show()

    def on_resize(self) -> None:
        """Lay out anew."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        left, right = self._sides
        right_side = f"· {self._doing} " if self._doing else f"{plural(len(self._comparisons), 'object')} differ "
        about = ", ".join(self._apps) or "all apps"
        self.query_one("#title", Bar).say(
            (
                (f" {left}", "strong bold"),
                (" beside ", "muted"),
                (right, "strong bold"),
                (f"  {about}, rendered", "muted"),
            ),
            ((right_side, "muted"),),
        )
        objects = self.query_one("#objects", LineList)
        objects.show(self._rows(max(20, objects.columns)))
        self._show_difference()

    def _rows(self, columns: int) -> list[Row]:
        rows: list[Row] = []
        unrendered = [r for r in self._renderings if r.problem or r.missing]
        if unrendered:
            said = f"! {plural(len(unrendered), 'cell')} could not be rendered whole"
            rows.append(Row(MISSING, (Line(fit(((said, "problem"),), columns)), BLANK)))
        if noted := [r for r in self._renderings if r.notes and r not in unrendered]:
            said = f"· {plural(sum(len(r.notes) for r in noted), 'remark')}"
            rows.append(Row(REMARKS, (Line(fit(((said, "muted"),), columns)), BLANK)))
        for explanation in (Explanation.PENDING, Explanation.UNEXPLAINED, Explanation.EXPECTED):
            mine = [
                (n, c)
                for n, c in enumerate(self._comparisons)
                if c.explanation is explanation and self._sieve.passes(f"{c.diff.key} {c.why}")
            ]
            if not mine:
                continue
            sign, role = _SIGNS[explanation]
            rows.append(Row(None, (line((f"{sign} {explanation}", f"{role} bold"), (f"  {len(mine)}", "muted")),)))
            for number, found in mine:
                name = fit((("  ", ""), (f"{found.diff.key.kind} ", "muted"), (found.diff.key.name, "strong")), columns)
                rows.append(Row(number, (Line(name), Line(fit((("    ", ""), (found.why, "muted")), columns)))))
            rows.append(Row(None, (BLANK,)))
        return rows

    def on_line_list_moved(self) -> None:
        """Another object is under the cursor."""
        self._show_difference()
        self.query_one(DiffView).move_to(0, 0)

    def on_line_list_chosen(self) -> None:
        """Read the difference."""
        self.query_one(DiffView).focus()

    def _show_difference(self) -> None:
        view = self.query_one(DiffView)
        columns = max(30, view.columns)
        key: Hashable = self.query_one("#objects", LineList).key
        if self._error is not None:
            view.show([BLANK, *(Line(tuple(pieces)) for pieces in error_paragraphs(self._error))])
        elif isinstance(key, int) and key < len(self._comparisons):
            found = self._comparisons[key]
            sign, role = _SIGNS[found.explanation]
            rows = wrapped(((f"{sign} {found.explanation}: ", f"{role} bold"), (found.why, "")), columns, indent=2)
            if found.commit:
                rows += wrapped(
                    (
                        ("by ", "muted"),
                        mark_piece(found.commit),
                        (f" {found.commit[:7]} ", "muted"),
                        (found.subject, ""),
                    ),
                    columns,
                )
            view.show([*rows, BLANK, *object_lines(found.diff, 3, columns, side=columns >= 140)])
        elif key == MISSING:
            view.show(missing_lines(self._renderings, columns))
        elif key == REMARKS:
            view.show(remark_lines(self._renderings, columns))
        elif self._doing:
            view.show([BLANK, line((f"  · {self._doing}", "muted"))])
        else:
            view.show([BLANK, line(("  = nothing differs", "level"))])

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

    def action_fetch(self) -> None:
        """Fetch what is missing."""
        self._compare(fetch=True)

    def patch(self) -> str:
        """All that differs, as a patch from the one to the other."""
        return patch((), [found.diff for found in self._comparisons])

    def action_copy(self) -> None:
        """Copy as Markdown."""
        engine = self.app.engine
        if engine is not None and self._comparisons:
            self.app.copy(engine.comparison_markdown(*self._sides, self._comparisons))

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

    def repaint(self) -> None:
        """The colours have changed."""
        super().repaint()
        self._show()
