"""A world to try liftlock in: a bare remote with a history, and a clone of it, both in a folder of their own.

An example is a folder with the files as they stand at the end (`repository/`, and `branches/` where environments are
branches) and a `demo.toml` that tells the history: who changed what, how long ago. A commit names its edits as
(file, before, after), so the states of the past are made by undoing the edits from the end.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from liftlock.commands import Command, Runner
from liftlock.errors import CommandFailed, ConfigError, RepositoryError
from liftlock.values import dataclass

State = dict[str, bytes]
"""The files of a branch by their paths."""

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_AGO = re.compile(r"(\d+)([mhdw])")
# What a surrounding git (a hook, an alias) may say of another repository.
FOREIGN = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_TEMPLATE_DIR",
)
_YOU = ("You", "you@harbour.example")


@dataclass(frozen=True, slots=True)
class Step:
    """One commit of the history; `ago` in seconds. `edits` are (file, before, after), `adds` files that it brings."""

    branch: str
    author: str
    ago: float
    message: str
    edits: tuple[tuple[str, str, str], ...] = ()
    adds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A shipped example: its folder, a title, a sentence, the repository's name, and its history (oldest first)."""

    folder: Path
    title: str
    sentence: str
    repository: str
    head: str
    address: str
    """What the clone calls its remote, where the example's own files name it; "" for where it is."""
    steps: tuple[Step, ...]

    @property
    def branches(self) -> tuple[str, ...]:
        """The branches, in the order in which they came to be."""
        return tuple(dict.fromkeys(step.branch for step in self.steps))

    def files(self, branch: str) -> State:
        """The files of a branch as they stand at the end."""
        top = self.folder / "repository" if branch == "main" else self.folder / "branches" / branch
        found = {p.relative_to(top).as_posix(): p.read_bytes() for p in sorted(top.rglob("*")) if p.is_file()}
        if not found:
            raise self.wrong(f"there are no files of {branch}")
        return found

    def wrong(self, what: str) -> ConfigError:
        """The error of an example that does not hold together."""
        return ConfigError(f"The example {self.folder.name} does not hold together", what)


