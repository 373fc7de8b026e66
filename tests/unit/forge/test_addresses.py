"""Where a remote lives, whichever way its address is written; and which forge its name tells."""

from __future__ import annotations

import pytest

from liftlock.forge import kind_of, parse


@pytest.mark.parametrize(
    "url",
    [
        "https://git.acme.io/team/fleet.git",
        "https://git.acme.io/team/fleet",
        "https://ada:secret@git.acme.io/team/fleet.git/",
        "ssh://git@git.acme.io:2222/team/fleet.git",
        "git@git.acme.io:team/fleet.git",
        "git+ssh://git@git.acme.io/team/fleet",
    ],
)
def test_all_ways_to_write_one_repository_mean_the_same(url: str):
    found = parse(url)
    assert found is not None
    assert (found.web, found.path, found.host) == ("https://git.acme.io", "team/fleet", "git.acme.io")
    assert "secret" not in repr(found)


@pytest.mark.parametrize("url", ["/srv/fleet.git", "../fleet", "file:///srv/fleet.git", "C:\\fleet", "", "https://x/"])
def test_a_folder_is_no_forge(url: str):
    assert parse(url) is None


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("git@github.com:a/b", "github"),
        ("https://github.acme.io/a/b", "github"),
        ("https://gitlab.acme.io/a/b/c", "gitlab"),
        ("https://codeberg.org/a/b", "gitea"),
        ("https://bitbucket.org/a/b", "bitbucket"),
        ("https://mygithubmirror.io/a/b", ""),
        ("http://127.0.0.1:3000/a/b", ""),
    ],
)
def test_the_name_of_the_host_tells_which_forge_it_is(url: str, kind: str):
    found = parse(url)
    assert found is not None and kind_of(found) == kind
