"""Where a remote lives: host, and the repository's path there, out of any address that git takes. Pure."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from liftlock.values import dataclass

_SCP = re.compile(r"(?:(?P<user>[^@/\s]+)@)?(?P<host>\[[^\]]+\]|[^:/\s]+):(?!//)(?P<path>.+)")
KINDS = ("gitea", "github", "gitlab", "bitbucket", "bitbucket-server")
"""The forges that are known, by the words of the configuration; Forgejo speaks as Gitea does."""


@dataclass(frozen=True, slots=True)
class Address:
    """A repository on a forge. `host` is without the port; `web` is where its pages and its API begin.

    `user` and `password` are those of the address itself, "" without.
    """

    host: str
    web: str
    path: str
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Address({self.web}/{self.path})"

    @property
    def owner(self) -> str:
        """All of the path before the name."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The repository's own name."""
        return self.path.rpartition("/")[2]

    @property
    def shown(self) -> str:
        """Host and path, for sentences."""
        return f"{self.web.partition('://')[2]}/{self.path}"


def parse(url: str) -> Address | None:
    """The address that a remote's URL names; None for a folder or a file."""
    text = url.strip()
    if "://" not in text:
        told = _SCP.fullmatch(text)
        if told is None or re.fullmatch(r"[A-Za-z]:[\\/].*", text):  # a folder, or a drive of Windows
            return None
        return _address("ssh", told["host"].strip("[]"), None, told["path"], "", "")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower().removeprefix("git+")
    if scheme not in ("http", "https", "ssh", "git") or not parts.hostname:
        return None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return _address(scheme, parts.hostname, port, unquote(parts.path), user, password)


def _address(scheme: str, host: str, port: int | None, path: str, user: str, password: str) -> Address | None:
    clean = path.strip("/").removesuffix(".git").strip("/")
    if "/" not in clean or not host:
        return None
    # A port of ssh says nothing of the port of the pages; one of http is theirs.
    named = f"[{host}]" if ":" in host else host
    web = f"{scheme}://{named}" + (f":{port}" if port else "") if scheme in ("http", "https") else f"https://{named}"
    if scheme == "ssh":
        user = password = ""  # `git`, and no password: nothing for the API
    return Address(host.lower(), web, clean, user, password)


def kind_of(address: Address) -> str:
    """The forge that the host's own name tells, "" when it does not."""
    host = address.host
    if host == "github.com" or host.endswith(".ghe.com"):
        return "github"
    if host == "bitbucket.org":
        return "bitbucket"
    if host in ("codeberg.org", "gitea.com"):
        return "gitea"
    labels = re.split(r"[.-]", host)
    for word, kind in (
        ("github", "github"),
        ("gitlab", "gitlab"),
        ("gitea", "gitea"),
        ("forgejo", "gitea"),
        ("bitbucket", "bitbucket-server"),
        ("stash", "bitbucket-server"),
    ):
        if word in labels:
            return kind
    return ""
