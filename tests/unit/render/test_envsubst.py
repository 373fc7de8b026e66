"""Variables in texts: Flux's own syntax, whatever the text."""

from __future__ import annotations

import string
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.render.applied.envsubst import BadSubstitution, is_variable, substitute
from liftlock.render.applied.unresolved import unresolved

NAMES = st.from_regex(r"[_a-zA-Z][_a-zA-Z0-9]{0,8}", fullmatch=True)
WORDS = st.text(string.ascii_letters + string.digits + "-./ _:", max_size=20)


def put(text: str, **values: str | None) -> str:
    found = substitute(text, values)
    assert (found.missing, found.unknown) == ([], [])
    return found.text


@pytest.mark.parametrize(
    ("text", "values", "wanted"),
    [
        ("no variable at all", {}, "no variable at all"),
        ("a ${v} b", {"v": "x"}, "a x b"),
        ("${v}${v}", {"v": "x"}, "xx"),
        ("${_v1}", {"_v1": "x"}, "x"),
        ("${v}", {"v": ""}, ""),
        # A dollar sign that begins no variable is only itself; two are one.
        ("$v $ {v} costs 5$", {"v": "x"}, "$v $ {v} costs 5$"),
        ("$${v} $$ $$$${v} $$${v}", {"v": "x"}, "${v} $ $${v} $x"),
        ("$${a:=${v}}", {"v": "x"}, "${a:=x}"),
        (r"\\ \/ ${v} \\", {"v": "x"}, r"\\ \/ x \\"),
        # Defaults, which may hold variables; a value that is empty has the default too.
        ("${n:=d} ${n:-d} ${n=d}", {}, "d d d"),
        ("${v:=d} ${v:-d} ${v=d}", {"v": "x"}, "x x x"),
        ("${v:=d} ${v:-d} ${v=d}", {"v": ""}, "d d d"),
        ("${n:=}", {}, ""),
        ("${n:=a b:c/d#e%f,g^h$i$$j}", {}, "a b:c/d#e%f,g^h$i$$j"),
        ("${n:=${m:=${v}}}", {"v": "x"}, "x"),
        ("${n:=pre-${v}-${w}-post}", {"v": "x", "w": "y"}, "pre-x-y-post"),
        ("${n:=${v^^}}", {"v": "x"}, "X"),
        # These are no errors in Flux, and mean a default as well.
        ("${n:?d} ${n:+d} ${v:+d}", {"v": "x"}, "d d x"),
        # Cases: one character stays one.
        ("${v^} ${v^^} ${V,} ${V,,}", {"v": "abc dE", "V": "ABC De"}, "Abc dE ABC DE aBC De abc de"),
        ("${v^^}", {"v": "größe"}, "GRÖßE"),
        ("${v,^}", {"v": "Ab"}, "Ab"),
        # Lengths and positions, in bytes.
        ("${#v} ${#e}", {"v": "abc", "e": ""}, "3 0"),
        ("${#v}", {"v": "ö"}, "2"),
        ("${v:2} ${v:2:2} ${v:2:99} ${v:99}", {"v": "abcdef"}, "cdef cd cdef "),
        ("${v:0:3} ${v:1::2}", {"v": "abcdef"}, "abc bc"),
        ("${v:${n}}", {"v": "abcdef", "n": "-2"}, "ef"),
        ("${v:x} ${v: 2} ${v:1:x}", {"v": "abc"}, "abc abc abc"),
        # Patterns; a star matches slashes too.
        ("${v#*.} ${v##*.} ${v%.*} ${v%%.*}", {"v": "a.b.c"}, "b.c c a.b a"),
        ("${v#*/} ${v##*/}", {"v": "/path/to/file"}, "path/to/file file"),
        ("${v#a?c} ${v#x} ${v#[a-b]} ${v#[^x]}", {"v": "abcd"}, "d abcd bcd bcd"),
        ("${v#[} ${v#[]a]}", {"v": "[ab"}, "[ab [ab"),
        ("${v#*}", {"v": "abc"}, "bc"),
        ("${v##*}", {"v": "abc"}, ""),
        # At the end the pattern is turned round with the value, and a class with it: it matches nothing then.
        ("${v%[a-z]}", {"v": "abc"}, "abc"),
        # Replacements of text, no patterns.
        ("${v/a/x} ${v//a/x} ${v/a/} ${v//a//}", {"v": "banana"}, "bxnana bxnxnx bnana bnn"),
        ("${v/#b/x} ${v/#a/x} ${v/%a/x} ${v/%b/x}", {"v": "banana"}, "xanana banana bananx banana"),
        (r"${v/\//-} ${v//\//-} ${v/x/\\}", {"v": "a/b/x"}, r"a-b/x a-b-x a/b/\ ".strip()),
        ("${v/a/${w}} ${v/${w}/x}", {"v": "bab", "w": "a"}, "bab bxb"),
        ("${v/./-}", {"v": "abc"}, "abc"),
        ("${v/}/x}", {"v": "a}b"}, "axb"),
        ("${v/#b/}", {"v": "banana"}, "banana"),
    ],
)
def test_documented_cases(text: str, values: Mapping[str, str], wanted: str) -> None:
    assert put(text, **values) == wanted


