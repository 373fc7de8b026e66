"""What a team declared in liftlock.toml, in the words of the planner."""

from __future__ import annotations

from liftlock.config import RepositoryConfig
from liftlock.promotion.classify import Never
from liftlock.promotion.rules import Rule, of_team
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Rulebook:
    """What a team declared: places that never move, rules before the built-in ones, pairs that no rule derives."""

    never: tuple[Never, ...] = ()
    rules: tuple[Rule, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()


def rulebook(config: RepositoryConfig) -> Rulebook:
    """What liftlock.toml declares."""
    return Rulebook(
        tuple(Never(rule.files, rule.path, rule.reason) for rule in config.never),
        tuple(of_team(rule.path, rule.cls, rule.reason, rule.files, rule.value) for rule in config.rules),
        tuple((pair.source, pair.target) for pair in config.pairs),
    )
