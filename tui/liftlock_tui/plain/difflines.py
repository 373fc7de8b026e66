"""Lines of a diff as git prints them."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.model.diff import LineKind
from liftlock_tui.plain.output import Output


def diff_lines(out: Output, lines: Sequence[object]) -> None:
    """Lines of a diff as git prints them."""
    for line in lines:
        kind, text = line.kind, line.text  # type: ignore[attr-defined]
        if kind is LineKind.ADD:
            out.line(out.style(f"+{text}", "green"))
        elif kind is LineKind.REMOVE:
            out.line(out.style(f"-{text}", "red"))
        elif kind is LineKind.HUNK:
            out.line(out.style(text, "cyan"))
        else:
            out.line(f" {text}")
