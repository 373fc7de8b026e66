"""Every test runs in a home of its own, under its own Git identity, and reaches nothing but this machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gitserver import git_server

__all__ = ["git_server"]

_GIT_CONFIG = '[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n[advice]\n\tdetachedHead = false\n'
_PERSONS = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL")
_FOREIGN = ("EMAIL", "http_proxy", "https_proxy", "all_proxy", "SSH_AUTH_SOCK", "DISPLAY", "GNUPGHOME", "GPG_TTY")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Several processes: modules stay whole, and what waits longest begins first."""
    if config.getoption("dist") != "loadscope":
        return None
    from scheduling import Scheduling

    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        from scheduling import begun, scope

        place = {name: at for at, name in enumerate(begun(item.nodeid for item in items))}
        items.sort(key=lambda item: place[scope(item.nodeid)])


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No configuration, key, proxy or repository of the person who runs the tests has a say in them."""
    home = tmp_path_factory.mktemp("home")
    config = home / "gitconfig"
    config.write_text(_GIT_CONFIG)
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("GIT_") or name.lower() in _FOREIGN or name in _FOREIGN:
                patch.delenv(name)
        for name, value in {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_STATE_HOME": str(home / "state"),
            "KUBECONFIG": str(home / "no-kubeconfig"),
            "GIT_CONFIG_GLOBAL": str(config),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ann Author",
            "GIT_AUTHOR_EMAIL": "ann@example.org",
            "GIT_COMMITTER_NAME": "Carl Committer",
            "GIT_COMMITTER_EMAIL": "carl@example.org",
        }.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(autouse=True)
def environment_kept() -> Iterator[None]:
    """A test leaves the environment as it found it: the next one in this process starts from the same."""
    before = _environment()
    yield
    assert _environment() == before, "this test changed the environment for all that follow"


def _environment() -> dict[str, str]:
    own = ("PYTEST_", "GIT_PYTHON_REFRESH")  # what pytest tells of the test, and what GitPython wants to be imported
    return {name: value for name, value in os.environ.items() if not name.startswith(own)}


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """git is told of no person, in none of the ways it knows: variables, files of any scope, the machine's own name.

    A test names it after the repositories that it needs: committing is over then.
    """
    for name in list(os.environ):
        if name in _PERSONS or name.startswith("GIT_CONFIG"):
            monkeypatch.delenv(name)
    config = tmp_path / "nobody.gitconfig"
    config.write_text(f"{_GIT_CONFIG}[user]\n\tuseConfigOnly = true\n")
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """A connection to anything but this machine is an error of the test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "localhost"
        if host not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test wants to reach {host}")
        connect(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield
