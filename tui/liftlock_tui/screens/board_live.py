"""The live side of the board: what clusters say fills in cell by cell, and what can be asked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liftlock.model.live import Act, Contact, LiveBoard
from liftlock_tui.jobs import engine_of, start
from liftlock_tui.replies import LiveRead, Offered, StillConverging, Watchable
from liftlock_tui.screens.page import Page

if TYPE_CHECKING:
    from liftlock_tui.widgets.grid import Grid


PENDING = 5.0
"""Seconds after which it is looked again whether a promotion is under way."""


class BoardLive(Page):
    """What the board does with clusters."""

    live: LiveBoard | None = None
    _looked = 0.0

    if TYPE_CHECKING:

        @property
        def grid(self) -> Grid: ...  # noqa: D102
        def _show_detail(self) -> None: ...
        def _status(self) -> None: ...
        def doing(self, what: str, text: str = "") -> None: ...  # noqa: D102

    def listen(self) -> None:
        """Begin to hear of the clusters; nothing waits for them."""
        live = engine_of(self).live

        def tell(board: LiveBoard) -> None:
            self.post_message(LiveRead(board))

        live.start(tell)

    def on_live_read(self, message: LiveRead) -> None:
        """Something is new: the cells it concerns are drawn again."""
        before, self.live = self.live, message.board
        if message.board.problem != (before.problem if before is not None else None):
            self._status()
        self.grid.show_live(message.board, self.app.now())
        if self.grid.cell is not None:
            self._show_detail()
        if self.app.now() - self._looked > PENDING:
            self._looked = self.app.now()
            live = engine_of(self).live
            start(self, "pending", lambda job: StillConverging(live.pending()))

    def on_still_converging(self, message: StillConverging) -> None:
        """What was pushed and has not settled: the bar says how to watch it."""
        names = ", ".join(environment for environment, _ in message.promotions)
        self.doing("pending", f"↻ {names} converging: W" if names else "")

    # Acts ----------------------------------------------------------------------------------------------------------

    def action_watch(self) -> None:
        """Watch the newest promotion to this environment."""
        cell = self.grid.cell
        if cell is None or not self.app.ready:
            return
        environment, live = cell[1], engine_of(self).live

        def work(job: object) -> Watchable:
            return Watchable(environment, live.newest(environment) or "")

        start(self, "watch", work)

    def on_watchable(self, message: Watchable) -> None:
        """The newest promotion was looked up."""
        if message.revision:
            self.app.converge(message.environment, message.revision)
        else:
            self.app.notice(
                f"nothing was promoted to {message.environment} lately", "promote with p; after the push it is watched"
            )

    def action_objects(self) -> None:
        """The live objects of the cell."""
        cell = self.grid.cell
        if cell is not None and self._heard(cell[1]):
            self.app.objects(cell[1], cell[0])

    def action_drift(self) -> None:
        """How what runs differs from Git."""
        cell = self.grid.cell
        if cell is not None and self._heard(cell[1]):
            self.app.drift(cell[1], (cell[0],))

    def action_reconcile(self) -> None:
        """Have the controller look now."""
        cell = self.grid.cell
        if cell is None or not self._heard(cell[1]):
            return
        (app, environment), live = cell, engine_of(self).live
        start(self, "offer", lambda job: Offered(live.offer(environment, Act.RECONCILE, app=app)))

    def on_offered(self, message: Offered) -> None:
        """Ask before it is done."""
        from liftlock_tui.modals.intervene import ask

        ask(self.app, message.interventions)

    def action_context(self) -> None:
        """Choose or agree to the cluster of the environment under the cursor."""
        cell = self.grid.cell
        if cell is None or not self.app.ready:
            return
        environment = cell[1]
        lanes = self.live.lanes_of(environment) if self.live is not None else ()
        asking = [lane for lane in lanes if lane.freshness.contact is Contact.ASK]
        live = engine_of(self).live
        if asking:
            from liftlock_tui.modals.dialog import Confirm

            context = asking[0].target.context
            said = (
                ((asking[0].question, ""),),
                (("It is remembered in your own files, for this repository.", "muted"),),
            )
            self.app.push_screen(
                Confirm(f"Use the context {context}?", said, "use it"),
                lambda yes: live.agree(environment, context) if yes else None,
            )
            return
        from liftlock_tui.modals.choose import Choice, Choose

        known = live.contexts()
        if not known:
            problem = self.live.problem if self.live is not None else None
            title = problem.title if problem is not None else "your kubeconfig has no context"
            self.app.notice(title, problem.hint if problem is not None else "kubectl config get-contexts")
            return
        choices = [Choice(name, name, server) for name, server in known.items()]
        self.app.push_screen(
            Choose(f"Which cluster is {environment}", choices, does="use it"),
            lambda chosen: live.agree(environment, str(chosen[0])) if chosen else None,
        )

    def _heard(self, environment: str) -> bool:
        """Whether there is a cluster to speak of; says what is missing when there is none."""
        lanes = self.live.lanes_of(environment) if self.live is not None else ()
        if any(lane.freshness.contact not in (Contact.NONE, Contact.ASK) for lane in lanes):
            return True
        problem = next((lane.freshness.problem for lane in lanes if lane.freshness.problem is not None), None)
        problem = problem or (self.live.problem if self.live is not None else None)
        self.app.notice(problem.title if problem else f"no cluster is known for {environment}", "a chooses one")
        return False
