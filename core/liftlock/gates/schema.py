"""The gate `schema`: what the change renders to parses, names what it is, and says nothing twice. Pure.

Where a cluster can be asked, its own validation (of a dry run) is heard too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from liftlock.gates.verdict import Verdict, blocked, passed, unknown
from liftlock.model.livediff import Effect, LiveDiff
from liftlock.render import Rendered
from liftlock.text import plural, printable

_NAMED = 3


def schema(rendered: Rendered, diffs: Sequence[LiveDiff] | None, why_offline: str) -> Verdict:
    """Whether the result can be applied.

    `diffs` are those of a dry run on each cluster, None when none was asked; then `why_offline` says why.
    """
    if rendered.problem:
        return blocked(f"it cannot be rendered: {rendered.problem}", rendered.hint or "mend the files")
    wrong = list(complaints(rendered))
    if wrong:
        more = f", and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        return blocked(f"{'; '.join(wrong[:_NAMED])}{more}", "mend the manifests")
    refused = [
        f"{printable(change.key.kind)} {printable(change.key.name)}: {change.note}"
        for diff in diffs or ()
        for change in diff.changes
        if change.effect is Effect.REFUSED
    ]
    if refused:
        return blocked(f"the API server refuses {'; '.join(refused[:_NAMED])}", "mend what it names")
    count = plural(len(rendered.objects), "object")
    if rendered.missing:
        return unknown(
            f"{count} checked here; not at hand: {', '.join(printable(m) for m in rendered.missing[:_NAMED])}",
            "fetch what is missing: liftlock diff --rendered --fetch",
        )
    unheard = next((diff.problem for diff in diffs or () if diff.problem), "")
    if diffs is None or unheard:
        return passed(f"{count} checked here only, not by an API server: {unheard or why_offline}")
    if not rendered.objects:
        return unknown("nothing was rendered that could be checked", rendered.hint or "look at the folder")
    return passed(f"{count}, and the API server takes them (dry run)")


def complaints(rendered: Rendered) -> Iterator[str]:
    """What is wrong with objects though they parse."""
    names: Counter[tuple[str, str, str, str]] = Counter()
    for number, manifest in enumerate(rendered.objects, 1):
        kind, metadata = manifest.get("kind"), manifest.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        name = metadata.get("name") or metadata.get("generateName")
        if not isinstance(kind, str) or not kind or not manifest.get("apiVersion"):
            yield f"object {number} has no {'apiVersion' if kind else 'kind'}"
        elif kind == "List":
            continue
        elif not isinstance(name, str) or not name:
            yield f"{printable(kind)} (object {number}) has no name"
        elif metadata.get("name"):
            group = str(manifest["apiVersion"]).rpartition("/")[0]
            names[group, kind, str(metadata.get("namespace", "")), name] += 1
    for (_, kind, namespace, name), times in names.items():
        if times > 1:
            place = f" in {printable(namespace)}" if namespace else ""
            yield f"{printable(kind)} {printable(name)}{place} stands there {times} times"
