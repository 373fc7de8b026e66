"""A glance at two files: whether anything that moves can have changed between them, told from their lines alone.

The board asks this of every pair of files. It may say yes where nothing moves, never no where something would: a
version stands on a line that differs, and by its key or its shape that line can be told.
"""

from __future__ import annotations

import re

# What a line with a version holds: a key that names one, a reference, an image with a tag, or a value that looks like
# a version (see parts.version_shape: each of its shapes has a digit pair, seven hexadecimal digits, or v and a digit).
_LINE = re.compile(
    rb"(?i)tag|image|version|digest|revision|newname|semver|commit|ref=|\d\.\d|[0-9a-f]{7}|(?:19|20)\d\d|\bv\d"
    rb"|[a-z0-9]/[^\s:]*:[a-z0-9_]"
)
# Keys under which any word is a version, so that the line itself tells nothing.
_SECTION = re.compile(rb"(?im)versions[\"']?\s*:|^\s*tags\s*:")

_SHORT = 3
"""So long are brackets with their commas, which stand everywhere."""


def may_move(source: bytes, target: bytes) -> bool:
    """Whether the lines that differ can hold a version."""
    mine, theirs = set(source.splitlines()), set(target.splitlines())
    unlike = mine ^ theirs
    if not unlike:
        return len(source) != len(target)  # the same lines, in another number
    if any(_LINE.search(line) for line in unlike):
        return True
    if _SECTION.search(source) or _SECTION.search(target):
        return True
    # A line that stands on both sides under another indentation: a block that moved within the file.
    gone, come = ({line.strip() for line in lines} for lines in (theirs - mine, mine - theirs))
    return any(len(line) > _SHORT for line in gone & come)
