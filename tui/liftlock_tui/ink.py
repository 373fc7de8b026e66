"""Lines of text with roles, and the styles a theme gives to roles.

A line is made of pieces: a text and the roles it plays (`muted`, `behind bold`). Nothing is ever markup, so text from
a repository can say what it likes; and no piece reaches the terminal without passing `clean`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.content import Content
from textual.strip import Strip
from textual.style import Style as ContentStyle

from liftlock.text import printable, width

if TYPE_CHECKING:
    from textual.theme import Theme

Piece = tuple[str, str]
"""A text and its roles, separated by spaces."""


class Line(NamedTuple):
    """Pieces side by side; `fill` is a role whose background the whole line takes."""

    pieces: tuple[Piece, ...] = ()
    fill: str = ""

    @property
    def text(self) -> str:
        """The line without roles."""
        return "".join(text for text, _ in self.pieces)

    @property
    def width(self) -> int:
        """How many columns it takes."""
        return sum(width(text) for text, _ in self.pieces)


BLANK = Line()

ATTRIBUTES = ("bold", "dim", "italic", "underline", "reverse", "strike")
FILLS = ("cursor", "cursor-idle", "added-line", "removed-line", "added-word", "removed-word", "bar", "chip")
"""Roles that are a background."""

FADED = str.maketrans("▲●▌→…─━▾▸·◈↑↓←•×—–│┃■□✓⇢“”’▼≠‖✗∅↻⊘↯◌⇄↶›", '^*|>~-=v>.#^v<*x--||#.v>""\'v/|!0@%!o=<>')
"""The signs of the app in ASCII, one for one."""


def line(*pieces: Piece | str, fill: str = "") -> Line:
    """A line of these pieces; a bare string has no role."""
    return Line(tuple((piece, "") if isinstance(piece, str) else piece for piece in pieces if piece), fill)


def clean(text: str) -> str:
    """The text as it may be written to a terminal."""
    return text if text.isprintable() else printable(text)


def fit(pieces: Iterable[Piece], columns: int, *, pad: bool = True, fill: str = "") -> tuple[Piece, ...]:
    """The pieces cut to so many columns, and filled up with spaces."""
    taken: list[Piece] = []
    left = columns
    for text, roles in pieces:
        wide = width(text)
        if wide <= left:
            taken.append((text, roles))
            left -= wide
            continue
        if left > 0:
            cut, used = [], 0
            for character in text:
                used += width(character)
                if used > left - 1:
                    break
                cut.append(character)
            shown = "".join(cut) + "…"
            taken.append((shown, roles))
            left -= width(shown)
        break
    if pad and left > 0:
        taken.append((" " * left, fill))
    return tuple(taken)


def marked(drawn: Line, wanted: str) -> Line:
    """The line with each place that has `wanted` (small letters) reversed, across its pieces."""
    text = drawn.text
    low = text.lower()
    if len(low) != len(text):  # a letter whose small form is longer: the places would be wrong
        low = text
    inside = [False] * len(text)
    at = low.find(wanted)
    while wanted and at >= 0:
        inside[at : at + len(wanted)] = [True] * len(wanted)
        at = low.find(wanted, at + len(wanted))
    if not any(inside):
        return drawn
    pieces: list[Piece] = []
    place = 0
    for piece, roles in drawn.pieces:
        for found, run in groupby(range(place, place + len(piece)), key=inside.__getitem__):
            shown = "".join(text[index] for index in run)
            pieces.append((shown, f"{roles} bold reverse" if found else roles))
        place += len(piece)
    return Line(tuple(pieces), drawn.fill)


def wrapped(pieces: Iterable[Piece], columns: int, *, indent: int = 0) -> list[Line]:
    """The pieces broken into lines at spaces; lines after the first are indented."""
    lines: list[list[Piece]] = [[]]
    used = 0
    columns = max(columns, indent + 8)
    for text, roles in pieces:
        for index, word in enumerate(text.split(" ")):
            token = word if index == 0 else f" {word}"
            while used + width(token) > columns:
                if used > indent:
                    lines.append([(" " * indent, "")] if indent else [])
                    used, token = indent, token.lstrip(" ")
                    continue
                head = cut(token, columns - used)
                lines[-1].append((head, roles))
                lines.append([(" " * indent, "")] if indent else [])
                used, token = indent, token[len(head) :]
            if token:
                lines[-1].append((token, roles))
                used += width(token)
    return [Line(tuple(parts)) for parts in lines]


def cut(text: str, columns: int) -> str:
    """As much of the text as fits, one character at least."""
    used = 0
    for index, character in enumerate(text):
        used += width(character)
        if used > columns:
            return text[: max(1, index)]
    return text


class Palette:
    """The styles of one theme, by role. `faded` shows the app's own signs in ASCII."""

    def __init__(self, variables: Mapping[str, str], *, faded: bool = False) -> None:
        self._variables = variables
        self._styles: dict[str, Style] = {}
        self.faded = faded

    def style(self, roles: str) -> Style:
        """The style of these roles laid over each other."""
        known = self._styles.get(roles)
        if known is None:
            known = self._styles[roles] = self._make(roles)
        return known

    def strip(
        self, drawn: Line, columns: int, *, base: Style, start: int = 0, under: str = "", goes_on: bool = False
    ) -> Strip:
        """A line as the terminal gets it: from column `start`, exactly so many columns, on a base style.

        With `goes_on` a sign stands at the edge where there is more of it.
        """
        base = base + self.style(under) if under else base
        if drawn.fill:
            base = base + self.style(drawn.fill)
        segments = [Segment(self.text(text), seen(base + self.style(roles))) for text, roles in drawn.pieces]
        whole = Strip(segments)
        if goes_on and whole.cell_length > start + columns:
            shown = whole.crop(start, start + columns - 1)
            return Strip([*shown, Segment(self.text("›"), base + self.style("muted"))]).adjust_cell_length(
                columns, base
            )
        return whole.crop_extend(start, start + columns, base)

    def content(self, lines: Iterable[Line]) -> Content:
        """Lines as content for a widget that is not a list of lines."""
        parts: list[str | tuple[str, ContentStyle]] = []
        for number, drawn in enumerate(lines):
            if number:
                parts.append("\n")
            parts += [
                (self.text(text), ContentStyle.from_rich_style(self.style(roles))) for text, roles in drawn.pieces
            ]
        return Content.assemble(*parts)

    def text(self, text: str) -> str:
        """A text as it is written."""
        shown = clean(text)
        return shown.translate(FADED) if self.faded else shown

    def _make(self, roles: str) -> Style:
        style = Style.null()
        for role in roles.split():
            if role in ATTRIBUTES:
                style += Style.parse(role)
                continue
            value = self._variables.get(f"lift-{role}")
            if value is None:
                continue
            try:
                colour = Color.parse(value).rich_color
            except ColorParseError:
                continue
            style += Style(bgcolor=colour) if role in FILLS else Style(color=colour)
        return style


