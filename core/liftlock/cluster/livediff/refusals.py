"""What the API server's refusals mean."""

from __future__ import annotations

import re

from liftlock.errors import ClusterError, Forbidden, LoginNeeded, Refused, Throttled
from liftlock.text import printable, shorten
from liftlock.values import dataclass

_RIGHTS = re.compile(r"cannot [\w*]+ resource|attempting to grant RBAC permissions not currently held")
_DRY_RUN = re.compile(r"does not support dry ?run", re.IGNORECASE)
_FIXED = re.compile(
    r"immutable|may not (?:change|be changed)|cannot change|updates to .{0,200} are forbidden|"
    r"is forbidden after creation|field can not be (?:changed|updated)|may not be updated|"
    r"pod updates may not change fields|cannot be (?:changed|updated)",
    re.IGNORECASE | re.DOTALL,
)
_FIELD = re.compile(
    r"(?:^|[ \[,:])(?P<field>[a-z][\w]*(?:\.[\w-]+|\[[^\]]*\])*): (?:Invalid value|Forbidden|Required value)"
)
_VALUE = re.compile(r'Invalid value: (?:"(?:[^"\\]|\\.)*"|[\w.\[\]]*\{.*\}|\S+?): ', re.DOTALL)
_NAMESPACE = re.compile(r'namespaces "(?P<name>[^"]*)" not found')
_LONGEST = 400
_KNOWN = {
    "Deployment": ("spec.selector",),
    "DaemonSet": ("spec.selector",),
    "Job": ("spec.selector", "spec.template", "spec.completions"),
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
    "StorageClass": ("parameters",),
}
"""Fields that never change in place, by kind."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the server does not take an object. `fields` cannot change in place; `words` are the server's, clean."""

    words: str
    fields: tuple[str, ...] = ()


def is_rights(error: ClusterError) -> bool:
    """Whether the user may not ask this, rather than the server not wanting the object.

    Admission says 403 too: quotas, pod security, webhooks.
    """
    return isinstance(error, Forbidden) and _RIGHTS.search(_message(error)) is not None


def is_no_dry_run(error: ClusterError) -> bool:
    """Whether an admission webhook cannot be asked without side effects."""
    return _DRY_RUN.search(_message(error)) is not None


def is_refusal(error: ClusterError) -> bool:
    """Whether the error speaks of this one object; others speak of the connection or the login.

    The server answers 500 to an apply with a field that its schema does not have, and when a webhook fails.
    """
    if isinstance(error, LoginNeeded | Throttled):
        return False
    return isinstance(error, Refused | Forbidden) or error.status in (400, 404, 405, 406, 409, 415, 422, 500)


def absent_namespace(error: ClusterError) -> str:
    """The namespace that is not there, "" when it is something else."""
    found = _NAMESPACE.search(_message(error))
    return found["name"] if found else ""


def refusal(error: ClusterError, kind: str) -> Refusal:
    """The refusal in the server's words; values are left out of them, for they may be secret."""
    message = _message(error)
    words = message
    if kind == "Secret":
        words = _VALUE.sub("Invalid value: ", words)
    else:
        words = _VALUE.sub(lambda found: found.group() if len(found.group()) < 80 else "Invalid value: ", words)
    return Refusal(shorten(printable(" ".join(words.split())), _LONGEST), _fixed(error, message, kind))


def _fixed(error: ClusterError, message: str, kind: str) -> tuple[str, ...]:
    """The fields that cannot change in place."""
    known = _KNOWN.get(kind, ())
    if error.causes:
        found = [field for field, said in error.causes if _FIXED.search(said) or (_cut(said) and field in known)]
        return tuple(dict.fromkeys(printable(field) for field in found if field))
    named = [printable(found["field"]) for found in _FIELD.finditer(_VALUE.sub("Invalid value: ", message))]
    if _FIXED.search(message):
        return tuple(dict.fromkeys(named)) or ("spec",)
    return tuple(field for field in named if _cut(message) and field in known)


def _cut(text: str) -> bool:
    """Whether a text was shortened: the value before the reason can be so long that the reason is not there."""
    return text.endswith("…")


def _message(error: ClusterError) -> str:
    return error.detail or error.title
