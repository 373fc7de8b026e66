"""The stage and waves: to one environment after the other, instead of to all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liftlock_tui.jobs import engine_of, start
from liftlock_tui.modals.choose import Choice, Choose
from liftlock_tui.replies import WaveBegun
from liftlock_tui.screens.page import Page

if TYPE_CHECKING:
    from liftlock.model.plan import Plan
    from liftlock.model.promotion import Promotion


class StageWaves(Page):
    """What the stage does with waves and trains."""

    plan: Plan
    promotion: Promotion | None
    _together: Plan | None = None
    """The plan to all of its targets, before it became the first step of a wave."""

    if TYPE_CHECKING:

        def take(self, plan: Plan) -> None: ...  # noqa: D102

    def action_wave(self) -> None:
        """Ask how it goes to its environments: together, one after the other, or from hop to hop."""
        if self.promotion is not None:
            self.app.notice("this plan is committed already", "u takes it back")
            return
        if self._together is None and self.plan.wave is not None:
            place = self.plan.wave
            self.app.notice(f"step {place.number} of {len(place.targets)} of the {place.word} {place.id}")
            return
        whole = self._together or self.plan
        ways: dict[str, tuple[tuple[str, ...], bool]] = {}
        choices = []
        if len(whole.targets) > 1:
            choices += [
                Choice("together", f"together, to {', '.join(whole.targets)}", "one commit"),
                Choice("wave", f"a wave: {' › '.join(whole.targets)}", "a commit each"),
            ]
            ways["wave"] = (whole.targets, False)
        for number, hops in enumerate(self._hops(whole)):
            choices.append(Choice(f"train {number}", f"a train: {' › '.join(hops)}", "each hop from the one before"))
            ways[f"train {number}"] = (hops, True)
        if not ways:
            self.app.notice("there is nothing to go on to", "mark several environments, or choose them with >")
            return
        if len(whole.targets) == 1:
            choices.insert(0, Choice("together", f"to {whole.targets[0]} alone", "one commit"))

        def chosen(keys: tuple[object, ...] | None) -> None:
            if not keys:
                return
            if keys[0] == "together":
                self._together = None
                self.take(whole)
                return
            targets, train = ways[str(keys[0])]
            waves = engine_of(self).waves
            self._together = whole
            start(self, "wave", lambda job: WaveBegun(waves.begin((whole,), targets, train=train)))

        self.app.push_screen(Choose("How does it go there", choices, does="choose"), chosen)

    def _hops(self, plan: Plan) -> list[tuple[str, ...]]:
        """The ways on from the only target of a plan, one environment after the other."""
        board = self.app.board
        if board is None or len(plan.targets) != 1:
            return []
        found: list[tuple[str, ...]] = []
        ahead: list[tuple[str, ...]] = [plan.targets]
        while ahead:
            hops = ahead.pop(0)
            after = [e.name for e in board.environments if hops[-1] in e.after and e.name not in hops]
            longer: list[tuple[str, ...]] = [(*hops, name) for name in after]
            ahead += longer
            found += longer
        return found[:9]

    def on_wave_begun(self, message: WaveBegun) -> None:
        """The first step is there."""
        self.take(message.plan)
