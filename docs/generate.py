"""Write the documents that are made from the program itself: docs/keys.md, docs/configuration.md and docs/rules.md."""

from __future__ import annotations

import itertools
from pathlib import Path

from liftlock.config.schema import reference
from liftlock.promotion.rules import document as rules
from liftlock_tui.actions import ACTIONS

HERE = Path(__file__).parent


def keys() -> str:
    """The key table, grouped as the help groups it."""
    lines = ["# Keys", "", "Every key can be changed in your own `config.toml`, by the action's id:", ""]
    lines += ["    [keys]", '    "board.plan" = ["p", "f2"]', ""]
    for group, actions in itertools.groupby(sorted(ACTIONS, key=lambda a: a.group), key=lambda a: a.group):
        lines += [f"## {group}", "", "| keys | does | id |", "|---|---|---|"]
        for action in actions:
            shown = " ".join(f"`{_key(key)}`" for key in action.keys)
            lines.append(f"| {shown} | {action.help} | `{action.id}` |")
        lines.append("")
    return "\n".join(lines)


def _key(key: str) -> str:
    return "\\|" if key == "|" else key


DOCUMENTS = {"keys.md": keys, "configuration.md": reference, "rules.md": rules}


def main() -> None:
    for name, made in DOCUMENTS.items():
        (HERE / name).write_text(made().rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
