"""The stage: the plan on one side, exactly what would be committed on the other."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Input

from liftlock.errors import EditError, LiftlockError
from liftlock.model.diff import FileDiff, Rendering
from liftlock.model.plan import Caution, Plan
from liftlock.model.promotion import Promotion
from liftlock.model.review import Proposed as ProposedRequest
from liftlock_tui.actions import bindings
from liftlock_tui.ink import BLANK, Line, line
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import Told, error_paragraphs, told
from liftlock_tui.render import diff as diffs
from liftlock_tui.render.plan import Node, why_lines
from liftlock_tui.render.stage import after_push, nothing_lines, result_lines, title_pieces
from liftlock_tui.replies import Previewed, Progress, PushEnded, Rendered
from liftlock_tui.screens.stage_acts import StageActs
from liftlock_tui.screens.stage_gates import StageGates
from liftlock_tui.screens.stage_live import StageLive
from liftlock_tui.screens.stage_outside import StageOutside
from liftlock_tui.screens.stage_waves import StageWaves
from liftlock_tui.widgets.bars import Bar, Footer, Words
from liftlock_tui.widgets.diff_view import DiffView
from liftlock_tui.widgets.lines import LineList
from liftlock_tui.widgets.plan_tree import PlanTree

PAUSE = 0.06
"""Seconds after a toggle before the preview is made, so that a row of toggles makes one."""
SIDE_COLUMNS = 160
CONTEXT = 3


class StageScreen(StageLive, StageGates, StageWaves, StageActs, StageOutside):
    """A plan, what it would commit, and the way to the commit and its push."""

    CSS_PATH = "../styles/stage.tcss"
    AUTO_FOCUS = "PlanTree"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("stage")]

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.promotion: Promotion | None = None
        self.pushed: PushEnded | None = None
        self.requested: ProposedRequest | None = None
        self.draft: str | None = None
        self.epoch = 0
        self.view_of = "files"
        """What the preview shows: `files`, `rendered` or `live`."""
        self._side: bool | None = None
        self._around = CONTEXT
        self._diffs: tuple[FileDiff, ...] = ()
        self._previewed = False
        self._cautions: tuple[Caution, ...] = plan.warnings
        self._renderings: list[Rendering] = []
        self._whole = False
        self._fetching = False
        self._progress = ""
        self._broken: LiftlockError | None = None
        self._pause: Timer | None = None
        self._editing = ""

    def compose(self) -> ComposeResult:
        """Title, plan, preview, why, gates, result, keys."""
        yield Bar(id="title", classes="bar")
        with Container(id="body"):
            yield PlanTree(self.plan, id="plan")
            yield DiffView(id="preview")
        yield Words(id="why")
        yield Words(id="gates")
        yield Words(id="result")
        yield Input(id="edit", classes="plain")
        yield Footer()

    def on_mount(self) -> None:
        """Make the first preview."""
        self.query_one("#edit").display = False
        self._show_result()
        self._show_title()
        self._make_preview()

    # What is shown -------------------------------------------------------------------------------------------------

    @property
    def plan_tree(self) -> PlanTree:
        """The plan."""
        return self.query_one(PlanTree)

    @property
    def view(self) -> DiffView:
        """The preview."""
        return self.query_one(DiffView)

    def take(self, plan: Plan) -> None:
        """Go on with another state of the plan."""
        self.plan = plan
        self.epoch += 1
        self.plan_tree.set_plan(plan)
        self._show_title()
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE, self._make_preview)

    def _make_preview(self) -> None:
        epoch, plan, engine = self.epoch, self.plan, engine_of(self)
        start(
            self, "preview", lambda job: Previewed(epoch, engine.file_diffs(plan), engine.cautions(plan)), epoch=epoch
        )
        self.ask_gates()
        if self.view_of == "rendered":
            self._render_manifests(fetch=False)
        elif self.view_of == "live":
            self._compare_live()

    def _render_manifests(self, *, fetch: bool) -> None:
        epoch, plan, engine = self.epoch, self.plan, engine_of(self)
        self._renderings, self._whole, self._progress, self._fetching = [], False, "", fetch

        def work(job: Job) -> Rendered:
            tell = lambda text: job.post(Progress(epoch, text))  # noqa: E731
            for rendering in engine.renderings(plan, fetch=fetch, cancelled=job.cancelled, progress=tell):
                job.post(Rendered(epoch, rendering))
            return Rendered(epoch, None)

        start(self, "render", work, epoch=epoch)
        self._show_preview()

    def on_previewed(self, message: Previewed) -> None:
        """The files as they would be committed are there."""
        if message.epoch != self.epoch:
            return
        self._diffs, self._cautions, self._broken = message.diffs, message.cautions, None
        self._previewed = True
        self._show_title()
        self._show_preview()

    def on_rendered(self, message: Rendered) -> None:
        """One more rendering is there."""
        if message.epoch != self.epoch:
            return
        if message.rendering is None:
            self._whole = True
        else:
            self._renderings.append(message.rendering)
        self._show_preview()

    def on_progress(self, message: Progress) -> None:
        """What rendering or the cluster is doing."""
        if message.epoch == self.epoch:
            self._progress = self.live_progress = message.text
            self._show_preview()

    def on_failed(self, message: Failed) -> None:
        """Say what could not be done, in place where there is one."""
        if message.doing == "gates":
            return  # what is wrong with the plan is told in the preview
        if message.doing in ("preview", "render", "compare-live"):
            if message.epoch == self.epoch:
                self._broken, self._whole = message.error, True
                self._show_preview()
            return
        self.busy("")
        self.app.push_screen(
            told(message.error, "The plan could not be made again" if message.doing == "replan" else "")
        )

    def _show_preview(self, *, top: bool = False) -> None:
        columns = self.view.lasting_columns
        side = self.side
        rows: list[Line] = []
        if self._broken is not None:
            rows = [BLANK, *(Line(tuple(pieces)) for pieces in error_paragraphs(self._broken)), BLANK]
            if isinstance(self._broken, EditError):
                rows += [line(("  take the change out with Space, or type another value with Enter", "muted"))]
        elif self.view_of == "live":
            rows = self.live_lines(self._around, columns, side=side)
        elif self.view_of == "rendered":
            rows = diffs.renderings(
                self._renderings, self._around, columns, side=side, whole=self._whole, progress=self._progress
            )
        else:
            rows = diffs.files(self._diffs, self._around, columns, side=side)
            if not rows:
                rows = nothing_lines(self.plan) if self._previewed else [BLANK, line(("  · making the diff", "muted"))]
        self.view.show(rows, top=top)

    def _show_title(self) -> None:
        self.query_one("#title", Bar).say(*title_pieces(self.plan, self._cautions, self.size.width, shown=self.view_of))
        self._show_why()

    def _show_why(self) -> None:
        node = self.plan_tree.node
        change = node.change if node is not None else None
        about = [
            (caution.text, "behind") for caution in self._cautions if change is not None and caution.change == change.id
        ]
        rows = why_lines(self.plan, node, about, max(20, self.size.width - 4))
        self.query_one("#why", Words).say(*(drawn.pieces for drawn in rows[:4]))

    def _show_result(self) -> None:
        bar = self.query_one("#result", Words)
        rows = result_lines(self.promotion, self.pushed, self.requested)
        bar.display = bool(rows)
        bar.say(*rows)
        self.refresh_bindings()

    def busy(self, text: str) -> None:
        """Say that something is going on; without a text that it is over."""
        if text:
            bar = self.query_one("#result", Words)
            bar.display = True
            bar.say(((f"· {text}", "muted"),))
        else:
            self._show_result()

    def show_told(self, title: str, paragraphs: list[Line]) -> None:
        """Show something that has to be read."""
        self.app.push_screen(Told(title, [drawn.pieces for drawn in paragraphs]))

    def repaint(self) -> None:
        """The colours have changed."""
        super().repaint()
        self._show_title()

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """What a person should know of the plan as it is staged now."""
        return self._cautions

    # Layout --------------------------------------------------------------------------------------------------------

    @property
    def side(self) -> bool:
        """Whether both sides are shown beside each other."""
        if self.size.width < SIDE_COLUMNS:
            return False
        return bool(self._side)

    def on_resize(self) -> None:
        """Lay out anew: one pane at a time where there is no room for two."""
        self.set_class(self.size.width < 100 and self.size.height < 30, "-one")
        self.call_after_refresh(self._show_preview)
        if self.laid_out:
            self._show_title()

    def on_descendant_focus(self) -> None:
        """Where one pane is shown, it is the one with the focus."""
        self.set_class(isinstance(self.focused, DiffView), "-reading")

    def action_swap(self) -> None:
        """To the other pane."""
        if isinstance(self.focused, DiffView):
            self.remove_class("-reading")
            self.plan_tree.focus()
        else:
            self.add_class("-reading")
            self.view.focus()
        self.call_after_refresh(self._show_preview)

    def action_side(self) -> None:
        """Both sides beside each other, or not."""
        if self.size.width < SIDE_COLUMNS:
            self.app.notice(f"side by side needs {SIDE_COLUMNS} columns", f"there are {self.size.width}")
            return
        self._side = not self.side
        self._show_preview()

    def action_rendered(self) -> None:
        """Files, manifests, or what runs."""
        self.view_of = {"files": "rendered", "rendered": "live", "live": "files"}[self.view_of]
        self._broken = None
        self._show_title()
        if self.has_class("-one") and not isinstance(self.focused, DiffView):
            self.action_swap()  # who asks for another diff wants to see it
        self._make_preview()
        self._show_preview(top=True)

    def action_fetch(self) -> None:
        """Fetch what rendering needs."""
        if self.view_of == "live":
            self._compare_live(fetch=True)
            return
        self.view_of = "rendered"
        self._show_title()
        self._render_manifests(fetch=True)

    def action_more_context(self) -> None:
        """More lines around each change."""
        self._around = min(self._around * 2 or 1, 10_000)
        self._show_preview()

    def action_less_context(self) -> None:
        """Fewer lines around each change."""
        self._around //= 2
        self._show_preview()

    # The plan ------------------------------------------------------------------------------------------------------

    @on(LineList.Moved)
    def _moved(self) -> None:
        self._show_why()
        node = self.plan_tree.node
        if node is not None and self.view_of == "files" and node.kind in ("file", "change", "kept"):
            self.view.seek(node.changes[0].file)

    @on(PlanTree.Toggle)
    def _toggle(self, event: PlanTree.Toggle) -> None:
        ids = set(event.ids)
        for change in self.plan.changes:
            if change.id in event.ids:
                ids |= set(change.together)
        node = self.plan_tree.node
        plan = self.plan.select(ids, event.on)
        if plan.selected == self.plan.selected and event.on:
            blocked = next((change.blocked for change in self.plan.changes if change.id in ids and change.blocked), "")
            self.app.notice("this cannot be staged", blocked)
            return
        self.take(plan)
        if node is not None:
            self._show_why()

    @on(PlanTree.Edit)
    def _edit(self, event: PlanTree.Edit) -> None:
        change = event.node.change
        if change is None:
            return
        value = "" if change.secret else self.plan.value_of(change)
        if change.blocked:
            self.app.notice("this cannot be staged", change.blocked)
        elif not isinstance(value, str) or "\n" in value:
            self.app.notice(
                "only a single value can be typed here", "stage it, or edit the file on the promotion branch"
            )
        else:
            self._open_edit(event.node, value)

    def _open_edit(self, node: Node, value: str) -> None:
        tree, field = self.plan_tree, self.query_one("#edit", Input)
        self._editing = node.key
        indent = 2 * node.depth + 4
        field.styles.offset = (tree.region.x + indent, tree.content_region.y + tree.top_of(tree.cursor) + 1)
        field.styles.width = max(12, tree.columns - indent)
        field.value = value
        field.display = True
        self.set_focus(field)  # at once: the next key is already for it

    @on(Input.Submitted, "#edit")
    def _edited(self, event: Input.Submitted) -> None:
        change = next((c for c in self.plan.changes if c.id == self._editing), None)
        self._close_edit()
        if change is None:
            return
        if not event.value:
            self.app.notice("an empty value is not written", "Space takes the change out")
            return
        same = event.value == change.new
        self.take(self.plan.edit(change.id, None if same else event.value).select([change.id], True))

    def _close_edit(self) -> None:
        self._editing = ""
        self.query_one("#edit", Input).display = False
        self.set_focus(self.plan_tree)

    @property
    def esc_word(self) -> str:
        """What Esc will do."""
        if self._editing or self.sieve_word:
            return "no edit" if self._editing else self.sieve_word
        return "to the plan" if isinstance(self.focused, DiffView) else "board"

    def action_back(self) -> None:
        """Esc, layer by layer: the edit, the other pane, the board."""
        if self._editing:
            self._close_edit()
        elif self.drop_filter():
            pass
        elif isinstance(self.focused, DiffView):
            self.action_swap()
        else:
            self.workers.cancel_node(self)
            self.app.pop_screen()
            self.app.refill()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Push and undo are live when there is something to push."""
        if action in ("push", "undo"):
            return self.promotion is not None and self.pushed is None
        return super().check_action(action, parameters)

    def copies(self) -> list[str]:
        """What `y` can copy."""
        if self.requested is not None:
            return [self.requested.flight.request.url if self.requested.flight is not None else self.requested.page]
        if self.pushed is not None:
            return after_push(self.pushed)
        return ["\n".join(drawn.text for drawn in self.view.lines)]
