"""A stream that writes everything it is given.

Python that runs unbuffered (`python -u`, PYTHONUNBUFFERED) takes what the terminal could not take at once for written:
half of a frame is lost, and a sequence that was cut in two swallows the text after it.
"""

from __future__ import annotations

import io
from typing import TextIO


def whole(stream: TextIO | None) -> TextIO | None:
    """The same stream, with a buffer that writes again what was left over; the stream itself where it has one."""
    raw = getattr(stream, "buffer", None)
    if stream is None or not isinstance(raw, io.RawIOBase):
        return stream
    return io.TextIOWrapper(_Buffer(raw), encoding=stream.encoding, errors=stream.errors)


class _Buffer(io.BufferedWriter):
    """Its stream stays open when it goes: it belongs to the interpreter."""

    def close(self) -> None:
        self.flush()