@pytest.mark.parametrize(
    "text",
    [
        *("${", "${}", "${v", "${v-d}", "${v+d}", "${v?d}", "${v.w}", "${v w}", "${{ v }}", "${1", "${-v}", "${$}"),
        *("${v:", "${v:}", "${v:1", "${v:1:", "${v:1:}", "${v#}", "${v%%", "${v/a}", "${v/", "${v//", "${v/a/b"),
        *("${#}", "${#v:1}", "${v:=", "${v:=a", "${v:=${w}", "${v:0:-1}", "${v^^^}"),
    ],
)
def test_what_flux_refuses_is_refused(text: str) -> None:
    with pytest.raises(BadSubstitution):
        substitute(text, {"v": "abc", "w": "x"})


def test_a_variable_without_a_value_is_told_apart_from_one_that_is_not_known() -> None:
    found = substitute(
        "a ${none} ${none:=d} ${#gone} ${secret} ${secret,,} ${secret:=d} ${v}", {"secret": None, "v": "x"}
    )
    assert found.missing == ["none", "gone"]
    assert found.unknown == ["secret"]
    assert unresolved(found.text) == ("none", "gone", "secret")
    assert found.text == "a ••••(none) d ••••(gone) ••••(secret) ••••(secret) ••••(secret) x"
    open_ended = substitute("${none} ${none:=d} ${v}", {"v": "x"}, open_ended=True)
    assert (open_ended.missing, open_ended.unknown) == ([], ["none"])
    assert open_ended.text == "••••(none) ••••(none) x"


def test_what_holds_something_unknown_is_unknown_as_a_whole() -> None:
    assert substitute("${v/a/${s}} ${n:=x-${s}}", {"v": "bab", "s": None}).text == "••••(v) x-••••(s)"


def test_nesting_ends_somewhere() -> None:
    with pytest.raises(BadSubstitution, match="too deeply"):
        substitute("${a:=" * 5000, {})


@given(st.text().filter(lambda text: "$" not in text))
def test_a_text_without_dollars_stays(text: str) -> None:
    assert substitute(text, {}).text == text


@given(st.text())
def test_an_escaped_text_comes_back(text: str) -> None:
    assert substitute(text.replace("$", "$$"), {}).text == text


@given(WORDS, NAMES, st.text(), WORDS)
def test_a_value_is_put_in_as_it_is(before: str, name: str, value: str, after: str) -> None:
    assert substitute(f"{before}${{{name}}}{after}", {name: value}).text == f"{before}{value}{after}"


@given(NAMES, WORDS, WORDS)
def test_a_default_stands_for_what_is_empty(name: str, value: str, default: str) -> None:
    assert substitute(f"${{{name}:={default}}}", {name: value}).text == (value or default)


@given(NAMES, WORDS, st.integers(0, 30), st.integers(0, 30))
def test_parts_of_plain_texts_are_slices(name: str, value: str, start: int, length: int) -> None:
    assert substitute(f"${{{name}:{start}:{length}}}", {name: value}).text == value[start : start + length]


@given(NAMES, WORDS)
def test_what_is_trimmed_is_a_part(name: str, value: str) -> None:
    for how in ("#", "##"):
        assert value.endswith(substitute(f"${{{name}{how}*-}}", {name: value}).text)
    for how in ("%", "%%"):
        assert value.startswith(substitute(f"${{{name}{how}-*}}", {name: value}).text)


@given(st.text(alphabet="${}:=-#%/^,a\\ ", max_size=30))
def test_any_text_is_substituted_or_refused(text: str) -> None:
    try:
        found = substitute(text, {"a": "x"})
    except BadSubstitution as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(found.text, str)


@given(st.text(max_size=10))
def test_names_are_those_of_a_shell(name: str) -> None:
    ascii_only = name.isascii() and name.replace("_", "a").isalnum() and not name[0].isdigit() if name else False
    assert is_variable(name) == ascii_only
