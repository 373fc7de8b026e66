"""Whether YAML or JSON is nested so deeply that libyaml could exhaust the stack, which no exception stops."""

from __future__ import annotations

import re

_DEEPEST = 500
_RUN = re.compile(r"(?:[-?][ \t]+){300}")
_FLOW = re.compile(r"[\[\]{}]")


def too_deep(text: str) -> bool:
    """Whether the text must not be given to the C parser; brackets inside of scalars count, to be on the safe side."""
    if text.count("- ") + text.count("? ") + text.count("-\t") >= 300 and _RUN.search(text):
        return True
    if text.count("[") + text.count("{") < _DEEPEST:
        return False
    depth = 0
    for found in _FLOW.finditer(text):
        depth = depth + 1 if found.group() in "[{" else max(0, depth - 1)
        if depth > _DEEPEST:
            return True
    return False
