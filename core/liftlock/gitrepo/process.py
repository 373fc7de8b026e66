"""How git is started: where, with which environment, and what its complaints mean."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from liftlock.commands import Command, Result, Runner
from liftlock.errors import CommandFailed, RepositoryError
from liftlock.gitrepo.complaints import explain
from liftlock.values import dataclass

Cancelled = Callable[[], bool]
Progress = Callable[[str], None]

# Variables of a surrounding git (a hook, an alias) that would turn what is run here towards another repository or
# index, or change how paths are read.
_FOREIGN = (
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
)


def english() -> dict[str, str | None]:
    """Variables under which programs complain in English, and read and write characters as they do for the user."""
    ctype = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG")
    return {"LC_ALL": None, "LC_CTYPE": ctype, "LC_MESSAGES": "C", "LANGUAGE": "C"}


def quiet() -> dict[str, str | None]:
    """Variables under which git speaks English, never asks, and does not refresh the user's index by the way."""
    return english() | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_PAGER": "cat",
    }


@dataclass(frozen=True, slots=True)
class Git:
    """git in one repository: every command that is run there goes through this."""

    runner: Runner
    git_dir: Path
    cwd: Path
    """A folder that git itself would find the repository from: the top of the work tree, or the bare repository."""
    exported: bool = False
    """The user's own GIT_DIR says which repository this is."""
    lent: tuple[Path, ...] = ()
    """Folders of objects of other repositories that are read as if they were here. Never used to write: what is
    written must not lean on them.
    """

    def command(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        ok: tuple[int, ...] = (0,),
        mutates: bool = False,
        env: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
        script: str = "",
    ) -> Command:
        """A quiet command on exactly this repository, wherever it is run."""
        merged: dict[str, str | None] = dict.fromkeys(_FOREIGN)
        merged |= quiet()
        merged["GIT_DIR"] = str(self.git_dir)
        if self.lent:
            merged["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = os.pathsep.join(map(str, self.lent))
        merged |= env or {}
        return Command(
            ("git", *arguments), cwd or self.git_dir, merged, stdin=stdin, ok=ok, mutates=mutates, script=script
        )

    def run(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        ok: tuple[int, ...] = (0,),
        mutates: bool = False,
        env: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
        script: str = "",
        cancelled: Cancelled | None = None,
    ) -> Result:
        """Run git to its end. Raises RepositoryError with what the complaint means, Cancelled."""
        command = self.command(*arguments, stdin=stdin, ok=ok, mutates=mutates, env=env, cwd=cwd, script=script)
        return self.finish(command, cancelled)

    def finish(self, command: Command, cancelled: Cancelled | None = None) -> Result:
        """Run a command that was made here. Raises as `run` does."""
        try:
            return self.runner.run(command, cancelled=cancelled)
        except CommandFailed as error:
            raise explained(error) from error

    def text(self, *arguments: str, ok: tuple[int, ...] = (0,)) -> str:
        """Standard output of a short reading command, without the last newline."""
        return self.run(*arguments, ok=ok).text.removesuffix("\n")

    @staticmethod
    def failure(result: Result, title: str, command: str) -> RepositoryError:
        """The error for a command whose exit code its caller allowed, in order to look at it."""
        meant, detail, hint = explain(result.complaint)
        said = detail or f"{command} ended with exit code {result.code}"
        return RepositoryError(meant or title, said, hint, command=command)

    def as_user(self) -> dict[str, str | None]:
        """The environment in which git finds the repository as it does for the user: for fetch, push and hooks."""
        merged: dict[str, str | None] = dict.fromkeys(_FOREIGN)
        merged["GIT_DIR"] = str(self.git_dir) if self.exported else None
        return merged


def explained(error: CommandFailed) -> RepositoryError:
    """The failure of a git command as what it means to a person."""
    title, detail, hint = explain(error.detail)
    return RepositoryError(title or error.title, detail or error.detail, hint or error.hint, command=error.command)
