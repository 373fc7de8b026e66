"""Files without their secrets, line by line: the lines stay the same in number and place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import overload

from liftlock.diffing.masklines import BLOCK, mask_line, mask_lines
from liftlock.diffing.scalars import LINES, Scalar, left_alone, secret_scalars
from liftlock.diffing.signs import masked

_SECRET_KIND = re.compile(r"^[\"']?kind[\"']?[ \t]*:[ \t]*[\"']?Secret[\"']?[ \t]*(?:#.*)?\r?$", re.M)


@overload
def mask_text(path: str, text: str) -> str: ...
@overload
def mask_text(path: str, text: bytes) -> bytes: ...
@overload
def mask_text(path: str, text: None) -> None: ...
@overload
def mask_text(path: str, text: str | bytes | None) -> str | bytes | None: ...


def mask_text(path: str, text: str | bytes | None) -> str | bytes | None:
    """The file with its secrets masked and every line in its place: values of Secrets, and what looks like one.

    Encrypted values (sops) and references to values (`${…}`, templates) stay. Binary files come back as they are.
    """
    if text is None:
        return None
    if isinstance(text, bytes):
        if b"\0" in text[:8000]:
            return text
        decoded = text.decode("utf-8", "surrogateescape")
        clean = mask_text(path, decoded)
        return text if clean == decoded else clean.encode("utf-8", "surrogateescape")
    scalars = secret_scalars(path, text)
    if scalars is not None:
        text = _without(text, scalars)
    elif _SECRET_KIND.search(text):
        text = _unread_secret(text)
    return mask_lines(text, names=scalars is None)


def _without(text: str, scalars: Iterable[Scalar]) -> str:
    """The text with these scalars masked, from the last to the first."""
    for scalar in sorted(scalars, key=lambda s: s.start, reverse=True):
        text = text[: scalar.start] + _scalar(text[scalar.start : scalar.end], scalar) + text[scalar.end :]
    return text


def _scalar(written: str, scalar: Scalar) -> str:
    """A scalar as written, masked: quotes, block headers and indentation stay."""
    if scalar.what == LINES:
        return mask_lines(written)
    if scalar.style in ("|", ">"):
        header, newline, body = written.partition("\n")
        return header + newline + "\n".join(mask_line(line) for line in body.split("\n"))
    quote = scalar.style if scalar.style in ("'", '"') else ""
    inner = written[1:-1] if quote else written
    if "\n" not in inner:
        return f"{quote}{masked(inner)}{quote}"
    lines = inner.split("\n")
    return quote + "\n".join(mask_line(line) for line in lines) + quote


def _unread_secret(text: str) -> str:
    """A manifest of a Secret that cannot be read as YAML: everything below data and stringData is masked."""
    found: list[str] = []
    inside = False
    for line in text.split("\n"):
        body = line.strip()
        if line[:1] not in (" ", "\t", "", "#", "\r"):
            part = re.match(r"([\"']?(?:data|stringData)[\"']?[ \t]*:[ \t]*)([^#\r]*)", line)
            inside = part is not None
            found.append(part[1] + masked(part[2]) + line[part.end() :] if part and part[2].strip() else line)
        elif not inside or not body or body.startswith("#"):
            found.append(line)
        else:
            pair = re.match(r"([ \t]*[\"']?[\w.-]+[\"']?[ \t]*:[ \t]*)(.*?)(\r?)$", line)
            if pair and (not pair[2] or BLOCK.match(pair[2]) or left_alone(pair[2].strip("'\""))):
                found.append(line)
            else:
                found.append(pair[1] + masked(pair[2]) + pair[3] if pair else mask_line(line))
    return "\n".join(found)
