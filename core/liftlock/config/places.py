"""Where the user's files are, on every platform. Folders are made when something is written to them."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_NAME = "liftlock"


def config_file() -> Path:
    """The user's own configuration, which need not exist."""
    return Path(platformdirs.user_config_dir(_NAME, appauthor=False)) / "config.toml"


def themes_dir() -> Path:
    """The user's own themes."""
    return config_file().parent / "themes"


def state_file() -> Path:
    """Where answers are remembered; it need not exist. LIFTLOCK_STATE_DIR names another folder for it."""
    if own := os.environ.get("LIFTLOCK_STATE_DIR"):
        return Path(own) / "remembered.json"
    return Path(platformdirs.user_state_dir(_NAME, appauthor=False)) / "remembered.json"


def log_file() -> Path:
    """Where the command log is kept; it need not exist. It stands beside what is remembered."""
    return state_file().with_name("commands.jsonl")


def cache_dir() -> Path | None:
    """A folder for what can be made again, None where none can be written."""
    return _made(Path(platformdirs.user_cache_dir(_NAME, appauthor=False)))


def state_dir() -> Path | None:
    """A folder for what is remembered, None where none can be written."""
    return _made(state_file().parent)


def _made(folder: Path) -> Path | None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None  # a read-only home is no error: nothing is kept there
    return folder
