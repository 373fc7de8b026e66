"""Edits in block style, where lines and indentation carry the structure."""

from __future__ import annotations

import re
from collections.abc import Mapping as ByPlace
from collections.abc import Sequence as Many
from collections.abc import Set as Selection

from liftlock.errors import EditError
from liftlock.text import printable
from liftlock.yamledit import flow
from liftlock.yamledit.edits import AddEntry, AddItem
from liftlock.yamledit.habits import behind, habits
from liftlock.yamledit.nodes import Mapping, Node, Scalar, Sequence, Source
from liftlock.yamledit.replacement import Replacement
from liftlock.yamledit.snippet import Snippet, comment_behind, lead

_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]+)*")
Added = ByPlace[int, Many[AddEntry | AddItem]]


def past_properties(text: str, node: Node) -> int:
    """Where a node's content begins, behind its anchor and tag."""
    found = _PROPERTIES.match(text, node.start)
    return found.end() if found else node.start


def before_newline(text: str, end: int) -> int:
    """The offset, taken back over a line's end that it includes."""
    if end > 0 and text[end - 1] == "\n":
        end -= 1
        if end > 0 and text[end - 1] == "\r":
            end -= 1
    return end


def children(source: Source, parent: Mapping | Sequence, removed: Selection[int], added: Added) -> list[Replacement]:
    """Entries or items of one block taken away and added."""
    return _Children(source, parent).edit(removed, added)


def filled(
    source: Source, parent: Mapping | Sequence, key: Scalar | None, edits: Many[AddEntry | AddItem]
) -> Replacement:
    """Children in lines of their own for an empty `{}` or `[]` that stands behind a key, a dash or alone."""
    text, newline = source.text, source.newline
    wanted = habits(source, None)
    start, end = past_properties(text, parent), parent.end
    indent = _column(text, parent.start)
    if key is not None:
        step = wanted.get("map", 2) if isinstance(parent, Mapping) else wanted.get("seq", 0)
        indent = _column(text, key.start) + step
    lines: list[str] = []
    for edit in edits:
        made = edit.snippet.entry_lines(edit.key, indent, wanted) if isinstance(edit, AddEntry) else None
        lines += (made or edit.snippet.item_lines(indent, wanted))[1]
    if key is None:
        return Replacement(start, end, newline.join(lines).lstrip(" "))
    comment = comment_behind(text, end)
    before = start
    while text[before - 1] in " \t":
        before -= 1
    return Replacement(before, end + len(comment), newline.join([comment, *lines]))


