"""What all small windows share, and those that only say or ask one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from liftlock.errors import LiftlockError
from liftlock_tui.ink import Piece
from liftlock_tui.widgets.bars import Words

if TYPE_CHECKING:
    from liftlock_tui.app import LiftlockApp

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """A window over the screen. Esc closes it, and nothing happens."""

    app: LiftlockApp
    CSS_PATH = "../styles/dialogs.tcss"
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
    """Says something that has to be read: an error with its detail and hint, or a list."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,q", "cancel", "close", show=False)]

    def __init__(self, title: str, paragraphs: Sequence[Iterable[Piece]]) -> None:
        super().__init__()
        self.title_text = title
        self._paragraphs = paragraphs

    def inside(self) -> ComposeResult:
        """The paragraphs."""
        yield Words(*self._paragraphs)
        yield Words(keys_line(("Esc", "close")), classes="keys")


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
