"""The user's kubeconfig as kubectl reads it: several files merged, the first that names a thing holds."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from liftlock.errors import ConfigError
from liftlock.text import printable
from liftlock.values import dataclass

_LISTS = ("clusters", "contexts", "users")
# Keys that name files, which are relative to the kubeconfig that says so.
_FILES = {
    "clusters": ("certificate-authority",),
    "users": ("client-certificate", "client-key", "tokenFile"),
}
_PORTS = {"https": 443, "http": 80}


_LOOPBACK = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


@dataclass(frozen=True, slots=True)
class Context:
    """One context: its cluster's address, its user and namespace. Texts are as written."""

    name: str
    server: str = ""
    user: str = ""
    namespace: str = ""
    insecure: bool = False
    """The server's certificate is not looked at."""
    acts_as: str = ""
    """The user that this context impersonates."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of this context before it is used, clean for display."""
        told = []
        if self.insecure:
            told.append("the server's certificate is not checked (insecure-skip-tls-verify)")
        if self.server.startswith("http://") and not self.server.startswith(_LOOPBACK):
            told.append("the connection is not encrypted (http)")
        if self.acts_as:
            told.append(f"it acts as {printable(self.acts_as)} (impersonation)")
        return tuple(told)


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """What all the files say together. `merged` is what a client needs; it holds credentials and is never shown."""

    contexts: Mapping[str, Context]
    current: str = ""
    files: tuple[Path, ...] = ()
    merged: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    looked: tuple[Path, ...] = ()
    """Every file that was looked for; `files` are those that are there."""

    def require(self, name: str) -> Context:
        """The context of this name. Raises ConfigError with the nearest one."""
        found = self.contexts.get(name)
        if found is not None:
            return found
        title = f"There is no context {printable(name)!r} in your kubeconfig"
        if self.contexts:
            near = difflib.get_close_matches(name, list(self.contexts), 1)
            there = printable(f"there are {', '.join(self.contexts)}")
            raise ConfigError(title, there, f"did you mean {printable(near[0])}?" if near else "")
        raise self.lacking() or ConfigError(title)

    def lacking(self) -> ConfigError | None:
        """Why no context can be used before somebody names one: there is none at all, or none is the current one."""
        if not self.contexts and self.files:
            none = "Your kubeconfig has no context"
            return ConfigError(none, f"{printable(_names(self.files))} has no context at all", "kubectl config view")
        if not self.contexts:
            looked = f"nothing is at {printable(_names(self.looked))}" if self.looked else ""
            return ConfigError(
                "You have no kubeconfig", looked, "set KUBECONFIG, or have your cluster's tool write one"
            )
        if not self.current:
            there = printable(f"there are {', '.join(self.contexts)}")
            return ConfigError("Your kubeconfig has no current context", there, "press a to choose one")
        return None

    def user(self, name: str) -> Mapping[str, Any]:
        """The user entry of a context; it holds credentials."""
        return _named(self.merged.get("users"), self.require(name).user, "user")

    def cluster(self, name: str) -> Mapping[str, Any]:
        """The cluster entry of a context."""
        context = _named(self.merged.get("contexts"), name, "context")
        return _named(self.merged.get("clusters"), str(context.get("cluster", "")), "cluster")

    def again(self) -> Kubeconfig:
        """The same files as they are now: many logins write there. Raises ConfigError."""
        return _load(self.looked) if self.looked else self


def load(env: Mapping[str, str] | None = None) -> Kubeconfig:
    """The files that KUBECONFIG names, else ~/.kube/config. Files that are not there are passed over, as kubectl does.

    Raises ConfigError for a file that cannot be read or is no kubeconfig.
    """
    env = os.environ if env is None else env
    told = [Path(part) for part in env.get("KUBECONFIG", "").split(os.pathsep) if part]
    home = Path(env["HOME"]) if env.get("HOME") else Path.home()
    return _load(tuple(told) or (home / ".kube" / "config",))


def address(server: str) -> str:
    """A server's address in the one form that addresses are compared in: scheme, host in small letters, port."""
    written = server if "://" in server else f"https://{server}"
    try:
        parts = urlsplit(written.strip())
        port = parts.port or _PORTS.get(parts.scheme.lower())
    except ValueError:
        return server.rstrip("/")
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme.lower()}://{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def _load(files: Sequence[Path]) -> Kubeconfig:
    merged: dict[str, Any] = {key: [] for key in _LISTS}
    current, there = "", []
    for file in files:
        table = _read(file)
        if table is None:
            continue
        there.append(file)
        current = current or str(table.get("current-context") or "")
        for key in _LISTS:
            known = {entry["name"] for entry in merged[key]}
            for entry in _entries(table, key, file):
                if entry["name"] not in known:
                    merged[key].append(_resolved(key, entry, file))
    merged["current-context"] = current
    contexts = {entry["name"]: _context(entry, merged) for entry in merged["contexts"]}
    return Kubeconfig(contexts, current if current in contexts else "", tuple(there), merged, tuple(files))


def _read(file: Path) -> Mapping[str, Any] | None:
    """What the file says, None when it is not there."""
    try:
        table = yaml.safe_load(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError("Your kubeconfig cannot be read", f"{error.strerror}: {printable(str(file))}") from error
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        # The first line alone: what follows quotes the file, which holds credentials.
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
    inner = key.removesuffix("s")
    well = isinstance(entries, list) and all(
        isinstance(e, Mapping) and isinstance(e.get("name"), str) and isinstance(e.get(inner) or {}, Mapping)
        for e in entries
    )
    if not well:
        raise ConfigError(
            "Your kubeconfig is none", f"{printable(str(file))}: {key} is no list of names", "kubectl config view"
        )
    names = [entry["name"] for entry in entries]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(
            "Your kubeconfig says a name twice",
            f"{printable(str(file))}: {printable(twice)} in {key}",
            "kubectl config view",
        )
    return list(entries)


def _resolved(key: str, entry: Mapping[str, Any], file: Path) -> dict[str, Any]:
    inner = key.removesuffix("s")
    body = dict(entry.get(inner) or {})
    for name in _FILES.get(key, ()):
        if body.get(name) and isinstance(body[name], str):
            body[name] = str(file.absolute().parent / body[name])
    run = body.get("exec")
    if isinstance(run, Mapping) and isinstance(run.get("command"), str) and os.sep in run["command"]:
        body["exec"] = {**run, "command": str(file.absolute().parent / run["command"])}
    return {"name": entry["name"], inner: body}


def _context(entry: Mapping[str, Any], merged: Mapping[str, Any]) -> Context:
    body = entry.get("context") or {}
    cluster = _named(merged["clusters"], str(body.get("cluster", "")), "cluster")
    user = _named(merged["users"], str(body.get("user", "")), "user")
    return Context(
        entry["name"],
        str(cluster.get("server") or "").rstrip("/"),
        str(body.get("user") or ""),
        str(body.get("namespace") or ""),
        bool(cluster.get("insecure-skip-tls-verify")),
        str(user.get("as") or ""),
    )


def _named(entries: Any, name: str, inner: str) -> Mapping[str, Any]:
    found = next((entry for entry in entries or () if entry.get("name") == name), None)
    body = found.get(inner) if found is not None else None
    return body if isinstance(body, Mapping) else {}


def _names(files: Sequence[Path]) -> str:
    return ", ".join(map(str, files))
