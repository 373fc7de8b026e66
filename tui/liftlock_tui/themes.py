"""Themes: one TOML file each, liftlock's own and those in the user's folder.

A theme says every colour by its role. What is wrong with a file is told with its place and the file is left out, so
that a bad theme never keeps the app from starting.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from liftlock.errors import ConfigError, Problem
from liftlock.text import printable
from liftlock.values import dataclass
from liftlock_tui.resources import folder

if TYPE_CHECKING:
    from textual.theme import Theme

DEFAULT = "liftlock-dark"
ROLES = (
    "strong", "muted", "faint", "accent", "level", "behind", "problem", "added", "removed",
    "version", "setting", "identity", "sizing", "structure",
    "bar", "chip", "cursor", "cursor-idle", "added-line", "removed-line", "added-word", "removed-word",
)  # fmt: skip
"""What a theme gives a colour to, beside the marks. In the app's styles each is the variable `$lift-<role>`."""
MARKS = 8
"""How many colours the marks of commits are drawn from."""

_BASE = ("background", "foreground", "accent")
_BASE_TOO = ("primary", "secondary", "success", "warning", "error", "surface", "panel")
_TOP = ("name", "dark", "ansi", "base", "roles", "marks")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_SIXTEEN = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_TERMINAL = frozenset(("default", *_SIXTEEN, *(f"bright_{colour}" for colour in _SIXTEEN)))


@dataclass(frozen=True, slots=True)
class Shelf:
    """The themes that can be chosen, in order of their names, and what is wrong with those that cannot."""

    themes: tuple[Theme, ...]
    problems: tuple[Problem, ...] = ()

    def __iter__(self) -> Iterator[Theme]:
        return iter(self.themes)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all themes."""
        return tuple(theme.name for theme in self.themes)


def load(own: Path | None = None) -> Shelf:
    """Liftlock's themes, and those of the folder `own` where there is one; the same name there goes before."""
    found: dict[str, Theme] = {}
    problems: list[Problem] = []
    for place in (folder("themes"), own):
        if place is None or not place.is_dir():
            continue
        for file in sorted(place.glob("*.toml")):
            try:
                theme = read(file)
            except ConfigError as error:
                problems.append(Problem(printable(str(file)), str(error), error.hint))
            else:
                found[theme.name] = theme
    return Shelf(tuple(found[name] for name in sorted(found)), tuple(problems))


