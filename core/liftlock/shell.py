"""Words and data as a POSIX shell reads them, in a form that is safe to show in a terminal."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterable

from liftlock.text import has_unsafe

_END = "PATCH"


def quoted(word: str) -> str:
    """One word. What a terminal would obey, or what is no character, is written in octal.

    Such a word loses newlines at its very end, as all that a shell takes from a command does.
    """
    if not has_unsafe(word):
        return shlex.quote(word)
    data = word.encode("utf-8", "surrogateescape")
    body = "".join(chr(b) if 32 <= b < 127 and chr(b) not in "%\\'-" else f"\\{b:03o}" for b in data)
    return f"\"$(printf '{body}')\""


def joined(words: Iterable[str]) -> str:
    """A command of these words."""
    return " ".join(quoted(word) for word in words)


def fed(data: bytes, command: str) -> str:
    """The command with this data as its standard input: as lines where they are fit to be shown, else encoded.

    Not for inside `$(…)`: some shells do not read lines that are given there.
    """
    text = _text(data)
    if not text.endswith("\n") or _END in text.split("\n"):
        return piped(data, command)
    return f"{command} <<'{_END}'\n{text}{_END}"


def piped(data: bytes, command: str) -> str:
    """The same through a pipe."""
    text = _text(data)
    if text or not data:
        return f"printf %s {shlex.quote(text)} | {command}"
    return f"printf %s {base64.b64encode(data).decode()} | base64 -d | {command}"


def _text(data: bytes) -> str:
    """The data as text that is fit to be shown, "" where it is none."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "" if has_unsafe(text) or "\t" in text else text
