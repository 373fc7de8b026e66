"""What a promotion says of itself: subject, body, trailers, branch, and the sentence before a push. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from liftlock.model.change import Change, ChangeClass, Op, path_text
from liftlock.model.plan import Plan
from liftlock.model.revision import Revision
from liftlock.promotion import wavetrailers
from liftlock.text import plural, printable, short_version, shorten

TRAILERS = (
    "Promotion-Adopts",
    "Promotion-Reverts",
    "Promotion-From",
    "Promotion-To",
    "Promotion-App",
    "Promotion-Source-Commit",
    "Promotion-Reason",
    "Promotion-Wave",
    "Promotion-Train",
    "Promotion-Override",
    "Promotion-Approved-By",
)
_BODY_LINES = 60


def subject(plan: Plan, template: str = "") -> str:
    """The first line: `promote(staging): api 1.4.2 -> 1.5.0`; with several apps their names or number."""
    to = ",".join(plan.targets)
    apps = list(dict.fromkeys(change.app for change in plan.chosen))
    what = ", ".join(apps) if len(apps) <= 3 else plural(len(apps), "app")
    moved = _headline(plan)
    if template and plan.back is None:
        return printable(
            template.format_map(
                _Known({"to": to, "from": plan.source, "app": what, "move": moved, "count": str(len(plan.chosen))})
            )
        ).strip()
    text = f"{_verb(plan)}({to}): {what} {moved}".strip()
    return shorten(printable(text), 100)


def _verb(plan: Plan) -> str:
    return "rollback" if plan.back is not None else "adopt" if plan.adopts else "promote"


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def _headline(plan: Plan) -> str:
    """`old -> new` when one version moved (a digest beside its tag does not count), else how many values did."""
    moves = _moves(plan)
    if len(moves) == 1:
        return " -> ".join(next(iter(moves)))
    if len({change.app for change in plan.chosen}) > 1 and moves:
        return ""
    arrived = _arrived(plan)
    if not moves and len(arrived) == 1:
        return next(iter(arrived))
    kind = "value" if all(change.op is Op.SET for change in plan.chosen) else "change"
    return f"({plural(len(plan.chosen), kind)})"


def _arrived(plan: Plan) -> frozenset[str]:
    """The versions of releases and dependencies that are added whole."""
    added = [plan.value_of(change) for change in plan.chosen if change.op is Op.ADD and change.path]
    found = [_release(value) for value in added]
    return frozenset(_version(told[1]) for told in found if told is not None)


def _release(value: object) -> tuple[str, str] | None:
    """The chart and version of a release or dependency of a chart, None for anything else."""
    if not isinstance(value, dict) or not isinstance(value.get("version"), str):
        return None
    chart = value.get("chart", value.get("name"))
    return (chart, value["version"]) if isinstance(chart, str) else None


def _moves(plan: Plan) -> frozenset[tuple[str, str]]:
    """The versions that move, each once, as people say them; digests only where nothing else moves."""
    said = [
        (change.shown_old, value)
        for change in plan.chosen
        if change.cls is ChangeClass.VERSION
        and isinstance(change.shown_old, str)
        and isinstance(value := plan.shown(change), str)
    ]
    named = [(old, new) for old, new in said if not new.startswith("sha256:")] or said
    return frozenset((_version(old), _version(new)) for old, new in named)


def version_of(plan: Plan, app: str) -> tuple[str, str] | None:
    """The version of one app that moves, before and after; None when none or several do."""
    own = replace(plan, changes=tuple(change for change in plan.changes if change.app == app))
    found = _moves(own)
    return next(iter(found)) if len(found) == 1 else None


def _version(text: str) -> str:
    """Of an image string or a URL, just the part that tells versions apart."""
    tail = text.rsplit("@", 1)[-1] if "@sha256:" in text else text
    tail = re.sub(r".*[?&]ref=([^&#]+).*", r"\1", tail)
    if "/" in tail and ":" in tail:
        tail = tail.rsplit(":", 1)[-1]
    return short_version(tail)


def body(plan: Plan) -> str:
    """What moved, a line each, grouped by file."""
    lines: list[str] = []
    file = None
    for change in plan.chosen[:_BODY_LINES]:
        if change.file != file:
            lines += ([""] if lines else []) + [printable(change.file)]
            file = change.file
        lines.append(f"  {_said(change, plan)}")
    left = len(plan.chosen) - _BODY_LINES
    if left > 0:
        lines += ["", f"and {plural(left, 'more change')}"]
    return "\n".join(lines)


def _said(change: Change, plan: Plan) -> str:
    new = plan.shown(change)
    place = printable(path_text(change.path)) if change.path else "the whole file"
    if not change.path and change.op is Op.SET:
        return f"{place}: as it is in {printable(plan.source)}"
    release = _release(new) if change.old is None else None
    if release is not None:
        return f"{place}: added {_one(' '.join(release))}"
    if change.old is None:
        return f"{place}: added{_short(new)}"
    if new is None:
        return f"{place}: removed"
    return f"{place}: {_one(change.shown_old)} -> {_one(new)}"


def _one(value: object) -> str:
    return shorten(printable(value), 80) if isinstance(value, str) else "(block)"


def _short(value: object) -> str:
    return f" {shorten(printable(value), 80)}" if isinstance(value, str) and len(value) < 200 else ""


def trailers(plan: Plan, *, reason: str = "", carried: Iterable[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """The machine-readable lines at the end, in a fixed order; `carried` come from the source's commit."""
    # What was adopted comes from a cluster; the commit that it was compared with is on no branch.
    found = [("Promotion-Reverts", commit) for commit in plan.undone]
    found += [] if plan.adopts or plan.back is not None else [("Promotion-From", plan.source)]
    found += [("Promotion-To", target) for target in plan.targets]
    found += [("Promotion-App", app) for app in dict.fromkeys(change.app for change in plan.chosen)]
    if plan.adopts:
        found += [("Promotion-Adopts", target) for target in plan.targets]
    else:
        found.append(("Promotion-Source-Commit", plan.source_commit))
    if reason:
        found.append(("Promotion-Reason", printable(" ".join(reason.split()))))
    if plan.wave is not None:
        found.append(wavetrailers.trailer(plan.wave))
    return [*found, *carried]