def seen(style: Style) -> Style:
    """The style, with the terminal's own colour where its text has the colour of its ground: of 16, two meet soon."""
    if style.color is not None and style.color == style.bgcolor:
        return style + _PLAIN
    return style


_PLAIN = Style(color="default")
_MARK_HUES = (200, 30, 130, 285, 55, 340, 170, 240)


def variables(theme: Theme) -> dict[str, str]:
    """The app's own colours made from a theme that does not give them."""
    if theme.ansi:
        return dict(_ANSI)
    dark = theme.dark
    background = Color.parse(theme.background or ("#121212" if dark else "#f2f2f2"))
    foreground = Color.parse(theme.foreground or background.inverse)
    accent = Color.parse(theme.primary).blend(foreground, 0.25)
    good, warn, bad = (
        Color.parse(value or fallback)
        for value, fallback in ((theme.success, "#4ebf71"), (theme.warning, "#ffa62b"), (theme.error, "#ba3c5b"))
    )
    mixed = {
        "muted": foreground.blend(background, 0.4),
        "faint": foreground.blend(background, 0.72),
        "strong": foreground,
        "accent": accent,
        "level": good.blend(foreground, 0.25),
        "behind": warn,
        "problem": bad,
        "added": good,
        "removed": bad,
        "added-line": background.blend(good, 0.10),
        "removed-line": background.blend(bad, 0.10),
        "added-word": background.blend(good, 0.32),
        "removed-word": background.blend(bad, 0.32),
        "cursor": background.blend(accent, 0.24),
        "cursor-idle": background.blend(foreground, 0.08),
        "bar": background.blend(foreground, 0.05),
        "chip": background.blend(foreground, 0.13),
        "version": accent,
        "setting": Color.parse(theme.secondary or theme.primary).blend(foreground, 0.3),
        "identity": foreground.blend(background, 0.4),
        "sizing": foreground.blend(background, 0.4),
        "structure": warn.blend(foreground, 0.2),
    }
    for number, hue in enumerate(_MARK_HUES):
        mixed[f"mark-{number}"] = Color.from_hsl(hue / 360, 0.55 if dark else 0.65, 0.68 if dark else 0.34)
    return {f"lift-{name}": colour.hex6 for name, colour in mixed.items()}


_ANSI = {
    f"lift-{name}": f"ansi_{colour}"
    for name, colour in {
        "muted": "bright_black", "faint": "bright_black", "strong": "default", "accent": "cyan", "level": "green",
        "behind": "yellow", "problem": "red", "added": "green", "removed": "red", "cursor": "blue",
        "cursor-idle": "bright_black", "version": "cyan", "setting": "blue", "identity": "bright_black",
        "sizing": "bright_black", "structure": "yellow", "mark-0": "cyan", "mark-1": "yellow", "mark-2": "green",
        "mark-3": "magenta", "mark-4": "bright_yellow", "mark-5": "red", "mark-6": "bright_cyan",
        "mark-7": "bright_blue", "added-line": "default", "removed-line": "default", "added-word": "default",
        "removed-word": "default", "bar": "default", "chip": "default",
    }.items()
}  # fmt: skip
