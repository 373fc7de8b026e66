"""Where a remote lives, for those who talk to its forge: its address and the certificates that git trusts there."""

from __future__ import annotations

from liftlock.gitrepo.process import Git


def push_address(git: Git, remote: str) -> str:
    """The address that a push to the remote goes to, as git rewrites it (`insteadOf`); "" where there is none.

    It can hold a password: it is never shown.
    """
    found = git.run("remote", "get-url", "--push", "--", remote, ok=(0, 1, 2, 128))
    return found.text.strip() if found.code == 0 else ""


def certificates(git: Git, address: str) -> str:
    """The file of certificates that git uses for an address, "" for the system's."""
    found = git.run("config", "--path", "--get-urlmatch", "http.sslCAInfo", address, ok=(0, 1, 128))
    return found.text.strip() if found.code == 0 else ""
