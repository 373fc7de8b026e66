"""The plan as a tree with tri-state marks."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from liftlock.model.change import path_text
from liftlock.model.plan import Plan
from liftlock_tui.actions import bindings
from liftlock_tui.ink import BLANK, line
from liftlock_tui.render.plan import Node, ahead, node_lines, nodes, value_text
from liftlock_tui.sieve import Sieve
from liftlock_tui.widgets.lines import LineList, Row


class PlanTree(LineList, inherit_bindings=False):
    """Apps, files and changes; says what a person wants, and changes nothing itself."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("move", "tree")]

    class Toggle(Message):
        """These changes are to be staged, or not."""

        def __init__(self, ids: tuple[str, ...], on: bool) -> None:
            super().__init__()
            self.ids = ids
            self.on = on

    class Edit(Message):
        """The value of this change is to be typed."""

        def __init__(self, node: Node) -> None:
            super().__init__()
            self.node = node

    class Classes(Message):
        """All changes of a class are to be staged or not."""

    def __init__(self, plan: Plan, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.plan = plan
        self.nodes: tuple[Node, ...] = ()
        self._toggled: frozenset[str] = frozenset()
        self._sieve = Sieve()

    def on_mount(self) -> None:
        """Show the plan, the cursor on the first change that is staged."""
        self.refill()
        self._first_change()

    def on_resize(self) -> None:
        """Lay out anew."""
        self.refill()

    def _first_change(self) -> None:
        changes = [node for node in self.nodes if node.change is not None]
        staged = {change.id for change in self.plan.chosen}
        first = next((node for node in changes if node.changes[0].id in staged), next(iter(changes), None))
        if first is not None:
            self.go(first.key)

    def set_plan(self, plan: Plan) -> None:
        """Show another state of the plan; the cursor stays on its row."""
        self.plan = plan
        self.refill()

    def refill(self) -> None:
        """Make the rows anew."""
        self.nodes = nodes(self.shown_plan, self._toggled, unfolded=bool(self._sieve))
        columns = max(24, self.columns)
        rows = [Row(node.key, node_lines(self.plan, node, columns)) for node in self.nodes]
        self.show(rows or [Row(None, (BLANK, line((" nothing here has these words", "muted"))))])

    def sift(self, sieve: Sieve) -> None:
        """Show only changes that pass; what is done to a row above them is done to those only."""
        self._sieve = sieve
        self.refill()

    @property
    def shown_plan(self) -> Plan:
        """The plan without what the filter holds back."""
        if not self._sieve:
            return self.plan
        passing = (
            change
            for change in self.plan.changes
            if self._sieve.passes(
                f"{change.environment} {change.app} {change.file} {path_text(change.path)} {change.cls}",
                f"{value_text(change.shown_old)} {value_text(self.plan.shown(change))}",
            )
        )
        return replace(self.plan, changes=tuple(passing))

    @property
    def node(self) -> Node | None:
        """The row under the cursor."""
        return self.nodes[self.cursor] if self.cursor < len(self.nodes) else None

    def _turn(self, key: str) -> None:
        self._toggled = self._toggled ^ {key}
        self.refill()

    def action_stage(self) -> None:
        """Stage what is under the cursor, or take it back when all of it is staged; a change goes on to the next.

        What is kept on purpose is staged one by one only: no hasty key on its file or app takes it along.
        """
        node = self.node
        if node is None:
            return
        free = [change for change in node.changes if not change.blocked]
        if node.kind != "change":
            free = [change for change in free if ahead(self.plan, change)]
            staged = any(change.id in self.plan.selected for change in node.changes)
            if not free and not staged:
                self._turn(node.key)
                return
        on = any(change.id not in self.plan.selected for change in free)
        self.post_message(self.Toggle(tuple(change.id for change in (free if on else node.changes)), on))
        if node.kind == "change" and free:
            following = next((n.key for n in self.nodes[self.cursor + 1 :] if n.kind in ("change", "kept")), None)
            if following is not None:
                self.go(following)

    def action_edit(self) -> None:
        """Type another value on a change; open or close anything else."""
        node = self.node
        if node is None:
            return
        if node.kind == "change":
            self.post_message(self.Edit(node))
        else:
            self._turn(node.key)

    def action_choose(self) -> None:
        """The same by mouse."""
        self.action_edit()

    def action_classes(self) -> None:
        """All of a class."""
        self.post_message(self.Classes())

    def action_close(self) -> None:
        """Close this branch, or go to its parent."""
        node = self.node
        if node is None:
            return
        if node.kind != "change" and node.open:
            self._turn(node.key)
        elif node.parent:
            self.go(node.parent)

    def action_open(self) -> None:
        """Open this branch."""
        node = self.node
        if node is not None and node.kind != "change" and not node.open:
            self._turn(node.key)

    def action_next_change(self) -> None:
        """Next change."""
        self._seek(range(self.cursor + 1, len(self.nodes)))

    def action_previous_change(self) -> None:
        """Change before."""
        self._seek(range(self.cursor - 1, -1, -1))

    def _seek(self, places: range) -> None:
        found = next((self.nodes[i].key for i in places if self.nodes[i].kind == "change"), None)
        if found is not None:
            self.go(found)
