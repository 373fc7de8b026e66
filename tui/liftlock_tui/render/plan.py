"""A plan as the rows of a tree, and what is said of one change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from liftlock.model.change import Change, ChangeClass, Op, path_text, step_text
from liftlock.model.plan import Plan
from liftlock.text import plural, printable, short_version, shorten, shorten_path, width
from liftlock.values import dataclass
from liftlock_tui.ink import Line, Piece, fit, line, wrapped

_WORDS = re.compile(r"[0-9A-Za-z]+|[^0-9A-Za-z]")
_MOVES = (ChangeClass.VERSION, ChangeClass.SETTING, ChangeClass.STRUCTURE)


@dataclass(frozen=True, slots=True)
class Node:
    """A row of the tree: an environment, an app, a file, the kept changes of a file, or one change."""

    kind: str
    key: str
    label: str
    depth: int
    changes: tuple[Change, ...]
    parent: str = ""
    open: bool = True

    @property
    def change(self) -> Change | None:
        """The change, on the row of one."""
        return self.changes[0] if self.kind == "change" else None


def nodes(plan: Plan, toggled: frozenset[str], *, unfolded: bool = False) -> tuple[Node, ...]:
    """The visible rows in order. All is open but what is kept; `toggled` holds the keys that are the other way.

    With `unfolded` what is kept is open as well.
    """
    rows: list[Node] = []
    several = len(plan.targets) > 1
    by_environment = {name: [c for c in plan.changes if c.environment == name] for name in _names(plan)}
    for environment, mine in by_environment.items():
        depth, parent = 0, ""
        if several:
            parent = f"e:{environment}"
            rows.append(Node("environment", parent, environment, 0, tuple(mine), "", parent not in toggled))
            if parent in toggled:
                continue
            depth = 1
        for app in dict.fromkeys(change.app for change in mine):
            rows += _app(
                plan, environment, app, [c for c in mine if c.app == app], depth, parent, toggled, unfolded=unfolded
            )
    return tuple(rows)


def _names(plan: Plan) -> list[str]:
    return list(dict.fromkeys(change.environment for change in plan.changes))


def _app(
    plan: Plan,
    environment: str,
    app: str,
    mine: list[Change],
    depth: int,
    parent: str,
    toggled: frozenset[str],
    *,
    unfolded: bool,
) -> list[Node]:
    key = f"a:{environment}:{app}"
    rows = [Node("app", key, app, depth, tuple(mine), parent, key not in toggled)]
    if key in toggled:
        return rows
    for file in dict.fromkeys(change.file for change in mine):
        place = f"f:{environment}:{app}:{file}"
        inside = [c for c in mine if c.file == file]
        rows.append(Node("file", place, file, depth + 1, tuple(inside), key, place not in toggled))
        if place in toggled:
            continue
        kept = [c for c in inside if not ahead(plan, c)]
        rows += [Node("change", c.id, "", depth + 2, (c,), place) for c in inside if ahead(plan, c)]
        if kept:
            fold = f"k:{environment}:{app}:{file}"
            rows.append(
                Node("kept", fold, kept_word(kept), depth + 2, tuple(kept), place, (fold in toggled) is not unfolded)
            )
            if (fold in toggled) is not unfolded:
                rows += [Node("change", c.id, "", depth + 3, (c,), fold) for c in kept]
    return rows


def ahead(plan: Plan, change: Change) -> bool:
    """Whether a change stands before the kept ones: it is offered, or was proposed."""
    return change.proposed or (change.cls in _MOVES)


def kept_word(kept: Sequence[Change]) -> str:
    """What is kept, by class."""
    counts = {cls: sum(change.cls is cls for change in kept) for cls in ChangeClass}
    return f"{len(kept)} kept: " + ", ".join(f"{count} {cls}" for cls, count in counts.items() if count)


def tri_state(plan: Plan, changes: Iterable[Change]) -> str:
    """`[x]` all staged, `[-]` some, `[ ]` none, `[!]` none can be."""
    free = [change for change in changes if not change.blocked]
    if not free:
        return "[!]"
    staged = sum(change.id in plan.selected for change in free)
    return "[x]" if staged == len(free) else "[-]" if staged else "[ ]"


def value_text(value: object) -> str:
    """A value on one line; a whole subtree by what it is."""
    if value is None:
        return "absent"
    if isinstance(value, str):
        return short_version(printable(value)) or '""'
    if isinstance(value, dict):
        kind = value.get("kind")
        return f"{{{printable(kind)}}}" if isinstance(kind, str) else f"{{{plural(len(value), 'key')}}}"
    if isinstance(value, list):
        return f"[{plural(len(value), 'item')}]"
    return printable(str(value))


def word_pieces(old: str, new: str, role: str) -> tuple[Piece, ...]:
    """`new` with the words that are not in `old` at this place emphasised."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    middle = "".join(after[head : len(after) - tail])
    return tuple(
        piece
        for piece in (
            ("".join(after[:head]), role),
            (middle, f"{role} bold underline"),
            ("".join(after[len(after) - tail :]), role),
        )
        if piece[0]
    )


