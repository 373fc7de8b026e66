"""What is opened outside of the app: a file in the editor, a diff in the pager, a page in the browser."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from liftlock.commands import Command
from liftlock.text import printable
from liftlock_tui import programs
from liftlock_tui.jobs import start
from liftlock_tui.reader import Reader
from liftlock_tui.replies import FileFound, PagesFound

if TYPE_CHECKING:
    from liftlock.engine import Engine
    from liftlock.model.report import Shelved

AT_ONCE = 0.5
"""Seconds: a pager that ends sooner has shown a short text and gone; a person could not have read it."""


class Outward(Reader):
    """Steps aside for other programs, says what it opens, and comes back whole."""

    if TYPE_CHECKING:

        def copy(self, text: str) -> None: ...  # noqa: D102

    # Files ---------------------------------------------------------------------------------------------------------

    def open_file(self, path: str, commit: str, line: int = 0) -> None:
        """Open a file that a commit has, in the editor."""
        engine = self.engine
        if engine is not None:
            start(self, "open-file", lambda job: FileFound(engine.outside.shelved(path, commit), line))

    def on_file_found(self, message: FileFound) -> None:
        """Where the work tree has it too, a person says which of the two; it is never taken for the other."""
        shelved, line = message.shelved, message.line
        if shelved.place is None:
            self._edit_copy(shelved, line)
            return
        from liftlock_tui.modals.choose import Choice, Choose

        equal = "the same text" if shelved.same else "not the same text"
        choices = [
            Choice("work", "the file in your work tree", f"{equal} as the plan reads"),
            Choice("copy", f"a copy to read, of commit {shelved.commit[:8]}", "what the plan reads"),
        ]
        self.push_screen(
            Choose(f"Open {Path(shelved.path).name}", choices, does="open"),
            lambda chosen: self._edit_chosen(shelved, line, str(chosen[0])) if chosen else None,
        )

    def _edit_chosen(self, shelved: Shelved, line: int, which: str) -> None:
        if which == "work" and shelved.place is not None:
            self._edit(shelved.place, line if shelved.same else 0)
            self.notice(
                f"that was {printable(shelved.path)} in your work tree", "a plan reads what is committed and pushed"
            )
        else:
            self._edit_copy(shelved, line)

    def _edit_copy(self, shelved: Shelved, line: int) -> None:
        with tempfile.TemporaryDirectory(prefix="liftlock-") as folder:
            file = Path(folder) / Path(shelved.path).name
            file.write_bytes(shelved.data)
            file.chmod(0o400)
            self._edit(file, line)
        self.notice(
            f"that was a copy of {printable(shelved.path)} at {shelved.commit[:8]}",
            "to read; what is saved there is gone",
        )

    def _edit(self, file: Path, line: int) -> None:
        engine = self.engine
        if engine is None:
            return
        argv = programs.editing(programs.editor(engine.settings.user.editor, os.environ), file, line)
        self.aside(lambda: self._run(engine, Command(argv, cwd=file.parent, ok=tuple(range(256)))))

    def _run(self, engine: Engine, command: Command) -> None:
        code = engine.runner.run_in_terminal(command)
        if code:
            self.notice(f"{Path(command.argv[0]).name} ended with exit code {code}")

    # Diffs ---------------------------------------------------------------------------------------------------------

    def action_pipe(self) -> None:
        """Give the diff that is shown to the pager."""
        engine = self.engine
        text: str = self.screen.patch() if hasattr(self.screen, "patch") else ""
        if engine is None or not text:
            self.notice("there is no diff here to show")
            return
        argv = programs.pager(engine.settings.user.pager, os.environ)

        def page() -> None:
            with tempfile.TemporaryFile() as given:
                given.write(text.encode("utf-8", "replace"))
                given.seek(0)
                began = time.monotonic()
                code = engine.runner.run_in_terminal(Command(argv, ok=tuple(range(256))), stdin=given)
            if code or time.monotonic() - began < AT_ONCE:
                said = f"{argv[0]} ended with exit code {code}; " if code else ""
                with suppress(EOFError, KeyboardInterrupt):
                    input(f"\nliftlock: {said}Enter comes back ")

        self.aside(page)

    # Pages ---------------------------------------------------------------------------------------------------------

    def open_pages(self, ref: str, commit: str, files: tuple[tuple[str, int], ...] = ()) -> None:
        """Choose a page of the forge: the commit, one of the files as it has them, the branch."""
        engine = self.engine
        if engine is not None:
            start(self, "pages", lambda job: PagesFound(engine.outside.pages(ref, commit, files)))

    def on_pages_found(self, message: PagesFound) -> None:
        """Which one."""
        from liftlock_tui.modals.choose import Choice, Choose

        if len(message.pages) == 1:
            self.browse(message.pages[0].url)
            return
        choices = [Choice(page.url, page.kind, page.name) for page in message.pages]
        self.push_screen(
            Choose("Open on the forge", choices, does="open"),
            lambda chosen: self.browse(str(chosen[0])) if chosen else None,
        )

    def browse(self, url: str) -> None:
        """Open a page in the browser; where none can show itself, its address is copied."""
        if not url.startswith(("https://", "http://")):
            self.notice("this is no address of a page", printable(url))
        elif programs.has_browser(os.environ, sys.platform) and webbrowser.open(url):
            self.notice("opened in the browser", printable(url))
        else:
            self.copy(url)

    # The shell -----------------------------------------------------------------------------------------------------

    def action_suspend(self) -> None:
        """Go to the background; `fg` in the shell comes back."""
        self.action_suspend_process()
