"""Families: folders beside each other, or files of one pattern, whose names may be environments.

`components/kueue/{development,staging,production}` is a family of folders; `apps/api/values-{dev,prod}.yaml` one of
files. One name proves nothing; names beside each other do.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import field

from liftlock.discovery.index import COMMON_FOLDERS, Index, generic, is_data
from liftlock.discovery.words import COMMON, EnvName, Sure, is_word, listed, read_name
from liftlock.values import dataclass

# A word in a file's name after (or before) which the rest of it says whose the file is.
_CONFIG_WORDS = listed("values config settings env overrides override params vars helmfile appsettings overlay")
_EXTENSION = re.compile(r"(\.(ya?ml|json|env|toml|properties|tfvars|gotmpl|conf|cfg|ini|enc|dec))+$")
_PIECES = re.compile(r"([-_.]+)")
_CONTAINERS = listed("envs env environments environment stages clusters")


@dataclass(frozen=True, slots=True)
class FileSlot:
    """Where in a file's name an environment's name may stand: `values-` | staging | `.yaml`."""

    before: str
    name: str
    after: str
    literal: bool
    """The rest of the name is of a kind (`values-`) that leaves no doubt what the slot is."""


@dataclass(slots=True)
class Family:
    """Names beside each other, as folders of `parent` or in the slot of file names there."""

    parent: str
    before: str = ""
    after: str = ""
    files: bool = False
    literal: bool = False
    names: dict[str, EnvName | None] = field(default_factory=dict)
    instead: dict[str, str] = field(default_factory=dict)
    """Of a name, what the plainest reading of the same file takes for the name (`roundtable-dev` for `dev`)."""
    siblings: int = 0
    """How many other names stand there that may be apps or environments."""

    @property
    def read(self) -> list[EnvName]:
        """The names that read as environments'."""
        return [name for name in self.names.values() if name is not None]


@dataclass(slots=True)
class Families:
    """All families of a tree, and which names are environments'."""

    folders: dict[str, Family]
    files: dict[tuple[str, str, str], Family]
    support: Counter[str]
    """Of each accepted name (lower case), in how many families it stands."""
    strong: set[str]
    """Folders whose children are environments."""
    standing: dict[str, set[int]]
    """Of each accepted name, the families it stands in: two names that share one are two environments."""
    inferred: dict[str, str]
    """Names that no word gives, and why they are taken for environments."""
    variants: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Names that are rare beside the plain level: the name of that level, and the rest, which is the app's."""


def file_slots(name: str, folder: str) -> Iterator[FileSlot]:
    """The slots a file's name may have, the plainest first."""
    extension = _EXTENSION.search(name)
    stem = name[: extension.start()] if extension else name
    tail = name[len(stem) :]
    if not stem or len(stem) > 120:
        return
    pieces = _PIECES.split(stem)  # words at even positions, separators between
    words = pieces[::2]
    if not tail and "." in stem and not any(is_word(w) for w in words):
        return
    lowered = [w.lower() for w in words]
    for i, word in enumerate(lowered):
        if word in _CONFIG_WORDS and len(words) > 1:
            if i < len(words) - 1:
                yield FileSlot("".join(pieces[: 2 * i + 2]), "".join(pieces[2 * i + 2 :]), tail, True)
            elif i > 0 and read_name("".join(pieces[: 2 * i - 1])) is not None:
                yield FileSlot("", "".join(pieces[: 2 * i - 1]), "".join(pieces[2 * i - 1 :]) + tail, True)
    head, dashes, last = stem.rpartition("--")
    if dashes:
        named = last.split(".")[0]
        yield FileSlot(f"{head}--", named, last[len(named) :] + tail, True)
    if folder.rpartition("/")[2] in _CONTAINERS and lowered[0] not in _CONFIG_WORDS and read_name(stem) is not None:
        yield FileSlot("", stem, tail, True)
    hits = [i for i, word in enumerate(words) if (read := read_name(word)) is not None and read.sure >= Sure.EDGE]
    hits.sort(key=lambda i: (i != len(words) - 1, i != 0, i))
    for i in hits[:2]:
        yield FileSlot("".join(pieces[: 2 * i]), words[i], "".join(pieces[2 * i + 1 :]) + tail, len(words) == 1)