def message(plan: Plan, *, reason: str = "", template: str = "", carried: Iterable[tuple[str, str]] = ()) -> str:
    """The whole commit message."""
    said = "\n".join(f"{key}: {printable(value)}" for key, value in trailers(plan, reason=reason, carried=carried))
    return f"{subject(plan, template)}\n\n{body(plan)}\n\n{said}\n"


_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


def branch_name(plan: Plan, template: str = "") -> str:
    """`promote/<app-or-set>/<from>-to-<to>/<version>`, fit for a ref."""
    apps = list(dict.fromkeys(change.app for change in plan.chosen))
    app = apps[0] if len(apps) == 1 else f"{len(apps)}-apps"
    moves = _moves(plan)
    arrived = _arrived(plan) if not moves else frozenset()
    version = next(iter(moves))[1] if len(moves) == 1 else next(iter(arrived)) if len(arrived) == 1 else plan.base[:8]
    named = {"app": app, "from": plan.source, "to": "+".join(plan.targets), "version": version}
    own = plan.source in plan.targets
    usual = f"{_verb(plan)}/{{app}}/{{to}}/{{version}}" if own else "promote/{app}/{from}-to-{to}/{version}"
    pattern = usual if own else template or usual
    parts = pattern.format_map(_Known({key: _slug(value) for key, value in named.items()})).split("/")
    return "/".join(part for part in (_slug(part) for part in parts) if part)


def _slug(text: str) -> str:
    text = _UNFIT.sub("-", text.replace("+", "-")).strip("-.")
    return re.sub(r"\.\.+|\.lock$", "-", text)[:60].strip("-.")


def consequence(
    environments: Sequence[str],
    commits: Sequence[Revision],
    foreign: Sequence[Revision],
    destination: str,
    *,
    followed: bool,
) -> str:
    """One sentence that says what the push does, and what it cannot know."""
    count = plural(len(commits), "commit")
    others = f", {plural(len(foreign), 'of them not this promotion', 'of them not this promotion')}" if foreign else ""
    names = " and ".join(environments) if len(environments) < 3 else ", ".join(environments)
    if followed:
        after = f"{names} will change when its controller next looks, at a time that is unknown here"
        if len(environments) > 1:
            after = f"{names} will change when their controllers next look, at a time that is unknown here"
    else:
        after = f"nothing changes in {names} until the branch is merged"
    return f"push {count} to {destination}{others}: {after}"
