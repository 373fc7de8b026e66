"""ASCII on terminals that have nothing else: what the framework draws itself, its frames and bars, in plain signs."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_FRAMES = str.maketrans(
    {
        **dict.fromkeys("─━╌╍┄┅┈┉╴╶╸╺═▔▁▂▃▀▄", "-"),
        **dict.fromkeys("│┃╎╏┆┇┊┋║▏▎▍▌▐▕", "|"),
        **dict.fromkeys("┌┍┎┏┐┑┒┓└┕┖┗┘┙┚┛├┝┞┟┠┡┢┣┤┥┦┧┨┩┪┫┬┭┮┯┰┱┲┳┴┵┶┷┸┹┺┻┼╋╔╗╚╝╠╣╦╩╬╭╮╯╰", "+"),
        **dict.fromkeys("█▅▆▇▉▊▋▓▒░▖▗▘▙▚▛▜▝▞▟■", "#"),
    }
)
"""One for one: the widths stay."""


class Fading(LineFilter):
    """Frames and blocks as ASCII, wherever they come from."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments with each such sign exchanged."""
        return [
            segment
            if segment.control or segment.text.isascii()
            else segment._replace(text=segment.text.translate(_FRAMES))
            for segment in segments
        ]
