"""Documents that must not fall behind the code."""

from __future__ import annotations

import importlib.util
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


DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "benchmarks/README.md",
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").glob("*.md"))),
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_relative_links_lead_somewhere(document: str) -> None:
    place = ROOT / document
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", place.read_text("utf-8"))
    assert [link for link in links if not (place.parent / link).exists()] == []


def test_every_pin_that_must_be_exact_is() -> None:
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    for name in ("textual", "rich", "pytest-textual-snapshot", "pyte"):
        assert any(re.fullmatch(rf"{name}==[\d.]+", line) for line in wanted), name


@pytest.mark.parametrize("name", ["keys.md", "configuration.md", "rules.md"])
def test_what_is_made_from_the_program_is_in_step_with_it(name: str) -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    said = (ROOT / "docs" / name).read_text("utf-8")
    assert said == made.DOCUMENTS[name]().rstrip() + "\n", "run python docs/generate.py"
