"""The full-screen app: opens the repository behind the first paint, and keeps the screens."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import App, InvalidThemeError
from textual.binding import BindingType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.filter import LineFilter
from textual.screen import Screen

from liftlock.errors import ConfigError
from liftlock.model.revision import forget_marks
from liftlock.text import printable, shorten
from liftlock_tui.actions import bindings
from liftlock_tui.fading import Fading
from liftlock_tui.hangup import TERMINAL_GONE, LastingDriver, when_gone
from liftlock_tui.ink import Palette, variables
from liftlock_tui.jobs import unexpected
from liftlock_tui.outward import Outward
from liftlock_tui.screens.board import BoardScreen
from liftlock_tui.screens.page import Page
from liftlock_tui.wholewrites import whole

if TYPE_CHECKING:
    from liftlock.engine import Engine
    from liftlock.model.promotion import Promotion
    from liftlock_tui.replies import Asked

DEFAULT_THEME, SIXTEEN = "liftlock-dark", "terminal"
LOOK = ("LIFTLOCK_THEME", "LIFTLOCK_ASCII", "LIFTLOCK_ANIMATION")
"""The variables that matter before the first paint."""
LONGEST_NOTICE = 160
"""Columns of each half of a notice, which covers what is under it."""
CANNOT = 2
"""The exit code when there was nothing that could be shown."""
TICK = 20.0
"""Seconds after which ages are shown anew."""


class LiftlockApp(Outward):
    """One repository on the screen. `open_engine` is called in a thread, after the first paint."""

    CSS_PATH = ["styles/base.tcss", "styles/board.tcss"]  # noqa: RUF012
    ENABLE_COMMAND_PALETTE = False  # there is one of our own over the registry of actions
    TITLE = "liftlock"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]

    def __init__(
        self,
        open_engine: Callable[[], Engine],
        *,
        place: str = "",
        theme: str = "",
        own_themes: Path | None = None,
        ascii_only: bool = False,
        animation: bool = True,
    ) -> None:
        forget_marks()
        self._palette: Palette | None = None
        self.ascii_only = ascii_only or os.environ.get("TERM") == "dumb"
        self.place = place
        self._fading = Fading()
        super().__init__(open_engine)
        self.commands_run: list[str] = []
        self._own_themes = own_themes
        self.own_names: set[str] = set()
        """The themes of liftlock and of the person, without those of the framework."""
        self._late_theme = self._first_look(theme or DEFAULT_THEME)
        if not animation:
            self.animation_level = "none"
        self.set_class(self.ascii_only, "-ascii")

    def get_driver_class(self) -> type[Driver]:
        """What draws on the terminal, and knows that it may go."""
        found = super().get_driver_class()
        return LastingDriver if found is LinuxDriver else found

    # Looks ---------------------------------------------------------------------------------------------------------

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The app's own colours, for themes that do not name them."""
        return variables(self.current_theme)

    @property
    def palette(self) -> Palette:
        """The styles of the theme in use."""
        if self._palette is None:
            self._palette = Palette(self.theme_variables, faded=self.ascii_only)
        return self._palette

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What goes over each line before it is written: frames in ASCII, where nothing else can be drawn."""
        found = super().get_line_filters()
        return [*found, self._fading] if self.ascii_only else found

    def use_theme(self, name: str) -> None:
        """Take another theme; an unknown one is told and changes nothing."""
        try:
            self.theme = name
        except InvalidThemeError:
            self.notice(f"there is no theme {name}", f"there are {', '.join(sorted(self.available_themes))}")

    def use_ascii(self) -> None:
        """Show the app's own signs in ASCII."""
        if not self.ascii_only:
            self.ascii_only = True
            self.set_class(True, "-ascii")
            self._repaint()

    def _repaint(self) -> None:
        self._palette = None
        for screen in self.screen_stack:
            if isinstance(screen, Page) and screen.laid_out:
                screen.repaint()
            screen.refresh(layout=True)

    def keys_of(self, action: str) -> tuple[str, ...]:
        """The keys of an action, as they are in force."""
        return self.key_table[action]

    def notice(self, text: str, hint: str = "") -> None:
        """Say something that asks nothing."""
        parts = [shorten(part, LONGEST_NOTICE) for part in (text, hint) if part]
        self.notify(self.palette.text(" — ".join(parts)), markup=False, timeout=6)

    # Opening -------------------------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[Any]:
        """The board, there before anything is known."""
        return BoardScreen()

    @property
    def board_screen(self) -> BoardScreen:
        """The first screen."""
        screen = self.screen_stack[0]
        assert isinstance(screen, BoardScreen)  # noqa: S101  (get_default_screen made it)
        return screen

    def on_mount(self) -> None:
        """Paint first, then open."""
        self.theme_changed_signal.subscribe(self, lambda _: self._repaint())
        # What the shell wrote over is not known to be gone: everything is painted again.
        self.app_resume_signal.subscribe(self, lambda _: self._repaint())
        self.call_after_refresh(self._painted)
        self.set_interval(TICK, self._tick)
        if not self.is_headless:
            when_gone(0, self._terminal_gone)

    def _painted(self) -> None:
        """What could wait until something is on the screen."""
        if not gc.isenabled():
            gc.enable()
            gc.freeze()  # what was imported stays: it is not looked through again and again
        self._all_looks()
        self.open()

    def _terminal_gone(self) -> None:
        with suppress(RuntimeError):  # told while the app was leaving
            self.call_from_thread(self.leave, TERMINAL_GONE)

    def _first_look(self, name: str) -> str:
        """Register the theme that the first paint needs, and no more; the name that has to wait for the others."""
        from liftlock_tui import themes
        from liftlock_tui.resources import folder

        for place in (self._own_themes, folder("themes")):
            file = place / f"{name}.toml" if place is not None else None
            if file is not None and file.is_file():
                try:
                    theme = themes.read(file)
                except ConfigError:
                    break  # told with the others
                if theme.name == name:
                    self.register_theme(theme)
                    self.set_reactive(App.theme, name)
                    self.stylesheet.set_variables(self.get_css_variables())
                    return ""
        return name

    def _all_looks(self) -> None:
        """Register the other themes, and say what is wrong with those that cannot be used."""
        from liftlock_tui import themes

        shelf = themes.load(self._own_themes)
        self.own_names = set(shelf.names)
        for theme in shelf:
            if theme.name not in self.available_themes:
                self.register_theme(theme)
        for problem in shelf.problems:
            self.notice(problem.title, problem.hint)
        if self._late_theme:
            self.use_theme(self._late_theme)

    def push_promotion(self, promotion: Promotion) -> None:
        """Ask to push it."""
        from liftlock_tui.modals.push import PushDialog

        self.push_screen(PushDialog(promotion), lambda _: self.refill())

    def committed_anew(self, before: Promotion, promotion: Promotion) -> None:
        """A promotion stands under another message now."""
        from liftlock_tui.screens.stage import StageScreen

        self.made = [promotion if made == before else made for made in self.made]
        for screen in self.screen_stack:
            if isinstance(screen, StageScreen) and screen.promotion == before:
                screen.promotion = promotion

    def undo_promotion(self, promotion: Promotion) -> None:
        """Ask to take it back."""
        from liftlock_tui.modals.undo import UndoDialog

        self.push_screen(UndoDialog(promotion), lambda _: self.refill())

    def copy(self, text: str) -> None:
        """Put a text on the clipboard: the machine's own where one is reached, else the terminal's."""
        from liftlock_tui.external import copy

        copy(self, text)

    def compare(self, left: str, right: str, apps: tuple[str, ...]) -> None:
        """Show two environments side by side, rendered."""
        from liftlock_tui.screens.compare import CompareScreen

        if self.ready:
            self.push_screen(CompareScreen(left, right, apps))

    def on_asked(self, message: Asked) -> None:
        """Controllers were asked to look at once."""
        for said in message.said:
            self.notice(said, "it stands in the command log (@)")

    def converge(self, environment: str, revision: str, *, pushed_at: float | None = None) -> None:
        """Watch a revision converge."""
        from liftlock_tui.screens.converge import ConvergeScreen

        if self.ready:
            self.push_screen(ConvergeScreen(environment, revision, pushed_at))

    def objects(self, environment: str, app: str) -> None:
        """Show the live objects of an environment, or of one app there."""
        from liftlock_tui.screens.resources import ResourcesScreen

        if self.ready:
            self.push_screen(ResourcesScreen(environment, app))

    def drift(self, environment: str, apps: tuple[str, ...]) -> None:
        """Show how what runs differs from Git."""
        from liftlock_tui.screens.drift import DriftScreen

        if self.ready:
            self.push_screen(DriftScreen(environment, apps))

    def say_title(self, text: str) -> None:
        """The terminal's own title, so that the end is seen from another window; "" takes it back."""
        titled = os.environ.get("TERM", "dumb") not in ("dumb", "linux")
        if self._driver is not None and not self.is_headless and titled:
            shown = shorten(printable(text), 60)
            self._driver.write(f"\x1b]2;{f'liftlock: {shown}' if shown else 'liftlock'}\x07")

    # Everywhere ----------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, Page):
                screen.tick(self.now())

    def action_help(self) -> None:
        """Keys of where the focus is."""
        from liftlock_tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.screen))

    def action_palette(self) -> None:
        """Find any act by its name."""
        from liftlock_tui.commands import open_palette

        open_palette(self)

    def action_command(self) -> None:
        """Type a command."""
        from liftlock_tui.commands import ask

        ask(self)

    def action_doctor(self) -> None:
        """What was found here and why, and what is wrong."""
        from liftlock_tui.screens.doctor import DoctorScreen

        if self.ready and not isinstance(self.screen, DoctorScreen):
            self.push_screen(DoctorScreen())

    def action_log(self) -> None:
        """The commands that were run."""
        from liftlock_tui.screens.log import LogScreen

        if self.engine is not None and not isinstance(self.screen, LogScreen):
            self.push_screen(LogScreen(self.engine.journal))

    def action_leave(self) -> None:
        """Leave; ask when a commit of this session waits for its push."""
        if not self.made:
            self.leave(CANNOT if self.problem is not None else 0)
            return
        from liftlock_tui.modals.dialog import Confirm

        branches = ", ".join(promotion.branch for promotion in self.made)
        said = (
            (("Committed here and not pushed: ", ""), (branches, "strong bold")),
            (("They stay in the repository; P on the board pushes them later.", "muted"),),
        )
        self.push_screen(Confirm("Leave without pushing?", said, "leave"), lambda yes: self.leave() if yes else None)

    def _fatal_error(self) -> None:
        """A mistake of liftlock's own: it is told by its place alone.

        The framework's report would print every value that was at hand, secrets among them.
        """
        error = sys.exc_info()[1] or self._exception
        told = unexpected(error if isinstance(error, Exception) else RuntimeError("unknown"))
        self.panic(Text(f"{told.title}\n  {told.detail}\n  {told.hint}"))

    async def action_quit(self) -> None:
        """Leave."""
        self.action_leave()

    def action_help_quit(self) -> None:
        """Ctrl-C leaves as q does."""
        self.action_leave()

    def leave(self, code: int = 0) -> None:
        """End what still runs, then the app."""
        self.workers.cancel_all()
        if self.engine is not None:  # a thread that waits for a process would keep the program alive
            threading.Thread(target=self.engine.close, daemon=True).start()
        self.exit(code)


