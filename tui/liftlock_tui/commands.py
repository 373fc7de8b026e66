"""Acts by name: the palette over the registry, and the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode

from liftlock_tui.actions import BY_ID, Action, key_name
from liftlock_tui.screens.board import BoardScreen

if TYPE_CHECKING:
    from liftlock_tui.app import LiftlockApp

VERBS = ("plan", "compare", "theme", "filter", "help", "log", "fetch", "quit")


def live_actions(app: LiftlockApp) -> list[tuple[Action, DOMNode]]:
    """The acts that can be done where the focus is, and who does them."""
    found: dict[str, tuple[Action, DOMNode]] = {}
    for active in app.screen.active_bindings.values():
        action = BY_ID.get(active.binding.id or "")
        if action is not None and active.enabled:
            found.setdefault(action.id, (action, active.node))
    return list(found.values())


class ActionProvider(Provider):
    """The palette's entries: every act that is live on the screen below it."""

    def _entries(self) -> list[tuple[str, str, Callable[[], None]]]:
        app: LiftlockApp = self.app  # type: ignore[assignment]
        entries: list[tuple[str, str, Callable[[], None]]] = []
        for active in self.screen.active_bindings.values():
            action = BY_ID.get(active.binding.id or "")
            if action is None or not action.palette or not active.enabled:
                continue
            run = self._runner(action, active.node)
            entry = (f"{action.label}  ({key_name(app.keys_of(action.id)[0])})", action.help, run)
            if entry[0] not in {known[0] for known in entries}:
                entries.append(entry)
        entries += [(f"theme {name}", "Use this theme", self._theme(name)) for name in sorted(app.available_themes)]
        return entries

    def _runner(self, action: Action, node: DOMNode) -> Callable[[], None]:
        def run() -> None:
            self.app.call_later(self.app.run_action, action.name, node)

        return run

    def _theme(self, name: str) -> Callable[[], None]:
        app: LiftlockApp = self.app  # type: ignore[assignment]
        return lambda: app.use_theme(name)

    async def discover(self) -> Hits:
        """Everything, while nothing is typed."""
        for name, about, run in self._entries():
            yield DiscoveryHit(Content(name), run, help=about)

    async def search(self, query: str) -> Hits:
        """What has the typed letters in its name or help."""
        matcher = self.matcher(query)
        for name, about, run in self._entries():
            score = max(matcher.match(name), matcher.match(about) * 0.5)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, help=about)


def words(app: LiftlockApp) -> tuple[dict[str, Sequence[str]], list[str]]:
    """What can follow each command, and the names that stand alone."""
    board = app.board
    environments = [environment.name for environment in board.environments] if board else []
    apps = list(board.apps) if board else []
    follow: dict[str, Sequence[str]] = dict.fromkeys(VERBS, ())
    follow["plan"] = follow["compare"] = environments
    follow["theme"] = sorted(app.available_themes)
    follow["filter"] = apps
    return follow, [*environments, *apps]


def ask(app: LiftlockApp) -> None:
    """Open the command line, then do what was typed."""
    from liftlock_tui.modals.command_line import CommandLine

    follow, names = words(app)

    def typed(text: str | None) -> None:
        if text:
            app.commands_run.append(text)
            run(app, text)

    app.push_screen(CommandLine(follow, names, app.commands_run), typed)


def run(app: LiftlockApp, text: str) -> None:
    """Do what a command line says; what is not understood is told, with what there is."""
    verb, *rest = text.split()
    board = app.board_screen
    if verb in ("quit", "q"):
        app.action_leave()
    elif verb == "help":
        app.action_help()
    elif verb == "log":
        app.action_log()
    elif verb == "fetch":
        app.fetch(asked=True)
    elif verb == "theme" and len(rest) == 1:
        app.use_theme(rest[0])
    elif verb == "filter":
        _home(app)
        app.call_later(board.set_filter, " ".join(rest))
    elif verb == "plan" and len(rest) >= 2:
        _home(app)
        board.plan(rest[0], tuple(rest[1:]), ())
    elif verb == "compare" and len(rest) >= 2:
        app.compare(rest[0], rest[1], tuple(rest[2:]))
    elif not _go(app, board, text):
        usage = {"plan": "plan FROM TO…", "compare": "compare LEFT RIGHT [APP…]", "theme": "theme NAME"}
        app.notice(f"not understood: {text}", usage.get(verb, f"there are {', '.join(VERBS)}, environments and apps"))


def _home(app: LiftlockApp) -> None:
    """Back to the board."""
    while not isinstance(app.screen, BoardScreen):
        app.pop_screen()


def _go(app: LiftlockApp, screen: BoardScreen, name: str) -> bool:
    """Put the board's cursor on an environment or app."""
    board, grid = app.board, screen.grid
    if board is None:
        return False
    names = [environment.name for environment in board.environments]
    if name in names:
        _home(app)
        grid.go(grid.row, names.index(name))
    elif name in grid.apps:
        _home(app)
        grid.go(grid.apps.index(name), grid.column)
    else:
        return False
    return True
