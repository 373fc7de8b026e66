"""One edit, one text, the exact bytes that must come out."""

import pytest

from liftlock.errors import EditError
from liftlock.yamledit import (
    AddDocument,
    AddEntry,
    AddItem,
    Remove,
    RemoveDocument,
    Scalar,
    SetScalar,
    Snippet,
    aliases_of,
    node_at,
    read,
    splice,
    value_of,
)


def like(value, style="plain"):
    return Scalar(value, style, 0, 0, 1)


def v(value):
    return Snippet.value(value)


OUTSIDE = read(b'b: &x {q: 1}\nn:\n  i: *x\n  t: "1"\n', "source.yaml")
DEEP = read(b"a:\n    k:\n        - n: 1\n          m: 2\n    z: 1\n", "source.yaml")
COMMENTED = read(b"a: 1\n\n# about b\nb: &x  # behind\n  - '1'  # one\n", "source.yaml")

CASES = {
    "crlf stays": ("a: 1\r\nb: 2\r\n", [SetScalar((0, "a"), "3")], "a: 3\r\nb: 2\r\n"),
    "crlf for new lines": ("a: 1\r\nb: 2\r\n", [AddEntry((0,), "c", v("3"), "b")], "a: 1\r\nb: 2\r\nc: 3\r\n"),
    "byte order mark": ("\ufeffa: 1\n", [SetScalar((0, "a"), "3")], "\ufeffa: 3\n"),
    "no final newline when adding": ("a: 1\nb: 2", [AddEntry((0,), "c", v("3"), "b")], "a: 1\nb: 2\nc: 3"),
    "no final newline when removing": ("a: 1\nb: 2", [Remove((0, "b"))], "a: 1"),
    "tab and comment behind": ("a: 1\t# c\n", [SetScalar((0, "a"), "3")], "a: 3\t# c\n"),
    "marker behind": (
        'a: \'v1\' # {"$imagepolicy": "x:tag"}\n',
        [SetScalar((0, "a"), "v2", like("v2"))],
        'a: \'v2\' # {"$imagepolicy": "x:tag"}\n',
    ),
    "nothing to something": ("a: # c\nb: 2\n", [SetScalar((0, "a"), "x")], "a: x # c\nb: 2\n"),
    "something to nothing": ("a: x # c\n", [SetScalar((0, "a"), "", like(""))], "a: # c\n"),
    "text like a number": ("a: v1\n", [SetScalar((0, "a"), "1.10", like("1.10", '"'))], 'a: "1.10"\n'),
    "text like an exponent": ("a: v1\n", [SetScalar((0, "a"), "12e45", like("12e45", '"'))], 'a: "12e45"\n'),
    "text like an octal": ("a: v1\n", [SetScalar((0, "a"), "0o17", like("0o17", '"'))], 'a: "0o17"\n'),
    "text like a boolean": ("a: v1\n", [SetScalar((0, "a"), "yes", like("yes", "'"))], "a: 'yes'\n"),
    "number for quoted text": ('a: "v1"\n', [SetScalar((0, "a"), "5", like("5"))], "a: 5\n"),
    "number typed for a number": ("a: 1\n", [SetScalar((0, "a"), "2")], "a: 2\n"),
    "text that needs quotes": ("a: x\n", [SetScalar((0, "a"), "b: c #d")], 'a: "b: c #d"\n'),
    "comma in brackets": ("a: [{v: 1}]\n", [SetScalar((0, "a", 0, "v"), "x, y")], 'a: [{v: "x, y"}]\n'),
    "anchor stays": ("a: &v 1.2 # c\nb: *v\n", [SetScalar((0, "a"), "1.3")], "a: &v 1.3 # c\nb: *v\n"),
    "tag stays": ("a: !v x\n", [SetScalar((0, "a"), "y")], "a: !v y\n"),
    "literal keeps its header": (
        "a: |  # h\n    x\n    y\n\nb: 1\n",
        [SetScalar((0, "a"), "p\nq\n")],
        "a: |  # h\n    p\n    q\n\nb: 1\n",
    ),
    "folded stays folded": ("a: >-\n  x\n  y\nb: 1\n", [SetScalar((0, "a"), "new text")], "a: >-\n  new text\nb: 1\n"),
    "add to brackets": ("a: [x, y] # c\n", [AddItem((0, "a"), v("z"), 1)], "a: [x, y, z] # c\n"),
    "remove inside brackets": ("a: [x, y, z]\n", [Remove((0, "a", 1))], "a: [x, z]\n"),
    "remove last in braces": ("a: { x: 1, y: 2 }\n", [Remove((0, "a", "y"))], "a: { x: 1 }\n"),
    "first entry of an empty mapping": (
        "a: {} # c\nb: 1\n",
        [AddEntry((0, "a"), "k", v("w"))],
        "a: # c\n  k: w\nb: 1\n",
    ),
    "first item of an empty list": ("a: []\nb: 1\n", [AddItem((0, "a"), v("w"))], "a:\n- w\nb: 1\n"),
    "last child goes": ("a:\n  k: w\nb: 1\n", [Remove((0, "a", "k"))], "a: {}\nb: 1\n"),
    "last child goes with parents": ("a:\n  l:\n  - w\nb: 1\n", [Remove((0, "a", "l", 0), prune=True)], "b: 1\n"),
    "own comment goes": ("a: 1\n# of b\nb: 2\nc: 3\n", [Remove((0, "b"))], "a: 1\nc: 3\n"),
    "a comment apart stays": ("a: 1\n# apart\n\nb: 2\nc: 3\n", [Remove((0, "b"))], "a: 1\n# apart\n\nc: 3\n"),
    "first key of an item": ("l:\n- name: x\n  b: 1\n", [Remove((0, "l", 0, "name"))], "l:\n- b: 1\n"),
    "remove and add in one place": (
        "l:\n- a\n- b\n- c\n",
        [Remove((0, "l", 1)), AddItem((0, "l"), v("n"), 1)],
        "l:\n- a\n- n\n- c\n",
    ),
    "in front of a sibling": ("a: 1\nb: 2\n", [AddEntry((0,), "z", v("0"), before="b")], "a: 1\nz: 0\nb: 2\n"),
    "behind one that is added too": (
        "a: 1\n",
        [AddEntry((0,), "b", v("2"), "a"), AddEntry((0,), "c", v("3"), "b")],
        "a: 1\nb: 2\nc: 3\n",
    ),
    "same neighbour keeps the order": (
        "a: 1\nz: 9\n",
        [AddEntry((0,), "b", v("2"), "a"), AddEntry((0,), "c", v("3"), "a")],
        "a: 1\nb: 2\nc: 3\nz: 9\n",
    ),
    "below deeper comments": (
        "a:\n  x: 1\n  # y: 2\nb: 3\n",
        [AddEntry((0,), "c", v("4"), "a")],
        "a:\n  x: 1\n  # y: 2\nc: 4\nb: 3\n",
    ),
    "key that needs quotes": ("a: 1\n", [AddEntry((0,), "on", v("x"), "a")], 'a: 1\n"on": x\n'),
    "indented as the target is": (
        "q:\n  p: 1\nl:\n- x\n",
        [AddEntry((0, "q"), "k", Snippet.of(DEEP, (0, "a", "k")), "p")],
        "q:\n  p: 1\n  k:\n  - n: 1\n    m: 2\nl:\n- x\n",
    ),
    "comments come along": (
        "a: 1\n",
        [AddEntry((0,), "b", Snippet.of(COMMENTED, (0, "b")), "a")],
        "a: 1\n\n# about b\nb: &x  # behind\n  - '1'  # one\n",
    ),
    "alias from outside is written out, types kept": (
        "a: 1\n",
        [AddEntry((0,), "n", Snippet.of(OUTSIDE, (0, "n")), "a")],
        'a: 1\nn:\n  i:\n    q: 1\n  t: "1"\n',
    ),
    "another text inside a copied block": (
        "a: 1\n",
        [AddEntry((0,), "n", Snippet.of(OUTSIDE, (0, "n")).with_scalar(("t",), "2"), "a")],
        'a: 1\nn:\n  i:\n    q: 1\n  t: "2"\n',
    ),
    "a block that comes last gets the newline its value has": (
        "a: 1",
        [AddEntry((0,), "b", Snippet.of(read(b"b: |\n  x\n", "s.yaml"), (0, "b")), "a")],
        "a: 1\nb: |\n  x\n",
    ),
    "document between": (
        "a: 1\n---\nb: 2\n",
        [AddDocument(0, v({"c": "3"}))],
        "a: 1\n---\nc: 3\n---\nb: 2\n",
    ),
    "document goes": ("a: 1\n---\nb: 2\n", [RemoveDocument(0)], "b: 2\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_bytes(name):
    before, edits, after = CASES[name]
    assert splice(read(before.encode(), "x.yaml"), edits).decode() == after


OTHER_FORMATS = {
    "json": (
        "x.json",
        '{\n  "a": "x",\n  "n": 1\n}\n',
        [
            SetScalar((0, "a"), "5", like("5", '"')),
            SetScalar((0, "n"), "7", like("7")),
            AddEntry((0,), "z", v("y"), "n"),
        ],
        '{\n  "a": "5",\n  "n": 7,\n  "z": "y"\n}\n',
    ),
    "json on one line": ("x.json", '{"a": [1, 2]}', [Remove((0, "a", 0))], '{"a": [2]}'),
    "dotenv": (
        "x.env",
        'A=1 # c\nexport B="x"\nC: "z"\n',
        [SetScalar((0, "A"), "2"), SetScalar((0, "B"), "y"), SetScalar((0, "C"), "w")],
        'A=2 # c\nexport B="y"\nC: "w"\n',
    ),
}


@pytest.mark.parametrize("name", OTHER_FORMATS)
def test_other_formats_keep_theirs(name):
    path, before, edits, after = OTHER_FORMATS[name]
    assert splice(read(before.encode(), path), edits).decode() == after


REFUSED = {
    "through an alias": ("a: &v {x: 1}\nb: *v\n", [SetScalar((0, "b", "x"), "2")]),
    "a key written twice": ("a: 1\na: 2\n", [SetScalar((0, "a"), "3")]),
    "a place that is gone": ("a: 1\n", [SetScalar((0, "q"), "3")]),
    "a key that is there": ("a: 1\n", [AddEntry((0,), "a", v("2"), "a")]),
    "two edits that meet": ("a:\n  b: 1\nc: 1\n", [Remove((0, "a")), SetScalar((0, "a", "b"), "2")]),
    "an anchor still in use": ("a: &x 1\nb: *x\n", [Remove((0, "a"))]),
    "behind a block scalar that lacks the last newline, whose value would change": (
        "a: |\n  x",
        [AddEntry((0,), "b", v("1"), "a")],
    ),
    "a template": ("a: {{ x }}\n", [SetScalar((0, "a"), "1")]),
    "sops": ("a: ENC[AES256_GCM,data:x]\nsops:\n  mac: y\n", [SetScalar((0, "a"), "1")]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_is_refused(name):
    before, edits = REFUSED[name]
    with pytest.raises(EditError):
        splice(read(before.encode(), "x.yaml"), edits)


HOSTILE = {
    "brackets": b"[" * 100_000,
    "braces": b"{a: " * 100_000,
    "dashes": b"- " * 100_000,
    "aliases": b"a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 10)) for c in range(98, 106)),
    "an alias of itself": b"&a [*a]",
    "control characters": b"a: \x07\n",
    "tab": b"\ta: 1\n",
    "not utf-8": b"a: \xff\n",
    "binary": b"a\0b",
    "git-crypt": b"\0GITCRYPT\0abc",
    "cut off": b"a: [1\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_content_is_an_error_or_an_end(name):
    source = read(HOSTILE[name], "x.yaml")
    assert source.read_only


def test_a_broken_file_names_its_line():
    source = read(b"a: 1\nb: *none\n", "dir/x.yaml")
    assert source.problem is not None and source.problem.place == "dir/x.yaml:2"


@pytest.mark.parametrize("text", ["", "# only a comment\n"])
def test_nothing_in_it(text):
    source = read(text.encode(), "x.yaml")
    assert source.documents == () and not source.read_only


def test_values_are_the_texts_as_written():
    source = read(b"a: 1.10\nb:\nc: 'x'\nd: &k {e: true}\nf: *k\n", "x.yaml")
    assert value_of(source.documents[0].root) == {
        "a": "1.10", "b": "", "c": "x", "d": {"e": "true"}, "f": {"e": "true"},
    }  # fmt: skip
    assert node_at(source, (0, "f", "e")).tag == "bool"
    assert aliases_of(source, (0, "d", "e")) == 1
