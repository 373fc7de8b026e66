"""Reading a TOML file against its schema, with messages that name the line and the nearest key."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from liftlock.config.schema import Key, Table
from liftlock.errors import ConfigError
from liftlock.text import printable

Tables = Mapping[str, Table]


def parse(data: bytes, place: str) -> dict[str, Any]:
    """The file as TOML. Raises ConfigError with the place of what is wrong."""
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{place} is not UTF-8", f"byte {error.start}", "save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{place} is not TOML", printable(str(error)), "mend the line it names") from error


def check(data: Mapping[str, Any], tables: Tables, text: str, place: str, *, refused: frozenset[str]) -> None:
    """Every key known and of its kind. Raises ConfigError that names the place and the nearest key."""
    _Check(tables, text, place, refused).table(data, "")


class _Check:
    def __init__(self, tables: Tables, text: str, place: str, refused: frozenset[str]) -> None:
        self._tables = tables
        self._lines = text.splitlines()
        self._place = place
        self._refused = refused

    def table(self, data: Mapping[str, Any], name: str, number: int = 0) -> None:
        known = self._tables[name].keys
        inner = {n.rpartition(".")[2]: n for n in self._tables if n and n.rpartition(".")[0] == name}
        for key, value in data.items():
            if key in inner:
                self._inner(value, inner[key], key, name)
            elif key in known or "*" in known:
                self._value(key, value, known.get(key) or known["*"], name, number)
            else:
                self._unknown(key, [*known, *inner], name, number)
        for key, told in known.items():
            if told.required and key not in data:
                raise ConfigError(
                    f"{self._at(name, '', number)}: [[{name}]] has no {key!r}", told.doc, f'write {key} = "…"'
                )

    def _inner(self, value: Any, table: str, key: str, outer: str) -> None:
        if self._tables[table].many:
            if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
                raise ConfigError(
                    f"{self._at(outer, key)}: {key!r} must be tables", self._tables[table].doc, f"write [[{table}]]"
                )
            for number, entry in enumerate(value):
                self.table(entry, table, number)
        elif isinstance(value, dict):
            self.table(value, table)
        else:
            raise ConfigError(f"{self._at(outer, key)}: {key!r} must be a table", "", f"write [{table}]")

    def _unknown(self, key: str, known: list[str], name: str, number: int) -> None:
        shown = printable(key)
        if key in self._refused:
            raise ConfigError(
                f"{self._at(name, key, number)}: {shown!r} cannot be set by a repository",
                "keys, themes, commands and credentials are the user's own",
                "put it in your own config.toml; liftlock doctor names the file",
            )
        near = difflib.get_close_matches(key, known, 1, 0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
        raise ConfigError(f"{self._at(name, key, number)}: unknown key {shown!r}", "", hint)

    def _value(self, key: str, value: Any, told: Key, name: str, number: int) -> None:
        fits = {
            "string": isinstance(value, str),
            "boolean": isinstance(value, bool),
            "strings": isinstance(value, list) and all(isinstance(v, str) for v in value),
        }[told.kind]
        kind = {"string": "a string", "boolean": "true or false", "strings": "a list of strings"}[told.kind]
        if not fits:
            raise ConfigError(f"{self._at(name, key, number)}: {printable(key)!r} must be {kind}", told.doc, "")
        if told.choices and value not in told.choices:
            near = difflib.get_close_matches(str(value), told.choices, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(told.choices)}"
            raise ConfigError(
                f"{self._at(name, key, number)}: {printable(str(value))!r} is no {printable(key)}", told.doc, hint
            )

    def _at(self, table: str, key: str, number: int = 0) -> str:
        """`file:line` of a key in the table of this name (its so-manieth), as far as the text tells."""
        for line in self._lines_of(table, number):
            text = self._lines[line - 1].strip()
            if not key or re.match(rf"\[*[\"']?{re.escape(key)}[\"']?\s*[\]=.]", text):
                return f"{self._place}:{line}"
        return self._place

    def _lines_of(self, table: str, number: int) -> Iterator[int]:
        header = re.compile(r"^\s*\[{1,2}\s*([A-Za-z0-9_.\"'-]+)\s*\]{1,2}")
        current, seen = "", -1
        for line, text in enumerate(self._lines, 1):
            found = header.match(text)
            if found:
                current = found.group(1)
                seen += current == table
            if (current == table and (seen == number or not table)) or (not table and found):
                yield line
