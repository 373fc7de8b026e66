"""The user's own file, the variables over it, and what is remembered beside it."""

import json
import threading
from pathlib import Path

import pytest

from liftlock.config import (
    Remembered,
    Settings,
    UserConfig,
    cache_dir,
    forget,
    load_repository,
    load_user,
    recall,
    remember,
    state_dir,
    state_file,
    trust,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "liftlock"


def test_most_people_have_none(file: Path) -> None:
    assert load_user(file, {}) == UserConfig()
    assert load_user(file, {}).problem is None


def test_all_that_it_can_say(file: Path) -> None:
    file.write_text(
        'theme = "night"\nascii = true\nanimation = false\nfetch_on_start = false\neditor = "vi"\npager = "less"\n'
        '[keys]\n"board.plan" = ["p", "enter"]\nquit = []\n'
    )
    user = load_user(file, {})
    assert (user.theme, user.ascii, user.animation, user.fetch_on_start) == ("night", True, False, False)
    assert (user.editor, user.pager) == ("vi", "less")
    assert user.keys == {"board.plan": ("p", "enter"), "quit": ()}


def test_a_variable_overrides_the_file_and_each_value_knows_what_said_it(file: Path) -> None:
    file.write_text('# mine\ntheme = "night"\npager = "less"\n[keys]\nquit = ["x"]\n')
    user = load_user(file, {"LIFTLOCK_THEME": "day", "LIFTLOCK_ASCII": "1", "LIFTLOCK_ANIMATION": "off"})
    assert (user.theme, user.pager, user.ascii, user.animation) == ("day", "less", True, False)
    settings = Settings(load_repository(b'[[environment]]\nname = "a"\nprotected = true', "liftlock.toml"), user)
    assert settings.where_from("theme") == "LIFTLOCK_THEME"
    assert settings.where_from("pager") == f"{file}:3"
    assert settings.where_from("keys.quit") == f"{file}:5"
    assert settings.where_from("editor") == "default"
    assert settings.where_from("environment.a.protected") == "liftlock.toml:3"
    assert settings.where_from("message") == "default"


def test_the_file_is_named_as_people_say_it(file: Path, tmp_path: Path) -> None:
    file.write_text('pager = "less"\n')
    assert load_user(file, {"HOME": str(tmp_path)}).origins["pager"] == "~/config.toml:1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("them = 'x'", "config.toml:1: 'them' is no key"),
        ("theme = 1", "'theme' must be a string"),
        ("keys = ['x']", "'keys' must be a table"),
        ("[keys]\nquit = 'q'", "config.toml:2: 'quit' must be a list of strings"),
        ("theme = ", "config.toml:1: this is not TOML"),
    ],
)
def test_a_file_that_is_wrong_leaves_the_defaults_and_says_so(file: Path, text: str, says: str) -> None:
    file.write_text(text)
    user = load_user(file, {"LIFTLOCK_PAGER": "less"})
    assert user.problem is not None
    assert says in user.problem.title
    assert (user.theme, user.keys, user.pager) == ("", {}, "less")


def test_a_file_that_cannot_be_read_is_a_problem_and_no_failure(tmp_path: Path) -> None:
    problem = load_user(tmp_path, {}).problem  # a folder
    assert problem is not None
    assert "cannot be read" in problem.title


def test_a_switch_that_is_neither_on_nor_off_is_said(file: Path) -> None:
    user = load_user(file, {"LIFTLOCK_ASCII": "ture"})
    assert not user.ascii
    assert user.problem is not None
    assert user.problem.title.startswith("LIFTLOCK_ASCII is 'ture'")
    assert "'true'" in user.problem.hint


def test_answers_are_remembered_for_the_repository_that_asked(state: Path) -> None:
    assert recall() == Remembered()
    assert remember("fleet", "folders or branches?", "folders")
    assert remember("other", "folders or branches?", "branches")
    assert trust("fleet", "prod-eu")
    assert trust("fleet", "prod-eu")
    known = load_user(state / "none.toml", {}).remembered
    assert known.answer("fleet", "folders or branches?") == "folders"
    assert known.answer("other", "folders or branches?") == "branches"
    assert known.answer("fleet", "another?") is None
    assert known.trusts("fleet", "prod-eu")
    assert not known.trusts("other", "prod-eu")
    assert forget("fleet")
    assert recall() == Remembered({"other": frozenset()}, {"other": {"folders or branches?": "branches"}})


def test_remembering_never_touches_the_users_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    own = tmp_path / "config" / "liftlock" / "config.toml"
    own.parent.mkdir(parents=True)
    own.write_text("# my comment\ntheme = 'x'\n")
    assert trust("fleet", "prod")
    assert own.read_text() == "# my comment\ntheme = 'x'\n"


@pytest.mark.parametrize("left", ["", "{", "[1]", '{"schema": "other/9", "repositories": {}}', "[" * 100000])
def test_a_damaged_memory_is_as_none_and_is_written_anew(state: Path, left: str) -> None:
    assert state_dir() == state
    state_file().write_text(left)
    assert recall() == Remembered()
    assert trust("fleet", "prod")
    assert recall().trusts("fleet", "prod")


def test_parts_that_are_not_ours_are_left_out(state: Path) -> None:
    assert state_dir() == state
    told = {"a": {"contexts": ["x", 1], "answers": {"q": "a", "r": 2}}, "b": None, "c": {"contexts": "x"}}
    state_file().write_text(json.dumps({"schema": "liftlock.remembered/1", "repositories": told}))
    known = recall()
    assert known.contexts["a"] == {"x"}
    assert known.answers["a"] == {"q": "a"}
    assert known.contexts["b"] == known.contexts["c"] == frozenset()


def test_those_who_answer_at_the_same_moment_are_all_remembered() -> None:
    threads = [threading.Thread(target=trust, args=("fleet", f"context-{n}")) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recall().contexts["fleet"] == {f"context-{n}" for n in range(12)}


def test_what_cannot_be_written_is_not_remembered_and_leaves_nothing_behind(state: Path) -> None:
    (state / "remembered.json" / "in the way").mkdir(parents=True)
    assert not trust("fleet", "prod")
    assert {path.name for path in state.iterdir()} == {"remembered.json", "remembered.lock"}


def test_a_path_that_is_not_utf8_can_be_remembered() -> None:
    assert trust("/fleet-\udcff", "prod")
    assert recall().trusts("/fleet-\udcff", "prod")


def test_a_home_that_cannot_be_written_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    for variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "file" / "below"))
    assert state_dir() is None
    assert cache_dir() is None
    assert not trust("fleet", "prod")
    assert recall() == Remembered()


def test_folders_are_made_for_the_user_alone(state: Path) -> None:
    assert state_dir() == state
    assert state.stat().st_mode & 0o077 == 0