def sixteen_colours(environment: Mapping[str, str]) -> bool:
    """Whether the terminal has no more than 16 colours, as far as its variables tell: its own theme is then taken."""
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit") or environment.get("TEXTUAL_COLOR_SYSTEM"):
        return False
    term = environment.get("TERM", "")
    return bool(term) and term.rpartition("-")[2] not in ("256color", "kitty", "direct", "truecolor")


def run(
    start: Path, *, at: str | None = None, theme: str = "", ascii_only: bool = False, animation: bool = True
) -> int:
    """Open the app on the repository that holds `start`; its exit code."""

    def open_engine() -> Engine:
        from liftlock.engine import Engine

        return Engine.open(start, at=at)

    from liftlock.config import config_file, themes_dir

    look: dict[str, Any] = {"theme": theme, "ascii_only": ascii_only, "animation": animation}
    if config_file().exists() or any(os.environ.get(variable) for variable in LOOK):
        from liftlock.config import load_user  # most people have set nothing, and are not kept waiting for this

        user = load_user()
        look = {"theme": theme or user.theme, "ascii_only": ascii_only or user.ascii}
        look["animation"] = animation and user.animation
    if not look["theme"] and sixteen_colours(os.environ):
        look["theme"] = SIXTEEN
    vars(sys)["__stderr__"] = whole(sys.__stderr__)  # what the framework draws on
    app = LiftlockApp(open_engine, place=printable(str(start)), own_themes=themes_dir(), **look)
    code = app.run()
    if app.engine is not None:
        app.engine.close()
    return code if code is not None else app.return_code or 0
