"""Real control planes, each started once a run and ended with it.

`LIFTLOCK_TEST_CLUSTER` names the program that starts one, or the folder of one that runs already;
`LIFTLOCK_TEST_KUBECONFIG` any cluster that may be written to (for the tests that need no more than an API server).
With neither, the program beside the repository is used, and where there is none these tests are skipped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import worlds
from applied_controllers import real as real  # the fixture
from realcluster import RealCluster, Started, program, running, throwaway

# As it was before the tests' own home: there the program keeps what it unpacked.
_ENVIRONMENT = dict(os.environ)
_REASON = "no control plane: LIFTLOCK_TEST_CLUSTER names what starts one, LIFTLOCK_TEST_KUBECONFIG a cluster"


@contextmanager
def _cluster(factory: pytest.TempPathFactory, part: str, name: str, *options: str) -> Iterator[RealCluster]:
    there = running(_ENVIRONMENT, part)
    if there is not None:
        yield there
        return
    with _started(factory, name, *options) as cluster:
        yield cluster


@contextmanager
def _started(factory: pytest.TempPathFactory, name: str, *options: str) -> Iterator[RealCluster]:
    found = program(_ENVIRONMENT)
    if found is None:
        pytest.skip(_REASON)
    started = Started(found, factory.mktemp(name), _ENVIRONMENT, *options)
    try:
        yield started.cluster
    finally:
        started.end()


@pytest.fixture(scope="session")
def real_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    """A plain control plane; tests make namespaces of their own in it."""
    there = throwaway(_ENVIRONMENT, tmp_path_factory.mktemp("throwaway"))
    if there is not None:
        yield there
        return
    with _cluster(tmp_path_factory, "kubeconfig", "cluster") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def own_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    """A plain control plane that one module may do harm to."""
    with _started(tmp_path_factory, "own") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def real_flux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    """With Flux's controllers; `git/` and `git.url` in its folder are the repositories they follow."""
    with _cluster(tmp_path_factory, "kustomize-controller.pid", "flux", "--flux") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def real_argocd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    """With Argo CD's controllers; `git/` and `git.url` in its folder are the repositories they follow."""
    with _cluster(tmp_path_factory, "argocd-repo-server.pid", "argocd", "--argocd") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def server(real_flux: RealCluster) -> Path:
    """The folder of a running cluster with Flux, for stories."""
    return real_flux.folder


@pytest.fixture(scope="module", params=["real", "sandbox"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[worlds.World]:
    """A repository of three environments that Flux follows: the real one, and the sandbox's."""
    folder = tmp_path_factory.mktemp("world")
    if request.param == "sandbox":
        made: worlds.World = worlds.SandboxWorld(folder)
    else:
        made = worlds.real_flux(request.getfixturevalue("server"), folder)
    yield made
    made.end()
