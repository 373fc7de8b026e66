"""Where a token is found, in which order, and for which host alone."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock.commands import Runner
from liftlock.forge import Address, parse
from liftlock.forge.tokens import Token, find, places


@pytest.fixture
def runner() -> Iterator[Runner]:
    made = Runner()
    yield made
    made.close()


def at(url: str) -> Address:
    found = parse(url)
    assert found is not None
    return found


def found(runner: Runner, kind: str, url: str, **env: str) -> tuple[str, str, str] | None:
    told = find(kind, at(url), runner, {"HOME": "/nowhere", **env})
    return (told.secret, told.user, told.origin) if told is not None else None


def test_the_password_of_the_address_comes_first(runner: Runner):
    assert found(runner, "gitea", "https://ada:s@git.acme.io/a/b", GITEA_TOKEN="t") == (
        "s",
        "ada",
        "the remote's address",
    )


@pytest.mark.parametrize(
    ("kind", "url", "env", "expected"),
    [
        ("github", "git@github.com:a/b", {"GITHUB_TOKEN": "t"}, ("t", "", "GITHUB_TOKEN")),
        ("github", "git@github.acme.io:a/b", {"GH_TOKEN": "t"}, None),  # meant for github.com
        ("github", "git@github.acme.io:a/b", {"GH_ENTERPRISE_TOKEN": "t"}, ("t", "", "GH_ENTERPRISE_TOKEN")),
        ("github", "git@github.acme.io:a/b", {"GH_ENTERPRISE_TOKEN": "t", "GH_HOST": "other.io"}, None),
        ("gitlab", "git@gitlab.acme.io:a/b", {"GITLAB_TOKEN": "t"}, None),  # meant for gitlab.com
        (
            "gitlab",
            "git@gitlab.acme.io:a/b",
            {"GITLAB_TOKEN": "t", "GITLAB_HOST": "https://gitlab.acme.io"},
            ("t", "", "GITLAB_TOKEN"),
        ),
        ("bitbucket", "git@bitbucket.org:a/b", {"BITBUCKET_TOKEN": "t"}, ("t", "", "BITBUCKET_TOKEN")),
        (
            "bitbucket",
            "git@bitbucket.org:a/b",
            {"BITBUCKET_API_TOKEN": "t", "BITBUCKET_EMAIL": "a@b.c"},
            ("t", "a@b.c", "BITBUCKET_API_TOKEN"),
        ),
        (
            "bitbucket",
            "git@bitbucket.org:a/b",
            {"BITBUCKET_APP_PASSWORD": "t", "BITBUCKET_USERNAME": "ada"},
            ("t", "ada", "BITBUCKET_APP_PASSWORD"),
        ),
        (
            "bitbucket-server",
            "git@git.acme.io:a/b",
            {"BITBUCKET_TOKEN": "t", "BITBUCKET_URL": "https://git.other.io"},
            None,
        ),
    ],
)
def test_variables_are_of_one_host(
    runner: Runner, kind: str, url: str, env: dict[str, str], expected: tuple[str, str, str] | None
):
    assert found(runner, kind, url, **env) == expected


def test_helpers_of_the_repository_are_asked_too(runner: Runner, tmp_path: Path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    helper = "!f() { echo username=x-bitbucket-api-token-auth; echo password=t; }; f"
    subprocess.run(["git", "-C", str(tmp_path), "config", "credential.helper", helper], check=True)
    address = at("https://bitbucket.org/a/b")
    env = {"HOME": "/nowhere", "BITBUCKET_EMAIL": "a@b.c"}
    assert find("bitbucket", address, runner, env) is None
    assert find("bitbucket", address, runner, env, folder=tmp_path) == Token("t", "a@b.c", "git's credential helper")


def test_netrc_comes_last(runner: Runner, tmp_path: Path):
    (tmp_path / ".netrc").write_text("machine git.acme.io login ada password t\nmachine other.io login b password c\n")
    assert found(runner, "gitea", "https://git.acme.io/a/b", HOME=str(tmp_path)) == ("t", "ada", "netrc")


def test_no_secret_is_shown():
    assert "canary" not in repr(Token("canary", "ada", "netrc"))
    assert places("gitlab", at("git@gitlab.com:a/b")).startswith("GITLAB_TOKEN, ")
