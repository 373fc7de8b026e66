"""One file before and after, as a unified diff."""

from __future__ import annotations

import re
from typing import NamedTuple

from liftlock.diffing.matching import Block, match
from liftlock.diffing.words import counterparts, marked, plain
from liftlock.model.diff import DiffLine, FileDiff, LineKind, Span, Status
from liftlock.text import printable

Row = tuple[DiffLine | None, DiffLine | None]

# What is left of two files when the lines both begin and end with are taken away may be this large (bytes).
_LARGEST = 6 * 1024 * 1024
_PIECE = 64 * 1024
_HEADING = re.compile(r"[A-Za-z_$]")
_WHOLE = 1 << 30


class _Side(NamedTuple):
    """The lines of one side between what both share; `ended` is whether the file ends with a newline."""

    lines: list[str]
    ended: bool


def diff_texts(path: str, old: str | bytes | None, new: str | bytes | None, *, context: int = 3) -> FileDiff:
    """The file before and after: hunks with `context` lines around each change, words marked inside changed lines.

    None stands for a file that is not there. Binary and very large files have no lines and a note that says so.
    Every text in the result is clean for display; characters that a terminal would obey or hide show as marks.
    """
    before, after = _bytes(old), _bytes(new)
    status = _status(before, after)
    name = printable(path)
    mine, theirs = before or b"", after or b""
    if status is Status.SAME:
        return FileDiff(name, status, ())
    if b"\0" in mine[:8000] or b"\0" in theirs[:8000]:
        return FileDiff(name, status, (), f"binary file, {_sizes(before, after)}")
    head, tail = _shared(mine, theirs, context)
    if max(len(mine), len(theirs)) - head - tail > _LARGEST:
        return FileDiff(name, status, (), f"too large to compare line by line, {_sizes(before, after)}")
    endings = _endings(mine, theirs) if before is not None and after is not None else _alone(mine or theirs)
    left = _side(mine, head, tail, endings.strip)
    right = _side(theirs, head, tail, endings.strip)
    lines = _hunks(left, right, mine.count(b"\n", 0, head), context)
    notes = [endings.note, _newline_note(before, after)]
    return FileDiff(name, status, lines, "; ".join(note for note in notes if note))


def diff_lines(old: list[str], new: list[str], *, context: int | None = None) -> tuple[DiffLine, ...]:
    """Lines of two texts against each other; all of them where `context` is None."""
    return _hunks(_Side(old, True), _Side(new, True), 0, _WHOLE if context is None else context)


def as_text(diff: FileDiff) -> str:
    """The diff as plain unified text, as `git diff` writes it below its header lines; "" when nothing differs."""
    if not diff.lines:
        return f"# {diff.path}: {diff.note}\n" if diff.note else ""
    old = "/dev/null" if diff.status is Status.ADDED else f"a/{diff.path}"
    new = "/dev/null" if diff.status is Status.REMOVED else f"b/{diff.path}"
    signs = {LineKind.ADD: "+", LineKind.REMOVE: "-", LineKind.CONTEXT: " ", LineKind.HUNK: ""}
    out = [f"--- {old}", f"+++ {new}"]
    for line in diff.lines:
        out.append(signs[line.kind] + line.text)
        if line.unended:
            out.append("\\ No newline at end of file")
    return "\n".join(out) + "\n"


def side_by_side(diff: FileDiff) -> tuple[Row, ...]:
    """The lines in pairs, old left and new right, None where a side has none; a hunk's line stands on both."""
    rows: list[Row] = []
    olds: list[DiffLine] = []
    news: list[DiffLine] = []

    def flush() -> None:
        for at in range(max(len(olds), len(news))):
            rows.append((olds[at] if at < len(olds) else None, news[at] if at < len(news) else None))
        olds.clear()
        news.clear()

    for line in diff.lines:
        if line.kind is LineKind.REMOVE:
            if news:
                flush()
            olds.append(line)
        elif line.kind is LineKind.ADD:
            news.append(line)
        else:
            flush()
            rows.append((line, line))
    flush()
    return tuple(rows)


def _bytes(text: str | bytes | None) -> bytes | None:
    if text is None or isinstance(text, bytes):
        return text
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _status(old: bytes | None, new: bytes | None) -> Status:
    if old == new:
        return Status.SAME
    if old is None:
        return Status.ADDED
    return Status.REMOVED if new is None else Status.MODIFIED


