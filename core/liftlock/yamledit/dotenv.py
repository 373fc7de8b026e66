"""Dotenv files in both spellings, `KEY=value` and `KEY: "value"`, as one mapping of a single document."""

from __future__ import annotations

import re

from liftlock.yamledit.nodes import Document, Entry, Mapping, Scalar

_LINE = re.compile(
    r"^(?P<lead>[ \t]*(?:export[ \t]+)?)(?P<key>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*(?P<sign>[=:])"
    r"[ \t]*(?P<rest>.*?)[ \t\r]*$"
)
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_COMMENT = re.compile(r"[ \t]+#.*$")


def read_dotenv(text: str) -> tuple[Document, ...]:
    """The single document of a dotenv file; lines that are no assignment are left as they stand."""
    entries: list[Entry] = []
    offset = 0
    for number, line in enumerate(text.split("\n"), 1):
        found = None if line.lstrip().startswith("#") else _LINE.match(line)
        if found is not None:
            entries.append(_entry(found, offset, number))
        offset += len(line) + 1
    end = entries[-1].value.end if entries else 0
    root = Mapping(tuple(entries), False, 0, end, 1)
    return (Document(root, 0, 0, len(text), False),)


def _entry(found: re.Match[str], offset: int, number: int) -> Entry:
    rest = found["rest"]
    start = offset + found.start("rest")
    key = Scalar(found["key"], "plain", offset + found.start("key"), offset + found.end("key"), number)
    quoted = _QUOTED.match(rest)
    if quoted is not None:
        raw = quoted.group()
        value = raw[1:-1] if raw[0] == "'" else re.sub(r"\\(.)", r"\1", raw[1:-1])
        return Entry(found["key"], key, Scalar(value, raw[0], start, start + len(raw), number))
    plain = _COMMENT.sub("", rest)
    return Entry(found["key"], key, Scalar(plain, "plain", start, start + len(plain), number))
