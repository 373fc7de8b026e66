"""Commits made of objects, with the user's identity and signature; nothing points to them yet."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from liftlock.errors import RepositoryError, TerminalNeeded
from liftlock.gitrepo.asking import asks_to_sign, in_the_terminal
from liftlock.gitrepo.edits import edit_tree
from liftlock.gitrepo.objects import Objects
from liftlock.gitrepo.process import Git
from liftlock.gitrepo.retelling import as_script
from liftlock.gitrepo.settings import read_settings


def write_commit(
    git: Git,
    objects: Objects,
    base: str,
    changes: Mapping[str, bytes | None],
    message: str,
    *,
    parents: Sequence[str] = (),
    sign: bool | None = None,
    interactive: bool = False,
    private: Callable[[], bool] = lambda: False,
) -> str:
    """The id of a new commit on top of `base` in which these files are written (bytes) or gone (None).

    `parents` are its parents where those are not just `base`: a branch that goes on with what the base has by now.
    `sign` None means as commit.gpgsign says. With `interactive` the signing program may ask on the terminal. With
    `private` what differs is not told in the command log. Raises
    RepositoryError (no identity, nothing changed, what `edit_tree` refuses), TerminalNeeded.
    """
    found = objects.read(base)
    if found is None or found.type != "commit":
        raise RepositoryError(f"There is no commit {base[:12]}", "it is the base of the promotion", "git fetch")
    old_tree = found.data.split(b"\n", 1)[0].removeprefix(b"tree ").decode()
    tree = edit_tree(git, objects, old_tree, changes)
    above = tuple(parents) or (base,)
    if tree == old_tree and above == (base,):
        raise RepositoryError(
            "The commit would change nothing", "the base holds these files just so", "plan again, or leave it"
        )
    if sign is None:
        sign = read_settings(git).flag("commit.gpgsign")
    commit = _commit_tree(git, tree, above, message, sign=sign, interactive=interactive)
    made = objects.read(commit)
    if made is not None:
        script = as_script(git, base, made.data, private=private())
        git.runner.note(f"git commit-tree {tree}{_given(above)}", mutates=True, script=script)
    return commit


def _given(parents: Sequence[str]) -> str:
    return "".join(f" -p {parent}" for parent in parents)


def _commit_tree(git: Git, tree: str, parents: Sequence[str], message: str, *, sign: bool, interactive: bool) -> str:
    text = message if message.endswith("\n") else message + "\n"
    # The message is UTF-8 whatever the repository's files are in; commit-tree would only label it otherwise.
    arguments = ["-c", "i18n.commitEncoding=UTF-8", "commit-tree", *(["-S"] if sign else []), tree]
    arguments += [*(word for parent in parents for word in ("-p", parent)), "-F"]
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
