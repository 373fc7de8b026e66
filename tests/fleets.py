"""Small GitOps repositories that tests drive as a person would: with git, and with the command itself."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liftlock_tui.cli import main

ENVIRONMENTS = ("dev", "staging", "production-eu", "production-us")
APPS = ("api", "web")
READING = [("status",), ("plan", "dev", "staging"), ("diff", "dev", "staging"), ("where", "1.2.0"), ("init", "--print")]
EVERY = [*READING, ("promote", "dev", "staging")]
_TAGS = {"dev": "1.3.0", "staging": "1.2.0"}


def overlay(app: str, environment: str, tag: str) -> str:
    """The kustomization of one app in one environment: one image that moves, one host that stays."""
    return f"""# {app}, as {environment} runs it
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: {environment}
resources:
  - ../../../base/{app}
images:
  - name: registry.example.org/{app}   # built by the pipeline
    newTag: "{tag}"  # moved by promotions
patches:
  - target: {{kind: Ingress, name: {app}}}
    patch: |-
      - op: replace
        path: /spec/rules/0/host
        value: {app}.{environment}.example.org
"""


def place(app: str, environment: str) -> str:
    """Where that kustomization is."""
    return f"envs/{environment}/{app}/kustomization.yaml"


def files() -> dict[str, str]:
    """Two apps in four environments: staging is behind dev, both productions are behind staging."""
    made = {place(app, e): overlay(app, e, _TAGS.get(e, "1.1.0")) for app in APPS for e in ENVIRONMENTS}
    for app in APPS:
        made[f"base/{app}/kustomization.yaml"] = "resources:\n  - ingress.yaml\n"
        made[f"base/{app}/ingress.yaml"] = (
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n"
            f"  name: {app}\nspec:\n  rules:\n    - host: {app}.example.org\n"
        )
    return made


@dataclass(frozen=True)
class Answer:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """The failure that `--json` printed."""
        assert self.code == 2, self
        found = self.json
        assert list(found) == ["error"], found
        assert list(found["error"]) == ["title", "detail", "hint"]
        assert found["error"]["title"]
        return found["error"]  # type: ignore[no-any-return]


def liftlock(*arguments: str | Path) -> Answer:
    """Run the command in this process: its own `main`, so with its own exit codes and error sentences."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    argv, code = sys.argv, 0
    sys.argv = ["liftlock", *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as ended:
                code = int(ended.code or 0)
    finally:
        sys.argv = argv
    return _judged(code, _text(out), _text(err), arguments)


def liftlock_process(
    *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, before: tuple[str, ...] = ()
) -> Answer:
    """Run the command as a process of its own; `before` are the words of a program that starts it."""
    command = [*before, sys.executable, "-m", "liftlock_tui", *map(str, arguments)]
    paths = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**(os.environ if env is None else env), "PYTHONPATH": paths, "PYTHONUTF8": "1"},
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    return _judged(done.returncode, done.stdout.decode(), done.stderr.decode(), arguments)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined, no-any-return]


def _judged(code: int, out: str, err: str, arguments: tuple[str | Path, ...]) -> Answer:
    """No command shows a traceback or a fault of its own, sends control characters, or mixes JSON with other text."""
    answer = Answer(code, out, err)
    assert "Traceback" not in out + err, answer
    assert "fault of its own" not in out + err, answer
    assert not any(ord(c) < 32 and c != "\n" for c in out + err), answer
    if "--json" in arguments:
        assert json.loads(out) is not None
    if code == 2 and "--json" not in arguments:
        assert not out or "promote" in arguments, answer
        said = [line for line in err.splitlines() if not line.startswith("beware: ")]
        assert said and said[0].startswith("liftlock: "), answer
    return answer


def fails(*arguments: str | Path) -> dict[str, str]:
    """The error of a command that fails, which says the same with JSON and without, and what to do next."""
    plain = liftlock(*arguments)
    error = liftlock(*arguments, "--json").error
    assert plain.code == 2
    assert plain.err.splitlines()[0] == f"liftlock: {error['title']}"
    assert error["hint"]
    return error


