"""The line in which a filter is typed, for every screen that has a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget
from textual.widgets import Input

from liftlock_tui.screens.page import Page
from liftlock_tui.widgets.bars import Footer

if TYPE_CHECKING:
    from liftlock_tui.widgets.filter_line import FilterLine


class Filtering(Page):
    """Opens the line on `/`, gives each state of it to `sift`, and goes back to the list on Enter."""

    FILTER_HINT: ClassVar[str] = "words that it has; !word leaves out"
    filter_text = ""
    """What is typed."""

    def sift(self, text: str) -> None:
        """Show only what passes."""
        raise NotImplementedError

    def sifted(self) -> Widget:
        """The list that the filter is for."""
        raise NotImplementedError

    def filter_hint(self) -> str:
        """What to type."""
        return self.FILTER_HINT

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed, the key of the filter is a letter as any other."""
        return not (action == "filter" and isinstance(self.focused, Input))

    async def action_filter(self) -> None:
        """Type a filter."""
        from liftlock_tui.widgets.filter_line import FilterLine

        if not self.query("#filter"):
            await self.mount(FilterLine(self.filter_hint()), before=self.query_one(Footer))
        field = self.query_one("#filter")
        field.display = True
        self.set_focus(field)

    def on_filter_line_typed(self, event: FilterLine.Typed) -> None:
        """Show what passes."""
        if event.text != self.filter_text:
            self.filter_text = event.text
            self.sift(event.text)
        if event.done:
            self.close_filter()

    async def set_filter(self, text: str) -> None:
        """Filter by these words."""
        from liftlock_tui.widgets.filter_line import FilterLine

        await self.action_filter()
        self.query_one(FilterLine).value = text
        self.close_filter()

    @property
    def typing_filter(self) -> bool:
        """Whether the keys go to the filter."""
        return self.focused is not None and self.focused.id == "filter"

    def drop_filter(self) -> bool:
        """Take the filter away, or only leave its line; whether there was either."""
        if self.typing_filter and self.filter_text:
            self.close_filter()
            return True
        if not self.typing_filter and not self.filter_text:
            return False
        for field in self.query("#filter"):
            field.value = ""  # type: ignore[attr-defined]
        if self.filter_text:
            self.filter_text = ""
            self.sift("")
        self.close_filter()
        return True

    def close_filter(self) -> None:
        """Back to the list; the line stays as long as it holds something back."""
        for field in self.query("#filter"):
            field.display = bool(getattr(field, "value", ""))
        self.sifted().focus()
