"""Generated and mutated files with one to five edits each, judged by readers that are not ours.

What a splice gives is read by ruamel.yaml and by PyYAML and must be the old value with the edits made on plain data;
every line that no edit concerns must still be there, in its order. An edit may be refused, with the reason. The usual
run takes a few; `LIFTLOCK_FUZZ=10000 pytest tests/unit/yamledit/test_fuzz.py -n 0 -s` takes ten thousand of each kind
and prints the counts.
"""

from __future__ import annotations

import copy
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from liftlock.errors import EditError
from liftlock.yamledit import (
    AddDocument,
    AddEntry,
    AddItem,
    Alias,
    Edit,
    Mapping,
    Node,
    Pointer,
    Remove,
    RemoveDocument,
    Scalar,
    Sequence,
    SetScalar,
    Snippet,
    Source,
    node_at,
    read,
    splice,
)

EXAMPLES = int(os.environ.get("LIFTLOCK_FUZZ", "120"))
ROOT = Path(__file__).parents[3]
REAL = sorted(
    path
    for path in (ROOT / "examples").rglob("*.y*ml")
    if path.stat().st_size < 6_000 and b"{{" not in path.read_bytes()
)
counts: Counter[str] = Counter()
thorough = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.fixture(scope="module", autouse=True)
def told() -> Iterator[None]:
    """The counts at the end, where someone asked for many."""
    yield
    if "LIFTLOCK_FUZZ" in os.environ:
        sys.stdout.write(f"\n{dict(counts)}\n")


# Files -------------------------------------------------------------------------------------------------------------

KEYS = st.sampled_from(["a", "b", "image", "tag", "name", "x y", "on", "1", "é", "a.b/c", "long-key-of-many-words"])
PLAIN = ["v1", "1.10", "true", "null", "~", "12e45", "0x1f", "2024-01-01", "ghcr.io/a/b:1@c", "a b", "a#b", "x:y"]
WORDS = st.sampled_from([*PLAIN, "ü", "", "it's", 'say "x"', "-1"])
COMMENTS = st.sampled_from(["", "", "", " # why", '  # {"$imagepolicy": "a:b"}', "\t# tab"])


@st.composite
def scalar(draw: st.DrawFn) -> str:
    text = draw(WORDS)
    style = draw(st.sampled_from(["plain", "plain", "'", '"']))
    if style == "plain" and text not in ("it's", 'say "x"', "-1"):
        return text
    if style == "'":
        return "'" + text.replace("'", "''") + "'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def flow(draw: st.DrawFn, depth: int) -> str:
    if draw(st.booleans()):
        inner = [draw(scalar()) or "''" for _ in range(draw(st.integers(0, 3)))]
        return "[" + ", ".join(inner) + "]"
    names = draw(st.lists(st.sampled_from("pqrs"), max_size=3, unique=True))
    values = [draw(flow(depth + 1)) if depth < 1 and draw(st.booleans()) else draw(scalar()) or "''" for _ in names]
    return "{" + ", ".join(f"{n}: {v}" for n, v in zip(names, values, strict=True)) + "}"


@st.composite
def mapping(draw: st.DrawFn, indent: int, depth: int, anchors: list[str]) -> list[str]:
    pad = " " * indent
    step = draw(st.sampled_from([2, 2, 4]))
    found: list[str] = []
    for key in draw(st.lists(KEYS, min_size=1, max_size=4, unique=True)):
        name = f'"{key}"' if key in ("on", "1") else key
        if draw(st.integers(0, 5)) == 0:
            found.append(draw(st.sampled_from([f"{pad}# about {key}", ""])))
        kinds = ["leaf"] * 4 + ["flow", "literal", "folded"]
        if depth < 3:
            kinds += ["map", "map", "list", "list", "flat list"]
        if anchors:
            kinds.append("alias")
        kind = draw(st.sampled_from(kinds))
        comment = draw(COMMENTS)
        if kind == "leaf":
            found.append(f"{pad}{name}: {draw(scalar())}".rstrip() + comment)
        elif kind == "alias":
            found.append(f"{pad}{name}: *{draw(st.sampled_from(anchors))}{comment}")
        elif kind == "flow":
            found.append(f"{pad}{name}: {draw(flow(0))}{comment}")
        elif kind in ("literal", "folded"):
            sign = ("|" if kind == "literal" else ">") + draw(st.sampled_from(["", "-", "+"]))
            inner = " " * (indent + step)
            found += [f"{pad}{name}: {sign}", f"{inner}first line", f"{inner}second: line # no comment"]
        elif kind == "map":
            anchor = ""
            if draw(st.integers(0, 4)) == 0:
                anchor = f" &n{len(anchors)}_{depth}_{indent}"
            inner_lines = draw(mapping(indent + step, depth + 1, anchors))
            found += [f"{pad}{name}:{anchor}{comment}", *inner_lines]
            if anchor and anchor[2:] not in anchors:
                anchors.append(anchor[2:])
        else:
            inner_indent = indent if kind == "flat list" else indent + step
            found += [f"{pad}{name}:{comment}", *draw(sequence(inner_indent, depth + 1, anchors))]
    return found


