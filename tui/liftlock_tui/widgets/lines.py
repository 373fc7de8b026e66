"""Long texts and lists, of which only the visible lines are drawn."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from liftlock_tui.actions import bindings
from liftlock_tui.ink import BLANK, Line, Palette

if TYPE_CHECKING:
    from liftlock_tui.app import LiftlockApp


class Painted(ScrollView):
    """A scrolling view that draws lines with the palette of the app."""

    app: LiftlockApp

    @property
    def palette(self) -> Palette:
        """The styles of the theme in use."""
        return self.app.palette

    @property
    def base(self) -> Style:
        """The widget's own text and background."""
        return self.visual_style.rich_style

    @property
    def columns(self) -> int:
        """How many columns there are to draw in."""
        return max(1, self.scrollable_content_region.width)

    @property
    def lasting_columns(self) -> int:
        """How many columns there are even when a scroll bar comes."""
        bar = 0 if self.show_vertical_scrollbar else self.styles.scrollbar_size_vertical
        return max(1, self.columns - bar)

    def move_to(self, x: int | None = None, y: int | None = None) -> None:
        """Scroll at once."""
        self.scroll_to(x, y, animate=False, immediate=True)

    def page(self) -> int:
        """Lines in a page."""
        return max(1, self.scrollable_content_region.height)


