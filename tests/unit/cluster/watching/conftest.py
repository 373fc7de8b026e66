"""The scripted API server of the connection's tests, and what listens to it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.clock import SystemClock
from liftlock.cluster.cluster import Cluster
from liftlock.cluster.connection import Connection
from liftlock.cluster.kubeconfig import load
from liftlock.commands import Runner

sys.path.append(str(Path(__file__).parents[1] / "connection"))

from listening import PACE, Listening
from scripted_api import ScriptedApi, kubeconfig_text


@pytest.fixture
async def api() -> AsyncIterator[ScriptedApi]:
    made = ScriptedApi()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def connection(api: ScriptedApi, tmp_path: Path) -> AsyncIterator[Connection]:
    (tmp_path / "config").write_text(kubeconfig_text(api.url))
    runner = Runner()
    made = Connection("here", load({"KUBECONFIG": str(tmp_path / "config")}), runner, SystemClock())
    yield made
    await made.close()
    runner.close()


@pytest.fixture
async def listening(connection: Connection) -> AsyncIterator[Listening]:
    made = Listening(connection)
    yield made
    await made.close()


@pytest.fixture
async def opened(connection: Connection) -> AsyncIterator[Callable[..., Cluster]]:
    """Clusters over the connection, with short pauses."""
    made: list[Cluster] = []

    def make(probe: float = 30.0, changed: Callable[[], None] = lambda: None, **pace: float) -> Cluster:
        made.append(Cluster("here", connection, SystemClock(), changed, pace=replace(PACE, **pace), probe=probe))
        return made[-1]

    yield make
    for one in made:
        await one.close()
