"""The hooks that `git commit` runs on a message, run on one that is about to be committed."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from liftlock.commands import Command
from liftlock.errors import CommandFailed, RepositoryError
from liftlock.gitrepo.process import Git, english
from liftlock.gitrepo.settings import Settings, read_settings
from liftlock.text import printable

_SCISSORS = re.compile(r"^\S+ -+ >8 -+$", re.MULTILINE)


def run_message_hooks(git: Git, common_dir: Path, message: str, *, edited: bool = False) -> str:
    """The message after `prepare-commit-msg` and `commit-msg`, tidied up as commit.cleanup says.

    The hooks get a private message file and a copy of the index, so that neither the user's index nor an unfinished
    message is touched. `edited` says that a person had the message in an editor: then, as in git, lines of comment
    go. Raises RepositoryError with what the hook said when it refuses, or when no message is left.
    """
    settings = read_settings(git)
    folder = hooks_folder(git, common_dir, settings)
    with tempfile.TemporaryDirectory(prefix="liftlock-") as private:
        file = Path(private) / "COMMIT_EDITMSG"
        text = message if message.endswith("\n") else message + "\n"
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        index = Path(private) / "index"
        for hook, arguments in (("prepare-commit-msg", (str(file), "message")), ("commit-msg", (str(file),))):
            program = folder / hook
            if is_hook(program):
                if not index.exists() and (git.git_dir / "index").is_file():
                    shutil.copyfile(git.git_dir / "index", index)
                _run(git, program, arguments, index)
        text = file.read_bytes().decode("utf-8", "surrogateescape")
    cleaned = cleanup(git, settings, text, edited=edited)
    if not cleaned.strip():
        raise RepositoryError("The commit message is empty", "nothing was committed", "write a subject")
    return cleaned


def hooks_folder(git: Git, common_dir: Path, settings: Settings) -> Path:
    """Where the hooks are: core.hooksPath, relative to the folder they run in, else the repository's own."""
    configured = settings.get("core.hookspath")
    if not configured or configured == "\0":
        return common_dir / "hooks"
    return git.cwd / git.text("config", "--type=path", "--get", "core.hooksPath")


def is_hook(program: Path) -> bool:
    """Whether git would run it."""
    return program.is_file() and os.access(program, os.X_OK)


def _run(git: Git, program: Path, arguments: tuple[str, ...], index: Path) -> None:
    env = english() | git.as_user()
    env |= {"GIT_DIR": str(git.git_dir), "GIT_INDEX_FILE": str(index), "GIT_EDITOR": ":", "GIT_TERMINAL_PROMPT": "0"}
    with program.open("rb") as start:
        head = start.read(4)
    # As git does: what says neither how to run it nor is a program of its own is a shell script.
    script = not head.startswith((b"#!", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ"))
    argv = (*(("sh",) if script else ()), str(program), *arguments)
    try:
        git.runner.run(Command(argv, git.cwd, env))
    except CommandFailed as error:
        raise RepositoryError(
            f"The {program.name} hook refused the message",
            error.detail,
            "change the message as it asks; nothing was committed",
            command=printable(str(program)),
        ) from error


def cleanup(git: Git, settings: Settings, text: str, *, edited: bool) -> str:
    """The message tidied up as commit.cleanup says; by default comments go only from one that was edited."""
    mode = settings.get("commit.cleanup", "default")
    if mode == "default":
        mode = "strip" if edited else "whitespace"
    if mode == "verbatim":
        return text
    if mode == "scissors":
        cut = _SCISSORS.search(text)
        text = text[: cut.start()] if cut and edited else text
    strip = ["--strip-comments"] if mode == "strip" else []
    return git.run("stripspace", *strip, stdin=text.encode("utf-8", "surrogateescape")).text
