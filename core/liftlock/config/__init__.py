"""Configuration: the repository's liftlock.toml, the user's own file, and where things are kept."""

from __future__ import annotations

from liftlock.config.example import example
from liftlock.config.places import cache_dir, config_file, state_dir, state_file, themes_dir
from liftlock.config.remembered import Remembered, forget, recall, remember, trust
from liftlock.config.repository import ClassRule, NeverRule, Pair, RepositoryConfig, load_repository
from liftlock.config.schema import REPOSITORY, USER, reference
from liftlock.config.settings import Settings
from liftlock.config.user import UserConfig, load_user

__all__ = [
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
]
