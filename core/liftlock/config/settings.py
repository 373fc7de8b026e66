"""Both files together, and where each value came from."""

from __future__ import annotations

from dataclasses import field

from liftlock.config.repository import RepositoryConfig
from liftlock.config.schema import USER
from liftlock.config.user import UserConfig
from liftlock.values import dataclass

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the repository says and what the user set, as the engine hands them to a front end."""

    repository: RepositoryConfig = field(default_factory=RepositoryConfig)
    user: UserConfig = field(default_factory=UserConfig)

    def where_from(self, key: str) -> str:
        """What says a value: `liftlock.toml:12`, `~/.config/liftlock/config.toml:3`, `LIFTLOCK_THEME`, `default`.

        Keys are those of the files (`theme`, `keys.plan`, `message`, `environment.staging.after`, `never.0`).
        """
        own = key in USER[""].keys or key.startswith("keys.")
        return (self.user.origins if own else self.repository.origins).get(key, DEFAULT)
