"""`/` on a screen of two panes: the list is filtered, the text beside it is searched."""

from __future__ import annotations

from textual.widget import Widget

from liftlock_tui.screens.filtering import Filtering
from liftlock_tui.sieve import Sieve
from liftlock_tui.widgets.diff_view import DiffView


class Searching(Filtering):
    """What is typed is for the pane that had the focus; another pane begins anew."""

    _seeking = False
    """Whether it is for the text."""

    def text_pane(self) -> DiffView:
        """The text."""
        return self.query_one(DiffView)

    def list_pane(self) -> Widget:
        """The list."""
        raise NotImplementedError

    def sift_list(self, sieve: Sieve) -> None:
        """Show only rows that pass."""
        raise NotImplementedError

    def filter_hint(self) -> str:
        """What to type."""
        return "find in this text; n and N move" if self._seeking else "rows with these words; !word leaves out"

    async def action_filter(self) -> None:
        """Type a filter for the list, or what to find in the text."""
        seeking = isinstance(self.focused, DiffView)
        if seeking is not self._seeking:
            if self.filter_text:
                self.filter_text = ""
                self.sift("")
            self._seeking = seeking
            for field in list(self.query("#filter")):
                await field.remove()
        await super().action_filter()

    def sift(self, text: str) -> None:
        """Filter the list, or find in the text."""
        if self._seeking:
            self.text_pane().search(text)
        else:
            self.sift_list(Sieve.of(text))

    def sifted(self) -> Widget:
        """The pane that it is for."""
        return self.text_pane() if self._seeking else self.list_pane()

    @property
    def sieve_word(self) -> str:
        """What Esc will do to it, "" when there is nothing."""
        if not (self.filter_text or self.typing_filter):
            return ""
        return "no search" if self._seeking else "all rows"