class _Children:
    def __init__(self, source: Source, parent: Mapping | Sequence) -> None:
        self._source = source
        self._text = source.text
        self._parent = parent
        if isinstance(parent, Mapping):
            self._starts = [entry.key_node.start for entry in parent.entries]
            self._ends = [max(e.value.end, e.key_node.end) for e in parent.entries]
            if source.format == "dotenv":
                self._starts = [self._text.rfind("\n", 0, start) + 1 for start in self._starts]
        else:
            self._starts = list(parent.dashes)
            self._ends = [max(node.end, dash + 1) for node, dash in zip(parent.items, parent.dashes, strict=True)]
        self._count = len(self._starts)
        self._wanted = habits(source, parent)
        self._indent = _column(self._text, self._starts[0]) if self._starts else 0
        line = self._text.rfind("\n", 0, self._starts[0]) + 1 if self._starts else 0
        self._shares_line = bool(self._starts) and bool(self._text[line : self._starts[0]].strip())

    def edit(self, removed: Selection[int], added: Added) -> list[Replacement]:
        if not self._starts:
            return self._filled(added)
        alive = [i for i in range(self._count) if i not in removed]
        if not alive:
            return [self._emptied(added)]
        found = [self._insertion(after, edits) for after, edits in added.items() if edits]
        run_end = 0
        if self._shares_line and 0 in removed:
            # The first child stands on its parent's line: the next one that stays moves up to its place.
            found.append(Replacement(self._starts[0], self._starts[alive[0]], ""))
            run_end = alive[0]
        found += [self._removal(i, removed) for i in sorted(removed) if i >= run_end]
        return found

    def _filled(self, added: Added) -> list[Replacement]:
        """A mapping or list without children in block style is a file without content."""
        lines = [line for edits in added.values() for edit in edits for line in self._lines(edit, 0)[1]]
        text = self._source.newline.join(lines)
        at = len(self._text)
        head = self._source.newline if self._text and not self._text.endswith("\n") else ""
        return [Replacement(at, at, f"{head}{text}{self._source.newline}")]

    def _lines(self, edit: AddEntry | AddItem, indent: int) -> tuple[int, list[str]]:
        if isinstance(edit, AddEntry):
            return edit.snippet.entry_lines(edit.key, indent, self._wanted)
        return edit.snippet.item_lines(indent, self._wanted)

    def _spaced(self, edits: Many[AddEntry | AddItem]) -> list[str]:
        """The lines of several additions in a row, the blank lines between them kept, none before the first."""
        lines: list[str] = []
        for edit in edits:
            blank, own = self._lines(edit, self._indent)
            lines += [""] * (blank if lines else 0) + own
        return lines

    def _line_end(self, index: int) -> int:
        """Where a child ends with its last line and the deeper comment lines below, the newline included."""
        end = self._own_line_end(index)
        return end if self._source.format == "dotenv" else behind(self._text, end, self._indent)

    def _own_line_end(self, index: int) -> int:
        end = self._ends[index]
        if end > 0 and self._text[end - 1] == "\n":
            return end
        newline = self._text.find("\n", end)
        return len(self._text) if newline < 0 else newline + 1

    def _insertion(self, after: int, edits: Many[AddEntry | AddItem]) -> Replacement:
        newline = self._source.newline
        if after < 0:
            lines = self._spaced(edits)
            if self._shares_line:
                text = newline.join(lines).lstrip(" ") + newline + " " * self._indent
                return Replacement(self._starts[0], self._starts[0], text)
            first, _ = lead(self._text, self._starts[0])
            if first == 0:  # a comment at the top of the file is the file's own
                first = self._text.rfind("\n", 0, self._starts[0]) + 1
            return Replacement(first, first, newline.join(lines) + newline)
        lines = []
        for edit in edits:
            blank, own = self._lines(edit, self._indent)
            lines += [""] * blank + own
        at = self._line_end(after)
        if at == len(self._text) and not self._text.endswith("\n"):
            return Replacement(at, at, newline + newline.join(lines))
        return Replacement(at, at, newline.join(lines) + newline)

    def _removal(self, index: int, removed: Selection[int]) -> Replacement:
        start, blank = lead(self._text, self._starts[index])
        if start == 0 and index == 0:
            start = self._text.rfind("\n", 0, self._starts[index]) + 1
        end = self._line_end(index)
        rest = self._text[end:]
        next_line = rest.split("\n", 1)[0]
        if blank and (not rest or not next_line.strip()):
            for _ in range(blank):
                start = self._text.rfind("\n", 0, start - 1) + 1
        if end == len(self._text) and not self._text.endswith("\n") and index - 1 not in removed:
            start = before_newline(self._text, start)
        elif end == len(self._text) and not self._text.endswith("\n"):
            start, end = before_newline(self._text, start), before_newline(self._text, end)
        return Replacement(start, end, "")

    def _emptied(self, added: Added) -> Replacement:
        """All children go: others take their place, or an empty mapping or list does."""
        end = before_newline(self._text, self._ends[-1])
        edits = [edit for place in sorted(added) for edit in added[place]]
        if edits:
            lines = self._spaced(edits)
            return Replacement(self._starts[0], end, self._source.newline.join(lines).lstrip(" "))
        empty = "{}" if isinstance(self._parent, Mapping) else "[]"
        if self._source.format == "dotenv":
            return Replacement(self._starts[0], min(len(self._text), self._line_end(self._count - 1)), "")
        if self._shares_line:
            return Replacement(self._starts[0], end, empty)
        first, _ = lead(self._text, self._starts[0])
        before = len(self._text[:first].rstrip(" \t\r\n"))
        head = "" if before == 0 or self._text[:before].endswith("---") else " "
        if head == "":
            return Replacement(self._starts[0], end, empty)
        line_start = self._text.rfind("\n", 0, before) + 1
        if self._text[line_start:before].lstrip().startswith("#") or " #" in self._text[line_start:before]:
            return Replacement(self._starts[0], end, empty)  # a comment ends that line: stay below it
        return Replacement(before, end, head + empty)


def value(source: Source, parent: Node | None, step: int | str, node: Node, snippet: Snippet) -> Replacement:
    """Another value behind a key or a dash, of whatever kind."""
    text, newline = source.text, source.newline
    if isinstance(parent, Mapping):
        entry = next(e for e in parent.entries if e.value is node)
        column = _column(text, entry.key_node.start)
        sign = text.index(":", entry.key_node.end) + 1
        head, below = snippet.block_value(column + _child_indent(source, snippet))
    elif isinstance(parent, Sequence):
        dash = parent.dashes[int(step)]
        sign = dash + 1
        head, below = snippet.block_value(_column(text, dash) + 2)
        if not head and below:
            head, below = below[0].lstrip(" "), below[1:]
    else:
        raise EditError("There is no place for the value any more", "", "make the plan again")
    end = before_newline(text, max(node.end, sign))
    comment = comment_behind(text, end)
    if below and comment:
        end += len(comment)
    else:
        comment = ""
    lines = [f" {head}" if head else "", *below]
    lines[0] += comment
    return Replacement(sign, end, newline.join(lines))


