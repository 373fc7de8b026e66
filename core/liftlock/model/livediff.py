"""The live diff as a value: what an apply would change in the cluster, object by object."""

from __future__ import annotations

from enum import StrEnum

from liftlock.model.diff import ObjectDiff, ObjectKey
from liftlock.values import dataclass


class Effect(StrEnum):
    """What would happen to an object."""

    CREATED = "created"
    CHANGED = "changed"
    PRUNED = "pruned"
    KEPT = "left behind"
    """No longer in Git, and not pruned: it stays in the cluster."""
    REPLACED = "replaced"
    """A field changes that cannot change in place: the object is made anew, where the controller does that."""
    REFUSED = "refused"
    """The API server or admission says no; `note` has its words."""
    SAME = "same"
    UNSEEN = "cannot be seen"


class Way(StrEnum):
    """How it was found out."""

    SERVER_SIDE = "server-side apply, dry run"
    THREE_WAY = "three-way patch, dry run"
    UPDATE = "replacement, dry run"
    CREATE = "creation, dry run"
    STRUCTURAL = "compared here"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a field: the field manager, and when (seconds since the epoch). `path` as in the fields."""

    path: str
    manager: str
    at: float | None
    operation: str = ""


@dataclass(frozen=True, slots=True)
class LiveChange:
    """One object: what would happen to it, and how that is known.

    `restarts` when its pods are replaced. `dangers` are sentences on what is lost or cannot be undone (a volume, a
    namespace, a CRD, an immutable field). `authors` tell who wrote the live values that would change.
    """

    diff: ObjectDiff
    effect: Effect
    way: Way
    restarts: bool = False
    dangers: tuple[str, ...] = ()
    note: str = ""
    authors: tuple[Author, ...] = ()

    @property
    def key(self) -> ObjectKey:
        """What identifies the object."""
        return self.diff.key


@dataclass(frozen=True, slots=True)
class LiveDiff:
    """What applying would change on one target. `changes` leave out what stays the same; `same` counts it.

    `problem` is one sentence when it could not be told, with the next step in `hint`. `notes` say what else to know:
    a substitution that is not known here, a kind that may not be read.
    """

    app: str
    environment: str
    label: str
    """The target's label or context, where there are several; else ""."""
    changes: tuple[LiveChange, ...] = ()
    same: int = 0
    problem: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()
    usual: float | None = None
    """How long the last promotions took there, in seconds, where the controller's history tells."""
