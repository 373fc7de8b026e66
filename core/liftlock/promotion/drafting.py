"""What two environments differ in, cell by cell: the changes that a plan is made of. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from liftlock.errors import RepositoryError
from liftlock.model.app import Cell, Pairing
from liftlock.model.change import Change, ChangeClass, Op, Value
from liftlock.model.environment import Environment
from liftlock.model.tree import Tree
from liftlock.promotion.automation import automated
from liftlock.promotion.classify import judge, scalars
from liftlock.promotion.companions import accompanied, may_move_blocks
from liftlock.promotion.comparisons import Comparisons, FilePair, change_id
from liftlock.promotion.glance import may_move
from liftlock.promotion.pairing import pairings
from liftlock.promotion.releases import container, missing, no_place, own
from liftlock.promotion.rulebook import Rulebook
from liftlock.promotion.secrets import guarded, holds_secret
from liftlock.promotion.words import Words, beside, between
from liftlock.text import printable
from liftlock.values import dataclass
from liftlock.yamledit import value_of

# A whole new file is shown as its value up to this size; a larger one by its size.
_SHOWN_FILE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Side:
    """One environment as a plan reads it: its tree and its cells by app. `words` may be given where paths tell."""

    environment: Environment
    tree: Tree
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Drafted:
    """The changes of one app to one target, before history is asked; `new` where the target lacks the app."""

    target: Side
    words: Words
    new: bool
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Draft:
    """What one environment and others differ in, cell by cell: what a plan is made of."""

    source: Side
    targets: tuple[Side, ...]
    cells: tuple[Drafted, ...]


def draft(
    source: Side,
    targets: Sequence[Side],
    apps: Iterable[str],
    comparisons: Comparisons,
    rulebook: Rulebook,
    *,
    words: Words | None = None,
) -> Draft:
    """What the environments differ in for these apps, before anything is decided over more than one cell."""
    cells: list[Drafted] = []
    wanted = tuple(apps)
    for target in targets:
        told = words or between(source.environment, target.environment)
        for app in wanted:
            mine, theirs = source.cells.get(app), target.cells.get(app)
            if mine is None:
                continue
            here = theirs or _missing(mine, target, told)
            found = _cell(source, target, mine, here, told, comparisons, rulebook)
            cells.append(Drafted(target, told, theirs is None, found))
    return Draft(source, tuple(targets), tuple(cells))


def pending(source: Side, target: Side, app: str, comparisons: Comparisons, rulebook: Rulebook) -> tuple[int, int]:
    """How many changes a plan for this app would select by itself: what `make` gives, without what only stays.

    The second number is how many of them are versions.
    """
    mine, theirs = source.cells[app], target.cells[app]
    words = between(source.environment, target.environment)
    found = {c.id: c for c in _cell(source, target, mine, theirs, words, comparisons, rulebook, moving=True)}
    # What only makes sense together is proposed together; what was left out here is not proposed.
    moving = [c for c in found.values() if c.proposed and all(i in found and found[i].proposed for i in c.together)]
    return len(moving), sum(c.cls is ChangeClass.VERSION for c in moving)


def _missing(cell: Cell, target: Side, words: Words) -> Cell:
    if cell.part:
        return missing(cell, target.environment, target.cells.values(), words)
    return replace(cell, environment=target.environment.name, roots=(), files=(), shared=(), render_root="")


def _cell(
    source: Side,
    target: Side,
    mine: Cell,
    theirs: Cell,
    words: Words,
    comparisons: Comparisons,
    rulebook: Rulebook,
    *,
    moving: bool = False,
) -> list[Change]:
    """The changes of one cell; with `moving` only those that could be selected by default."""
    if container(mine) and not container(theirs):
        return [no_place(mine, target.environment.name, container(mine), change_id(container(mine), mine.part, None))]
    pairs = pairings(
        mine,
        theirs,
        source.tree,
        target.tree,
        source.environment,
        target.environment,
        words=words,
        declared=rulebook.pairs,
    )
    unlike = [p for p in pairs if not _same_blob(p, source.tree, target.tree)]
    if moving:
        unlike = [p for p in unlike if p.source and p.target]
    left, absent_left = _read(source.tree, [p.source for p in unlike if p.source])
    right, absent_right = _read(target.tree, [p.target for p in unlike if p.target])
    changes: list[Change] = []
    for pairing in unlike:
        absent = absent_left.get(pairing.source or "") or absent_right.get(pairing.target or "")
        if absent:
            changes += [] if moving else [_absent(pairing, theirs, absent)]
            continue
        if pairing.source and pairing.target:
            if not _plain(source.tree, pairing.source) or not _plain(target.tree, pairing.target):
                continue  # a link or submodule stands for something else: never replaced by a file
            mine_data, their_data = left.get(pairing.source), right.get(pairing.target)
            if moving and not rulebook.rules and mine_data and their_data and not may_move(mine_data, their_data):
                continue
            pair = comparisons.pair(
                source.tree,
                pairing.source,
                target.tree,
                pairing.target,
                words,
                (mine_data, their_data),
            )
            told = beside(words, pairing.source, pairing.target)
            changes += _within(pair, pairing.source, pairing.target, mine, theirs, told, rulebook, moving=moving)
        else:
            change = _whole(pairing, source, target, theirs, words, comparisons)
            if change is not None:
                changes.append(change)
    return changes


def _read(tree: Tree, paths: Sequence[str]) -> tuple[dict[str, bytes], dict[str, str]]:
    """The bytes of these files; and of those whose content this clone lacks (a partial clone) what is wrong."""
    try:
        return tree.read_many(paths), {}
    except RepositoryError:
        read: dict[str, bytes] = {}
        absent: dict[str, str] = {}
        for path in paths:
            try:
                read |= tree.read_many([path])
            except RepositoryError as error:
                absent[path] = f"{error.title}: {error.hint}"
        return read, absent


def _absent(pairing: Pairing, cell: Cell, problem: str) -> Change:
    """A file that differs, and whose content this clone lacks: shown, and closed."""
    file, op = pairing.target or pairing.path, Op.SET
    if pairing.source is None or pairing.target is None:
        op = Op.REMOVE if pairing.source is None else Op.ADD
    return Change(
        change_id(pairing.source or "", file, None),
        cell.app,
        cell.environment,
        file,
        pairing.source or "",
        (),
        op,
        None,
        None,
        ChangeClass.STRUCTURE,
        False,
        problem,
        0,
        problem,
    )


def _same_blob(pairing: Pairing, source: Tree, target: Tree) -> bool:
    if pairing.source is None or pairing.target is None:
        return False
    return source.entries[pairing.source].oid == target.entries[pairing.target].oid


def _plain(tree: Tree, path: str) -> bool:
    return tree.entries[path].is_file


def _within(
    pair: FilePair,
    source_file: str,
    file: str,
    mine: Cell,
    cell: Cell,
    words: Words,
    rulebook: Rulebook,
    *,
    moving: bool = False,
) -> list[Change]:
    blocked = pair.target.read_only or pair.source.read_only
    if not pair.differences:
        return [_unreadable(pair, source_file, file, cell, blocked)] if blocked else []
    groups: dict[str, list[str]] = defaultdict(list)
    for identity, difference in pair.differences.items():
        if difference.group:
            groups[difference.group].append(identity)
    changes = []
    held = cell.part and (source_file, file) == (container(mine), container(cell))
    differences = (
        own(pair.differences, mine, cell, words) if held else {i: (d, "") for i, d in pair.differences.items()}
    )
    moving = moving and not may_move_blocks(pair.differences.values())
    for identity, (difference, said) in differences.items():
        offered = difference.op is Op.REMOVE or isinstance(difference.new, dict | list)
        if moving and offered and difference.counterpart is None:
            continue  # such are offered, never selected by themselves
        verdict = judge(difference, file, words, never=rulebook.never, rules=rulebook.rules)
        policy = automated(pair.target, difference)
        if policy and verdict.cls is ChangeClass.VERSION:
            why = f"{verdict.why}; image automation writes this line by itself (the policy {policy}): offered"
            verdict = replace(verdict, selected=False, why=why)
        stopped = blocked or difference.blocked
        at = difference.target or difference.source or (0,)
        in_secret = holds_secret(pair.target, int(at[0])) or holds_secret(pair.source, int(at[0]))
        change = Change(
            identity,
            cell.app,
            cell.environment,
            file,
            source_file,
            difference.path,
            difference.op,
            difference.old,
            verdict.new,
            verdict.cls,
            verdict.selected and not stopped,
            said if said and verdict.cls is ChangeClass.STRUCTURE else printable(verdict.why),
            difference.line,
            stopped,
            tuple(i for i in groups.get(difference.group, ()) if i != identity),
            settled=verdict.settled,
        )
        changes.append(change if moving else guarded(change, in_secret=in_secret))
    return accompanied(changes)


def _unreadable(pair: FilePair, source_file: str, file: str, cell: Cell, blocked: str) -> Change:
    # One path on two branches is one file: it can be taken as it stands, unless it is closed for another key.
    whole = source_file == file and not _encrypted(blocked)
    why = f"the files differ, and cannot be compared leaf by leaf: {blocked}"
    size = f"{len(pair.target.data)} bytes", f"{len(pair.source.data)} bytes"
    return Change(
        change_id(source_file, file, None),
        cell.app,
        cell.environment,
        file,
        source_file,
        (),
        Op.SET,
        size[0],
        size[1],
        ChangeClass.STRUCTURE,
        False,
        f"{why}; the whole file is offered" if whole else why,
        0,
        "" if whole else blocked,
    )


def _encrypted(reason: str) -> bool:
    return "sops" in reason or "git-crypt" in reason


def _whole(
    pairing: Pairing, source: Side, target: Side, cell: Cell, words: Words, comparisons: Comparisons
) -> Change | None:
    """A file that only one side has."""
    tree, path = (source.tree, pairing.source) if pairing.source else (target.tree, pairing.target)
    if path is None or not _plain(tree, path):
        return None
    read = comparisons.source(tree, path)
    value = _file_value(read.data, tuple(value_of(d.root) for d in read.documents if d.root is not None))
    blocked = read.read_only if _encrypted(read.read_only) else ""
    identity = change_id(pairing.source or "", pairing.target or pairing.path, None)
    if pairing.source is None:
        why, cls, new, old, op = "only the target has this file", ChangeClass.STRUCTURE, None, value, Op.REMOVE
    else:
        old, new, op = None, value, Op.ADD
        word = next((words.source_word(t) for t in scalars(value) if words.names_source(t)), "")
        if word:
            why, cls = f"a new file, but it holds the source's own word ({word})", ChangeClass.IDENTITY
        else:
            why, cls = "a new file: offered", ChangeClass.STRUCTURE
    change = Change(
        identity,
        cell.app,
        cell.environment,
        pairing.target or pairing.path,
        pairing.source or "",
        (),
        op,
        old,
        new,
        cls,
        False,
        printable(why),
        0,
        blocked,
    )
    return guarded(change, in_secret=False)


def _file_value(data: bytes, documents: tuple[Value, ...]) -> Value:
    if len(data) > _SHOWN_FILE or not documents:
        return f"{len(data)} bytes" if len(data) > _SHOWN_FILE else data.decode("utf-8", "replace")
    return documents[0] if len(documents) == 1 else list(documents)
