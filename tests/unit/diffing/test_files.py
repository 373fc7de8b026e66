"""Unified differences of files: what they say, that they are right, and that they are fast."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from liftlock.diffing import as_text, diff_texts, side_by_side
from liftlock.diffing.matching import match
from liftlock.model.diff import FileDiff, LineKind, Span, Status
from liftlock.text import printable

OLD = """\
apiVersion: apps/v1
kind: Deployment
spec:
  replicas: 2
  template:
    spec:
      containers:
      - name: api
        image: ghcr.io/acme/api:1.4.2
        env:
        - name: LEVEL
          value: info
"""


def changed(diff: FileDiff, kind: LineKind) -> list[str]:
    return [span.text for line in diff.lines if line.kind is kind for span in line.spans if span.changed]


def test_one_changed_value_is_one_hunk_with_its_context_and_the_words_marked() -> None:
    diff = diff_texts("a.yaml", OLD, OLD.replace("1.4.2", "1.5.0"))
    assert diff.status is Status.MODIFIED
    assert (diff.added, diff.removed) == (1, 1)
    assert [line.text for line in diff.lines] == [
        "@@ -6,7 +6,7 @@ spec:",
        "    spec:",
        "      containers:",
        "      - name: api",
        "        image: ghcr.io/acme/api:1.4.2",
        "        image: ghcr.io/acme/api:1.5.0",
        "        env:",
        "        - name: LEVEL",
        "          value: info",
    ]
    assert changed(diff, LineKind.REMOVE) == ["4.2"]
    assert changed(diff, LineKind.ADD) == ["5.0"]
    numbers = [(line.old, line.new) for line in diff.lines if line.kind is not LineKind.CONTEXT]
    assert numbers == [(None, None), (9, None), (None, 9)]


@pytest.mark.parametrize(
    ("old", "new", "gone", "come"),
    [
        ("newTag: 1.4.2", "newTag: 1.4.3", ["2"], ["3"]),
        ("newTag: v1.4.2", "newTag: v2.0.0", ["v1.4.2"], ["v2.0.0"]),
        ("newTag: 4f2a9c1", "newTag: 9d03b7e", ["4f2a9c1"], ["9d03b7e"]),
        ("host: staging-db.example.org", "host: prod-db.example.org", ["staging"], ["prod"]),
        ("a: 1", "a: 1  # why", [], ["  # why"]),
        ("completely: different", "line - here", [], []),
    ],
)
def test_what_is_marked_inside_a_line(old: str, new: str, gone: list[str], come: list[str]) -> None:
    diff = diff_texts("a.yaml", f"{old}\n", f"{new}\n")
    assert changed(diff, LineKind.REMOVE) == gone
    assert changed(diff, LineKind.ADD) == come


def test_a_changed_line_is_marked_against_its_counterpart_beside_an_added_one() -> None:
    diff = diff_texts("a.yaml", "image: api:1.0.1\nend\n", "first: new line\nimage: api:1.0.2\nend\n")
    assert changed(diff, LineKind.ADD) == ["2"]
    assert changed(diff, LineKind.REMOVE) == ["1"]


def test_files_that_come_and_go_have_their_status() -> None:
    assert diff_texts("a", None, "x\n").status is Status.ADDED
    assert diff_texts("a", "x\n", None).status is Status.REMOVED
    assert diff_texts("a", "x\n", "x\n") == FileDiff("a", Status.SAME, ())
    assert diff_texts("a", None, "").status is Status.ADDED
    assert as_text(diff_texts("a", None, "x\n")) == "--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+x\n"


def test_line_endings_are_seen_when_they_differ_and_not_when_they_agree() -> None:
    both = diff_texts("a", b"a: 1\r\nb: 2\r\n", b"a: 1\r\nb: 3\r\n")
    assert [line.text for line in both.lines if line.kind is LineKind.ADD] == ["b: 3"]
    assert both.note == ""
    turned = diff_texts("a", b"a: 1\nb: 2\n", b"a: 1\r\nb: 2\r\n")
    assert turned.note == "line endings: LF → CRLF"
    assert [line.text for line in turned.lines if line.kind is LineKind.ADD] == ["a: 1\u240d", "b: 2\u240d"]
    assert next(line.spans for line in turned.lines if line.kind is LineKind.ADD)[-1] == Span("\u240d", True)


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        (b"a\n", b"a", "no newline at the end of the file any more"),
        (b"a", b"a\n", "a newline is added at the end of the file"),
        (b"a", b"b", "no newline at the end of the file"),
        (b"a\n", b"b\n", ""),
        (None, b"b", "no newline at the end of the file"),
    ],
)
def test_a_missing_last_newline_is_said(old: bytes | None, new: bytes, note: str) -> None:
    diff = diff_texts("a", old, new)
    assert diff.note == note
    assert ("\\ No newline at end of file" in as_text(diff)) == bool(note)


def test_binary_and_huge_files_are_said_and_not_shown() -> None:
    binary = diff_texts("key.bin", b"\0GITCRYPT\0" + b"x" * 100, b"\0GITCRYPT\0" + b"y" * 2000)
    assert (binary.lines, binary.note) == ((), "binary file, 110 B → 2.0 KB")
    huge = diff_texts("big.yaml", b"a: 1\n" * 2_000_000, b"b: 2\n" * 2_000_000)
    assert huge.lines == ()
    assert huge.note == "too large to compare line by line, 10.0 MB → 10.0 MB"


def test_one_changed_line_of_a_huge_file_is_shown_all_the_same() -> None:
    lines = [b"key-%d: value\n" % number for number in range(1_000_000)]
    old = b"".join(lines)
    lines[700_000] = b"key-700000: other\n"
    started = time.perf_counter()
    diff = diff_texts("big.yaml", old, b"".join(lines))
    assert time.perf_counter() - started < 2
    assert [(line.text, line.old, line.new) for line in diff.lines if line.kind is LineKind.ADD] == [
        ("key-700000: other", None, 700_001)
    ]
    assert diff.lines[0].text == "@@ -699998,7 +699998,7 @@ key-699996: value"


HOSTILE = "name: \x1b]0;owned\x07 \u202e\u200b\x9b31m\ttab"


def test_characters_that_a_terminal_obeys_or_hides_are_marked() -> None:
    diff = diff_texts("x\x1b[2J\ny", f"{HOSTILE}\n", f"{HOSTILE}!\n".encode() + b"\xff\n")
    for text in (diff.path, diff.note, *(span.text for line in diff.lines for span in line.spans)):
        assert printable(text) == text
    assert "\u241b]0;owned\u2407 \ufffd\ufffd\ufffd31m    tab" in diff.lines[1].text
    assert printable(as_text(diff), newlines=True) == as_text(diff)


def test_a_difference_in_invisible_characters_alone_is_marked() -> None:
    diff = diff_texts("a", "name: a\u200bb\n", "name: a\u200cb\n")
    assert changed(diff, LineKind.REMOVE) == ["\ufffd"]
    assert changed(diff, LineKind.ADD) == ["\ufffd"]


def test_side_by_side_puts_old_and_new_beside_each_other() -> None:
    diff = diff_texts("a", "same\nold\nend\n", "same\nnew\nmore\nend\n")
    rows = [(left and left.text, right and right.text) for left, right in side_by_side(diff)]
    assert rows == [
        ("@@ -1,3 +1,4 @@", "@@ -1,3 +1,4 @@"),
        ("same", "same"),
        ("old", "new"),
        (None, "more"),
        ("end", "end"),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (OLD, OLD.replace("1.4.2", "1.5.0").replace("info", "debug")),
        (OLD, OLD.replace("  replicas: 2\n", "")),
        (OLD, OLD + "extra: yes"),
        (OLD.rstrip("\n"), OLD + "extra: yes\n"),
        (OLD, "first: line\n" + OLD),
        ("".join(f"l{n}\n" for n in range(40)), "".join(f"l{n}\n" for n in range(40) if n not in (3, 30))),
    ],
)
def test_the_plain_text_is_what_git_writes(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "a").write_text(old)
    (tmp_path / "b").write_text(new)
    command = ["git", "diff", "--no-index", "--no-color", "a", "b"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    wanted = said[said.index("@@") :]
    text = as_text(diff_texts("a", old, new))
    assert text[text.index("@@") :] == wanted
    assert text.startswith("--- a/a\n+++ b/a\n@@")


def apply(diff: FileDiff, old: str) -> str:
    """What a patch program makes of the old text."""
    lines = old.splitlines(keepends=True)
    made: list[str] = []
    at = 0
    for line in diff.lines:
        text = line.text + ("" if line.unended else "\n")
        if line.kind is LineKind.HUNK:
            start = line.text.split()[1][1:].split(",")
            first = int(start[0]) - (0 if start[1:] == ["0"] else 1)
            made += lines[at:first]
            at = first
        elif line.kind is LineKind.ADD:
            made.append(text)
        else:
            assert lines[at] == text
            assert line.old == at + 1
            at += 1
            if line.kind is LineKind.CONTEXT:
                made.append(text)
    return "".join([*made, *lines[at:]])


texts = st.lists(
    st.sampled_from(["a: 1", "b: 2", "", "  - name: x", "image: api:1.4.2", "image: api:1.5.0", "é 漢"]), max_size=30
).flatmap(lambda lines: st.sampled_from(["\n".join(lines), "".join(f"{line}\n" for line in lines)]))


@settings(max_examples=150)
@given(old=texts, new=texts, context=st.integers(0, 4))
@example(old="a: 1", new="a: 1\nb: 2", context=3)
@example(old="a: 1\nb: 2", new="b: 2", context=0)
def test_applying_the_diff_to_the_old_text_gives_the_new_one(old: str, new: str, context: int) -> None:
    diff = diff_texts("f", old, new, context=context)
    assert apply(diff, old) == new
    news = [line for line in diff.lines if line.new is not None]
    assert [line.text for line in news] == [new.split("\n")[line.new - 1] for line in news if line.new]


@settings(max_examples=100)
@given(old=st.text(max_size=60), new=st.text(max_size=60))
def test_nothing_unsafe_passes_and_spans_join_to_their_line(old: str, new: str) -> None:
    diff = diff_texts(old, old, new)
    for text in (diff.path, diff.note, *(span.text for line in diff.lines for span in line.spans)):
        assert printable(text) == text
    for line in diff.lines:
        assert line.text == "".join(span.text for span in line.spans)
        assert all(span.text for span in line.spans)


def pathological(kind: str) -> tuple[list[str], list[str]]:
    size = 25_000
    if kind == "unrelated":
        return [f"a{n}" for n in range(2 * size)], [f"b{n}" for n in range(2 * size)]
    if kind == "repeated":
        return ["x", "y"] * size, ["y", "x", "x"] * size
    if kind == "shuffled":
        return [f"l{n * 7919 % (2 * size)}" for n in range(2 * size)], [f"l{n}" for n in range(2 * size)]
    if kind == "list":
        return [t for n in range(size) for t in ("- a:", f"  b: {n}")], [
            t for n in range(size) for t in ("- a:", f"  b: {n if n % 50 else -n}")
        ]
    return ["x"] * 2 * size, ["x"] * size + ["z"] + ["x"] * size


@pytest.mark.parametrize("kind", ["unrelated", "repeated", "shuffled", "list", "same"])
def test_fifty_thousand_lines_take_no_time_to_speak_of(kind: str) -> None:
    old, new = pathological(kind)
    started = time.perf_counter()
    blocks = match(old, new)
    assert time.perf_counter() - started < 3
    for block in blocks:
        if block.same:
            assert old[block.old_start : block.old_end] == new[block.new_start : block.new_end]
    assert blocks[0][1] == blocks[0][3] == 0
    assert (blocks[-1].old_end, blocks[-1].new_end) == (len(old), len(new))
    if kind == "list":
        assert sum(b.new_end - b.new_start for b in blocks if not b.same) == 499
