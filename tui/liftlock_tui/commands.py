"""Acts by name: what the palette offers, and the words of the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.dom import DOMNode

from liftlock.values import dataclass
from liftlock_tui.actions import BY_ID, Action, key_name
from liftlock_tui.screens.board import BoardScreen

if TYPE_CHECKING:
    from liftlock_tui.app import LiftlockApp
    from liftlock_tui.modals.palette import Entry


@dataclass(frozen=True, slots=True)
class Verb:
    """A word of the command line: how it is used, what it does, and what can follow it.

    `follow` names what is completed: `environments`, `apps`, `themes`. `least` is how many words it needs.
    """

    usage: str
    about: str
    run: Callable[[LiftlockApp, list[str]], None]
    follow: tuple[str, ...] = ()
    least: int = 0


def _plan(app: LiftlockApp, rest: list[str]) -> None:
    names = [environment.name for environment in app.board.environments] if app.board else []
    targets = [word for word in rest[1:] if word in names or word not in (app.board.apps if app.board else ())]
    apps = tuple(word for word in rest[1:] if word not in targets)
    _home(app)
    app.board_screen.plan(rest[0], tuple(targets), apps)


def _filter(app: LiftlockApp, rest: list[str]) -> None:
    _home(app)
    app.call_later(app.board_screen.set_filter, " ".join(rest))


def _doctor(app: LiftlockApp, rest: list[str]) -> None:
    app.action_doctor()


def _act(id: str) -> Callable[[LiftlockApp, list[str]], None]:
    """An act of the board, on the environment and app that are named, or where the cursor is."""

    def run(app: LiftlockApp, rest: list[str]) -> None:
        for word in rest:
            if not _go(app, app.board_screen, word):
                app.notice(f"there is no environment or app {word}")
                return
        _home(app)
        app.call_later(app.run_action, BY_ID[id].name, app.board_screen)

    return run


_CELL = ("environments", "apps")
VERBS: dict[str, Verb] = {
    "plan": Verb("plan FROM TO… [APP…]", "what would move from one environment to others", _plan, _CELL, 2),
    "compare": Verb(
        "compare LEFT RIGHT [APP…]", "two environments as they are rendered",
        lambda app, rest: app.compare(rest[0], rest[1], tuple(rest[2:])), _CELL, 2,
    ),
    "filter": Verb("filter WORDS", "only apps that have these words; !word leaves out", _filter, ("apps",)),
    "uneven": Verb("uneven", "only apps that are not level somewhere; once more for all", _act("board.uneven")),
    "history": Verb("history [ENV] [APP]", "what went there, when and by whom", _act("board.history"), _CELL),
    "drift": Verb("drift [ENV] [APP]", "how what runs differs from Git", _act("board.drift"), _CELL),
    "objects": Verb("objects [ENV] [APP]", "the live objects down to the pods", _act("board.objects"), _CELL),
    "watch": Verb("watch [ENV]", "the newest promotion as it converges", _act("board.watch"), ("environments",)),
    "rollback": Verb("rollback [ENV] [APP]", "the states it had, and the way back", _act("board.rollback"), _CELL),
    "waves": Verb("waves", "promotions that go one environment after the other", _act("board.waves")),
    "reviews": Verb("reviews", "the promotions in flight", _act("board.reviews")),
    "push": Verb("push", "push a promotion that waits; asks", _act("board.push")),
    "undo": Verb("undo", "take an unpushed promotion back; asks", _act("board.undo")),
    "problems": Verb("problems", "what is wrong or ambiguous here", _act("board.problems")),
    "edit": Verb("edit [ENV] [APP]", "a file of the cell in your editor", _act("board.editor"), _CELL),
    "browse": Verb("browse [ENV] [APP]", "the forge's page of the cell", _act("board.browse"), _CELL),
    "fetch": Verb("fetch", "fetch from the remote and read again", lambda app, rest: app.fetch(asked=True)),
    "doctor": Verb("doctor", "what was found here and why, and what is wrong", _doctor),
    "log": Verb("log", "every command that was run", lambda app, rest: app.action_log()),
    "theme": Verb("theme NAME", "another theme", lambda app, rest: app.use_theme(rest[0]), ("themes",), 1),
    "help": Verb("help", "all keys", lambda app, rest: app.action_help()),
    "quit": Verb("quit", "leave", lambda app, rest: app.action_leave()),
}  # fmt: skip
ALIASES = {"q": "quit", "promote": "plan", "stage": "plan", "diff": "compare", "keys": "help", "where": "filter"}
"""Other words for them."""


def live_actions(app: LiftlockApp) -> list[tuple[Action, DOMNode]]:
    """The acts that can be done where the focus is, and who does them."""
    found: dict[str, tuple[Action, DOMNode]] = {}
    for active in app.screen.active_bindings.values():
        action = BY_ID.get(active.binding.id or "")
        if action is not None and active.enabled:
            found.setdefault(action.id, (action, active.node))
    return list(found.values())


def open_palette(app: LiftlockApp) -> None:
    """Open the palette over the acts that are live here, then do what was chosen."""
    from liftlock_tui.modals.palette import Palette

    app.push_screen(Palette(entries(app)), lambda chosen: chosen.run() if chosen is not None else None)


def entries(app: LiftlockApp) -> list[Entry]:
    """What the palette offers: acts in the order of the footer, then places, then themes."""
    from liftlock_tui.modals.palette import Entry

    found: list[Entry] = []
    known: set[str] = set()
    for action, node in sorted(live_actions(app), key=lambda pair: pair[0].weight or 1000):
        if action.palette and action.label not in known:
            known.add(action.label)
            found.append(Entry(action.label, action.help, _runner(app, action, node), key_name(_key(app, action))))
    board = app.board
    for name in [environment.name for environment in board.environments] if board else []:
        found.append(Entry(f"go to {name}", "environment", _goer(app, name)))
    for name in board.apps if board else ():
        found.append(Entry(f"go to {name}", "app", _goer(app, name)))
    for name in sorted(app.available_themes, key=lambda name: (name not in app.own_names, name)):
        about = "made for liftlock" if name in app.own_names else "one of Textual's own"
        found.append(Entry(f"theme {name}", about, _themer(app, name), theme=name))
    return found


def _key(app: LiftlockApp, action: Action) -> str:
    return next(iter(app.keys_of(action.id)), "")


def _runner(app: LiftlockApp, action: Action, node: DOMNode) -> Callable[[], None]:
    def run() -> None:
        app.call_later(app.run_action, action.name, node)

    return run


def _goer(app: LiftlockApp, name: str) -> Callable[[], None]:
    def run() -> None:
        _go(app, app.board_screen, name)

    return run


def _themer(app: LiftlockApp, name: str) -> Callable[[], None]:
    return lambda: app.use_theme(name)


def words(app: LiftlockApp) -> tuple[dict[str, Sequence[str]], list[str]]:
    """What can follow each command, and the names that stand alone."""
    board = app.board
    kinds: dict[str, list[str]] = {
        "environments": [environment.name for environment in board.environments] if board else [],
        "apps": list(board.apps) if board else [],
        "themes": sorted(app.available_themes),
    }
    follow: dict[str, Sequence[str]] = {
        name: [word for kind in verb.follow for word in kinds[kind]] for name, verb in VERBS.items()
    }
    follow |= {alias: follow[name] for alias, name in ALIASES.items()}
    return follow, [*kinds["environments"], *kinds["apps"]]


def ask(app: LiftlockApp) -> None:
    """Open the command line, then do what was typed."""
    from liftlock_tui.modals.command_line import CommandLine

    follow, names = words(app)

    def typed(text: str | None) -> None:
        if text:
            app.commands_run.append(text)
            run(app, text)

    told = {verb.usage: verb.about for verb in VERBS.values()}
    about = {name: (usage, told[usage]) for name, usage in ((n, v.usage) for n, v in VERBS.items())}
    app.push_screen(CommandLine(follow, names, app.commands_run, about), typed)


def run(app: LiftlockApp, text: str) -> None:
    """Do what a command line says; what is not understood is told, with what there is."""
    word, *rest = text.split()
    verb = VERBS.get(ALIASES.get(word, word))
    if verb is not None and len(rest) >= verb.least:
        verb.run(app, rest)
    elif verb is not None:
        app.notice(f"not understood: {text}", verb.usage)
    elif not _go(app, app.board_screen, text):
        near = [name for name in VERBS if name.startswith(word[:2])]
        app.notice(f"not understood: {text}", f"there are {', '.join(near or VERBS)}, environments and apps")


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
