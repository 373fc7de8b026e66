"""Merging a promotion in flight: what stands against it, how, and a key or a name that was not pressed before.

A closed gate holds it; `o` goes past with a reason, which becomes a part of the merge's commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from liftlock.model.gates import Moment
from liftlock.model.review import Flight
from liftlock_tui.ink import Piece
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import error_paragraphs, keys_line
from liftlock_tui.modals.gated import ASKING, Gated
from liftlock_tui.render.reviews import moves_text, state_pieces
from liftlock_tui.replies import Landed, MergeSeen
from liftlock_tui.widgets.bars import Words

_ABOUT = {
    "merge": "a merge commit",
    "squash": "one commit on the base",
    "rebase": "its commits on top of the base",
}


class MergeDialog(Gated[Landed]):
    """Closes with how the merge ended, or with None. Enter cancels while nothing is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "confirm", "yes", show=False),
        Binding("up", "other(-1)", "way", show=False),
        Binding("down", "other(1)", "way", show=False),
        Binding("n,enter,q", "cancel", "no", show=False),
    ]
    wide = True
    moment = Moment.MERGE
    taken = "merge it with this reason"

    def __init__(self, flight: Flight) -> None:
        super().__init__()
        self._flight = flight
        self._way = 0
        self._state = "asking"
        self._reasons: Mapping[str, str] = {}
        self._unnamed: tuple[str, ...] = ()
        self.title_text = f"Merge #{flight.number}"

    def inside(self) -> ComposeResult:
        """What is merged, where it stands, the way, the name to type, the keys."""
        yield Words(id="what")
        yield Words(id="destination")
        yield Words(id="consequence")
        yield Words(ASKING, id="gates")
        yield Input(id="typed", classes="plain")
        yield Words(id="keys", classes="keys")

    @property
    def _names(self) -> tuple[str, ...]:
        """The protected environments that it changes, and those that it changes and does not name."""
        board = self.app.board_screen.board
        found = [board.environment(name) if board is not None else None for name in self._flight.targets]
        protected = (environment.name for environment in found if environment is not None and environment.protected)
        return (*protected, *self._unnamed)

    def on_mount(self) -> None:
        """Show it, and how to confirm."""
        flight, field = self._flight, self.query_one("#typed", Input)
        what = ((moves_text(flight), "strong bold"), (" → ", "accent"), (", ".join(flight.targets), "strong bold"))
        self.query_one("#what", Words).say(what, (*state_pieces(flight), ("  ", ""), (flight.why, "muted")))
        self._say_way()
        self._say_consequence()
        field.display = False
        self._say_how()
        engine = engine_of(self)
        start(self, "outlook", lambda job: MergeSeen(engine.outlook(flight, cancelled=job.cancelled)))

    def _say_consequence(self) -> None:
        flight = self._flight
        will = (
            f"merge into {flight.request.base}: {', '.join(flight.targets)} will change as soon as its controller looks"
        )
        rows: list[tuple[Piece, ...]] = [((will, "strong bold"),)]
        if self._unnamed:
            beside = ", ".join(self._unnamed)
            rows.append((("! ", "problem bold"), (f"it changes {beside} too, and does not say so", "problem")))
        self.query_one("#consequence", Words).say(*rows)

    def on_merge_seen(self, message: MergeSeen) -> None:
        """What stands before it is known."""
        self.gates, self._unnamed = message.outlook.gates, message.outlook.unnamed
        self._say_consequence()
        self.show_gates()
        self._say_how()

    def _say_how(self, *said: tuple[Piece, ...]) -> None:
        """How to merge it, or what holds it."""
        names, field = " ".join(self._names), self.query_one("#typed", Input)
        keys = [("↑↓", "way")] if len(self._flight.methods) > 1 else []
        field.display = bool(names) and self.gates is not None and not self.shut
        if self.gates is None:
            keys += [("Enter", "cancel")]
        elif self.shut:
            keys += [("o", "override with a reason"), ("Enter", "cancel")]
        elif names:
            field.placeholder = f"type {names} to merge"
            keys += [(f"type {names}, then Enter", "merge"), ("Esc", "cancel")]
        else:
            keys += [("y", "merge"), ("Enter", "cancel")]
        self.set_focus(field if field.display else None)
        self.query_one("#keys", Words).say(*said, keys_line(*keys))

    def action_override(self) -> None:
        """Ask for the reason to go past what is closed."""
        if self._state == "asking" and self.shut:
            self._state = "reason"
            self.ask_reason()

    def _say_way(self) -> None:
        rows: list[tuple[Piece, ...]] = []
        for number, method in enumerate(self._flight.methods):
            on_it = number == self._way
            sign = ("(•) " if on_it else "( ) ", "accent bold")
            rows.append((sign, (str(method), "strong bold" if on_it else "muted"), (f"  {_ABOUT[method]}", "muted")))
        self.query_one("#destination", Words).say(*rows)

    def action_other(self, step: int) -> None:
        """Another way of merging, of those that the repository allows."""
        if self._state == "asking":
            self._way = (self._way + step) % len(self._flight.methods)
            self._say_way()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        if self._state == "reason":
            reasons = self.go_past(event.value)
            if reasons is not None:
                self._reasons, self._state = reasons, "asking"
                event.input.value = ""
                self.show_gates()
                self._say_how()
        elif not event.value.strip():
            self.action_cancel()
        elif sorted(event.value.replace(",", " ").split()) == sorted(self._names):
            self._merge(self._names)
        else:
            self._say_how(((f"That is not {' '.join(self._names)}: nothing was merged.", "problem"),))

    def action_confirm(self) -> None:
        """Merge, where no name has to be typed."""
        if not self._names:
            self._merge(())

    def _merge(self, confirmed: tuple[str, ...]) -> None:
        if self._state != "asking" or self.gates is None or self.shut:
            return
        self._state = "merging"
        self.query_one("#typed").display = False
        self.set_focus(None)
        self.query_one("#keys", Words).say((("· asking the gates, then merging", "muted"),))
        flight, engine, way = self._flight, engine_of(self), self._flight.methods[self._way]
        reasons = self._reasons

        def work(job: Job) -> Landed:
            return Landed(engine.merge(flight, str(way), confirmed=confirmed, reasons=reasons))

        start(self, "merge", work)

    def on_landed(self, message: Landed) -> None:
        """Done."""
        self.dismiss(message)

    def on_failed(self, message: Failed) -> None:
        """Say why not."""
        self._state = "failed"
        self.query_one("#gates").display = self.gates is not None
        self.query_one("#typed").display = False
        self.set_focus(None)
        self.query_one("#consequence", Words).say(*error_paragraphs(message.error))
        self.query_one("#keys", Words).say(keys_line(("Esc", "close")))

    def action_cancel(self) -> None:
        """Close; a merge that has begun goes on."""
        if self._state == "merging":
            self.app.notice("the merge was asked for already", "i on the board shows how it ended")
        self.dismiss(None)
