"""The commit's message, to be read and edited before anything is written."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, TextArea

from liftlock.errors import LiftlockError, TerminalNeeded
from liftlock.model.plan import Plan
from liftlock.text import printable
from liftlock_tui.jobs import engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import Dialog, error_paragraphs, keys_line
from liftlock_tui.replies import Committed, Proposed, RivalsTold
from liftlock_tui.widgets.bars import Words


class CommitDialog(Dialog[Committed | str]):
    """Closes with the commit, or with the text that was typed so that it is not lost."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "commit", "commit", show=False, priority=True)]
    title_text = "Commit"
    wide = True

    def __init__(self, plan: Plan, draft: str | None) -> None:
        super().__init__()
        self._plan = plan
        self._draft = draft
        self._branch = ""
        self._proposed = ""
        self._busy = False

    def inside(self) -> ComposeResult:
        """The branch, the message, the button."""
        yield Words((("· asking for branch and message", "muted"),), id="branch")
        yield Words(id="rivals")
        yield TextArea("", id="message", show_line_numbers=False, highlight_cursor_line=False)
        yield Words(id="trouble")
        yield Button(Content("Commit"), id="commit", compact=True)
        yield Words(
            keys_line(("ctrl-s", "commit"), ("Tab", "to the button"), ("Esc", "back, the text is kept")), classes="keys"
        )

    def on_mount(self) -> None:
        """Ask for what the message would be."""
        self.query_one("#trouble").display = False
        self.query_one("#rivals").display = False
        self.query_one(TextArea).focus()
        engine, plan = engine_of(self), self._plan
        start(self, "propose", lambda job: Proposed(engine.message(plan), engine.branch_name(plan)))
        start(self, "rivals", lambda job: RivalsTold(engine.rivals(plan)))

    def on_rivals_told(self, message: RivalsTold) -> None:
        """Somebody has the same under way: that is told before anything is committed."""
        words = self.query_one("#rivals", Words)
        words.display = bool(message.rivals)
        words.say(*((("! ", "behind bold"), (rival.said, "behind")) for rival in message.rivals))

    def on_proposed(self, message: Proposed) -> None:
        """Fill in what was proposed, unless the person has begun to type."""
        self._branch, self._proposed = message.branch, message.message
        area = self.query_one(TextArea)
        if not area.text:
            area.text = printable(self._draft if self._draft is not None else message.message, newlines=True)
        told = (
            (("new branch ", "muted"), (message.branch, "strong bold"), (f" on {self._plan.base[:7]}", "muted")),
            (
                (
                    "HEAD, index, work tree and stash stay as they are; commit-msg hooks run, pre-commit does not",
                    "muted",
                ),
            ),
        )
        self.query_one("#branch", Words).say(*told)

    @on(Button.Pressed)
    def action_commit(self) -> None:
        """Commit with the text as it stands."""
        if self._busy or not self._branch:
            return
        text = self.query_one(TextArea).text
        if not text.strip():
            self._trouble(LiftlockError("A commit needs a message", "the text is empty", "type one, or Esc"))
            return
        self._busy = True
        self.query_one("#trouble").display = False
        self.query_one("#branch", Words).say((("· committing", "muted"),))
        engine, plan, branch = engine_of(self), self._plan, self._branch
        start(self, "commit", lambda job: Committed(engine.commit(plan, message=text, branch=branch)))

    def on_committed(self, message: Committed) -> None:
        """Done."""
        self.dismiss(message)

    def on_failed(self, message: Failed) -> None:
        """Say why; the text stays."""
        if message.doing == "rivals":
            return  # the push looks again
        self._busy = False
        if isinstance(message.error, TerminalNeeded) and message.doing == "commit":
            engine, plan, branch, text = engine_of(self), self._plan, self._branch, self.query_one(TextArea).text
            self.app.in_terminal(
                lambda: Committed(engine.commit(plan, message=text, branch=branch, interactive=True)),
                "commit in terminal",
                self,
            )
            return
        if self._branch:
            self.query_one("#branch", Words).say((("new branch ", "muted"), (self._branch, "strong bold")))
        self._trouble(message.error)

    def _trouble(self, error: LiftlockError) -> None:
        trouble = self.query_one("#trouble", Words)
        trouble.display = True
        trouble.say(*error_paragraphs(error))

    def action_cancel(self) -> None:
        """Close; what was typed is kept."""
        if self._busy:
            return
        text = self.query_one(TextArea).text
        self.dismiss(text if text and text != self._proposed else None)
