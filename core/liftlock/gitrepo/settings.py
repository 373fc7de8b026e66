"""Git's configuration as git itself reads it: all files, includes and the environment."""

from __future__ import annotations

from liftlock.gitrepo.process import Git
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One reading of the configuration; keys as git prints them (section and last part in small letters)."""

    values: dict[str, tuple[str, ...]]

    def get(self, key: str, default: str = "") -> str:
        """The value that counts: the last one."""
        return self.values.get(key, (default,))[-1]

    def flag(self, key: str) -> bool:
        """A boolean as git understands it; a key without a value is true."""
        return self.get(key, "false").lower() in ("true", "yes", "on", "1", "\0")

    @property
    def partial(self) -> bool:
        """Whether objects are left with a remote and fetched only when they are read."""
        return bool(self.get("extensions.partialclone")) or any(
            key.startswith("remote.") and key.endswith(".promisor") for key in self.values
        )

    @property
    def remotes(self) -> tuple[tuple[str, str], ...]:
        """Remotes by name with their first address, in the order of the configuration."""
        return tuple(
            (key[len("remote.") : -len(".url")], urls[0])
            for key, urls in self.values.items()
            if key.startswith("remote.") and key.endswith(".url")
        )


def read_settings(git: Git) -> Settings:
    """The configuration as it stands now. Raises RepositoryError when a file of it is broken."""
    values: dict[str, tuple[str, ...]] = {}
    for record in git.run("config", "--list", "-z").text.split("\0"):
        if record:
            key, newline, value = record.partition("\n")
            values[key] = (*values.get(key, ()), value if newline else "\0")
    return Settings(values)
