"""What a pull request says: title and description, from the plan and what it changes. Pure.

A description is Markdown that others wrote parts of (values, paths, a reason): those stand in code spans or escaped,
so that none of them makes a link, a mention, or a trailer of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from liftlock.model.change import Change, path_text
from liftlock.model.diff import DiffLine, FileDiff, LineKind, ObjectDiff, Rendering, Status
from liftlock.model.plan import Plan
from liftlock.model.release import Release
from liftlock.model.review import Hop, Move
from liftlock.promotion import message as messages
from liftlock.text import plural, printable, shorten

_ROWS = 60
_LARGEST = 24_000
"""Characters of diff that are shown, where the forge takes a description that long."""
_SPARE = 400
"""Characters for what stands around the parts."""
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|@!~])")
_SIGN = {LineKind.ADD: "+", LineKind.REMOVE: "-", LineKind.CONTEXT: " ", LineKind.HUNK: ""}


def title(plan: Plan, template: str = "") -> str:
    """The title: the subject of the commit, so that a squash merge keeps it."""
    return messages.subject(plan, template)


def moves(plan: Plan) -> tuple[Move, ...]:
    """Each app that the plan promotes with the version that moves, where one alone does."""
    found = []
    for app in dict.fromkeys(change.app for change in plan.chosen):
        told = messages.version_of(plan, app)
        found.append(Move(app, *told) if told is not None else Move(app))
    return tuple(found)


def body(
    plan: Plan,
    *,
    reason: str = "",
    hops: Sequence[Hop] = (),
    notes: Sequence[str] = (),
    files: Sequence[FileDiff] = (),
    renderings: Sequence[Rendering] = (),
    template: str = "",
    overrides: Sequence[tuple[str, str]] = (),
    releases: Sequence[Release] = (),
    html: bool = True,
    longest: int = 65_000,
) -> str:
    """The description, of at most `longest` characters where cutting the difference makes it so.

    `hops` tell how the release came this far, `notes` what to know before it is approved.

    `template` is the team's own text: `{table}`, `{diff}`, `{hops}`, `{releases}`, `{reason}`, `{notes}`, `{from}`,
    `{to}`; what it leaves out is left out, but for the trailers, which always stand at the end. `html` is whether the
    forge shows HTML as such: without it nothing is folded.
    """
    parts = {
        "table": table(plan),
        "diff": "",
        "hops": "\n".join(_hop(hop) for hop in hops),
        "reason": escaped(reason),
        "notes": "\n".join(f"- {escaped(note)}" for note in notes),
        "releases": "\n\n".join(contents(release, html=html) for release in releases),
        "from": escaped(plan.source),
        "to": escaped(", ".join(plan.targets)),
    }
    end = trailers(plan, reason, overrides)
    room = longest - len(_filled(template, parts)) - len(end) - _SPARE
    parts["diff"] = diff(files, renderings, room=min(room, _LARGEST), html=html)
    return marked(f"{_filled(template, parts).strip()}\n\n{end}\n", html=html)


def _filled(template: str, parts: dict[str, str]) -> str:
    if not template:
        return _usual(parts)
    return re.sub(r"\{(\w+)\}", lambda found: parts.get(found[1], found[0]), template)


def marked(text: str, *, html: bool = True) -> str:
    """The description with a mark, which nobody sees, by which it is known that nobody has edited it since."""
    mark = f"<!-- liftlock {_sum(text)} -->" if html else f"\n[//]: # (liftlock {_sum(text)})"
    return f"{text.rstrip()}\n{mark}\n"


def untouched(text: str) -> bool:
    """Whether a description is as liftlock wrote it."""
    found = _MARK.search(text)
    return found is not None and (found[1] or found[2]) == _sum(_MARK.sub("", text))


def renewed(old: str, new: str) -> str:
    """A description that a person edited, with just the trailers of the new one."""
    block = _TRAILERS.search(new)
    if block is None:
        return old
    bare = _MARK.sub("", old).rstrip()
    found = [*_TRAILERS.finditer(bare)]
    if not found:
        return f"{bare}\n\n{block[0]}\n"
    return f"{bare[: found[-1].start()]}{block[0]}{bare[found[-1].end() :]}\n"


_MARK = re.compile(r"\s*(?:<!-- liftlock ([0-9a-f]{16}) -->|\[//\]: # \(liftlock ([0-9a-f]{16})\))\s*")
_TRAILERS = re.compile(r"```text\n(?:Promotion-[A-Za-z-]+: .*\n)+```")


def _sum(text: str) -> str:
    """A sum that survives what forges do to line ends and to blanks at the ends."""
    plain = "\n".join(line.rstrip() for line in text.replace("\r", "").strip().split("\n"))
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _hop(hop: Hop) -> str:
    """The commit stands as forges make a link of it."""
    day = datetime.fromtimestamp(hop.revision.time, UTC).strftime("%Y-%m-%d")
    what = f"{escaped(hop.app)} {escaped(hop.version)} in **{escaped(hop.environment)}**"
    return f"- {what} since {day} with {hop.revision.commit} by {escaped(hop.revision.author)}"


def _usual(parts: dict[str, str]) -> str:
    blocks = [f"From **{parts['from']}** to **{parts['to']}**."]
    if parts["reason"]:
        blocks[0] += f" {parts['reason']}"
    blocks.append(parts["table"])
    if parts["notes"]:
        blocks.append(f"**To know**\n\n{parts['notes']}")
    if parts["hops"]:
        blocks.append(f"**How it came here**\n\n{parts['hops']}")
    if parts["releases"]:
        blocks.append(parts["releases"])
    if parts["diff"]:
        blocks.append(parts["diff"])
    return "\n\n".join(blocks)


def table(plan: Plan) -> str:
    """What moves, a row each."""
    rows = ["| app | where | from | to |", "|---|---|---|---|"]
    for change in plan.chosen[:_ROWS]:
        new = plan.shown(change)
        place = f"{change.file}: {path_text(change.path)}" if change.path else f"{change.file} (the whole file)"
        rows.append(f"| {code(change.app)} | {code(place)} | {_value(change.shown_old)} | {_value(new, change)} |")
    left = len(plan.chosen) - _ROWS
    if left > 0:
        rows.append(f"| | and {plural(left, 'more change')} | | |")
    return "\n".join(rows)


def _value(value: object, change: Change | None = None) -> str:
    if value is None:
        return "removed" if change is not None else "absent"
    return code(shorten(value, 80)) if isinstance(value, str) else "a block"


def contents(release: Release, *, html: bool = True) -> str:
    """What a version contains: the subjects of its commits, folded; or why that is not known."""
    way = f"{code(release.app)} {code(release.old)} to {code(release.new)}"
    if release.problem:
        return f"What {way} contains is not known: {escaped(release.problem)}"
    rows = [f"- {code(c.short)} {escaped(c.subject)} ({escaped(c.author)})" for c in release.commits]
    if release.total > len(release.commits):
        rows.append(f"- and {release.total - len(release.commits)} more")
    if release.gone:
        rows.append(f"- without {plural(release.gone, 'commit')} that the old version has")
    return _folded(
        f"What {release.app} {release.new} contains ({plural(release.total, 'commit')})", ["\n".join(rows)], html=html
    )


def diff(files: Sequence[FileDiff], renderings: Sequence[Rendering], *, room: int = _LARGEST, html: bool = True) -> str:
    """The manifests that change, where they could be rendered, else the files; cut to `room`, which is said."""
    objects = [(r, o) for r in renderings for o in r.objects]
    unrendered = [r for r in renderings if r.problem or r.missing]
    blocks: list[str] = []
    if objects and not unrendered:
        changed = plural(len(objects), "object")
        for count, (rendering, one) in enumerate(objects):
            text = _fenced(one.lines)
            if len(text) > room:
                blocks.append(f"and {plural(len(objects) - count, 'more object')}, too large to show here")
                break
            blocks.append(f"{_object(rendering, one)}\n\n{text}")
            room -= len(blocks[-1])
        return _folded(f"What the manifests change ({changed})", blocks, html=html)
    for count, file in enumerate(files):
        text = _fenced(file.lines)
        if len(text) > room:
            blocks.append(f"and {plural(len(files) - count, 'more file')}, too large to show here")
            break
        blocks.append(f"{code(file.path)}\n\n{text}")
        room -= len(blocks[-1])
    why = [
        f"The manifests of {code(r.app)} are not shown: {escaped(r.problem or 'something is not at hand')}"
        for r in unrendered
    ]
    what = f"What the files change ({plural(len(files), 'file')})"
    return _folded(what, [*why, *blocks], html=html) if blocks else ""


def _object(rendering: Rendering, one: ObjectDiff) -> str:
    word = {Status.ADDED: "added", Status.REMOVED: "removed"}.get(one.status, "changed")
    return f"{code(str(one.key))} of {code(rendering.app)} in {escaped(rendering.environment)}: {word}"


def _folded(summary: str, blocks: Sequence[str], *, html: bool) -> str:
    inside = "\n\n".join(blocks)
    if not html:
        return f"**{escaped(summary)}**\n\n{inside}"
    return f"<details><summary>{escaped(summary)}</summary>\n\n{inside}\n\n</details>" if blocks else ""


def _fenced(lines: Sequence[DiffLine]) -> str:
    text = "\n".join(f"{_SIGN[line.kind]}{line.text}" for line in lines)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}diff\n{text}\n{fence}"


def trailers(plan: Plan, reason: str = "", overrides: Sequence[tuple[str, str]] = ()) -> str:
    """The machine-readable lines, as in the commit, with what moves of each app."""
    told = [*messages.trailers(plan, reason=reason), *overrides]
    for move in moves(plan):
        if move.new:
            told.append(("Promotion-Move", f"{move.app} {move.old} -> {move.new}"))
    lines = "\n".join(f"{key}: {' '.join(printable(value).split())}" for key, value in told)
    return f"```text\n{lines.replace('```', '')}\n```"


def code(text: str) -> str:
    """A text of others as a code span that also stands in a table."""
    clean = " ".join(printable(text).split()).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", clean)), default=0)
    fence = "`" * (longest + 1)
    space = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{fence}{space}{clean}{space}{fence}" if clean else ""


def escaped(text: str) -> str:
    """A text of others as plain words: no markup, no link, no mention."""
    return _SPECIAL.sub(r"\\\1", " ".join(printable(text).split()))
