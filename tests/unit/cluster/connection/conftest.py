"""A scripted API server and a connection to it, for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from scripted_api import Connect, ScriptedApi, kubeconfig_text

from liftlock.clock import Clock, SystemClock
from liftlock.cluster.connection import Connection
from liftlock.cluster.kubeconfig import load
from liftlock.commands import Runner


@pytest.fixture
async def api() -> AsyncIterator[ScriptedApi]:
    made = ScriptedApi()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def connect(api: ScriptedApi, tmp_path: Path) -> AsyncIterator[Connect]:
    """Connections to the server, as the user of a kubeconfig; it is written to `config` in the test's folder."""
    runner = Runner()
    opened = []

    def make(
        user: dict[str, object] | None = None, *, url: str = "", clock: Clock | None = None, **cluster: object
    ) -> Connection:
        file = tmp_path / "config"
        file.write_text(kubeconfig_text(url or api.url, user, **cluster))
        opened.append(Connection("here", load({"KUBECONFIG": str(file)}), runner, clock or SystemClock()))
        return opened[-1]

    yield make
    for one in opened:
        await one.close()
    runner.close()
