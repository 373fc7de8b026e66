"""Writing a scalar so that it reads back as the same text and the same type."""

from __future__ import annotations

import json
import re

import yaml

from liftlock.yamledit.nodes import Scalar, resolved
from liftlock.yamledit.resolving import is_ambiguous

_LOADER = getattr(yaml, "CLoader", yaml.Loader)


def plain_fits(value: str, *, flow: bool) -> bool:
    """Whether the text, without quotes, reads back as itself at this place."""
    if not value or value != value.strip() or "\n" in value or "\r" in value:
        return False
    probe = f"[{value}]" if flow else f"k: {value}"
    try:
        scalars = [e for e in yaml.parse(probe, Loader=_LOADER) if not isinstance(e, yaml.StreamStartEvent)]
    except yaml.YAMLError:
        return False
    texts = [e for e in scalars if isinstance(e, yaml.ScalarEvent)]
    expected = 1 if flow else 2
    if len(texts) != expected or any(isinstance(e, yaml.AliasEvent) for e in scalars):
        return False
    found = texts[-1]
    return found.value == value and not found.style and not found.anchor and not found.tag


def single_quoted(value: str) -> str | None:
    """The text in single quotes, None when these cannot hold it."""
    if not value.isprintable():
        return None
    return "'" + value.replace("'", "''") + "'"


def double_quoted(value: str) -> str:
    """The text in double quotes with YAML's escapes."""
    written = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escape(c) for c in written)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def scalar_text(value: str, *, style: str, text_type: bool, flow: bool, habit: str) -> str:
    """The scalar as YAML, single-line.

    `style` is the one wished for (`plain`, `'`, `"`), `habit` the quote to take where plain does not do. With
    `text_type` the value must read as a string.
    """
    if style == "plain" and value == "" and not text_type:
        return ""
    if style == "plain" and plain_fits(value, flow=flow) and (not text_type or not is_ambiguous(value)):
        return value
    if style == "plain" and not text_type and value in ("", "~"):
        return value
    quote = style if style in ("'", '"') else habit
    if quote == "'":
        single = single_quoted(value)
        if single is not None:
            return single
    return double_quoted(value)


def styled(value: str, target: Scalar, like: Scalar | None, *, flow: bool, habit: str) -> str:
    """The new text of a scalar in the target's own style, its type kept: a string stays a string.

    Where the target is plain and the value would read as a number or a boolean though it is text in the source, it
    is quoted as in the source. Where the target is quoted it stays so.
    """
    text_type = (like or target).tag == "str" and not (like is None and target.empty)
    style = target.style
    if like is not None and like.style == "plain" and not text_type and resolved(value) != "str":
        style = "plain"  # no text in the source: it must not become one
    if target.empty:
        style = like.style if like is not None and like.style in ("plain", "'", '"') else "plain"
    if style in ("|", ">"):
        style = habit
    if like is not None and like.style in ("'", '"'):
        habit = like.style
    return scalar_text(value, style=style, text_type=text_type, flow=flow, habit=habit)


def json_text(value: str, like: Scalar | None, target: Scalar | None) -> str:
    """The scalar as JSON: quoted when it is text in the source (or the target), else as it stands."""
    quoted = (like or target).style != "plain" if (like or target) is not None else True  # type: ignore[union-attr]
    if not quoted and re.fullmatch(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null", value):
        return value
    return json.dumps(value, ensure_ascii=False)


def dotenv_text(value: str, target: Scalar | None) -> str:
    """The value as dotenv writes it, in the quotes that are there."""
    style = target.style if target is not None else "plain"
    if style == "'" and "'" not in value:
        return f"'{value}'"
    if style in ('"', "'") or re.search(r"[\s#\"'\\$`]", value):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return value


def habit_of(text: str) -> str:
    """The quote that a file uses more often, double where it uses none."""
    return "'" if len(re.findall(r": '", text)) > len(re.findall(r': "', text)) else '"'


def key_text(key: str, *, json_style: bool) -> str:
    """A key as it is written."""
    if json_style:
        return json.dumps(key, ensure_ascii=False)
    if plain_fits(key, flow=False) and ": " not in key and resolved(key) == "str":
        return key
    return double_quoted(key)
