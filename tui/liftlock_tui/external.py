"""What lies outside: the clipboard, and stepping aside from the terminal."""

from __future__ import annotations

import base64
import os
import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from liftlock.commands import Command
from liftlock.errors import LiftlockError
from liftlock.model.diff import ObjectKey
from liftlock.text import plural
from liftlock_tui.jobs import Job, start

if TYPE_CHECKING:
    from liftlock_tui.app import LiftlockApp

LONGEST = 75_000
"""Encoded characters that terminals take in one clipboard sequence."""

XCLIP = ("sh", "-c", "exec xclip -selection clipboard >/dev/null 2>&1")
"""xclip stays behind with the streams it was given, so it gets none."""


def clipboard_command(environment: Mapping[str, str], platform: str = sys.platform) -> tuple[str, ...]:
    """The program that reaches the machine's own clipboard from here; empty when none does."""
    if "SSH_CONNECTION" in environment or "SSH_TTY" in environment:
        return ()
    candidates: list[tuple[str, ...]] = []
    if platform == "darwin":
        candidates.append(("pbcopy",))
    if "WSL_DISTRO_NAME" in environment or platform == "win32":
        candidates.append(("clip.exe",))
    if environment.get("WAYLAND_DISPLAY"):
        candidates.append(("wl-copy",))
    if environment.get("DISPLAY"):
        candidates += [("xsel", "--clipboard", "--input"), XCLIP]
    return next((argv for argv in candidates if shutil.which("xclip" if argv is XCLIP else argv[0])), ())


def native_clipboard() -> tuple[str, ...]:
    """The same for this process."""
    return clipboard_command(os.environ)


def fits_terminal(text: str) -> bool:
    """Whether the terminal would take it as a clipboard sequence."""
    return len(base64.b64encode(text.encode("utf-8", "replace"))) <= LONGEST


def copy(app: LiftlockApp, text: str) -> None:
    """Put a text on the clipboard and say how."""
    argv = native_clipboard()
    if argv and app.engine is not None:
        command = Command(argv, stdin=text.encode("utf-8", "replace"), timeout=5)
        runner = app.engine.runner

        def work(job: Job) -> None:
            try:
                runner.run(command)
            except LiftlockError:
                app.call_from_thread(_by_terminal, app, text)
            else:
                app.call_from_thread(app.notice, f"copied {plural(len(text.splitlines()), 'line')}", f"with {argv[0]}")

        start(app, "copy", work)
        return
    _by_terminal(app, text)


def k9s(app: LiftlockApp, key: ObjectKey, context: str) -> None:
    """Hand the terminal to k9s on this object; browsing is its work."""
    if shutil.which("k9s") is None:
        app.notice("k9s is not installed", f"kubectl --context {context} describe {key.kind.lower()} {key.name}")
        return
    where = ("-n", key.namespace) if key.namespace else ("-A",)
    argv = ("k9s", *(("--context", context) if context else ()), *where, "-c", f"{key.kind.lower()} /{key.name}")
    engine = app.engine
    if engine is not None:
        runner = engine.runner
        app.aside(lambda: runner.run_in_terminal(Command(argv, ok=tuple(range(256)))))


def _by_terminal(app: LiftlockApp, text: str) -> None:
    if not fits_terminal(text):
        app.notice("too long for the terminal's clipboard", "install wl-copy, xclip or xsel")
        return
    app.copy_to_clipboard(text)
    app.notice(f"copied {plural(len(text.splitlines()), 'line')}", "through the terminal, where it allows that")
