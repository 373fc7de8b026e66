from __future__ import annotations

import pytest

from liftlock.commands import Runner
from liftlock.errors import RepositoryError
from liftlock.gitrepo import Repository


@pytest.fixture
def fleet(checkout):
    made = checkout()
    made.commit({"a.yaml": "a: 1\n"})
    made.write({"a.yaml": "a: 2\n"})
    made.git("add", "a.yaml")
    return made


def hook(fleet, name, script, *, folder=".git/hooks", mode=0o755, head="#!/bin/sh\n"):
    path = fleet.path / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{head}{script}\n")
    path.chmod(mode)


def test_without_hooks_the_message_is_only_tidied_up(fleet, opened):
    message = "subject  \n\n\n\nbody\n# not a comment here: 12\n\n"
    assert opened(fleet).run_message_hooks(message) == "subject\n\nbody\n# not a comment here: 12\n"
    assert opened(fleet).run_message_hooks(message, edited=True) == "subject\n\nbody\n"


@pytest.mark.parametrize(
    ("mode", "edited", "expected"),
    [
        ("verbatim", True, "s  \n\n\n# c\n"),
        ("whitespace", True, "s\n\n# c\n"),
        ("strip", False, "s\n"),
        ("default", True, "s\n"),
        ("default", False, "s\n\n# c\n"),
    ],
)
def test_cleanup_follows_the_configuration(fleet, opened, mode, edited, expected):
    fleet.git("config", "commit.cleanup", mode)
    assert opened(fleet).run_message_hooks("s  \n\n\n# c\n", edited=edited) == expected


def test_comment_character_of_the_user(fleet, opened):
    fleet.git("config", "core.commentChar", ";")
    assert opened(fleet).run_message_hooks("s\n# stays\n; goes\n", edited=True) == "s\n# stays\n"


def test_both_hooks_run_in_order_on_the_message(fleet, opened):
    hook(fleet, "prepare-commit-msg", 'test "$2" = message && sed -i "1s/^/ABC-1: /" "$1"')
    hook(fleet, "commit-msg", 'printf "\\nChange-Id: I1\\n" >> "$1"')
    assert opened(fleet).run_message_hooks("subject\n\nbödy") == "ABC-1: subject\n\nbödy\n\nChange-Id: I1\n"


def test_hooks_stand_at_the_top_of_the_work_tree_with_the_repository_in_their_environment(fleet, opened):
    hook(fleet, "commit-msg", '(pwd; echo "$GIT_DIR"; git rev-parse HEAD; git diff --cached --name-only) > "$1"')
    assert opened(fleet).run_message_hooks("m").split("\n") == [
        str(fleet.path),
        str(fleet.path / ".git"),
        fleet.git("rev-parse", "HEAD"),
        "a.yaml",
        "",
    ]


def test_hooks_cannot_change_the_index(fleet, opened):
    hook(fleet, "commit-msg", "git rm -q --cached a.yaml && git add -A")
    opened(fleet).run_message_hooks("m")


def test_hooks_path_relative_and_from_home(fleet, opened):
    fleet.git("config", "core.hooksPath", ".husky")
    hook(fleet, "commit-msg", 'echo husky > "$1"', folder=".husky")
    assert opened(fleet).run_message_hooks("m") == "husky\n"


def test_a_hook_that_is_not_executable_does_not_run(fleet, opened):
    hook(fleet, "commit-msg", "exit 1", mode=0o644)
    assert opened(fleet).run_message_hooks("m") == "m\n"


def test_a_hook_without_an_interpreter_line_is_a_shell_script(fleet, opened):
    hook(fleet, "commit-msg", 'echo shell > "$1"', head="")
    assert opened(fleet).run_message_hooks("m") == "shell\n"


@pytest.mark.parametrize("name", ["commit-msg", "prepare-commit-msg"])
def test_a_hook_that_refuses_is_heard(fleet, opened, name):
    hook(fleet, name, "echo 'no ticket: \033[31mABC-1' >&2; exit 3")
    with pytest.raises(RepositoryError, match=f"The {name} hook refused the message") as caught:
        opened(fleet).run_message_hooks("m")
    assert "no ticket" in caught.value.detail and "\x1b" not in caught.value.detail


def test_a_hook_that_empties_the_message(fleet, opened):
    hook(fleet, "commit-msg", ': > "$1"')
    with pytest.raises(RepositoryError, match="message is empty"):
        opened(fleet).run_message_hooks("m")


def test_hooks_of_a_bare_repository_and_of_a_linked_work_tree(fleet, clone):
    bare = clone(fleet, "bare.git", "--bare")
    hook(bare, "commit-msg", 'pwd > "$1"', folder="hooks")
    with Repository.open(bare.path, Runner()) as repository:
        assert repository.run_message_hooks("m") == f"{bare.path}\n"
    fleet.git("worktree", "add", "-q", "-b", "side", "../side")
    hook(fleet, "commit-msg", '(pwd; git symbolic-ref HEAD) > "$1"')
    with Repository.open(fleet.path.parent / "side", Runner()) as repository:
        assert repository.run_message_hooks("m") == f"{fleet.path.parent / 'side'}\nrefs/heads/side\n"
