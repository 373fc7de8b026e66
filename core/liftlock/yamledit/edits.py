"""Edits of a file, each addressed in the original; they are applied together."""

from __future__ import annotations

from liftlock.values import dataclass
from liftlock.yamledit.nodes import Pointer, Scalar
from liftlock.yamledit.snippet import Snippet


@dataclass(frozen=True, slots=True)
class SetScalar:
    """Another text for a scalar, in the style it has. `like` is the scalar it comes from, whose type it keeps."""

    at: Pointer
    value: str
    like: Scalar | None = None


@dataclass(frozen=True, slots=True)
class SetNode:
    """Another value, of any kind, in place of the one that is there."""

    at: Pointer
    snippet: Snippet


@dataclass(frozen=True, slots=True)
class AddEntry:
    """A new key in the mapping at `at`, behind the sibling `after` (also one added by the same splice), else first."""

    at: Pointer
    key: str
    snippet: Snippet
    after: str | None = None
    before: str | None = None
    """The sibling to stand in front of, where there is none to follow."""


@dataclass(frozen=True, slots=True)
class AddItem:
    """A new item in the list at `at`, behind the item that has the index `after`, else first."""

    at: Pointer
    snippet: Snippet
    after: int | None = None
    before: int | None = None
    """The item to stand in front of, where there is none to follow."""


@dataclass(frozen=True, slots=True)
class AddDocument:
    """A new document behind the one of this index, else first."""

    after: int | None
    snippet: Snippet


@dataclass(frozen=True, slots=True)
class Remove:
    """An entry or item goes, with the comment lines that belong to it. The last one leaves `{}` or `[]`."""

    at: Pointer
    prune: bool = False
    """Parents that would be left empty go with it."""


@dataclass(frozen=True, slots=True)
class RemoveDocument:
    """A whole document goes."""

    index: int


Edit = SetScalar | SetNode | AddEntry | AddItem | AddDocument | Remove | RemoveDocument
