"""However much a cluster says, who listens is told of a board at most ten times a second, and of the last one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from fleets import Fleet, build
from scripted_api import ScriptedApi, kubeconfig_text

from liftlock.cluster.cluster import LoopThread
from liftlock.engine import Engine
from liftlock.model.live import LiveBoard, LiveState

CELL = ("api", "staging")
SECONDS = 1.5


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    made = LoopThread("server")
    yield made
    made.close()


@pytest.fixture
def flux(thread: LoopThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedApi]:
    """A cluster whose Flux follows the repository beside it."""
    build(tmp_path)
    commit = Fleet(tmp_path / "clone").tip("HEAD")

    async def made() -> ScriptedApi:
        api = ScriptedApi()
        sources = api.serve("source.toolkit.fluxcd.io", "v1", "GitRepository", "gitrepositories")
        api.serve("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations")
        revision = f"main@sha1:{commit}"
        spec = {"url": str(tmp_path / "origin.git"), "ref": {"branch": "main"}}
        api.put("fleet", sources, "flux-system", spec=spec, status={"artifact": {"revision": revision}})
        await api.start()
        return api

    api = thread.run(made(), 10)
    (tmp_path / "config").write_text(kubeconfig_text(api.url))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    kustomize(api, suspend=False, commit=commit)
    yield api
    thread.run(api.stop(), 10)


def kustomize(api: ScriptedApi, *, suspend: bool, commit: str = "") -> None:
    source = {"kind": "GitRepository", "name": "fleet"}
    api.put(
        "api",
        "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations",
        "flux-system",
        spec={"path": "./envs/staging/api", "sourceRef": source, "suspend": suspend},
        status={"lastAppliedRevision": f"main@sha1:{commit}", "conditions": [{"type": "Ready", "status": "True"}]},
    )


def test_a_flood_is_told_at_most_ten_times_a_second(flux: ScriptedApi, thread: LoopThread, tmp_path: Path) -> None:
    told: list[tuple[float, LiveBoard]] = []
    engine = Engine.open(tmp_path / "clone")
    try:
        engine.live.start(lambda board: told.append((time.monotonic(), board)))
        engine.live.ask(["staging"], within=20)
        before = len(told)
        sent = thread.run(flood(flux), 20)
        wait_for(lambda: told[-1][1].cells[CELL][0].state is LiveState.SUSPENDED)
    finally:
        engine.close()
    times = [at for at, _ in told[before:]]
    assert sent > 100
    assert 2 <= len([at for at in times if at <= times[0] + SECONDS]) <= SECONDS * 10 + 1
    assert min(later - sooner for sooner, later in pairwise(times)) > 0.08


async def flood(api: ScriptedApi) -> int:
    """Change one object all the time, and leave it suspended."""
    loop, sent = asyncio.get_running_loop(), 0
    end = loop.time() + SECONDS
    while loop.time() < end:
        sent += 1
        kustomize(api, suspend=sent % 2 == 0)
        await asyncio.sleep(0.005)
    kustomize(api, suspend=True)
    return sent


def wait_for(condition: object, within: float = 10.0) -> None:
    assert callable(condition)
    until = time.monotonic() + within
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)
