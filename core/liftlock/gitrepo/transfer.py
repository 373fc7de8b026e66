"""A git command that talks to a remote: its progress as it comes, or the terminal handed over to it."""

from __future__ import annotations

import os
import re
import selectors
import tempfile
import time
from collections.abc import Sequence

from liftlock.commands import Command, masked
from liftlock.errors import Cancelled as Stopped
from liftlock.errors import LiftlockError, RepositoryError, TerminalNeeded
from liftlock.gitrepo.asking import asks, in_the_terminal, ssh_without_asking
from liftlock.gitrepo.complaints import explain
from liftlock.gitrepo.process import Cancelled, Git, Progress, english, quiet
from liftlock.gitrepo.settings import Settings
from liftlock.text import printable
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended. `complaint` is empty where the terminal was handed over: the person has seen it."""

    code: int
    output: str
    complaint: str


def transfer(
    git: Git,
    settings: Settings,
    arguments: Sequence[str],
    *,
    interactive: bool,
    cancelled: Cancelled | None,
    progress: Progress | None,
    script: str = "",
) -> Outcome:
    """Run it as the user's own git would be run; `script` is what a person would type, "" for what only reads.

    Raises RepositoryError when it cannot be started, Cancelled.
    """
    env = git.as_user() | (english() | in_the_terminal() if interactive else quiet() | ssh_without_asking(settings))
    command = Command(("git", *arguments), git.cwd, env, mutates=bool(script), script=script)
    try:
        if interactive:
            with tempfile.TemporaryFile() as output:
                code = git.runner.run_in_terminal(command, stdout=output)
                output.seek(0)
                return Outcome(code, output.read().decode("utf-8", "surrogateescape"), "")
        return _watched(git, command, cancelled, progress)
    except (RepositoryError, Stopped):
        raise
    except LiftlockError as error:
        raise RepositoryError(error.title, error.detail, error.hint, command=error.command) from error


def _watched(git: Git, command: Command, cancelled: Cancelled | None, progress: Progress | None) -> Outcome:
    started = time.monotonic()
    process = git.runner.start(command)
    output: list[bytes] = []
    complaint: list[bytes] = []
    try:
        with selectors.DefaultSelector() as waiting:
            for stream, kept in ((process.stdout, output), (process.stderr, complaint)):
                if stream is not None:
                    waiting.register(stream.fileno(), selectors.EVENT_READ, kept)
            while waiting.get_map():
                if cancelled is not None and cancelled():
                    raise Stopped(f"git {command.argv[1]} was stopped", command=str(command))
                for key, _ in waiting.select(0.1 if cancelled is not None else None):
                    block = os.read(key.fd, 1 << 16)
                    if not block:
                        waiting.unregister(key.fd)
                        continue
                    key.data.append(block)
                    if key.data is complaint and progress is not None:
                        _tell(block, progress)
        code = process.wait()
    finally:
        git.runner.end(process)
        git.runner.note(
            str(command),
            seconds=time.monotonic() - started,
            code=process.returncode,
            mutates=command.mutates,
            script=command.retold,
        )
    said = b"".join(complaint).decode("utf-8", "replace")
    return Outcome(code, b"".join(output).decode("utf-8", "surrogateescape"), clean(said))


def _tell(block: bytes, progress: Progress) -> None:
    lines = [line for line in re.split(rb"[\r\n]+", block) if line.strip()]
    if lines:
        progress(masked(printable(lines[-1].decode("utf-8", "replace").strip())))


def clean(said: str) -> str:
    """Standard error without the progress that was overwritten, safe to show."""
    lines = [line.split("\r")[-1].rstrip() for line in said.replace("\r\n", "\n").replace("\x1b[K", "").split("\n")]
    return masked(printable("\n".join(line for line in lines if line), newlines=True))


def remote_failure(outcome: Outcome, remote: str, verb: str, command: str) -> RepositoryError:
    """The error for a fetch or push that did not come to an answer of the remote."""
    shown, said = printable(remote), outcome.complaint
    if not said:
        return RepositoryError(
            f"git {verb} failed",
            f"it ended with exit code {outcome.code}; the reason stands in the terminal",
            f"run it by hand: git {verb} {shown}",
            command=command,
        )
    meant, _, hint = explain(said)
    if meant and "no Git repository" not in meant:  # which git says of a remote, too
        return RepositoryError(meant, said, hint, command=command)
    if asks(said):
        return TerminalNeeded(
            f"{shown} wants to know who you are",
            said,
            "do it in a terminal where git can ask, or set up a credential helper or an ssh agent",
            command=command,
        )
    if re.search(r"Authentication failed|HTTP Basic: Access denied|returned error: 40[13]|Invalid username", said):
        return RepositoryError(
            f"{shown} does not let you {verb}", said, "look at the credentials that git uses for it", command=command
        )
    if re.search(
        r"Could not resolve host|Failed to connect|[Cc]ould not connect|Connection (refused|timed out|reset)|"
        r"Network is unreachable|Operation timed out|unable to look up|No route to host",
        said,
    ):
        return RepositoryError(
            f"{shown} cannot be reached",
            said,
            "look at the network (a VPN, a proxy), then do it again",
            command=command,
        )
    if re.search(
        r"does not appear to be a git repository|[Rr]epository not found|not found$|"
        r"returned error: 404|No such remote|does not exist",
        said,
        re.MULTILINE,
    ):
        return RepositoryError(
            f"There is no repository behind {shown}",
            said,
            f"look at its address: git remote get-url {shown}",
            command=command,
        )
    return RepositoryError(
        f"git {verb} failed", said, f"run it by hand to see more: git {verb} {shown}", command=command
    )
