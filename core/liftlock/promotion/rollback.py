"""The decisions of a rollback: which state to go back to, and what of today's values is put back by itself. Pure.

A rollback undoes promotions. What was changed since for other reasons (more replicas, a hotfix) is offered and left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from liftlock.model.change import Change, ChangeClass
from liftlock.model.plan import Back, Plan, Undone
from liftlock.model.rollback import Fitness, Former, Sign
from liftlock.promotion.moves import Move, touching

_DECISIVE = (Fitness.HEALTHY, Fitness.FAILED)


def judged(former: Former, signs: Iterable[Sign], *, taken_back: str = "", marked: str = "") -> Former:
    """The state with what is known of it. A mark or an earlier rollback outweighs what any cluster shows.

    Of signs that contradict each other the newest decides.
    """
    found = sorted(signs, key=lambda sign: -(sign.at or 0.0))
    said = tuple(dict.fromkeys(text for text in (marked, taken_back, *(sign.sentence for sign in found)) if text))
    decisive = next((sign.fitness for sign in found if sign.fitness in _DECISIVE), None)
    if marked or taken_back:
        fitness = Fitness.FAILED
    elif decisive is not None:
        fitness = decisive
    else:
        fitness = Fitness.RAN if any(sign.fitness is Fitness.RAN for sign in found) else Fitness.UNKNOWN
    return replace(former, fitness=fitness, evidence=said)


def choose(formers: Sequence[Former]) -> tuple[Former | None, str]:
    """The state that a rollback goes to when none is named, and why; `formers` are newest first.

    The newest that was healthy; else the newest that ran, then the newest that Git has, of those with other versions
    than today's where there are any: the same versions again would put back nothing but settings.
    """
    healthy = next((one for one in formers if one.fitness is Fitness.HEALTHY), None)
    if healthy is not None:
        return healthy, "the newest state that was healthy"
    usable = [one for one in formers if one.fitness is not Fitness.FAILED]
    others = [one for one in usable if not one.alike] or usable
    ran = next((one for one in others if one.fitness is Fitness.RAN), None)
    if ran is not None:
        return ran, "the newest state that was applied; whether it was healthy is not recorded"
    if others:
        what = "version" if not others[0].alike else "change"
        return others[0], f"the state before the last {what}; its health is not known"
    if formers:
        return None, "every state before this one failed, was marked bad or was taken back: name one with --to"
    return None, "there is no state before this one"


def staged(plan: Plan, found: Sequence[Move], revision: str) -> Plan:
    """The plan as a rollback to `revision`: what promotions moved since then staged, all else offered; each with why.

    Where no promotion lies between, all that was changed is staged but what belongs to the environment itself.
    """
    promotions = [move for move in found if move.promotes]
    told = {change.id: _verdict(change, found, bool(promotions)) for change in plan.changes}
    together = {i for c in plan.changes if told[c.id][0] for i in c.together}
    changes = tuple(
        replace(
            change,
            proposed=not change.blocked and (told[change.id][0] or change.id in together),
            why=change.blocked or told[change.id][1],
            conflict="",
        )
        for change in plan.changes
    )
    undone = tuple(
        Undone(
            move.promotes,
            move.revision.subject,
            frozenset(c.id for c in plan.changes if touching((c.file, c.path), [move])),
        )
        for move in promotions
    )
    selected = frozenset(change.id for change in changes if change.proposed)
    return replace(plan, changes=changes, selected=selected, back=Back(revision, undone))


def _verdict(change: Change, found: Sequence[Move], promoted: bool) -> tuple[bool, str]:
    """Whether a change is put back by itself, and why."""
    if change.settled:
        return False, change.why
    mine = touching((change.file, change.path), found)
    if not mine:
        return change.cls is ChangeClass.VERSION, "no commit of the main line tells who changed it: offered"
    newest = mine[0]
    by = f"{newest.revision.short} {newest.revision.subject}"
    promotions = [move for move in mine if move.promotes]
    if change.cls is ChangeClass.VERSION:
        return True, f"moved by {by}: put back"
    if not promoted:
        own = change.cls is ChangeClass.IDENTITY
        return not own, f"changed by {by}: {'kept, it belongs to this environment' if own else 'put back'}"
    if not promotions:
        return False, f"changed since by {by}, which was no promotion: offered"
    if not newest.promotes:
        return False, f"moved by {promotions[0].revision.short}, then changed by {by}: offered"
    if not newest.declared and change.cls in (ChangeClass.SIZING, ChangeClass.IDENTITY):
        return False, f"{change.cls}, changed in {by} beside a version: offered"
    return True, f"moved with a version by {by}: put back"
