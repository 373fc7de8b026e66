"""Differences as values: lines of files, objects of manifests. Texts are clean for display."""

from __future__ import annotations

from enum import StrEnum

from liftlock.values import dataclass


class LineKind(StrEnum):
    """What a line of a diff is."""

    CONTEXT = "context"
    ADD = "add"
    REMOVE = "remove"
    HUNK = "hunk"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line; `changed` marks the words that differ from the line it stands against."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a unified diff with its numbers on both sides (1-based, None where it has none)."""

    kind: LineKind
    spans: tuple[Span, ...]
    old: int | None = None
    new: int | None = None
    unended: bool = False
    """The file ends here without a newline."""

    @property
    def text(self) -> str:
        """The line without its marks."""
        return "".join(span.text for span in self.spans)


class Status(StrEnum):
    """What happens to a file or an object."""

    ADDED = "added"
    REMOVED = "removed"
    MODIFIED = "modified"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file before and after. `note` says what lines cannot: binary, mode changed, no newline at the end."""

    path: str
    status: Status
    lines: tuple[DiffLine, ...]
    note: str = ""

    @property
    def added(self) -> int:
        """How many lines come in."""
        return sum(line.kind is LineKind.ADD for line in self.lines)

    @property
    def removed(self) -> int:
        """How many lines go."""
        return sum(line.kind is LineKind.REMOVE for line in self.lines)


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """What identifies an object of a cluster: group and kind, namespace, name; never the name alone."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {place}{self.name}"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an object: its path as a person reads it, what it was and what it becomes (None: absent)."""

    path: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class ObjectDiff:
    """One object before and after: as YAML lines and field by field."""

    key: ObjectKey
    status: Status
    lines: tuple[DiffLine, ...]
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a cell renders to, before and after: the objects that differ, and what could not be rendered.

    `how` says what rendered it (`kustomize`, `plain`, `helm`). `missing` names remote bases and charts that are not
    at hand; `problem` is one sentence when there are no manifests to compare.
    """

    app: str
    environment: str
    how: str
    objects: tuple[ObjectDiff, ...]
    same: int = 0
    missing: tuple[str, ...] = ()
    problem: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()
    """What else there is to know: a file that could not be read, a reference that is not pinned."""


class Explanation(StrEnum):
    """Why two environments differ in an object's field."""

    PENDING = "pending promotion"
    EXPECTED = "expected difference"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One object in two environments, what differs, why it does, and the commit (subject) that made it so."""

    app: str
    diff: ObjectDiff
    explanation: Explanation
    why: str
    commit: str = ""
    subject: str = ""
