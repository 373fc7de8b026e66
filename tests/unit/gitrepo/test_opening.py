from __future__ import annotations

import os
from pathlib import Path

import pytest

from liftlock.commands import Runner
from liftlock.errors import RepositoryError
from liftlock.gitrepo import Repository
from liftlock.gitrepo.complaints import explain


def test_work_tree_is_found_from_any_folder_inside(checkout, opened):
    fleet = checkout()
    fleet.commit({"envs/prod/app.yaml": "a: 1\n"})
    for inside in (fleet.path, fleet.path / "envs" / "prod", fleet.path / ".git", fleet.path / ".git" / "objects"):
        repository = opened(inside)
        assert (repository.work_tree, repository.git_dir) == (fleet.path, fleet.path / ".git")
        assert repository.name == "fleet"
    assert Repository.open(fleet.path / "envs/prod/app.yaml", Runner()).work_tree == fleet.path


def test_bare_repository(checkout, clone, opened):
    fleet = checkout()
    fleet.commit({"a.yaml": "a: 1\n"})
    repository = opened(clone(fleet, "fleet.git", "--bare"))
    assert repository.work_tree is None
    assert repository.name == "fleet"
    assert repository.facts().bare
    assert repository.tree("main").read("a.yaml") == b"a: 1\n"


def test_linked_work_tree_shares_objects_but_not_head(checkout, opened):
    fleet = checkout()
    fleet.commit({"a.yaml": "a: 1\n"})
    fleet.git("worktree", "add", "-q", "-b", "side", "../side")
    repository = opened(fleet.path.parent / "side")
    assert repository.common_dir == fleet.path / ".git"
    assert repository.git_dir == fleet.path / ".git" / "worktrees" / "side"
    assert repository.work_tree == fleet.path.parent / "side"
    assert repository.facts().head_branch == "side"


def test_submodule_is_a_repository_of_its_own_and_an_entry_left_alone_outside(checkout, opened):
    inner = checkout("inner")
    inner.commit({"i.yaml": "i: 1\n"})
    outer = checkout("outer")
    outer.commit({"a.yaml": "a: 1\n"})
    outer.git("submodule", "add", "-q", f"file://{inner.path}", "modules/inner")
    outer.git("commit", "-q", "-m", "submodule")
    repository = opened(outer)
    assert repository.facts().submodules == ("modules/inner",)
    tree = repository.tree("HEAD")
    assert tree.read_many(["modules/inner", "a.yaml"]) == {"a.yaml": b"a: 1\n"}
    with pytest.raises(RepositoryError, match="submodule"):
        tree.read("modules/inner")
    inside = opened(outer.path / "modules" / "inner")
    assert inside.work_tree == outer.path / "modules" / "inner"
    assert inside.tree("HEAD").read("i.yaml") == b"i: 1\n"


def test_no_repository_here_is_one_sentence(tmp_path):
    with pytest.raises(RepositoryError) as caught:
        Repository.open(tmp_path, Runner())
    assert caught.value.title == "There is no Git repository here"
    assert str(tmp_path) in caught.value.detail
    assert "--repo" in caught.value.hint


def test_no_such_folder(tmp_path):
    with pytest.raises(RepositoryError, match="There is no folder"):
        Repository.open(tmp_path / "a" / "b", Runner())


def test_repository_of_another_owner_names_the_way_out(checkout, monkeypatch):
    fleet = checkout()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(RepositoryError, match="belongs to another user") as caught:
        Repository.open(fleet.path, Runner())
    assert f"safe.directory {fleet.path}" in caught.value.hint


def test_work_tree_whose_repository_is_gone_says_where_it_was(tmp_path):
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")
    with pytest.raises(RepositoryError, match="no Git repository here") as caught:
        Repository.open(tmp_path, Runner())
    assert "/nowhere/at/all" in caught.value.detail


def test_bare_repository_that_git_is_told_to_pass_by(checkout, monkeypatch):
    bare = checkout("bare", "--bare")
    for name, value in {"COUNT": "1", "KEY_0": "safe.bareRepository", "VALUE_0": "explicit"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    with pytest.raises(RepositoryError, match="not to use a bare repository"):
        Repository.open(bare.path, Runner())


def test_unknown_format_says_to_update_git(checkout):
    fleet = checkout()
    fleet.git("config", "core.repositoryFormatVersion", "1")
    fleet.git("config", "extensions.fromTheFuture", "true")
    with pytest.raises(RepositoryError, match="format that the installed git does not know"):
        Repository.open(fleet.path, Runner())


def _fake_git(folder: Path, script: str) -> str:
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "git").chmod(0o755)
    return str(folder)


