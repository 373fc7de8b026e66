"""Which environment comes after which."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

from liftlock.discovery.words import FIRST, PRODUCTION, EnvName, Sure, read_name
from liftlock.model.environment import Environment, Finding
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """An environment's name as chosen, its reading, and the ways it is written."""

    name: str
    read: EnvName | None
    spellings: tuple[str, ...]


def is_production(name: str) -> bool:
    """Whether an environment of this name is production, which is protected unless a person says otherwise."""
    read = read_name(name)
    return read is not None and not read.ladder and read.rank >= PRODUCTION


def merge(support: Counter[str], standing: dict[str, set[int]]) -> list[Known]:
    """Names that are the same environment written in several ways (stg, staging) put together."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for name in sorted(support, key=lambda n: (-support[n], n)):
        read = read_name(name)
        base = (read.level, read.affix, read.ladder) if read is not None else (name, "", "?")
        key = base
        while not all(standing[name].isdisjoint(standing[other]) for other in groups.get(key, ())):
            key = (*key[:2], key[2] + "'")  # both stand in one family: two environments
        groups[key].append(name)
    return [Known(names[0], read_name(names[0]), tuple(names)) for names in groups.values()]


def in_order(known: list[Known]) -> tuple[list[Environment], list[Finding]]:
    """The environments in promotion order with what each comes after, and the reasons."""
    named = {k.name for k in known}
    reads = {k.name: _read(k, named) for k in known}
    environments: list[Environment] = []
    findings: list[Finding] = []
    alone: list[str] = []
    for item in sorted(known, key=lambda k: _place(reads[k.name], k.name)):
        read = reads[item.name]
        after: tuple[str, ...] = ()
        why = ""
        if read is None:
            alone.append(item.name)
        else:
            after, why = _after(item.name, read, reads)
        environment = Environment(
            item.name,
            after,
            protected=is_production(item.name),
            words=_words(item, read),
        )
        environments.append(environment)
        if after:
            findings.append(Finding(item.name, why))
    if alone and len(known) > 1:
        listed = ", ".join(alone)
        question = f"What do {listed} come after?" if len(alone) > 1 else f"What does {listed} come after?"
        findings.append(
            Finding(listed, "no word of the name says where it stands, so it stands alone", question=question)
        )
    ladders = {r.ladder for r in reads.values() if r is not None}
    if len(ladders) > 1:
        listed = " and ".join(_chain(reads, ladder) for ladder in sorted(ladders))
        findings.append(
            Finding(listed, "these chains share no app", question="Does one of these chains come after the other?")
        )
    return environments, findings


def _chain(reads: dict[str, EnvName | None], ladder: str) -> str:
    members = [r for r in reads.values() if r is not None and r.ladder == ladder]
    return ", ".join(r.name for r in sorted(members, key=lambda r: (r.rank, r.name)))


def _read(item: Known, named: set[str]) -> EnvName | None:
    """The reading; a name without a level that others have as their affix (x-dev beside x) is their production."""
    if item.read is not None and not (item.read.sure is Sure.MIDDLE and _owner(item.name, named)):
        bare = item.read
        if bare.sure is Sure.EXACT and _owner(item.name, named) and bare.aside:
            return replace(bare, affix=item.name)
        return bare
    if _owner(item.name, named):
        return EnvName(item.name, "production", PRODUCTION, item.name.lower(), Sure.EDGE, word=item.name)
    return None


def _owner(name: str, named: set[str]) -> bool:
    low = name.lower()
    return any((r := read_name(n)) is not None and r.affix == low and r.level != "production" for n in named)


def _place(read: EnvName | None, name: str) -> tuple[int, int, str, str]:
    if read is None:
        return (2, 0, "", name)
    return (1 if read.ladder else 0, read.rank, read.affix, name)


def _after(name: str, read: EnvName, reads: dict[str, EnvName | None]) -> tuple[tuple[str, ...], str]:
    # Nothing is promoted from somebody's own machine or sandbox, unless that is the whole chain.
    lower = {
        other: r
        for other, r in reads.items()
        if r is not None
        and r.ladder == read.ladder
        and r.rank < read.rank
        and (r.rank >= FIRST or r.ladder or r.affix == read.affix != "")
    }
    for said, candidates in (
        (f"both are {read.affix}" if read.affix else "", {o: r for o, r in lower.items() if r.affix == read.affix}),
        ("", {o: r for o, r in lower.items() if not r.affix}),
        ("", lower if not read.affix else {}),
    ):
        way = {o: r for o, r in candidates.items() if not r.aside} or candidates
        if not way:
            continue
        nearest = max(r.rank for r in way.values())
        chosen = tuple(sorted(o for o, r in way.items() if r.rank == nearest))
        levels = " and ".join(chosen)
        reason = f"comes after {levels}: {read.level} follows {way[chosen[0]].level}"
        return chosen, reason + (f", and {said}" if said and "-" not in said[:9] else "")
    return (), ""


def _words(item: Known, read: EnvName | None) -> tuple[str, ...]:
    words = dict.fromkeys((item.name, *item.spellings))
    if read is not None and read.affix and read.sure is Sure.EDGE and not read.ladder and read.word != item.name:
        words.setdefault(read.word, None)
    return tuple(words)
