"""The board as it was last known, kept by what it was read from: the same commits and rules give the same board."""

from __future__ import annotations

import hashlib
import json
import os
import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

import liftlock
from liftlock.errors import Problem
from liftlock.model.board import Board, CellState
from liftlock.model.environment import Environment, Finding
from liftlock.overview import board as boards
from liftlock.overview.reading import Reading
from liftlock.text import printable

# Boards of other commits are of no use any more; a few stay for those who switch between repositories.
_KEPT = 20


class BoardCache:
    """Complete boards on disk. A folder that cannot be written is no error: then nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder / "boards" if folder is not None else None
        self._loaded: Board | None = None

    def load(self, reading: Reading, name: str) -> Board | None:
        """The board of this very reading, None when it is not known."""
        path = self._path(reading)
        if path is None:
            return None
        try:
            stored = json.loads(path.read_bytes())
            board = _board(stored, reading, name)
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there, or written by another version: it is made again
        self._loaded = board
        return board

    def complete(self, reading: Reading, board: Board) -> bool:
        """Whether the board came from here, so that nothing is left to fill."""
        return board is self._loaded

    def store(self, reading: Reading, board: Board) -> None:
        """Keep a complete board."""
        path = self._path(reading)
        if path is None or any(_passing(state) for state in board.cells.values()):
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = path.with_suffix(".new")
            temporary.unlink(missing_ok=True)
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(json.dumps(_stored(board), separators=(",", ":")))
            temporary.replace(path)
            for old in sorted(path.parent.glob("*.json"), key=lambda p: p.stat().st_mtime)[:-_KEPT]:
                old.unlink(missing_ok=True)
        except OSError:
            return  # a cache that cannot be written is only slower

    def _path(self, reading: Reading) -> Path | None:
        if self._folder is None:
            return None
        key = json.dumps([liftlock.__version__, str(reading.repository.common_dir), reading.fingerprint()])
        return self._folder / f"{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}.json"


def _passing(state: CellState) -> bool:
    """Whether something is wrong with the cell that is not the fault of its files, and may be gone next time."""
    if not state.problems:
        return False
    files = {printable(file) for file in (*state.cell.files, *state.cell.shared)}
    return any(problem.place not in files for problem in state.problems)


def _stored(board: Board) -> dict[str, Any]:
    return {
        "environments": [asdict(e) for e in board.environments],
        "apps": board.apps,
        "cells": [asdict(state) for state in board.cells.values()],
        "findings": [asdict(f) for f in board.findings],
        "problems": [asdict(p) for p in board.problems],
    }


def _board(stored: Mapping[str, Any], reading: Reading, name: str) -> Board:
    environments = tuple(_made(Environment, e) for e in stored["environments"])
    states = [_made(CellState, s) for s in stored["cells"]]
    return Board(
        name,
        environments,
        tuple(stored["apps"]),
        {(s.cell.app, s.cell.environment): s for s in states},
        {e.name: reading.source_of(e) for e in environments},
        tuple(_made(Finding, f) for f in stored["findings"]),
        tuple(_made(Problem, p) for p in stored["problems"]),
        boards.notes(reading),
    )


@lru_cache(maxsize=64)
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _made(kind: Any, value: Any) -> Any:
    """The value of this type again, from what JSON kept of it."""
    if value is None:
        return None
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _made(next(k for k in typing.get_args(kind) if k is not type(None)), value)
    if origin is tuple:
        inner = typing.get_args(kind)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_made(inner[0], v) for v in value)
        return tuple(_made(k, v) for k, v in zip(inner, value, strict=True))
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{f.name: _made(hints[f.name], value[f.name]) for f in fields(kind)})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return value
