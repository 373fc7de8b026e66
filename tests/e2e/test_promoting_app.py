"""The whole way as a person goes it: keys into a terminal, and git asked what came of it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from fleets import Fleet, place
from gitserver import GitServer
from terminal import LIFTLOCK, Terminal

pytestmark = pytest.mark.slow
BEFORE, AFTER = '-    newTag: "1.2.0"  # moved by promotions', '+    newTag: "1.3.0"  # moved by promotions'


def app(fleet: Fleet, *, columns: int = 120, rows: int = 36, fetch: bool = False) -> Terminal:
    """The app in that clone, with the board there."""
    env = {"LIFTLOCK_FETCH_ON_START": str(int(fetch))}
    terminal = Terminal(LIFTLOCK, cwd=fleet.path, env=env, columns=columns, rows=rows)
    try:
        return terminal.wait("staging", "1.3.0", "1.2.0", "1 behind")
    except BaseException:
        terminal.close()
        raise


def staged(terminal: Terminal, environment: str = "2") -> Terminal:
    """The plan of `api` into an environment, with the difference beside it."""
    terminal.press(environment).wait(f"api in {('', 'dev', 'staging', 'production-eu')[int(environment)]}")
    return terminal.press("p").wait("newTag", "1 of ", "+1 -1")


def committed(terminal: Terminal) -> Terminal:
    terminal.press("c").wait("Promotion-To", "ctrl-s commit")
    return terminal.press("ctrl+s").gone("ctrl-s commit").wait("✓ committed", "P push")


def remote(fleet: Fleet) -> Fleet:
    return Fleet(fleet.path.parent / "origin.git")


def test_stage_edit_commit_undo_commit_push_with_the_name_typed(tmp_path: Path) -> None:
    with Terminal((*LIFTLOCK, "demo"), cwd=tmp_path, env={"TMPDIR": str(tmp_path)}, columns=120, rows=36) as terminal:
        terminal.wait("2.13.4", "▲ 2 behind", "fetched")
        clone = Fleet(next(path.parent for path in tmp_path.glob("liftlock-demo-*/*/.git")))
        origin = Fleet(Path(clone.git("remote", "get-url", "origin")))
        before, main = clone.state(), origin.tip("main")
        terminal.press("3").wait("catalog in production").press("G").wait("storefront in production")
        terminal.press("p").wait("2 of 11 changes", "2.13.4 → 2.14.2", "newTag: 2.14.2", "version: kustomize image")
        terminal.press("n", "n").wait("settings.env:5  IMAGE_WIDTHS").press("space").wait("1 of 11 changes")
        terminal.press("N", "N", "N").wait("version: kustomize image").press("space").wait(
            "0 of 11 changes", "Nothing is staged"
        )
        terminal.press("N").wait("version: kustomize image").press("space").wait("1 of 11 changes", "newTag: 2.14.2")
        terminal.press("N").wait("version: kustomize image")
        terminal.press("enter").wait("Esc no edit").press("2.14.1", "enter")  # all of it is selected
        terminal.wait("2.13.4 → 2.14.1", "newTag: 2.14.1")
        committed(terminal).press("u").wait("Take the commit back?").press("y").wait("is gone").gone("P push")
        assert "promote/" not in clone.git("branch", "--list")
        committed(terminal).press("P").wait("nothing changes in production")
        terminal.press("down").wait("push 1 commit to origin/main", "blocked: health", "o override with a reason")
        terminal.press("o").wait("why go past health").press("tried", "enter").wait("type production to push")
        assert origin.tip("main") == main
        terminal.press("production", "enter").wait("✓ pushed", "✓ converged", "6/6 ready", timeout=60)
        terminal.press("escape").wait("✓ pushed", "origin/main")
        assert origin.changed(main, "main") == ["-    newTag: 2.13.4", "+    newTag: 2.14.1"]
        assert origin.git("rev-list", "--count", f"{main}..main") == "1"
        assert "Promotion-To: production" in origin.git("log", "-1", "--format=%B", "main")
        assert clone.state() == before
        terminal.press("q")
        assert terminal.exit_code() == 0


def test_a_wrong_name_and_an_empty_line_push_nothing(fleet: Fleet) -> None:
    refs = remote(fleet).refs()
    with app(fleet) as terminal:
        committed(staged(terminal, "3"))
        terminal.press("P").wait("type production-eu to push")
        terminal.press("production", "enter").wait("That is not production-eu: nothing was pushed.")
        terminal.press("end", "ctrl+u", "enter").gone("nothing was pushed").wait("✓ committed")
        terminal.press("P").wait("type production-eu to push").press("enter").gone("type production-eu")
        assert remote(fleet).refs() == refs


def test_leaving_with_an_unpushed_commit_asks(fleet: Fleet) -> None:
    with app(fleet) as terminal:
        committed(staged(terminal))
        terminal.press("q").wait("Leave without pushing?", "promote/").press("enter").gone("Leave without")
        terminal.press("q").wait("Leave without pushing?").press("y")
        assert terminal.exit_code() == 0
    assert "promote/" in fleet.git("branch", "--list")


def test_a_remote_that_moved_meanwhile_is_planned_on_again(fleet: Fleet, tmp_path: Path) -> None:
    base = fleet.tip("main")
    with app(fleet) as terminal:
        committed(staged(terminal))
        terminal.press("P").wait("y push").press("down").wait("push 1 commit to origin/main")
        theirs = colleague(fleet, tmp_path)
        terminal.press("y").wait("fetch and plan again").press("f").wait("planned again on a newer base")
        assert remote(fleet).tip("main") == theirs
        committed(terminal).press("P").wait("y push").press("down").wait("push 1 commit to origin/main")
        terminal.press("y").wait("✓ pushed", "origin/main")
    assert remote(fleet).git("rev-list", "--first-parent", f"{base}..main").splitlines()[1:] == [theirs]
    assert remote(fleet).changed(theirs, "main") == [BEFORE, AFTER]


def colleague(fleet: Fleet, tmp_path: Path) -> str:
    """Somebody else pushes a commit; its id."""
    subprocess.run(["git", "clone", "-q", remote(fleet).path, tmp_path / "other"], check=True)
    other = Fleet(tmp_path / "other")
    theirs = other.commit({place("web", "dev"): other.show("HEAD", place("web", "dev")).replace(b"1.3.0", b"1.4.0")})
    other.git("push", "-q", "origin", "HEAD:main")
    return theirs


def test_git_asks_for_the_password_in_the_terminal_and_the_app_comes_back(fleet: Fleet, git_server: GitServer) -> None:
    address = git_server.create()
    served = Fleet(git_server.root / "fleet.git")
    fleet.git("remote", "set-url", "origin", address)
    fleet.git("push", "-q", "origin", "main")
    git_server.password = "open sesame"
    with app(fleet) as terminal:
        committed(staged(terminal))
        terminal.press("P").wait("y push").press("y").wait(re.compile("^Username for", re.MULTILINE))
        terminal.press("someone", "enter").wait("Password for").press("open sesame", "enter")
        terminal.wait("✓ pushed", "dev → staging", "? help", "+1 -1")
        assert "open sesame" not in terminal.written.decode()
        terminal.press("escape").wait("production-eu", "q quit").press("q")
        assert terminal.exit_code() == 0
    branch = fleet.git("branch", "--list", "promote/*", "--format=%(refname:short)")
    assert served.tip(branch) == fleet.tip(branch)
    assert served.changed("main", branch) == [BEFORE, AFTER]


def test_a_folder_without_a_repository_is_told(tmp_path: Path) -> None:
    with Terminal(LIFTLOCK, cwd=tmp_path, columns=80, rows=24) as terminal:
        terminal.wait("There is no Git repository").press("q")
        assert terminal.exit_code() == 2
        assert b"Traceback" not in terminal.written


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (60, 20)])
def test_the_board_fits_small_terminals(columns: int, rows: int, fleet: Fleet) -> None:
    with app(fleet, columns=columns, rows=rows) as terminal:
        terminal.wait("api", "web", "? help")
        terminal.press("4").wait("production-us", "1.1.0").press("1").wait("dev", "1.3.0").press("q")
        assert terminal.exit_code() == 0