def test_no_git_on_path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RepositoryError) as caught:
        Repository.open(tmp_path, Runner())
    assert (caught.value.title, caught.value.hint) == ("There is no git on PATH", "install git")


@pytest.mark.parametrize(
    ("said", "accepted"),
    [
        ("git version 2.29.3", False),
        ("git version 1.8.3.1", False),
        ("git version 2.30.0", True),
        ("git version 2.39.5 (Apple Git-154)", True),
        ("git version 2.47.1.windows.2", True),
        ("git version 3.0", True),
    ],
)
def test_git_older_than_2_30_is_refused(tmp_path, monkeypatch, said, accepted):
    bin_dir = _fake_git(tmp_path / "bin", f'[ "$1" = --version ] && echo "{said}" && exit; exit 128')
    monkeypatch.setenv("PATH", f"{bin_dir}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(RepositoryError) as caught:
        Repository.open(tmp_path, Runner())
    assert ("too old" in caught.value.title) is not accepted


def test_git_dir_of_a_surrounding_hook_is_honoured_and_its_index_is_not(checkout, opened, monkeypatch):
    fleet, other = checkout(), checkout("other")
    fleet.commit({"a.yaml": "a: 1\n"})
    other.commit({"b.yaml": "b: 1\n"})
    monkeypatch.setenv("GIT_DIR", str(fleet.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / "nowhere"))
    repository = Repository.open(other.path, Runner())
    assert repository.git_dir == fleet.path / ".git"
    assert list(repository.tree("HEAD").entries) == ["a.yaml"]
    repository.close()


def test_facts_of_an_ordinary_clone(checkout, clone, opened):
    origin = checkout()
    origin.commit({"a.yaml": "a: 1\n"})
    mine = clone(origin)
    mine.git("remote", "add", "mirror", "https://ann:hunter2@example.org/fleet.git")
    facts = opened(mine).facts()
    assert not (facts.bare or facts.shallow or facts.sparse or facts.detached or facts.unborn or facts.partial)
    assert (facts.head_branch, facts.in_progress) == ("main", "")
    assert dict(facts.remotes) == {
        "origin": f"file://{origin.path}",
        "mirror": "https://••••@example.org/fleet.git",
    }
    assert facts.git_version.startswith("2.") or facts.git_version.startswith("3.")


def test_facts_of_unusual_states(checkout, clone, opened):
    origin = checkout()
    first = origin.commit({"a.yaml": "a: 1\n", "b/b.yaml": "b: 1\n"})
    origin.commit({"a.yaml": "a: 2\n"})
    shallow = opened(clone(origin, "shallow", "--depth=1"))
    assert shallow.facts().shallow
    assert len(list(shallow.history("HEAD"))) == 1
    sparse = clone(origin, "sparse")
    sparse.git("sparse-checkout", "set", "--no-cone", "/b/")
    repository = opened(sparse)
    assert repository.facts().sparse
    assert not (sparse.path / "a.yaml").exists()
    assert repository.tree("HEAD").read("a.yaml") == b"a: 2\n"
    detached = clone(origin, "detached")
    detached.git("checkout", "-q", first)
    facts = opened(detached).facts()
    assert facts.detached and facts.head_branch == ""
    unborn = opened(checkout("unborn")).facts()
    assert unborn.unborn and unborn.head_branch == "main" and unborn.submodules == ()


def test_merge_in_progress_is_told_and_left_alone(checkout, opened):
    fleet = checkout()
    fleet.commit({"a.yaml": "a: 1\n"})
    fleet.git("checkout", "-q", "-b", "side")
    fleet.commit({"a.yaml": "a: 2\n"})
    fleet.git("checkout", "-q", "main")
    base = fleet.commit({"a.yaml": "a: 3\n"})
    fleet.git("merge", "side", ok=False)
    repository = opened(fleet)
    assert repository.facts().in_progress == "merge"
    repository.create_or_move_branch("promote/x", repository.write_commit(base, {"a.yaml": b"a: 4\n"}, "m"), None)


@pytest.mark.parametrize(
    ("complaint", "title"),
    [
        ("error: unable to write file: No space left on device", "The disk is full"),
        ("fatal: could not open '.git/x': Read-only file system", "The repository is on a read-only file system"),
        ("error: insufficient permission for adding an object", "The repository cannot be written to"),
        (
            "fatal: Unable to create '/r/.git/refs/heads/a.lock': File exists.",
            "Another git holds a lock in this repository",
        ),
        ("fatal: unable to auto-detect email address (got 'a@b.(none)')", "Git does not know who you are"),
        ("something new", ""),
    ],
)
def test_complaints_are_told_by_their_meaning(complaint, title):
    assert explain(complaint)[0] == title
