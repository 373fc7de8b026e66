"""The embedded cluster, and beside it a real one where LIFTLOCK_TEST_CLUSTER names the folder of one that runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sandboxes import REAL, Box, Kube, fresh_namespace


@pytest.fixture(scope="session")
def shared_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    made = Box(tmp_path_factory.mktemp("sandbox"))
    yield made
    made.end()


@pytest.fixture(scope="session")
def kubectl_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kubectl")


@pytest.fixture
def kube(shared_box: Box, kubectl_cache: Path) -> Kube:
    """kubectl against the embedded cluster, in a namespace of the test's own."""
    return _placed(shared_box, kubectl_cache)


@pytest.fixture(params=["embedded", "real"])
def judged(request: pytest.FixtureRequest, shared_box: Box, kubectl_cache: Path) -> Iterator[Kube]:
    """The same against both: what is said of the embedded cluster has to be true of the real one."""
    if request.param == "embedded":
        yield _placed(shared_box, kubectl_cache)
        return
    if not REAL.is_file():
        pytest.skip("no real API server: LIFTLOCK_TEST_CLUSTER names the folder of one that runs")
    made = Kube(REAL, kubectl_cache, fresh_namespace())
    made("create", "namespace", made.namespace)
    yield made
    made("delete", "namespace", made.namespace, "--wait=false")


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """One that the test may do harm to."""
    made = Box(tmp_path)
    yield made
    made.end()


@pytest.fixture
def own(box: Box, kubectl_cache: Path) -> Kube:
    return _placed(box, kubectl_cache)


def _placed(box: Box, cache: Path) -> Kube:
    made = Kube(box.kubeconfig, cache, fresh_namespace(), box)
    box.objects.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": made.namespace}})
    return made
