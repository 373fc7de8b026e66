"""What a string has to be beside a string: a path, a pattern, a template. Each answers with what is wrong, or ""."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping

from liftlock.config import times
from liftlock.text import has_unsafe, printable


def wrong_with(form: str, value: str) -> str:
    """What is wrong with a value of this form, "" when nothing is; the words follow `'value' …`."""
    if not form:
        return ""
    if not value.strip():
        return "is empty"
    return FORMS[form](value)


def _text(value: str) -> str:
    return "holds characters that cannot be shown" if has_unsafe(value) or "\n" in value else ""


def _name(value: str) -> str:
    if printable(value) != value:
        return "holds characters that cannot be shown"
    if value != value.strip():
        return "begins or ends with a blank"
    if "/" in value:
        return "holds a slash, and would be taken for a path"
    return "begins with a dash, and would be taken for an option" if value.startswith("-") else ""


def _path(value: str) -> str:
    if value.startswith(("/", "~")) or re.match(r"[A-Za-z]:[\\/]", value):
        return "is no path within the repository: it begins at its top, without a slash"
    parts = value.removesuffix("/").split("/")
    if ".." in parts or "." in parts:
        return "goes through '.' or '..': write it as Git names it"
    if "" in parts:
        return "has two slashes in a row"
    return "is separated by backslashes: Git's paths have slashes" if "\\" in value and "/" not in value else ""


def _path_pattern(value: str) -> str:
    wrong = _path(value)
    if wrong:
        return wrong
    rest = value.replace("{app}", "")
    named = re.search(r"\{[^{}]*\}", rest)
    if named:
        return f"has {printable(named.group())}: only {{app}} stands for something"
    return "has a brace that is not closed" if "{" in rest or "}" in rest else ""


def _leaves(value: str) -> str:
    for alternative in value.split("|"):
        keys = alternative.strip().split(".")
        if not all(key.strip() for key in keys):
            return "has an empty key: keys are joined by single dots"
        if any("**" in key and key != "**" for key in keys):
            return "has ** within a key: a single * is anything there"
        if any(re.search(r"\[.*\]", key) for key in keys):
            return "names a list's item: items are left out of these paths (images.newTag)"
    return "has nothing but **, which is every leaf: name files instead" if value.strip() == "**" else ""


def _leaves_of_a_rule(value: str) -> str:
    if any("**" in alternative.split(".")[:-1] for alternative in value.split("|")):
        return "has ** before its end: it stands for all below, and a pattern may begin anywhere already"
    return _leaves(value)


def _template(value: str, known: tuple[str, ...]) -> str:
    if "\n" in value or has_unsafe(value):
        return "is more than one plain line"
    try:
        parts = list(string.Formatter().parse(value))
    except ValueError:
        return "has a brace that is not closed; {{ is a brace itself"
    for _, field, spec, conversion in parts:
        if field is not None and (field not in known or spec or conversion):
            shown = f"{{{field}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}"
            return f"has {printable(shown)}: known are {', '.join(f'{{{name}}}' for name in known)}"
    return ""


def _message(value: str) -> str:
    return _template(value, ("to", "from", "app", "move", "count"))


def _branch_template(value: str) -> str:
    known = ("app", "from", "to", "version")
    return _template(value, known) or _branch(value.format_map(dict.fromkeys(known, "x")))


def _branch(value: str) -> str:
    """Git's rules for the name of a branch, as git check-ref-format has them."""
    parts = value.split("/")
    unfit = (
        value.startswith("-")
        or value == "@"
        or "@{" in value
        or ".." in value
        or value.endswith(".")
        or re.search(r"[\x00-\x20\x7f~^:?*\[\\]", value)
        or any(not part or part.startswith(".") or part.endswith(".lock") for part in parts)
    )
    if unfit:
        return "cannot name a branch"
    return "begins with refs/: write the branch's name alone" if value.startswith("refs/") else ""


def _gate(value: str) -> str:
    from liftlock.model.gates import GATES

    return "" if value in GATES else f"is no gate: {', '.join(GATES)}"


def _of_times(read: Callable[[str], object]) -> Callable[[str], str]:
    """What is wrong with a text that this reads."""

    def wrong(value: str) -> str:
        try:
            read(value)
        except ValueError as error:
            return str(error)
        return ""

    return wrong


FORMS: Mapping[str, Callable[[str], str]] = {
    "text": _text,
    "environment name": _name,
    "path": _path,
    "path pattern": _path_pattern,
    "files": _path,
    "leaves": _leaves,
    "leaves of a rule": _leaves_of_a_rule,
    "message": _message,
    "branch template": _branch_template,
    "branch": _branch,
    "gate": _gate,
    "duration": _of_times(times.duration),
    "weekdays": _of_times(times.weekdays),
    "time": _of_times(times.minutes),
    "time zone": _of_times(times.zone),
    "dates": _of_times(times.dates),
}
