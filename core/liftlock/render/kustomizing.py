"""kustomize on a folder of its own, with no way to the network."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from pathlib import Path

from liftlock.commands import Command, Runner
from liftlock.errors import CommandFailed, RenderError
from liftlock.render.programs import Tool
from liftlock.text import printable

SECONDS = 30.0
# Nothing listens on port 9 of this machine: what a program would send anywhere ends here.
_NOWHERE = "http://127.0.0.1:9"
_NOISE = re.compile(r"^(?:#|W\d{4}|Warning:).*$\n?", re.M)
# How kubectl's own log wraps what kustomize said.
_LOGGED = re.compile(r"^E\d{4} .*?\] \"command failed\" err=(?:(?P<said>\".*\")$|<(?P<lines>.*)>)", re.M | re.S)


def secluded(home: Path) -> dict[str, str | None]:
    """An environment in which no program finds the user's settings, git, or the network."""
    empty = str(home / "empty")
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    return {
        "HOME": str(home),
        "PATH": empty,
        "XDG_CONFIG_HOME": empty,
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_DATA_HOME": str(home / "data"),
        "KUSTOMIZE_PLUGIN_HOME": empty,
        "KUBECONFIG": str(home / "empty" / "kubeconfig"),
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "SSH_AUTH_SOCK": None,
        "NO_PROXY": None,
        "no_proxy": None,
        **dict.fromkeys(proxies, _NOWHERE),
    }


def build(
    runner: Runner,
    tool: Tool,
    folder: Path,
    home: Path,
    *,
    helm: Tool | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> bytes:
    """The manifests of a kustomization's folder. Raises RenderError with what kustomize says, Cancelled."""
    argv = [*tool.argv, str(folder), "--load-restrictor=LoadRestrictionsNone"]
    if helm is not None:
        argv += ["--enable-helm", f"--helm-command={helm.path}"]
    (home / "empty").mkdir(parents=True, exist_ok=True)
    command = Command(tuple(argv), cwd=folder, env=secluded(home), timeout=SECONDS)
    try:
        return runner.run(command, cancelled=cancelled).stdout
    except CommandFailed as error:
        raise RenderError(
            "kustomize cannot build this", said(error.detail, folder), error.hint, command=error.command
        ) from error


def said(complaint: str, *folders: Path) -> str:
    """A complaint without the temporary folder and without what is said only to programs, in one line."""
    text = _NOISE.sub("", complaint) or complaint
    if logged := _LOGGED.search(text):
        text = logged["lines"] or text
        with contextlib.suppress(ValueError):
            text = json.loads(logged["said"] or '""') or text
    for folder in folders:
        for place in (*(str(p) + "/" for p in (folder, *folder.parents[:3]) if p.name), str(folder)):
            text = text.replace(place, "")
    text = re.sub(r"^(?:error|Error): ", "", text.strip())
    return printable(" ".join(text.split()))
