"""What the user set, and programs that are only noted, for a scripted engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class User:
    fetch_on_start: bool = True
    ascii: bool = False
    theme: str = ""
    keys: dict[str, Any] = field(default_factory=dict)
    repositories: dict[str, str] = field(default_factory=dict)
    problem: Any = None


@dataclass
class Settings:
    user: User = field(default_factory=User)


class FakeRunner:
    def __init__(self) -> None:
        self.ran: list[Any] = []

    def run(self, command: Any, *, cancelled: Any = None) -> None:
        self.ran.append(command)
