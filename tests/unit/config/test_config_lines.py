"""Where keys stand: every key that tomllib reads has a line, and that line names it."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.config.lines import lines_of

TEXT = '''\
# a comment with [brackets] and = signs
message = "a # no comment"   # a comment

"quoted key" = 1
dotted . key = """
[[environment]] in a string
"""
[[environment]]
name = "one"
after = [
  "x",  # [y]
  "z",
]
  [[environment.target]]
  context = 'a'
  [[environment.target]]
  context = 'b'
[[environment]]
name = "two"
target = [{ context = "c", label = """
long""" }, { context = "d" }]
[keys]
"board.plan" = ["p"]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("message",), 2),
        (("quoted key",), 4),
        (("dotted", "key"), 5),
        (("environment",), 8),
        (("environment", 0), 8),
        (("environment", 0, "name"), 9),
        (("environment", 0, "after", 0), 11),
        (("environment", 0, "after", 1), 12),
        (("environment", 0, "target", 0, "context"), 15),
        (("environment", 0, "target", 1), 16),
        (("environment", 0, "target", 1, "context"), 17),
        (("environment", 1, "name"), 19),
        (("environment", 1, "target", 0, "context"), 20),
        (("environment", 1, "target", 1, "context"), 21),
        (("keys", "board.plan"), 23),
    ],
)
def test_each_key_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert lines_of(TEXT)[path] == line
    assert lines_of(TEXT.replace("\n", "\r\n"))[path] == line


KEYS = st.sampled_from(["a", "b-c", '"d e"', "'f.g'", '"h\\u0069"', "1"])
STRINGS = st.sampled_from(
    ['"x"', '"a \\" [b] # = c"', "'x ] } #'", '"""a\n[b]\n"c" """', "'''\n= ''  '''", '"""x"""""']
)
SCALARS = STRINGS | st.sampled_from(["1", "true", "1.5e3", "2026-01-02", "07:32:00"])


@st.composite
def value(draw, depth=0):
    kind = draw(st.sampled_from(["scalar", "scalar", "list", "table"])) if depth < 2 else "scalar"
    if kind == "scalar":
        return draw(SCALARS)
    inner = draw(st.lists(value(depth + 1), max_size=3))
    if kind == "list":
        gap = draw(st.sampled_from([" ", "\n  ", "  # [c],\n"]))
        return "[" + "".join(f"{gap}{v}," for v in inner) + gap.replace("#", " #") + "]"
    keys = draw(st.lists(KEYS, min_size=len(inner), max_size=len(inner), unique=True))
    return "{ " + ", ".join(f"{k} = {v}" for k, v in zip(keys, inner, strict=True)) + " }"


@st.composite
def document(draw):
    lines = []
    for header in ["", *draw(st.lists(st.sampled_from(["[[t]]", "[[ t . u ]]", "[[x]]"]), max_size=5))]:
        if "u" in header and "[[t]]" not in lines:
            continue
        lines += [header, "# a = [", *(f"{k} = {draw(value())}" for k in draw(st.lists(KEYS, max_size=3, unique=True)))]
    return "\n".join(lines)


def keys_of(node, path=()):
    if isinstance(node, dict):
        for key, inner in node.items():
            yield (*path, key)
            yield from keys_of(inner, (*path, key))
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from keys_of(inner, (*path, number))


@given(document())
@settings(max_examples=150, deadline=None)
def test_every_key_that_is_read_has_a_line_that_names_it(text: str) -> None:
    found = lines_of(text)
    lines = text.split("\n")
    for path in keys_of(tomllib.loads(text)):
        assert path in found
        spelled = {"hi": "\\u0069"}.get(str(path[-1]), str(path[-1]))
        assert spelled in lines[found[path] - 1]


@given(st.text(alphabet="a[]{}=.,\"'#\n\\ ", max_size=40))
@settings(max_examples=300, deadline=None)
def test_what_is_no_toml_is_followed_as_far_as_it_goes(text: str) -> None:
    assert all(line <= text.count("\n") + 2 for line in lines_of(text).values())
