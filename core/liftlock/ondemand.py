"""Names that a package takes from its modules when they are first asked for: a start loads no more than it needs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping


def on_demand(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """The `__getattr__` of a package. `homes` has of each name its module, as `module.name` where it is another there.

    The package names them a second time below `TYPE_CHECKING`, for type checkers and readers.
    """

    def __getattr__(name: str) -> object:  # noqa: N807
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, _, there = homes[name].partition(".")
        found: object = getattr(importlib.import_module(f"{package}.{module}"), there or name)
        setattr(sys.modules[package], name, found)
        return found

    return __getattr__