def find_families(index: Index, component: set[str], declared: dict[str, str]) -> Families:
    """All families of the tree. `component` are folders that are Kustomize components, `declared` names that an
    ApplicationSet or requirements file gives as environments, with the reason.
    """
    visible = _visible(index)
    folders = {parent: _folder_family(index, parent, component) for parent in visible if index.folders[parent]}
    files = _file_families(index, visible)
    strong = {parent for parent, family in folders.items() if _strong(family)}
    _unnest(strong)
    support: Counter[str] = Counter()
    standing: dict[str, set[int]] = defaultdict(set)

    def accept(family: Family, names: Iterable[str]) -> None:
        for name in names:
            support[name] += 1
            standing[name].add(id(family))

    for parent in sorted(strong):
        accept(folders[parent], (n.name.lower() for n in _members(folders[parent])))
    literal = Counter(n.lower() for family in files.values() if family.literal for n in family.names)
    halves: set[str] = set()
    for family in files.values():
        # values-roundtable-dev.yaml in many folders is of roundtable-dev; in one folder it may be roundtable's for dev.
        for name in [n for n, whole in family.instead.items() if literal[whole] >= 2]:
            family.names.pop(name)
        if family.instead and _strong(family):
            halves.update(whole for name, whole in family.instead.items() if name in family.names)
    for family in files.values():
        for name in [n for n in family.names if family.literal and n.lower() in halves and not is_word(n)]:
            family.names.pop(name)
        if _strong(family) and not _beneath(family.parent, strong, support):
            accept(family, (n.name.lower() for n in _members(family)))
    if not support:
        support.update(_single(index, folders, files))
    for name in declared:
        if name.lower() not in support and (read_name(name) is None or not support):
            support[name.lower()] += 1
    inferred = dict(_inferred(index, folders, files, strong, support))
    known = set(support)
    for family in (*folders.values(), *files.values()) if inferred else ():
        lowered = {n.lower() for n in family.names}
        if not lowered.isdisjoint(known):
            accept(family, lowered & inferred.keys())
    inferred |= {n: why for n, why in declared.items() if read_name(n) is None}
    _drop_lone(support, folders)
    variants = _variants(support)
    _drop_rare(support)
    variants = {name: told for name, told in variants.items() if told[0] in support}
    support.update(dict.fromkeys(variants, 1))
    return Families(folders, files, support, strong, standing, inferred, variants)


def _variants(support: Counter[str]) -> dict[str, tuple[str, str]]:
    """Where staging and production stand everywhere and staging-downstream in one folder, that is staging of a
    variant of the app, not an environment.
    """
    plain = {r.level: n for n in support if (r := read_name(n)) is not None and r.sure is Sure.EXACT and not r.ladder}
    found = {}
    for name, count in support.items():
        read = read_name(name)
        if read is None or not read.affix or read.level not in plain:
            continue
        bare = plain[read.level]
        if count * 10 <= support[bare]:
            found[name] = (bare, read.affix)
    return found


def _visible(index: Index) -> list[str]:
    """Folders where environments may be looked for."""
    found = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        found.append(folder)
        for name in index.folders[folder]:
            child = f"{folder}/{name}" if folder else name
            if not index.elsewhere(child):
                waiting.append(child)
    return sorted(found)


def _folder_family(index: Index, parent: str, component: set[str]) -> Family:
    family = Family(parent)
    for name in index.folders[parent]:
        path = f"{parent}/{name}" if parent else name
        if path in component or index.elsewhere(path):
            continue
        if name.lower() in COMMON_FOLDERS:
            continue
        family.names[name] = read_name(name)
    family.siblings = sum(read is None for read in family.names.values())
    return family


def _file_families(index: Index, visible: list[str]) -> dict[tuple[str, str, str], Family]:
    found: dict[tuple[str, str, str], Family] = {}
    for folder in visible:
        for name in index.here[folder]:
            if not is_data(name):
                continue
            plainest = ""
            for slot in file_slots(name, folder):
                key = (folder, slot.before, slot.after)
                family = found.get(key)
                if family is None:
                    family = found[key] = Family(folder, slot.before, slot.after, True, slot.literal)
                family.names[slot.name] = read_name(slot.name)
                if slot.literal and not plainest:
                    plainest = slot.name.lower()
                elif plainest and plainest != slot.name.lower():
                    family.instead[slot.name] = plainest
    for family in found.values():
        family.siblings = sum(read is None for read in family.names.values())
    return found


def _members(family: Family) -> list[EnvName]:
    """The names of a family that are taken for environments' once the family is strong."""
    read = family.read
    affixes = Counter(n.affix for n in read)
    plain = {n.level for n in read if n.sure >= Sure.EDGE}
    members = []
    for name in read:
        ladder_alone = name.sure is Sure.GLUED and affixes[name.affix] < 2 and not (family.literal and plain)
        if name.sure is Sure.GLUED and is_word(name.affix):
            ladder_alone = False  # two words in one: ptlsbox
        if not ladder_alone:
            members.append(name)
    return members


def _strong(family: Family) -> bool:
    read = family.read
    if len(read) < 2:
        return False
    total = len(read) + family.siblings
    exact = {n.level for n in read if n.sure is Sure.EXACT}
    common = {n.level for n in read if n.sure is Sure.EXACT and n.word not in COMMON}
    if len(exact) >= 2 and (len(exact) >= 4 or len(common) >= 3 or len(read) / total >= 0.34):
        return bool(common) or (len(read) / total >= 0.6 and (family.literal or not family.files))
    ladders = Counter(n.ladder for n in read if n.ladder)
    if ladders and ladders.most_common(1)[0][1] >= 2:
        return True
    levels: dict[str, set[str]] = defaultdict(set)
    for name in read:
        levels[name.affix].add(name.level)
    pairs = sum(len(found) for found in levels.values() if len(found) >= 2)
    if pairs >= 2 and (pairs / total >= 0.34 or family.files):
        return True
    edges = [n for n in read if n.sure >= Sure.EDGE]
    return len(edges) >= 2 and len(edges) / total >= 0.6 and len({n.level for n in edges}) >= (1 if exact else 2)


