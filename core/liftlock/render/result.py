"""What rendering gives."""

from __future__ import annotations

from typing import Any

from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Rendered:
    """The objects that a place in a tree stands for, as dictionaries, in the order they were written.

    `how` says what made them (`kustomize`, `helm`, `plain`). `missing` names remote bases and charts that are not at
    hand; the objects are then those that could be made without them. `problem` is one sentence when there are none
    for a reason, with the next step in `hint`. `notes` say what else a person should know: a file that could not be
    read, a reference that is not pinned.
    """

    objects: tuple[dict[str, Any], ...] = ()
    how: str = ""
    missing: tuple[str, ...] = ()
    problem: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()
