"""A repository whose history tests write commit by commit."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from liftlock.engine import Engine
from liftlock.model.change import Change, path_text
from liftlock.model.plan import Plan


class Fleet:
    """`apps/api/{staging,production}/values.yaml`, and what a plan between the two stages."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.git("init", "-q", "-b", "main", ".")

    def git(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        """What git says."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.place,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
        return done.stdout.strip()

    def commit(self, subject: str, **texts: str) -> str:
        """One commit that writes the values of these environments; its short id."""
        for environment, text in texts.items():
            self.write(f"apps/api/{environment}/values.yaml", text)
        return self.save(subject)

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        file = self.place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def save(self, subject: str, at: int | None = None) -> str:
        """Commit everything, at this second where it is given; the short id."""
        self.git("add", "-A")
        self.git("commit", "-qm", subject, env={"GIT_COMMITTER_DATE": f"@{at} +0000"} if at else None)
        return self.git("rev-parse", "--short=7", "HEAD")

    def plan(self, at: str | None = None, *, learning: bool = True) -> Plan:
        """The plan from staging to production."""
        engine = Engine.open(self.place, at=at, cache=False)
        try:
            return engine.plan("staging", ["production"], learning=learning)
        finally:
            engine.close()

    def changes(self, at: str | None = None, *, learning: bool = True) -> dict[str, Change]:
        """The changes of that plan by their paths."""
        return {path_text(change.path): change for change in self.plan(at, learning=learning).changes}

    def staged(self, at: str | None = None) -> set[str]:
        """The paths that the plan stages."""
        return {path for path, change in self.changes(at).items() if change.proposed}


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """An empty repository."""
    place = tmp_path / "fleet"
    place.mkdir()
    return Fleet(place)


@pytest.fixture
def values() -> Callable[..., str]:
    """A values file of an image's tag and whatever else."""

    def written(tag: str, **more: object) -> str:
        return f"image:\n  repository: ghcr.io/acme/api\n  tag: {tag}\n" + "".join(
            f"{key}: {value}\n" for key, value in more.items()
        )

    return written
