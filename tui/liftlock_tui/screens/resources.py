"""The live objects of an environment, from what Git has down to the pods, the worst first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from liftlock.model.diff import ObjectKey
from liftlock.model.health import HealthStatus, LiveObject
from liftlock.model.live import Contact
from liftlock_tui.actions import bindings
from liftlock_tui.ink import BLANK, Line, fit, line, wrapped
from liftlock_tui.jobs import engine_of, start
from liftlock_tui.render.converge import object_pieces
from liftlock_tui.render.live import not_asked_lines
from liftlock_tui.replies import TreeRead
from liftlock_tui.screens.filtering import Filtering
from liftlock_tui.sieve import Sieve
from liftlock_tui.widgets.bars import Bar, Footer, Words
from liftlock_tui.widgets.lines import LineList, Row

SECOND = 1.0
_HEARD = (Contact.LIVE, Contact.STALE, Contact.CONNECTING)


class ResourcesScreen(Filtering):
    """A tree with a cursor that stays with its object while the cluster moves."""

    CSS_PATH = "../styles/live.tcss"
    AUTO_FOCUS = "LineList"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("resources")]

    def __init__(self, environment: str, app: str) -> None:
        super().__init__()
        self.environment = environment
        self.of = app
        self._objects: tuple[LiveObject, ...] = ()
        self._shut: set[ObjectKey] = set()
        self._sieve = Sieve()
        self._read = False

    def compose(self) -> ComposeResult:
        """Title, objects, all about the one under the cursor, keys."""
        yield Bar(id="title", classes="bar")
        yield LineList(id="tree")
        yield Words(id="about")
        yield Footer()

    def on_mount(self) -> None:
        """Look, and again each second."""
        self.set_interval(SECOND, self._look)
        self._look()
        self._show()

    def _look(self) -> None:
        live, environment, of = engine_of(self).live, self.environment, self.of
        start(self, "tree", lambda job: TreeRead(live.tree(environment, of)))

    def on_tree_read(self, message: TreeRead) -> None:
        """The objects as they are now."""
        if not self._read or message.objects != self._objects:
            self._objects, self._read = message.objects, True
            self._show()

    def on_resize(self) -> None:
        """Lay out anew."""
        self._show()

    def repaint(self) -> None:
        """The colours have changed."""
        super().repaint()
        self._show()

    def _show(self) -> None:
        view = self.query_one(LineList)
        columns = max(30, view.columns - 1)
        rows = [
            Row(item.key, (Line(fit(object_pieces(item, depth), columns)),))
            for item, depth in self._walk(self._objects, 0)
        ]
        nothing = "nothing here has these words" if self._sieve else "nothing was found" if self._read else "looking"
        unheard = [] if self._objects else self._unheard(columns)
        view.show(rows or [Row(None, (BLANK, *(unheard or [line((f"   {nothing}", "muted"))])))])
        bad = sum(item.health.status is HealthStatus.DEGRADED for item in self._objects)
        about = f"{self.of} in {self.environment}" if self.of else self.environment
        state = ((f"✗ {bad} failing ", "problem"),) if bad else (("● ", "level"),) if self._objects else ()
        shown = ("↯ not asked ", "problem") if unheard else (f" {len(rows)} shown ", "muted")
        self.query_one("#title", Bar).say(((f" {about}", "strong bold"), ("  live objects", "muted")), (*state, shown))
        self._show_about()

    def _unheard(self, columns: int) -> list[Line]:
        """Why the clusters could not be asked, where none of them is heard: then nothing says that nothing is there."""
        lanes = engine_of(self).live.board().lanes_of(self.environment)
        if not lanes or any(lane.freshness.contact in _HEARD for lane in lanes):
            return []
        return [drawn for lane in lanes for drawn in not_asked_lines(lane, columns)]

    def _walk(self, items: tuple[LiveObject, ...], depth: int) -> Iterator[tuple[LiveObject, int]]:
        for item in items:
            below = list(self._walk(item.children, depth + 1)) if item.key not in self._shut else []
            text = f"{item.key} {item.health.status} {item.note} {' '.join(item.images)}"
            if below or self._sieve.passes(text):
                yield item, depth
                yield from below

    def _find(self, key: object) -> LiveObject | None:
        waiting = list(self._objects)
        while waiting:
            item = waiting.pop()
            if item.key == key:
                return item
            waiting += item.children
        return None

    def _show_about(self) -> None:
        item = self._find(self.query_one(LineList).key)
        words = self.query_one("#about", Words)
        words.display = item is not None
        if item is None:
            return
        columns = max(30, self.size.width - 4)
        rows: list[Line] = []
        if item.cause is not None:
            rows += wrapped((("✗ ", "problem bold"), (item.cause.sentence, "problem")), columns, indent=2)
        elif item.health.message:
            rows += wrapped(((f"{item.health.status}: ", "strong"), (item.health.message, "")), columns, indent=2)
        if item.images:
            rows += wrapped((("images ", "muted"), (", ".join(item.images), "")), columns, indent=7)
        rows += [] if rows else [line((f"{item.health.status}, by the rule of {item.health.rule}", "muted"))]
        words.say(*(drawn.pieces for drawn in rows[:5]))

    def on_line_list_moved(self) -> None:
        """Another object is under the cursor."""
        self._show_about()

    # Acts ----------------------------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Open or close."""
        key = self.query_one(LineList).key
        if isinstance(key, ObjectKey):
            self._shut ^= {key}
            self._show()

    def on_line_list_chosen(self) -> None:
        """Open or close."""
        self.action_open()

    def action_copy(self) -> None:
        """Copy the object as kubectl names it."""
        key = self.query_one(LineList).key
        if isinstance(key, ObjectKey):
            self.app.copy(_kubectl(key))

    def action_hand_over(self) -> None:
        """Open k9s on the object."""
        from liftlock_tui.external import k9s

        key = self.query_one(LineList).key
        if isinstance(key, ObjectKey):
            lanes = engine_of(self).live.board().lanes_of(self.environment)
            target = lanes[0].target if lanes else None
            k9s(self.app, key, (target.workloads or target.context) if target is not None else "")

    FILTER_HINT = "objects with these words; !word leaves out"

    def sift(self, text: str) -> None:
        """Show only objects that pass, and their owners."""
        self._sieve = Sieve.of(text)
        self._show()

    def sifted(self) -> LineList:
        """The tree."""
        return self.query_one(LineList)

    @property
    def esc_word(self) -> str:
        """What Esc will do."""
        return "all objects" if self.filter_text else "back"

    def action_back(self) -> None:
        """The filter, then back."""
        if not self.drop_filter():
            self.app.pop_screen()


def _kubectl(key: ObjectKey) -> str:
    kind = f"{key.kind.lower()}.{key.group}" if key.group else key.kind.lower()
    return f"{kind}/{key.name} -n {key.namespace}" if key.namespace else f"{kind}/{key.name}"
