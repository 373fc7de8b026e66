"""What holds for every text: one leaf changes, every other line stays, and undoing gives the bytes back."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from liftlock.yamledit import AddEntry, Remove, SetScalar, Snippet, node_at, read, scalars, splice, value_of

KEYS = st.sampled_from(["a", "b", "image", "tag", "on", "x y", "1"])
PLAIN = st.sampled_from(["v1", "1.10", "true", "12e45", "", "~", "a b", "0x1f", "2024-01-01", "ghcr.io/a/b:1"])
NEWLINES = st.sampled_from(["\n", "\r\n"])


@st.composite
def leaf(draw):
    text = draw(PLAIN)
    style = draw(st.sampled_from(["plain", "'", '"']))
    body = text if style == "plain" else style + text + style
    return body + draw(st.sampled_from(["", " # c", '  # {"$imagepolicy": "a:b"}']))


@st.composite
def lines(draw, depth=0):
    pad = "  " * depth
    found = []
    for key in draw(st.lists(KEYS, min_size=1, max_size=4, unique=True)):
        name = f'"{key}"' if key in ("on", "1") else key
        if draw(st.booleans()) and depth < 2:
            found += [f"{pad}# of {key}"]
        kind = draw(st.sampled_from(["leaf", "leaf", "map", "list", "flow", "block"])) if depth < 2 else "leaf"
        if kind == "leaf":
            found += [f"{pad}{name}: {draw(leaf())}"]
        elif kind == "map":
            found += [f"{pad}{name}:", *draw(lines(depth + 1))]
        elif kind == "list":
            items = draw(st.lists(leaf(), min_size=1, max_size=3))
            found += [f"{pad}{name}:", *(f"{pad}- {item}" for item in items)]
        elif kind == "flow":
            found += [f"{pad}{name}: {{x: 1, y: [a, 'b']}}"]
        else:
            found += [f"{pad}{name}: |", f"{pad}    first", f"{pad}    second"]
    return found


@st.composite
def texts(draw):
    newline = draw(NEWLINES)
    found = draw(lines())
    # A block scalar that ends the file without a newline would get one when something follows: see the test of that.
    ends = [newline] if found[-1].strip() == "second" else [newline, ""]
    return newline.join(found) + draw(st.sampled_from(ends))


def changed(value, at, new):
    if not at:
        return new
    if isinstance(value, dict):
        return {k: changed(x, at[1:], new) if k == at[0] else x for k, x in value.items()}
    return [changed(x, at[1:], new) if i == at[0] else x for i, x in enumerate(value)]


NEW = st.sampled_from(["v2", "1.11", "yes", "a: b", "x #y", "'", '"q"', "[", "&a", "é ü", "- x", "back\\slash", "null"])


@given(texts(), st.data(), NEW)
@settings(max_examples=150, deadline=None)
def test_exactly_one_leaf_changes(text, data, new):
    source = read(text.encode(), "x.yaml")
    at, node = data.draw(st.sampled_from(list(scalars(source))))
    out = splice(source, [SetScalar(at, new)])
    result = read(out, "x.yaml")
    assert value_of(result.documents[0].root) == changed(value_of(source.documents[0].root), at[1:], new)
    if node.style != "|":
        before, after = text.split("\n"), out.decode().split("\n")
        assert len(before) == len(after)
        assert [n for n, (x, y) in enumerate(zip(before, after, strict=True)) if x != y] in ([], [node.line - 1])
    YAML(typ="rt").load(io.BytesIO(out))


@given(texts())
@settings(max_examples=100, deadline=None)
def test_set_to_itself_is_nothing(text):
    source = read(text.encode(), "x.yaml")
    for at, node in scalars(source):
        assert splice(source, [SetScalar(at, node.value, node)]) == text.encode()


@given(texts(), st.data())
@settings(max_examples=150, deadline=None)
def test_add_then_remove_gives_the_bytes_back(text, data):
    source = read(text.encode(), "x.yaml")
    after = data.draw(st.sampled_from([None, *(entry.key for entry in source.documents[0].root.entries)]))
    added = splice(source, [AddEntry((0,), "fresh", Snippet.value({"n": "v", "l": ["p"]}), after)])
    reread = read(added, "x.yaml")
    assert value_of(node_at(reread, (0, "fresh"))) == {"n": "v", "l": ["p"]}
    assert splice(reread, [Remove((0, "fresh"))]) == text.encode()


@given(texts(), texts(), st.data())
@settings(max_examples=100, deadline=None)
def test_a_copied_entry_keeps_its_values_and_types(text, other, data):
    source, target = read(text.encode(), "x.yaml"), read(other.encode(), "y.yaml")
    have = {entry.key for entry in target.documents[0].root.entries}
    free = [entry.key for entry in source.documents[0].root.entries if entry.key not in have]
    if not free:
        return
    key = data.draw(st.sampled_from(free))
    after = data.draw(st.sampled_from(sorted(have)))
    out = read(splice(target, [AddEntry((0,), key, Snippet.of(source, (0, key)), after)]), "y.yaml")
    ours = {at: (n.value, n.tag) for at, n in scalars(source) if at[1] == key}
    assert {at: (n.value, n.tag) for at, n in scalars(out) if at[1] == key} == ours
