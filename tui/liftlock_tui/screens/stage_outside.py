"""The stage's rows filtered and its diff searched; and what it opens elsewhere: editor, forge, pager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liftlock.model.diff import FileDiff, Rendering
from liftlock.model.plan import Plan
from liftlock_tui.render.patch import patch
from liftlock_tui.replies import PushEnded
from liftlock_tui.screens.searching import Searching
from liftlock_tui.sieve import Sieve

if TYPE_CHECKING:
    from liftlock_tui.widgets.plan_tree import PlanTree


class StageOutside(Searching):
    """What the stage finds and opens."""

    plan: Plan
    pushed: PushEnded | None
    view_of: str
    _diffs: tuple[FileDiff, ...]
    _renderings: list[Rendering]
    _around: int

    if TYPE_CHECKING:

        @property
        def plan_tree(self) -> PlanTree: ...  # noqa: D102

    def list_pane(self) -> PlanTree:
        """The plan."""
        return self.plan_tree

    def sift_list(self, sieve: Sieve) -> None:
        """Show only changes that pass."""
        self.plan_tree.sift(sieve)

    def _place(self) -> tuple[str, int] | None:
        """The file under the cursor, and the line of its change."""
        node = self.plan_tree.node
        if node is None or not node.changes:
            return None
        first = node.changes[0]
        return first.file, first.line if node.kind == "change" else 0

    def action_editor(self) -> None:
        """The file of the change, at its line."""
        place = self._place()
        if place is not None:
            self.app.open_file(place[0], self.plan.base, place[1])

    def action_browse(self) -> None:
        """The forge's pages of where the plan stands: after the push that of its commit."""
        place = self._place()
        commit = self.pushed.pushed.commit if self.pushed is not None else self.plan.base
        self.app.open_pages(self.plan.base_ref, commit, (place,) if place is not None else ())

    def patch(self) -> str:
        """What is shown, as a patch where it is one."""
        if self.view_of == "files":
            return patch(self._diffs, (), self._around)
        if self.view_of == "rendered":
            return patch((), [diff for found in self._renderings for diff in found.objects], self._around)
        return super().patch()
