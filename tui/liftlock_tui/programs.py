"""Which program a person wants, and how it is called: the editor at a line, the pager, the browser. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

PLUS = (
    "vi",
    "vim",
    "nvim",
    "view",
    "vis",
    "nano",
    "pico",
    "emacs",
    "emacsclient",
    "kak",
    "joe",
    "jed",
    "mg",
    "ne",
    "micro",
)
"""Editors that take `+LINE FILE`."""
GOTO = ("code", "code-insiders", "codium", "vscodium", "cursor", "windsurf")
"""Editors that take `--goto FILE:LINE`, and come back at once unless told to wait."""
COLON = ("hx", "helix", "subl", "zed", "zeditor", "lite-xl")
"""Editors that take `FILE:LINE`."""
WAITS = (*GOTO, "subl", "zed", "zeditor")
"""Editors with a window of their own that wait when they are told `--wait`."""
LINE = ("kate", "idea", "pycharm", "goland", "webstorm", "gedit")
"""Editors that take `--line N FILE` (gedit: `+N`)."""


def split(text: str) -> tuple[str, ...]:
    """A program with its arguments, as a shell would read them; one with broken quotes is a name as it stands."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return (text,)


def editor(own: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The person's editor: of the own file, `$VISUAL`, `$EDITOR`, and where none is named `vi`."""
    return split(own or environment.get("VISUAL") or environment.get("EDITOR") or "vi") or ("vi",)


def editing(program: tuple[str, ...], file: Path, line: int = 0) -> tuple[str, ...]:
    """The whole call that opens a file at a line, 0 for none."""
    name = Path(program[0]).name.removesuffix(".exe").lower()
    waits = ("--wait",) if name in WAITS and not {"--wait", "-w"} & set(program) else ()
    if not line:
        return (*program, *waits, str(file))
    if name in GOTO:
        return (*program, *waits, "--goto", f"{file}:{line}")
    if name in COLON:
        return (*program, *waits, f"{file}:{line}")
    if name in LINE and name != "gedit":
        return (*program, "--line", str(line), str(file))
    if name in PLUS or name == "gedit":
        return (*program, f"+{line}", str(file))
    return (*program, str(file))


def pager(own: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The person's pager for diffs: of the own file, `$GIT_PAGER`, `$PAGER`, and where none is named `less -R`.

    One that is a piece of shell (`diff-so-fancy | less`) is given to a shell, as git does.
    """
    wanted = own or environment.get("GIT_PAGER") or environment.get("PAGER") or "less -R"
    if set(wanted) & set("|&;<>()$`"):
        return ("sh", "-c", wanted)
    return split(wanted) or ("less", "-R")


def has_browser(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a browser would show a window: not over ssh, and not on a console without a display."""
    if environment.get("BROWSER"):
        return True
    if "SSH_CONNECTION" in environment or "SSH_TTY" in environment:
        return False
    if platform in ("darwin", "win32") or "WSL_DISTRO_NAME" in environment:
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