def move_pieces(plan: Plan, change: Change, columns: int) -> tuple[Piece, ...]:
    """Old → new, within so many columns."""
    new = plan.shown(change)
    old_text, new_text = value_text(change.shown_old), value_text(new)
    if change.op is Op.REMOVE and not isinstance(new, str):
        return (("remove ", "removed"), *fit(((old_text, "muted"),), columns - 7, pad=False))
    half = max(6, (columns - 3) // 2)
    spare = max(0, half - width(old_text))
    old_text, new_text = shorten(old_text, half), shorten(new_text, half + spare)
    typed: tuple[Piece, ...] = ((" typed", "accent"),) if change.id in dict(plan.edited) else ()
    if change.old is None:
        return (("add ", "added"), (new_text, "added"), *typed)
    return ((old_text, "muted"), (" → ", "faint"), *word_pieces(old_text, new_text, "strong"), *typed)


def node_lines(plan: Plan, node: Node, columns: int) -> tuple[Line, ...]:
    """A row of the tree."""
    indent = "  " * node.depth
    sign = tri_state(plan, node.changes)
    sign_role = {"[x]": "accent bold", "[-]": "accent", "[!]": "problem"}.get(sign, "muted")
    head: tuple[Piece, ...] = ((indent, ""), (sign, sign_role), (" ", ""))
    room = max(8, columns - len(indent) - 4)
    change = node.change
    if change is not None:
        staged = change.id in plan.selected
        cls = f" {change.cls}"
        shown = fit((*path_pieces(change, staged, room - len(cls) - 1),), room - len(cls))
        first = Line((*head, *shown, (cls, str(change.cls))))
        if change.blocked:
            return first, line(
                (indent + "    ", ""), *fit((("! ", "problem"), (change.blocked, "problem")), room, pad=False)
            )
        return first, Line(((indent + "    ", ""), *move_pieces(plan, change, room)))
    arrow = ("▾ " if node.open else "▸ ", "muted")
    if node.kind == "kept":
        return (Line((*head, arrow, *fit(((node.label, "muted"),), room - 2, pad=False))),)
    count = f"  {sum(c.id in plan.selected for c in node.changes)}/{len(node.changes)}"
    if node.kind == "file":
        return (Line((*head, arrow, (shorten_path(node.label, room - 2 - len(count)), ""), (count, "muted"))),)
    return (Line((*head, arrow, *fit(((node.label, "strong bold"), (count, "muted")), room - 2, pad=False))),)


def path_pieces(change: Change, staged: bool, columns: int) -> tuple[Piece, ...]:
    """The path, its last step in front of the eye, cut on the left."""
    if not change.path:
        return (("the whole file", "strong" if staged else ""),)
    last = printable(step_text(change.path[-1]))
    before = printable(path_text(change.path))[: -len(last)]
    room = columns - width(last)
    if room < 4:
        return ((shorten(last, columns), "strong" if staged else ""),)
    return (shorten(before, room, keep_end=True), "muted"), (last, "strong" if staged else "")


def why_lines(plan: Plan, node: Node | None, cautions: Sequence[Piece], columns: int) -> list[Line]:
    """What is said of the row under the cursor."""
    if node is None:
        return []
    change = node.change
    if change is None:
        staged = sum(c.id in plan.selected for c in node.changes)
        said = [line((node.label, "strong"), (f"  {staged} of {plural(len(node.changes), 'change')} staged", "muted"))]
        if node.kind == "kept":
            said += wrapped(
                (("kept because they differ between environments on purpose; Enter shows them", "muted"),), columns
            )
        return said
    told = wrapped(((f"{change.cls}: ", f"{change.cls} bold"), (change.why, "")), columns)
    if change.blocked:
        told += wrapped((("! ", "problem bold"), (f"cannot be staged: {change.blocked}", "problem")), columns, indent=2)
    for text, role in cautions:
        told += wrapped((("! ", "behind bold"), (text, role)), columns, indent=2)
    place = f"{change.file}:{change.line}" if change.line else change.file
    told += [line((shorten(f"{place}  {printable(path_text(change.path))}", columns), "muted"))]
    return told


def changed_ids(plan: Plan, cls: ChangeClass) -> list[str]:
    """The ids of all changes of a class."""
    return [change.id for change in plan.changes if change.cls is cls]
