"""Real repositories in a temporary folder, and a promise that what belongs to the user stays as it is."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from liftlock.commands import Runner
from liftlock.gitrepo import Repository


class Checkout:
    """A work tree (or bare repository) that tests drive with git as a person would."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def git(self, *arguments: str, stdin: bytes | None = None, ok: bool = True) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.path, input=stdin, capture_output=True, check=False)
        assert not ok or done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    def write(self, files: dict[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, files: dict[str, str | bytes], message: str = "change") -> str:
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def show(self, commit: str, path: str) -> bytes:
        spec = f"{commit}:{path}".encode("utf-8", "surrogateescape")
        return subprocess.run(["git", "show", spec], cwd=self.path, capture_output=True, check=True).stdout

    def state(self) -> dict[str, str]:
        """All that belongs to the user: HEAD, index, work tree, stash."""
        git_dir = Path(self.git("rev-parse", "--absolute-git-dir"))
        files = {"HEAD": git_dir / "HEAD", "index": git_dir / "index", "stash": git_dir / "refs" / "stash"}
        found = {n: hashlib.sha256(f.read_bytes()).hexdigest() if f.is_file() else "" for n, f in files.items()}
        if (git_dir / "index").is_file():
            # GIT_OPTIONAL_LOCKS: the question itself must not refresh the index.
            found["status"] = self.git("--no-optional-locks", "status", "--porcelain=v2", ok=False)
        locks = [str(lock) for lock in git_dir.rglob("*.lock")]
        return found | {"locks": " ".join(locks)}


@pytest.fixture
def runner() -> Iterator[Runner]:
    made = Runner()
    yield made
    made.close()


@pytest.fixture
def checkout(tmp_path: Path) -> Callable[..., Checkout]:
    def make(name: str = "fleet", *options: str) -> Checkout:
        path = tmp_path / name
        subprocess.run(["git", "init", "-q", *options, path], check=True)
        return Checkout(path)

    return make


@pytest.fixture
def clone(tmp_path: Path) -> Callable[..., Checkout]:
    def make(origin: Checkout | str, name: str = "clone", *options: str) -> Checkout:
        path = tmp_path / name
        address = origin if isinstance(origin, str) else f"file://{origin.path}"
        subprocess.run(["git", "clone", "-q", *options, address, path], check=True, capture_output=True)
        return Checkout(path)

    return make


@pytest.fixture
def opened(runner: Runner) -> Iterator[Callable[[Checkout | Path], Repository]]:
    """Opens repositories, closes them, and asserts that nothing of the user's was touched meanwhile."""
    kept: list[tuple[Checkout, Repository, dict[str, str]]] = []

    def make(place: Checkout | Path) -> Repository:
        checkout = place if isinstance(place, Checkout) else Checkout(place)
        before = checkout.state() if checkout.git("rev-parse", "--git-dir", ok=False) else {}
        repository = Repository.open(checkout.path, runner)
        kept.append((checkout, repository, before))
        return repository

    yield make
    for checkout, repository, before in kept:
        repository.close()
        assert checkout.state() == before
