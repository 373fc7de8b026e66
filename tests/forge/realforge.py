"""A real Gitea on loopback, for tests: started once a run by the program that `LIFTLOCK_TEST_FORGE_UP` names."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

READY = 180.0
"""Seconds that the program has to become ready."""
_HERE = Path(__file__).resolve().parents[2]


def program(environment: Mapping[str, str]) -> Path | None:
    """The program that starts one: the one that is named, else `forge/up` in a folder beside this repository."""
    named = environment.get("LIFTLOCK_TEST_FORGE_UP")
    if named:
        return Path(named)
    cluster = environment.get("LIFTLOCK_TEST_CLUSTER_UP")
    beside = [Path(cluster).parent.parent] if cluster else [p for p in _HERE.parent.glob("*") if p.is_dir()]
    return next((found for place in beside if (found := place / "forge" / "up").is_file()), None)


@dataclass
class RealForge:
    """Gitea with the users dev (administrator), reviewer and bot; `tokens` by user."""

    folder: Path
    url: str
    process: subprocess.Popen[str]
    tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    def start(cls, found: Path, folder: Path) -> RealForge:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.Popen(
            [str(found), str(folder), "--port", str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "HOME": os.environ.get("HOME", str(folder))},
        )
        made = cls(folder, f"http://127.0.0.1:{port}", process)
        try:
            made._wait()
        except BaseException:
            made.end()
            raise
        made.tokens = {user: (folder / f"token.{user}").read_text().strip() for user in ("dev", "reviewer", "bot")}
        return made

    def _wait(self) -> None:
        until, said = time.monotonic() + READY, ""
        assert self.process.stdout is not None
        while time.monotonic() < until:
            if select.select([self.process.stdout], [], [], 1.0)[0]:
                line = self.process.stdout.readline()
                if line.startswith("READY"):
                    return
                if not line:
                    break
                said += line
        raise AssertionError(f"the forge did not start: {said}")

    def end(self) -> None:
        """End it, and all that it started."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def call(self, user: str, method: str, path: str, **data: Any) -> Any:
        """A call of the API as a user; what it answers."""
        answer = requests.request(
            method,
            f"{self.url}/api/v1/{path}",
            headers={"Authorization": f"token {self.tokens[user]}"},
            json=data or None,
            timeout=30,
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content.strip() else None

    def address(self, name: str, user: str = "dev") -> str:
        """The address to clone from and push to, with the user's token."""
        return f"{self.url.replace('http://', f'http://{user}:{self.tokens[user]}@')}/dev/{name}.git"

    def protect(self, name: str) -> None:
        """One approval and the check `ci/test` are wanted on main, and nobody pushes to it."""
        self.call(
            "dev",
            "POST",
            f"repos/dev/{name}/branch_protections",
            rule_name="main",
            required_approvals=1,
            enable_status_check=True,
            status_check_contexts=["ci/test"],
            enable_push=False,
        )

    def green(self, name: str, commit: str, state: str = "success") -> None:
        """The required check has ended on a commit."""
        self.call("dev", "POST", f"repos/dev/{name}/statuses/{commit}", state=state, context="ci/test")
