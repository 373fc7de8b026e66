"""Repositories in unusual states: each is read and promoted in, and what is the user's stays as it is."""

import os
import stat
import subprocess
import time
from pathlib import Path

from fleets import (
    APPS,
    READING,
    Answer,
    Fleet,
    files,
    overlay,
    place,
)


def promotes(fleet: Fleet) -> Answer:
    """Read everything, then promote on a branch."""
    for command in READING:
        assert fleet.run(*command).code in (0, 1)
    answer = fleet.run("promote", "dev", "staging", "--json")
    assert answer.code == 0
    made = answer.json
    assert fleet.changed(made["base"], made["commit"]) == [
        '-    newTag: "1.2.0"  # moved by promotions',
        '+    newTag: "1.3.0"  # moved by promotions',
    ] * len(APPS)
    return answer


def test_a_dirty_work_tree_with_a_stash(fleet: Fleet):
    fleet.write({place("api", "dev"): "stashed\n"})
    fleet.git("stash")
    fleet.write({place("api", "staging"): "being edited\n", "new.yaml": "untracked\n", "staged.yaml": "staged\n"})
    fleet.git("add", "staged.yaml")
    promotes(fleet)


def test_a_merge_in_progress(fleet: Fleet):
    fleet.git("checkout", "-q", "-b", "topic")
    fleet.commit({place("api", "staging"): overlay("api", "staging", "7.0.0")})
    fleet.git("checkout", "-q", "main")
    fleet.commit({place("api", "staging"): overlay("api", "staging", "8.0.0")})
    fleet.git("merge", "topic", ok=False)
    promotes(fleet)
    assert "merge is in progress" in fleet.run("status").out


def test_a_rebase_in_progress(fleet: Fleet):
    fleet.git("checkout", "-q", "-b", "topic")
    fleet.commit({place("api", "staging"): overlay("api", "staging", "7.0.0")})
    fleet.git("checkout", "-q", "main")
    fleet.commit({place("api", "staging"): overlay("api", "staging", "8.0.0")})
    fleet.git("checkout", "-q", "topic")
    fleet.git("rebase", "main", ok=False)
    promotes(fleet)
    assert "checked out" in fleet.refused("promote", "dev", "staging", "--onto", "topic")["title"]


def test_a_detached_head(fleet: Fleet):
    fleet.git("checkout", "-q", "--detach")
    promotes(fleet)
    fleet.git("remote", "remove", "origin")
    assert fleet.run("promote", "dev", "staging").code == 0


def test_a_shallow_clone(fleet: Fleet, origin: Fleet, tmp_path: Path):
    fleet.commit({"README.md": "later\n"})
    fleet.git("push", "-q")
    path = tmp_path / "shallow"
    fleet.git("clone", "-q", "--depth=1", f"file://{origin.path}", str(path))
    shallow = Fleet(path)
    promotes(shallow)
    assert "shallow" in shallow.run("status").out
    assert shallow.run("promote", "dev", "staging", "--push").code == 0


def test_a_bare_repository(origin: Fleet):
    made = promotes(origin).json
    assert origin.tip(made["branch"]) == made["commit"]
    made = origin.run("promote", "dev", "staging", "--onto", "main", "--json")
    assert made.code == 0
    assert origin.tip("main") == made.json["commit"]


def test_a_linked_work_tree(fleet: Fleet, tmp_path: Path):
    path = tmp_path / "linked"
    fleet.git("worktree", "add", "-q", str(path), "-b", "side")
    linked = Fleet(path)
    promotes(linked)
    for checkout in (fleet, linked):
        for branch in ("main", "side"):
            assert "checked out" in checkout.refused("promote", "dev", "staging", "--onto", branch)["title"]


def test_a_sparse_checkout(fleet: Fleet):
    fleet.git("sparse-checkout", "set", "base")
    assert not (fleet.path / "envs").exists()
    promotes(fleet)


def test_a_submodule_is_left_alone(fleet: Fleet, origin: Fleet):
    fleet.git("submodule", "add", "-q", str(origin.path), "envs/dev/sub")
    fleet.commit({})
    fleet.git("push", "-q")
    promotes(fleet)
    assert "submodule" in fleet.run("doctor").out
    inside = Fleet(fleet.path / "envs/dev/sub")
    assert inside.run("plan", "dev", "staging").code == 1


def test_a_repository_of_sha256(tmp_path: Path):
    path = tmp_path / "sha256"
    subprocess.run(["git", "init", "-q", "--object-format=sha256", path], check=True)
    fleet = Fleet(path)
    fleet.commit(files())
    made = promotes(fleet).json
    assert len(made["commit"]) == 64
    assert fleet.run("promote", "dev", "staging", "--base", made["base"]).code == 0


def test_names_that_differ_only_in_case(fleet: Fleet):
    both = {place("API", e): overlay("API", e, t) for e, t in (("dev", "5.1.0"), ("staging", "5.0.0"))}
    fleet.commit(both)
    fleet.git("push", "-q")
    found = fleet.run("plan", "dev", "staging", "--json").json
    moves = {(c["app"], c["new"]) for c in found["changes"] if c["selected"]}
    assert moves == {("api", "1.3.0"), ("API", "5.1.0"), ("web", "1.3.0")}
    made = fleet.run("promote", "dev", "staging", "--app", "API", "--json").json
    assert fleet.git("diff", "--name-only", made["base"], made["commit"]) == place("API", "staging")


def test_a_symbolic_link_is_never_replaced_by_a_file(fleet: Fleet):
    link = fleet.path / place("api", "staging")
    link.unlink()
    link.symlink_to("../../dev/api/kustomization.yaml")
    fleet.commit({})
    fleet.git("push", "-q")
    answer = fleet.run("promote", "dev", "staging", "--json")
    assert answer.code == 0
    assert fleet.git("diff", "--name-only", answer.json["base"], answer.json["commit"]) == place("web", "staging")
    tree = fleet.git("ls-tree", answer.json["commit"], place("api", "staging"))
    assert tree.startswith("120000")


def test_file_modes_stay(fleet: Fleet):
    file = fleet.path / place("api", "staging")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    fleet.commit({})
    fleet.git("push", "-q")
    made = fleet.run("promote", "dev", "staging", "--json").json
    assert fleet.git("ls-tree", made["commit"], place("api", "staging")).startswith("100755")


def test_a_clone_that_was_not_fetched_for_days(fleet: Fleet):
    told = fleet.path / ".git" / "FETCH_HEAD"
    fleet.git("fetch", "-q")
    then = time.time() - 3 * 86400
    os.utime(told, (then, then))
    for log in (fleet.path / ".git/logs/refs/remotes").rglob("*"):
        os.utime(log, (then, then))
    assert "fetched 3d ago" in fleet.run("status").out
