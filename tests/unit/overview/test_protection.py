"""Production is protected unless a person says otherwise."""

import subprocess
from pathlib import Path

import pytest

from liftlock.engine import Engine

STAGING = '[[environment]]\nname = "staging"\npaths = ["apps/{app}/staging"]\n'
PRODUCTION = '[[environment]]\nname = "production"\nafter = ["staging"]\npaths = ["apps/{app}/production"]\n'


@pytest.mark.parametrize(
    ("config", "protected"),
    [("", True), (STAGING + PRODUCTION, True), (STAGING + PRODUCTION + "protected = false\n", False)],
)
def test_production_is_protected_unless_opened(tmp_path: Path, config: str, protected: bool):
    for environment in ("staging", "production"):
        file = tmp_path / "apps" / "api" / environment / "values.yaml"
        file.parent.mkdir(parents=True)
        file.write_text("image:\n  tag: 1.0.0\n")
    if config:
        (tmp_path / "liftlock.toml").write_text(config)
    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "add", "-A"], check=True)
    subprocess.run(["git", "-C", tmp_path, "commit", "-qm", "start"], check=True)
    engine = Engine.open(tmp_path, cache=False)
    try:
        found = {e.name: e.protected for e in engine.board().environments}
    finally:
        engine.close()
    assert found == {"staging": False, "production": protected}
