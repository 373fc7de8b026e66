"""Opening a pull request for what was committed, or updating the one in flight."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from liftlock.model.promotion import Promotion
from liftlock_tui.ink import Piece
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import Dialog, error_paragraphs, keys_line
from liftlock_tui.render.board import ref_name
from liftlock_tui.render.reviews import moves_text, state_pieces
from liftlock_tui.replies import InFlight, Progress, RequestOpened
from liftlock_tui.widgets.bars import Words


class ProposeDialog(Dialog[RequestOpened]):
    """Closes with the pull request, or with None. Enter in the field opens it; Enter elsewhere cancels."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "confirm", "yes", show=False),
        Binding("ctrl+t", "draft", "draft", show=False),
        Binding("n,enter,q", "cancel", "no", show=False),
    ]
    title_text = "Pull request"
    wide = True

    def __init__(self, promotion: Promotion) -> None:
        super().__init__()
        self._promotion = promotion
        self._busy = True
        self._draft = False
        self._there: InFlight | None = None

    def inside(self) -> ComposeResult:
        """What is proposed, what is in flight already, whom to ask, the keys."""
        yield Words(id="what")
        yield Words((("· asking the forge", "muted"),), id="consequence")
        yield Input(id="typed", classes="plain", placeholder="whom to ask for a review, by their names on the forge")
        yield Words(id="keys", classes="keys")

    def on_mount(self) -> None:
        """Ask whether one is in flight."""
        made = self._promotion
        base = ref_name(made.base_ref).partition("/")[2] or ref_name(made.base_ref)
        branch = ((made.branch, "muted"), (" → ", "accent"), (base, "strong"))
        self.query_one("#what", Words).say(((made.message.partition("\n")[0], "strong bold"),), branch)
        self.query_one("#typed").display = False
        self.query_one("#keys", Words).say(keys_line(("Esc", "cancel")))
        engine, plan = engine_of(self), made.plan

        def work(job: Job) -> InFlight:
            reviews = engine.reviews_of(made.targets)
            where, user = reviews.forge.where, reviews.me()
            return InFlight(reviews.in_flight(plan) if plan is not None and user else None, where, user)

        start(self, "in flight", work)

    def on_in_flight(self, message: InFlight) -> None:
        """Say what would be done."""
        self._busy, self._there = False, message
        rows: list[tuple[Piece, ...]] = []
        if not message.user:
            rows.append(
                ((f"no token is known for {message.where}: the branch is pushed, the page to open is shown", "behind"),)
            )
        elif message.flight is None:
            rows.append(
                ((f"push the branch and open a pull request on {message.where} as {message.user}", "strong bold"),)
            )
        else:
            flight = message.flight
            rows.append(
                (
                    (f"#{flight.number} of {flight.request.author} is in flight and is updated: ", "strong bold"),
                    (moves_text(flight), ""),
                )
            )
            rows.append((*state_pieces(flight), ("  its reviews may have to be given again", "muted")))
        self.query_one("#consequence", Words).say(*rows)
        field = self.query_one("#typed", Input)
        field.display = bool(message.user)
        if message.user:
            self.set_focus(field)
        self._say_keys()

    def _say_keys(self) -> None:
        if self.query_one("#typed").display:
            new = self._there is not None and self._there.flight is None
            draft = [("ctrl-t", "open it" if self._draft else "as a draft")] if new else []
            act = "update it" if not new else "open a draft" if self._draft else "open it"
            self.query_one("#keys", Words).say(keys_line(("Enter", act), *draft, ("Esc", "cancel")))
        else:
            self.query_one("#keys", Words).say(keys_line(("y", "push the branch"), ("Esc", "cancel")))

    def action_draft(self) -> None:
        """A draft or not."""
        self._draft = not self._draft
        self._say_keys()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        self._propose(tuple(event.value.replace(",", " ").replace("@", "").split()))

    def action_confirm(self) -> None:
        """Push the branch, where there is no token."""
        if self._there is not None:
            self._propose(())

    def _propose(self, reviewers: tuple[str, ...]) -> None:
        made, engine, draft = self._promotion, engine_of(self), self._draft
        plan = made.plan
        if self._busy or plan is None:
            return
        self._busy = True
        self.query_one("#typed").display = False
        self.set_focus(None)
        self.query_one("#keys", Words).say((("· pushing, then asking the forge", "muted"),))

        def work(job: Job) -> RequestOpened:
            told = lambda text: job.post(Progress(0, text))  # noqa: E731
            return RequestOpened(engine.propose(plan, made=made, draft=draft, reviewers=reviewers, told=told))

        start(self, "propose", work)

    def on_progress(self, message: Progress) -> None:
        """A remark on the way."""
        self.app.notice(message.text)

    def on_request_opened(self, message: RequestOpened) -> None:
        """Done."""
        self.dismiss(message)

    def on_failed(self, message: Failed) -> None:
        """Say why not."""
        self._busy = False
        self.query_one("#typed").display = False
        self.set_focus(None)
        self.query_one("#consequence", Words).say(*error_paragraphs(message.error))
        self.query_one("#keys", Words).say(keys_line(("Esc", "close")))
