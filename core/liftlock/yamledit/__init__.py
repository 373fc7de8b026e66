"""Leaves with exact positions out of YAML, JSON and dotenv, and splicing them back so that every other byte stays."""

from liftlock.yamledit.edits import AddDocument, AddEntry, AddItem, Edit, Remove, RemoveDocument, SetNode, SetScalar
from liftlock.yamledit.nodes import (
    Alias,
    Document,
    Entry,
    Mapping,
    Node,
    Pointer,
    Scalar,
    Sequence,
    Source,
    aliases_of,
    node_at,
    scalars,
    value_of,
)
from liftlock.yamledit.reading import read
from liftlock.yamledit.snippet import Snippet
from liftlock.yamledit.splice import splice

__all__ = [
    "AddDocument",
    "AddEntry",
    "AddItem",
    "Alias",
    "Document",
    "Edit",
    "Entry",
    "Mapping",
    "Node",
    "Pointer",
    "Remove",
    "RemoveDocument",
    "Scalar",
    "Sequence",
    "SetNode",
    "SetScalar",
    "Snippet",
    "Source",
    "aliases_of",
    "node_at",
    "read",
    "scalars",
    "splice",
    "value_of",
]
