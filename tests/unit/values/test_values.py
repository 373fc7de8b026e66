"""A value does what the standard library's dataclass of the same text does."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Ours:
    """A value."""

    name: str
    size: float = 1.0
    tags: tuple[str, ...] = ()
    known: Mapping[str, int] = field(default_factory=dict, hash=False)
    origin: str = field(default="", compare=False)
    secret: str = field(default="", repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Theirs:
    """The same."""

    name: str
    size: float = 1.0
    tags: tuple[str, ...] = ()
    known: Mapping[str, int] = field(default_factory=dict, hash=False)
    origin: str = field(default="", compare=False)
    secret: str = field(default="", repr=False)


FEW = st.sampled_from(["", "a", "b"])
GIVEN = st.fixed_dictionaries(
    {"name": FEW},
    optional={
        "size": st.sampled_from([0.0, -0.0, 1.0, float("nan")]),
        "tags": st.sampled_from([(), ("a",)]),
        "known": st.dictionaries(FEW, st.integers(0, 1), max_size=1),
        "origin": FEW,
        "secret": FEW,
    },
)


@given(GIVEN, GIVEN)
def test_it_compares_hashes_and_shows_itself_as_a_dataclass_does(one: dict[str, Any], other: dict[str, Any]) -> None:
    ours, theirs = (Ours(**one), Ours(**other)), (Theirs(**one), Theirs(**other))
    assert (ours[0] == ours[1]) is (theirs[0] == theirs[1])
    assert (hash(ours[0]) == hash(ours[1])) is (hash(theirs[0]) == hash(theirs[1]))
    assert repr(ours[0]) == repr(theirs[0]).replace("Theirs", "Ours")
    assert dataclasses.asdict(ours[0]).keys() == dataclasses.asdict(theirs[0]).keys()
    assert dataclasses.astuple(dataclasses.replace(ours[0], **other)) == dataclasses.astuple(
        dataclasses.replace(theirs[0], **other)
    )


def test_values_of_two_classes_are_never_equal() -> None:
    assert Ours("a") != Theirs("a")
    assert Ours("a") != ("a", 1.0, (), {}, "")


def test_what_a_factory_makes_is_made_anew_each_time() -> None:
    assert Ours("a").known is not Ours("a").known


@pytest.mark.parametrize(
    "wrong", [lambda: Ours(), lambda: Ours("a", nothing=1), lambda: Ours("a", 1, (), {}, "", "", 7)]
)  # type: ignore[call-arg,misc]
def test_wrong_arguments_are_told_as_of_any_class(wrong: Callable[[], Ours]) -> None:
    with pytest.raises(TypeError, match=r"Ours\.__init__\(\)"):
        wrong()


def test_nothing_is_set_or_deleted_and_there_is_no_room_for_more() -> None:
    value: Any = Ours("a")
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'name'"):
        value.name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'name'"):
        del value.name
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.more = 1
    assert not hasattr(value, "__dict__")


def test_it_is_copied_pickled_and_matched() -> None:
    value = Ours("a", 2.0, ("x",), {"k": 1})
    assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
    match value:
        case Ours(name, 2.0):
            assert name == "a"
        case _:
            pytest.fail("it matches by position")
    assert list(inspect.signature(Ours).parameters) == list(inspect.signature(Theirs).parameters)


def test_methods_of_the_class_stay_its_own() -> None:
    @dataclass(frozen=True, slots=True)
    class Masked:
        word: str

        def __repr__(self) -> str:
            return "Masked(••••)"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Masked)

    assert repr(Masked("a")) == "Masked(••••)"
    assert Masked("a") == Masked("b")
    assert hash(Masked("a")) != hash(Masked("b"))


def test_one_with_nothing_in_it_is_equal_to_itself() -> None:
    @dataclass(frozen=True, slots=True)
    class Nothing:
        pass

    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())
    assert repr(Nothing()).endswith("Nothing()")


def test_what_a_value_does_not_have_is_refused_when_it_is_defined() -> None:
    with pytest.raises(TypeError, match="it is for dataclasses"):

        @dataclass(frozen=True, slots=True)
        class Late:
            a: int = field(init=False, default=0)

    with pytest.raises(TypeError, match="it is for dataclasses"):

        @dataclass(frozen=True, slots=True)
        class More:
            a: int

            def __post_init__(self) -> None:
                pass


def test_other_options_are_the_standard_librarys() -> None:
    @dataclass(slots=True)
    class Changing:
        a: int

    @dataclass
    class Plain:
        a: int

    one, plain = Changing(1), Plain(1)
    one.a = plain.a = 2
    assert one == Changing(2)
    assert plain == Plain(2)
