"""The wheel: it holds all that the program reads, and works when installed away from the source."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


def run(*argv: str | Path, cwd: Path, **env: str) -> str:
    ended = subprocess.run(
        [str(word) for word in argv], cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of what the build needs, by the build backend itself."""
    pytest.importorskip("setuptools", minversion="77")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("core", "tui", "themes", "examples"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, source / name)
    code = f"from setuptools import build_meta; print(build_meta.build_wheel({str(out)!r}))"
    built = run(sys.executable, "-W", "ignore", "-c", code, cwd=source).split()[-1]
    return out / built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def expected(folder: str, under: str) -> set[str]:
    top = ROOT / folder
    return {
        f"{under}/{path.relative_to(top).as_posix()}"
        for path in top.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }


def test_it_holds_every_module_and_every_file_of_both_roots(names: set[str]) -> None:
    assert expected("core/liftlock", "liftlock") - names == set()
    assert expected("tui/liftlock_tui", "liftlock_tui") - names == set()
    assert {"liftlock/py.typed", "liftlock_tui/py.typed"} <= names
    assert any(name.endswith(".tcss") for name in names)


def test_it_holds_the_themes_and_the_examples_with_their_dotfiles(names: set[str]) -> None:
    assert expected("themes", "liftlock_tui/themes") - names == set()
    assert expected("examples", "liftlock_tui/examples") - names == set()
    assert "liftlock_tui/examples/kustomize/repository/.github/CODEOWNERS" in names


def test_it_holds_nothing_else(names: set[str]) -> None:
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"liftlock", "liftlock_tui"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_it_says_what_it_is(wheel: Path, names: set[str]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (info,) = {name.partition("/")[0] for name in names if ".dist-info/" in name}
        metadata = message_from_string(archive.read(f"{info}/METADATA").decode())
        entry_points = archive.read(f"{info}/entry_points.txt").decode()
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "liftlock = liftlock_tui.cli:main" in entry_points


def test_installed_it_finds_its_themes_and_examples(wheel: Path, tmp_path: Path) -> None:
    """Unpacked is installed, as far as our own files go; what liftlock depends on comes from this interpreter."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "from liftlock_tui import demo, themes, resources\n"
        "print(len(themes.load().themes), len(demo.names()), resources.folder('themes'))\n"
        "with demo.open_demo() as clone: print((clone / '.editorconfig').is_file())\n"
    )
    said = run(sys.executable, "-c", code, cwd=tmp_path, PYTHONPATH=str(tmp_path / "site"), PYTHONSAFEPATH="1").split()
    assert said == ["6", "7", str(tmp_path / "site" / "liftlock_tui" / "themes"), "True"]
