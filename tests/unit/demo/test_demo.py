"""The shipped examples become repositories that a promotion can be committed and pushed in at once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from liftlock import demo
from liftlock.commands import Runner
from liftlock.errors import ConfigError
from liftlock_tui.demo import DEFAULT, described, find, names, open_demo
from liftlock_tui.resources import folder

NOW = 1_790_000_000.0
EXAMPLES = sorted(path.parent.name for path in folder("examples").glob("*/demo.toml"))


def git(where: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=where, check=True, capture_output=True, text=True).stdout.strip()


def make(name: str, into: Path) -> Path:
    return demo.create(folder("examples") / name, into, Runner(), now=NOW)


def test_every_layout_is_shipped() -> None:
    assert set(EXAMPLES) == {"kustomize", "flux", "argocd", "helm-values", "jenkinsx", "plain", "branches"}
    assert names()[0] == DEFAULT
    assert all(sentence.endswith(".") for _, sentence in described())


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_clone_ends_with_the_shipped_files_and_is_clean(name: str, tmp_path: Path) -> None:
    told = demo.read_example(folder("examples") / name)
    clone = make(name, tmp_path)
    assert clone == tmp_path / told.repository
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "rev-parse", "--abbrev-ref", "HEAD@{upstream}") == f"origin/{told.head}"
    for branch in told.branches:
        shipped = told.files(branch)
        listed = git(clone, "-c", "core.quotePath=false", "ls-tree", "-r", "--name-only", f"origin/{branch}")
        assert set(listed.splitlines()) == set(shipped)
        for path, content in shipped.items():
            blob = subprocess.run(
                ["git", "cat-file", "blob", f"origin/{branch}:{path}"], cwd=clone, capture_output=True
            )
            assert blob.stdout == content, path


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_commit_of_the_history_changes_something_and_stays_readable(name: str) -> None:
    told = demo.read_example(folder("examples") / name)
    before: dict[str, demo.State] = {}
    for step, state in zip(told.steps, demo.states(told), strict=True):
        assert state != before.get(step.branch), step.message
        before[step.branch] = state
        for path, content in state.items():
            if path.endswith((".yaml", ".yml")) and b"{{" not in content:
                assert list(yaml.safe_load_all(content)), f"{path} after {step.message}"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_history_runs_forward_in_time(name: str) -> None:
    told = demo.read_example(folder("examples") / name)
    ages = [step.ago for step in told.steps]
    assert ages == sorted(ages, reverse=True)
    assert all(len(step.message.splitlines()[0]) <= 72 for step in told.steps)


def test_ages_are_counted_from_now(tmp_path: Path) -> None:
    clone = make(DEFAULT, tmp_path)
    newest, *_, oldest = git(clone, "log", "--format=%ct").splitlines()
    assert NOW - int(newest) == 3 * 3600
    assert NOW - int(oldest) == 212 * 86400


def test_a_commit_can_be_made_and_pushed_whatever_the_user_has_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in ("commit-msg", "pre-push"):
        (hooks / hook).write_text("#!/bin/sh\nexit 1\n")
        (hooks / hook).chmod(0o755)
    config = tmp_path / "gitconfig"
    config.write_text(
        f"[core]\n\thooksPath = {hooks}\n\tautocrlf = true\n[commit]\n\tgpgSign = true\n[user]\n\tsigningKey = none\n"
        '[protocol "file"]\n\tallow = never\n[safe]\n\tbareRepository = explicit\n[init]\n\tdefaultBranch = odd\n'
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name, raising=False)
    clone = make(DEFAULT, tmp_path / "world")
    assert b"\r" not in (clone / "README.md").read_bytes()
    (clone / "README.md").write_text("changed\n")
    git(clone, "commit", "--quiet", "--all", "--message", "a change")
    git(clone, "push", "--quiet", "origin", "HEAD:main")
    git(clone, "fetch", "--quiet")
    assert git(clone, "rev-parse", "HEAD") == git(clone, "rev-parse", "origin/main")


def test_another_repository_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine"
    git(tmp_path, "init", "--quiet", str(mine))
    monkeypatch.setenv("GIT_DIR", str(mine / ".git"))
    before = {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()}
    with open_demo() as clone:
        assert git(clone, "rev-parse", "--show-toplevel") == str(clone.resolve())
    assert {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()} == before
    import os

    assert os.environ["GIT_DIR"] == str(mine / ".git")


def test_the_world_is_gone_afterwards_unless_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with open_demo("plain") as clone:
        assert (clone / "environments").is_dir()
    assert list(tmp_path.iterdir()) == []
    with open_demo("plain", keep=True) as kept:
        pass
    assert (kept / "environments").is_dir()


def test_an_unknown_example_is_told_with_the_names_there_are() -> None:
    with pytest.raises(ConfigError) as told:
        find("kustomise")
    assert "flux" in told.value.detail
    assert told.value.hint == "liftlock demo --example kustomize"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = 1 2", "demo.toml"),
        ("[people]\n", "commit"),
        (
            'title = "t"\nsentence = "s"\nrepository = "r"\n[people]\n[[commit]]\nby = "x"\nago = "1d"\nmessage = ""',
            "x",
        ),
        (
            'title = "t"\nsentence = "s"\nrepository = "r"\n[people]\nx = "X <x@x.example>"\n'
            '[[commit]]\nby = "x"\nago = "soon"\nmessage = ""',
            "soon",
        ),
    ],
)
def test_an_example_that_cannot_be_read_is_told(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "demo.toml").write_text(text)
    with pytest.raises(ConfigError) as told:
        demo.read_example(tmp_path)
    assert said in told.value.detail


def test_an_edit_that_does_not_fit_the_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository" / "a.yaml").write_text("tag: 2\ntag2: 2\n")
    (tmp_path / "demo.toml").write_text(
        'title = "t"\nsentence = "s"\nrepository = "r"\n[people]\nx = "X <x@x.example>"\n'
        '[[commit]]\nby = "x"\nago = "2d"\nmessage = "first"\n'
        '[[commit]]\nby = "x"\nago = "1d"\nmessage = "second"\nedits = [["a.yaml", ": 1", ": 2"]]\n'
    )
    with pytest.raises(ConfigError, match="second"):
        demo.states(demo.read_example(tmp_path))
