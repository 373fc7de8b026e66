"""Two environments compared: which difference waits for a promotion, which is meant, and which nobody explains."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from liftlock.model.diff import Comparison, Explanation, Status
from liftlock.render import Rendered, as_markdown, compare_environments

STAGING = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: staging-api, namespace: staging}
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: api
        image: ghcr.io/acme/api:1.5.0
        env:
        - {name: DB, value: staging-db.example.org}
        - {name: LEVEL, value: debug}
        - {name: PASSWORD, value: one1}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings-2g79d5tk84, namespace: staging}
data: {mode: fast}
---
apiVersion: v1
kind: Service
metadata: {name: extra, namespace: staging}
"""
PRODUCTION = (
    STAGING.replace("staging", "production")
    .replace("1.5.0", "1.4.2")
    .replace("replicas: 1", "replicas: 5")
    .replace("debug", "info")
    .replace("one1", "two2")
    .replace("2g79d5tk84", "f9bm6h8t7c")
)
PRODUCTION = PRODUCTION[: PRODUCTION.rindex("---")]


def rendered(text: str) -> Rendered:
    return Rendered(tuple(yaml.safe_load_all(text)), "plain")


def to_right(text: str) -> str:
    return text.replace("staging", "production")


def compared(pending: tuple[tuple[str, str], ...] = (("1.4.2", "1.5.0"),)) -> list[Comparison]:
    return compare_environments("api", rendered(STAGING), rendered(PRODUCTION), to_right, pending)


def fields(explanation: Explanation) -> dict[str, list[str]]:
    return {
        str(c.diff.key): [f.path.rpartition("spec.template.spec.")[2] for f in c.diff.fields]
        for c in compared()
        if c.explanation is explanation
    }


def test_every_field_has_its_explanation() -> None:
    assert fields(Explanation.PENDING) == {"Deployment production/production-api": ["containers[name=api].image"]}
    assert fields(Explanation.EXPECTED) == {
        "ConfigMap production/settings-f9bm6h8t7c": ["metadata.name", "metadata.namespace"],
        "Deployment production/production-api": [
            "metadata.name",
            "metadata.namespace",
            "spec.replicas",
            "containers[name=api].env[name=DB].value",
            "containers[name=api].env[name=PASSWORD].value",
        ],
    }
    assert fields(Explanation.UNEXPLAINED) == {
        "Deployment production/production-api": ["containers[name=api].env[name=LEVEL].value"],
        "Service staging/extra": [],
    }


def test_the_lines_of_an_explanation_show_its_differences_only() -> None:
    (pending,) = [c for c in compared() if c.explanation is Explanation.PENDING]
    changed = [line.text.strip() for line in pending.diff.lines if line.kind in ("add", "remove")]
    assert changed == ["image: ghcr.io/acme/api:1.5.0", "image: ghcr.io/acme/api:1.4.2"]


def test_an_object_of_one_environment_says_which() -> None:
    (alone,) = [c for c in compared() if c.diff.status is not Status.MODIFIED]
    assert (alone.diff.status, alone.why) == (Status.REMOVED, "only the environment on the left has it")


@pytest.mark.parametrize("pending", [(), (("1.4.2", "1.6.0"),), (("1.4", "1.5"),)])
def test_another_move_does_not_explain_a_version(pending: tuple[tuple[str, str], ...]) -> None:
    assert not [c for c in compared(pending) if c.explanation is Explanation.PENDING]


def test_the_same_environment_has_no_difference() -> None:
    assert compare_environments("api", rendered(STAGING), rendered(STAGING), str, ()) == []


def test_secrets_stay_masked() -> None:
    shown = str(compared()) + as_markdown("a", "b", compared())
    assert "one1" not in shown
    assert "two2" not in shown


def test_objects_under_other_names_are_matched_by_likeness() -> None:
    left = "{apiVersion: v1, kind: Service, metadata: {name: web-usdf-int, namespace: a}, spec: {x: '1'}}"
    right = "{apiVersion: v1, kind: Service, metadata: {name: web-usdf-prod, namespace: b}, spec: {x: '2'}}"
    found = compare_environments("web", rendered(left), rendered(right), str, ())
    assert {c.diff.status for c in found} == {Status.MODIFIED}


def test_markdown_is_grouped_and_survives_hostile_text() -> None:
    comparisons = [replace(c, commit="4f2a9c1b00", subject="bump `x` | <b>") for c in compared()]
    text = as_markdown("staging", "production", comparisons)
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Pending promotion (1 object)",
        "## Expected differences (2 objects)",
        "## Unexplained (2 objects)",
    ]
    image = "| `spec.template.spec.containers[name=api].image` | `ghcr.io/acme/api:1.5.0` | `ghcr.io/acme/api:1.4.2` |"
    assert image in text
    assert "only in staging (`4f2a9c1b` bump \\`x\\` \\| \\<b\\>)" in text
    assert as_markdown("a", "b", []) == "# a and b\n\nTheir manifests are the same.\n"
