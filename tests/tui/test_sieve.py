from __future__ import annotations

from pathlib import Path

import pytest

from liftlock.model.diff import DiffLine, FileDiff, LineKind, Span, Status
from liftlock_tui import programs
from liftlock_tui.ink import line, marked
from liftlock_tui.modals.palette import Entry, score
from liftlock_tui.render.patch import patch
from liftlock_tui.sieve import Sieve


@pytest.mark.parametrize(
    ("typed", "text", "passes"),
    [
        ("", "anything", True),
        ("cat 1.4", "catalog 1.42", True),
        ("cat 9", "catalog 1.42", False),
        ("!cat", "catalog", False),
        ("!cat", "notifier", True),
        ("not !rc", "Notifier 0.31.0-rc.2", False),
        ("!", "anything", True),
    ],
)
def test_a_filter_wants_words_and_leaves_others_out(typed: str, text: str, passes: bool) -> None:
    assert Sieve.of(typed).passes(text) is passes


def test_words_may_stand_in_different_texts() -> None:
    assert Sieve.of("catalog 1.42").passes("catalog", "1.42")
    assert not Sieve.of("catalog !1.42").passes("catalog", "1.42")


def test_what_was_found_is_turned_round_across_pieces() -> None:
    shown = marked(line(("image: ", "muted"), ("App:1.2", "added")), "e: app")
    assert [text for text, roles in shown.pieces if "reverse" in roles] == ["e: ", "App"]
    assert shown.text == "image: App:1.2"
    assert marked(line(("İx", "")), "x").text == "İx"


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        ("vim", ("vim", "+7", "/f")),
        ("nano -w", ("nano", "-w", "+7", "/f")),
        ("emacsclient -nw", ("emacsclient", "-nw", "+7", "/f")),
        ("/usr/bin/code", ("/usr/bin/code", "--wait", "--goto", "/f:7")),
        ("code --wait", ("code", "--wait", "--goto", "/f:7")),
        ("hx", ("hx", "/f:7")),
        ("'my editor' -x", ("my editor", "-x", "/f")),
    ],
)
def test_editors_are_told_the_line_in_their_own_way(program: str, wanted: tuple[str, ...]) -> None:
    assert programs.editing(programs.editor(program, {}), Path("/f"), 7) == wanted


def test_whose_editor_and_pager_it_is() -> None:
    told = {"VISUAL": "vim", "EDITOR": "nano", "GIT_PAGER": "delta", "PAGER": "most"}
    assert programs.editor("", told) == ("vim",)
    assert programs.editor("hx", told) == ("hx",)
    assert programs.editor("", {}) == ("vi",)
    assert programs.pager("", told) == ("delta",)
    assert programs.pager("diff-so-fancy | less -R", told) == ("sh", "-c", "diff-so-fancy | less -R")
    assert programs.pager("", {}) == ("less", "-R")
    assert programs.editor("vim 'unended", {}) == ("vim 'unended",)


def test_a_browser_is_opened_only_where_it_would_be_seen() -> None:
    assert programs.has_browser({"DISPLAY": ":0"}, "linux")
    assert not programs.has_browser({}, "linux")
    assert not programs.has_browser({"DISPLAY": ":0", "SSH_TTY": "/dev/pts/1"}, "linux")
    assert programs.has_browser({"BROWSER": "w3m"}, "linux")
    assert programs.has_browser({}, "darwin")


def test_the_palette_puts_names_before_sentences() -> None:
    plan, other = Entry("plan", "the promotion", lambda: None), Entry("open", "the plan of it", lambda: None)
    assert score("plan", plan) > score("plan", other) > score("zz", plan) == 0
    assert score("pn", plan) > 0


def _line(kind: LineKind, text: str, old: int | None, new: int | None, *, unended: bool = False) -> DiffLine:
    return DiffLine(kind, (Span(text),), old, new, unended)


def test_a_patch_is_one_that_git_applies(tmp_path: Path) -> None:
    import subprocess

    before = [f"line {n}\n" for n in range(1, 31)]
    after = [*before]
    after[4] = "five\n"
    after.insert(20, "twenty and a half\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "a.yaml").write_text("".join(before))
    from liftlock.diffing.files import diff_texts

    made = patch([diff_texts("a.yaml", "".join(before), "".join(after), context=10)])
    subprocess.run(["git", "-C", str(tmp_path), "apply", "-"], input=made.encode(), check=True)
    assert (tmp_path / "a.yaml").read_text() == "".join(after)


def test_a_patch_says_what_is_new_and_what_ends_without_a_newline() -> None:
    made = patch([FileDiff("n.yaml", Status.ADDED, (_line(LineKind.ADD, "a: 1", None, 1, unended=True),))])
    assert made.splitlines()[1:] == [
        "new file mode 100644",
        "--- /dev/null",
        "+++ b/n.yaml",
        "@@ -0,0 +1,1 @@",
        "+a: 1",
        "\\ No newline at end of file",
    ]
    assert patch([]) == ""
