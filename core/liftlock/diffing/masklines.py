"""Lines of text without their secrets, for whatever has no structure that could be read."""

from __future__ import annotations

import re

from liftlock.diffing.signs import hints, is_secret, kind_of, masked, without_known

# `key: value`, `"key": "value"`, `KEY=value`, `export KEY=value`, `- key: value`
_PAIR = re.compile(
    r"""^(?P<head>[ \t]*(?:-[ \t]+)*(?:export[ \t]+)?["']?(?P<key>[A-Za-z_][\w./-]*)["']?[ \t]*[:=][ \t]*)
        (?P<quote>["']?)(?P<value>[^\r\n]*?)(?P=quote)(?P<tail>[ \t]*,?[ \t]*\r?)$""",
    re.VERBOSE,
)
BLOCK = re.compile(r"[|>][-+0-9]*[ \t]*(?:#.*)?$")
_NAME = re.compile(r"[ \t]*-[ \t]+[\"']?name[\"']?[ \t]*:[ \t]*[\"']?(?P<name>[\w.-]+)")
_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
_INDENT = re.compile(r"[ \t]*")


def mask_line(line: str) -> str:
    """The whole line masked but for its indentation."""
    body = line.strip()
    if not body:
        return line
    indent = _INDENT.match(line)
    head = indent.group() if indent else ""
    return head + masked(body) + ("\r" if line.endswith("\r") else "")


def mask_lines(text: str, *, names: bool = True) -> str:
    """The text with what looks like a secret masked, line by line; with `names` also by the key before it."""
    if not names and not hints(text):
        return text
    found: list[str] = []
    inside = False
    above = ""
    for line in text.split("\n"):
        if inside or _BEGIN.search(line):
            ended = _END.search(line) is not None
            found.append(_key_line(line, starts=not inside))
            inside = not ended
            continue
        found.append(_pair(line, above) if names else without_known(line))
        name = _NAME.match(line)
        above = name["name"] if name else ""
    return "\n".join(found)


def _key_line(line: str, *, starts: bool) -> str:
    """A line of a private key: its words BEGIN and END stay, so that one sees what it is."""
    begin = _BEGIN.search(line) if starts else None
    if begin is not None:
        rest = line[begin.end() :]
        return line[: begin.end()] + (masked(rest.strip()) if rest.strip(" \t\r\"',") else rest)
    return line if _END.match(line.strip()) else mask_line(line)


def _pair(line: str, above: str) -> str:
    """A line with its value masked when its key is a secret's, or the name in the line above."""
    found = _PAIR.match(line)
    if found is None or not found["value"]:
        return without_known(line)
    value = found["value"]
    if not is_secret(above if above and found["key"] == "value" else found["key"], value):
        return without_known(line)
    if BLOCK.match(value) or value[:1] in "{[&*!":
        return without_known(line)
    return f"{found['head']}{found['quote']}{masked(value)}{found['quote']}{found['tail']}"


def kinds_of_lines(text: str) -> list[tuple[int, str]]:
    """Where secrets stand that are known by their own form: line (1-based) and kind."""
    if not hints(text):
        return []
    return [(at, kind) for at, line in enumerate(text.split("\n"), 1) if (kind := kind_of(line))]
