"""A comparison of two environments as Markdown, to paste into a ticket."""

from __future__ import annotations

import re
from collections.abc import Sequence

from liftlock.model.diff import Comparison, Explanation, Status
from liftlock.text import plural, printable

_MOST_FIELDS = 40
_LONGEST = 160
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|])")
_HEADINGS = {
    Explanation.PENDING: "Pending promotion",
    Explanation.EXPECTED: "Expected differences",
    Explanation.UNEXPLAINED: "Unexplained",
}


def as_markdown(left: str, right: str, comparisons: Sequence[Comparison]) -> str:
    """The comparison by explanation, app and object, with a line for each field that differs."""
    lines = [f"# {_text(left)} and {_text(right)}", ""]
    if not comparisons:
        return "\n".join([*lines, "Their manifests are the same.", ""])
    for explanation, heading in _HEADINGS.items():
        group = [c for c in comparisons if c.explanation is explanation]
        if not group:
            continue
        lines += [f"## {heading} ({plural(len(group), 'object')})", ""]
        for comparison in group:
            lines += _comparison(comparison, left, right)
    return "\n".join(lines).rstrip() + "\n"


def _comparison(comparison: Comparison, left: str, right: str) -> list[str]:
    diff = comparison.diff
    place = f" in {_code(diff.key.namespace)}" if diff.key.namespace else ""
    lines = [f"### {_text(comparison.app)}: {_text(diff.key.kind)} {_code(diff.key.name)}{place}", ""]
    why = _text(comparison.why)
    if diff.status is Status.ADDED:
        why = f"only in {_text(right)}"
    elif diff.status is Status.REMOVED:
        why = f"only in {_text(left)}"
    if comparison.commit:
        why += f" ({_code(comparison.commit[:8])} {_text(comparison.subject)})"
    lines += [f"{why}", ""]
    if diff.fields:
        lines += [f"| field | {_text(left)} | {_text(right)} |", "|---|---|---|"]
        for field in diff.fields[:_MOST_FIELDS]:
            lines.append(f"| {_code(field.path)} | {_value(field.old)} | {_value(field.new)} |")
        if len(diff.fields) > _MOST_FIELDS:
            lines.append(f"| … {len(diff.fields) - _MOST_FIELDS} more | | |")
        lines.append("")
    return lines


def _value(value: str | None) -> str:
    if value is None:
        return "absent"
    return _code(value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…")


def _code(text: str) -> str:
    """Text as code, in a table cell as well; with as many backticks around it as it needs."""
    shown = printable(text).replace("|", "\\|")
    if not shown:
        return '`""`'
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", printable(text))
