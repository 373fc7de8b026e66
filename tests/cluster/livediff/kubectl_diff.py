"""kubectl beside liftlock: it applies, and what its own diff finds comes back as our values."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from liftlock.diffing import diff_objects
from liftlock.model.diff import ObjectDiff

# kubectl writes both sides into folders and calls this program to compare them: it keeps them instead.
_KEEPING = '#!/bin/sh\ncp -r "$1" "$KEPT/live"\ncp -r "$2" "$KEPT/merged"\nexit 1\n'
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Kubectl:
    def __init__(self, program: str, kubeconfig: Path, folder: Path) -> None:
        self._start = [program, "--kubeconfig", str(kubeconfig)]
        self._folder = folder
        self._number = 0

    def run(self, *arguments: str, fine: tuple[int, ...] = (0,), **environment: str) -> str:
        done = subprocess.run(
            [*self._start, *arguments], text=True, capture_output=True, check=False, env={**os.environ, **environment}
        )
        assert done.returncode in fine, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def apply(self, manifests: Sequence[dict[str, Any]], *options: str) -> None:
        """Apply, and wait until the controllers have seen it: they write annotations then."""
        self.run("apply", "-f", self.file(manifests), *options)
        for manifest in manifests:
            if manifest["kind"] == "Deployment":
                metadata = manifest["metadata"]
                seen = "jsonpath={.metadata.annotations.deployment\\.kubernetes\\.io/revision}"
                self.run("wait", f"deployment/{metadata['name']}", "-n", metadata["namespace"], f"--for={seen}")

    def get(self, kind: str, name: str, namespace: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.run("get", kind, name, "-n", namespace, "-o", "json", "--show-managed-fields")
        )
        return found

    def diff(self, manifests: Iterable[dict[str, Any]], *options: str) -> dict[str, ObjectDiff]:
        """What `kubectl diff` finds, by kind and name."""
        file = self.file(manifests)
        kept = self._folder / f"kept-{self._number}"
        kept.mkdir()
        keeping = self._folder / "keeping"
        keeping.write_text(_KEEPING)
        keeping.chmod(0o700)
        self.run("diff", "-f", file, *options, fine=(0, 1), KUBECTL_EXTERNAL_DIFF=str(keeping), KEPT=str(kept))
        sides = [
            [read for path in sorted((kept / side).glob("*")) if (read := yaml.load(path.read_text(), Loader=_LOADER))]
            for side in ("live", "merged")
        ]
        return {str(diff.key): diff for diff in diff_objects(*sides)}

    def file(self, manifests: Iterable[dict[str, Any]]) -> str:
        """The manifests in a file."""
        self._number += 1
        file = self._folder / f"objects-{self._number}.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)}))
        return str(file)
