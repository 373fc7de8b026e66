"""A commit that was made, as shell lines that make the very same one in any clone that has its base."""

from __future__ import annotations

import re

from liftlock.gitrepo.process import Git
from liftlock.shell import fed, piped, quoted

_HUNK = re.compile(rb"^(@@ -[0-9,]+ \+[0-9,]+ @@).*$", re.MULTILINE)
_WHO = re.compile(r"(?P<name>.*) <(?P<mail>.*)> (?P<when>\d+ [-+]\d+)")
_DIFF = (
    *("-c", "core.quotePath=true", "diff-tree", "-r", "-p", "-U0", "--inter-hunk-context=0", "--binary"),
    *("--full-index", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color"),
    *("--src-prefix=a/", "--dst-prefix=b/"),
)
_APPLY = "GIT_INDEX_FILE=$index git apply --cached --unidiff-zero --whitespace=nowarn"


def as_script(git: Git, base: str, made: bytes, *, private: bool) -> str:
    """The lines; the commit's id is left in `$commit`. `made` is the commit as git keeps it.

    Only the lines that changed are told, and with `private` not even those: the tree is named then, which the clone
    that it was made in has. A signed commit is told as it stands, for no other signature would give it its name.
    Raises RepositoryError.
    """
    head, _, message = made.partition(b"\n\n")
    fields = [line.partition(" ")[::2] for line in head.decode("utf-8", "surrogateescape").split("\n")]
    values = dict(reversed(fields))
    tree, parents = values["tree"], [value for name, value in fields if name == "parent"]
    lines = _tree(git, base, tree, private=private)
    if any(name.startswith("gpgsig") for name, _ in fields):
        lines.append("# it is signed: the commit as it stands")
        return "\n".join([*lines, f"commit=$({piped(made, 'git hash-object -t commit -w --stdin')})"])
    given = "".join(f" -p {parent}" for parent in parents)
    command = f'git -c i18n.commitEncoding=UTF-8 commit-tree "$tree"{given} -F -'
    people = " ".join(_person(role, values.get(role, "")) for role in ("author", "committer"))
    return "\n".join([*lines, f"commit=$({piped(message, f'{people} {command}')})"])


def _tree(git: Git, base: str, tree: str, *, private: bool) -> list[str]:
    """Lines that leave the commit's tree in `$tree`."""
    if private:
        return [
            "# a line that changed reads as a secret and is not told: the tree, from the clone where it was made",
            f"tree={tree}",
        ]
    patch = _HUNK.sub(rb"\1", git.run(*_DIFF, base, tree).stdout)
    if not patch:
        return [f"tree={tree}"]
    return [
        'cd "./$(git rev-parse --show-cdup)"',
        "index=$(mktemp -u)",
        f"GIT_INDEX_FILE=$index git read-tree {base}",
        fed(patch, _APPLY),
        "tree=$(GIT_INDEX_FILE=$index git write-tree)",
        'rm -f "$index"',
    ]


def _person(role: str, told: str) -> str:
    found = _WHO.fullmatch(told)
    if found is None:
        return ""
    name = role.upper()
    return (
        f"GIT_{name}_NAME={quoted(found['name'])} GIT_{name}_EMAIL={quoted(found['mail'])} "
        f"GIT_{name}_DATE={quoted(found['when'])}"
    )
