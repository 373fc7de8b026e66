"""The two letters that stand for a commit."""

from liftlock.model.revision import Marks


def test_the_same_mark_is_the_same_commit() -> None:
    marks = Marks()
    # 23 letters twice are 529 marks: these two ids give the same one by their first digits.
    one, other = f"{5:08x}" + "1" * 32, f"{5 + 23 * 23:08x}" + "2" * 32
    assert Marks().of(one) == Marks().of(other)
    assert marks.of(one) != marks.of(other)
    assert [marks.of(one), marks.of(other)] == [marks.of(one), marks.of(other)]


def test_marks_are_given_though_all_are_taken_and_ids_are_odd() -> None:
    marks = Marks()
    told = [marks.of(f"{number:08x}" * 5) for number in range(1000)]
    assert len(set(told)) > 400
    assert {len(mark) for mark in (*told, marks.of(""), marks.of("abc"), marks.of("not hexadecimal"))} == {2}
