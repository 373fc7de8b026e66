"""Finding the repository: a work tree or any folder inside, a bare one, a linked work tree, a submodule."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal, cast

from liftlock.commands import Command, Runner
from liftlock.errors import CommandFailed, RepositoryError
from liftlock.gitrepo.process import explained, quiet
from liftlock.text import printable
from liftlock.values import dataclass

ObjectFormat = Literal["sha1", "sha256"]
OLDEST = (2, 30)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository is. `common_dir` is `git_dir` but for a linked work tree; `exported` says GIT_DIR named it."""

    git_dir: Path
    common_dir: Path
    work_tree: Path | None
    object_format: ObjectFormat
    bare: bool
    git_version: str
    exported: bool


def locate(start: Path, runner: Runner) -> Place:
    """The repository that holds `start`, as git itself finds it.

    Raises RepositoryError: no git, one that is too old, no repository, one of another owner, an unknown format.
    """
    where = start if start.is_dir() else start.parent
    if not where.is_dir():
        raise RepositoryError(
            f"There is no folder {printable(str(start))}", "", "name a folder of a clone, or a bare repository"
        )
    version = installed_git(runner)
    questions = ("--show-object-format", "--is-bare-repository", "--is-inside-work-tree", "--show-cdup", "--git-dir")
    object_format, bare, inside, rest = _ask(runner, where, *questions).split("\n", 3)
    up = ""
    if inside == "true":
        up, _, rest = rest.partition("\n")
    elif bare != "true":
        rest = _ask(runner, where, "--git-dir")  # it follows the work tree's path, where git knows of one
    git_dir = (where / rest).resolve()
    if object_format not in ("sha1", "sha256"):
        raise RepositoryError(
            "This repository names its objects in a way that liftlock does not know",
            f"the object format is {printable(object_format)}; sha1 and sha256 are read",
            "use a clone in one of these formats",
        )
    return Place(
        git_dir,
        _common(git_dir),
        (where / up).resolve() if inside == "true" else _work_tree_around(runner, git_dir, bare == "true"),
        cast(ObjectFormat, object_format),
        bare == "true",
        version,
        bool(os.environ.get("GIT_DIR")),
    )


def installed_git(runner: Runner) -> str:
    """The version of git on PATH, as a text. Raises RepositoryError when there is none or it is older than 2.30."""
    try:
        said = runner.run(Command(("git", "--version"), env=quiet())).text.strip()
    except CommandFailed as error:
        if error.code == 127:
            raise RepositoryError(
                "There is no git on PATH", "liftlock works through git 2.30 or later", "install git", command="git"
            ) from error
        raise RepositoryError("git does not start", error.detail, "look at the installation of git") from error
    found = re.search(r"(\d+)\.(\d+)(?:\.[\w.]+)?", said)
    if found is None:
        raise RepositoryError("git does not say its version", printable(said), "look at what `git` is on PATH")
    if (int(found[1]), int(found[2])) < OLDEST:
        raise RepositoryError(
            f"git {found[0]} is too old", "liftlock needs git 2.30 or later", "update git", command="git --version"
        )
    return found[0]


def _ask(runner: Runner, where: Path, *questions: str) -> str:
    env = {**quiet(), "GIT_INDEX_FILE": None, "GIT_PREFIX": None}
    try:
        return runner.run(Command(("git", "rev-parse", *questions), where, env)).text.removesuffix("\n")
    except CommandFailed as error:
        found = explained(error)
        if "or any of the parent directories" in found.detail or "or any parent up to" in found.detail:
            found.detail = f"neither {printable(str(where))} nor a folder above it is one"
        raise found from error


def _common(git_dir: Path) -> Path:
    told = git_dir / "commondir"
    if not told.is_file():
        return git_dir
    return (git_dir / os.fsdecode(told.read_bytes().rstrip(b"\n"))).resolve()


def _work_tree_around(runner: Runner, git_dir: Path, bare: bool) -> Path | None:
    if not bare and not os.environ.get("GIT_DIR") and git_dir.name == ".git":
        # Asked from inside .git: the work tree is the folder that holds it, unless core.worktree says otherwise.
        return Path(_ask(runner, git_dir.parent, "--show-toplevel")).resolve()
    return None
