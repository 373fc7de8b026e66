"""A difference made quickly is the difference."""

from __future__ import annotations

import base64
import json
import string
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.cluster.livediff.differing import difference, lines
from liftlock.diffing.objects import object_diff
from liftlock.diffing.yamllines import yaml_lines
from liftlock.model.diff import ObjectKey

TEXT = st.text(st.sampled_from(string.ascii_letters + string.digits + " :-#'\"\n|>{}[]%&*!?~,\té"), max_size=12)
WORDS = st.one_of(TEXT, st.sampled_from(["true", "null", "1", "1.0", "0x1", "yes", "-", "", "- a", "a: b", "=", "<<"]))
SCALARS = st.one_of(WORDS, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(WORDS, VALUES, max_size=4))
def test_lines_are_those_of_the_whole_object(value: dict[str, Any]):
    assert lines(value) == yaml_lines(value)


def test_long_keys_and_texts_have_their_lines_too():
    value = {"k" * 200: 1, "a": {"x" * 130: ["y" * 300, "one\ntwo\n"]}, "b": "  lead\n\n tail"}
    assert lines(value) == yaml_lines(value)


def wrapped(value: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": {}}, "data": value}


@settings(deadline=None)
@given(VALUES, VALUES)
def test_a_difference_is_that_of_the_diffing_package(one: Any, other: Any):
    key = ObjectKey("", "ConfigMap", "", "x")
    mine, theirs = wrapped({"same": one, "other": one}), wrapped({"same": one, "other": other})
    ours, whole = difference(key, mine, theirs), object_diff(key, mine, theirs)
    assert ours.lines == whole.lines
    assert ours.fields == whole.fields


ITEMS = st.lists(st.fixed_dictionaries({"name": st.sampled_from("abc")}, optional={"x": VALUES, "kind": VALUES}))


@settings(deadline=None)
@given(ITEMS, ITEMS, VALUES)
def test_so_it_is_with_items_that_have_names(one: Any, other: Any, value: Any):
    key = ObjectKey("", "ConfigMap", "", "x")
    for after in (other, [{**item, "x": value} for item in one]):
        mine, theirs = wrapped({"items": one, "other": value}), wrapped({"items": after, "other": value})
        ours, whole = difference(key, mine, theirs), object_diff(key, mine, theirs)
        assert (ours.lines, ours.fields, ours.status) == (whole.lines, whole.fields, whole.status)


@settings(deadline=None)
@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_secrets_never_show(one: str, other: str):
    def secret(value: str) -> dict[str, Any]:
        data = {"key": base64.b64encode(f"geheim{value}".encode("utf-8", "surrogatepass")).decode()}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": data}

    found = difference(ObjectKey("", "Secret", "", "s"), secret(one), secret(other))
    shown = json.dumps([line.text for line in found.lines] + [str(field) for field in found.fields])
    for value in (one, other):
        assert secret(value)["data"]["key"] not in shown
        assert "geheim" not in shown
    assert bool(found.fields) == (one != other)
