"""The one gate for untrusted text.

Commit messages, file names, manifests, API objects and what commands print can hold escape sequences that a
terminal would obey. `printable` is called where such text enters; what it returns is safe to write to a terminal.
"""

from __future__ import annotations

import re
import unicodedata

# C0 but tab and newline, DEL, C1, bidirectional controls, zero-width and other invisible format characters, the
# line and paragraph separators, variation-selector supplements, tags, and lone surrogates (undecodable bytes).
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
TAB = "    "


def _mark(match: re.Match[str]) -> str:
    return _PICTURES.get(ord(match.group()), "\ufffd")


def printable(text: str, *, newlines: bool = False) -> str:
    """The same text with everything a terminal could obey turned into a visible mark.

    Control characters become their Unicode pictures, invisible and bidirectional format characters U+FFFD, tabs four
    spaces. Newlines stay with `newlines`, else they are marked too.
    """
    if text.isascii() and text.isprintable():
        return text
    if newlines:
        text = text.replace("\r\n", "\n")
    text = _UNSAFE.sub(_mark, text).replace("\t", TAB)
    return text if newlines else text.replace("\n", "\u240a")


def has_unsafe(text: str) -> bool:
    """Whether the text holds a character that `printable` would mark."""
    return bool(_UNSAFE.search(text))


def width(text: str) -> int:
    """Columns the text takes in a terminal: wide characters count two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def shorten(text: str, columns: int, *, keep_end: bool = False) -> str:
    """The text cut to so many columns, with an ellipsis where something was left out."""
    if width(text) <= columns:
        return text
    if columns <= 1:
        return "…"[:columns]
    taken: list[str] = []
    used = 1
    for character in reversed(text) if keep_end else text:
        used += width(character)
        if used > columns:
            break
        taken.append(character)
    return "…" + "".join(reversed(taken)) if keep_end else "".join(taken) + "…"


def shorten_path(path: str, columns: int) -> str:
    """A path cut to so many columns at its left, where one of its folders begins if it can be."""
    if width(path) <= columns:
        return path
    parts = path.split("/")
    for index in range(1, len(parts)):
        shown = "…/" + "/".join(parts[index:])
        if width(shown) <= columns:
            return shown
    return shorten(parts[-1], columns, keep_end=True)


_HEX = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def short_version(value: str) -> str:
    """A version as people say it: whole shas and digests by their first digits, all else as it stands."""
    name, at, digest = value.partition("@sha256:")
    if at:
        return f"{name}@{digest[:8]}" if name else f"sha256:{digest[:8]}"
    if value.startswith("sha256:"):
        return value[:15]
    return _HEX.sub(lambda match: match.group()[:8], value)


def plural(count: int, noun: str, nouns: str = "") -> str:
    """`1 commit`, `2 commits`."""
    return f"{count} {noun if count == 1 else nouns or noun + 's'}"
