"""Writing liftlock.toml: a new one only, and never half of it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from liftlock.errors import ConfigError
from liftlock.text import printable

CONFIG_FILE = "liftlock.toml"


def write_new(folder: Path, text: str) -> Path:
    """Write the file into this folder. Raises ConfigError when it is there already or cannot be written."""
    place, made = folder / CONFIG_FILE, False
    try:
        with place.open("x", encoding="utf-8") as file:
            made = True
            file.write(text)
    except FileExistsError as error:
        raise ConfigError(
            f"There is a {CONFIG_FILE} already", printable(str(place)), "liftlock init --print shows what was found"
        ) from error
    except OSError as error:
        with contextlib.suppress(OSError):
            if made:
                place.unlink()  # half a file would be an error from now on
        raise ConfigError(
            f"{CONFIG_FILE} cannot be written",
            printable(f"{error.strerror or error}: {place}"),
            "liftlock init --print shows it, to be put where it can be written",
        ) from error
    return place