def read(file: Path) -> Theme:
    """One theme. Raises ConfigError with the place of what is wrong."""
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError("The theme cannot be read", error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise ConfigError("The theme is not text", f"byte {error.start} is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("The theme is not TOML", printable(str(error))) from error
    return _theme(table, file.stem)


def _theme(table: Mapping[str, object], stem: str) -> Theme:
    from textual.theme import Theme

    _known(table, _TOP, "")
    name = table.get("name", stem)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _wrong("name", name, "a name is made of small letters, digits, - and _")
    dark, ansi = (_switch(table, key, default) for key, default in (("dark", True), ("ansi", False)))
    base = _colours(table, "base", _BASE, _BASE_TOO, ansi)
    roles = _colours(table, "roles", ROLES, (), ansi)
    lift = {f"lift-{role}": colour for role, colour in roles.items()}
    lift |= {f"lift-mark-{number}": colour for number, colour in enumerate(_marks(table, ansi))}
    ground, front = base["background"], base["foreground"]
    return Theme(
        name,
        primary=base.get("primary", base["accent"]),
        secondary=base.get("secondary", roles["setting"]),
        warning=base.get("warning", roles["behind"]),
        error=base.get("error", roles["problem"]),
        success=base.get("success", roles["level"]),
        accent=base["accent"],
        foreground=front,
        background=ground,
        surface=base.get("surface", roles["bar"]),
        panel=base.get("panel", roles["chip"]),
        boost="ansi_default" if ansi else None,
        dark=dark,
        ansi=ansi,
        variables=lift | (_ansi_extras(dark) if ansi else _extras(roles, ground, front)),
    )


def _extras(roles: Mapping[str, str], ground: str, front: str) -> dict[str, str]:
    """Textual's own variables, where what it makes of the base colours would shout."""
    return {
        "border": roles["faint"],
        "border-blurred": roles["faint"],
        "block-cursor-background": roles["cursor"],
        "block-cursor-foreground": roles["strong"],
        "block-cursor-blurred-background": roles["cursor-idle"],
        "block-cursor-blurred-foreground": front,
        "block-hover-background": roles["cursor-idle"],
        "input-cursor-background": front,
        "input-cursor-foreground": ground,
        "input-selection-background": roles["cursor"],
        "screen-selection-background": roles["cursor"],
        "screen-selection-foreground": roles["strong"],
        "scrollbar": roles["faint"],
        "scrollbar-background": ground,
        "footer-background": roles["bar"],
        "footer-key-foreground": roles["accent"],
        "footer-description-foreground": roles["muted"],
    }


def _ansi_extras(dark: bool) -> dict[str, str]:
    front, ground = ("ansi_white", "ansi_black") if dark else ("ansi_black", "ansi_white")
    return {
        "ansi-background": ground,
        "ansi-foreground": front,
        "border-blurred": "ansi_bright_black",
        "block-cursor-foreground": "ansi_bright_white",
        "block-cursor-background": "ansi_blue",
        "input-cursor-background": front,
        "input-cursor-foreground": ground,
        "input-cursor-text-style": "none",
        "input-selection-background": "ansi_blue",
        "input-selection-foreground": "ansi_bright_white",
        "screen-selection-background": "ansi_blue",
        "screen-selection-foreground": "ansi_bright_white",
    }


def _marks(table: Mapping[str, object], ansi: bool) -> list[str]:
    marks = table.get("marks")
    if not isinstance(marks, dict):
        raise ConfigError("The theme has no [marks]", f"{MARKS} colours are wanted under `colours`")
    _known(marks, ("colours",), "marks")
    colours = marks.get("colours")
    if not isinstance(colours, list) or len(colours) != MARKS:
        raise _wrong("marks.colours", colours, f"{MARKS} colours are wanted")
    return [_colour(f"marks.colours[{number}]", value, ansi) for number, value in enumerate(colours)]


def _colours(
    table: Mapping[str, object], section: str, needed: tuple[str, ...], allowed: tuple[str, ...], ansi: bool
) -> dict[str, str]:
    found = table.get(section)
    if not isinstance(found, dict):
        raise ConfigError(f"The theme has no [{section}]", f"it gives colours to {', '.join(needed)}")
    _known(found, (*needed, *allowed), section)
    missing = [key for key in needed if key not in found]
    if missing:
        raise ConfigError(f"[{section}] has no {', '.join(missing)}", "every role needs a colour")
    return {key: _colour(f"{section}.{key}", value, ansi) for key, value in found.items()}


def _colour(place: str, value: object, ansi: bool) -> str:
    if isinstance(value, str):
        if ansi and value in _TERMINAL:
            return f"ansi_{value}"
        if not ansi and _HEX.fullmatch(value):
            return value.lower()
    raise _wrong(
        place,
        value,
        "colours of the terminal are `cyan`, `bright_black`, `default`, …" if ansi else "a colour is written #rrggbb",
    )


def _switch(table: Mapping[str, object], key: str, default: bool) -> bool:
    value = table.get(key, default)
    if not isinstance(value, bool):
        raise _wrong(key, value, "it is true or false")
    return value


def _known(table: Mapping[str, object], keys: tuple[str, ...], section: str) -> None:
    for key in table:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, 1)
            where = f" in [{section}]" if section else ""
            raise ConfigError(
                f"A theme has no {printable(key)!r}{where}",
                f"there are {', '.join(keys)}",
                f"did you mean {near[0]!r}?" if near else "",
            )


def _wrong(place: str, value: object, rule: str) -> ConfigError:
    shown = "it is missing" if value is None else f"{printable(repr(value))[:60]} is not"
    return ConfigError(f"{place} is wrong", shown, rule)
