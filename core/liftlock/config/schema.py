"""What the configuration files may say, as data: validation, hints and the reference document come from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from liftlock.values import dataclass

Kind = Literal["string", "strings", "boolean"]
"""What a value may be: a string, a list of strings, true or false."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: what it holds, what it is for, and what holds where it is left out.

    `choices` are the only values it takes, when there are any. `form` names what a string has to be beside a string;
    `liftlock.config.forms` knows each.
    """

    kind: Kind
    doc: str
    choices: tuple[str, ...] = ()
    required: bool = False
    default: str = ""
    form: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the file: its keys. With `many` it is a list of tables (`[[name]]`)."""

    doc: str
    keys: Mapping[str, Key]
    many: bool = False


CLASSES = ("version", "setting", "identity", "sizing", "structure")
VALUES = ("versionlike", "versions", "named", "tag", "plain", "place", "scalar", "block", "own")
"""What a rule may want of a value; docs/rules.md says what each is."""

REPOSITORY: Mapping[str, Table] = {
    "": Table(
        "At the top of the file.",
        {
            "message": Key(
                "string",
                "Template of the commit's subject: {to}, {from}, {app}, {move}, {count}.",
                default="promote({to}): {app} {move}",
                form="message",
            ),
            "branch": Key(
                "string",
                "Template of the promotion branch: {app}, {from}, {to}, {version}.",
                default="promote/{app}/{from}-to-{to}/{version}",
                form="branch template",
            ),
        },
    ),
    "review": Table(
        "What a pull request says and whom it asks.",
        {
            "title": Key(
                "string", "Template of the title, as that of `message`.", default="the commit's subject", form="message"
            ),
            "body": Key(
                "string",
                "Template of the description: {table}, {diff}, {hops}, {releases}, {reason}, {notes}, {from}, {to}.",
                default="all of them, in that order",
                form="text",
            ),
            "labels": Key(
                "strings",
                "Labels that it gets where the forge has them; {to} is the environment.",
                default="none",
                form="text",
            ),
            "reviewers": Key("strings", "Whom to ask, by their names on the forge.", default="nobody", form="text"),
            "draft": Key("boolean", "Whether it is opened as a draft.", default="false"),
        },
    ),
    "environment": Table(
        "An environment. Those named here replace what would be found.",
        {
            "name": Key("string", "What it is called.", required=True, form="environment name"),
            "after": Key("strings", "The environments that a release comes from.", default="the order that was found"),
            "paths": Key(
                "strings",
                "Where it stands in the tree; {app} is the app's name, * is anything in one folder's name, ** in any.",
                default="where its name is found",
                form="path pattern",
            ),
            "branch": Key(
                "string",
                "The branch that is read, when each environment has its own.",
                default="the branch of the repository",
                form="branch",
            ),
            "repository": Key(
                "string",
                "A local clone, when the environment has a repository of its own, from the top of this one: `../live`.",
                default="this one",
                form="text",
            ),
            "protected": Key("boolean", "Whether a push wants its name typed.", default="true for production"),
            "reconcile": Key(
                "boolean", "Whether its controller is asked to look at once after each push to it.", default="false"
            ),
            "words": Key(
                "strings", "Further words that stand for it in names and values.", default="its name", form="text"
            ),
            "gates": Key(
                "strings",
                "The gates that a version must pass to come here, see [gates](gates.md); one that is named here stops "
                "too where it cannot be known.",
                default="order, bad, secrets; health too where protected",
                form="gate",
            ),
            "soak": Key(
                "string",
                "How long a version must have been live here before it goes on: `90m`, `24h`, `2d`.",
                default="no time",
                form="duration",
            ),
        },
        many=True,
    ),
    "environment.target": Table(
        "Where an environment runs; used only after you agreed to the context once.",
        {
            "context": Key("string", "The kubeconfig context that holds the controller.", required=True, form="text"),
            "workloads": Key("string", "The context of the pods, when it is another.", default="context", form="text"),
            "namespaces": Key("strings", "The namespaces of its workloads.", default="all", form="text"),
            "label": Key("string", "What tells it from others: a region.", default="none", form="text"),
        },
        many=True,
    ),
    "window": Table(
        "A time in which environments may be changed, or may not. Days, times and dates have all to fit.",
        {
            "kind": Key("string", "Whether it opens or shuts.", ("allow", "deny"), required=True),
            "environments": Key("strings", "The environments that it speaks of.", default="all", form="text"),
            "apps": Key("strings", "The apps that it speaks of.", default="all", form="text"),
            "days": Key(
                "strings", "Weekdays, alone or from one to another: `mon-thu`, `fri`.", default="all", form="weekdays"
            ),
            "from": Key("string", "When it opens, by the zone's own clock: `22:00`.", default="00:00", form="time"),
            "to": Key(
                "string",
                "When it closes; a time that is no later than `from` is on the next day.",
                default="24:00",
                form="time",
            ),
            "zone": Key("string", "The time zone, by its name: `Europe/Berlin`.", default="UTC", form="time zone"),
            "dates": Key(
                "string",
                "A date or a range of dates, both included: `2026-12-18/2027-01-03`.",
                default="always",
                form="dates",
            ),
            "reason": Key("string", "Why, for those who ask.", default="none", form="text"),
        },
        many=True,
    ),
    "pair": Table(
        "Two files that play the same part though no rule tells.",
        {
            "from": Key("string", "The file of the source.", required=True, form="path"),
            "to": Key("string", "The file of the target.", required=True, form="path"),
        },
        many=True,
    ),
    "never": Table(
        "What never moves.",
        {
            "files": Key("string", "Which files, as a pattern.", default="all", form="files"),
            "path": Key("string", "Which leaves: the end of their path (`ingress.**`).", default="all", form="leaves"),
            "reason": Key("string", "Why, for those who ask.", default="the file that says so"),
        },
        many=True,
    ),
    "rule": Table(
        "What class a leaf belongs to, before the built-in rules.",
        {
            "path": Key("string", "Which leaves: the end of their path.", required=True, form="leaves of a rule"),
            "class": Key("string", "The class.", CLASSES, required=True),
            "value": Key("string", "Which values, in a word of the [table of rules](rules.md).", VALUES, default="any"),
            "files": Key("string", "Which files, as a pattern.", default="all", form="files"),
            "reason": Key("string", "Why, for those who ask.", default="the file that says so"),
        },
        many=True,
    ),
}

