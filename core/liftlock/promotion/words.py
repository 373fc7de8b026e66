"""The words that stand for an environment in paths and values.

A value that contains its own environment's word (`staging-db`, `https://app.prod.example.com`) is identity: it must
not be copied. `Words` knows one side's spellings and can rewrite them to the other side's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from liftlock.model.environment import Environment
from liftlock.values import dataclass

# Spellings that people use for the same environment, side by side in one repository.
SPELLINGS: tuple[tuple[str, ...], ...] = (
    ("development", "dev", "devel"),
    ("integration", "int", "integ"),
    ("testing", "test", "tst"),
    ("staging", "stage", "stg"),
    ("preproduction", "preprod", "pre-production", "pre-prod"),
    ("production", "prod", "prd"),
    ("sandbox", "sbox"),
)


# What people call environments; longer words first, so that `preprod` is not read as `prod`.
_NAMES = sorted({word for family in SPELLINGS for word in family} | {"uat", "qa", "demo"}, key=len, reverse=True)
_LEVELS = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(_NAMES)})(?![a-z])", re.IGNORECASE)


def level_word(text: str) -> str:
    """The first word of the text that people call some environment by, as written; "" when there is none."""
    found = _LEVELS.search(text)
    return found.group() if found else ""


def spellings(word: str) -> tuple[str, ...]:
    """The word first, then its other usual spellings."""
    low = word.lower()
    family = next((f for f in SPELLINGS if low in f), ())
    return (low, *(other for other in family if other != low))


@lru_cache(maxsize=512)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    if not words:
        return None
    longest_first = sorted(words, key=len, reverse=True)
    alternatives = "|".join(re.escape(word) for word in longest_first)
    # A word ends where letters end; digits may follow (prod1), as in cluster names.
    return re.compile(rf"(?<![a-z0-9])(?:{alternatives})(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of the source and of the target environment, spelling beside spelling."""

    source: tuple[str, ...]
    target: tuple[str, ...]

    def names_source(self, text: str) -> bool:
        """Whether the text holds a word of the source environment."""
        pattern = _pattern(self.source)
        return bool(pattern and pattern.search(text))

    def names_target(self, text: str) -> bool:
        """Whether the text holds a word of the target environment."""
        pattern = _pattern(self.target)
        return bool(pattern and pattern.search(text))

    def source_word(self, text: str) -> str:
        """The first source word in the text, as written; "" when there is none."""
        pattern = _pattern(self.source)
        found = pattern.search(text) if pattern else None
        return found.group() if found else ""

    def to_target(self, text: str) -> str:
        """The text with each source word replaced by the target's word of the same spelling and case."""
        pattern = _pattern(self.source)
        if pattern is None or not self.target:
            return text
        return pattern.sub(lambda found: self._counterpart(found.group()), text)

    def same_but_for_words(self, source: str, target: str) -> bool:
        """Whether two texts differ only in the environments' words."""
        if source == target:
            return True
        rewritten = self.to_target(source)
        if rewritten == target:
            return True
        return bool(self.target) and self._neutral(source, self.source) == self._neutral(target, self.target)

    def _counterpart(self, word: str) -> str:
        low = word.lower()
        position = self.source.index(low) if low in self.source else 0
        kind = next((i for i, family in enumerate(SPELLINGS) if low in family), None)
        mine = self.target[min(position, len(self.target) - 1)]
        if kind is not None:
            # The spelling of the same length class: stg -> prd, stage -> prod, staging -> production.
            rank = SPELLINGS[kind].index(low)
            family = next((f for f in SPELLINGS if self.target[0] in f), None)
            if family is not None and self.target[0] != mine and rank < len(family):
                mine = family[rank] if family[rank] in self.target else mine
        if word.isupper():
            return mine.upper()
        return mine.capitalize() if word[:1].isupper() else mine

    @staticmethod
    def _neutral(text: str, words: tuple[str, ...]) -> str:
        pattern = _pattern(words)
        return pattern.sub("\0", text).lower() if pattern else text.lower()


def words_of(environment: Environment) -> tuple[str, ...]:
    """All words that stand for an environment: its name, its recorded words, and their usual spellings."""
    found: dict[str, None] = {}
    for word in (environment.name, *environment.words):
        for spelling in spellings(word):
            found[spelling] = None
    return tuple(found)


def between(source: Environment, target: Environment) -> Words:
    """The words that tell two environments apart; what both share (a region, a team) tells nothing."""
    mine, theirs = words_of(source), words_of(target)
    return Words(tuple(w for w in mine if w not in theirs), tuple(w for w in theirs if w not in mine))


def beside(words: Words, source_file: str, file: str) -> Words:
    """The words that tell for two files: none where one path stands on two branches and names an environment itself.

    Such a file (`config/staging.yaml`) belongs to the environment of its name on either branch.
    """
    if source_file == file and (words.names_source(file) or words.names_target(file)):
        return Words((), ())
    return words


_PIECES = re.compile(r"[^/._-]+(?:[.-][^/._-]+)*")


def of_paths(source: str, target: str) -> Words:
    """The words in which two paths differ: `a/values-staging.yaml` and `a/values-production.yaml`."""
    return Words(tuple(_apart(source, target)), tuple(_apart(target, source)))


def _apart(path: str, other: str) -> Iterable[str]:
    found: dict[str, None] = {}
    theirs = other.split("/")
    for segment in path.split("/"):
        if segment in theirs:
            continue
        stem = _stem(segment)
        other_stems = [_stem(s) for s in theirs if s not in path.split("/")]
        core = stem
        for candidate in other_stems:
            core = _without_common(stem, candidate)
            break
        for word in (core, stem) if core and core != stem and stem not in other_stems else (core,):
            if len(word) > 1:
                for spelling in spellings(word):
                    found[spelling] = None
    return found


def _stem(segment: str) -> str:
    return re.sub(r"\.(ya?ml|json|env|config|values|gotmpl)\b", "", segment)


def _without_common(text: str, other: str) -> str:
    """The words of `text` that are not at the same end of `other`: values-staging vs values-production -> staging."""
    mine = re.split(r"(?<=[-_.])|(?=[-_.])", text)
    theirs = re.split(r"(?<=[-_.])|(?=[-_.])", other)
    while mine and theirs and mine[0] == theirs[0]:
        mine, theirs = mine[1:], theirs[1:]
    while mine and theirs and mine[-1] == theirs[-1]:
        mine, theirs = mine[:-1], theirs[:-1]
    return "".join(mine).strip("-_.").lower()
