"""The terminal handed over: git and its helpers ask there, and a person answers."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

_CORE = Path(__file__).parents[3] / "core"
_PRELUDE = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from pathlib import Path
from liftlock.commands import Runner
from liftlock.gitrepo import Repository
repository = Repository.open(Path("."), Runner())
"""


class Terminal:
    """A program in a terminal of its own; `answer` waits for a question and types."""

    def __init__(self, program: str, cwd: Path) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PRELUDE + program],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(_CORE)},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.screen = ""

    def _more(self) -> bool:
        assert select.select([self._master], [], [], 20)[0], f"nothing comes any more after {self.screen!r}"
        try:
            block = os.read(self._master, 4096)
        except OSError:  # the other end is closed
            return False
        self.screen += block.decode()
        return bool(block)

    def answer(self, question: str, text: str) -> None:
        while question not in self.screen:
            assert self._more(), self.screen
        os.write(self._master, f"{text}\n".encode())

    def end(self) -> str:
        while self._more():
            pass
        os.close(self._master)
        assert self._process.wait() == 0, self.screen
        return self.screen


def test_git_asks_for_user_and_password(git_server, checkout, clone):
    url = git_server.create()
    seed = checkout("seed")
    seed.commit({"a.yaml": "a: 1\n"})
    seed.git("push", "-q", url, "main")
    mine = clone(url)
    git_server.password = "hunter2"
    terminal = Terminal('print("moved", repository.fetch(interactive=True).moved)', mine.path)
    terminal.answer("Username for", "ann")
    terminal.answer("Password for", "hunter2")
    assert "moved ()" in terminal.end()


def test_a_wrong_password_ends_with_a_sentence(git_server, checkout):
    fleet = checkout()
    fleet.commit({"a.yaml": "a: 1\n"})
    fleet.git("remote", "add", "origin", git_server.create())
    git_server.password = "hunter2"
    program = """
from liftlock.errors import RepositoryError, TerminalNeeded
try:
    repository.push("origin", "HEAD:refs/heads/x", interactive=True)
except RepositoryError as error:
    assert not isinstance(error, TerminalNeeded)
    print("told:", error.title, error.detail)
"""
    terminal = Terminal(program, fleet.path)
    terminal.answer("Username for", "ann")
    terminal.answer("Password for", "wrong")
    screen = terminal.end()
    assert "Authentication failed" in screen
    assert "told: git push failed" in screen and "stands in the terminal" in screen


def test_the_signing_key_asks_for_its_passphrase(checkout, tmp_path):
    fleet = checkout()
    fleet.commit({"a.yaml": "a: 1\n"})
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", key], check=True)
    for name, value in {"commit.gpgSign": "true", "gpg.format": "ssh", "user.signingKey": str(key)}.items():
        fleet.git("config", name, value)
    program = 'print("made", repository.write_commit("HEAD", {"a.yaml": b"a: 2"}, "m", interactive=True), "end")'
    terminal = Terminal(program, fleet.path)
    terminal.answer("nter passphrase", "secret")
    commit = terminal.end().split("made ")[1].split(" end")[0]
    assert "gpgsig" in fleet.git("cat-file", "commit", commit)
