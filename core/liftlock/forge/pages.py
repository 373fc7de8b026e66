"""The pages of a forge that show a commit, a file or a branch. Pure.

The paths are those that each forge documents for permanent links: GitHub `/blob/`, GitLab `/-/blob/`, Gitea and Forgejo
`/src/commit/`, Bitbucket `/src/`, Bitbucket Server `/projects/KEY/repos/NAME/browse/`.
"""

from __future__ import annotations

from urllib.parse import quote

from liftlock.forge.address import Address


def commit_page(address: Address, kind: str, commit: str) -> str:
    """The page of a commit, "" where the forge is not known."""
    if kind == "bitbucket-server":
        return f"{_server(address)}/commits/{commit}"
    part = {"github": "commit", "gitlab": "-/commit", "gitea": "commit", "bitbucket": "commits"}.get(kind)
    return f"{_web(address)}/{part}/{commit}" if part else ""


def file_page(address: Address, kind: str, commit: str, path: str, line: int = 0) -> str:
    """The page of a file or a folder as a commit has it, at a line where one is given; "" where it is not known."""
    shown = quote(path.strip("/"))
    if kind == "bitbucket-server":
        return f"{_server(address)}/browse/{shown}?at={commit}" + (f"#{line}" if line else "")
    folder = path.endswith("/")
    part = {
        "github": "tree" if folder else "blob",
        "gitlab": "-/tree" if folder else "-/blob",
        "gitea": "src/commit",
        "bitbucket": "src",
    }.get(kind)
    if part is None:
        return ""
    mark = f"#lines-{line}" if kind == "bitbucket" else f"#L{line}"
    return f"{_web(address)}/{part}/{commit}/{shown}" + (mark if line and not folder else "")


def branch_page(address: Address, kind: str, branch: str) -> str:
    """The page of a branch, "" where the forge is not known."""
    if kind == "bitbucket-server":
        return f"{_server(address)}/browse?at={quote(f'refs/heads/{branch}', safe='')}"
    part = {"github": "tree", "gitlab": "-/tree", "gitea": "src/branch", "bitbucket": "branch"}.get(kind)
    return f"{_web(address)}/{part}/{quote(branch)}" if part else ""


def _web(address: Address) -> str:
    return f"{address.web}/{quote(address.path)}"


def _server(address: Address) -> str:
    """Bitbucket Server: `scm/KEY/NAME` in its addresses, and `~USER` for a person's own."""
    owner, name = address.owner.removeprefix("scm/"), address.name
    place = f"users/{quote(owner[1:])}" if owner.startswith("~") else f"projects/{quote(owner)}"
    return f"{address.web}/{place}/repos/{quote(name)}"
