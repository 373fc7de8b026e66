"""A timeline says of every moment what each version of the file said."""

from __future__ import annotations

from bisect import bisect_right

from hypothesis import given
from hypothesis import strategies as st

from liftlock.learning.timelines import Leaves, Moment, in_words, leaves_below, leaves_of, moving_part, timeline
from liftlock.model.revision import Revision
from liftlock.promotion.words import Words
from liftlock.yamledit import read

leaf = st.tuples(st.sampled_from("abc"), st.sampled_from("xy"))
leaves = st.none() | st.dictionaries(leaf, st.sampled_from("123"), max_size=6)


def moment(at: float) -> Moment:
    return Moment(at, Revision("0" * 40, "Ann", at, "subject"))


@given(st.lists(leaves, max_size=12), st.floats(-2, 14))
def test_at_any_moment_it_holds_what_the_last_version_held(versions: list[Leaves | None], when: float):
    told = timeline([(moment(float(i)), v) for i, v in enumerate(versions)], whole=True)
    index = bisect_right(range(len(versions)), when) - 1
    there = (versions[index] if 0 <= index < len(versions) else None) or {}
    for path in {p for v in versions if v for p in v}:
        assert told.at(path, when) == there.get(path)
        assert path in told.under(path[:1])


def test_leaves_stand_under_the_target_s_names_with_the_part_that_moves():
    text = b"staging:\n  image: ghcr.io/acme/api:1.2.3\n  hosts: [a.staging.io]\nbase: https://x.io/r//k?ref=v3\n"
    words = Words(("staging", "stage"), ("production", "prod"))
    assert leaves_of(read(text, "v.yaml"), words) == {
        ("production", "image"): "1.2.3",
        ("production", "hosts", (("", "a.production.io"),)): "a.production.io",
        ("base",): "v3",
    }


def test_a_subtree_has_the_same_paths_as_the_file_that_holds_it():
    text = b"list:\n- name: a\n  env: {X: '1'}\n- name: a\n- plain\n- [nested]\nempty: {}\n"
    source = read(text, "v.yaml")
    whole = {
        "list": [{"name": "a", "env": {"X": "1"}}, {"name": "a"}, "plain", ["nested"]],
        "empty": {},
    }
    assert leaves_below((), whole) == leaves_of(source)


def test_paths_and_values_without_the_source_s_word_stay():
    words = Words(("staging",), ("production",))
    assert in_words(("spec", (("name", "api"),)), words) == ("spec", (("name", "api"),))
    assert moving_part("8080:80") == "8080:80"
