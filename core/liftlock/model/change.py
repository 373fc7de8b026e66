"""Changes: one leaf, or one whole subtree, that differs between two cells."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from liftlock.values import dataclass

# A scalar is its text as written, without quotes. A subtree is nested dicts and lists of such texts.
Value = str | dict[str, Any] | list[Any]
# A key of a mapping, or a list item or document by what identifies it: {"name": "api"}, {"#": "3"} by position.
Step = str | tuple[tuple[str, str], ...]


class ChangeClass(StrEnum):
    """What kind of difference it is, which decides whether it moves."""

    VERSION = "version"
    SETTING = "setting"
    IDENTITY = "identity"
    SIZING = "sizing"
    STRUCTURE = "structure"


class Op(StrEnum):
    """What happens to the leaf in the target."""

    SET = "set"
    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference that may move.

    `id` is stable for the same base. `file` is the target's file, `source_file` the one it comes from. `path` says
    where in the file; an empty path is the whole file. `old` is what the target holds, `new` what it would get; None
    means absent. `proposed` is whether the plan selects it by default, `why` the reason for class and proposal.
    `blocked` says why it cannot be applied at all (a template, an encrypted file), "" when it can.
    """

    id: str
    app: str
    environment: str
    file: str
    source_file: str
    path: tuple[Step, ...]
    op: Op
    old: Value | None
    new: Value | None
    cls: ChangeClass
    proposed: bool
    why: str
    line: int = 0
    blocked: str = ""
    together: tuple[str, ...] = ()
    """Ids of the changes that belong to the same logical move (a twin, newTag with newName)."""
    secret: bool = False
    """What is shown are `masked_old` and `masked_new`; `old` and `new` are what is written and never shown."""
    masked_old: Value | None = None
    masked_new: Value | None = None
    conflict: str = ""
    """What both sides did on their own, with both commits; "" where only the source moved."""
    settled: bool = False
    """A team declared that it never moves: no habit changes that."""

    @property
    def shown_old(self) -> Value | None:
        """What the target holds, fit to be shown."""
        return self.masked_old if self.secret else self.old

    @property
    def shown_new(self) -> Value | None:
        """What is planned, fit to be shown."""
        return self.masked_new if self.secret else self.new


def step_text(step: Step) -> str:
    """A step as a person reads it: `image`, `[name=api]`, `[2]`."""
    if isinstance(step, str):
        return step
    inner = ",".join(value if key == "#" else f"={value}" if key == "" else f"{key}={value}" for key, value in step)
    return f"[{inner}]"


def path_text(path: tuple[Step, ...]) -> str:
    """A path as a person reads it: `spec.images[name=api].newTag`."""
    text = ""
    for step in path:
        shown = step_text(step)
        text += shown if shown.startswith("[") or not text else f".{shown}"
    return text


def path_json(path: tuple[Step, ...]) -> list[str | dict[str, str]]:
    """A path as `plan --json` writes it."""
    return [step if isinstance(step, str) else dict(step) for step in path]
