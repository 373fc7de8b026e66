# ruff: noqa: E501  (a table reads better with a row on a line)
"""Every act of the app, once: bindings, footer, help, palette, remapping and the documents' key table are made of this.

An action's id is `<place>.<name>`; the widget or screen of that place has a method `action_<name>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Action:
    """One act: its keys, a word for the footer, a sentence for the help.

    `where` is the place it lives in. `weight` orders the footer; 0 keeps it out. With `each` every key passes itself
    to the action. A `dangerous` one always asks before it does anything.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    group: str
    weight: int = 0
    dangerous: bool = False
    each: bool = False
    palette: bool = True

    @property
    def where(self) -> str:
        """The place it lives in."""
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        """What the method is called after `action_`."""
        return self.id.partition(".")[2]


def _act(id: str, keys: str, label: str, help: str, group: str, weight: int = 0, **more: bool) -> Action:
    return Action(id, tuple(keys.split()), label, help, group, weight, **more)


_MOVE, _BOARD, _STAGE, _ALL = "Moving about", "Board", "Stage", "Everywhere"

ACTIONS: tuple[Action, ...] = (
    _act("app.help", "?", "help", "Keys of where you are, searchable", _ALL, 90),
    _act("app.command", ":", "command", "Command line: plan A B, compare A B, theme NAME, an environment's or app's name, quit", _ALL, 80),
    _act("app.palette", "; ctrl+p", "palette", "Find any act by its name", _ALL, palette=False),
    _act("app.log", "@", "log", "The commands that were run, copyable as a script", _ALL),
    _act("app.leave", "q", "quit", "Leave; asks only when a commit of this session was not pushed", _ALL, 99),
    _act("move.down", "j down", "down", "Next line", _MOVE, palette=False),
    _act("move.up", "k up", "up", "Line before", _MOVE, palette=False),
    _act("move.first", "g home", "first", "First line", _MOVE, palette=False),
    _act("move.last", "G end", "last", "Last line", _MOVE, palette=False),
    _act("move.half_down", "ctrl+d", "half down", "Half a page down", _MOVE, palette=False),
    _act("move.half_up", "ctrl+u", "half up", "Half a page up", _MOVE, palette=False),
    _act("move.page_down", "pagedown ctrl+f", "page down", "A page down", _MOVE, palette=False),
    _act("move.page_up", "pageup ctrl+b", "page up", "A page up", _MOVE, palette=False),
    _act("grid.left", "h left", "left", "Environment to the left", _MOVE, palette=False),
    _act("grid.right", "l right", "right", "Environment to the right", _MOVE, palette=False),
    _act("grid.jump", "1 2 3 4 5 6 7 8 9", "jump", "Jump to the environment of that number", _MOVE, each=True, palette=False),
    _act("board.open", "enter", "open", "All about the cell: files, versions, commits, why it was recognised", _BOARD, 20),
    _act("board.plan", "p", "plan", "Plan the promotion into this cell, or into all marked ones, from the environment before", _BOARD, 10),
    _act("board.onward", ">", "promote on", "Promote from here to the environments that come after: choose one or several", _BOARD, 40),
    _act("board.compare", "= D", "compare", "Compare the rendered manifests of the environment before with this one", _BOARD, 30),
    _act("grid.mark", "space", "mark", "Mark the cell; several apps or environments go into one plan", _BOARD, 15),
    _act("board.filter", "/", "filter", "Show only the apps whose name or version has these words; ! inverts", _BOARD, 50),
    _act("grid.next", "n", "next", "Next match where a filter is on; else the next cell of this environment that is behind or has a problem", _BOARD),
    _act("grid.previous", "N", "previous", "Match before where a filter is on; else the cell before that is behind or has a problem", _BOARD),
    _act("board.refetch", "r", "refetch", "Fetch from the remote and read everything again", _BOARD, 60),
    _act("board.problems", "w", "problems", "What is wrong with files or ambiguous in this repository", _BOARD),
    _act("board.back", "escape", "back", "Drops the filter, then the marks", _BOARD, palette=False),
    _act("grid.density", "v", "density", "One or two lines for each app", _BOARD),
    _act("board.undo", "u", "undo", "Take the newest unpushed promotion back; says what, and asks", _BOARD, dangerous=True),
    _act("board.push", "P", "push", "Push a promotion that was committed and not pushed yet; asks", _BOARD, dangerous=True),
    _act("board.watch", "W", "watch", "Watch the newest promotion to this environment converge", _BOARD, 35),
    _act("board.objects", "t", "objects", "The live objects of this cell down to the pods, the worst first", _BOARD, 32),
    _act("board.drift", "d", "drift", "How what runs differs from Git, who wrote it, and the ways out", _BOARD),
    _act("board.context", "a", "cluster", "Choose or agree to the cluster of this environment", _BOARD),
    _act("board.reconcile", "R", "reconcile", "Ask the controller of this cell to look now; asks", _BOARD, dangerous=True),
    _act("stage.back", "escape", "back", "Back to the board; a plan is made again in a moment", _STAGE, 70, palette=False),
    _act("stage.rendered", "t", "files/rendered/live", "Show the files as they will be committed, the rendered manifests, or the diff against the live cluster", _STAGE, 30),
    _act("stage.fetch", "F", "fetch bases", "Fetch the remote bases and charts that rendering needs, pinned and cached", _STAGE),
    _act("stage.side", "s", "side by side", "Both sides beside each other, where 160 columns are there", _STAGE),
    _act("stage.commit", "c", "commit", "Commit what is staged on a promotion branch; you see and edit the message first", _STAGE, 6),
    _act("stage.push", "P", "push", "Push the promotion: says the consequence and every commit it carries, and asks", _STAGE, 22, dangerous=True),
    _act("stage.undo", "u", "undo", "Take the commit back, while it is not pushed; says what, and asks", _STAGE, 24, dangerous=True),
    _act("stage.replan", "r", "plan again", "Fetch and plan again on the newest base; shows what changed in the plan", _STAGE),
    _act("stage.warnings", "w", "warnings", "What you should know about this plan", _STAGE, 50),
    _act("stage.swap", "tab shift+tab", "other pane", "To the other pane", _STAGE, 7, palette=False),
    _act("stage.more_context", "}", "more context", "More lines around each change", _STAGE),
    _act("stage.less_context", "{", "less context", "Fewer lines around each change", _STAGE),
    _act("stage.copy", "y", "copy", "Copy the diff, or after a push the address and the command that follows", _STAGE),
    _act("tree.stage", "space", "stage", "Stage or unstage the change, the file, the app or the environment", _STAGE, 5),
    _act("tree.edit", "enter e", "edit", "Type another value for this change; opens and closes a file or app", _STAGE, 10),
    _act("tree.classes", "a", "all of a class", "Stage or unstage all changes of a class", _STAGE, 40),
    _act("tree.next_change", "n", "next change", "Next change", _STAGE),
    _act("tree.previous_change", "N", "previous change", "Change before", _STAGE),
    _act("tree.close", "h left", "close", "Close this branch, or go to its parent", _STAGE, palette=False),
    _act("tree.open", "l right", "open", "Open this branch", _STAGE, palette=False),
    _act("diff.next_hunk", "n", "next change", "Next changed place", _STAGE, 5),
    _act("diff.previous_hunk", "N", "previous change", "Changed place before", _STAGE),
    _act("diff.left", "h left", "left", "To the left, in long lines", _MOVE, palette=False),
    _act("diff.right", "l right", "right", "To the right, in long lines", _MOVE, palette=False),
    _act("list.choose", "enter", "choose", "Take the line under the cursor", _MOVE, palette=False),
    _act("compare.back", "escape", "back", "Back to the board", "Compare", 70, palette=False),
    _act("compare.copy", "y", "copy Markdown", "Copy the comparison as Markdown", "Compare", 10),
    _act("compare.fetch", "F", "fetch bases", "Fetch the remote bases and charts that rendering needs", "Compare", 30),
    _act("compare.swap", "tab shift+tab", "other pane", "To the other pane", "Compare", 45, palette=False),
    _act("converge.back", "escape", "back", "Leave; it goes on by itself, and W on the board comes back to it", "Converge", 70, palette=False),
    _act("converge.reconcile", "R", "look now", "Ask the controller to look now instead of at its next poll; asks", "Converge", 10, dangerous=True),
    _act("converge.sync", "s", "sync", "Argo CD: sync this revision; says what it would do, never prunes, and asks", "Converge", 20, dangerous=True),
    _act("converge.terminate", "X", "end operation", "Argo CD: end the operation that runs; asks", "Converge", dangerous=True),
    _act("converge.suspend", "z", "suspend/resume", "Suspend the controller for an incident, or resume it; asks", "Converge", 40, dangerous=True),
    _act("converge.objects", "t", "objects", "The live objects, to walk through", "Converge", 30),
    _act("converge.retry", "r", "try again", "Try a lost connection now", "Converge"),
    _act("resources.back", "escape", "back", "Back", "Objects", 70, palette=False),
    _act("resources.copy", "y", "copy", "Copy the object's name as kubectl takes it", "Objects", 10),
    _act("resources.hand_over", "K", "k9s", "Open k9s on this object, where it is installed", "Objects", 20),
    _act("resources.filter", "/", "filter", "Show only objects that have these words", "Objects", 30),
    _act("resources.open", "space", "open/close", "Open or close what the object owns", "Objects", 15),
    _act("drift.back", "escape", "back", "To the objects, then to the board", "Drift", 70, palette=False),
    _act("drift.restore", "R", "restore", "Have the controller restore what Git says; asks", "Drift", 10, dangerous=True),
    _act("drift.adopt", "A", "adopt", "Stage what runs as a change of Git, to be committed like any other", "Drift", 20),
    _act("drift.again", "r", "again", "Compare again", "Drift", 30),
    _act("drift.swap", "tab shift+tab", "other pane", "To the other pane", "Drift", 45, palette=False),
    _act("log.back", "escape", "back", "Back", "Command log", 70, palette=False),
    _act("log.everything", "a", "all", "Show what only reads as well", "Command log", 10),
    _act("log.copy", "y", "copy as script", "Copy what changed something as a shell script", "Command log", 20),
    _act("problem.retry", "r", "try again", "Try once more", "Problem", 10),
)  # fmt: skip

