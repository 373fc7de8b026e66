"""Differences as lines: files, objects, and both sides beside each other. Readable without colour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from liftlock.model.diff import DiffLine, FileDiff, LineKind, ObjectDiff, Rendering, Status
from liftlock.text import plural, printable, shorten_path, width
from liftlock_tui.ink import BLANK, Line, Piece, cut, fit, line, wrapped

_SIGNS = {LineKind.ADD: ("+", "added"), LineKind.REMOVE: ("-", "removed"), LineKind.CONTEXT: (" ", "")}
_NARROWEST = 12
_MOST_ROWS = 6
"""Rows that one line may take; longer ones are scrolled sideways."""
_STATUS = {
    Status.ADDED: ("new", "added"),
    Status.REMOVED: ("removed", "removed"),
    Status.MODIFIED: ("changed", "muted"),
    Status.SAME: ("same", "muted"),
}


def within(lines: Sequence[DiffLine], context: int) -> list[DiffLine]:
    """The lines no further than `context` from a changed one; a hunk line where others are left out."""
    near: set[int] = set()
    for index, drawn in enumerate(lines):
        if drawn.kind in (LineKind.ADD, LineKind.REMOVE):
            near.update(range(index - context, index + context + 1))
    kept: list[DiffLine] = []
    gap = True
    for index, drawn in enumerate(lines):
        if drawn.kind is LineKind.HUNK:
            gap = True
        elif index in near:
            if gap and kept:
                kept.append(DiffLine(LineKind.HUNK, ()))
            kept.append(drawn)
            gap = False
        else:
            gap = True
    return kept


def _number(number: int | None, digits: int) -> Piece:
    return (str(number) if number is not None else "").rjust(digits) + " ", "faint"


def _spans(drawn: DiffLine) -> tuple[Piece, ...]:
    role = {LineKind.ADD: "added", LineKind.REMOVE: "removed"}.get(drawn.kind, "")
    pieces: list[Piece] = []
    for span in drawn.spans:
        word = f"{role} {role}-word bold underline" if span.changed and role else role
        pieces.append((printable(span.text), word))
    return tuple(pieces)


def diff_line(drawn: DiffLine, digits: int) -> Line:
    """One line of a unified diff."""
    if drawn.kind is LineKind.HUNK:
        return line((" " * (digits * 2 + 2) + "⋯", "faint"))
    sign = _SIGNS[drawn.kind]
    fill = {LineKind.ADD: "added-line", LineKind.REMOVE: "removed-line"}.get(drawn.kind, "")
    return Line((_number(drawn.old, digits), _number(drawn.new, digits), sign, (" ", ""), *_spans(drawn)), fill)


def unified(lines: Sequence[DiffLine], context: int, columns: int) -> list[Line]:
    """Lines of a unified diff. One whose changed words lie beyond `columns` goes on below itself."""
    digits = len(str(max((max(drawn.old or 0, drawn.new or 0) for drawn in lines), default=1)))
    return [
        row for drawn in within(lines, context) for row in _broken(diff_line(drawn, digits), drawn, digits, columns)
    ]


def _broken(whole: Line, drawn: DiffLine, digits: int, columns: int) -> list[Line]:
    """The line in as many rows as it takes, where something changed beyond the first; else as it is."""
    blank, sign, space = whole.pieces[:2], whole.pieces[2:3], whole.pieces[3:4]
    room = columns - (digits * 2 + 4)
    if room < _NARROWEST or whole.width <= columns or whole.width > room * _MOST_ROWS or not _beyond(drawn, room):
        return [whole]
    rows: list[list[Piece]] = [[*blank, *sign, *space]]
    left = room
    for text, roles in whole.pieces[4:]:
        while text:
            head = cut(text, left) if left > 0 else ""
            if head:
                rows[-1].append((head, roles))
                left -= width(head)
                text = text[len(head) :]
            if text:
                rows.append([(" " * (digits * 2 + 2), ""), *sign, *space])
                left = room
    return [Line(tuple(pieces), whole.fill) for pieces in rows]


def _beyond(drawn: DiffLine, room: int) -> bool:
    """Whether a changed word ends beyond so many columns."""
    used = 0
    for span in drawn.spans:
        used += width(printable(span.text))
        if span.changed and used > room:
            return True
    return False


def side_by_side(lines: Sequence[DiffLine], context: int, columns: int) -> list[Line]:
    """The old side left, the new one right."""
    digits = len(str(max((max(drawn.old or 0, drawn.new or 0) for drawn in lines), default=1)))
    half = max(20, (columns - 3) // 2)
    rows: list[Line] = []
    olds: list[DiffLine] = []
    news: list[DiffLine] = []

    def flush() -> None:
        for index in range(max(len(olds), len(news))):
            left = _half(olds[index] if index < len(olds) else None, digits, half, "removed-line", old=True)
            right = _half(news[index] if index < len(news) else None, digits, half, "added-line", old=False)
            rows.append(Line((*left, (" │ ", "faint"), *right)))
        olds.clear()
        news.clear()

    for drawn in within(lines, context):
        if drawn.kind is LineKind.REMOVE:
            if news:
                flush()
            olds.append(drawn)
        elif drawn.kind is LineKind.ADD:
            news.append(drawn)
        else:
            flush()
            if drawn.kind is LineKind.HUNK:
                rows.append(line((" " * (digits + 1) + "⋯", "faint")))
            else:
                both = (_half(drawn, digits, half, "", old=True), _half(drawn, digits, half, "", old=False))
                rows.append(Line((*both[0], (" │ ", "faint"), *both[1])))
    flush()
    return rows


def _half(drawn: DiffLine | None, digits: int, columns: int, fill: str, *, old: bool) -> tuple[Piece, ...]:
    if drawn is None:
        return ((" " * columns, ""),)
    number = drawn.old if old else drawn.new
    pieces: list[Piece] = [_number(number, digits), _SIGNS[drawn.kind], (" ", ""), *_spans(drawn)]
    shown = fit(pieces, columns)
    return tuple((text, f"{fill} {roles}" if fill and "-word" not in roles else roles) for text, roles in shown)


def file_lines(diff: FileDiff, context: int, columns: int, *, side: bool) -> list[Line]:
    """A file: its name, what is added and removed, its lines."""
    word, role = _STATUS[diff.status]
    counts: tuple[Piece, ...] = ((f"  {word} ", role), (f" +{diff.added}", "added"), (f" -{diff.removed} ", "removed"))
    room = max(12, columns - Line(counts).width - 1)
    head = Line(
        (
            *fit(((" ", ""), (shorten_path(printable(diff.path), room - 1), "strong bold")), room, pad=False),
            *counts,
        ),
        "chip",
    )
    rows = [head]
    if diff.note:
        rows += wrapped(((diff.note, "muted"),), columns)
    rows += side_by_side(diff.lines, context, columns) if side else unified(diff.lines, context, columns)
    return [*rows, BLANK]


def files(diffs: Iterable[FileDiff], context: int, columns: int, *, side: bool) -> list[Line]:
    """Everything that would be committed."""
    return [drawn for diff in diffs for drawn in file_lines(diff, context, columns, side=side)]


def object_lines(diff: ObjectDiff, context: int, columns: int, *, side: bool) -> list[Line]:
    """An object of a manifest."""
    word, role = _STATUS[diff.status]
    key = diff.key
    place = f" in {key.namespace}" if key.namespace else ""
    head = Line(
        fit(((f" {key.kind} ", "muted"), (key.name, "strong bold"), (place, "muted"), (f"  {word}", role)), columns),
        "chip",
    )
    return [
        head,
        *(side_by_side(diff.lines, context, columns) if side else unified(diff.lines, context, columns)),
        BLANK,
    ]


def missing_lines(renderings: Iterable[Rendering], columns: int) -> list[Line]:
    """What could not be rendered, and what would help."""
    rows: list[Line] = []
    for rendering in renderings:
        if not rendering.problem and not rendering.missing:
            continue
        name = f"{rendering.app} in {rendering.environment}: "
        rows += wrapped(
            (("! ", "problem bold"), (name, "strong"), (rendering.problem or "not all is at hand", "problem")),
            columns,
            indent=2,
        )
        for what in rendering.missing:
            rows += wrapped((("  missing ", "muted"), (what, "")), columns, indent=4)
        if rendering.missing:
            rows.append(line(("  F", "accent bold"), (" fetches it, pinned and cached", "muted")))
        elif rendering.hint:
            rows += wrapped((("  → ", "accent"), (rendering.hint, "")), columns, indent=4)
        if rendering.problem:
            rows += note_lines(rendering, columns)
    return [*rows, BLANK] if rows else []


def note_lines(rendering: Rendering, columns: int) -> list[Line]:
    """What else a person should know of a rendering: files that could not be read, charts that something installs."""
    told = ((("· ", "faint"), (said, "muted")) for said in rendering.notes)
    return [drawn for pieces in told for drawn in wrapped(pieces, columns, indent=2)]


def remark_lines(found: Iterable[Rendering], columns: int) -> list[Line]:
    """The notes of several renderings, each under its name."""
    rows: list[Line] = []
    for rendering in found:
        if rendering.notes:
            rows += [line((f"{rendering.app} in {rendering.environment}", "strong"))]
            rows += [*note_lines(rendering, columns), BLANK]
    return rows


def renderings(
    found: Sequence[Rendering], context: int, columns: int, *, side: bool, whole: bool, progress: str
) -> list[Line]:
    """The manifests before and after."""
    if whole and not found:
        return [BLANK, line(("  Nothing is staged: the manifests stay as they are.", "muted"))]
    rows: list[Line] = []
    if not whole:
        rows += [line(("· ", "faint"), (progress or "rendering before and after", "muted")), BLANK]
    rows += missing_lines(found, columns)
    for rendering in found:
        if rendering.problem:
            continue
        count = len(rendering.objects)
        told = f"  {rendering.how}, {plural(count, 'object')} of {count + rendering.same} would change"
        rows += [line((f"{rendering.app} in {rendering.environment}", "accent bold"), (told, "muted"))]
        rows += note_lines(rendering, columns)
        for diff in rendering.objects:
            rows += object_lines(diff, context, columns, side=side)
        if not rendering.objects:
            rows += [line(("  its manifests stay the same", "muted")), BLANK]
    return rows
