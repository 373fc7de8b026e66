"""Before anything is written to a cluster: what it does, what follows, the very commands, and a key that asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from liftlock.model.live import Intervention
from liftlock_tui.ink import Line, line, wrapped
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import Dialog, error_paragraphs, keys_line
from liftlock_tui.replies import Intervened
from liftlock_tui.widgets.bars import Words
from liftlock_tui.widgets.lines import LineView

if TYPE_CHECKING:
    from liftlock_tui.app import LiftlockApp


class InterveneDialog(Dialog[bool]):
    """`y` does it, or the environment's name where it is protected; Enter and Esc do not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "confirm", "yes", show=False),
        Binding("n,enter,q", "cancel", "no", show=False),
    ]
    wide = True

    def __init__(self, offers: Sequence[Intervention]) -> None:
        super().__init__()
        self.title_text = f"{offers[0].act.capitalize()} {offers[0].environment}"
        self._offers = tuple(offers)
        self._confirm = next((offer.confirm for offer in offers if offer.confirm), "")
        self._busy = False

    def inside(self) -> ComposeResult:
        """What follows, and the keys."""
        yield LineView(id="what")
        yield Input(id="typed", classes="plain")
        yield Words(id="keys", classes="keys")

    def on_mount(self) -> None:
        """Say it."""
        field = self.query_one("#typed", Input)
        field.display = bool(self._confirm)
        self.query_one(LineView).can_focus = False
        self._fill()
        if self._confirm:
            field.placeholder = f"type {self._confirm} to do it"
            self.set_focus(field)
            self.query_one("#keys", Words).say(
                keys_line((f"type {self._confirm}, then Enter", "do it"), ("Esc", "cancel"))
            )
        else:
            self.query_one("#keys", Words).say(keys_line(("y", "do it"), ("Enter", "cancel")))

    def on_resize(self) -> None:
        """Lay out anew."""
        self._fill()

    def _fill(self) -> None:
        view = self.query_one(LineView)
        columns = max(30, min(100, self.size.width * 9 // 10 - 8))
        rows: list[Line] = []
        for offer in self._offers:
            if len(self._offers) > 1:
                rows.append(line((offer.label, "accent bold")))
            rows += wrapped(((offer.sentence, "strong bold"),), columns)
            for said in offer.consequences:
                rows += wrapped((("· ", "faint"), (said, "")), columns, indent=2)
            for write in offer.writes:
                rows += wrapped((("$ ", "faint"), (write.script, "muted")), columns, indent=2)
        view.styles.height = max(2, min(len(rows), self.size.height * 8 // 10 - 8))
        view.show(rows)

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.action_cancel()
        elif event.value.strip() == self._confirm:
            self._do(self._confirm)
        else:
            said = f"That is not {self._confirm}: nothing was done."
            self.query_one("#keys", Words).say(((said, "problem"),), keys_line(("Esc", "cancel")))

    def action_confirm(self) -> None:
        """Do it, where no name has to be typed."""
        if not self._confirm:
            self._do("")

    def _do(self, confirmed: str) -> None:
        if self._busy:
            return
        self._busy = True
        offers, live = self._offers, engine_of(self).live
        self.query_one("#keys", Words).say((("· writing to the cluster", "muted"),))

        def work(job: Job) -> Intervened:
            said = [live.intervene(offer, confirmed=confirmed) for offer in offers]
            return Intervened("; ".join(dict.fromkeys(said)))

        start(self, "intervene", work)

    def on_intervened(self, message: Intervened) -> None:
        """It was done."""
        self.app.notice(f"done: {message.said}", "it stands in the command log (@)")
        self.dismiss(True)

    def on_failed(self, message: Failed) -> None:
        """Say why not."""
        self._busy = False
        self.query_one(LineView).show([Line(tuple(pieces)) for pieces in error_paragraphs(message.error)])
        self.query_one("#typed").display = False
        self.query_one("#keys", Words).say(keys_line(("Esc", "close")))

    def action_cancel(self) -> None:
        """Nothing is done."""
        self.dismiss(False)


def ask(app: LiftlockApp, offers: Sequence[Intervention]) -> None:
    """Ask, when there is anything to ask."""
    if offers:
        app.push_screen(InterveneDialog(offers))
