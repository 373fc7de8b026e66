"""The real forge, started once a run and ended with it; without one these tests are skipped."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from realforge import RealForge, program

from liftlock.engine import Engine

# As it was before the tests' own home.
_ENVIRONMENT = dict(os.environ)
APPS = ("checkout", "frontend")
TAGS = {"dev": "1.5.0", "staging": "1.4.2", "production": "1.4.1"}


@pytest.fixture(scope="session")
def real_forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealForge]:
    found = program(_ENVIRONMENT)
    if found is None:
        pytest.skip("no forge: LIFTLOCK_TEST_FORGE_UP names the program that starts a Gitea")
    made = RealForge.start(found, tmp_path_factory.mktemp("forge"))
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A repository's name that no other test has."""
    return f"fleet-{abs(hash(request.node.nodeid)):x}"


@pytest.fixture
def clone(real_forge: RealForge, name: str, tmp_path: Path) -> Path:
    """A clone of three environments whose main wants a review and a check."""
    real_forge.call("dev", "POST", "user/repos", name=name, default_branch="main")
    place = tmp_path / "fleet"
    for app in APPS:
        for environment, tag in TAGS.items():
            folder = place / "apps" / app / environment
            folder.mkdir(parents=True)
            (folder / "values.yaml").write_text(f"image:\n  repository: acme/{app}\n  tag: {tag} # built\n")

    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(place), *arguments], check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("config", "user.name", "Dev")
    git("config", "user.email", "dev@example.org")
    git("add", "-A")
    git("commit", "-qm", "three environments")
    git("remote", "add", "origin", real_forge.address(name))
    git("push", "-q", "-u", "origin", "main")
    until = time.monotonic() + 30
    while real_forge.call("dev", "GET", f"repos/dev/{name}")["empty"] and time.monotonic() < until:
        pass  # it looks into a first push a moment later
    for user in ("reviewer", "bot"):
        real_forge.call("dev", "PUT", f"repos/dev/{name}/collaborators/{user}", permission="write")
    real_forge.protect(name)
    return place


@pytest.fixture
def opened(tmp_path: Path, real_forge: RealForge, name: str) -> Iterator[Callable[[Path, str], Engine]]:
    """The engine on a clone, as one user of the forge."""
    made: list[Engine] = []

    def open_as(place: Path, user: str = "dev") -> Engine:
        there = place
        if user != "dev":
            there = tmp_path / user
            subprocess.run(["git", "clone", "-q", real_forge.address(name, user), str(there)], check=True)
            for key, value in (("user.name", user), ("user.email", f"{user}@example.org")):
                subprocess.run(["git", "-C", str(there), "config", key, value], check=True)
        engine = Engine.open(there, cache=False)
        made.append(engine)
        return engine

    yield open_as
    for engine in made:
        engine.close()
