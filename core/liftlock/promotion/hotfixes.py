"""Values that the target got on its own: a promotion would take them back, so they are named.

The question is asked of history: did the source ever hold the value that the target has now? If it never did, the
target was changed by itself (a hotfix), and both sides have moved since they were last alike.
"""

from __future__ import annotations

from liftlock.gitrepo import Repository
from liftlock.model.change import ChangeClass, Op, path_text
from liftlock.model.plan import Caution, Plan
from liftlock.promotion.parts import image, reference
from liftlock.text import printable, short_version

# Each takes a walk through history: a plan of many changes asks of the first few only.
_ASKED = 3


def hotfixes(repository: Repository, plan: Plan) -> tuple[Caution, ...]:
    """Warnings for staged versions whose old value the source never held. Raises RepositoryError."""
    staged = [
        change
        for change in plan.chosen
        if change.cls is ChangeClass.VERSION and change.op is Op.SET and isinstance(change.old, str) and change.old
    ]
    found = []
    for change in staged[:_ASKED]:
        old = _moving_part(str(change.old))
        commits = list(repository.history(plan.base, paths=(change.file,), limit=2))
        if len(commits) < 2:
            continue  # the file stands as it was first written: nothing was changed in it
        setting = next(repository.history(plan.base, paths=(change.file,), adding=old, limit=1), None)
        if setting is None or change.source_file in setting.paths:
            continue  # set together with the source
        if next(repository.history(plan.source_commit, paths=(change.source_file,), adding=old, limit=1), None) is None:
            where = f"{printable(change.file)} {printable(path_text(change.path))}"
            by = setting.revision
            found.append(
                Caution(
                    f"changed on both sides: {where} has {printable(short_version(old))}, which"
                    f" {plan.source} never had; {by.author} set it in {by.short} ({by.subject})",
                    change.id,
                )
            )
    return tuple(found)


def _moving_part(value: str) -> str:
    """Of an image string or a URL just the tag, digest or reference: the rest may be the target's own."""
    told = reference(value)
    if told is not None:
        return told.ref
    parts = image(value)
    return (parts.tag or parts.digest) if parts is not None else value