def _child_indent(source: Source, snippet: Snippet) -> int:
    """How far children stand in from their key: lists often not at all, as the file itself does."""
    if not isinstance(snippet.plain, list) or not snippet.plain:
        return 2
    for document in source.documents:
        found = _list_indent(document.root, source.text)
        if found is not None:
            return found
    return 2


def _list_indent(node: Node | None, text: str) -> int | None:
    if isinstance(node, Mapping) and not node.flow:
        for entry in node.entries:
            if isinstance(entry.value, Sequence) and entry.value.dashes:
                return max(0, _column(text, entry.value.dashes[0]) - _column(text, entry.key_node.start))
            found = _list_indent(entry.value, text)
            if found is not None:
                return found
    if isinstance(node, Sequence):
        for item in node.items:
            found = _list_indent(item, text)
            if found is not None:
                return found
    return None


def root(source: Source, index: int, snippet: Snippet) -> Replacement:
    """Another content for a whole document, or one for a document that has none."""
    document = source.documents[index] if index < len(source.documents) else None
    node = document.root if document is not None else None
    if node is not None and (source.format == "json" or (isinstance(node, Mapping | Sequence) and node.flow)):
        return flow.value(source, node, snippet)
    head, below = snippet.block_value(0)
    text = source.newline.join([*([head] if head else []), *below])
    if node is not None:
        return Replacement(node.start, before_newline(source.text, node.end), text)
    at = document.end if document is not None else len(source.text)
    before = "" if at == 0 or source.text[at - 1] == "\n" else source.newline
    return Replacement(at, at, f"{before}{text}{source.newline}")


def literal(source: Source, node: Scalar, written: str) -> Replacement:
    """Another text in a block scalar, line by line at its own indentation and under its own header."""
    text = source.text
    start = past_properties(text, node)
    body = text[start : node.end].split("\n")[1:]
    least = min((len(line) - len(line.lstrip(" ")) for line in body if line.strip()), default=2)
    chomp = "-" if not written.endswith("\n") else "+" if written.endswith("\n\n") else ""
    lines = (written[:-1] if written.endswith("\n") else written).split("\n")
    shown = [f"{' ' * least}{line}" if line else "" for line in lines]
    header = body_header = text[start : node.end].split("\n")[0].rstrip("\r")
    mark = re.match(r"([|>])([0-9]?)[+-]?([0-9]?)", body_header)
    style = "|"
    if mark is not None:
        foldable = all(line and line[0] not in " \t" for line in lines)
        style = ">" if mark[1] == ">" and foldable else "|"
        header = f"{style}{mark[2] or mark[3]}{chomp}{body_header[mark.end() :]}"
    if style == ">":
        shown = [line for one in shown for line in (one, "")][:-1]
    return Replacement(start, before_newline(text, node.end), source.newline.join([header, *shown]))


def new_document(source: Source, after: int | None, snippet: Snippet) -> Replacement:
    """One more document, with the `---` that it needs."""
    text, newline = source.text, source.newline
    content = newline.join(_document_lines(snippet))
    if after is None or not source.documents:
        return Replacement(0, 0, f"{content}{newline}---{newline}" if source.documents else f"{content}{newline}")
    at = source.documents[min(after, len(source.documents) - 1)].end
    if at == len(text) and not text.endswith("\n"):
        return Replacement(at, at, f"{newline}---{newline}{content}")
    return Replacement(at, at, f"---{newline}{content}{newline}")


def _document_lines(snippet: Snippet) -> list[str]:
    if snippet.source is not None and len(snippet.pointer) == 1:
        document = snippet.source.documents[int(snippet.pointer[0])]
        if document.root is not None:
            end = document.root.end
            raw = snippet.source.text[document.body : end] + comment_behind(snippet.source.text, end)
            return [line.rstrip("\r") for line in raw.strip("\r\n").split("\n")]
    head, below = snippet.block_value(0)
    return [*([head] if head else []), *below]


def without_document(source: Source, index: int) -> Replacement:
    """The text of one document and the `---` that goes with it."""
    documents = source.documents
    if len(documents) == 1:
        raise EditError(
            f"{printable(source.path)} would be left without content", "", "take the whole file away instead"
        )
    document = documents[index]
    if index == 0 and not document.explicit:
        body = documents[1].body
        newline = source.text.find("\n", body)
        return Replacement(0, newline + 1 if newline >= 0 else body, "")
    return Replacement(document.start, document.end, "")


def _column(text: str, offset: int) -> int:
    return offset - (text.rfind("\n", 0, offset) + 1)
