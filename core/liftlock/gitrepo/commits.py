"""Commits made of objects, with the user's identity and signature; nothing points to them yet."""

from __future__ import annotations

import base64
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path

from liftlock.errors import RepositoryError, TerminalNeeded
from liftlock.gitrepo.asking import asks_to_sign, in_the_terminal
from liftlock.gitrepo.edits import edit_tree
from liftlock.gitrepo.objects import Objects
from liftlock.gitrepo.process import Git
from liftlock.gitrepo.settings import read_settings


def write_commit(
    git: Git,
    objects: Objects,
    base: str,
    changes: Mapping[str, bytes | None],
    message: str,
    *,
    sign: bool | None = None,
    interactive: bool = False,
) -> str:
    """The id of a new commit on top of `base` in which these files are written (bytes) or gone (None).

    `sign` None means as commit.gpgsign says. With `interactive` the signing program may ask on the terminal. Raises
    RepositoryError (no identity, nothing changed, what `edit_tree` refuses), TerminalNeeded.
    """
    found = objects.read(base)
    if found is None or found.type != "commit":
        raise RepositoryError(f"There is no commit {base[:12]}", "it is the base of the promotion", "git fetch")
    old_tree = found.data.split(b"\n", 1)[0].removeprefix(b"tree ").decode()
    tree = edit_tree(git, objects, old_tree, changes)
    if tree == old_tree:
        raise RepositoryError(
            "The commit would change nothing", "the base holds these files just so", "plan again, or leave it"
        )
    if sign is None:
        sign = read_settings(git).flag("commit.gpgsign")
    commit = _commit_tree(git, tree, base, message, sign=sign, interactive=interactive)
    made = objects.read(commit)
    if made is not None:
        script = as_script(base, changes, message, made.data)
        git.runner.note(f"git commit-tree {tree} -p {base}", mutates=True, script=script)
    return commit


def _commit_tree(git: Git, tree: str, base: str, message: str, *, sign: bool, interactive: bool) -> str:
    text = message if message.endswith("\n") else message + "\n"
    # The message is UTF-8 whatever the repository's files are in; commit-tree would only label it otherwise.
    arguments = ["-c", "i18n.commitEncoding=UTF-8", "commit-tree", *(["-S"] if sign else []), tree, "-p", base, "-F"]
    if sign and interactive:
        return _in_terminal(git, arguments, text)
    data = text.encode("utf-8", "surrogateescape")
    # Without a terminal of its own a pinentry fails at once instead of drawing over the screen.
    result = git.run(*arguments, "-", stdin=data, ok=(0, 1, 128), env={"GPG_TTY": None})
    if result.code == 0:
        return result.text.strip()
    if sign and asks_to_sign(result.complaint):
        raise TerminalNeeded(
            "The commit could not be signed without asking",
            result.complaint,
            "do it where the signing program can ask for its PIN or passphrase, or unlock the key first",
            command="git commit-tree -S",
        )
    raise git.failure(result, "The commit could not be made", "git commit-tree")


def _in_terminal(git: Git, arguments: list[str], text: str) -> str:
    with tempfile.TemporaryDirectory(prefix="liftlock-") as folder:
        file = Path(folder) / "message"
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        command = git.command(*arguments, str(file), env=in_the_terminal())
        with tempfile.TemporaryFile() as answer:
            code = git.runner.run_in_terminal(command, stdout=answer)
            answer.seek(0)
            commit = answer.read().decode("ascii", "replace").strip()
    if code != 0 or not commit:
        raise RepositoryError(
            "The commit could not be signed",
            f"git commit-tree ended with exit code {code}; the reason stands in the terminal",
            "look at user.signingkey and gpg.format, or turn commit.gpgsign off",
            command="git commit-tree -S",
        )
    return commit


def missing_identity(git: Git) -> str:
    """A sentence when git would not know who commits, "" when it does."""
    for name in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        result = git.run("var", name, ok=(0, 1, 128))
        if result.code != 0:
            return git.failure(result, "Git does not know who you are", f"git var {name}").title
    return ""


def as_script(base: str, changes: Mapping[str, bytes | None], message: str, made: bytes) -> str:
    """Shell lines that make the same commit, in any clone that has the base; its id is left in `$commit`."""
    lines = ['cd "./$(git rev-parse --show-cdup)"', "index=$(mktemp -u)", f"GIT_INDEX_FILE=$index git read-tree {base}"]
    for path, data in changes.items():
        name = shlex.quote(path)
        if data is None:
            lines.append(f"GIT_INDEX_FILE=$index git update-index --force-remove -- {name}")
            continue
        lines += [
            f"blob=$(printf %s {_quoted(data)} | git hash-object -w --stdin)",
            f"mode=$(git ls-tree {base} -- {name} | cut -c1-6)",
            f'GIT_INDEX_FILE=$index git update-index --add --cacheinfo "${{mode:-100644}},$blob,"{name}',
        ]
    lines += [
        "tree=$(GIT_INDEX_FILE=$index git write-tree)",
        'rm -f "$index"',
        f"commit=$(printf %s {shlex.quote(message)} | {_dates(made)}git commit-tree $tree -p {base} -F -)",
    ]
    return "\n".join(lines)


def _quoted(data: bytes) -> str:
    try:
        return shlex.quote(data.decode("utf-8"))
    except UnicodeDecodeError:
        return f'"$(printf %s {base64.b64encode(data).decode()} | base64 -d)"'


def _dates(made: bytes) -> str:
    """The times of the commit as variables, so that the same commit comes out."""
    found = {}
    for line in made.split(b"\n\n", 1)[0].split(b"\n"):
        for role in (b"author", b"committer"):
            if line.startswith(role + b" "):
                found[role.decode().upper()] = line.rsplit(b"> ", 1)[-1].decode("ascii", "replace")
    return "".join(f"GIT_{role}_DATE={shlex.quote(when)} " for role, when in found.items())