class Fleet:
    """A work tree (or bare repository) with the command run on it; nothing that is the user's may change."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def git(self, *arguments: str | Path, ok: bool = True, stdin: bytes | None = None) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.path, input=stdin, capture_output=True, check=False)
        assert not ok or done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    def write(self, content: Mapping[str, str | bytes]) -> None:
        for name, text in content.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def commit(self, content: Mapping[str, str | bytes], message: str = "change") -> str:
        self.write(content)
        self.git("add", "--all")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def tip(self, ref: str) -> str:
        """The commit of a ref, "" when there is none."""
        return self.git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", ok=False)

    def show(self, rev: str, path: str) -> bytes:
        return subprocess.run(["git", "show", f"{rev}:{path}"], cwd=self.path, capture_output=True, check=True).stdout

    def changed(self, old: str, new: str) -> list[str]:
        """The lines that a diff of two commits removes and adds, and nothing around them."""
        diff = self.git("diff", "-U0", old, new)
        return [line for line in diff.split("\n") if line[:1] in "+-" and line[:4] not in ("+++ ", "--- ")]

    def refs(self) -> dict[str, str]:
        listing = self.git("for-each-ref", "--format=%(refname) %(objectname)")
        return dict(line.split(" ") for line in listing.split("\n") if line)

    def state(self) -> dict[str, str]:
        """HEAD, index, stash and work tree, and whatever lock lies about."""
        git_dir = Path(self.git("rev-parse", "--absolute-git-dir"))
        common = Path(self.git("rev-parse", "--path-format=absolute", "--git-common-dir"))
        kept = {"HEAD": git_dir / "HEAD", "index": git_dir / "index", "stash": common / "refs" / "stash"}
        found = {n: hashlib.sha256(f.read_bytes()).hexdigest() if f.is_file() else "" for n, f in kept.items()}
        if (git_dir / "index").is_file():
            # The question itself must not refresh the index.
            found["status"] = self.git("--no-optional-locks", "status", "--porcelain=v2", ok=False)
        return found | {"locks": " ".join(str(lock) for lock in common.rglob("*.lock"))}

    def run(self, *arguments: str | Path) -> Answer:
        """Run the command on this repository, which keeps all that is the user's."""
        before = self.state()
        answer = liftlock("--repo", self.path, *arguments)
        assert self.state() == before
        return answer

    def refused(self, *arguments: str | Path) -> dict[str, str]:
        """The error of a command that fails as it should, with JSON and without, and leaves no ref behind."""
        before = self.refs()
        plain = self.run(*arguments)
        error = self.run(*arguments, "--json").error
        assert plain.code == 2
        said = [line for line in plain.err.splitlines() if not line.startswith("beware: ")]
        assert said[0] == f"liftlock: {error['title']}"
        here = {name: oid for name, oid in self.refs().items() if not name.startswith("refs/remotes/")}
        assert here == {name: oid for name, oid in before.items() if not name.startswith("refs/remotes/")}
        return error


def build(folder: Path) -> None:
    """`origin.git` (bare) and `clone`, which tracks it."""
    subprocess.run(["git", "init", "-q", "--bare", folder / "origin.git"], check=True)
    subprocess.run(["git", "init", "-q", folder / "clone"], check=True)
    clone = Fleet(folder / "clone")
    clone.commit(files(), "start")
    clone.git("remote", "add", "origin", "../origin.git")
    clone.git("push", "-q", "-u", "origin", "main")
    clone.git("remote", "set-head", "origin", "main")


def copy(template: Path, folder: Path) -> Fleet:
    """A copy of what `build` made, its remote beside it."""
    shutil.copytree(template, folder, symlinks=True, dirs_exist_ok=True)
    clone = Fleet(folder / "clone")
    clone.git("remote", "set-url", "origin", str(folder / "origin.git"))
    clone.git("update-index", "-q", "--refresh")
    return clone
