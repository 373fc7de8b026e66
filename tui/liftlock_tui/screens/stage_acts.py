"""From the stage to the remote: commit, push, undo, and planning again when the remote has moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liftlock.model.change import ChangeClass
from liftlock.model.plan import Plan
from liftlock.model.promotion import Promotion
from liftlock.text import plural
from liftlock_tui.ink import Line, line, wrapped
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.modals.choose import Choice, Choose
from liftlock_tui.modals.commit import CommitDialog
from liftlock_tui.modals.propose import ProposeDialog
from liftlock_tui.modals.push import PushDialog
from liftlock_tui.modals.undo import UndoDialog
from liftlock_tui.render.history import release_lines
from liftlock_tui.render.plan import changed_ids
from liftlock_tui.render.stage import caution_lines
from liftlock_tui.replies import Committed, Pinned, PushEnded, ReleasesRead, Replanned, RequestOpened, Undone
from liftlock_tui.screens.page import Page

if TYPE_CHECKING:
    from liftlock.model.plan import Caution
    from liftlock.model.review import Proposed as ProposedRequest


class StageActs(Page):
    """What the stage does beyond showing the plan."""

    plan: Plan
    epoch: int
    promotion: Promotion | None
    pushed: PushEnded | None
    requested: ProposedRequest | None
    draft: str | None

    if TYPE_CHECKING:

        @property
        def cautions(self) -> tuple[Caution, ...]: ...  # noqa: D102
        def take(self, plan: Plan) -> None: ...  # noqa: D102
        def busy(self, text: str) -> None: ...  # noqa: D102
        def show_told(self, title: str, paragraphs: list[Line]) -> None: ...  # noqa: D102
        def copies(self) -> list[str]: ...  # noqa: D102
        def _show_result(self) -> None: ...
        def watch_after(self, ended: PushEnded) -> None: ...  # noqa: D102

    def action_commit(self) -> None:
        """Show the message, then commit."""
        if not self.plan.chosen:
            self.app.notice("nothing is staged", "Space stages the change under the cursor")
            return
        if self.promotion is not None and self.pushed is None and self.promotion.plan == self.plan:
            self.app.notice("this plan is committed already", "P pushes it, u takes it back")
            return
        self.app.push_screen(CommitDialog(self.plan, self.draft), self._committed)

    def _committed(self, result: Committed | str | None) -> None:
        if isinstance(result, str):  # the window was closed: what was typed is kept for the next time
            self.draft = result
        elif result is not None:
            self.draft = None
            self.promotion, self.pushed, self.requested = result.promotion, None, None
            self.app.made.insert(0, result.promotion)
            self._show_result()

    def action_push(self) -> None:
        """Show what a push would do, and ask."""
        if self.requested is not None:
            self.app.notice("this is in flight already", "i on the board shows where it stands")
        elif self.promotion is not None:
            self.app.push_screen(PushDialog(self.promotion), self._push_over)

    def _push_over(self, result: PushEnded | str | None) -> None:
        if isinstance(result, PushEnded):
            self.pushed = result
            self.app.made = [made for made in self.app.made if made != self.promotion]
            self.app.refill()
            self._show_result()
            self.watch_after(result)
        elif result == "replan":
            self.action_replan()
        elif result == "propose" and self.promotion is not None:
            self.app.push_screen(ProposeDialog(self.promotion), self._proposed)

    def _proposed(self, result: RequestOpened | None) -> None:
        if result is None or self.promotion is None:
            return
        self.app.made = [made for made in self.app.made if made != self.promotion]
        self.requested = result.proposed
        self.app.refill()
        self.app.board_screen.look_for_flights()
        for said in result.proposed.notes:
            self.app.notice(said)
        self._show_result()

    def action_undo(self) -> None:
        """Ask, then take the commit back."""
        if self.promotion is not None and self.pushed is None:
            self.app.push_screen(UndoDialog(self.promotion), self._undone)

    def _undone(self, result: Undone | None) -> None:
        if result is not None:
            self.app.made = [made for made in self.app.made if made != result.promotion]
            self.promotion = None
            self._show_result()
            self.app.notice(result.said)

    def action_replan(self) -> None:
        """Fetch, take an unpushed commit of this plan back, plan again on the newest base; say what differs."""
        plan, promotion, engine = self.plan, self.promotion if self.pushed is None else None, engine_of(self)
        self.busy("fetching and planning again")

        def work(job: Job) -> Replanned:
            engine.fetch(cancelled=job.cancelled)
            fresh, differences = engine.replan(plan)
            if promotion is not None and fresh.base != promotion.base:
                job.post(Undone(promotion, engine.undo(promotion)))
            return Replanned(fresh, differences)

        start(self, "replan", work)

    def on_undone(self, message: Undone) -> None:
        """The commit on the old base is gone; its message is kept for the next one."""
        self.draft = message.promotion.message
        self._undone(message)

    def on_replanned(self, message: Replanned) -> None:
        """The plan on the newest base is there."""
        if {c.id: self.plan.value_of(c) for c in self.plan.chosen} != {
            c.id: message.plan.value_of(c) for c in message.plan.chosen
        }:
            self.draft = None  # the old message would speak of other values
        moved = message.plan.base != self.plan.base
        self.pushed, self.requested = None, None
        self.busy("")
        self.take(message.plan)
        columns = 66
        if message.differences:
            rows = [
                row
                for said in message.differences
                for row in wrapped((("• ", "accent"), (said, "")), columns, indent=2)
            ]
            self.show_told(
                "What changed in the plan", [*rows, line(), line(("Look at it, then commit with c.", "muted"))]
            )
        else:
            self.app.notice(
                "planned again on a newer base: the same changes"
                if moved
                else "nothing has moved: the plan stays as it is",
                "c commits" if moved else "",
            )

    def action_pin(self) -> None:
        """Ask the source's cluster what runs, and stage that in place of what moves by itself."""
        epoch, plan, engine = self.epoch, self.plan, engine_of(self)
        self.busy(f"asking what runs in {plan.source}")
        start(self, "pin", lambda job: Pinned(epoch, *engine.live.pin(plan)), epoch=epoch)

    def on_pinned(self, message: Pinned) -> None:
        """What could be pinned is staged; say of the rest why not."""
        self.busy("")
        if message.epoch != self.epoch:
            self.app.notice("the plan changed meanwhile: nothing was pinned", "p asks again")
            return
        if not message.found:
            self.app.notice("nothing to pin", "no version of this plan moves by itself")
            return
        self.take(message.plan)
        left = [pin for pin in message.found if not pin.value]
        count = len(message.found) - len(left)
        if not left:
            self.app.notice(f"{plural(count, 'version')} pinned", message.found[0].why)
            return
        rows = [row for pin in left for row in wrapped((("• ", "accent"), (pin.why, "")), 66, indent=2)]
        self.show_told(f"{count} pinned, {len(left)} not", rows)

    def action_contents(self) -> None:
        """What the new versions contain, from the clones of the apps' own repositories."""
        plan, engine = self.plan, engine_of(self)
        if not engine.settings.user.repositories:
            self.app.notice("no app's repository is mapped", "[repositories] in your config.toml says where clones are")
            return
        start(self, "releases", lambda job: ReleasesRead("", engine.releases.of(plan)))

    def on_releases_read(self, message: ReleasesRead) -> None:
        """They are read."""
        if not message.releases:
            self.app.notice("no repository is mapped to what is staged", "[repositories] in your config.toml")
            return
        rows = [row for release in message.releases for row in (line(), *release_lines(release, 66))]
        self.show_told("What is new", rows[1:])

    def action_warnings(self) -> None:
        """All that a person should know of this plan."""
        self.show_told(plural(len(self.cautions), "warning"), caution_lines(self.plan, self.cautions, 66))

    def action_copy(self) -> None:
        """Copy what is shown, or what a push has offered."""
        texts = self.copies()
        if len(texts) == 1:
            self.app.copy(texts[0])
        elif texts:
            choices = [Choice(text, text) for text in texts]
            copied = lambda keys: self.app.copy(str(keys[0])) if keys else None  # noqa: E731
            self.app.push_screen(Choose("Copy", choices, does="copy"), copied)

    def on_plan_tree_classes(self) -> None:
        """Choose a class to stage or unstage."""
        choices: list[Choice] = []
        by_name: dict[str, tuple[ChangeClass | None, bool]] = {"as proposed": (None, True), "nothing": (None, False)}
        for cls in ChangeClass:
            ids = changed_ids(self.plan, cls)
            staged = sum(id in self.plan.selected for id in ids)
            for name, on, wanted in ((f"stage all {cls}", True, bool(ids)), (f"unstage all {cls}", False, staged > 0)):
                if wanted:
                    choices.append(Choice(name, name, f"{staged} of {len(ids)} staged" if on else ""))
                    by_name[name] = (cls, on)
        choices.append(Choice("as proposed", "as proposed", "the selection that the plan began with"))
        choices.append(Choice("nothing", "nothing"))

        def chosen(keys: tuple[object, ...] | None) -> None:
            if not keys:
                return
            cls, on = by_name[str(keys[0])]
            if cls is not None:
                self.take(self.plan.select(changed_ids(self.plan, cls), on))
                return
            empty = self.plan.select([change.id for change in self.plan.changes], False)
            proposed = [change.id for change in self.plan.changes if change.proposed]
            self.take(empty.select(proposed, True) if on else empty)

        self.app.push_screen(Choose("Stage by class", choices, does="do it"), chosen)
