"""Where each key of a TOML file stands. tomllib tells values only; a message has to name the line.

The text has been read by tomllib before, so it is TOML: what is here only follows it, and never fails. A key that it
loses track of has no line.
"""

from __future__ import annotations

import contextlib
from collections import Counter

Path = tuple[str | int, ...]
"""Keys from the top; a number is the place in a list: ("environment", 1, "after", 0)."""


def lines_of(text: str) -> dict[Path, int]:
    """The 1-based line of every key, table and list item of a TOML text."""
    scanner = _Scanner(text)
    with contextlib.suppress(IndexError, ValueError, RecursionError):
        # What is no TOML after all ends here: what was found until then is good.
        scanner.run()
    return scanner.found


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n") + "\n"
        self._at = 0
        self._line = 1
        self._tables: Counter[Path] = Counter()
        self.found: dict[Path, int] = {}

    def run(self) -> None:
        table: Path = ()
        while self._skip() < len(self._text):
            if self._text.startswith("[[", self._at):
                name = self._header(2)
                outer = self._resolve(name[:-1])
                listed = (*outer, name[-1])
                table = (*listed, self._tables[listed])
                self.found.setdefault(listed, self._line)
                self._tables[listed] += 1
                self.found[table] = self._line
            elif self._text[self._at] == "[":
                table = self._resolve(self._header(1))
                self.found.setdefault(table, self._line)
            else:
                self._pair(table)

    def _resolve(self, names: list[str]) -> Path:
        """A header's keys as a path: in a list of tables the last one so far is meant."""
        path: Path = ()
        for name in names:
            path = (*path, name)
            self.found.setdefault(path, self._line)
            if self._tables[path]:
                path = (*path, self._tables[path] - 1)
        return path

    def _header(self, brackets: int) -> list[str]:
        self._at += brackets
        names = self._keys("]")
        self._at += brackets
        return names

    def _pair(self, table: Path) -> None:
        line = self._line
        path = table
        for name in self._keys("="):
            path = (*path, name)
            self.found.setdefault(path, line)
        self._at += 1
        self._value(path)

    def _keys(self, end: str) -> list[str]:
        """The keys of a dotted name, up to the sign that ends it."""
        names: list[str] = []
        while True:
            self._skip(lines=False)
            character = self._text[self._at]
            if character == end:
                return names
            if character == ".":
                self._at += 1
            elif character in "\"'":
                names.append(_unquoted(self._string()))
            else:
                start = self._at
                while self._text[self._at] not in " \t\n.=]#":
                    self._at += 1
                if self._at == start:
                    raise ValueError(character)
                names.append(self._text[start : self._at])

    def _value(self, path: Path) -> None:
        self._skip()
        character = self._text[self._at]
        if character == "{":
            self._at += 1
            while self._next("}"):
                self._pair(path)
        elif character == "[":
            self._at += 1
            number = 0
            while self._next("]"):
                self.found.setdefault((*path, number), self._line)
                self._value((*path, number))
                number += 1
        elif character in "\"'":
            self._string()
        else:
            start = self._at
            while self._text[self._at] not in ",]}\n#":
                self._at += 1
            if self._at == start:
                raise ValueError(character)

    def _next(self, end: str) -> bool:
        """Whether another element follows; commas and the end are passed."""
        self._skip()
        while self._text[self._at] == ",":
            self._at += 1
            self._skip()
        if self._text[self._at] == end:
            self._at += 1
            return False
        return True

    def _string(self) -> str:
        """Pass a string of any of the four kinds; its text with the quotes."""
        start = self._at
        quote = self._text[start]
        long = self._text.startswith(quote * 3, start)
        fence = quote * 3 if long else quote
        self._at += len(fence)
        while not self._text.startswith(fence, self._at):
            self._at += 2 if quote == '"' and self._text[self._at] == "\\" else 1
            if self._at >= len(self._text):
                raise ValueError(fence)
        self._at += len(fence)
        while long and self._text[self._at] == quote:  # up to two quotes may stand before the closing ones
            self._at += 1
        raw = self._text[start : self._at]
        self._line += raw.count("\n")
        return raw

    def _skip(self, *, lines: bool = True) -> int:
        """Pass blanks, and with `lines` also comments and line ends; the place after them."""
        while self._at < len(self._text):
            character = self._text[self._at]
            if lines and character == "#":
                self._at = self._text.index("\n", self._at)
            elif lines and character == "\n":
                self._line += 1
                self._at += 1
            elif character in " \t":
                self._at += 1
            else:
                break
        return self._at


def _unquoted(raw: str) -> str:
    if raw[0] == "'" or "\\" not in raw:
        return raw[1:-1]
    import tomllib

    return str(tomllib.loads(f"key = {raw}")["key"])
