"""What the configuration files may say, as data: validation, hints and the reference document come from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# What a value may be: a string, a list of strings, a whole number, true or false, or a table of strings.
Kind = str


@dataclass(frozen=True, slots=True)
class Key:
    """One key: what it holds and what it is for. `choices` are the only values it takes, when there are any."""

    kind: Kind
    doc: str
    choices: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the file: its keys. With `many` it is a list of tables (`[[name]]`)."""

    doc: str
    keys: Mapping[str, Key]
    many: bool = False


CLASSES = ("version", "setting", "identity", "sizing", "structure")

REPOSITORY: Mapping[str, Table] = {
    "": Table(
        "At the top of the file.",
        {
            "message": Key("string", "Template of the commit's subject: {to}, {from}, {app}, {move}, {count}."),
            "branch": Key("string", "Template of the promotion branch: {app}, {from}, {to}, {version}."),
        },
    ),
    "environment": Table(
        "An environment. Those named here replace what would be found.",
        {
            "name": Key("string", "What it is called.", required=True),
            "after": Key("strings", "The environments that a release comes from."),
            "paths": Key("strings", "Where it stands in the tree; {app} is the app's name."),
            "branch": Key("string", "The branch that is read, when each environment has its own."),
            "repository": Key("string", "A local clone, when the environment has a repository of its own."),
            "protected": Key("boolean", "Whether a push wants its name typed."),
            "words": Key("strings", "Further words that stand for it in names and values."),
        },
        many=True,
    ),
    "environment.target": Table(
        "Where an environment runs; used only after you agreed to the context once.",
        {
            "context": Key("string", "The kubeconfig context that holds the controller.", required=True),
            "workloads": Key("string", "The context of the pods, when it is another."),
            "namespaces": Key("strings", "The namespaces of its workloads."),
            "label": Key("string", "What tells it from others: a region."),
        },
        many=True,
    ),
    "pair": Table(
        "Two files that play the same part though no rule tells.",
        {
            "from": Key("string", "The file of the source.", required=True),
            "to": Key("string", "The file of the target.", required=True),
        },
        many=True,
    ),
    "never": Table(
        "What never moves.",
        {
            "files": Key("string", "Which files, as a pattern; all when left out."),
            "path": Key("string", "Which leaves: the end of their path (`ingress.**`); all when left out."),
            "reason": Key("string", "Why, for those who ask."),
        },
        many=True,
    ),
    "rule": Table(
        "What class a leaf belongs to, before the built-in rules.",
        {
            "path": Key("string", "Which leaves: the end of their path.", required=True),
            "class": Key("string", "The class.", CLASSES, required=True),
            "files": Key("string", "Which files, as a pattern; all when left out."),
            "reason": Key("string", "Why, for those who ask."),
        },
        many=True,
    ),
}

USER: Mapping[str, Table] = {
    "": Table(
        "At the top of the file.",
        {
            "theme": Key("string", "The theme's name."),
            "ascii": Key("boolean", "Whether only ASCII signs are drawn."),
            "animation": Key("boolean", "Whether anything moves by itself."),
            "fetch_on_start": Key("boolean", "Whether the remote is fetched when the app starts."),
            "editor": Key("string", "The editor, else $VISUAL or $EDITOR."),
            "pager": Key("string", "The pager, else $PAGER."),
        },
    ),
    "keys": Table(
        "Other keys for an action, by its id; an empty list takes them away.", {"*": Key("strings", "Keys.")}
    ),
}

# Keys of the user's own file that a repository must not set, with the reason.
NOT_A_REPOSITORYS = frozenset(
    {"keys", "theme", "ascii", "animation", "editor", "pager", "command", "commands", "token", "password", "kubeconfig"}
)


def reference(tables: Mapping[str, Table]) -> str:
    """The tables as a Markdown document."""
    lines: list[str] = []
    for name, table in tables.items():
        title = f"`[[{name}]]`" if table.many else f"`[{name}]`" if name else "Top of the file"
        lines += [f"### {title}", "", table.doc, "", "| key | holds | meaning |", "|---|---|---|"]
        for key, told in table.keys.items():
            holds = " \\| ".join(told.choices) or told.kind
            lines.append(f"| `{key}`{' (required)' if told.required else ''} | {holds} | {told.doc} |")
        lines.append("")
    return "\n".join(lines)
