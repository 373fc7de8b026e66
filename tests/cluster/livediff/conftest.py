"""A real API server, kubectl beside it, and the comparison in a namespace of its own."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import programs
import pytest
from kubectl_diff import Kubectl
from realcluster import RealCluster

from liftlock.clock import SystemClock
from liftlock.cluster.connection import Connection
from liftlock.cluster.kubeconfig import load
from liftlock.cluster.livediff import Compared, Scope, compare
from liftlock.commands import Runner

Manifest = dict[str, Any]
Change = Callable[[Manifest], None]
Compare = Callable[..., Any]


@pytest.fixture
def server(real_cluster: RealCluster) -> Path:
    return real_cluster.folder


@pytest.fixture
def kubectl(server: Path, tmp_path: Path) -> Kubectl:
    return Kubectl(programs.kubectl(), server / "kubeconfig", tmp_path)


@pytest.fixture
def namespace(kubectl: Kubectl) -> Iterator[str]:
    name = f"diff-{uuid.uuid4().hex[:10]}"
    kubectl.run("create", "namespace", name)
    yield name
    kubectl.run("delete", "namespace", name, "--wait=false")


@asynccontextmanager
async def connected(server: Path, user: str = "") -> AsyncIterator[Connection]:
    kubeconfig = load({"KUBECONFIG": str(server / (f"kubeconfig.{user}" if user else "kubeconfig"))})
    connection = Connection(kubeconfig.current, kubeconfig, Runner(), SystemClock())
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
def compared(server: Path, namespace: str) -> Compare:
    async def run(desired: list[Manifest], user: str = "", **options: Any) -> Compared:
        options.setdefault("scope", Scope(namespace=namespace))
        async with connected(server, user) as api:
            return await compare(api, desired, **options)

    return run
