"""How a file indents, and text brought from one such habit to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from liftlock.yamledit.nodes import Mapping, Node, Sequence, Source, walk


def column(text: str, offset: int) -> int:
    """Characters before the offset on its line."""
    return offset - (text.rfind("\n", 0, offset) + 1)


def _steps(node: Node | None, text: str) -> Iterator[tuple[str, int, int, int]]:
    """Every block that stands below its key: its kind, how far it stands in, and from where to where it reaches."""
    for parent in walk(node):
        if not isinstance(parent, Mapping) or parent.flow:
            continue
        for entry in parent.entries:
            value = entry.value
            if isinstance(value, Mapping) and not value.flow and value.entries:
                first, kind = value.entries[0].key_node.start, "map"
            elif isinstance(value, Sequence) and value.dashes:
                first, kind = value.dashes[0], "seq"
            else:
                continue
            if "\n" in text[entry.key_node.end : first]:
                step = column(text, first) - column(text, entry.key_node.start)
                yield kind, step, text.index("\n", entry.key_node.end) + 1, value.end


def habits(source: Source, near: Node | None) -> dict[str, int]:
    """How far mappings (`map`) and lists (`seq`) stand in from their key: as nearby, else as mostly in the file."""
    found: dict[str, int] = {}
    for roots in ([near], [document.root for document in source.documents]):
        counted: dict[str, Counter[int]] = {"map": Counter(), "seq": Counter()}
        for root in roots:
            for kind, step, _, _ in _steps(root, source.text):
                counted[kind][step] += 1
        for kind, steps in counted.items():
            if steps and kind not in found:
                found[kind] = steps.most_common(1)[0][0]
    return found


def deltas(node: Node, text: str, wanted: dict[str, int]) -> dict[int, int]:
    """By the offset of each line of the node: how many columns it moves to stand in as `wanted`."""
    moved: dict[int, int] = {}
    for kind, step, start, end in _steps(node, text):
        change = wanted.get(kind, step) - step
        at = start
        while change and at < end:
            moved[at] = moved.get(at, 0) + change
            following = text.find("\n", at)
            at = len(text) if following < 0 else following + 1
    return moved


def behind(text: str, at: int, indent: int) -> int:
    """The end of the comment lines at `at` that stand deeper than `indent`: they belong to what is above them."""
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end]
        bare = line.lstrip(" ")
        if not bare.startswith("#") or len(line) - len(bare) <= indent:
            break
        at = min(end + 1, len(text))
    return at
