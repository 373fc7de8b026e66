"""Lines that image automation writes by itself: what a promotion put there would be written over. Pure."""

from __future__ import annotations

import re

from liftlock.model.change import Op
from liftlock.promotion.compare import Difference
from liftlock.yamledit import Scalar, Source, node_at

# Flux's setter marker, in a comment behind the value: `# {"$imagepolicy": "flux-system:api:tag"}`.
_MARKER = re.compile(r"#\s*\{\s*\"\$imagepolicy\"\s*:\s*\"([^\"]+)\"\s*\}")


def automated(target: Source, difference: Difference) -> str:
    """The policy that the marker behind the target's value names, "" when there is none."""
    if difference.op is not Op.SET or difference.target is None:
        return ""
    node = node_at(target, difference.target)
    if not isinstance(node, Scalar):
        return ""
    found = _MARKER.search(target.text[node.end :].partition("\n")[0])
    return found.group(1) if found else ""


def policies(text: str, line: int) -> tuple[str, ...]:
    """The policies that markers on a line of a file name; lines are counted from 1."""
    lines = text.splitlines()
    return tuple(_MARKER.findall(lines[line - 1])) if 0 < line <= len(lines) else ()
