"""What the doctor says of the forge, without asking it."""

from __future__ import annotations

from pathlib import Path

import pytest

from liftlock.commands import Runner
from liftlock.model.report import Verdict
from liftlock.reviews.checking import checks


def said(url: str, kind: str | None = None) -> list[tuple[Verdict, str, str]]:
    runner = Runner()
    found = [(one.verdict, one.finding, one.hint) for one in checks(url, runner, kind, Path("/"))]
    runner.close()
    return found


def test_a_folder_is_none():
    assert said("/srv/fleet.git") == []


def test_one_whose_name_does_not_tell():
    ((verdict, finding, hint),) = said("git@git.acme.io:a/b")
    assert verdict is Verdict.NOTE and "does not tell" in finding and "[forges]" in hint


def test_a_token_is_told_by_its_place_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("GITEA_SERVER_URL", raising=False)
    monkeypatch.setenv("GITEA_TOKEN", "canary")
    assert said("git@git.acme.io:a/b", "gitea") == [(Verdict.GOOD, "gitea, with a token from GITEA_TOKEN", "")]


def test_without_a_token_it_is_said_where_one_is_looked_for(monkeypatch: pytest.MonkeyPatch):
    for name in ("BITBUCKET_TOKEN", "BITBUCKET_API_TOKEN", "BITBUCKET_APP_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    ((verdict, finding, hint),) = said("git@bitbucket.org:a/b")
    assert verdict is Verdict.NOTE and finding.startswith("bitbucket, and no token")
    assert "BITBUCKET_API_TOKEN" in hint