def _size(data: bytes | None) -> str:
    if data is None:
        return "absent"
    size = float(len(data))
    for unit in ("B", "KB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} MB"


def _sizes(old: bytes | None, new: bytes | None) -> str:
    return f"{_size(old)} → {_size(new)}"


class _Endings(NamedTuple):
    """What is to be said of the line ends, and whether carriage returns are left out of the lines."""

    strip: bool
    note: str = ""


def _kind(data: bytes) -> str:
    crlf = data.count(b"\r\n")
    if not crlf:
        return "LF" if b"\n" in data else ""
    return "CRLF" if crlf == data.count(b"\n") else "mixed"


def _endings(old: bytes, new: bytes) -> _Endings:
    """Carriage returns are shown where they are what differs, and left out where both sides agree on them."""
    mine, theirs = _kind(old), _kind(new)
    if mine == theirs or not mine or not theirs:
        return _Endings(strip="CRLF" in (mine, theirs) and "mixed" not in (mine, theirs) and "LF" not in (mine, theirs))
    return _Endings(False, f"line endings: {mine} → {theirs}")


def _alone(data: bytes) -> _Endings:
    kind = _kind(data)
    return _Endings(kind == "CRLF", f"line endings: {kind}" if kind in ("CRLF", "mixed") else "")


def _newline_note(old: bytes | None, new: bytes | None) -> str:
    mine = bool(old) and not (old or b"").endswith(b"\n")
    theirs = bool(new) and not (new or b"").endswith(b"\n")
    if mine and theirs:
        return "no newline at the end of the file"
    if theirs:
        return "no newline at the end of the file any more" if old else "no newline at the end of the file"
    if mine:
        return "a newline is added at the end of the file" if new else "no newline at the end of the file"
    return ""


def _shared(old: bytes, new: bytes, context: int) -> tuple[int, int]:
    """How many bytes both begin and end with, in whole lines, less the lines that are shown as context."""
    limit = min(len(old), len(new))
    if limit < _PIECE:
        return 0, 0
    head = 0
    while head + _PIECE <= limit and old[head : head + _PIECE] == new[head : head + _PIECE]:
        head += _PIECE
    tail = 0
    while head + tail + _PIECE <= limit and (
        old[len(old) - tail - _PIECE : len(old) - tail] == new[len(new) - tail - _PIECE : len(new) - tail]
    ):
        tail += _PIECE
    for _ in range(context + 1):
        head = old.rfind(b"\n", 0, max(0, head - 1)) + 1
    start = len(old) - tail
    for _ in range(context + 1):
        start = old.find(b"\n", start) + 1 or len(old)
    return head, len(old) - start


def _side(data: bytes, head: int, tail: int, strip: bool) -> _Side:
    text = data[head : len(data) - tail].decode("utf-8", "surrogateescape")
    lines = text.split("\n")
    ended = True
    if lines[-1] == "":
        lines.pop()
    else:
        ended = tail > 0
    if strip:
        lines = [line.removesuffix("\r") for line in lines]
    return _Side(lines, ended)


def _hunks(old: _Side, new: _Side, skipped: int, context: int) -> tuple[DiffLine, ...]:
    """The lines of all hunks; `skipped` lines lie before both sides."""
    # A last line without a newline is another line than the same one with it.
    mine: list[str | tuple[str]] = list(old.lines)
    theirs: list[str | tuple[str]] = list(new.lines)
    if not old.ended:
        mine[-1] = (old.lines[-1],)
    if not new.ended:
        theirs[-1] = (new.lines[-1],)
    shown: list[DiffLine] = []
    for group in _groups(match(mine, theirs), context):
        shown.append(_heading(group, old, skipped))
        for block in group:
            shown += _same(block, old, new, skipped) if block.same else _changed(block, old, new, skipped)
    return tuple(shown) if context < _WHOLE else tuple(line for line in shown if line.kind is not LineKind.HUNK)


def _groups(blocks: list[Block], context: int) -> list[list[Block]]:
    """Changes that are close together, each with the lines around it."""
    groups: list[list[Block]] = []
    current: list[Block] = []
    for at, block in enumerate(blocks):
        if not block.same:
            current.append(block)
            continue
        size = block.old_end - block.old_start
        before = context if at > 0 else 0
        after = context if at + 1 < len(blocks) else 0
        if size <= before + after:
            current.append(block)
            continue
        if at > 0:
            current.append(_cut(block, 0, before))
            groups.append(current)
        current = [_cut(block, size - after, size)] if at + 1 < len(blocks) else []
    if any(not block.same for block in current):
        groups.append(current)
    return [
        kept
        for group in groups
        if any(not b.same for b in group)
        and (kept := [b for b in group if b.old_end > b.old_start or b.new_end > b.new_start])
    ]


def _cut(block: Block, start: int, end: int) -> Block:
    return Block(True, block.old_start + start, block.old_start + end, block.new_start + start, block.new_start + end)


def _heading(group: list[Block], old: _Side, skipped: int) -> DiffLine:
    first, last = group[0], group[-1]
    text = f"@@ -{_range(first.old_start, last.old_end, skipped)} +{_range(first.new_start, last.new_end, skipped)} @@"
    above = next((old.lines[at] for at in range(first.old_start - 1, -1, -1) if _HEADING.match(old.lines[at])), "")
    if above:
        text += f" {printable(above[:80].rstrip())}"
    return DiffLine(LineKind.HUNK, (Span(text),))


def _range(start: int, end: int, skipped: int) -> str:
    size = end - start
    first = skipped + start + 1 if size else skipped + start
    return str(first) if size == 1 else f"{first},{size}"


def _same(block: Block, old: _Side, new: _Side, skipped: int) -> list[DiffLine]:
    ahead = block.new_start - block.old_start
    return [
        DiffLine(
            LineKind.CONTEXT,
            plain(old.lines[at]),
            skipped + at + 1,
            skipped + at + ahead + 1,
            not old.ended and at == len(old.lines) - 1,
        )
        for at in range(block.old_start, block.old_end)
    ]


def _changed(block: Block, old: _Side, new: _Side, skipped: int) -> list[DiffLine]:
    gone = old.lines[block.old_start : block.old_end]
    come = new.lines[block.new_start : block.new_end]
    left = [plain(line) for line in gone]
    right = [plain(line) for line in come]
    for i, j in counterparts(gone, come).items():
        left[i], right[j] = marked(gone[i], come[j])
    removed = [
        DiffLine(
            LineKind.REMOVE,
            spans,
            skipped + block.old_start + at + 1,
            None,
            not old.ended and block.old_start + at == len(old.lines) - 1,
        )
        for at, spans in enumerate(left)
    ]
    added = [
        DiffLine(
            LineKind.ADD,
            spans,
            None,
            skipped + block.new_start + at + 1,
            not new.ended and block.new_start + at == len(new.lines) - 1,
        )
        for at, spans in enumerate(right)
    ]
    return removed + added
