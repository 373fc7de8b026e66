"""Which environment every file of a tree belongs to, by the first folder or the file name that says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from liftlock.discovery.families import Families, FileSlot, file_slots
from liftlock.discovery.index import Index, is_data
from liftlock.discovery.words import COMMON, EnvName, Sure, read_name


@dataclass(slots=True)
class Place:
    """A place where environments stand beside each other: folders of `parent`, or file names in it.

    `held` has the files of each environment's name as written; for folders relative to the environment's folder.
    """

    parent: str
    folders: bool
    before: str = ""
    after: str = ""
    held: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def pattern(self) -> str:
        """The place as a pattern: `components/kueue/{env}/`."""
        head = f"{self.parent}/" if self.parent else ""
        return f"{head}{{env}}/" if self.folders else f"{head}{self.before}{{env}}{self.after}"


def find_places(index: Index, families: Families, component: set[str]) -> list[Place]:
    """All places of the tree, sorted by folder. Files outside of any are left out."""
    places: dict[tuple[str, bool, str, str], Place] = {}
    busy = _busy(families)
    waiting: list[tuple[str, Place | None, str, str]] = [("", None, "", "")]
    while waiting:
        folder, place, name, inner = waiting.pop()
        if place is not None:
            head = f"{inner}/" if inner else ""
            place.held[name] += [head + file for file in index.here[folder]]
            waiting += [(f"{folder}/{child}", place, name, head + child) for child in index.folders[folder]]
            continue
        _file_places(index, families, folder, places)
        for child in index.folders[folder]:
            path = f"{folder}/{child}" if folder else child
            if index.elsewhere(path):
                continue
            if path not in component and accepts_folder(index, families, folder, child, busy):
                key = (folder, True, "", "")
                waiting.append((path, places.setdefault(key, Place(folder, True)), child, ""))
            else:
                waiting.append((path, None, "", ""))
    return [places[key] for key in sorted(places)]


def _busy(families: Families) -> set[str]:
    """Folders somewhere beneath which environments stand beside each other."""
    busy: set[str] = set()
    for parent in families.strong:
        above = parent
        while above and above not in busy:
            busy.add(above)
            above = above.rpartition("/")[0]
    return busy


def accepts_folder(index: Index, families: Families, parent: str, name: str, busy: set[str]) -> bool:
    """Whether this folder is an environment's."""
    if name.lower() not in families.support:
        return False
    family = families.folders.get(parent)
    if family is None or name not in family.names:
        return False
    read = read_name(name)
    if parent in families.strong:
        return True
    mine = [n for n in family.names if n.lower() in families.support]
    others = len(family.names) - len(mine)
    path = f"{parent}/{name}" if parent else name
    if path in busy:
        return False
    if read is None or read.sure < Sure.EDGE or read.word in COMMON:
        return len(mine) >= 2 and others <= len(mine)
    return True


def _file_places(
    index: Index, families: Families, folder: str, places: dict[tuple[str, bool, str, str], Place]
) -> None:
    for name in index.here[folder]:
        if not is_data(name):
            continue
        stem = name.partition(".")[0]
        slots = [*_whole_names(stem, name[len(stem) :], families), *file_slots(name, folder)]
        if stem.lower() in families.support:
            slots.insert(0, FileSlot("", stem, name[len(stem) :], False))
        for slot in slots:
            if slot.name.lower() not in families.support:
                continue
            read = read_name(slot.name)
            family = families.files.get((folder, slot.before, slot.after))
            beside = len({n.lower() for n in family.names} & families.support.keys()) if family else 1
            if not slot.literal and beside < 2 and (_doubtful(read) or not folder):
                continue
            key = (folder, False, slot.before, slot.after)
            place = places.setdefault(key, Place(folder, False, slot.before, slot.after))
            place.held[slot.name].append(name)
            break


def _whole_names(stem: str, tail: str, families: Families) -> Iterator[FileSlot]:
    """The slot of a whole name of several words that folders elsewhere have: the end of `platform-production-us`."""
    words = stem.split("-")
    for number in range(1, len(words) - 1):
        name = "-".join(words[number:])
        if name.lower() in families.support:
            yield FileSlot("-".join(words[:number]) + "-", name, tail, True)
            return


def _doubtful(read: EnvName | None) -> bool:
    return read is None or read.sure < Sure.EXACT or read.word in COMMON
