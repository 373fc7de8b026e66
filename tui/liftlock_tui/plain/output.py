"""Writing answers: tables, colours where a terminal wants them, JSON, and errors that say what to do next."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from liftlock.errors import LiftlockError
from liftlock.text import printable, shorten, width

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
_ASCII = {"→": "->", "…": "...", "·": ".", "×": "x", "–": "-", "•": "*", "✓": "ok", "✗": "!!", "▲": "^", "≡": "="}


class Output:
    """Where an answer goes. Colour and signs beyond ASCII are used only where the stream can show them."""

    def __init__(self, stream: TextIO | None = None, *, as_json: bool = False) -> None:
        self._stream = stream or sys.stdout
        self.as_json = as_json
        self._colour = (
            self._stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
        )
        encoding = (getattr(self._stream, "encoding", None) or "ascii").lower().replace("-", "")
        self._unicode = encoding.startswith("utf")

    def line(self, text: str = "") -> None:
        """One line; it is clean already."""
        if not self._unicode:
            for sign, plain in _ASCII.items():
                text = text.replace(sign, plain)
            text = text.encode("ascii", "replace").decode()
        self._stream.write(text + "\n")

    def style(self, text: str, *names: str) -> str:
        """The text in these colours, where colours are shown."""
        if not self._colour or not text:
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"

    def json(self, value: Any) -> None:
        """A JSON document, the only thing on standard output."""
        self._stream.write(json.dumps(value, indent=2, ensure_ascii=not self._unicode, default=str) + "\n")

    def table(self, rows: Sequence[Sequence[str]], *, head: bool = True, limit: int = 48) -> None:
        """Rows in aligned columns, the first as their heading; long cells are cut."""
        if not rows:
            return
        cut = [[shorten(cell, limit) for cell in row] for row in rows]
        widths = [max(width(row[i]) for row in cut if i < len(row)) for i in range(max(map(len, cut)))]
        for number, row in enumerate(cut):
            text = "  ".join(cell + " " * (widths[i] - width(cell)) for i, cell in enumerate(row)).rstrip()
            self.line(self.style(text, "bold") if head and number == 0 else text)


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
