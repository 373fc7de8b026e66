"""Merging a promotion in flight: what stands against it, how, and a key or a name that was not pressed before."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from liftlock.model.review import Flight
from liftlock_tui.ink import Piece
from liftlock_tui.jobs import engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import Dialog, error_paragraphs, keys_line
from liftlock_tui.render.reviews import moves_text, state_pieces
from liftlock_tui.replies import Landed
from liftlock_tui.widgets.bars import Words

_ABOUT = {
    "merge": "a merge commit",
    "squash": "one commit on the base",
    "rebase": "its commits on top of the base",
}


class MergeDialog(Dialog[Landed]):
    """Closes with how the merge ended, or with None. Enter cancels while nothing is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "confirm", "yes", show=False),
        Binding("up", "other(-1)", "way", show=False),
        Binding("down", "other(1)", "way", show=False),
        Binding("n,enter,q", "cancel", "no", show=False),
    ]
    wide = True

    def __init__(self, flight: Flight) -> None:
        super().__init__()
        self._flight = flight
        self._way = 0
        self._busy = False
        self.title_text = f"Merge #{flight.number}"

    def inside(self) -> ComposeResult:
        """What is merged, where it stands, the way, the name to type, the keys."""
        yield Words(id="what")
        yield Words(id="destination")
        yield Words(id="consequence")
        yield Input(id="typed", classes="plain")
        yield Words(id="keys", classes="keys")

    @property
    def _names(self) -> tuple[str, ...]:
        """The protected environments that it changes."""
        board = self.app.board_screen.board
        found = [board.environment(name) if board is not None else None for name in self._flight.targets]
        return tuple(environment.name for environment in found if environment is not None and environment.protected)

    def on_mount(self) -> None:
        """Show it, and how to confirm."""
        flight, field = self._flight, self.query_one("#typed", Input)
        what = ((moves_text(flight), "strong bold"), (" → ", "accent"), (", ".join(flight.targets), "strong bold"))
        self.query_one("#what", Words).say(what, (*state_pieces(flight), ("  ", ""), (flight.why, "muted")))
        self._say_way()
        named = ", ".join(flight.targets)
        will = f"merge into {flight.request.base}: {named} will change as soon as its controller looks"
        self.query_one("#consequence", Words).say(((will, "strong bold"),))
        names = " ".join(self._names)
        field.display = bool(names)
        if names:
            field.placeholder = f"type {names} to merge"
            self.set_focus(field)
        else:
            self.set_focus(None)
        self._say_keys()

    def _say_keys(self, *said: tuple[Piece, ...]) -> None:
        names = " ".join(self._names)
        keys = [("↑↓", "way")] if len(self._flight.methods) > 1 else []
        keys += (
            [(f"type {names}, then Enter", "merge"), ("Esc", "cancel")]
            if names
            else [("y", "merge"), ("Enter", "cancel")]
        )
        self.query_one("#keys", Words).say(*said, keys_line(*keys))

    def _say_way(self) -> None:
        rows: list[tuple[Piece, ...]] = []
        for number, method in enumerate(self._flight.methods):
            on_it = number == self._way
            sign = ("(•) " if on_it else "( ) ", "accent bold")
            rows.append((sign, (str(method), "strong bold" if on_it else "muted"), (f"  {_ABOUT[method]}", "muted")))
        self.query_one("#destination", Words).say(*rows)

    def action_other(self, step: int) -> None:
        """Another way of merging, of those that the repository allows."""
        if not self._busy:
            self._way = (self._way + step) % len(self._flight.methods)
            self._say_way()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.action_cancel()
        elif sorted(event.value.replace(",", " ").split()) == sorted(self._names):
            self._merge(self._names)
        else:
            self._say_keys(((f"That is not {' '.join(self._names)}: nothing was merged.", "problem"),))

    def action_confirm(self) -> None:
        """Merge, where no name has to be typed."""
        if not self._names:
            self._merge(())

    def _merge(self, confirmed: tuple[str, ...]) -> None:
        if self._busy:
            return
        self._busy = True
        self.query_one("#typed").display = False
        self.set_focus(None)
        self.query_one("#keys", Words).say((("· asking the gates, then merging", "muted"),))
        flight, engine, way = self._flight, engine_of(self), self._flight.methods[self._way]
        start(self, "merge", lambda job: Landed(engine.merge(flight, str(way), confirmed=confirmed)))

    def on_landed(self, message: Landed) -> None:
        """Done."""
        self.dismiss(message)

    def on_failed(self, message: Failed) -> None:
        """Say why not."""
        self._busy = False
        self.query_one("#consequence", Words).say(*error_paragraphs(message.error))
        self.query_one("#keys", Words).say(keys_line(("Esc", "close")))

    def action_cancel(self) -> None:
        """Close; a merge that has begun goes on."""
        if self._busy:
            self.app.notice("the merge was asked for already", "i on the board shows how it ended")
        self.dismiss(None)
