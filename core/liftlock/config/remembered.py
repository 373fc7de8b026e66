"""What was asked once and is not asked again: contexts that the user agreed to, answers to what was ambiguous.

It has a file of its own in the state folder, so that the user's configuration with its comments is never rewritten.
A repository is known by a name that the caller chooses and that stays the same: its folder's path.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from liftlock.config.places import state_dir, state_file
from liftlock.values import dataclass

_SCHEMA = "liftlock.remembered/1"


@dataclass(frozen=True, slots=True)
class Remembered:
    """By repository: the contexts that were agreed to, and the answer to each question."""

    contexts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def trusts(self, repository: str, context: str) -> bool:
        """Whether the user agreed to this context for this repository."""
        return context in self.contexts.get(repository, ())

    def answer(self, repository: str, question: str) -> str | None:
        """What the user answered, None when it was never asked."""
        return self.answers.get(repository, {}).get(question)


def context_question(environment: str) -> str:
    """The name under which the context of an environment is remembered."""
    return f"context of {environment}"


def recall(place: Path | None = None) -> Remembered:
    """What is remembered. A file that is missing, damaged or not ours is as none: it will be asked again."""
    kept = _read(place or state_file())
    return Remembered(
        {name: frozenset(entry["contexts"]) for name, entry in kept.items()},
        {name: dict(entry["answers"]) for name, entry in kept.items()},
    )


def trust(repository: str, context: str, *, place: Path | None = None) -> bool:
    """Remember that the user agreed to a context. False where nothing can be kept: it will be asked again."""
    return _change(place, repository, lambda entry: entry["contexts"].append(context))


def remember(repository: str, question: str, answer: str, *, place: Path | None = None) -> bool:
    """Remember an answer. False where nothing can be kept: it will be asked again."""
    return _change(place, repository, lambda entry: entry["answers"].update({question: answer}))


def forget(repository: str, *, place: Path | None = None) -> bool:
    """Remember nothing more of a repository. False where nothing can be kept."""

    def clear(entry: dict[str, Any]) -> None:
        entry.update(contexts=[], answers={})

    return _change(place, repository, clear)


def _change(place: Path | None, repository: str, change: Callable[[dict[str, Any]], object]) -> bool:
    if place is None and state_dir() is None:
        return False
    file = place or state_file()
    try:
        with _locked(file):
            kept = _read(file)
            entry = kept.setdefault(repository, {"contexts": [], "answers": {}})
            change(entry)
            entry["contexts"] = sorted(set(entry["contexts"]))
            _write(file, {name: e for name, e in sorted(kept.items()) if e["contexts"] or e["answers"]})
    except OSError:
        return False  # a full disk or a read-only home: the answer holds for this run
    return True


def _read(place: Path) -> dict[str, dict[str, Any]]:
    try:
        told = json.loads(place.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(told, dict) or told.get("schema") != _SCHEMA or not isinstance(told.get("repositories"), dict):
        return {}
    kept: dict[str, dict[str, Any]] = {}
    for name, entry in told["repositories"].items():
        contexts = entry.get("contexts") if isinstance(entry, dict) else None
        answers = entry.get("answers") if isinstance(entry, dict) else None
        kept[name] = {
            "contexts": [c for c in contexts if isinstance(c, str)] if isinstance(contexts, list) else [],
            "answers": {q: a for q, a in answers.items() if isinstance(a, str)} if isinstance(answers, dict) else {},
        }
    return kept


def _write(place: Path, kept: Mapping[str, Any]) -> None:
    """In one step: whoever reads meanwhile, or is killed, finds the old file or the new one."""
    import tempfile

    data = json.dumps({"schema": _SCHEMA, "repositories": kept}, indent=2)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(data + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


@contextlib.contextmanager
def _locked(place: Path) -> Iterator[None]:
    """One at a time: two programs that answer at the same moment both are remembered."""
    import fcntl

    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
