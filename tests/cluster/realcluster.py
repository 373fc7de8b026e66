"""A real API server for tests: a program that starts one on this machine, or a cluster that is there already."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from programs import kubectl

TOP = Path(__file__).parents[2]
PATIENCE = 90.0
"""Seconds that the program has to become ready; the first time it unpacks its parts."""


@dataclass(frozen=True)
class RealCluster:
    """A cluster: its folder has the kubeconfigs of several users, and the process ids of its programs."""

    folder: Path

    def kubeconfig(self, user: str = "") -> Path:
        return self.folder / (f"kubeconfig.{user}" if user else "kubeconfig")

    @property
    def server(self) -> str:
        return str(yaml.safe_load(self.kubeconfig().read_text())["clusters"][0]["cluster"]["server"])

    def pid(self, program: str) -> int:
        return int((self.folder / f"{program}.pid").read_text())

    def kubectl(self, *arguments: str, given: str = "", user: str = "", fine: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            [kubectl(), "--kubeconfig", str(self.kubeconfig(user)), *arguments],
            input=given,
            text=True,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode in fine, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout


class Started:
    """A cluster of our own; it ends with us even when nobody ends it."""

    def __init__(self, program: Path, folder: Path, environment: Mapping[str, str], *options: str) -> None:
        self.cluster = RealCluster(folder)
        self._process = subprocess.Popen(
            [program, folder, *options, "--with-parent"],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        self._wait()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _wait(self) -> None:
        said: list[str] = []
        try:
            while (line := self._lines.get(timeout=PATIENCE)) is not None:
                if line.startswith("READY "):
                    return
                said.append(line)
        except queue.Empty:
            said.append(f"nothing more in {PATIENCE:g} s")
        self.end()
        raise RuntimeError(f"the cluster for tests did not start: {''.join(said)[-2000:]}")

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def program(environment: Mapping[str, str]) -> Path | None:
    """The program that starts clusters: the one that is named, or the one beside the repository."""
    named = Path(environment.get("LIFTLOCK_TEST_CLUSTER", "") or TOP)
    found = TOP.parent / "shared" / "cluster" / "up" if named.is_dir() else named
    return found if found.is_file() and os.access(found, os.X_OK) else None


def running(environment: Mapping[str, str], part: str = "kubeconfig") -> RealCluster | None:
    """The folder of a cluster that runs already, where one is named that has this part."""
    named = environment.get("LIFTLOCK_TEST_CLUSTER", "")
    return RealCluster(Path(named)) if named and (Path(named) / part).is_file() else None


def throwaway(environment: Mapping[str, str], folder: Path) -> RealCluster | None:
    """Any cluster that tests may write to: a folder is made for its kubeconfig."""
    named = environment.get("LIFTLOCK_TEST_KUBECONFIG", "")
    if not named or not Path(named).is_file():
        return None
    (folder / "kubeconfig").write_text(Path(named).read_text())
    return RealCluster(folder)


def manifest(kind: str, name: str, namespace: str = "", **more: Any) -> dict[str, Any]:
    """An object of the core, as it is created."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **more}