def _unnest(strong: set[str]) -> None:
    """A family inside a folder that is itself an environment's is that environment's own affair."""
    for parent in sorted(strong, key=len):
        above = parent
        while above:
            folder, _, name = above.rpartition("/")
            if folder in strong and read_name(name) is not None:
                strong.discard(parent)
                break
            above = folder


def _single(index: Index, folders: dict[str, Family], files: dict[tuple[str, str, str], Family]) -> list[str]:
    """The one environment of a repository that has no other to stand beside it, where its name leaves no doubt."""
    found: Counter[str] = Counter()
    for parent, family in folders.items():
        for read in family.read:
            path = f"{parent}/{read.name}" if parent else read.name
            if read.sure is Sure.EXACT and read.word not in COMMON and (generic(_last(parent)) or index.marker(path)):
                found[read.name.lower()] += 1
    for file_family in files.values():
        found.update(r.name.lower() for r in file_family.read if file_family.literal and r.sure is Sure.EXACT)
    return [name for name, _ in found.most_common(1)]


def _last(folder: str) -> str:
    return folder.rpartition("/")[2]


def _beneath(folder: str, strong: set[str], support: Counter[str]) -> bool:
    """Whether the folder lies in an environment's folder."""
    above = folder
    while above:
        parent, _, name = above.rpartition("/")
        if parent in strong and name.lower() in support:
            return True
        above = parent
    return False


def _inferred(
    index: Index,
    folders: dict[str, Family],
    files: dict[tuple[str, str, str], Family],
    strong: set[str],
    support: Counter[str],
) -> Iterator[tuple[str, str]]:
    """Names that no word gives, by what stands beside them."""
    patterns: Counter[str] = Counter()
    plain: Counter[str] = Counter()
    total = 0
    known = set(support)
    for family in files.values():
        if not family.literal or not family.before or family.before.endswith("--"):
            continue
        lowered = {n.lower() for n in family.names}
        if len(lowered & known) < 1 or (len(lowered & known) < 2 and len(lowered) > 2):
            continue
        total += 1
        beside = family.before.rstrip("-_.") + family.after in index.here[family.parent]
        for name in sorted(lowered - known):
            patterns[name] += 1
            plain[name] += beside
    for name, count in patterns.items():
        if count < 3 and count * 2 < total:
            continue
        if name in COMMON_FOLDERS and plain[name] * 2 < count:
            continue  # values-base.yaml is what all share, unless a plain values.yaml already plays that part
        if total >= 2 and not re.fullmatch(r"(secret|secrets|enc|example|local-.*|schema)", name):
            yield name, f"stands in the same place of file names as environments do, in {count} of {total} folders"
    for parent in sorted(strong):
        family = folders[parent]
        members = _members(family)
        if len(members) < 2 or len(members) * 2.5 < len(members) + family.siblings:
            continue
        shapes = {n.name: _shape(index, f"{parent}/{n.name}" if parent else n.name) for n in members}
        for name, read in family.names.items():
            if name.lower() in support or generic(name) or read is not None:
                continue
            shape = _shape(index, f"{parent}/{name}" if parent else name)
            alike = max((_alike(shape, other), member) for member, other in shapes.items())
            if alike[0] >= 0.5:
                yield name.lower(), f"{parent}/{name} holds what {parent}/{alike[1]} holds"


def _shape(index: Index, folder: str) -> set[str]:
    """The files beneath, by path; which file alone makes a folder buildable tells nothing."""
    under = index.under(folder)[:400]
    return {p[len(folder) + 1 :] for p in under if p.rpartition("/")[2] not in {"kustomization.yaml", "README.md"}}


def _alike(one: set[str], other: set[str]) -> float:
    either = one | other
    return len(one & other) / len(either) if either else 0.0


def _drop_lone(support: Counter[str], folders: dict[str, Family]) -> None:
    """A level with an affix that stands nowhere else is an app's name (api-test beside api), not an environment."""
    if not support:
        return
    levels: dict[str, set[str]] = defaultdict(set)
    for name in support:
        read = read_name(name)
        if read is not None and read.affix:
            levels[read.affix].add(read.level)
    lone = {
        name
        for name in support
        if (r := read_name(name)) is not None and r.affix and len(levels[r.affix]) < 2 and not is_word(r.affix)
    }
    most = max(support.values())
    beside = {
        name.lower()
        for family in folders.values()
        for name in family.names
        if name.lower() in lone and (r := read_name(name)) is not None and r.affix in family.names
    }
    for name in lone:
        if support[name] * 10 < most or name in beside:
            del support[name]


def _drop_rare(support: Counter[str]) -> None:
    if not support:
        return
    most = max(support.values())
    for name in [n for n, count in support.items() if count * 30 < most]:
        del support[name]
