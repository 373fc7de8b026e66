"""A token for a forge, from the tools that people have already. Never stored, never shown.

Asked in this order: the address of the remote itself, the variables of the forge's own tool, that tool (`gh`, `glab`),
git's credential helpers, netrc. A token of one host goes to no other. Where a forge wants a user beside it (Bitbucket
Cloud: the account's address for an API token, the user's name for an app password), a variable names that as well.
"""

from __future__ import annotations

import netrc
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path
from urllib.parse import urlsplit

from liftlock.commands import Command, Runner
from liftlock.errors import LiftlockError
from liftlock.forge.address import Address
from liftlock.values import dataclass

_SECONDS = 15.0
_USERS: Mapping[str, tuple[str, ...]] = {
    "BITBUCKET_API_TOKEN": ("BITBUCKET_EMAIL", "BITBUCKET_USERNAME"),
    "BITBUCKET_APP_PASSWORD": ("BITBUCKET_USERNAME",),
}
"""Variables that name the user of a secret."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token or password with the user it belongs to ("" where it is the token's own). `origin` says where it was."""

    secret: str = field(repr=False)
    user: str
    origin: str


def find(
    kind: str, address: Address, runner: Runner, env: Mapping[str, str] = os.environ, *, folder: Path | None = None
) -> Token | None:
    """The first token there is for this forge, None when nobody knows one; git is asked in `folder`."""
    return next(_known(kind, address, runner, env, folder), None)


def places(kind: str, address: Address) -> str:
    """Where a token is looked for, as a sentence's end."""
    tool = {"github": "gh auth login", "gitlab": "glab auth login"}.get(kind)
    variables = ", ".join(name for name, _ in _variables(kind, address, {}))
    return ", ".join(part for part in (variables, tool, "git's credential helpers", "~/.netrc") if part)


def _known(kind: str, address: Address, runner: Runner, env: Mapping[str, str], folder: Path | None) -> Iterator[Token]:
    if address.password:
        yield Token(address.password, address.user, "the remote's address")
    for name, fits in _variables(kind, address, env):
        if fits and env.get(name):
            yield Token(env[name], next((env[u] for u in _USERS.get(name, ()) if env.get(u)), ""), name)
    if kind == "github":
        yield from _told_by(runner, ("gh", "auth", "token", "--hostname", address.host))
    if kind == "gitlab":
        yield from _told_by(runner, ("glab", "config", "get", "token", "--host", address.host))
    for token in (*_credential(address, runner, folder), *_netrc(address, env)):
        # git's own name for such a token is none that the API takes.
        user = env.get("BITBUCKET_EMAIL", token.user) if token.user == "x-bitbucket-api-token-auth" else token.user
        yield replace(token, user=user)


def _variables(kind: str, address: Address, env: Mapping[str, str]) -> tuple[tuple[str, bool], ...]:
    """The variables of the forge's tools, and whether they are meant for this host."""
    host = address.host

    def meant(*names: str, default: str = "") -> bool:
        told = next((env[name] for name in names if env.get(name)), default)
        return not told or (urlsplit(told).hostname or told.partition("/")[0].partition(":")[0]).lower() == host

    if kind == "github":
        public = host == "github.com" or host.endswith(".ghe.com")
        names = ("GH_TOKEN", "GITHUB_TOKEN") if public else ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
        return tuple((name, public or meant("GH_HOST")) for name in names)
    if kind == "gitlab":
        fits = meant("GITLAB_HOST", "GL_HOST", "GITLAB_URI", default="gitlab.com")
        return (("GITLAB_TOKEN", fits), ("GITLAB_ACCESS_TOKEN", fits), ("OAUTH_TOKEN", fits))
    if kind == "gitea":
        fits = meant("GITEA_SERVER_URL", "GITEA_INSTANCE_URL", "FORGEJO_URL")
        return (("GITEA_TOKEN", fits), ("GITEA_SERVER_TOKEN", fits), ("FORGEJO_TOKEN", fits))
    fits = meant("BITBUCKET_URL")
    if kind == "bitbucket":
        return tuple((name, fits) for name in ("BITBUCKET_TOKEN", "BITBUCKET_API_TOKEN", "BITBUCKET_APP_PASSWORD"))
    return (("BITBUCKET_TOKEN", fits),)


def _told_by(runner: Runner, argv: tuple[str, ...]) -> Iterator[Token]:
    if shutil.which(argv[0]) is None:
        return
    try:
        told = runner.run(Command(argv, timeout=_SECONDS))
    except LiftlockError:
        return  # it knows no token for this host: the next place is asked
    if told.text.strip():
        yield Token(told.text.strip(), "", argv[0])


def _credential(address: Address, runner: Runner, folder: Path | None) -> Iterator[Token]:
    """What git's helpers know for pages of this host; they may not ask."""
    scheme, _, rest = address.web.partition("://")
    wanted = f"protocol={scheme}\nhost={rest}\npath={address.path}.git\n"
    if address.user:
        wanted += f"username={address.user}\n"
    silent = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": "", "GCM_INTERACTIVE": "never"}
    command = Command(
        ("git", "-c", "core.askPass=", "credential", "fill"),
        folder,
        env=silent,
        stdin=f"{wanted}\n".encode(),
        timeout=_SECONDS,
    )
    try:
        answer = runner.run(command)
    except LiftlockError:
        return  # no helper knows it, and asking is off
    told = dict(line.split("=", 1) for line in answer.text.splitlines() if "=" in line)
    if told.get("password"):
        yield Token(told["password"], told.get("username", ""), "git's credential helper")


def _netrc(address: Address, env: Mapping[str, str]) -> Iterator[Token]:
    place = Path(env.get("NETRC") or Path(env.get("HOME", "~")).expanduser() / ".netrc")
    try:
        known = netrc.netrc(str(place)).hosts.get(address.host)
    except (OSError, netrc.NetrcParseError):
        return  # most people have none; a broken one is told by curl and git as well
    if known and known[2]:
        yield Token(known[2], known[0], "netrc")
