"""Pushing: the consequence in a sentence, every commit that goes, and a key or a name that was not pressed before."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from liftlock.errors import LiftlockError, PushRejected, TerminalNeeded
from liftlock.model.promotion import Promotion, Publication
from liftlock.text import plural, shorten
from liftlock_tui.ink import Piece
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import Dialog, error_paragraphs, keys_line
from liftlock_tui.render.board import ref_name
from liftlock_tui.render.stage import publication_lines
from liftlock_tui.replies import Progress, Published, PushEnded
from liftlock_tui.widgets.bars import Words
from liftlock_tui.widgets.lines import LineView


class PushDialog(Dialog[PushEnded | str]):
    """Closes with what was pushed, with `replan` when the remote has moved and a new plan is wanted, or with None.

    Enter cancels while nothing is typed. Without protected environments `y` pushes; with them their names are typed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "confirm", "yes", show=False),
        Binding("f", "replan", "plan again", show=False),
        Binding("d,up,down", "direct", "destination", show=False),
        Binding("n,enter,q", "cancel", "no", show=False),
    ]
    title_text = "Push"
    wide = True

    def __init__(self, promotion: Promotion) -> None:
        super().__init__()
        self._promotion = promotion
        self._publication: Publication | None = None
        self._direct = False
        self._epoch = 0
        self._state = "asking"

    def inside(self) -> ComposeResult:
        """The destination, the consequence, the commits, the name to type, the keys."""
        yield Words(id="destination")
        yield Words((("· looking at the remote", "muted"),), id="consequence")
        yield LineView(id="commits")
        yield Input(id="typed", classes="plain")
        yield Words(id="keys", classes="keys")

    def on_mount(self) -> None:
        """Ask what a push would do."""
        self.query_one("#typed").display = False
        self.query_one("#commits", LineView).can_focus = False
        self._ask()

    def _ask(self) -> None:
        self._epoch += 1
        self._publication = None
        epoch, direct, promotion, engine = self._epoch, self._direct, self._promotion, engine_of(self)
        self._say_destination()
        self.query_one("#keys", Words).say(keys_line(("Esc", "cancel")))
        start(
            self, "publication", lambda job: Published(epoch, engine.publication(promotion, direct=direct)), epoch=epoch
        )

    def _say_destination(self) -> None:
        base = ref_name(self._promotion.base_ref).partition("/")[2] or ref_name(self._promotion.base_ref) or "its base"
        rows: list[tuple[Piece, ...]] = []
        for direct, name, about in ((False, self._promotion.branch, "its own branch"), (True, base, "directly")):
            on = direct is self._direct
            rows.append(
                (
                    ("(•) " if on else "( ) ", "accent bold"),
                    (shorten(name, 90), "strong bold" if on else "muted"),
                    (f"  {about}", "muted"),
                )
            )
        self.query_one("#destination", Words).say(*rows)

    def on_published(self, message: Published) -> None:
        """Show it, and how to confirm."""
        if message.epoch != self._epoch:
            return
        publication = self._publication = message.publication
        count = plural(len(publication.commits), "commit")
        foreign = len(publication.foreign)
        carried: tuple[Piece, ...] = ((f"carries {count}", "muted"),)
        if foreign:
            carried += ((f", {foreign} not of this promotion", "behind"),)
        self.query_one("#consequence", Words).say(((publication.consequence, "strong bold"),), carried)
        view = self.query_one("#commits", LineView)
        rows = publication_lines(publication, self.app.now(), max(30, self.query_one("#consequence").size.width - 2))
        view.styles.height = min(len(rows), 9)
        view.show(rows, top=True)
        field = self.query_one("#typed", Input)
        names = " ".join(publication.confirm)
        field.display = bool(names)
        keys = [("↑↓", "destination")]
        if names:
            field.placeholder = f"type {names} to push"
            self.set_focus(field)
            keys += [(f"{names} Enter", "push"), ("Enter", "cancel")]
        else:
            self.set_focus(None)
            keys += [("y", "push"), ("Enter", "cancel")]
        self.query_one("#keys", Words).say(keys_line(*keys))

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        publication = self._publication
        if not event.value.strip():
            self.action_cancel()
        elif publication is not None and sorted(event.value.replace(",", " ").split()) == sorted(publication.confirm):
            self._push(publication.confirm)
        elif publication is not None:
            said = f"That is not {' '.join(publication.confirm)}: nothing was pushed."
            self.query_one("#keys", Words).say(((said, "problem"),), keys_line(("Esc", "cancel")))

    def action_confirm(self) -> None:
        """Push, where no name has to be typed."""
        if self._publication is not None and not self._publication.confirm and self._state == "asking":
            self._push(())

    def _push(self, confirmed: tuple[str, ...]) -> None:
        publication, engine = self._publication, engine_of(self)
        if publication is None or self._state != "asking":
            return
        self._state = "pushing"
        self.query_one("#typed").display = False
        self.set_focus(None)
        self.query_one("#keys", Words).say((("· pushing", "muted"),))
        epoch = self._epoch

        def work(job: Job) -> PushEnded:
            pushed = engine.push(
                publication,
                confirmed=confirmed,
                cancelled=job.cancelled,
                progress=lambda text: job.post(Progress(epoch, text)),
            )
            return PushEnded(pushed, publication)

        start(self, "push", work, epoch=epoch)

    def on_progress(self, message: Progress) -> None:
        """How far the push is."""
        if self._state == "pushing":
            self.query_one("#keys", Words).say(
                (("· ", "faint"), (message.text.strip(), "muted")), keys_line(("Esc", "stop"))
            )

    def on_push_ended(self, message: PushEnded) -> None:
        """Done."""
        self.dismiss(message)

    def on_failed(self, message: Failed) -> None:
        """Say why; where the remote has moved, offer the way on."""
        if message.epoch and message.epoch != self._epoch:
            return
        error, publication = message.error, self._publication
        if isinstance(error, TerminalNeeded) and message.doing == "push" and publication is not None:
            engine = engine_of(self)
            self.app.in_terminal(
                lambda: PushEnded(
                    engine.push(publication, confirmed=publication.confirm, interactive=True), publication
                ),
                "push in terminal",
                self,
            )
            return
        self._state = "rejected" if isinstance(error, PushRejected) else "failed"
        self.query_one("#typed").display = False
        self.set_focus(None)
        self._say_error(error)

    def _say_error(self, error: LiftlockError) -> None:
        self.query_one("#consequence", Words).say(*error_paragraphs(error))
        keys = [("f", "fetch and plan again on the new base")] if self._state == "rejected" else []
        self.query_one("#keys", Words).say(keys_line(*keys, ("Esc", "close")))

    def action_replan(self) -> None:
        """Fetch and plan again."""
        if self._state == "rejected":
            self.dismiss("replan")

    def action_direct(self) -> None:
        """The promotion's own branch, or straight to the base's."""
        if self._state in ("asking", "failed"):
            self._state = "asking"
            self._direct = not self._direct
            self._ask()

    def action_cancel(self) -> None:
        """Close; a push that has begun is stopped."""
        if self._state == "pushing":
            self.app.notice("the push was stopped", "it may have arrived: r on the board reads again")
            self.workers.cancel_node(self)
        self.dismiss(None)
