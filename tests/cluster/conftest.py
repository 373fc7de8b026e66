"""The real thing, where there is one: LIFTLOCK_TEST_CLUSTER names the folder of a throw-away cluster.

It holds `kubeconfig`; for tests that need controllers also bare repositories below `git/`, served at the address in
`git.url`. Without it the tests of the real server are skipped.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from worlds import World, real_flux


@pytest.fixture(scope="session")
def server() -> Path:
    """The folder of the running cluster."""
    named = os.environ.get("LIFTLOCK_TEST_CLUSTER", "")
    if not named:
        pytest.skip("no cluster for tests: LIFTLOCK_TEST_CLUSTER names none")
    return Path(named)


@pytest.fixture(scope="module")
def world(server: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A repository of three environments that Flux follows."""
    if not (server / "git.url").exists():
        pytest.skip("this cluster has no Flux and no Git of its own")
    return real_flux(server, tmp_path_factory.mktemp("world"))
