"""The hostile texts, and how what a terminal was sent is judged."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from liftlock.text import has_unsafe

MARK = "7777"
"""Stands in every hostile sequence. A sequence that is sent with it in it was written by the text."""
TEXTS: dict[str, str] = json.loads(Path(__file__).with_name("corpus.json").read_text("utf-8"))["texts"]
MARKUP = tuple(text for name, text in TEXTS.items() if name.startswith("markup"))

# What Textual and Rich write at this version, and nothing else.
_ALLOWED = re.compile(
    r"""\x1b(?:
        \[[0-9;]*m                                   # colours
      | \[[0-9;]*[HABCDEFG]                          # the cursor to a place
      | \[[0-3]?[JK]                                 # clear
      | \[\?(?:7|25|1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2031|2048)[hl]  # modes of the driver
      | \[\?(?:2026|2048)\$p                         # whether it can write in one go, tell its size
      | \[(?:>|<|=)[0-9;]*u                          # the keyboard protocol
      | \[\?(?:u|996n)                               # what it speaks, dark or light
      | \[[0-9;]*t                                   # its size
      | [78=>]                                       # remember the cursor, the keypad
    )""",
    re.VERBOSE,
)
_TITLE = re.compile(r"\x1b\](?:0;[\w ·:./-]*|22;[a-z-]+)\x07")  # the window's title, the pointer's shape
_SEQUENCE = re.compile(r"\x1b(?:\[[^@-~]*[@-~]|[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|.)", re.DOTALL)


@dataclass
class Judged:
    """What was sent: the escape sequences by kind, and the text between them."""

    sequences: dict[str, int] = field(default_factory=dict)
    text: str = ""
    wrong: list[str] = field(default_factory=list)


def judged(sent: bytes, *, full_screen: bool) -> Judged:
    """What a terminal was sent. Without `full_screen` colours are all that may be in it."""
    found = Judged()
    try:
        stream = sent.decode("utf-8")
    except UnicodeDecodeError as error:
        found.wrong.append(f"bytes that are no UTF-8: {sent[error.start - 20 : error.end + 20]!r}")
        stream = sent.decode("utf-8", "replace")
    at, plain = 0, []
    for match in _SEQUENCE.finditer(stream):
        plain.append(stream[at : match.start()])
        at = match.end()
        sequence = match.group()
        kind = re.sub(r"[0-9;]+", "n", sequence)
        found.sequences[kind] = found.sequences.get(kind, 0) + 1
        fits = _ALLOWED.fullmatch(sequence) or (full_screen and _TITLE.fullmatch(sequence))
        if not full_screen and not re.fullmatch(r"\x1b\[[0-9;]*m", sequence):
            fits = None
        if not fits or MARK in sequence:
            found.wrong.append(f"{sequence!r} after {stream[max(0, match.start() - 60) : match.start()]!r}")
    plain.append(stream[at:])
    found.text = "".join(plain)
    kept = {"\r", "\n", "\ufffd"}
    found.wrong += [
        f"{character!r} in {found.text[max(0, place - 40) : place + 20]!r}"
        for place, character in enumerate(found.text)
        if character not in kept and has_unsafe(character)
    ][:20]
    return found
