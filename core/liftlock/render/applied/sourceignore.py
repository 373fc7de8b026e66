"""Which files never reach Flux's controllers: those that source-controller leaves out of the artifact."""

from __future__ import annotations

import posixpath
import re

from liftlock.errors import LiftlockError
from liftlock.model.tree import Tree
from liftlock.render.applied.globbing import path_segments

_NAME = ".sourceignore"
_ALWAYS = (
    *(".git/", ".github/", ".circleci/", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml"),
    *("cloudbuild.yaml", "codeship-services.yml", "codeship-steps.yml"),
    *("**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml"),
)
"""What source-controller leaves out of itself, as far as it concerns manifests."""


class Ignored:
    """The patterns of a tree: those of source-controller and of every .sourceignore, the last that matches decides."""

    def __init__(self, tree: Tree, more: str = "") -> None:
        self._rules = [rule for line in _ALWAYS for rule in _rules(line, "")]
        files = sorted(
            (path for path in tree.entries if posixpath.basename(path) == _NAME), key=lambda path: path.count("/")
        )
        try:
            found = tree.read_many(files)
        except LiftlockError:
            found = {}
        for path in files:
            for line in found.get(path, b"").decode("utf-8", "replace").splitlines():
                self._rules += _rules(line, posixpath.dirname(path))
        for line in more.splitlines():
            self._rules += _rules(line, "")

    def __call__(self, path: str) -> bool:
        """Whether the file, or a folder that it lies in, is left out."""
        parts = path.split("/")
        for length in range(1, len(parts) + 1):
            if self._matches("/".join(parts[:length]), folder=length < len(parts)):
                return True
        return False

    def _matches(self, path: str, *, folder: bool) -> bool:
        for pattern, only_folders, back in reversed(self._rules):
            if (folder or not only_folders) and pattern.fullmatch(path):
                return not back
        return False


def _rules(line: str, home: str) -> list[tuple[re.Pattern[str], bool, bool]]:
    """A line in Git's syntax as pattern, whether it means folders only, and whether it takes back (`!`)."""
    text = line.rstrip("\r\n")
    text = text if text.endswith("\\ ") else text.rstrip(" ")
    if not text or text.startswith("#"):
        return []
    back = text.startswith("!")
    text = text[1:] if back else text.removeprefix("\\")
    only_folders = text.endswith("/")
    text = text.rstrip("/")
    if not text:
        return []
    anchored = "/" in text
    text = text.lstrip("/")
    if not anchored:
        text = f"**/{text}"
    # The folder of the file that says it is no pattern.
    head = re.escape(f"{home}/") if home else ""
    return [(re.compile(head + path_segments(text).pattern, re.DOTALL), only_folders, back)]