@st.composite
def sequence(draw: st.DrawFn, indent: int, depth: int, anchors: list[str]) -> list[str]:
    pad = " " * indent
    found: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["leaf", "leaf", "map", "flow", "nested"] if depth < 3 else ["leaf", "flow"]))
        if draw(st.integers(0, 6)) == 0:
            found.append(f"{pad}# an item")
        if kind == "leaf":
            found.append(f"{pad}- {draw(scalar()) or 'z'}{draw(COMMENTS)}")
        elif kind == "flow":
            found.append(f"{pad}- {draw(flow(0))}")
        else:
            inner = draw((mapping if kind == "map" else sequence)(indent + 2, depth + 1, anchors))
            first = next(i for i, line in enumerate(inner) if line.strip() and not line.lstrip().startswith("#"))
            found += inner[:first]
            found.append(f"{pad}- {inner[first].lstrip()}")
            found += inner[first + 1 :]
    return found


@st.composite
def generated(draw: st.DrawFn) -> str:
    """A file of one to three documents."""
    documents = [draw(mapping(0, 0, [])) for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3])))]
    lines: list[str] = ["---"] if draw(st.booleans()) else []
    for index, document in enumerate(documents):
        lines += ["---"] if index else []
        lines += document
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    text = newline.join(lines)
    return text + draw(st.sampled_from([newline, newline, ""]))


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A file of the examples with comments, line ends, an end without newline, or itself once more behind it."""
    lines = draw(st.sampled_from(REAL)).read_text().splitlines()
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(lines)))
        indent = len(lines[at]) - len(lines[at].lstrip()) if at < len(lines) else 0
        lines.insert(at, draw(st.sampled_from([" " * indent + "# noted", "# at the margin", ""])))
    if draw(st.integers(0, 4)) == 0:
        lines += ["---", *lines]
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join(lines) + draw(st.sampled_from([newline, ""]))


# Edits, made on plain data by themselves ----------------------------------------------------------------------------


def nodes(source: Source) -> Iterator[tuple[Pointer, Node]]:
    """Every node that no alias stands for, with its place."""

    def walk(at: Pointer, node: Node) -> Iterator[tuple[Pointer, Node]]:
        yield at, node
        if isinstance(node, Mapping):
            for entry in node.entries:
                yield from walk((*at, entry.key), entry.value)
        elif isinstance(node, Sequence):
            for index, item in enumerate(node.items):
                yield from walk((*at, index), item)

    for index, document in enumerate(source.documents):
        if document.root is not None:
            yield from walk((index,), document.root)


NEW = st.sampled_from(
    ["v2", "1.11", "yes", "a: b", "x #y", "'", '"q"', "[", "&a", "é ü", "- x", "back\\slash", "null", "0123"]
)
ADDED = st.sampled_from(["plain", "1.10", {"n": "v", "l": ["p", "q"]}, ["one", {"two": "2"}], {}, []])


@st.composite
def an_edit(draw: st.DrawFn, source: Source) -> Edit:
    """Any edit of this file."""
    places = [(at, node) for at, node in nodes(source) if not isinstance(node, Alias)]
    kind = draw(st.sampled_from(["set", "set", "set", "entry", "item", "remove", "remove", "document"]))
    scalars = [at for at, node in places if isinstance(node, Scalar)]
    mappings = [(at, node) for at, node in places if isinstance(node, Mapping)]
    lists = [(at, node) for at, node in places if isinstance(node, Sequence)]
    if kind == "document" and len(source.documents) > 1:
        if draw(st.booleans()):
            return RemoveDocument(draw(st.integers(0, len(source.documents) - 1)))
        after = draw(st.sampled_from([None, *range(len(source.documents))]))
        return AddDocument(after, Snippet.value({"kind": "New", "metadata": {"name": "n"}}))
    if kind == "entry" and mappings:
        at, node = draw(st.sampled_from(mappings))
        after = draw(st.sampled_from([None, *(entry.key for entry in node.entries)]))
        return AddEntry(at, draw(st.sampled_from(["fresh", "fresh 2"])), Snippet.value(draw(ADDED)), after)
    if kind == "item" and lists:
        at, items = draw(st.sampled_from(lists))
        return AddItem(at, Snippet.value(draw(ADDED)), draw(st.sampled_from([None, *range(len(items.items))])))
    below = [at for at, _ in places if len(at) > 1]
    if kind == "remove" and below:
        return Remove(draw(st.sampled_from(below)))
    return SetScalar(draw(st.sampled_from(scalars or [(0,)])), draw(NEW))


def made(documents: list[Any], edits: list[Edit]) -> list[Any] | None:
    """The edits made on plain data; None where two of them meet, so that their order would tell."""
    touched = [e.at for e in edits if isinstance(e, SetScalar | Remove)]
    touched += [(e.index,) for e in edits if isinstance(e, RemoveDocument)]
    places = [e.at for e in edits if isinstance(e, AddEntry | AddItem)]
    for index, at in enumerate(touched):
        if any(other[: len(at)] == at or at[: len(other)] == other for other in touched[index + 1 :]):
            return None
        if any(place[: len(at)] == at for place in places):
            return None
    if len(places) != len(set(places)) or sum(isinstance(e, AddDocument) for e in edits) > 1:
        return None
    found: list[Any] = copy.deepcopy(documents)
    gone = object()
    for edit in edits:
        if isinstance(edit, SetScalar):
            holder = _holder(found, edit.at)
            holder[edit.at[-1]] = edit.value
    for edit in edits:
        if isinstance(edit, AddEntry):
            there = _at(found, edit.at)
            there[edit.key] = copy.deepcopy(edit.snippet.plain)
        elif isinstance(edit, AddItem):
            there = _at(found, edit.at)
            there.append(("added", edit.after, copy.deepcopy(edit.snippet.plain)))
    for edit in edits:
        if isinstance(edit, Remove):
            _holder(found, edit.at)[edit.at[-1]] = gone
        elif isinstance(edit, RemoveDocument):
            found[edit.index] = gone
    last = next((e for e in edits if isinstance(e, AddDocument)), None)
    if last is not None:
        found.append(("added", last.after, copy.deepcopy(last.snippet.plain)))
    return _settled(found, gone, {})


def _at(value: Any, at: Pointer) -> Any:
    for step in at:
        value = value[step]
    return value


def _holder(value: Any, at: Pointer) -> Any:
    return _at(value, at[:-1])


def _settled(value: Any, gone: object, seen: dict[int, Any]) -> Any:
    """The data without what is gone and with what was added in its place; what is shared is done once."""
    if id(value) in seen:
        return seen[id(value)]
    if isinstance(value, dict):
        seen[id(value)] = {k: _settled(v, gone, seen) for k, v in value.items() if v is not gone}
        return seen[id(value)]
    if not isinstance(value, list):
        return value
    own = [v for v in value if not (isinstance(v, tuple) and v[0] == "added")]
    result: list[Any] = [v[2] for v in value if isinstance(v, tuple) and v[0] == "added" and v[1] is None]
    for index, item in enumerate(own):
        if item is not gone:
            result.append(_settled(item, gone, seen))
        result += [v[2] for v in value if isinstance(v, tuple) and v[0] == "added" and v[1] == index]
    seen[id(value)] = result
    return result


# Judges -------------------------------------------------------------------------------------------------------------


def by_ruamel(text: str) -> list[Any]:
    """All documents, every scalar as its text; empty documents left out."""
    return [_plain(d, {}) for d in YAML(typ="base", pure=True).load_all(text) if d not in (None, "")]


def by_pyyaml(text: str) -> list[Any]:
    """The same, as the other reader sees it."""
    return [d for d in yaml.load_all(text, yaml.BaseLoader) if d not in (None, "")]


def _plain(value: Any, seen: dict[int, Any]) -> Any:
    """Plain data; what an alias stands for stays one object."""
    if id(value) in seen:
        return seen[id(value)]
    if isinstance(value, dict):
        seen[id(value)] = found = {}
        found |= {str(k): _plain(v, seen) for k, v in value.items()}
        return found
    if isinstance(value, list):
        seen[id(value)] = items = []
        items += [_plain(v, seen) for v in value]
        return items
    return "" if value is None else str(value)


def untouched(source: Source, edits: list[Edit]) -> list[str]:
    """The lines of the file that no edit concerns."""
    lines = source.text.splitlines()
    concerned: set[int] = set()

    def span(node: Node) -> range:
        first = source.text.count("\n", 0, node.start)
        return range(first, source.text.count("\n", 0, max(node.end - 1, node.start)) + 1)

    def key_lines(at: Pointer) -> set[int]:
        """The lines of the keys, or of the dashes, that lead to a node."""
        found: set[int] = set()
        for end in range(1, len(at)):
            holder, step = node_at(source, at[:end]), at[end]
            if isinstance(holder, Mapping) and (entry := holder.entry(str(step))) is not None:
                found.add(entry.line - 1)
            elif isinstance(holder, Sequence) and isinstance(step, int) and step < len(holder.dashes):
                found.add(source.text.count("\n", 0, holder.dashes[step]))
        return found

    for edit in edits:
        if isinstance(edit, RemoveDocument):
            document = source.documents[edit.index]
            concerned |= set(
                range(source.text.count("\n", 0, document.start), source.text.count("\n", 0, document.end) + 1)
            )
            continue
        if isinstance(edit, AddDocument):
            continue
        node = node_at(source, edit.at)
        parent = node_at(source, edit.at[:-1]) if len(edit.at) > 1 else None
        if node is None:
            continue
        if isinstance(edit, SetScalar):
            concerned |= set(span(node))
        elif isinstance(edit, Remove):
            first = span(node)[0]
            entry = parent.entry(str(edit.at[-1])) if isinstance(parent, Mapping) else None
            first = entry.line - 1 if entry is not None else first
            concerned |= set(range(first, span(node)[-1] + 1))
            if isinstance(parent, Mapping | Sequence):
                # The last one leaves `{}`, which stands behind the parent's key; the first of a list shares its line.
                concerned |= {span(parent)[0], *key_lines(edit.at[:-1])}
                concerned |= set(span(parent)) if parent.flow else set()
                if isinstance(node_at(source, edit.at[:-2]) if len(edit.at) > 2 else None, Sequence):
                    # The one behind it moves up behind the outer dash.
                    below = [e.line - 1 for e in parent.entries] if isinstance(parent, Mapping) else []
                    below += [span(item)[0] for item in parent.items] if isinstance(parent, Sequence) else []
                    concerned |= {n for n in below if n > first}
        elif isinstance(node, Mapping | Sequence) and (
            node.flow or not (node.entries if isinstance(node, Mapping) else node.items)
        ):
            concerned |= set(span(node))
        else:
            concerned |= {span(node)[0]}  # a new first key takes the place behind a dash
    return [
        line
        for n, line in enumerate(lines)
        if n not in concerned and line.strip() and not line.lstrip().startswith(("#", "---"))
    ]


def check(text: str, data: st.DataObject) -> None:
    """Draw edits, make them, and let the judges look."""
    source = read(text.encode(), "x.yaml")
    try:
        before = by_ruamel(text)
    except Exception:  # a file that the judge cannot read has nothing to say of us
        counts["not for the judge"] += 1
        return
    if source.read_only or len(before) != len(source.documents) or before != by_pyyaml(text):
        counts["not for the judge"] += 1
        return
    edits = [data.draw(an_edit(source)) for _ in range(data.draw(st.integers(1, 5)))]
    wanted = made(before, edits)
    if wanted is None:
        counts["edits that meet"] += 1
        return
    try:
        out = splice(source, edits).decode()
    except EditError as refused:
        counts["refused"] += 1
        counts[f"refused: {refused.detail[:60]}"] += 1
        return
    counts["made"] += 1
    wanted = [d for d in wanted if d not in (None, "")]
    assert by_ruamel(out) == wanted
    assert by_pyyaml(out) == wanted
    remaining = iter(out.splitlines())
    for line in untouched(source, edits):
        assert line in remaining, line


@given(generated(), st.data())
@thorough
def test_generated_files_get_exactly_their_edits(text: str, data: st.DataObject):
    check(text, data)


@given(mutated(), st.data())
@thorough
def test_mutated_files_get_exactly_their_edits(text: str, data: st.DataObject):
    check(text, data)
