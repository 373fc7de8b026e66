"""A live diff in one line, and what is dangerous in it, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from liftlock.model.livediff import Author, Effect, LiveChange, LiveDiff
from liftlock.text import plural


def consequence(diffs: LiveDiff | Sequence[LiveDiff]) -> str:
    """What applying would do, as one line: `4 objects change, 2 rollouts restart, nothing is deleted; …`."""
    several = [diffs] if isinstance(diffs, LiveDiff) else list(diffs)
    known = [diff for diff in several if not diff.problem]
    if not known:
        return next((diff.problem for diff in several), "nothing is known of the cluster")
    said = ", ".join(_parts([change for diff in known for change in diff.changes]))
    said += _overwritten([change for diff in known for change in diff.changes])
    unknown = [diff for diff in several if diff.problem]
    if unknown:
        said += f"; unknown for {', '.join(dict.fromkeys(_place(diff) for diff in unknown))}"
    usual = max((diff.usual for diff in known if diff.usual), default=None)
    return said if usual is None or not _moves(known) else f"{said}; the last ones took about {duration(usual)}"


def dangers(diffs: LiveDiff | Sequence[LiveDiff]) -> tuple[str, ...]:
    """What is lost or cannot be undone, each as a sentence with the object's name; with the place when several."""
    several = [diffs] if isinstance(diffs, LiveDiff) else list(diffs)
    places = {_place(diff) for diff in several}
    found = [
        f"{_place(diff)}: {danger}" if len(places) > 1 else danger
        for diff in several
        for change in diff.changes
        for danger in change.dangers
    ]
    return tuple(dict.fromkeys(found))


def _overwritten(changes: Sequence[LiveChange]) -> str:
    """What somebody set by hand in the cluster and the apply takes back, the first of it with its values."""
    found = []
    for change in changes:
        last: dict[str, Author] = {}
        for author in change.authors:  # the last writer of each field comes first
            last.setdefault(author.path, author)
        by_hand = {path for path, author in last.items() if _by_hand(author)}
        found += [(change, field) for field in change.diff.fields if field.path in by_hand]
    if change_and_field := next(iter(found), None):
        change, field = change_and_field
        values = "" if change.key.kind == "Secret" else f" {field.old or 'absent'} → {field.new or 'absent'}"
        first = f"{change.key.name} {field.path}{values}"
        return f", {plural(len(found), 'field')} set by hand {_verb(len(found), 'is', 'are')} put back: {first}"
    return ""


def _by_hand(author: Author) -> bool:
    """Whether a person wrote it past Git: with a tool of the hand, and not by an apply of files."""
    manager = author.manager.lower()
    applied = author.operation == "Apply" or manager.endswith("apply")
    return not applied and manager.startswith(("kubectl", "k9s", "lens", "node-fetch", "rancher", "dashboard"))


def _moves(diffs: Iterable[LiveDiff]) -> bool:
    return any(diff.changes for diff in diffs)


def _place(diff: LiveDiff) -> str:
    return diff.label or diff.environment


def _parts(changes: Sequence[LiveChange]) -> list[str]:
    counts = Counter(change.effect for change in changes)
    parts = []
    if number := counts[Effect.CHANGED]:
        parts.append(f"{plural(number, 'object')} {_verb(number, 'changes', 'change')}")
    if number := counts[Effect.CREATED]:
        parts.append(f"{_count(number, parts)} {_verb(number, 'is', 'are')} created")
    if number := counts[Effect.REPLACED]:
        parts.append(f"{_count(number, parts)} {_verb(number, 'is', 'are')} deleted and made anew")
    if not parts:
        parts.append("nothing changes")
    restarts = sum(change.restarts for change in changes)
    if restarts:
        parts.append(f"{plural(restarts, 'rollout')} {_verb(restarts, 'restarts', 'restart')}")
    elif parts != ["nothing changes"]:
        parts.append("nothing restarts")
    deleted = counts[Effect.PRUNED]
    if deleted:
        parts.append(f"{plural(deleted, 'object')} {_verb(deleted, 'is', 'are')} deleted")
    else:
        parts.append("nothing is deleted" if not counts[Effect.REPLACED] else "nothing else is deleted")
    for effect, words in (
        (Effect.KEPT, "left behind"),
        (Effect.REFUSED, "refused"),
    ):
        if number := counts[effect]:
            parts.append(f"{number} {_verb(number, 'is', 'are')} {words}")
    if number := counts[Effect.UNSEEN]:
        parts.append(f"{number} cannot be seen")
    return parts


def _count(number: int, before: Sequence[str]) -> str:
    return str(number) if before else plural(number, "object")


def _verb(number: int, one: str, many: str) -> str:
    return one if number == 1 else many


def duration(seconds: float) -> str:
    """A time as people say it: `40 s`, `3 min`, `2 h`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"
