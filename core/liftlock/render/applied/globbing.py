"""Patterns: those of variables, which match the start or the end of a value, and those that choose files."""

from __future__ import annotations

import re
from functools import lru_cache

_GO_CLASS = re.compile(r"\[(?P<not>\^?)(?P<set>[^\]\\-][^\]\\]*)\]")
_CLASS = re.compile(r"\[(?P<not>[!^]?)(?P<set>\]?[^\]]*)\]")


def trim(value: str, pattern: str, how: str) -> str:
    """The value without what the pattern matches at its start (`#`, `##`) or end (`%`, `%%`); double: the longest.

    `*` and `?` match slashes too. At the end both value and pattern are turned round first, as Flux does it, which
    breaks classes and escapes. A pattern that is malformed changes nothing; the shortest match is never empty.
    """
    turned = how[0] == "%"
    if turned:
        value, pattern = value[::-1], pattern[::-1]
    matcher = _path_pattern(pattern)
    lengths = range(len(value), 0, -1) if len(how) == 2 else range(1, len(value) + 1)
    if matcher is not None:
        value = next((value[length:] for length in lengths if matcher.fullmatch(value, 0, length)), value)
    return value[::-1] if turned else value


@lru_cache(maxsize=200)
def _path_pattern(pattern: str) -> re.Pattern[str] | None:
    made = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "*":
            made.append(".*")
        elif character == "?":
            made.append(".")
        elif character == "[":
            found = _GO_CLASS.match(pattern, at)
            if found is None:
                return None
            made.append(f"[{found['not']}{_escaped(found['set'])}]")
            at = found.end()
            continue
        elif character == "\\":
            at += 1
            if at == len(pattern):
                return None
            made.append(re.escape(pattern[at]))
        else:
            made.append(re.escape(character))
        at += 1
    try:
        return re.compile("".join(made), re.DOTALL)
    except re.error:
        return None


def _escaped(members: str) -> str:
    return re.sub(r"([\\\[\]^&~|])", r"\\\1", members)


@lru_cache(maxsize=200)
def any_path(pattern: str) -> re.Pattern[str]:
    """A pattern of Argo CD's `include` and `exclude`: a star matches slashes too, `{a,b}` is either."""
    made = []
    depth = 0
    at = 0
    while at < len(pattern):
        character = pattern[at]
        found = _CLASS.match(pattern, at) if character == "[" else None
        if found is not None and found["set"]:
            made.append(f"[{'^' if found['not'] else ''}{_escaped(found['set'])}]")
            at = found.end()
            continue
        if character == "\\" and at + 1 < len(pattern):
            at += 1
            made.append(re.escape(pattern[at]))
        elif character == "{":
            depth += 1
            made.append("(?:")
        elif character == "}" and depth:
            depth -= 1
            made.append(")")
        else:
            made.append({"*": ".*", "?": ".", ",": "|" if depth else ","}.get(character) or re.escape(character))
        at += 1
    return re.compile("".join(made) + ")" * depth, re.DOTALL)


@lru_cache(maxsize=200)
def path_segments(pattern: str) -> re.Pattern[str]:
    """A pattern of paths: a star stays within one name, `**` stands for any folders."""
    made = []
    at = 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            made.append("(?:[^/]+/)*")
            at += 3
        elif pattern.startswith("**", at):
            made.append(".*")
            at += 2
        else:
            character = pattern[at]
            found = _CLASS.match(pattern, at) if character == "[" else None
            if found is not None and found["set"]:
                made.append(f"[{'^' if found['not'] else ''}{_escaped(found['set'])}]")
                at = found.end()
                continue
            if character == "\\" and at + 1 < len(pattern):
                at += 1
                character = re.escape(pattern[at])
                made.append(character)
            else:
                made.append({"*": "[^/]*", "?": "[^/]"}.get(character) or re.escape(character))
            at += 1
    return re.compile("".join(made), re.DOTALL)
