# ruff: noqa: E501  (a table reads better with a row on a line)
"""Every act of the app, once: bindings, footer, help, palette, remapping and the documents' key table are made of this.

An action's id is `<place>.<name>`; the widget or screen of that place has a method `action_<name>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.binding import Binding

from liftlock.values import dataclass


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
    def early(self) -> bool:
        """Whether it is done before the next key is given to anybody: what follows is typed into what it opens."""
        return self.name == "filter"

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
    _act("app.command", ":", "command", "Command line with completion: plan A B, compare A B, filter, drift, doctor, theme NAME, an environment's or app's name, …", _ALL, 80),
    _act("app.palette", "; ctrl+p", "palette", "Find any act, place or theme by its name; a theme is tried on while the cursor is on it", _ALL, palette=False),
    _act("app.log", "@", "log", "The commands that were run, copyable as a script", _ALL),
    _act("app.doctor", "*", "doctor", "What was found here and why, what is wrong, and what to do about it", _ALL),
    _act("app.pipe", "|", "pager", "Show the diff that is on the screen in your pager (config.toml, $GIT_PAGER, $PAGER)", _ALL),
    _act("app.suspend", "ctrl+z Z", "to the shell", "Put liftlock into the background; fg brings it back", _ALL),
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
    _act("grid.first_column", "^", "first column", "To the first environment", _MOVE, palette=False),
    _act("grid.last_column", "$", "last column", "To the last environment", _MOVE, palette=False),
    _act("board.open", "enter", "open", "All about the cell: files, versions, commits, why it was recognised", _BOARD, 20),
    _act("board.plan", "p", "plan", "Plan the promotion into this cell, or into all marked ones, from the environment before", _BOARD, 10),
    _act("board.onward", ">", "promote on", "Promote from here to the environments that come after: choose one or several", _BOARD, 40),
    _act("board.compare", "= D", "compare", "Compare the rendered manifests of the environment before with this one", _BOARD, 30),
    _act("grid.mark", "space", "mark", "Mark the cell; several apps or environments go into one plan", _BOARD, 15),
    _act("grid.mark_range", "V", "mark to here", "Mark all cells from the one that was marked last to this one", _BOARD),
    _act("board.filter", "/", "filter", "Show only the apps whose name, version or state (behind, failing, drifted) has these words; ! inverts", _BOARD, 50),
    _act("board.uneven", "f", "not level", "Show only the apps that are behind, failing, drifted or else not level somewhere; once more for all", _BOARD),
    _act("grid.next", "n", "next", "Next match where a filter is on; else the next cell of this environment that is behind or has a problem", _BOARD),
    _act("grid.previous", "N", "previous", "Match before where a filter is on; else the cell before that is behind or has a problem", _BOARD),
    _act("board.editor", "e", "editor", "Open a file of the cell in your editor; says which file", _BOARD),
    _act("board.browse", "o", "open page", "Open the forge's page of the cell's commit, of its files, or of the branch", _BOARD),
    _act("board.refetch", "r", "refetch", "Fetch from the remote and read everything again", _BOARD, 60),
    _act("board.problems", "w", "problems", "What is wrong with files or ambiguous in this repository", _BOARD),
    _act("board.back", "escape", "back", "Drops the filter, then the marks; stops planning and fetching", _BOARD, palette=False),
    _act("grid.density", "v", "density", "One or two lines for each app", _BOARD),
    _act("board.undo", "u", "undo", "Take the newest unpushed promotion back; says what, and asks", _BOARD, dangerous=True),
    _act("board.push", "P", "push", "Push a promotion that was committed and not pushed yet; asks", _BOARD, dangerous=True),
    _act("board.watch", "W", "watch", "Watch the newest promotion to this environment converge", _BOARD, 35),
    _act("board.objects", "t", "objects", "The live objects of this cell down to the pods, the worst first", _BOARD, 32),
    _act("board.drift", "d", "drift", "How what runs differs from Git, who wrote it, and the ways out", _BOARD),
    _act("board.context", "a", "cluster", "Choose or agree to the cluster of this environment", _BOARD),
    _act("board.reviews", "i", "in flight", "The promotions in flight: open pull requests, where each stands and for whom it waits", _BOARD, 37),
    _act("board.waves", "O", "waves", "Waves and trains: how their steps do, and the way to the next one", _BOARD),
    _act("board.reconcile", "R", "reconcile", "Ask the controller of this cell to look now; asks", _BOARD, dangerous=True),
    _act("board.history", "H", "history", "What came to this cell and when, from where, by whom, how long it took; the way back", _BOARD, 38),
    _act("board.rollback", "B", "roll back", "Take this cell back: choose one of its states, then the plan opens on the stage", _BOARD),
    _act("stage.back", "escape", "back", "Back to the board; a plan is made again in a moment", _STAGE, 70, palette=False),
    _act("stage.rendered", "t", "files/rendered/live", "Show the files as they will be committed, the rendered manifests, or the diff against the live cluster", _STAGE, 30),
    _act("stage.fetch", "F", "fetch bases", "Fetch the remote bases and charts that rendering needs, pinned and cached", _STAGE),
    _act("stage.side", "s", "side by side", "Both sides beside each other, where 160 columns are there", _STAGE),
    _act("stage.commit", "c", "commit", "Commit what is staged on a promotion branch; you see and edit the message first", _STAGE, 6),
    _act("stage.push", "P", "push", "Push the promotion: says the consequence and every commit it carries, and asks", _STAGE, 22, dangerous=True),
    _act("stage.undo", "u", "undo", "Take the commit back, while it is not pushed; says what, and asks", _STAGE, 24, dangerous=True),
    _act("stage.replan", "r", "plan again", "Fetch and plan again on the newest base; shows what changed in the plan", _STAGE),
    _act("stage.pin", "p", "pin", "Pin what moves by itself (latest, a range, a branch) to what runs in the source's cluster", _STAGE),
    _act("stage.gates", "v", "gates", "What stands between the staged versions and their environment, each with its evidence", _STAGE, 45),
    _act("stage.wave", "O", "one by one", "To one environment after the other (a wave), or from hop to hop (a train)", _STAGE, 47),
    _act("stage.contents", "i", "what is new", "The commits that the new versions contain, from clones of the apps' repositories", _STAGE),
    _act("stage.warnings", "w", "warnings", "What you should know about this plan", _STAGE, 50),
    _act("stage.swap", "tab shift+tab", "other pane", "To the other pane", _STAGE, 7, palette=False),
    _act("stage.more_context", "}", "more context", "More lines around each change", _STAGE),
    _act("stage.less_context", "{", "less context", "Fewer lines around each change", _STAGE),
    _act("stage.filter", "/", "filter", "Show only rows that have these words, or find in the diff; ! inverts", _STAGE, 60),
    _act("stage.editor", "e", "editor", "Open the file of the change in your editor, at its line; says which file", _STAGE),
    _act("stage.browse", "o", "open page", "Open the forge's page of the commit, the file or the branch", _STAGE),
    _act("stage.copy", "y", "copy", "Copy the diff, or after a push the address and the command that follows", _STAGE),
    _act("tree.stage", "space", "stage", "Stage or unstage the change, the file, the app or the environment", _STAGE, 5),
    _act("tree.edit", "enter", "edit", "Type another value for this change; opens and closes a file or app", _STAGE, 10),
    _act("tree.classes", "a", "all of a class", "Stage or unstage all changes of a class", _STAGE, 40),
    _act("tree.next_change", "n", "next change", "Next change", _STAGE),
    _act("tree.previous_change", "N", "previous change", "Change before", _STAGE),
    _act("tree.close", "h left", "close", "Close this branch, or go to its parent", _STAGE, palette=False),
    _act("tree.open", "l right", "open", "Open this branch", _STAGE, palette=False),
    _act("diff.next_hunk", "n", "next change", "Next changed place, or the next one that was found", _STAGE, 5),
    _act("diff.previous_hunk", "N", "previous change", "The changed or found place before", _STAGE),
    _act("diff.left", "h left", "left", "To the left, in long lines", _MOVE, palette=False),
    _act("diff.right", "l right", "right", "To the right, in long lines", _MOVE, palette=False),
    _act("list.choose", "enter", "choose", "Take the line under the cursor", _MOVE, palette=False),
    _act("compare.back", "escape", "back", "Back to the board", "Compare", 70, palette=False),
    _act("compare.copy", "y", "copy Markdown", "Copy the comparison as Markdown", "Compare", 10),
    _act("compare.fetch", "F", "fetch bases", "Fetch the remote bases and charts that rendering needs", "Compare", 30),
    _act("compare.filter", "/", "filter", "Show only objects that have these words, or find in the difference; ! inverts", "Compare", 35),
    _act("compare.swap", "tab shift+tab", "other pane", "To the other pane", "Compare", 45, palette=False),
    _act("converge.next", "n", "next step", "Open the plan of the wave's next step, once this one is healthy and has soaked", "Converge", 5),
    _act("converge.back", "escape", "back", "Leave; it goes on by itself, and W on the board comes back to it", "Converge", 70, palette=False),
    _act("converge.reconcile", "R", "look now", "Ask the controller to look now instead of at its next poll; asks", "Converge", 10, dangerous=True),
    _act("converge.sync", "s", "sync", "Argo CD: sync this revision; says what it would do, never prunes, and asks", "Converge", 20, dangerous=True),
    _act("converge.terminate", "X", "end operation", "Argo CD: end the operation that runs; asks", "Converge", dangerous=True),
    _act("converge.suspend", "z", "suspend/resume", "Suspend the controller for an incident, or resume it; asks", "Converge", 40, dangerous=True),
    _act("converge.objects", "t", "objects", "The live objects, to walk through", "Converge", 30),
    _act("converge.rollback", "B", "roll back", "Take the app back: choose one of its states, then the plan opens on the stage", "Converge", 35),
    _act("converge.retry", "r", "try again", "Try a lost connection now", "Converge"),
    _act("resources.back", "escape", "back", "Back", "Objects", 70, palette=False),
    _act("resources.copy", "y", "copy", "Copy the object's name as kubectl takes it", "Objects", 10),
    _act("resources.hand_over", "K", "k9s", "Open k9s on this object, where it is installed", "Objects", 20),
    _act("resources.filter", "/", "filter", "Show only objects that have these words, or their state; ! inverts", "Objects", 30),
    _act("resources.open", "space", "open/close", "Open or close what the object owns", "Objects", 15),
    _act("drift.back", "escape", "back", "To the objects, then to the board", "Drift", 70, palette=False),
    _act("drift.restore", "R", "restore", "Have the controller restore what Git says; asks", "Drift", 10, dangerous=True),
    _act("drift.adopt", "A", "adopt", "Stage what runs as a change of Git, to be committed like any other", "Drift", 20),
    _act("drift.again", "r", "again", "Compare again", "Drift", 30),
    _act("drift.filter", "/", "filter", "Show only objects that have these words, or find in the difference; ! inverts", "Drift", 35),
    _act("drift.swap", "tab shift+tab", "other pane", "To the other pane", "Drift", 45, palette=False),
    _act("reviews.back", "escape", "back", "To the list, then to the board", "Reviews", 70, palette=False),
    _act("reviews.approve", "A", "approve", "Approve it as it stands on the screen; asks", "Reviews", 10, dangerous=True),
    _act("reviews.merge", "M", "merge", "Merge it the way the repository allows, then watch it converge; asks", "Reviews", 15, dangerous=True),
    _act("reviews.abort", "X", "close", "Close it without merging and take its branch away; asks", "Reviews", 30, dangerous=True),
    _act("reviews.browse", "o", "open page", "Open its page in the browser", "Reviews", 20),
    _act("reviews.copy", "y", "copy address", "Copy its address", "Reviews", 40),
    _act("reviews.again", "r", "again", "Ask the forge again", "Reviews", 35),
    _act("reviews.swap", "tab shift+tab", "other pane", "To the other pane", "Reviews", 45, palette=False),
    _act("waves.back", "escape", "back", "To the list, then to the board", "Waves", 70, palette=False),
    _act("waves.next", "n", "next step", "Open the plan of the next step, to be looked at and committed", "Waves", 10),
    _act("waves.watch", "W", "watch", "Watch the step that is under way converge", "Waves", 20),
    _act("waves.stop", "X", "stop/go on", "Stop it for everybody, or let it go on; asks", "Waves", 30, dangerous=True),
    _act("waves.again", "r", "again", "Read them again", "Waves", 35),
    _act("waves.swap", "tab shift+tab", "other pane", "To the other pane", "Waves", 45, palette=False),
    _act("history.back", "escape", "back", "To the list, then back", "History", 70, palette=False),
    _act("history.rollback", "B", "roll back", "Take the app under the cursor back: choose one of its states, then the plan opens on the stage", "History", 10),
    _act("history.wider", "a", "wider", "This cell, its app everywhere, or everything", "History", 15),
    _act("history.direct", "d", "all versions", "Show also versions that came from no environment before", "History", 20),
    _act("history.copy", "y", "copy", "Copy the commit's id", "History", 40),
    _act("history.swap", "tab shift+tab", "other pane", "To the other pane", "History", 45, palette=False),
    _act("log.back", "escape", "back", "Back", "Command log", 70, palette=False),
    _act("log.everything", "a", "all", "Show what only reads as well", "Command log", 10),
    _act("log.filter", "/", "filter", "Show only commands that have these words; ! inverts", "Command log", 30),
    _act("log.copy", "y", "copy as script", "Copy what changed something as a shell script", "Command log", 20),
    _act("doctor.back", "escape", "back", "Back", "Doctor", 70, palette=False),
    _act("doctor.again", "r", "look again", "Look at everything once more", "Doctor", 10),
    _act("doctor.filter", "/", "filter", "Show only checks that have these words; ! inverts", "Doctor", 30),
    _act("doctor.copy", "y", "copy", "Copy what is shown, for a report", "Doctor", 20),
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
    ("app", "move", "reviews", "list"),
    ("app", "move", "waves", "list"),
    ("app", "move", "history", "list"),
    ("app", "move", "log"),
    ("app", "move", "doctor"),
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
            keys = ",".join(action.keys)
            found.append(Binding(keys, action.name, action.label, show=False, id=action.id, priority=action.early))
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
        if action.dangerous and {"y", "enter"} & set(given):
            wrong.append(f"{id} asks, and y and Enter answer: they cannot begin it")
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