BY_ID: Mapping[str, Action] = {action.id: action for action in ACTIONS}

_TOGETHER = (
    ("app", "move", "board", "grid"),
    ("app", "move", "stage", "tree"),
    ("app", "move", "stage", "diff"),
    ("app", "move", "compare", "diff"),
    ("app", "move", "compare", "list"),
    ("app", "move", "converge"),
    ("app", "move", "resources", "list"),
    ("app", "move", "drift", "list"),
    ("app", "move", "drift", "diff"),
    ("app", "move", "log"),
    ("app", "problem"),
)
"""Places whose keys are live at one moment: within a group a key may mean one thing only."""

_NAMES = {
    "space": "Space", "enter": "Enter", "escape": "Esc", "tab": "Tab", "shift+tab": "shift-Tab", "up": "↑", "down": "↓",
    "left": "←", "right": "→", "pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End",
}  # fmt: skip


def key_name(key: str) -> str:
    """A key as people write it."""
    return _NAMES.get(key, key.replace("ctrl+", "ctrl-").replace("alt+", "alt-"))


def bindings(*places: str) -> list[Binding]:
    """The bindings of these places."""
    found: list[Binding] = []
    for action in ACTIONS:
        if action.where not in places:
            continue
        if action.each:
            found += [Binding(key, f"{action.name}('{key}')", action.label, show=False) for key in action.keys]
        else:
            found.append(Binding(",".join(action.keys), action.name, action.label, show=False, id=action.id))
    return found


def keymap(wanted: Mapping[str, str | Iterable[str]]) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """The keys of each action with a person's own laid over them, and what is wrong with those, in sentences.

    An unknown action, or a key that then means two things in one place, leaves the defaults for all of them.
    """
    keys = {action.id: action.keys for action in ACTIONS}
    wrong: list[str] = []
    for id, value in wanted.items():
        action = BY_ID.get(id)
        if action is None or action.each:
            wrong.append(f"there is no action {id!r} to give keys to")
            continue
        given = value.replace(",", " ").split() if isinstance(value, str) else list(value)
        if not given:
            wrong.append(f"{id} has no key")
            continue
        keys[id] = tuple(given)
    for places in _TOGETHER:
        taken: dict[str, str] = {}
        for action in ACTIONS:
            if action.where not in places:
                continue
            for key in keys[action.id]:
                other = taken.setdefault(key, action.id)
                if other != action.id and (action.id in wanted or other in wanted):
                    wrong.append(f"{key_name(key)} is both {other} and {action.id}")
    if wrong:
        return {action.id: action.keys for action in ACTIONS}, tuple(dict.fromkeys(wrong))
    return keys, ()
