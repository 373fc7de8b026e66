"""What all small windows share, and those that only say or ask one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from liftlock.errors import LiftlockError
from liftlock_tui.ink import Piece, wrapped
from liftlock_tui.widgets.bars import Words
from liftlock_tui.widgets.lines import LineView

if TYPE_CHECKING:
    from liftlock_tui.app import LiftlockApp

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """A window over the screen. Esc closes it, and nothing happens."""

    app: LiftlockApp
    CSS_PATH = "../styles/dialogs.tcss"
    VERTICAL_BREAKPOINTS = [(0, "-small"), (30, "-roomy")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel", show=False)]
    title_text = ""
    wide = False

    def compose(self) -> ComposeResult:
        """A frame with what the window holds."""
        with Vertical(classes="dialog -wide" if self.wide else "dialog"):
            if self.title_text:
                yield Words(((self.title_text, "accent bold"),), classes="title")
            yield from self.inside()

    def inside(self) -> ComposeResult:
        """What the window holds."""
        raise NotImplementedError

    def action_cancel(self) -> None:
        """Close it, and nothing happens."""
        self.dismiss(None)


def keys_line(*keys: tuple[str, str]) -> tuple[Piece, ...]:
    """Keys and what they do, as the last line of a window."""
    pieces: list[Piece] = []
    for key, does in keys:
        pieces += [(key, "accent bold"), (f" {does}   ", "muted")]
    return tuple(pieces)


class Confirm(Dialog[bool]):
    """Asks before something is done. `y` does it; Enter, `n` and Esc do not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "confirm", "yes", show=False),
        Binding("n,enter,q", "cancel", "no", show=False),
    ]

    def __init__(self, title: str, consequence: Sequence[Iterable[Piece]], yes: str) -> None:
        super().__init__()
        self.title_text = title
        self._consequence = consequence
        self._yes = yes

    def inside(self) -> ComposeResult:
        """The consequence, and the keys."""
        yield Words(*self._consequence)
        yield Words(keys_line(("y", self._yes), ("Enter", "cancel")), classes="keys")

    def action_confirm(self) -> None:
        """Do it."""
        self.dismiss(True)

    def action_cancel(self) -> None:
        """Do not."""
        self.dismiss(False)


class Told(Dialog[None]):
    """Says something that has to be read: an error with its detail and hint, or a list. It scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,q", "cancel", "close", show=False)]

    def __init__(self, title: str, paragraphs: Sequence[Iterable[Piece]]) -> None:
        super().__init__()
        self.title_text = title
        self._paragraphs = [tuple(pieces) for pieces in paragraphs]

    def inside(self) -> ComposeResult:
        """The paragraphs."""
        yield LineView()
        yield Words(keys_line(("j k", "scroll"), ("Esc", "close")), classes="keys")

    def on_mount(self) -> None:
        """As high as the text is, where there is room."""
        self.query_one(LineView).focus()
        self._fill()

    def on_resize(self) -> None:
        """Lay out anew."""
        self._fill()

    def _fill(self) -> None:
        view = self.query_one(LineView)
        columns = min(68, max(24, self.size.width * 94 // 100 - 7))
        rows = [row for pieces in self._paragraphs for row in wrapped(pieces, columns, indent=0)]
        view.styles.height = max(1, min(len(rows), self.size.height * 9 // 10 - 8))
        view.show(rows)


def error_paragraphs(error: LiftlockError) -> list[tuple[Piece, ...]]:
    """An error as a person reads it: what happened, why, what to do."""
    paragraphs: list[tuple[Piece, ...]] = [(("! ", "problem bold"), (error.title, "problem bold"))]
    if error.detail:
        paragraphs += [(), *(((text, ""),) for text in error.detail.splitlines())]
    if error.hint:
        paragraphs += [(), (("→ ", "accent"), (error.hint, ""))]
    if error.command:
        paragraphs += [(), (("ran: ", "muted"), (error.command, "muted"))]
    return paragraphs


def told(error: LiftlockError, doing: str = "") -> Told:
    """A window for an error."""
    return Told(doing or "That did not work", error_paragraphs(error))
