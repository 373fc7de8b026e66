"""The user's own file: theme, keys, programs. A repository has no say in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from liftlock.config.places import config_file
from liftlock.config.reading import check, parse
from liftlock.config.schema import USER
from liftlock.errors import ConfigError


@dataclass(frozen=True, slots=True)
class UserConfig:
    """What the user set; defaults where nothing was. `problem` is what is wrong with the file, None when nothing."""

    theme: str = ""
    ascii: bool = False
    animation: bool = True
    fetch_on_start: bool = True
    editor: str = ""
    pager: str = ""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problem: ConfigError | None = None


_VARIABLES = {"LIFTLOCK_THEME": "theme", "LIFTLOCK_EDITOR": "editor", "LIFTLOCK_PAGER": "pager"}
_SWITCHES = {"LIFTLOCK_ASCII": "ascii", "LIFTLOCK_ANIMATION": "animation", "LIFTLOCK_FETCH_ON_START": "fetch_on_start"}


def load_user(path: Path | None = None, env: Mapping[str, str] = os.environ) -> UserConfig:
    """What the user's file and the environment say. A file that is wrong leaves the defaults and says so."""
    place = path or config_file()
    told: dict[str, object] = {}
    problem = None
    try:
        data = place.read_bytes()
        parsed = parse(data, str(place))
        check(parsed, USER, data.decode("utf-8"), str(place), refused=frozenset())
        told.update(parsed)
    except FileNotFoundError:
        pass  # most people have none
    except OSError as error:
        problem = ConfigError(f"{place} cannot be read", error.strerror or "", "the defaults are used")
    except ConfigError as error:
        problem = error
    told.update({name: env[variable] for variable, name in _VARIABLES.items() if env.get(variable)})
    told.update({n: env[v].lower() not in ("0", "no", "false", "off") for v, n in _SWITCHES.items() if env.get(v)})
    keys = told.get("keys", {})
    return UserConfig(
        theme=str(told.get("theme", "")),
        ascii=bool(told.get("ascii", False)),
        animation=bool(told.get("animation", True)),
        fetch_on_start=bool(told.get("fetch_on_start", True)),
        editor=str(told.get("editor", "")),
        pager=str(told.get("pager", "")),
        keys={name: tuple(value) for name, value in keys.items()} if isinstance(keys, dict) else {},
        problem=problem,
    )
