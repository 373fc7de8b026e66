"""What is drawn arrives whole, however little the terminal takes at a time."""

from __future__ import annotations

import io
from typing import Any

from liftlock_tui.wholewrites import whole


class Reluctant(io.RawIOBase):
    """Takes seven bytes at a time, as a terminal may."""

    name = "reluctant"

    def __init__(self) -> None:
        self.taken = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        taken = bytes(data[:7])
        self.taken += taken
        return len(taken)


def test_a_frame_is_written_whole_where_python_runs_unbuffered() -> None:
    terminal = Reluctant()
    unbuffered = io.TextIOWrapper(terminal, encoding="utf-8", write_through=True)  # type: ignore[arg-type]
    frame = "\x1b[38;2;1;2;3mstaging\x1b[0m" * 5000
    drawn = whole(unbuffered)
    assert drawn is not None
    drawn.write(frame)
    drawn.flush()
    assert terminal.taken.decode() == frame
    del drawn
    assert not terminal.closed


def test_a_stream_with_a_buffer_stays_as_it_is() -> None:
    stream = io.TextIOWrapper(io.BytesIO())
    assert whole(stream) is stream
    assert whole(None) is None
