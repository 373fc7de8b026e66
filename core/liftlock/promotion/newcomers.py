"""An app that the target does not have yet: its files, with what reads otherwise there.

A new file that holds the source's own word (`staging`) is not copied blindly. Where the files that both environments
have show that the word reads as the target's there, each such place becomes a change of its own beside the file, to be
seen and to be taken back; where nothing shows it, the file is offered with that said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Named
from dataclasses import replace

from liftlock.errors import RepositoryError
from liftlock.model.app import Cell
from liftlock.model.change import Change, ChangeClass, Op, Step, Value
from liftlock.model.environment import Environment
from liftlock.model.tree import Tree
from liftlock.promotion.compare import Difference
from liftlock.promotion.comparisons import Comparisons, FilePair, change_id
from liftlock.promotion.identity import document_step, numbered, step_of
from liftlock.promotion.pairing import pairings
from liftlock.promotion.words import Words
from liftlock.text import plural
from liftlock.values import dataclass
from liftlock.yamledit import Mapping, Node, Pointer, Scalar, SetScalar, Source, read, scalars, splice, value_of
from liftlock.yamledit import Sequence as ListNode

# So many files that both have are asked how the word reads; and so often at least they must say it.
_ASKED = 120
_OFTEN = 2
_HABIT = 2 / 3


@dataclass(frozen=True, slots=True)
class Reading:
    """How often the source's own word stands as the target's in files that both have, and how often as it is."""

    exchanged: int = 0
    kept: int = 0

    @property
    def usual(self) -> bool:
        """Whether the word reads as the target's as a rule."""
        return self.exchanged >= _OFTEN and self.exchanged >= _HABIT * (self.exchanged + self.kept)

    def __str__(self) -> str:
        return f"in {self.exchanged} of {plural(self.exchanged + self.kept, 'value')} of the files that both have"


def observed(pairs: Iterable[FilePair], words: Words) -> Reading:
    """How the source's word reads in the target, by the values of these files."""
    exchanged = kept = 0
    for pair in pairs:
        unlike: dict[Pointer, str] = {}
        for difference in pair.differences.values():
            if difference.source is not None and isinstance(difference.old, str) and isinstance(difference.new, str):
                unlike[difference.source] = difference.old
        for at, node in scalars(pair.source):
            if words.names_source(node.value):
                old = unlike.get(at)
                kept += old is None
                exchanged += old is not None and old == words.to_target(node.value)
    return Reading(exchanged, kept)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A scalar of a new file that reads otherwise in the target."""

    path: tuple[Step, ...]
    at: Pointer
    old: str
    new: str

    def difference(self) -> Difference:
        """The same as a difference, so that it has an id as every change."""
        return Difference(Op.SET, self.path, self.at, None, self.old, self.new)


def exchanges(source: Source, words: Words) -> list[Exchange]:
    """Every scalar of the file that holds the source's word, with what it would be in the target."""
    found: list[Exchange] = []
    roots = source.documents
    steps: list[tuple[Step, ...]] = [()]
    if len(roots) > 1:
        steps = [(step,) for step in numbered([document_step(d, i) for i, d in enumerate(roots)])]
    for index, (path, document) in enumerate(zip(steps, roots, strict=False)):
        for place, at, node in _scalars(document.root, path, (index,)):
            if words.names_source(node.value):
                found.append(Exchange(place, at, node.value, words.to_target(node.value)))
    return [e for e in found if e.old != e.new]


def _scalars(
    node: Node | None, path: tuple[Step, ...], at: Pointer
) -> Iterator[tuple[tuple[Step, ...], Pointer, Scalar]]:
    if isinstance(node, Scalar):
        yield path, at, node
    elif isinstance(node, Mapping):
        for entry in node.entries:
            yield from _scalars(entry.value, (*path, entry.key), (*at, entry.key))
    elif isinstance(node, ListNode):
        for index, step in enumerate(numbered([step_of(item, i) for i, item in enumerate(node.items)])):
            yield from _scalars(node.items[index], (*path, step), (*at, index))


def written(source: Source, chosen: Sequence[Exchange]) -> bytes:
    """The new file with these places exchanged. Raises EditError."""
    if not chosen:
        return source.data
    return splice(source, [SetScalar(e.at, e.new) for e in chosen])


def arriving(
    changes: Sequence[Change],
    tree: Tree,
    words: Words,
    shown: Reading,
    comparisons: Comparisons,
    *,
    asked: bool,
) -> list[Change]:
    """The changes of one cell with its new files as they would read in the target.

    With `asked` the app was named and the target has nothing of it: then what can be taken is staged.
    """
    found: list[Change] = []
    for change in changes:
        if change.path or change.op is not Op.ADD or change.blocked:
            # Of an app that is an entry of a shared file, the entry comes with its files.
            entry = (
                change.op is Op.ADD and change.cls is ChangeClass.STRUCTURE and not (change.blocked or change.secret)
            )
            found.append(replace(change, proposed=change.proposed or (asked and entry)))
        else:
            found += _arrival(change, comparisons.source(tree, change.source_file), words, shown, asked=asked)
    return found


def _arrival(change: Change, source: Source, words: Words, shown: Reading, *, asked: bool) -> Iterator[Change]:
    places = exchanges(source, words) if not source.read_only else []
    staged = asked and not change.secret
    if change.secret:
        yield replace(change, why=f"{change.why}; it holds a secret: not staged by itself")
        return
    if not places:
        yield replace(change, proposed=staged and change.cls is not ChangeClass.IDENTITY)
        return
    word = words.source_word(places[0].old)
    if not shown.usual:
        why = (
            f"a new file that holds the source's own word ({word}) in {plural(len(places), 'place')}, and the files"
            " that both have do not show how it reads there: offered"
        )
        yield replace(change, why=why)
        return
    told = f"{word} becomes {words.to_target(word)}, as {shown}"
    value = _value(written(source, places), source.path)
    new = value if isinstance(change.new, dict | list) and value is not None else change.new
    why = f"a new file; {told}"
    yield replace(change, new=new, cls=ChangeClass.STRUCTURE, proposed=staged, why=why)
    for place in places:
        yield Change(
            change_id(change.source_file, change.file, place.difference()),
            change.app,
            change.environment,
            change.file,
            change.source_file,
            place.path,
            Op.SET,
            place.old,
            place.new,
            ChangeClass.IDENTITY,
            staged,
            f"in the new file {told}",
        )


def _value(data: bytes, path: str) -> Value | None:
    documents = [value_of(d.root) for d in read(data, path).documents if d.root is not None]
    return (documents[0] if len(documents) == 1 else list(documents)) if documents else None


def reading_of(
    mine: Iterable[Cell],
    theirs: Named[str, Cell],
    trees: tuple[Tree, Tree],
    environments: tuple[Environment, Environment],
    words: Words,
    comparisons: Comparisons,
) -> Reading:
    """How the source's word reads in the target, by the files of the apps that both have."""
    pairs: list[FilePair] = []
    for cell in mine:
        other = theirs.get(cell.app)
        if other is None or len(pairs) >= _ASKED:
            continue
        for pair in pairings(cell, other, *trees, *environments, words=words):
            if (
                pair.source
                and pair.target
                and all(t.entries[p].is_file for t, p in zip(trees, (pair.source, pair.target), strict=True))
            ):
                try:
                    pairs.append(comparisons.pair(trees[0], pair.source, trees[1], pair.target, words))
                except RepositoryError:
                    continue  # this clone lacks its content: others tell
    return observed(pairs[:_ASKED], words)
