"""The user's kubeconfig as kubectl reads it: several files merged, the first that names a thing holds."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from liftlock.errors import ConfigError
from liftlock.text import printable

_LISTS = ("clusters", "contexts", "users")
# Keys that name files, which are relative to the kubeconfig that says so.
_FILES = {
    "clusters": ("certificate-authority",),
    "users": ("client-certificate", "client-key", "tokenFile"),
}


@dataclass(frozen=True, slots=True)
class Context:
    """One context: its cluster's address, its user and namespace. Texts are as written."""

    name: str
    server: str = ""
    user: str = ""
    namespace: str = ""
    insecure: bool = False
    """The server's certificate is not looked at."""


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """What all the files say together. `merged` is what a client needs; it holds credentials and is never shown."""

    contexts: Mapping[str, Context]
    current: str = ""
    files: tuple[Path, ...] = ()
    merged: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def require(self, name: str) -> Context:
        """The context of this name. Raises ConfigError with the nearest one."""
        found = self.contexts.get(name)
        if found is None:
            near = difflib.get_close_matches(name, list(self.contexts), 1)
            raise ConfigError(
                f"There is no context {printable(name)!r} in your kubeconfig",
                printable(f"there are {', '.join(self.contexts)}") if self.contexts else "it has no context at all",
                f"did you mean {near[0]}?" if near else "kubectl config get-contexts",
            )
        return found

    def user(self, name: str) -> Mapping[str, Any]:
        """The user entry of a context; it holds credentials."""
        return _named(self.merged.get("users"), self.require(name).user, "user")

    def cluster(self, name: str) -> Mapping[str, Any]:
        """The cluster entry of a context."""
        context = _named(self.merged.get("contexts"), name, "context")
        return _named(self.merged.get("clusters"), str(context.get("cluster", "")), "cluster")


def load(env: Mapping[str, str] | None = None) -> Kubeconfig:
    """The files that KUBECONFIG names, else ~/.kube/config. Files that are not there are passed over, as kubectl does.

    Raises ConfigError for a file that cannot be read or is no kubeconfig.
    """
    env = os.environ if env is None else env
    told = env.get("KUBECONFIG", "")
    named = [Path(part).expanduser() for part in told.split(os.pathsep) if part]
    files = named or [Path.home() / ".kube" / "config"]
    there = [file for file in files if file.exists()]
    merged: dict[str, Any] = {key: [] for key in _LISTS}
    current = ""
    for file in there:
        table = _read(file)
        current = current or str(table.get("current-context") or "")
        for key in _LISTS:
            known = {entry["name"] for entry in merged[key]}
            merged[key] += [
                _resolved(key, entry, file) for entry in _entries(table, key, file) if entry["name"] not in known
            ]
    merged["current-context"] = current
    contexts = {entry["name"]: _context(entry, merged) for entry in merged["contexts"]}
    return Kubeconfig(contexts, current if current in contexts else "", tuple(there), merged)


def _read(file: Path) -> Mapping[str, Any]:
    try:
        table = yaml.safe_load(file.read_bytes())
    except OSError as error:
        raise ConfigError("Your kubeconfig cannot be read", f"{error.strerror}: {printable(str(file))}") from error
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        said = printable(str(error).splitlines()[0] if str(error) else type(error).__name__)
        raise ConfigError(
            "Your kubeconfig is no YAML", f"{printable(str(file))}: {said}", "kubectl config view"
        ) from error
    if table is None:
        return {}
    if not isinstance(table, Mapping):
        raise ConfigError("Your kubeconfig is none", f"{printable(str(file))} is no mapping", "kubectl config view")
    return table


def _entries(table: Mapping[str, Any], key: str, file: Path) -> Sequence[Mapping[str, Any]]:
    entries = table.get(key) or []
    if not isinstance(entries, list) or not all(
        isinstance(e, Mapping) and isinstance(e.get("name"), str) for e in entries
    ):
        raise ConfigError(
            "Your kubeconfig is none", f"{printable(str(file))}: {key} is no list of names", "kubectl config view"
        )
    return entries


def _resolved(key: str, entry: Mapping[str, Any], file: Path) -> dict[str, Any]:
    inner = key.removesuffix("s")
    body = dict(entry.get(inner) or {})
    for name in _FILES.get(key, ()):
        if isinstance(body.get(name), str):
            body[name] = str(file.parent / Path(body[name]).expanduser())
    run = body.get("exec")
    if isinstance(run, Mapping) and isinstance(run.get("command"), str) and os.sep in run["command"]:
        body["exec"] = {**run, "command": str(file.parent / run["command"])}
    return {"name": entry["name"], inner: body}


def _context(entry: Mapping[str, Any], merged: Mapping[str, Any]) -> Context:
    body = entry.get("context") or {}
    cluster = _named(merged["clusters"], str(body.get("cluster", "")), "cluster")
    return Context(
        entry["name"],
        str(cluster.get("server", "")).rstrip("/"),
        str(body.get("user", "")),
        str(body.get("namespace", "")),
        bool(cluster.get("insecure-skip-tls-verify")),
    )


def _named(entries: Any, name: str, inner: str) -> Mapping[str, Any]:
    found = next((entry for entry in entries or () if entry.get("name") == name), None)
    body = found.get(inner) if found is not None else None
    return body if isinstance(body, Mapping) else {}