USER: Mapping[str, Table] = {
    "": Table(
        "At the top of the file.",
        {
            "theme": Key("string", "The theme's name.", default="the app's own", form="text"),
            "ascii": Key("boolean", "Whether only ASCII signs are drawn.", default="false"),
            "animation": Key("boolean", "Whether anything moves by itself.", default="true"),
            "fetch_on_start": Key("boolean", "Whether the remote is fetched when the app starts.", default="true"),
            "editor": Key("string", "The editor.", default="$VISUAL or $EDITOR"),
            "pager": Key("string", "The pager.", default="$PAGER"),
        },
    ),
    "forges": Table(
        "Which forge a host is, where its name does not tell and it was not found out.",
        {"*": Key("string", "The forge.", ("gitea", "github", "gitlab", "bitbucket", "bitbucket-server"))},
    ),
    "repositories": Table(
        "Where a clone of an app's own repository is, so that it can be told what a new version contains.",
        {"*": Key("string", "The folder of the clone (`~/src/app`).")},
    ),
    "keys": Table(
        "Other keys for an action, by its id; an empty list takes them away.", {"*": Key("strings", "Its keys.")}
    ),
}

VARIABLES: Mapping[str, str] = {f"LIFTLOCK_{key.upper()}": key for key in USER[""].keys}
"""The environment variable of each key at the top of the user's file; it overrides the file."""

_CREDENTIALS = "credentials come from your kubeconfig and from git's credential helpers, never from a file of liftlock"
_OWN = "keys, themes and programs are the user's own: they belong into {config}"
_TRUST = "liftlock asks you once for each context that a repository names, and remembers the answer itself"

REFUSED: Mapping[str, str] = {
    **dict.fromkeys((*USER[""].keys, "keys", "key", "bindings", "themes", "colors", "colours"), _OWN),
    **dict.fromkeys(("command", "commands", "shell", "exec", "run", "hook", "hooks", "plugin", "plugins"), _OWN),
    **dict.fromkeys(
        ("token", "password", "user", "username", "credentials", "kubeconfig", "certificate"), _CREDENTIALS
    ),
    **dict.fromkeys(("trusted", "trust", "contexts", "agreed"), _TRUST),
}
"""What a repository may not set, with the sentence that says where it belongs; `{config}` is the user's file."""


def reference() -> str:
    """What both files may say, as a Markdown document."""
    lines = [
        "# Configuration",
        "",
        "## `liftlock.toml`, at the top of the repository",
        "",
        "What environments are. It is read from Git, at the commit that is shown; without it, all of this is found.",
        "An unknown key is an error. It cannot set keys, themes, programs or credentials.",
        "",
        *_tables(REPOSITORY),
        "## `config.toml`, your own",
        "",
        "In the platform's configuration folder (`~/.config/liftlock` on Linux). Each key at the top has a variable",
        "that overrides it: " + ", ".join(f"`{variable}`" for variable in VARIABLES) + ".",
        "",
        *_tables(USER),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


_ANY: Mapping[str, str] = {"keys": "any action's id", "forges": "any host", "repositories": "any app"}


def _tables(tables: Mapping[str, Table]) -> list[str]:
    lines: list[str] = []
    for name, table in tables.items():
        title = f"`[[{name}]]`" if table.many else f"`[{name}]`" if name else "Top of the file"
        lines += [f"### {title}", "", table.doc, "", "| key | holds | left out | meaning |", "|---|---|---|---|"]
        for key, told in table.keys.items():
            shown = _ANY.get(name, "any") if key == "*" else f"`{key}`"
            holds = " or ".join(told.choices) or {"strings": "list of strings"}.get(told.kind, told.kind)
            left = "required" if told.required else told.default or "–"
            lines.append(f"| {shown} | {holds} | {left} | {told.doc} |")
        lines.append("")
    return lines
