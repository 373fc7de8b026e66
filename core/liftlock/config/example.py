"""What `liftlock init` writes: a commented liftlock.toml that says what was found, for a person to correct."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from liftlock.config.forms import wrong_with
from liftlock.config.schema import REPOSITORY
from liftlock.model.app import Cell
from liftlock.model.environment import Environment, Finding, Target
from liftlock.model.habits import Habits
from liftlock.text import has_unsafe, plural, printable, shorten

_HEAD = """\
# liftlock.toml: what environments are here. Everything below was found; correct what is wrong, delete what is right.
# It is read from Git, so it counts once it is committed. Unknown keys are errors. Keys, themes, programs and
# credentials are each user's own and cannot stand here.
"""

_NONE = """\
# No environment was recognised. One looks like this:
# [[environment]]
# name = "staging"
# paths = ["apps/{app}/staging"]
#
# [[environment]]
# name = "production"
# after = ["staging"]
# paths = ["apps/{app}/production"]
# protected = true
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

_WIDTH = 116


def example(
    environments: Sequence[Environment],
    cells: Sequence[Cell],
    findings: Sequence[Finding],
    learned: Sequence[Habits] = (),
) -> str:
    """The file's text. It loads back to the same environments.

    What no liftlock.toml can say (a name that would be taken for a path, bytes that are not UTF-8) stands there as a
    comment with the reason. `learned` becomes comments, and rules where a habit contradicts what a rule would say.
    """
    nameable = {e.name for e in environments if not _unfit("environment", "name", e.name)}
    parts = [_HEAD, *_questions(findings)]
    for environment in environments:
        mine = [cell for cell in cells if cell.environment == environment.name]
        said = [f for f in findings if f.subject == environment.name and not f.question]
        lines = [*_comments(mine, said), *_history(environment.name, learned)]
        wrong = _unfit("environment", "name", environment.name)
        if wrong:
            lines.append(f"# {printable(environment.name)!r} cannot be named here: it {wrong}")
        else:
            lines += _environment(environment, nameable)
        parts.append("\n".join(lines) + "\n")
    if not environments:
        parts.append(_NONE)
    return "\n".join([*parts, *habitual(learned)]) + _TAIL


def _history(name: str, learned: Sequence[Habits]) -> list[str]:
    """What history shows of promotions to this environment, as comments."""
    lines = []
    for habits in learned:
        if habits.target != name or not habits.promotions:
            continue
        usual = ", ".join(f"{h.path} ({h.moved} of {h.moved + h.left})" for h in habits.moves[:3])
        lines.append(f"# history: {plural(habits.promotions, 'promotion')} from {habits.source}; moved: {usual}")
        if habits.back > habits.promotions:
            lines.append(f"# more came the other way ({habits.back}): does {habits.source} come after {name}?")
    return [shorten(printable(line), _WIDTH) for line in lines]


# So often at least before a habit is written down as a rule, and in so many of the cases.
_OFTEN, _NEARLY_ALWAYS = 5, 0.9


def habitual(learned: Sequence[Habits]) -> list[str]:
    """Rules for leaves that move, or stay, against what their place and value would say; with the commits."""
    lines: list[str] = []
    for habits in learned:
        way = f"{habits.source} to {habits.target}"
        for leaf in (*habits.moves, *habits.stays):
            told = f"{', '.join(r.short for r in leaf.evidence)}"
            keys = leaf.path.replace("[]", "").partition(":")[2] or leaf.path.replace("[]", "")
            if "[" in keys or not keys.rpartition(".")[2].replace("_", "").replace("-", "").isalnum():
                continue
            if not leaf.version and leaf.exchanged >= max(_OFTEN, _NEARLY_ALWAYS * (leaf.moved + leaf.left)):
                why = f"moved in {leaf.moved} of {leaf.moved + leaf.left} promotions from {way} ({told})"
                lines += ["[[rule]]", f"path = {_quoted(keys)}", 'class = "version"', f"reason = {_quoted(why)}", ""]
            elif leaf.version and not leaf.moved and leaf.left >= _OFTEN:
                why = f"left by {leaf.left} promotions from {way} ({told})"
                lines += ["[[rule]]", f"path = {_quoted(keys)}", 'class = "setting"', f"reason = {_quoted(why)}", ""]
    return ["# What history shows to move, or to stay, against what its name would say.", *lines] if lines else []


def _quoted(text: str) -> str:
    return json.dumps(printable(text), ensure_ascii=False)


def _questions(findings: Sequence[Finding]) -> list[str]:
    asked = [f for f in findings if f.question]
    lines = [f"# {printable(f.question)} ({printable(f.reason)})\n" for f in asked]
    return ["# What could not be told for certain:\n" + "".join(lines)] if lines else []


def _comments(cells: Sequence[Cell], findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        yield f"# {printable(finding.reason)}"
    apps = sorted(cell.app for cell in cells)
    if apps:
        yield shorten(f"# {plural(len(apps), 'app')}: {printable(', '.join(apps))}", _WIDTH)
    roots = [root for cell in cells for root in cell.roots[:1]]
    if roots:
        yield shorten(f"# at {printable(', '.join(roots))}", _WIDTH)


def _environment(environment: Environment, nameable: set[str]) -> Iterator[str]:
    yield "[[environment]]"
    yield f"name = {_text(environment.name)}"
    yield from _listed("after", [name for name in environment.after if name in nameable])
    yield from _said("environment", "branch", environment.ref or "")
    yield from _said("environment", "repository", environment.repository)
    yield from _listed("paths", [path for path in environment.paths if not _unfit("environment", "paths", path)])
    if environment.protected:
        yield "protected = true"
    if environment.words != (environment.name,):  # the name itself goes without saying
        yield from _listed("words", [w for w in environment.words if not _unfit("environment", "words", w)])
    for target in environment.targets:
        yield from _target(target)


def _target(target: Target) -> Iterator[str]:
    table = "environment.target"
    if _unfit(table, "context", target.context):
        return
    yield f"[[{table}]]"
    yield f"context = {_text(target.context)}"
    yield from _said(table, "workloads", target.workloads)
    yield from _listed("namespaces", [n for n in target.namespaces if not _unfit(table, "namespaces", n)])
    yield from _said(table, "label", target.label)


def _said(table: str, key: str, value: str) -> Iterator[str]:
    if not value:
        return
    wrong = _unfit(table, key, value)
    yield f"# {key} {printable(value)!r} {wrong}" if wrong else f"{key} = {_text(value)}"


def _listed(key: str, values: Sequence[str]) -> Iterator[str]:
    if values:
        yield f"{key} = [{', '.join(_text(value) for value in values)}]"


def _unfit(table: str, key: str, value: str) -> str:
    """Why a liftlock.toml cannot say this value, "" when it can."""
    return wrong_with(REPOSITORY[table].keys[key].form, value) or ("cannot be shown" if has_unsafe(value) else "")


def _text(value: str) -> str:
    """A TOML string: basic strings have JSON's escapes."""
    return json.dumps(value, ensure_ascii=False)
