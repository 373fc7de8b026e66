"""Names of environments: which words stand for one, what level it has, and what else is in the name.

`usdfprod`, `prod-us`, `c2-production` and `qa1` are all read as a level (production, qa) and an affix (usdf, us, c2,
1) that says which one of that level it is.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache

from liftlock.values import dataclass


def listed(words: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(words.split())


class Sure(IntEnum):
    """How plainly a name says that it is an environment's."""

    GLUED = 1
    """The word has no edge of its own: `usdfdev`."""
    MIDDLE = 2
    """The word stands between others: `stone-stage-p01`."""
    EDGE = 3
    """The word stands first or last: `prod-us`."""
    EXACT = 4
    """The name is the word."""


@dataclass(frozen=True, slots=True)
class EnvName:
    """A name read as an environment's.

    `level` is the canonical word (`staging` for stg), `rank` grows from local to production, `affix` is the rest of
    the name. `aside` levels (demo, a security test) stand beside the way to production, nothing comes after them
    where something else can. `ladder` tells chains apart that have nothing to do with each other.
    """

    name: str
    level: str
    rank: int
    affix: str
    sure: Sure
    aside: bool = False
    ladder: str = ""
    word: str = ""
    """The word as written."""


PRODUCTION = 60
FIRST = 10
# level, rank, aside, words. Ranks only order: what lies between two of them has room.
_LEVELS: tuple[tuple[str, int, bool, str], ...] = (
    ("local", 4, True, "local localhost localdev minikube"),
    ("sandbox", 8, True, "sandbox sbox sbx"),
    ("development", 10, False, "development dev devel develop"),
    ("test", 18, False, "test testing tst"),
    ("integration", 20, False, "integration int integ sit"),
    ("load", 24, False, "load loadtest"),
    ("qa", 28, False, "qa qc"),
    ("playground", 30, False, "playground"),
    ("ithc", 32, True, "ithc pentest"),
    ("performance", 34, True, "perf perftest performance"),
    ("nonprod", 35, False, "nonprod nonproduction nprd"),
    ("demo", 36, True, "demo"),
    ("acceptance", 38, False, "aat acceptance acc"),
    ("uat", 40, False, "uat"),
    ("preview", 42, True, "preview"),
    ("staging", 44, False, "staging stage stg stag"),
    ("preproduction", 48, False, "preprod preproduction preprd ppd"),
    ("canary", 54, True, "canary"),
    ("production", PRODUCTION, False, "production prod prd live"),
    ("recovery", 64, True, "dr"),
    ("ptl", 66, True, "ptl"),
)
_WORDS = {word: (level, rank, aside) for level, rank, aside, words in _LEVELS for word in words.split()}
# Words that name other things as often: alone among many folders they are not taken for environments.
COMMON = listed("test testing integration int demo live load preview performance local acc acceptance dr canary sit")
# Words long or odd enough to be seen inside another word.
_GLUED = sorted(
    listed("dev int prod prd test stg stage staging production development qa uat demo sbox sandbox preprod"),
    key=lambda word: (-len(word), word),
)
_LADDERS = frozenset({"ring", "wave"})
_NEGATIONS = frozenset({"non", "no", "not", "pre"})
_SEPARATORS = re.compile(r"[-_.]+")
_NUMBERED = re.compile(r"([a-z]+)(\d{1,3})")
# Rarely an affix of an environment, often a sign that the name means something else.
_NOT_ENVIRONMENTS = listed(
    "tools tool data utils util tests system pod kube service services server api app apps web ui job jobs cron db "
    "controller scripts script docs plan suite harness runner client image images chart charts"
)


@lru_cache(maxsize=8192)
def read_name(name: str) -> EnvName | None:
    """The name read as an environment's, None when no word of it stands for one."""
    low = name.lower()
    tokens = [t for t in _SEPARATORS.split(low) if t]
    if not tokens or len(tokens) > 6 or len(low) > 60:
        return None
    ladder = _ladder(name, tokens)
    if ladder:
        return ladder
    tokens, negated = _joined(tokens)
    hits = [i for i, token in enumerate(tokens) if i not in negated and _token(token) is not None]
    if hits:
        last = len(tokens) - 1
        best = next((i for i in hits if i in (0, last)), hits[0])
        hit = _token(tokens[best])
        if hit is None:  # pragma: no cover - hits hold only tokens that read
            return None
        word, number = hit
        level, rank, aside = _WORDS[word]
        rest = [*tokens[:best], *([number] if number else []), *tokens[best + 1 :]]
        if set(rest) & _NOT_ENVIRONMENTS:
            return None
        sure = Sure.EXACT if not rest else Sure.EDGE if best in (0, last) else Sure.MIDDLE
        return EnvName(name, level, rank, "-".join(rest), sure, aside, word=word)
    return _glued(name, tokens)


def _ladder(name: str, tokens: list[str]) -> EnvName | None:
    match = re.fullmatch(r"([a-z]+)[-_.]?(\d{1,2})", "-".join(tokens))
    if match is None or match.group(1) not in _LADDERS:
        return None
    word, number = match.group(1), int(match.group(2))
    return EnvName(name, f"{word}-{number}", number, "", Sure.EXACT, ladder=word, word=name.lower())


def _joined(tokens: list[str]) -> tuple[list[str], set[int]]:
    """Tokens with `pre-prod` and `non-prod` put together; positions whose word is negated."""
    joined: list[str] = []
    negated: set[int] = set()
    for token in tokens:
        if joined and joined[-1] in _NEGATIONS:
            both = joined[-1] + token
            if both in _WORDS:
                joined[-1] = both
                continue
            if token in _WORDS:
                negated.add(len(joined))
        joined.append(token)
    return joined, negated


def _token(token: str) -> tuple[str, str] | None:
    """The word and the number after it."""
    if token in _WORDS:
        return token, ""
    match = _NUMBERED.fullmatch(token)
    return (match.group(1), match.group(2)) if match and match.group(1) in _WORDS else None


def _glued(name: str, tokens: list[str]) -> EnvName | None:
    for position, token in enumerate(tokens):
        for word in _GLUED:
            for stem in (token.removesuffix(word), token.removeprefix(word)):
                if stem != token and len(stem) >= 2 and stem.isalnum():
                    level, rank, aside = _WORDS[word]
                    affix = "-".join([*tokens[:position], stem, *tokens[position + 1 :]])
                    return EnvName(name, level, rank, affix, Sure.GLUED, aside, word=word)
    return None


def level_words(level: str) -> tuple[str, ...]:
    """All words of a level, the canonical one first."""
    return next(
        ((level, *(w for w in words.split() if w != level)) for name, _, _, words in _LEVELS if name == level), ()
    )


_REGION = re.compile(r"(us|eu|uk|asia|apac|emea|amer|global|central|north|south|east|west|[-0-9])+")


def is_word(token: str) -> bool:
    """Whether the token alone stands for a level."""
    return token.lower() in _WORDS


def is_environment_word(name: str) -> bool:
    """Whether a name (of a branch, say) stands for an environment by itself: `prod`, `env/staging`, `prod-us`."""
    first, _, last = name.rpartition("/")
    if first and first.lower() not in {"env", "envs", "environment", "environments", "deploy"}:
        return False
    read = read_name(last)
    if read is None or read.sure < Sure.EDGE:
        return False
    return read.sure is Sure.EXACT or bool(_REGION.fullmatch(read.affix))
