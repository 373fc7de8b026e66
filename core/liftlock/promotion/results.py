"""What a plan makes of the target's files: the difference, and what to beware of in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liftlock import diffing
from liftlock.model.plan import Caution, Plan
from liftlock.model.tree import Tree
from liftlock.promotion.apply import Files
from liftlock.text import printable

if TYPE_CHECKING:
    from liftlock.model.diff import FileDiff


def file_diffs(tree: Tree, files: Files) -> tuple[FileDiff, ...]:
    """Each file before and after, secrets masked, those that stay the same left out."""
    before = tree.read_many(path for path in files if path in tree.entries)
    diffs = []
    for path, new in sorted(files.items()):
        old = before.get(path)
        if old != new:
            diffs.append(diffing.diff_texts(path, diffing.mask_text(path, old), diffing.mask_text(path, new)))
    return tuple(diffs)


def cautions(plan: Plan, files: Files, tree: Tree) -> tuple[Caution, ...]:
    """What the result would hold that it should not, and what was selected against the rules."""
    found = []
    before = tree.read_many(path for path in files if path in tree.entries)
    for path, data in files.items():
        if data is None:
            continue
        known = {what for _, what in diffing.plain_text_secrets(path, before.get(path, b""))}
        for line, what in diffing.plain_text_secrets(path, data):
            if what not in known:
                found.append(Caution(f"{printable(path)}:{line}: {what} would be committed as plain text"))
    for change in plan.chosen:
        if change.cls == "identity":
            found.append(Caution(f"{printable(change.file)}: {change.why}, and it is selected", change.id))
    for path in {c.file for c in plan.chosen}:
        shared = [c for c in plan.chosen if c.file == path]
        if len({c.environment for c in shared}) > 1:
            found.append(
                Caution(f"{printable(path)} is shared by {', '.join(sorted({c.environment for c in shared}))}")
            )
    return tuple(found)
