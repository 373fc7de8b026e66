"""From a remote's address to the forge behind it: which kind, with which token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import requests

from liftlock.commands import Command, Runner, masked
from liftlock.errors import ForgeError, LiftlockError
from liftlock.forge import tokens
from liftlock.forge.address import KINDS, Address, kind_of, parse
from liftlock.forge.forge import Forge
from liftlock.text import printable
from liftlock.values import dataclass

_PROBE = 4.0
# What each forge answers without a token, at a path that no other has, and what it answers with there.
_SIGNS: Mapping[str, tuple[str, Callable[[requests.Response], bool]]] = {
    "gitea": ("api/v1/version", lambda r: r.ok and "version" in r.json()),
    "gitlab": ("api/v4/version", lambda r: r.status_code in (200, 401) and bool({"version", "message"} & {*r.json()})),
    "github": ("api/v3/meta", lambda r: "verifiable_password_authentication" in r.json() or "message" in r.json()),
    "bitbucket-server": ("rest/api/1.0/application-properties", lambda r: r.ok and "buildNumber" in r.json()),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A forge, how its kind became known (`name`, `said`, `asked`), and where the token is from ("" without one)."""

    forge: Forge
    address: Address
    known_by: str
    token_from: str


def open_forge(
    url: str,
    runner: Runner,
    *,
    said: Mapping[str, str],
    certificates: Callable[[str], str],
    folder: Path | None = None,
) -> Opened:
    """The forge of a remote. `said` maps hosts to kinds, from the user's own file or what was learned before.

    `certificates` gives the file of certificates that git uses for an address, "" for the system's; `folder` is where
    git is asked for what it knows, which may be of one repository alone.
    Raises ForgeError when the remote is no forge, or its kind is not known and cannot be found out.
    """
    address = parse(url)
    if address is None:
        raise ForgeError(
            "This remote is a folder, not a forge",
            printable(masked(url)),
            "push the branch and open no pull request: --push",
        )
    address = _real_host(address, runner)
    kind, known_by = said.get(address.host, ""), "said"
    if not kind:
        kind, known_by = kind_of(address), "name"
    trusted = certificates(address.web)
    if not kind:
        kind, known_by = probe(address, trusted), "asked"
    if kind not in KINDS:
        host = printable(address.host)
        raise ForgeError(
            f"It is not known which forge {host} is",
            "its name does not tell, and it answers as none that is known",
            f'say so in your config.toml: [forges] "{host}" = "{KINDS[0]}" (or {", ".join(KINDS[1:])})',
        )
    token = tokens.find(kind, address, runner, folder=folder)
    forge = _make(kind)(address, token, runner, certificates=trusted)
    return Opened(forge, address, known_by, token.origin if token is not None else "")


def _make(kind: str) -> Callable[..., Forge]:
    if kind == "github":
        from liftlock.forge.github import GitHub

        return GitHub
    if kind == "gitlab":
        from liftlock.forge.gitlab import GitLab

        return GitLab
    if kind == "bitbucket":
        from liftlock.forge.bitbucket import Bitbucket

        return Bitbucket
    if kind == "bitbucket-server":
        from liftlock.forge.bitbucket_server import BitbucketServer

        return BitbucketServer
    from liftlock.forge.gitea import Gitea

    return Gitea


def probe(address: Address, certificates: str = "") -> str:
    """The kind that the host's own answers show, "" when they show none. Nothing secret is sent."""
    for kind, (path, shows) in _SIGNS.items():
        try:
            answer = requests.get(
                f"{address.web}/{path}", timeout=_PROBE, verify=certificates or True, auth=lambda request: request
            )
            if "json" in answer.headers.get("Content-Type", "") and shows(answer):
                return kind
        except requests.exceptions.SSLError:
            return ""
        except requests.exceptions.ConnectionError as error:
            raise ForgeError(
                f"{printable(address.host)} cannot be reached", "", "look at the network and the remote's address"
            ) from error
        except (requests.exceptions.RequestException, ValueError, TypeError):
            continue  # it does not answer as this one does
    return ""


def _real_host(address: Address, runner: Runner) -> Address:
    """The host behind a name that only the user's ssh configuration knows."""
    if "." in address.host or ":" in address.host or address.host == "localhost" or "https://" not in address.web:
        return address
    try:
        told = runner.run(Command(("ssh", "-G", "--", address.host), timeout=5))
    except LiftlockError:
        return address  # no ssh here: the name is taken as it is
    for line in told.text.splitlines():
        key, _, value = line.partition(" ")
        if key == "hostname" and value:
            return replace(address, host=value.lower(), web=f"https://{value.lower()}")
    return address
