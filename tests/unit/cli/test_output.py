"""How answers are written: aligned, in the terminal's width, with colours and signs only where they can be shown."""

import io
import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.errors import PlanError
from liftlock.text import has_unsafe, printable, width
from liftlock_tui.plain.output import Output, complain, note


class Stream(io.TextIOWrapper):
    """A stream that says whether it is a terminal."""

    def __init__(self, *, terminal: bool = False, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    @property
    def text(self) -> str:
        return self.buffer.getvalue().decode(self.encoding)  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "40")


def table(rows: list[list[str]], **named: bool) -> list[str]:
    stream = Stream(terminal=named.pop("terminal", False))
    Output(stream).table(rows, **named)
    return stream.text.splitlines()


def test_columns_are_aligned_and_long_cells_cut() -> None:
    lines = table([["app", "staging"], ["a" * 60, "1.0"], ["漢字", "2.0"]])
    assert lines[1].endswith("…  1.0")
    assert lines[1].index("1.0") == lines[0].index("staging")
    assert width(lines[2].partition("2.0")[0]) == lines[0].index("staging")


def test_nothing_is_no_table() -> None:
    assert table([]) == []


WIDE = [["app", *(f"environment-{n}" for n in range(6))], ["api", *"123456"], ["web", "9", "", "", "", "", ""]]


def test_a_table_wider_than_the_terminal_is_told_in_bands_each_with_the_first_column(monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    lines = table(WIDE, terminal=True, bands=True)
    assert max(map(width, lines)) <= 40
    assert lines[0].split() == ["app", "environment-0", "environment-1"]
    assert lines[1].split() == ["api", "1", "2"]
    assert lines[2].split() == ["web", "9"]
    assert lines[3] == ""
    assert lines[5].split() == ["api", "3", "4"]
    assert lines[6] == ""  # web has nothing in these environments
    assert " ".join(lines).count("environment-") == 6


def test_a_file_gets_the_whole_table() -> None:
    assert len(table(WIDE, bands=True)) == 3


def test_a_column_wider_than_the_terminal_is_a_band_of_its_own(monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    lines = table([["app", "x" * 45, "y" * 45], ["api", "1", "2"]], terminal=True, bands=True)
    assert [line.split() for line in lines if line.startswith("api")] == [["api", "1"], ["api", "2"]]


@pytest.mark.parametrize(
    ("variables", "is_terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": None}, True, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(monkeypatch, variables, is_terminal, coloured) -> None:
    for name, value in variables.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    out = Output(Stream(terminal=is_terminal))
    assert (out.style("text", "red", "bold") == "\x1b[31;1mtext\x1b[0m") is coloured
    assert ("\x1b" in out.style("text", "red")) is coloured


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_stream_that_cannot_show_signs_gets_ascii(encoding: str) -> None:
    stream = Stream(encoding=encoding)
    Output(stream).line("1.0 → 1.1 ▲3 … – ✓ ✗ • ü 漢")
    assert stream.text == "1.0 -> 1.1 ^3 ... - ok !! * ? ?\n"
    stream = Stream(encoding=encoding)
    Output(stream).json({"name": "ü→"})
    assert stream.text == '{\n  "name": "\\u00fc\\u2192"\n}\n'


def test_half_a_character_is_written_as_a_question_mark() -> None:
    stream = Stream()
    Output(stream).line("a\udcffb")
    assert stream.text == "a?b\n"


@given(
    st.recursive(
        st.text() | st.none() | st.booleans(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
@settings(max_examples=150, deadline=None)
def test_json_says_exactly_what_is_there_and_nothing_that_a_terminal_would_obey(value) -> None:
    stream = Stream()
    Output(stream).json(value)
    assert json.loads(stream.text) == value
    assert not has_unsafe(stream.text)


HOSTILE = PlanError("no \x1b[31mred", "a\x9b2J\nb\u202e", "do \x07it")


def test_a_complaint_is_up_to_three_clean_lines_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    complain(HOSTILE, as_json=False)
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.splitlines() == [
        f"liftlock: {printable('no ' + chr(27) + '[31mred')}",
        f"  {printable('a' + chr(0x9B) + '2J')}",
        f"  {printable('b' + chr(0x202E))}",
        f"  {printable('do ' + chr(7) + 'it')}",
    ]


def test_a_complaint_as_json_stands_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    complain(HOSTILE, as_json=True)
    seen = capsys.readouterr()
    assert seen.err == ""
    assert list(json.loads(seen.out)["error"]) == ["title", "detail", "hint"]
    assert seen.out.isascii()
    assert not set("\x1b\x9b\x07\u202e") & set("".join(json.loads(seen.out)["error"].values()))


def test_a_remark_is_clean_and_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    note("fetching \x1b]0;title\x07")
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "\x1b" not in seen.err
    assert seen.err.endswith("\n")


def test_the_width_is_that_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    assert os.environ["COLUMNS"] == "200"
    assert len(table(WIDE, terminal=True, bands=True)) == 3
