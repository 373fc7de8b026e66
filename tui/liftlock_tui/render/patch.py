"""Differences as a patch, the way `git diff` writes one, so that any pager for diffs can read it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from liftlock.model.diff import DiffLine, FileDiff, LineKind, ObjectDiff, Status
from liftlock.text import printable
from liftlock_tui.render.diff import within

_SIGNS = {LineKind.ADD: "+", LineKind.REMOVE: "-", LineKind.CONTEXT: " "}


def patch(files: Iterable[FileDiff], objects: Iterable[ObjectDiff] = (), context: int = 3) -> str:
    """Files, then objects under `kind/namespace/name.yaml`; "" when nothing differs. Secrets stay masked."""
    parts = [_one(diff.path, diff.status, diff.lines, context, diff.note) for diff in files]
    for found in objects:
        key = found.key
        name = "/".join(part for part in (key.kind.lower(), key.namespace, f"{key.name}.yaml") if part)
        parts.append(_one(name, found.status, found.lines, context))
    return "".join(parts)


def _one(path: str, status: Status, lines: Sequence[DiffLine], context: int, note: str = "") -> str:
    shown = printable(path)
    old = "/dev/null" if status is Status.ADDED else f"a/{shown}"
    new = "/dev/null" if status is Status.REMOVED else f"b/{shown}"
    kept = within(lines, context)
    if not kept:
        return f"diff --git a/{shown} b/{shown}\n" + (f"{note}\n" if note else "") if note else ""
    text = [f"diff --git a/{shown} b/{shown}\n"]
    if status is Status.ADDED:
        text.append("new file mode 100644\n")
    elif status is Status.REMOVED:
        text.append("deleted file mode 100644\n")
    text.append(f"--- {old}\n+++ {new}\n")
    for gap, run in groupby(kept, key=lambda drawn: drawn.kind is LineKind.HUNK):
        if not gap:
            text += _hunk(list(run))
    return "".join(text)


def _hunk(lines: Sequence[DiffLine]) -> list[str]:
    olds = [drawn.old for drawn in lines if drawn.kind is not LineKind.ADD and drawn.old is not None]
    news = [drawn.new for drawn in lines if drawn.kind is not LineKind.REMOVE and drawn.new is not None]
    head = f"@@ -{olds[0] if olds else 0},{len(olds)} +{news[0] if news else 0},{len(news)} @@\n"
    text = [head]
    for drawn in lines:
        text.append(f"{_SIGNS[drawn.kind]}{printable(drawn.text)}\n")
        if drawn.unended:
            text.append("\\ No newline at end of file\n")
    return text
