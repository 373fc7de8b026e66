"""A secret value is in nothing that is shown: plan, message, JSON; and still is what is written."""

import json
import subprocess
from pathlib import Path

import pytest

from liftlock.engine import Engine

CANARY = "c4n4ry-S3cr3t-Value-77"
FILES = {
    "secret.yaml": "kind: Secret\napiVersion: v1\nmetadata: {{name: s}}\nstringData:\n  token: {value}\n",
    "values.yaml": "db:\n  password: {value}\n",
    "generated.yaml": "secretGenerator:\n- name: x\n  literals:\n  - KEY={value}\n",
}


@pytest.mark.parametrize("name", FILES)
def test_a_secret_is_shown_nowhere_and_written_as_it_is(tmp_path: Path, name: str):
    for environment, value in (("staging", CANARY), ("production", "0ld-S3cr3t-Value-11-canary")):
        file = tmp_path / "apps" / "api" / environment / name
        file.parent.mkdir(parents=True)
        file.write_text(FILES[name].format(value=value))
        (file.parent / "kustomization.yaml").write_text(f"resources: [{name}]\n")
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "start"]):
        subprocess.run(["git", "-C", tmp_path, *arguments], check=True)
    from liftlock_tui.plain import shapes

    engine = Engine.open(tmp_path, cache=False)
    try:
        plan = engine.plan("staging", ["production"])
        plan = plan.select([change.id for change in plan.changes], True)
        shown = json.dumps(shapes.plan(plan, engine.cautions(plan)))
        shown += engine.message(plan) + repr(engine.file_diffs(plan))
        made = engine.commit(plan, branch="promote/x")
    finally:
        engine.close()
    assert CANARY not in shown
    assert "0ld-S3cr3t" not in shown
    assert CANARY not in made.message
    written = subprocess.run(
        ["git", "-C", tmp_path, "show", f"{made.commit}:apps/api/production/{name}"], capture_output=True, text=True
    )
    assert CANARY in written.stdout
