"""What `liftlock init` writes: a commented liftlock.toml that says what was found, for a person to correct."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from liftlock.model.app import Cell
from liftlock.model.environment import Environment, Finding
from liftlock.text import printable

_HEAD = """\
# liftlock.toml: what environments are here. Everything below was found; correct what is wrong, delete what is right.
# Unknown keys are errors. Keys, themes, commands and credentials are the user's own and cannot stand here.
"""

_TAIL = """
# What never moves, beside what is recognised by itself:
# [[never]]
# files = "apps/*/production/*"
# path = "ingress.**"
# reason = "the hosts of production are set by hand"

# Two files that play the same part though no rule tells:
# [[pair]]
# from = "preprod.example.org/manifest.json"
# to = "example.org/manifest.json"

# What class a leaf belongs to: version, setting, identity, sizing or structure.
# [[rule]]
# path = "config.cycle"
# class = "version"
# reason = "the release cycle, moves with the image"
"""


def example(environments: Sequence[Environment], cells: Sequence[Cell], findings: Sequence[Finding]) -> str:
    """The file's text. It loads back to the same environments."""
    parts = [_HEAD]
    for environment in environments:
        apps = [cell.app for cell in cells if cell.environment == environment.name]
        parts.append(_environment(environment, apps, [f for f in findings if f.subject == environment.name]))
    if not environments:
        parts.append(
            '# No environment was recognised. One looks like this:\n# [[environment]]\n# name = "staging"\n'
            '# paths = ["apps/{app}/staging"]\n'
        )
    return "\n".join(parts) + _TAIL


def _environment(environment: Environment, apps: Collection[str], findings: Sequence[Finding]) -> str:
    lines = [f"# {printable(finding.reason)}" for finding in findings]
    if apps:
        lines.append(f"# {len(apps)} apps: {printable(', '.join(sorted(apps)[:8]))}{', …' if len(apps) > 8 else ''}")
    lines += ["[[environment]]", f"name = {_text(environment.name)}"]
    if environment.after:
        lines.append(f"after = {_texts(environment.after)}")
    if environment.ref:
        lines.append(f"branch = {_text(environment.ref)}")
    if environment.repository:
        lines.append(f"repository = {_text(environment.repository)}")
    if environment.paths:
        lines.append(f"paths = {_texts(environment.paths)}")
    if environment.protected:
        lines.append("protected = true")
    if environment.words:
        lines.append(f"words = {_texts(environment.words)}")
    for target in environment.targets:
        lines += ["[[environment.target]]", f"context = {_text(target.context)}"]
        lines += [f"workloads = {_text(target.workloads)}"] if target.workloads else []
        lines += [f"namespaces = {_texts(target.namespaces)}"] if target.namespaces else []
        lines += [f"label = {_text(target.label)}"] if target.label else []
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    # TOML's basic strings have JSON's escapes; DEL is the one character that JSON leaves and TOML refuses.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _texts(values: Sequence[str]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"
