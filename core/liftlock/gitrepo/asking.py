"""Where git or a helper of it has to ask a person: how asking is kept off, and how it shows that it was wanted."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
from pathlib import PurePath

from liftlock.gitrepo.settings import Settings

_ASKS = re.compile(
    r"terminal prompts disabled|could not read (Username|Password)|No such device or address|"
    r"unable to read askpass response|Host key verification failed|Permission denied \((publickey|password|keyboard)|"
    r"[Pp]ermission denied, please try again|incorrect passphrase supplied|Too many authentication failures"
)
_SIGN_ASKS = re.compile(
    r"incorrect passphrase|passphrase|[Ii]nappropriate ioctl|[Nn]o pinentry|[Pp]inentry|cannot open '?/dev/tty|"
    r"[Oo]peration cancelled|agent refused operation|device not found"
)

_SIGN_SILENT = re.compile(r"\A(error: )?gpg failed to sign the data:?\s*(fatal: failed to write commit object)?\s*\Z")


def asks(complaint: str) -> bool:
    """Whether git failed because it must not ask."""
    return bool(_ASKS.search(complaint))


def asks_to_sign(complaint: str) -> bool:
    """Whether the signing program failed because it must not ask.

    Git before 2.40 keeps to itself what gpg said: then that is the likely reason, and the terminal will tell.
    """
    return bool(_SIGN_ASKS.search(complaint)) or _SIGN_SILENT.search(complaint) is not None


def in_the_terminal() -> dict[str, str | None]:
    """Variables as the user has them, so that git and its helpers ask as they always do."""
    env = {name: os.environ.get(name) for name in ("GIT_TERMINAL_PROMPT", "GIT_ASKPASS", "SSH_ASKPASS", "GPG_TTY")}
    if env["GPG_TTY"] is None:
        with contextlib.suppress(OSError):
            env["GPG_TTY"] = os.ttyname(0)
    return env


def ssh_without_asking(settings: Settings) -> dict[str, str | None]:
    """Variables that make ssh fail where it would ask; a program of the user's that is not ssh is left as it is."""
    configured = os.environ.get("GIT_SSH_COMMAND") or settings.get("core.sshcommand")
    if not configured:
        return {} if os.environ.get("GIT_SSH") else {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}
    try:
        program = PurePath(shlex.split(configured)[0]).name
    except (ValueError, IndexError):
        return {}
    return {"GIT_SSH_COMMAND": f"{configured} -oBatchMode=yes"} if program in ("ssh", "ssh.exe") else {}
