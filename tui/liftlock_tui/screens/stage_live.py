"""The stage against what runs: the third diff, and the way to the cluster after the push."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liftlock.model.live import Contact
from liftlock.model.livediff import LiveDiff
from liftlock_tui.ink import Line
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.render.livediff import live_diffs
from liftlock_tui.replies import Asked, Diffed, Progress, PushEnded
from liftlock_tui.screens.page import Page

if TYPE_CHECKING:
    from liftlock.model.plan import Plan


class StageLive(Page):
    """What the stage does with clusters."""

    plan: Plan
    epoch: int
    live_progress = ""
    _live: tuple[LiveDiff, ...] = ()
    _live_whole = False

    if TYPE_CHECKING:

        def _show_preview(self, *, top: bool = False) -> None: ...

    def _compare_live(self, *, fetch: bool = False) -> None:
        epoch, plan, live = self.epoch, self.plan, engine_of(self).live
        self._live, self._live_whole, self.live_progress = (), False, ""

        def work(job: Job) -> Diffed:
            tell = lambda text: job.post(Progress(epoch, text))  # noqa: E731
            for diff in live.diff(plan, fetch=fetch, cancelled=job.cancelled, progress=tell):
                job.post(Diffed(epoch, diff))
            return Diffed(epoch, None)

        start(self, "compare-live", work, epoch=epoch)
        self._show_preview()

    def on_diffed(self, message: Diffed) -> None:
        """One more app was compared with what runs."""
        if message.epoch != self.epoch:
            return
        if message.diff is None:
            self._live_whole = True
        else:
            self._live = (*self._live, message.diff)
        self._show_preview()

    def live_lines(self, context: int, columns: int, *, side: bool) -> list[Line]:
        """The live diff as far as it is known."""
        said, dangers = engine_of(self).live.consequence(self._live)
        return live_diffs(
            self._live,
            said,
            dangers,
            context,
            columns,
            self.app.now(),
            side=side,
            whole=self._live_whole,
            progress=self.live_progress,
        )

    def watch_after(self, ended: PushEnded) -> None:
        """Go on to the cluster, where one is known that the push reaches."""
        board = engine_of(self).live.board()
        heard = [
            name
            for name in self.plan.targets
            if any(lane.freshness.contact not in (Contact.NONE, Contact.ASK) for lane in board.lanes_of(name))
        ]
        if heard and not ended.publication.creates_branch:
            self.app.converge(heard[0], ended.pushed.commit, pushed_at=self.app.now())
            live, targets = engine_of(self).live, self.plan.targets
            start(self.app, "pushed", lambda job: Asked(live.pushed(targets)))
