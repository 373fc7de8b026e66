"""Where a remote reference of a kustomization leads, as kustomize reads it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote

from liftlock.values import dataclass

_SCP = re.compile(r"^(?P<host>[\w.-]+@[\w.-]+):(?P<path>[^?]*)")
_PLAIN = (".yaml", ".yml", ".json")
SCHEMES = ("https", "http", "ssh", "git", "file")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class GitSource:
    """A folder or file of another repository: its address, the path in it, and the ref ("" for the default branch)."""

    url: str
    path: str
    ref: str

    @property
    def exact(self) -> bool:
        """Whether the ref is a whole commit id, which stands for one content for ever."""
        return _COMMIT.fullmatch(self.ref) is not None

    def __str__(self) -> str:
        return f"{self.url}{'//' + self.path if self.path else ''}{'?ref=' + self.ref if self.ref else ''}"


@dataclass(frozen=True, slots=True)
class FileSource:
    """One manifest at an address."""

    url: str

    def __str__(self) -> str:
        return self.url


def source_of(text: str) -> GitSource | FileSource | None:
    """What the reference names, None when it is nothing that can be fetched (another protocol, no address)."""
    address, _, query = text.removeprefix("git::").partition("?")
    asked = parse_qs(query)
    ref = (asked.get("ref") or asked.get("version") or [""])[0]
    if ref.startswith("-") or "\0" in text or any(c.isspace() for c in text):
        return None
    scp = _SCP.match(address)
    if scp and "://" not in address:
        repository, path = _split(scp["path"], known=True)
        return GitSource(f"{scp['host']}:{repository}", path, ref)
    scheme, marked, rest = address.partition("://")
    if not marked:
        scheme, rest = "https", address
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        return None
    if scheme in ("http", "https") and not text.startswith("git::") and address.endswith(_PLAIN) and not ref:
        return FileSource(f"{scheme}://{rest}{'?' + query if query else ''}")
    host, _, path = rest.partition("/")
    if not path or (not host and scheme != "file"):
        return None
    repository, inner = _split(path, known=scheme != "file")
    return GitSource(f"{scheme}://{host}/{repository}", unquote(inner), ref)


def _split(path: str, *, known: bool) -> tuple[str, str]:
    """The repository and the path in it: they part at `//`, after `.git`, or after owner and name."""
    for mark, kept in (("//", 0), (".git/", 4)):
        at = path.find(mark)
        if at >= 0:
            return path[: at + kept], path[at + len(mark) :].strip("/")
    if path.endswith(".git") or not known:
        return path.rstrip("/"), ""
    parts = path.strip("/").split("/")
    if "_git" in parts[:-1]:
        end = parts.index("_git") + 2
        return "/".join(parts[:end]), "/".join(parts[end:])
    return "/".join(parts[:2]), "/".join(parts[2:])
