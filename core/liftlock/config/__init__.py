"""Configuration: the repository's liftlock.toml, the user's own file, and where things are kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from liftlock.config.example import example
from liftlock.config.places import cache_dir, config_file, state_dir, themes_dir
from liftlock.config.repository import ClassRule, NeverRule, Pair, RepositoryConfig, load_repository
from liftlock.config.schema import REPOSITORY, USER, reference
from liftlock.config.user import UserConfig, load_user


@dataclass(frozen=True, slots=True)
class Settings:
    """Both together, as the engine hands them to a front end."""

    repository: RepositoryConfig = field(default_factory=RepositoryConfig)
    user: UserConfig = field(default_factory=UserConfig)


__all__ = [
    "REPOSITORY",
    "USER",
    "ClassRule",
    "NeverRule",
    "Pair",
    "RepositoryConfig",
    "Settings",
    "UserConfig",
    "cache_dir",
    "config_file",
    "example",
    "load_repository",
    "load_user",
    "reference",
    "state_dir",
    "themes_dir",
]
