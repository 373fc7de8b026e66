"""The way back, from wherever something is wrong: the states of an app, then the plan on the stage."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.text import plural
from liftlock_tui.jobs import engine_of, start
from liftlock_tui.modals.choose import Choice, Choose
from liftlock_tui.render.history import state_about, state_name
from liftlock_tui.replies import BackPlanned, WaysRead
from liftlock_tui.screens.page import Page


class States(Choose):
    """The states of an app, with what is known of each."""

    wide = True


class WayBack(Page):
    """What the screens share from which something is taken back."""

    def way_back(self, environment: str, app: str) -> None:
        """Ask which states the app had there, and how it did in each."""
        if not self.app.ready:
            return
        rollbacks = engine_of(self).rollbacks
        self.app.notice(f"looking for the states that {app} had in {environment}")
        start(self, "ways", lambda job: WaysRead(rollbacks.ways(environment, app)))

    def choose_app(self, environment: str, apps: Sequence[str]) -> None:
        """Where several apps came together, ask which is to be taken back."""
        if len(apps) == 1:
            self.way_back(environment, apps[0])
            return
        choices = [Choice(app, app) for app in apps]
        self.app.push_screen(
            Choose(f"Take back in {environment}", choices, does="choose"),
            lambda keys: self.way_back(environment, str(keys[0])) if keys else None,
        )

    def on_ways_read(self, message: WaysRead) -> None:
        """Choose one; the one that a rollback would take by itself stands first."""
        found, now = message.ways, self.app.now()
        if not found.formers:
            self.app.notice(f"there is nothing to take {found.app} in {found.environment} back to", found.why)
            return
        ordered = sorted(found.formers, key=lambda one: one is not found.chosen)
        choices = [Choice(one.revision.commit, state_name(one), state_about(one, found, now)) for one in ordered]
        title = f"Take {found.app} in {found.environment} back to ({plural(len(choices), 'state')})"
        rollbacks = engine_of(self).rollbacks

        def chosen(keys: tuple[object, ...] | None) -> None:
            if keys:
                commit = str(keys[0])
                start(self, "back", lambda job: BackPlanned(rollbacks.plan(found.environment, found.app, commit)))

        if found.unheard:
            self.app.notice("no cluster told how it did", found.unheard)
        self.app.push_screen(States(title, choices, does="plan it"), chosen)

    def on_back_planned(self, message: BackPlanned) -> None:
        """The plan is there: it is looked at, committed and pushed as any other."""
        from liftlock_tui.screens.stage import StageScreen

        self.app.push_screen(StageScreen(message.plan))
