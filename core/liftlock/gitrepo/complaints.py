"""What git's complaints mean: standard error, in English, to a title, a detail and a next step."""

from __future__ import annotations

import re

_IDENTITY = (
    "tell git who you are: git config --global user.name 'Your Name' && git config --global user.email you@example.org"
)

# The first that fits wins: causes stand before the symptoms that git prints after them.
_MEANINGS: tuple[tuple[str, str, str], ...] = (
    (r"No space left on device|[Dd]isk quota exceeded", "The disk is full", "free some space, then do it again"),
    (
        r"Read-only file system",
        "The repository is on a read-only file system",
        "use a clone on a file system that can be written to",
    ),
    (
        r"detected dubious ownership|unsafe repository",
        "This repository belongs to another user",
        "if you trust it: git config --global --add safe.directory PATH",
    ),
    (
        r"Please tell me who you are|empty ident name|unable to auto-detect email|no email was given|no name was given",
        "Git does not know who you are",
        _IDENTITY,
    ),
    (
        r"Unable to create '.*\.lock': File exists|[Uu]nable to create .*: File exists",
        "Another git holds a lock in this repository",
        "wait for it to end; if none runs, it was left behind by a crash: remove the file named here",
    ),
    (
        r"[Ii]nsufficient permission|unable to (create|write|open|append)[^\n]*[Pp]ermission denied|"
        r"[Pp]ermission denied[^\n]*objects|unable to create (directory|temporary file)|Not a directory",
        "The repository cannot be written to",
        "look at the owner and the permissions of the folder that is named here",
    ),
    (
        r"unknown repository extension|Expected git repo version|unknown value for 'extensions",
        "This repository has a format that the installed git does not know",
        "update git",
    ),
    (
        r"cannot use bare repository",
        "Git is set up not to use a bare repository that it comes across",
        "name it: GIT_DIR=FOLDER liftlock …, or look at safe.bareRepository",
    ),
    (
        r"not a git repository",
        "There is no Git repository here",
        "go to a clone, or name one with --repo DIR",
    ),
    (
        r"object file .* is empty|is corrupt|bad object|missing blob|unable to read tree|not a valid object name|"
        r"could not get object info",
        "An object of the repository cannot be read",
        "git fsck says what is broken; a fresh clone is the way out",
    ),
)


def explain(complaint: str) -> tuple[str, str, str]:
    """Title, detail and hint for what git said; a title of "" when it is none of the usual ones."""
    for pattern, title, hint in _MEANINGS:
        if re.search(pattern, complaint):
            path = re.search(r"safe\.directory (?P<path>.+)", complaint)
            return title, complaint, hint.replace("PATH", path["path"].strip() if path else "PATH")
    return "", complaint, ""
