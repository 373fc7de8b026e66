"""Which type a plain scalar has, as YAML 1.1 (PyYAML) reads it, and whether other readers may see another one."""

from __future__ import annotations

import re
from functools import lru_cache

from yaml.resolver import Resolver

_PREFIX = "tag:yaml.org,2002:"
_RESOLVERS = Resolver.yaml_implicit_resolvers
_STRINGS = {"merge", "value"}  # `<<` and `=` are texts wherever they are not keys
_OTHERS = re.compile(
    r"""[-+]?(?:0o?[0-7_]+|0b[01_]+|0x[0-9a-fA-F_]+)      # integers of YAML 1.2 and Go
    |[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?
    |[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)
    |[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?     # base 60
    |y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|null|Null|NULL|~|""",
    re.VERBOSE,
)


@lru_cache(maxsize=65536)
def plain_tag(text: str) -> str:
    """The type that PyYAML gives this plain scalar: str, int, float, bool, null or timestamp."""
    for tag, pattern in _RESOLVERS.get(text[0] if text else "", ()):
        if pattern.match(text):
            name = str(tag).removeprefix(_PREFIX)
            return "str" if name in _STRINGS else name
    return "str"


def is_ambiguous(text: str) -> bool:
    """Whether any common reader (YAML 1.1, YAML 1.2, Go) would take this plain scalar for something but a string."""
    return plain_tag(text) != "str" or _OTHERS.fullmatch(text) is not None


def short_tag(tag: str) -> str:
    """An explicit tag as it is kept: `str` for `tag:yaml.org,2002:str`, all else as written."""
    return tag.removeprefix(_PREFIX)
