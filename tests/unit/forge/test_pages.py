from __future__ import annotations

import pytest

from liftlock.forge.address import kind_of, parse
from liftlock.forge.pages import branch_page, commit_page, file_page

PAGES = {
    "git@github.com:acme/deploy.git": (
        "https://github.com/acme/deploy/commit/abc",
        "https://github.com/acme/deploy/blob/abc/apps/a%20b.yaml#L7",
        "https://github.com/acme/deploy/tree/release/1.x",
    ),
    "https://gitlab.example.org/ops/team/deploy.git": (
        "https://gitlab.example.org/ops/team/deploy/-/commit/abc",
        "https://gitlab.example.org/ops/team/deploy/-/blob/abc/apps/a%20b.yaml#L7",
        "https://gitlab.example.org/ops/team/deploy/-/tree/release/1.x",
    ),
    "ssh://git@codeberg.org:22/acme/deploy": (
        "https://codeberg.org/acme/deploy/commit/abc",
        "https://codeberg.org/acme/deploy/src/commit/abc/apps/a%20b.yaml#L7",
        "https://codeberg.org/acme/deploy/src/branch/release/1.x",
    ),
    "https://bitbucket.org/acme/deploy": (
        "https://bitbucket.org/acme/deploy/commits/abc",
        "https://bitbucket.org/acme/deploy/src/abc/apps/a%20b.yaml#lines-7",
        "https://bitbucket.org/acme/deploy/branch/release/1.x",
    ),
    "https://stash.example.org/scm/ops/deploy.git": (
        "https://stash.example.org/projects/ops/repos/deploy/commits/abc",
        "https://stash.example.org/projects/ops/repos/deploy/browse/apps/a%20b.yaml?at=abc#7",
        "https://stash.example.org/projects/ops/repos/deploy/browse?at=refs%2Fheads%2Frelease%2F1.x",
    ),
}


@pytest.mark.parametrize("url", PAGES)
def test_each_forge_has_its_own_addresses(url: str) -> None:
    address = parse(url)
    assert address is not None
    kind = kind_of(address)
    assert (
        commit_page(address, kind, "abc"),
        file_page(address, kind, "abc", "apps/a b.yaml", 7),
        branch_page(address, kind, "release/1.x"),
    ) == PAGES[url]


def test_what_is_not_known_has_no_page_and_passwords_are_in_none() -> None:
    address = parse("https://me:secret@git.example.org/acme/deploy")
    assert address is not None
    assert commit_page(address, "", "abc") == branch_page(address, "", "x") == file_page(address, "", "abc", "f") == ""
    assert "secret" not in commit_page(address, "gitea", "abc")
