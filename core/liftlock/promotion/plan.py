"""Making a plan: a pure function of two trees, the cells, and the rules."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from liftlock.model.change import Change, Op, path_text
from liftlock.model.plan import Caution, Plan
from liftlock.promotion.classify import own_values, scalars
from liftlock.promotion.companions import without_left_behind
from liftlock.promotion.comparisons import Comparisons
from liftlock.promotion.drafting import Draft, Side, draft
from liftlock.promotion.links import linked
from liftlock.promotion.newcomers import Reading, arriving, reading_of
from liftlock.promotion.pinning import caution as unpinned
from liftlock.promotion.releases import joined
from liftlock.promotion.rulebook import Rulebook
from liftlock.promotion.unasked import proposed_unasked
from liftlock.promotion.words import Words
from liftlock.text import printable

# So many values of a new file are named in a caution.
_TOLD = 3


class Lessons(Protocol):
    """What history says of changes; see `liftlock.learning`."""

    def weighed(self, changes: Sequence[Change]) -> list[Change]:
        """The same changes, staged as their precedents say."""
        ...


def make(
    source: Side,
    targets: Sequence[Side],
    apps: Iterable[str],
    comparisons: Comparisons,
    rulebook: Rulebook,
    *,
    base_ref: str,
    words: Words | None = None,
    asked: bool = False,
) -> Plan:
    """The plan from one environment to others for these apps, staged by the rules; see `decided` for `asked`."""
    drafted = draft(source, targets, apps, comparisons, rulebook, words=words)
    return decided(drafted, comparisons, base_ref=base_ref, asked=asked)


def decided(
    drafted: Draft,
    comparisons: Comparisons,
    *,
    base_ref: str,
    lessons: Lessons | None = None,
    asked: bool = False,
    few: bool = False,
) -> Plan:
    """The plan that a draft makes, with the default selection.

    With `lessons` what is staged by default, and why, follows the precedents that they hold. With `asked` the apps
    were named by a person: one that the target lacks is staged too. With `few` a person named apps, folders or files,
    and the likeliest is staged where nothing else would be.
    """
    changes: list[Change] = []
    cautions: list[Caution] = []
    source, targets = drafted.source, drafted.targets
    shown: dict[str, Reading] = {}
    templates: dict[str, dict[str, str]] = {}
    for cell in drafted.cells:
        target, words = cell.target, cell.words
        name = target.environment.name
        if name not in templates:
            templates[name] = _templates(target, words)
        found = list(cell.changes)
        if lessons is not None:
            found = without_left_behind(found, lessons.weighed(found))
        if any(_is_new_file(change) for change in found):
            if name not in shown:
                shown[name] = _shown(source, target, words, comparisons)
            found = arriving(found, source.tree, words, shown[name], comparisons, asked=asked and cell.new)
        changes += found
        cautions += _cautions(found, templates[name], words)
    if few:
        changes = proposed_unasked(changes)
    changes = linked(joined(changes))
    selected = frozenset(change.id for change in changes if change.proposed)
    return Plan(
        source.environment.name,
        tuple(target.environment.name for target in targets),
        targets[0].tree.commit if targets else "",
        base_ref,
        source.tree.commit,
        tuple(changes),
        selected,
        tuple(cautions),
    )


def _is_new_file(change: Change) -> bool:
    return not change.path and change.op is Op.ADD and not change.blocked


def _shown(source: Side, target: Side, words: Words, comparisons: Comparisons) -> Reading:
    trees, environments = (source.tree, target.tree), (source.environment, target.environment)
    return reading_of(source.cells.values(), target.cells, trees, environments, words, comparisons)


def _templates(target: Side, words: Words) -> dict[str, str]:
    """Of each name that a template renders to in the target's folders, the template."""
    return {
        posixpath.basename(path).rsplit(".", 1)[0]: path
        for path in target.tree.entries
        if path.endswith((".gotmpl", ".tmpl", ".tpl", ".j2"))
        and any(words.names_target(part) for part in path.split("/")[:-1])
    }


def _cautions(changes: Sequence[Change], templates: Mapping[str, str], words: Words) -> list[Caution]:
    found = []
    for change in changes:
        if change.proposed and any(words.names_source(text) for text in scalars(change.new)):
            where = f"{printable(change.file)}: {printable(path_text(change.path))}"
            found.append(Caution(f"{where} would get a value that holds the source's own word", change.id))
        if change.proposed and _is_new_file(change) and change.new is not None:
            own = list(own_values(change.new, change.file))
            if own:
                more = f" and {len(own) - _TOLD} more" if len(own) > _TOLD else ""
                told = f"{printable(change.file)} is new and holds what may be the source's own"
                found.append(Caution(f"{told}: {printable(', '.join(own[:_TOLD]))}{more}", change.id))
        moves = unpinned(change)
        if moves is not None:
            found.append(moves)
    twins: dict[str, str] = {}
    for change in changes:
        template = templates.get(posixpath.basename(change.file))
        if change.proposed and template is not None and template != change.file:
            twins[change.file] = template
    for file, template in twins.items():
        found.append(Caution(f"{printable(template)} is the template of {printable(file)} and is left behind"))
    return found
