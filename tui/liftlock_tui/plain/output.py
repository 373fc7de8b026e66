"""Writing answers: tables, colours where a terminal wants them, JSON, and errors that say what to do next."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from liftlock.errors import LiftlockError
from liftlock.text import has_unsafe, printable, shorten, width

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
_ASCII = {
    "→": "->",
    "…": "...",
    "·": ".",
    "×": "x",
    "–": "-",
    "•": "*",
    "✓": "ok",
    "✗": "!!",
    "▲": "^",
    "≡": "=",
    "↶": "<-",
}


class Output:
    """Where an answer goes. Colour and signs beyond ASCII are used only where the stream can show them."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        terminal = self._stream.isatty()
        self._colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
        self._columns = shutil.get_terminal_size().columns if terminal else None
        encoding = (getattr(self._stream, "encoding", None) or "ascii").lower().replace("-", "")
        self._unicode = encoding.startswith("utf")

    def line(self, text: str = "") -> None:
        """One line; it is clean already."""
        if not self._unicode:
            for sign, plain in _ASCII.items():
                text = text.replace(sign, plain)
            text = text.encode("ascii", "replace").decode()
        elif not text.isascii():
            text = text.encode("utf-8", "replace").decode()  # half characters cannot be written
        self._stream.write(text + "\n")

    def style(self, text: str, *names: str) -> str:
        """The text in these colours, where colours are shown."""
        if not self._colour or not text:
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"

    def json(self, value: Any) -> None:
        """A JSON document, the only thing on standard output; what a terminal would obey is escaped in it."""
        self._json(value, 2)

    def json_line(self, value: Any) -> None:
        """One JSON document on one line, out at once, for who reads as it comes."""
        self._json(value, None)
        self._stream.flush()

    def _json(self, value: Any, indent: int | None) -> None:
        text = json.dumps(value, indent=indent, ensure_ascii=not self._unicode, default=str)
        if has_unsafe(text):
            text = text.translate({ord(c): json.dumps(c)[1:-1] for c in set(text) if has_unsafe(c)})
        self._stream.write(text + "\n")

    def table(self, rows: Sequence[Sequence[str]], *, head: bool = True, limit: int = 48, bands: bool = False) -> None:
        """Rows in aligned columns, the first as their heading; long cells are cut.

        With `bands`, a table that is wider than the terminal is told in several, each with the first column.
        """
        if not rows:
            return
        cut = [[shorten(cell, limit) for cell in row] for row in rows]
        widths = [max(width(row[i]) for row in cut if i < len(row)) for i in range(max(map(len, cut)))]
        shown = list(self._bands(widths)) if bands else [list(range(len(widths)))]
        for band, columns in enumerate(shown):
            if band:
                self.line()
            for number, row in enumerate(cut):
                cells = [row[i] + " " * (widths[i] - width(row[i])) for i in columns if i < len(row)]
                if len(shown) > 1 and number and not any(cell.strip() for cell in cells[1:]):
                    continue  # nothing of this row is in these columns
                text = "  ".join(cells).rstrip()
                self.line(self.style(text, "bold") if head and number == 0 else text)

    def _bands(self, widths: Sequence[int]) -> Iterator[list[int]]:
        """The columns of each band: the first, and as many of the others as fit beside it, one at least."""
        columns, used = [0], widths[0]
        for number, wide in enumerate(widths[1:], 1):
            if self._columns is not None and len(columns) > 1 and used + 2 + wide > self._columns:
                yield columns
                columns, used = [0], widths[0]
            columns.append(number)
            used += 2 + wide
        yield columns


def complain(error: LiftlockError, *, as_json: bool) -> None:
    """Say what went wrong: JSON on standard output, else up to three lines on standard error."""
    if as_json:
        told = {key: printable(value, newlines=True) for key, value in error.as_json()["error"].items()}
        sys.stdout.write(json.dumps({"error": told}, indent=2) + "\n")
        return
    out = Output(sys.stderr)
    out.line(out.style("liftlock: ", "red", "bold") + printable(error.title))
    if error.detail:
        for line in printable(error.detail, newlines=True).splitlines():
            out.line(f"  {line}")
    if error.hint:
        out.line(out.style(f"  {printable(error.hint)}", "dim"))


def note(text: str) -> None:
    """A remark on standard error."""
    Output(sys.stderr).line(printable(text))
