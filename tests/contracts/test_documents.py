"""Documents that must not fall behind the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_changelog_speaks_of_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert f"## {PROJECT['version']}" in changelog


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_the_make_commands_of_the_documents_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^    |`)make ([a-z]+)", (ROOT / document).read_text("utf-8"), re.MULTILINE))
    assert named
    assert named <= targets


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "benchmarks/README.md"])
def test_relative_links_lead_somewhere(document: str) -> None:
    place = ROOT / document
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", place.read_text("utf-8"))
    assert [link for link in links if not (place.parent / link).exists()] == []


def test_every_pin_that_must_be_exact_is() -> None:
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    for name in ("textual", "rich", "pytest-textual-snapshot", "pyte"):
        assert any(re.fullmatch(rf"{name}==[\d.]+", line) for line in wanted), name


def test_the_table_of_keys_is_that_of_the_registry() -> None:
    table = ROOT / "docs" / "keys.md"
    if not table.exists():
        pytest.skip("there is no table of keys yet")
    from liftlock_tui.actions import ACTIONS

    text = table.read_text("utf-8")
    missing = [action.id for action in ACTIONS if action.help not in text or f"`{action.id}`" not in text]
    assert missing == []
