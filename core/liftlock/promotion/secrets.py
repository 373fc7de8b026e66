"""What of a change must not be shown: values of Secrets, and texts that are secrets by their name or their form.

The change keeps the real values, which are what is written; everything that shows a change takes the masked ones.
"""

from __future__ import annotations

from dataclasses import replace

from liftlock import diffing
from liftlock.diffing import kind_of, masked, secret_by_name
from liftlock.model.change import Change, Step, Value
from liftlock.yamledit import Mapping, Scalar, Source

_HELD = frozenset({"data", "stringData"})


def guarded(change: Change, *, in_secret: bool) -> Change:
    """The change with what may be shown of it. `in_secret` says that the document is a Kubernetes Secret."""
    keys = [step for step in change.path if isinstance(step, str)]
    generated = "secretGenerator" in keys
    everything = (in_secret and bool(_HELD & set(keys))) or generated
    old, new = (_masked(_name(change.path), value, everything, generated) for value in (change.old, change.new))
    if old == change.old and new == change.new:
        return change
    shown = tuple(_step(step, everything, generated) for step in change.path)
    return replace(change, path=shown, secret=True, masked_old=old, masked_new=new)


def _step(step: Step, everything: bool, generated: bool) -> Step:
    """A list item that is named by its own text, which is the secret."""
    if isinstance(step, str) or step[0][0] != "":
        return step
    return (("", str(_masked("", step[0][1], everything, generated))), *step[1:])


def holds_secret(source: Source, document: int) -> bool:
    """Whether a document of the file is a Kubernetes Secret."""
    root = source.documents[document].root if document < len(source.documents) else None
    if not isinstance(root, Mapping):
        return False
    return any(e.key == "kind" and isinstance(e.value, Scalar) and e.value.value == "Secret" for e in root.entries)


def _name(path: tuple[Step, ...]) -> str:
    """What the leaf is called: its key, or the name of the item whose value it is."""
    for step in reversed(path):
        if isinstance(step, str) and step != "value":
            return step
        if not isinstance(step, str):
            named = next((value for key, value in step if key in ("name", "key")), "")
            if named:
                return named
    return ""


def _masked(name: str, value: Value | None, everything: bool, generated: bool) -> Value | None:
    if isinstance(value, str):
        key, sign, literal = value.partition("=")
        if generated and sign and key.isidentifier():  # a literal; what a Secret holds can have a `=` of its own
            return f"{key}={masked(literal)}"
        secret = everything or secret_by_name(name, value) or bool(kind_of(value))
        return masked(value) if secret and value else value
    if isinstance(value, dict):
        if value.get("kind") == "Secret":
            return dict(diffing.mask(value))
        own = value.get("name")
        return {
            key: _masked(own if key == "value" and isinstance(own, str) else key, child, everything, generated)
            for key, child in value.items()
        }
    if isinstance(value, list):
        return [_masked(name, child, everything, generated) for child in value]
    return None
