"""Single lines at the edges: what is going on above, which keys are live below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import events
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from liftlock_tui.actions import BY_ID, Action, key_name
from liftlock_tui.ink import Line, Piece, fit, wrapped

if TYPE_CHECKING:
    from liftlock_tui.app import LiftlockApp


LONGEST = 500
"""Columns of a paragraph; what is longer is no sentence, and would push the keys off the screen."""


class Bar(Widget):
    """One line with something on the left and something on the right; the left gives way."""

    app: LiftlockApp

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._left: tuple[Piece, ...] = ()
        self._right: tuple[Piece, ...] = ()

    def say(self, left: Iterable[Piece], right: Iterable[Piece] = ()) -> None:
        """Show these."""
        self._left, self._right = tuple(left), tuple(right)
        self.refresh()

    @property
    def text(self) -> str:
        """What stands there."""
        return Line((*self._left, *self._right)).text

    def render_line(self, y: int) -> Strip:
        """The line."""
        columns = self.content_size.width
        right = fit(self._right, columns, pad=False)
        room = columns - Line(right).width
        return self.app.palette.strip(
            Line((*fit(self._left, room - 1), (" ", ""), *right)), columns, base=self.visual_style.rich_style
        )

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line."""
        return 1


class Words(Static):
    """A few wrapped lines."""

    app: LiftlockApp

    def __init__(self, *paragraphs: Iterable[Piece], id: str | None = None, classes: str | None = None) -> None:
        super().__init__("", id=id, classes=classes, markup=False)
        self._paragraphs = [tuple(pieces) for pieces in paragraphs]

    def on_mount(self) -> None:
        """Show what was given at the start."""
        self.say(*self._paragraphs)

    def say(self, *paragraphs: Iterable[Piece]) -> None:
        """Show these paragraphs, each cut where it would fill the screen by itself."""
        self._paragraphs = [fit(pieces, LONGEST, pad=False) for pieces in paragraphs]
        self.update(self.app.palette.content(Line(pieces) for pieces in self._paragraphs))

    def say_wrapped(self, columns: int, *paragraphs: Iterable[Piece]) -> None:
        """Show these with following lines indented."""
        self.say(*(drawn.pieces for pieces in paragraphs for drawn in wrapped(pieces, columns, indent=2)))

    @property
    def text(self) -> str:
        """What stands there."""
        return "\n".join(Line(pieces).text for pieces in self._paragraphs)


class Footer(Widget):
    """The keys that are live where the focus is, the most important ones first."""

    app: LiftlockApp

    def __init__(self) -> None:
        super().__init__()
        self._places: list[tuple[int, int, Action]] = []

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def live(self) -> list[Action]:
        """The actions to show, in order."""
        found: dict[str, Action] = {}
        for active in self.screen.active_bindings.values():
            action = BY_ID.get(active.binding.id or "")
            if action is not None and action.weight and active.enabled:
                found.setdefault(action.id, action)
        return sorted(found.values(), key=lambda action: action.weight)

    def render_line(self, y: int) -> Strip:
        """The line: what has no room is left out, help and quit stay."""
        columns = self.content_size.width
        if getattr(self.screen, "typing_filter", False):
            self._places = []
            pieces: list[Piece] = [
                (" Enter", "accent bold"),
                (" keep ", "muted"),
                (" Esc", "accent bold"),
                (" leave ", "muted"),
            ]
            pieces += [(" !word", "accent bold"), (" leaves out ", "muted")]
            return self.app.palette.strip(Line(tuple(pieces)), columns, base=self.visual_style.rich_style)
        live = self.live()
        shown = {action.id: self._pieces(action) for action in live}
        order = sorted(
            live, key=lambda action: (action.id not in ("app.help", "app.leave", "stage.back"), action.weight)
        )
        kept: set[str] = set()
        room = columns
        for action in order:
            wide = Line(shown[action.id]).width
            if wide <= room:
                kept.add(action.id)
                room -= wide
        pieces = []
        self._places = []
        at = 0
        for action in live:
            if action.id in kept:
                wide = Line(shown[action.id]).width
                self._places.append((at, at + wide, action))
                pieces += shown[action.id]
                at += wide
        return self.app.palette.strip(Line(tuple(pieces)), columns, base=self.visual_style.rich_style)

    def _pieces(self, action: Action) -> tuple[Piece, ...]:
        return (
            (" ", ""),
            (key_name(self.app.keys_of(action.id)[0]), "accent bold"),
            (f" {self._label(action)} ", "muted"),
        )

    def _label(self, action: Action) -> str:
        if action.name == "back":
            return str(getattr(self.screen, "esc_word", action.label))
        return action.label

    def on_click(self, event: events.Click) -> None:
        """A click on a key is that key."""
        for first, last, action in self._places:
            if first <= event.x < last:
                for active in self.screen.active_bindings.values():
                    if active.binding.id == action.id and active.enabled:
                        self.app.call_later(self.app.run_action, action.name, active.node)
                        return