def read_example(folder: Path) -> Example:
    """The example in a folder. Raises ConfigError when its demo.toml cannot be read."""
    try:
        table = tomllib.loads((folder / "demo.toml").read_text("utf-8"))
        people: Mapping[str, str] = table["people"]
        steps = tuple(
            Step(
                step.get("branch", "main"),
                people[step["by"]],
                _seconds(step["ago"]),
                step["message"].strip() + "\n",
                tuple((file, before, after) for file, before, after in step.get("edits", ())),
                tuple(step.get("adds", ())),
            )
            for step in table["commit"]
        )
        return Example(
            folder,
            table["title"],
            table["sentence"],
            table["repository"],
            table.get("head", "main"),
            table.get("address", ""),
            steps,
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as error:
        raise ConfigError(f"The example {folder.name} cannot be read", f"demo.toml: {error}") from error


def _seconds(ago: str) -> float:
    found = _AGO.fullmatch(ago)
    if found is None:
        raise ValueError(f"{ago!r} is no duration such as 41d or 5h")
    return int(found[1]) * _UNITS[found[2]]


def create(example: Path, into: Path, runner: Runner, *, now: float) -> Path:
    """Make the remote and the clone of an example in the folder `into`; the clone is returned.

    The clone has an identity and settings of its own, so that a promotion can be committed and pushed at once, and
    nobody's hooks, keys or templates have a part in it. `now` is what the ages of the commits are counted from, in
    seconds since the epoch. Raises ConfigError, RepositoryError.
    """
    told = read_example(example)
    remote, clone = remote_of(example, into), into / told.repository
    remote.parent.mkdir(parents=True, exist_ok=True)
    stream = _stream(told, now)
    settings = {
        "user.name": _YOU[0],
        "user.email": _YOU[1],
        "commit.gpgSign": "false",
        "push.gpgSign": "false",
        "core.hooksPath": str(clone / ".git" / "hooks"),
        "core.autocrlf": "false",
        "gc.auto": "0",
        "maintenance.auto": "false",
        "protocol.file.allow": "always",
    }
    made = _repository(remote, told.head)
    _git(runner, f"--git-dir={made}", "fast-import", "--quiet", "--date-format=raw", stdin=stream)
    _clone(remote, clone, settings)
    if told.address:  # the files name it so; git is told where that is, and nothing ever goes there
        _git(runner, "-C", str(clone), "config", f"url.{remote}.insteadOf", told.address)
        _git(runner, "-C", str(clone), "config", "remote.origin.url", told.address)
    return clone


def remote_of(example: Path, into: Path) -> Path:
    """Where `create` makes the bare remote. Raises ConfigError."""
    return into / "remote" / f"{read_example(example).repository}.git"


def _repository(place: Path, head: str) -> Path:
    """A new bare repository. GitPython is imported here: only the demo makes repositories."""
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # else importing it raises where there is no git
    import git

    try:
        # GitPython asks because a template can bring hooks: ours is none at all.
        with git.Repo.init(place, bare=True, initial_branch=head, template="", allow_unsafe_options=True) as made:
            return Path(made.git_dir)
    except (git.GitError, OSError) as error:
        raise RepositoryError("The demo cannot be set up", str(error), "install git 2.30 or newer") from error


def _clone(remote: Path, clone: Path, settings: Mapping[str, str]) -> None:
    """A clone with these settings of its own, set before anything is checked out."""
    import git

    options = ["--template=", *(f"--config={name}={value}" for name, value in settings.items())]
    try:
        # The options are ours; GitPython asks because --config can name programs.
        git.Repo.clone_from(str(remote), clone, multi_options=options, allow_unsafe_options=True).close()
    except (git.GitError, OSError) as error:
        raise RepositoryError("The demo cannot be set up", str(error), "install git 2.30 or newer") from error


def _git(runner: Runner, *arguments: str, stdin: bytes | None = None) -> None:
    env: dict[str, str | None] = {**dict.fromkeys(FOREIGN), "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    try:
        runner.run(Command(("git", *arguments), env=env, stdin=stdin, timeout=60))
    except CommandFailed as error:
        raise RepositoryError("The demo cannot be set up", error.detail, error.hint, command=error.command) from error


def states(example: Example) -> list[State]:
    """The files of each step's branch after that step, in order. Raises ConfigError when an edit does not fit."""
    now = {branch: example.files(branch) for branch in example.branches}
    after: list[State] = []
    for step in reversed(example.steps):
        state = now[step.branch]
        after.append(dict(state))
        for file, before, new in reversed(step.edits):
            text = state.get(file, b"")
            if text.count(new.encode()) != 1:
                raise example.wrong(f"{new!r} does not stand once in {file} ({step.message.splitlines()[0]})")
            state[file] = text.replace(new.encode(), before.encode())
        for file in step.adds:
            if state.pop(file, None) is None:
                raise example.wrong(f"there is no {file} to be added ({step.message.splitlines()[0]})")
    return after[::-1]


def _stream(example: Example, now: float) -> bytes:
    """The history in the form that `git fast-import` reads."""
    out = bytearray()
    last: dict[str, int] = {}
    held: dict[str, State] = {}
    for mark, (step, state) in enumerate(zip(example.steps, states(example), strict=True), 1):
        who = f"{step.author} {int(now - step.ago)} +0000"
        message = step.message.encode()
        out += f"commit refs/heads/{step.branch}\nmark :{mark}\nauthor {who}\ncommitter {who}\n".encode()
        out += b"data %d\n%s\n" % (len(message), message)
        parent = last.get(step.branch)
        if parent is not None:
            out += b"from :%d\n" % parent
        elif last:
            out += b"from :1\n"  # a branch begins where everything began
        known = held.get(step.branch)
        if known is None:
            out += b"deleteall\n"
            known = {}
        for path, content in state.items():
            if known.get(path) != content:
                mode = "100755" if content.startswith(b"#!") else "100644"
                out += f"M {mode} inline {path}\n".encode() + b"data %d\n%s\n" % (len(content), content)
        for path in known.keys() - state.keys():
            out += f"D {path}\n".encode()
        last[step.branch], held[step.branch] = mark, state
    return bytes(out)


def leave_surrounding_git() -> dict[str, str]:
    """Take variables that point at another repository out of the environment; what they were."""
    return {name: os.environ.pop(name) for name in FOREIGN if name in os.environ}
