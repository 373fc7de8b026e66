"""Configuration: the repository's liftlock.toml, the user's own file, and where things are kept.

Each name is taken from its module when it is first asked for: what the app needs before it paints is little of this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from liftlock.ondemand import on_demand

if TYPE_CHECKING:
    from liftlock.config.example import example
    from liftlock.config.places import cache_dir, config_file, state_dir, state_file, themes_dir
    from liftlock.config.remembered import Remembered, context_question, forget, recall, remember, trust
    from liftlock.config.repository import ClassRule, NeverRule, Pair, RepositoryConfig, load_repository
    from liftlock.config.schema import REPOSITORY, USER, reference
    from liftlock.config.settings import Settings
    from liftlock.config.user import UserConfig, load_user
    from liftlock.config.writing import CONFIG_FILE, write_new

_MODULES = {
    "places": ("cache_dir", "config_file", "state_dir", "state_file", "themes_dir"),
    "remembered": ("Remembered", "context_question", "forget", "recall", "remember", "trust"),
    "repository": ("ClassRule", "NeverRule", "Pair", "RepositoryConfig", "load_repository"),
    "schema": ("REPOSITORY", "USER", "reference"),
    "settings": ("Settings",),
    "user": ("UserConfig", "load_user"),
    "example": ("example",),
    "writing": ("CONFIG_FILE", "write_new"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "CONFIG_FILE",
    "REPOSITORY",
    "USER",
    "ClassRule",
    "NeverRule",
    "Pair",
    "Remembered",
    "RepositoryConfig",
    "Settings",
    "UserConfig",
    "cache_dir",
    "config_file",
    "context_question",
    "example",
    "forget",
    "load_repository",
    "load_user",
    "recall",
    "reference",
    "remember",
    "state_dir",
    "state_file",
    "themes_dir",
    "trust",
    "write_new",
]

__getattr__ = on_demand(__name__, _HOMES)
