"""Reading a TOML file against its schema, with messages that name the line and the nearest key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from liftlock.config.forms import wrong_with
from liftlock.config.lines import Path, lines_of
from liftlock.config.schema import Key, Table
from liftlock.errors import ConfigError
from liftlock.text import printable

Tables = Mapping[str, Table]


class Document:
    """A TOML file that was read: its values, and the line of each."""

    def __init__(self, data: bytes, place: str) -> None:
        """Raises ConfigError with the place of what is no TOML."""
        import tomllib  # only where there is a file at all

        self.place = printable(place)
        try:
            self.text = data.decode("utf-8-sig")
            self.values: dict[str, Any] = tomllib.loads(self.text)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise ConfigError(
                f"{self.place}:{line}: this is not UTF-8", f"byte {error.start} of the file", "save it as UTF-8"
            ) from error
        except tomllib.TOMLDecodeError as error:
            said, line = _said(str(error), self.text)
            raise ConfigError(f"{self.place}:{line}: this is not TOML", said, "mend this line") from error
        except RecursionError as error:
            raise ConfigError(f"{self.place} is nested too deeply", "", "liftlock init writes a sound one") from error

    @cached_property
    def _lines(self) -> dict[Path, int]:
        return lines_of(self.text)

    def at(self, *path: str | int) -> str:
        """`file:line` of a key; of what holds it where it has no line of its own."""
        while path and path not in self._lines:
            path = path[:-1]
        return f"{self.place}:{self._lines[path]}" if path else self.place


def _said(error: str, text: str) -> tuple[str, int]:
    """What tomllib complains of without its own naming of the place, and the line."""
    found = re.search(r" \(at line (\d+), column (\d+)\)$", error)
    if found:
        return f"{printable(error[: found.start()])}, at column {found.group(2)}", int(found.group(1))
    return printable(error.replace(" (at end of document)", ", at the end of the file")), text.count("\n") + 1


def check(document: Document, tables: Tables, refused: Mapping[str, str]) -> None:
    """Every key known and every value of its kind and form. Raises ConfigError: the place, and the nearest key."""
    _Check(document, tables, refused).table(document.values, "", ())


class _Check:
    def __init__(self, document: Document, tables: Tables, refused: Mapping[str, str]) -> None:
        self._document = document
        self._tables = tables
        self._refused = refused

    def table(self, data: Mapping[str, Any], name: str, path: Path) -> None:
        known = self._tables[name].keys
        inner = {
            table.rpartition(".")[2]: table for table in self._tables if table and table.rpartition(".")[0] == name
        }
        for key, value in data.items():
            here = (*path, key)
            if key in inner:
                self._inner(value, inner[key], here)
            elif key in known or "*" in known:
                self._value(value, known.get(key) or known["*"], here)
            else:
                self._unknown(name, [*known, *inner], here)
        for key, told in known.items():
            if told.required and key not in data:
                example = told.choices[0] if told.choices else "…"
                raise ConfigError(
                    f"{self._document.at(*path)}: this [[{name}]] has no {key!r}",
                    told.doc,
                    f'write {key} = "{example}"',
                )

    def _inner(self, value: Any, name: str, path: Path) -> None:
        table = self._tables[name]
        if table.many:
            if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
                raise self._error(path, "must be a list of tables", table.doc, f"write [[{name}]]")
            for number, entry in enumerate(value):
                self.table(entry, name, (*path, number))
        elif isinstance(value, dict):
            self.table(value, name, path)
        else:
            raise self._error(path, "must be a table", table.doc, f"write [{name}]")

    def _unknown(self, name: str, known: list[str], path: Path) -> None:
        key = str(path[-1])
        where = f"in [[{name}]]" if name else "at the top of the file"
        if key.lower() in self._refused:
            from liftlock.config.places import config_file

            belongs = self._refused[key.lower()].format(config=printable(str(config_file())))
            raise self._error(path, "cannot be set by a repository", belongs, f"take it out of {self._document.place}")
        near = nearest(key, known)
        if near:
            raise self._error(path, f"is no key {where}", "", f"did you mean {near!r}?")
        elsewhere = next((table for table in self._tables if key in self._tables[table].keys), None)
        if elsewhere is not None:
            place = f"in [[{elsewhere}]]" if elsewhere else "at the top of the file, above the first [table]"
            raise self._error(path, f"is no key {where}", "", f"it stands {place}")
        raise self._error(path, f"is no key {where}", f"known {where}: {', '.join(known)}", "take it out")

    def _value(self, value: Any, told: Key, path: Path) -> None:
        fits = {
            "string": isinstance(value, str),
            "boolean": isinstance(value, bool),
            "strings": isinstance(value, list) and all(isinstance(entry, str) for entry in value),
        }[told.kind]
        if not fits:
            kind = {"string": "a string", "boolean": "true or false", "strings": "a list of strings"}[told.kind]
            hint = f'write ["{value}"]' if told.kind == "strings" and isinstance(value, str) else ""
            raise self._error(path, f"must be {kind}", told.doc, printable(hint))
        if told.choices and value not in told.choices:
            near = nearest(str(value), told.choices)
            hint = f"did you mean {near!r}?" if near else f"one of {', '.join(told.choices)}"
            raise self._error(path, f"cannot be {printable(str(value))!r}", told.doc, hint)
        for number, entry in enumerate(value if isinstance(value, list) else [value]):
            wrong = wrong_with(told.form, entry) if isinstance(entry, str) else ""
            if wrong:
                place = self._document.at(*path, *((number,) if isinstance(value, list) else ()))
                key = printable(str(path[-1]))
                raise ConfigError(f"{place}: {key} {printable(entry)!r} {wrong}", told.doc, "write another one")

    def _error(self, path: Path, what: str, detail: str, hint: str) -> ConfigError:
        return ConfigError(f"{self._document.at(*path)}: {printable(str(path[-1]))!r} {what}", detail, hint)


def nearest(word: str, known: Iterable[str]) -> str:
    """The word that was probably meant, "" when none is near."""
    import difflib  # wanted only where something is wrong

    return next(iter(difflib.get_close_matches(word.lower(), list(known), 1, 0.6)), "")