class LineView(Painted, can_focus=True, inherit_bindings=False):
    """Lines to read: scrolls, has no cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("move")]

    def __init__(self, lines: Sequence[Line] = (), *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = lines

    @property
    def lines(self) -> Sequence[Line]:
        """What is shown."""
        return self._lines

    def show(self, lines: Sequence[Line], *, top: bool = False) -> None:
        """Show other lines; the place stays unless `top`."""
        self._lines = lines
        self._measure()
        if top:
            self.move_to(0, 0)
        self.refresh()

    def _measure(self) -> None:
        self.virtual_size = Size(max((drawn.width for drawn in self._lines), default=0), len(self._lines))

    def on_mount(self) -> None:
        """Lay out what was given at the start."""
        self._measure()

    def render_line(self, y: int) -> Strip:
        """One visible line."""
        x, top = self.scroll_offset
        return self.palette.strip(self.drawn(y + top), self.columns, base=self.base, start=x, goes_on=True)

    def drawn(self, number: int) -> Line:
        """A line as it is drawn."""
        return self._lines[number] if number < len(self._lines) else BLANK

    def action_down(self) -> None:
        """A line down."""
        self.move_to(y=self.scroll_offset.y + 1)

    def action_up(self) -> None:
        """A line up."""
        self.move_to(y=self.scroll_offset.y - 1)

    def action_first(self) -> None:
        """To the first line."""
        self.move_to(y=0)

    def action_last(self) -> None:
        """To the last line."""
        self.move_to(y=self.virtual_size.height)

    def action_half_down(self) -> None:
        """Half a page down."""
        self.move_to(y=self.scroll_offset.y + self.page() // 2)

    def action_half_up(self) -> None:
        """Half a page up."""
        self.move_to(y=self.scroll_offset.y - self.page() // 2)

    def action_page_down(self) -> None:
        """A page down."""
        self.move_to(y=self.scroll_offset.y + self.page() - 1)

    def action_page_up(self) -> None:
        """A page up."""
        self.move_to(y=self.scroll_offset.y - self.page() + 1)


class Row(NamedTuple):
    """An item of a list: what it stands for, and its lines. A row without a key is a heading."""

    key: Hashable
    lines: tuple[Line, ...]


class LineList(Painted, can_focus=True, inherit_bindings=False):
    """Rows with a cursor that stays with what it stands on."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("move", "list")]

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, rows: LineList, key: Hashable) -> None:
            super().__init__()
            self.rows = rows
            self.key = key

        @property
        def control(self) -> LineList:
            """The list."""
            return self.rows

        def can_replace(self, message: Message) -> bool:
            """Only the last place matters."""
            return isinstance(message, LineList.Moved) and message.rows is self.rows

    class Chosen(Message):
        """A row was taken."""

        def __init__(self, rows: LineList, key: Hashable) -> None:
            super().__init__()
            self.rows = rows
            self.key = key

        @property
        def control(self) -> LineList:
            """The list."""
            return self.rows

    def __init__(self, rows: Sequence[Row] = (), *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.rows: Sequence[Row] = ()
        self.cursor = 0
        self.lit = False
        """Whether the cursor shines though the keys go through another widget."""
        self._tops: list[int] = []
        self._owner: list[int] = []
        self._given = rows

    def on_mount(self) -> None:
        """Show what was given at the start."""
        if self._given and not self.rows:
            self.show(self._given)

    @property
    def key(self) -> Hashable:
        """What the cursor stands on, None when on nothing."""
        return self.rows[self.cursor].key if self.cursor < len(self.rows) else None

    def show(self, rows: Sequence[Row], *, key: Hashable = None) -> None:
        """Show other rows; the cursor stays on its key, or goes to `key`, else to the nearest place."""
        wanted = key if key is not None else self.key
        before = self.key
        self.rows = rows
        self._tops, self._owner = [], []
        for index, row in enumerate(rows):
            self._tops.append(len(self._owner))
            self._owner += [index] * len(row.lines)
        found = next((i for i, row in enumerate(rows) if row.key is not None and row.key == wanted), None)
        self.cursor = found if found is not None else self._near(min(self.cursor, max(0, len(rows) - 1)), 1)
        self.virtual_size = Size(self.columns, len(self._owner))
        self._reveal()
        self.refresh()
        if self.key != before:
            self.post_message(self.Moved(self, self.key))

    def go(self, key: Hashable) -> None:
        """Put the cursor on a row."""
        for index, row in enumerate(self.rows):
            if row.key == key:
                self._move(index)

    def top_of(self, index: int) -> int:
        """The first visible line of a row, from the top of the widget."""
        return self._tops[index] - self.scroll_offset.y

    def render_line(self, y: int) -> Strip:
        """One visible line."""
        number = y + self.scroll_offset.y
        if number >= len(self._owner):
            return Strip.blank(self.columns, self.base)
        index = self._owner[number]
        drawn = self.rows[index].lines[number - self._tops[index]]
        under = ""
        if index == self.cursor and self.rows[index].key is not None:
            under = "cursor" if self.has_focus or self.lit else "cursor-idle"
            drawn = Line(drawn.pieces, under)
        return self.palette.strip(drawn, self.columns, base=self.base)

    def _near(self, index: int, step: int) -> int:
        """The nearest row from here that is not a heading."""
        for direction in (step, -step):
            place = index
            while 0 <= place < len(self.rows):
                if self.rows[place].key is not None:
                    return place
                place += direction
        return index

    def _move(self, index: int) -> None:
        if not self.rows:
            return
        step = 1 if index >= self.cursor else -1
        index = self._near(max(0, min(index, len(self.rows) - 1)), step)
        if index != self.cursor:
            self.cursor = index
            self.refresh()
            self.post_message(self.Moved(self, self.key))
        self._reveal()

    def _reveal(self) -> None:
        if not self._tops or self.cursor >= len(self._tops):
            return
        first = self._tops[self.cursor]
        if self.cursor > 0 and self.rows[self.cursor - 1].key is None:
            first = self._tops[self.cursor - 1]
        last = self._tops[self.cursor] + len(self.rows[self.cursor].lines)
        top, height = self.scroll_offset.y, self.page()
        if first < top:
            self.move_to(y=first)
        elif last > top + height:
            self.move_to(y=last - height)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._reveal()

    def on_focus(self) -> None:
        """The cursor shows that keys come here."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor shows that keys go elsewhere."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one takes the row."""
        number = event.y + self.scroll_offset.y
        if 0 <= number < len(self._owner):
            index = self._owner[number]
            if self.rows[index].key is None:
                return
            again = index == self.cursor and event.chain > 1
            self._move(index)
            if again:
                self.action_choose()

    def action_choose(self) -> None:
        """Take the row under the cursor."""
        if self.key is not None:
            self.post_message(self.Chosen(self, self.key))

    def action_down(self) -> None:
        """Next row."""
        self._move(self.cursor + 1)

    def action_up(self) -> None:
        """Row before."""
        place = self.cursor - 1
        while place >= 0 and self.rows[place].key is None:
            place -= 1
        if place >= 0:
            self._move(place)
        else:
            self.move_to(y=0)

    def action_first(self) -> None:
        """First row."""
        self._move(0)
        self.move_to(y=0)

    def action_last(self) -> None:
        """Last row."""
        self._move(len(self.rows) - 1)

    def action_half_down(self) -> None:
        """Half a page down."""
        self._jump(self.page() // 2)

    def action_half_up(self) -> None:
        """Half a page up."""
        self._jump(-(self.page() // 2))

    def action_page_down(self) -> None:
        """A page down."""
        self._jump(self.page() - 1)

    def action_page_up(self) -> None:
        """A page up."""
        self._jump(1 - self.page())

    def _jump(self, lines: int) -> None:
        if not self._owner:
            return
        number = max(0, min(len(self._owner) - 1, self._tops[self.cursor] + lines))
        self._move(self._owner[number])
