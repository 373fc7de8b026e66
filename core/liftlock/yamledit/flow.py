"""Edits inside brackets: flow collections of YAML, and all of JSON."""

from __future__ import annotations

from collections.abc import Mapping as ByPlace
from collections.abc import Sequence as Many
from collections.abc import Set as Selection

from liftlock.yamledit.edits import AddEntry, AddItem
from liftlock.yamledit.nodes import Mapping, Node, Sequence, Source
from liftlock.yamledit.quoting import key_text
from liftlock.yamledit.replacement import Replacement
from liftlock.yamledit.snippet import Snippet

Added = ByPlace[int, Many[AddEntry | AddItem]]


def children(source: Source, parent: Mapping | Sequence, removed: Selection[int], added: Added) -> list[Replacement]:
    """Entries or items inside one pair of brackets taken away and added, with the commas that go with them."""
    return _Brackets(source, parent).edit(removed, added)


def value(source: Source, node: Node, snippet: Snippet) -> Replacement:
    """Another value in place of one inside brackets."""
    text = _moved(snippet, source, _line_indent(source.text, node.start))
    start = node.start
    return Replacement(start, node.end, text)


class _Brackets:
    def __init__(self, source: Source, parent: Mapping | Sequence) -> None:
        self._source = source
        self._text = source.text
        self._parent = parent
        self._json = source.format == "json"
        if isinstance(parent, Mapping):
            self._spans = [(e.key_node.start, max(e.value.end, e.key_node.end)) for e in parent.entries]
        else:
            self._spans = [(node.start, node.end) for node in parent.items]
        sign = "{" if isinstance(parent, Mapping) else "["
        self._inside = self._text.index(sign, parent.start) + 1
        self._close = parent.end - 1
        first = self._spans[0][0] if self._spans else self._close
        self._spread = "\n" in self._text[self._inside : first]
        if self._spread and self._spans:
            self._indent = _line_indent(self._text, first)
        else:
            self._indent = _line_indent(self._text, parent.start) + _unit(self._text)

    def edit(self, removed: Selection[int], added: Added) -> list[Replacement]:
        alive = [i for i in range(len(self._spans)) if i not in removed]
        if not alive:
            return [self._refilled([edit for place in sorted(added) for edit in added[place]])]
        found = list(self._removals(removed, alive))
        gap = f"{self._source.newline}{self._indent}" if self._spread else " "
        for place, edits in added.items():
            texts = [self._written(edit) for edit in edits]
            if place < 0:
                start = self._spans[0][0]
                found.append(Replacement(start, start, "".join(f"{text},{gap}" for text in texts)))
            else:
                end = self._spans[place][1]
                found.append(Replacement(end, end, "".join(f",{gap}{text}" for text in texts)))
        return found

    def _removals(self, removed: Selection[int], alive: Many[int]) -> list[Replacement]:
        """Each run of neighbours goes as one, with the comma before or behind it."""
        found = []
        index = 0
        while index < len(self._spans):
            if index not in removed:
                index += 1
                continue
            first = index
            while index in removed:
                index += 1
            if index < len(self._spans):
                found.append(Replacement(self._spans[first][0], self._spans[index][0], ""))
            else:
                before = max(i for i in alive if i < first)
                found.append(Replacement(self._spans[before][1], self._spans[-1][1], ""))
        return found

    def _refilled(self, edits: Many[AddEntry | AddItem]) -> Replacement:
        texts = [self._written(edit) for edit in edits]
        if not texts:
            return Replacement(self._inside, self._close, "")
        newline = self._source.newline
        multi = self._spread or (self._json and "\n" in self._text)
        if multi:
            pad = self._indent
            outer = _line_indent(self._text, self._parent.start)
            joined = f",{newline}{pad}".join(texts)
            return Replacement(self._inside, self._close, f"{newline}{pad}{joined}{newline}{outer}")
        return Replacement(self._inside, self._close, ", ".join(texts))

    def _written(self, edit: AddEntry | AddItem) -> str:
        text = _moved(edit.snippet, self._source, self._indent)
        if isinstance(edit, AddItem):
            return text
        return f"{key_text(edit.key, json_style=self._json or self._quoted_keys())}: {text}"

    def _quoted_keys(self) -> bool:
        entries = self._parent.entries if isinstance(self._parent, Mapping) else ()
        return bool(entries) and all(entry.key_node.style == '"' for entry in entries)


def _moved(snippet: Snippet, source: Source, indent: str) -> str:
    """The snippet's text inside brackets, its lines below moved to this indentation."""
    text = snippet.flow_value(json_style=source.format == "json")
    lines = text.replace("\r\n", "\n").split("\n")
    node = snippet.node
    if len(lines) == 1 or node is None or snippet.source is None:
        return text
    own = _line_indent(snippet.source.text, node.start)
    moved = [lines[0]]
    for line in lines[1:]:
        moved.append(indent + (line[len(own) :] if line.startswith(own) else line.lstrip(" \t")))
    return source.newline.join(moved)


def _line_indent(text: str, offset: int) -> str:
    """The blanks, spaces or tabs, that the line of this offset begins with."""
    start = text.rfind("\n", 0, offset) + 1
    at = start
    while at < len(text) and text[at] in " \t":
        at += 1
    return text[start:at]


def _unit(text: str) -> str:
    """What one level is indented by, as the first indented line shows."""
    for line in text.split("\n"):
        blank = line[: len(line) - len(line.lstrip(" \t"))]
        if blank and line.strip():
            return blank
    return "  "
