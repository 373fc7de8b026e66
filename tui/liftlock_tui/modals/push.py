"""Pushing: the consequence in a sentence, every commit that goes, and a key or a name that was not pressed before."""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from liftlock.errors import LiftlockError, PushRejected, TerminalNeeded
from liftlock.model.gates import Moment
from liftlock.model.promotion import Promotion, Publication
from liftlock.text import plural, shorten
from liftlock_tui.ink import Piece
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import error_paragraphs, keys_line
from liftlock_tui.modals.gated import ASKING, Gated
from liftlock_tui.render.board import ref_name
from liftlock_tui.render.stage import publication_lines
from liftlock_tui.replies import GatesTold, Overridden, Progress, Published, PushEnded, RivalsTold
from liftlock_tui.widgets.bars import Words
from liftlock_tui.widgets.lines import LineView


class PushDialog(Gated[PushEnded | str]):
    """Closes with what was pushed, with `replan` when the remote has moved and a new plan is wanted, or with None.

    Enter cancels while nothing is typed. Without protected environments `y` pushes; with them their names are typed.
    A closed gate holds it; `o` goes past with a reason, which becomes a part of the commit.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "confirm", "yes", show=False),
        Binding("f", "replan", "plan again", show=False),
        Binding("d,down", "direct(1)", "destination", show=False),
        Binding("up", "direct(-1)", "destination", show=False),
        Binding("n,enter,q", "cancel", "no", show=False),
    ]
    title_text = "Push"
    wide = True
    moment = Moment.PUSH
    taken = "commit it with this reason"

    def __init__(self, promotion: Promotion) -> None:
        super().__init__()
        self._promotion = promotion
        self._publication: Publication | None = None
        self._direct = False
        self._request = False
        """Whether a pull request is wanted instead of a push alone."""
        self._epoch = 0
        self._state = "asking"

    def inside(self) -> ComposeResult:
        """The destination, the consequence, the gates, the commits, what is typed, the keys."""
        yield Words(id="destination")
        yield Words((("· looking at the remote", "muted"),), id="consequence")
        yield Words(id="rivals")
        yield Words(ASKING, id="gates")
        yield LineView(id="commits")
        yield Input(id="typed", classes="plain")
        yield Words(id="keys", classes="keys")

    def on_mount(self) -> None:
        """Ask what a push would do."""
        self.query_one("#typed").display = False
        self.query_one("#rivals").display = False
        self.query_one("#commits", LineView).can_focus = False
        self._request = self.app.board_screen.has_forge and self._promotion.plan is not None
        self._ask()
        self._ask_gates()
        self._look_for_rivals()

    def _look_for_rivals(self) -> None:
        """Fetch, then look who promotes the same; where nothing can be fetched, what is known counts."""
        promotion, engine = self._promotion, engine_of(self)

        def work(job: Job) -> RivalsTold:
            with suppress(LiftlockError):
                engine.fetch(cancelled=job.cancelled)
            return RivalsTold(engine.rivals(made=promotion))

        start(self, "rivals", work)

    def on_rivals_told(self, message: RivalsTold) -> None:
        """Somebody has the same under way."""
        words = self.query_one("#rivals", Words)
        words.display = bool(message.rivals)
        words.say(*((("! ", "behind bold"), (rival.said, "behind")) for rival in message.rivals))

    def _ask_gates(self) -> None:
        promotion, engine = self._promotion, engine_of(self)

        def work(job: Job) -> GatesTold:
            return GatesTold(tuple(engine.gates.of_promotion(promotion, "push", cancelled=job.cancelled)))

        start(self, "gates", work)

    def on_gates_told(self, message: GatesTold) -> None:
        """They are known."""
        self.gates = message.gates
        self._say_gates()
        if self._state == "asking" and self._publication is not None:
            self._say_how()

    def _say_gates(self) -> None:
        self.show_gates(wanted=not self._request)

    def _ask(self) -> None:
        self._epoch += 1
        self._publication = None
        epoch, direct, promotion, engine = self._epoch, self._direct, self._promotion, engine_of(self)
        self._say_destination()
        self._say_gates()
        self.query_one("#keys", Words).say(keys_line(("Esc", "cancel")))
        if self._request:
            self.call_after_refresh(self._say_request)  # the window has given its field the focus by then
            return
        start(
            self, "publication", lambda job: Published(epoch, engine.publication(promotion, direct=direct)), epoch=epoch
        )

    @property
    def _kinds(self) -> tuple[tuple[bool, bool], ...]:
        """The destinations: whether by pull request, whether directly. What an earlier run committed is pushed only."""
        plain = ((False, False), (False, True))
        return (*plain, (True, False)) if self._promotion.plan is not None else plain

    def _say_request(self) -> None:
        """A pull request is asked for in a window of its own."""
        said = "push the branch and open its pull request: who reviews it is asked next"
        self.query_one("#consequence", Words).say(((said, "strong bold"),))
        view = self.query_one("#commits", LineView)
        view.styles.height = 1
        view.show([], top=True)
        self.query_one("#typed").display = False
        self.set_focus(None)
        self.query_one("#keys", Words).say(keys_line(("↑↓", "destination"), ("y", "go on"), ("Enter", "cancel")))

    def _say_destination(self) -> None:
        base = ref_name(self._promotion.base_ref).partition("/")[2] or ref_name(self._promotion.base_ref) or "its base"
        rows: list[tuple[Piece, ...]] = []
        branch = self._promotion.branch
        for kind, name, about in zip(
            self._kinds, (branch, base, f"into {base}"), ("its own branch", "directly", "a pull request"), strict=False
        ):
            on = kind == (self._request, self._direct)
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
        self._say_how()

    def _say_how(self) -> None:
        """How to push it, or what holds it."""
        publication, field = self._publication, self.query_one("#typed", Input)
        if publication is None:
            return
        names = " ".join(publication.confirm)
        held = self.gates is None or bool(self.shut)
        keys = [("↑↓", "destination")]
        field.display = bool(names) and not held
        field.value = ""
        if self.gates is None:
            keys += [("Enter", "cancel")]
        elif self.shut:
            keys += [("o", "override with a reason"), ("Enter", "cancel")]
        elif names:
            field.placeholder = f"type {names} to push"
            keys += [(f"type {names}, then Enter", "push"), ("Esc", "cancel")]
        else:
            keys += [("y", "push"), ("Enter", "cancel")]
        self.set_focus(field if field.display else None)
        self.query_one("#keys", Words).say(keys_line(*keys))

    def action_override(self) -> None:
        """Ask for the reason to go past what is closed."""
        if self._state == "asking" and self._publication is not None and self.shut:
            self._state = "reason"
            self.ask_reason()

    def _override(self) -> None:
        promotion, engine, gates = self._promotion, engine_of(self), self.gates or ()
        self._state = "committing"
        self.query_one("#typed").display = False
        self.set_focus(None)
        self.query_one("#keys", Words).say((("· committing it with the reason", "muted"),))
        start(self, "override", lambda job: Overridden(engine.override(promotion, gates), gates))

    def on_overridden(self, message: Overridden) -> None:
        """The commit says why; it can be pushed now."""
        self.app.committed_anew(self._promotion, message.promotion)
        self._promotion, self.gates, self._state = message.promotion, message.gates, "asking"
        self._ask()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        publication, typed = self._publication, event.value.strip()
        if self._state == "reason":
            if self.go_past(typed) is not None:
                self._override()
        elif not typed:
            self.action_cancel()
        elif publication is not None and sorted(typed.replace(",", " ").split()) == sorted(publication.confirm):
            self._push(publication.confirm)
        elif publication is not None:
            said = f"That is not {' '.join(publication.confirm)}: nothing was pushed."
            self.query_one("#keys", Words).say(((said, "problem"),), keys_line(("Esc", "cancel")))

    def action_confirm(self) -> None:
        """Push, where no name has to be typed; or go on to the pull request."""
        if self._request:
            self.dismiss("propose")
            return
        if self._publication is not None and not self._publication.confirm:
            self._push(())

    def _push(self, confirmed: tuple[str, ...]) -> None:
        publication, gates, engine = self._publication, self.gates, engine_of(self)
        if publication is None or gates is None or self.shut or self._state != "asking":
            return
        self._state = "pushing"
        self.query_one("#typed").display = False
        self.set_focus(None)
        self.query_one("#keys", Words).say((("· pushing", "muted"),))
        epoch = self._epoch

        def work(job: Job) -> PushEnded:
            engine.gates.must_pass(gates, "push")
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
        if message.doing == "rivals":
            return  # the push itself tells what the remote says
        if message.epoch and message.epoch != self._epoch:
            return
        error, publication = message.error, self._publication
        if isinstance(error, TerminalNeeded) and message.doing == "override":
            engine, promotion, gates = engine_of(self), self._promotion, self.gates or ()
            again = lambda: Overridden(engine.override(promotion, gates, interactive=True), gates)  # noqa: E731
            self.app.in_terminal(again, "override in terminal", self)
            return
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

    def action_direct(self, step: int) -> None:
        """The promotion's own branch, straight to the base's, or a pull request."""
        if self._state in ("asking", "failed"):
            self._state = "asking"
            kinds = self._kinds
            at = kinds.index((self._request, self._direct))
            self._request, self._direct = kinds[(at + step) % len(kinds)]
            self._ask()

    def action_cancel(self) -> None:
        """Close; a push that has begun is stopped."""
        if self._state == "committing":
            return
        if self._state == "pushing":
            self.app.notice("the push was stopped", "it may have arrived: r on the board reads again")
            self.workers.cancel_node(self)
        else:
            self.app.notice("nothing was pushed", "P asks again")
        self.dismiss(None)
