"""Secrets in plain text in what is about to be committed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liftlock.diffing.masklines import kinds_of_lines, mask_lines
from liftlock.diffing.masktext import mask_text
from liftlock.diffing.scalars import LINES, secret_scalars
from liftlock.diffing.signs import GIVEN, MASK
from liftlock.text import printable

_KEY = re.compile(r"[\"']?([A-Za-z_][\w./-]*)[\"']?[ \t]*[:=]")


def plain_text_secrets(path: str, text: str | bytes) -> tuple[tuple[int, str], ...]:
    """Where the file holds secrets in plain text: line (1-based) and what it is, never the value itself.

    Encrypted files (sops, sealed), references and placeholders are none; binary files are not looked into.
    """
    if isinstance(text, bytes):
        if b"\0" in text[:8000]:
            return ()
        text = text.decode("utf-8", "replace")
    scalars = secret_scalars(path, text)
    found = dict(_lines(text, 1)) if scalars is None else {}
    for scalar in scalars or ():
        if scalar.what == LINES:
            found.update(_lines(text[scalar.start : scalar.end], scalar.line))
    for line, kind in kinds_of_lines(text):
        if kind != GIVEN or line not in found:  # its name tells more
            found[line] = kind
    found.update((scalar.line, scalar.what) for scalar in reversed(scalars or ()) if scalar.what != LINES)
    return tuple((line, printable(what)) for line, what in sorted(found.items()))


def tells_a_secret(path: str, before: bytes | None, after: bytes | None) -> bool:
    """Whether a line that only one of the two has holds a secret: a diff of them would tell it."""
    ours, theirs = _secret_lines(path, before), _secret_lines(path, after)
    return bool(ours - set((after or b"").split(b"\n")) or theirs - set((before or b"").split(b"\n")))


def _secret_lines(path: str, text: bytes | None) -> set[bytes]:
    clean = mask_text(path, text)
    if text is None or clean is None or clean == text:
        return set()
    return {line for line, masked in zip(text.split(b"\n"), clean.split(b"\n"), strict=True) if line != masked}


def _lines(text: str, first: int) -> Iterator[tuple[int, str]]:
    """The lines that hold a secret by the name before it."""
    for at, (line, clean) in enumerate(zip(text.split("\n"), mask_lines(text).split("\n"), strict=True), first):
        key = _KEY.search(line)
        if key is not None and MASK in clean and MASK not in line and clean.startswith(line[: key.end()]):
            named = key.group(1)
            yield at, f"the value of {named}" if named != "value" else "a value that goes by a secret's name"
