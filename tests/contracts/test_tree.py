"""What holds of the files of this project: sizes, no strings that are read as markup, nothing of one machine."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 450
"""Lines of a Python file."""
_NOT_OURS = {".git", ".venv", "build", "dist", "node_modules", "__pycache__"}


def files(*suffixes: str) -> Iterator[Path]:
    """The files of the project: those git knows or would add, or all where there is no git."""
    asked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    found = [ROOT / name for name in asked.stdout.decode().split("\0") if name]
    for path in found or (p for p in ROOT.rglob("*") if not _NOT_OURS & set(p.parts)):
        if path.is_file() and (not suffixes or path.suffix in suffixes):
            yield path


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_file_has_grown_too_long() -> None:
    sizes = {shown(path): len(path.read_bytes().splitlines()) for path in files(".py", ".tcss")}
    assert len(sizes) > 20
    assert {name: size for name, size in sizes.items() if size >= LONGEST} == {}


# Paths that exist on one machine only. Temporary and system folders may be spoken of.
_MACHINE = re.compile(r"(?<![\w.$}/:-])/(?:work|home/[a-z]|Users/[A-Za-z]|root|mnt|srv/[a-z])(?:/[\w.-]+)+")


def test_nothing_names_a_place_of_one_machine() -> None:
    named = []
    for path in files():
        if path.suffix in {".svg", ".raw", ".png"}:
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        named += [f"{shown(path)}: {found}" for found in _MACHINE.findall(text)]
    assert named == []


_MARKED_UP = {"Static", "Label", "Button", "Option", "Checkbox", "RadioButton", "Collapsible"}
_NOTIFY = {"notify", "add_row", "add_column", "add_columns", "add_leaf", "set_label"}
_ATTRIBUTES = {"border_title", "border_subtitle", "tooltip"}


def _built(node: ast.expr) -> bool:
    """Whether an expression makes a string at run time: an f-string, `%`, `+`, or str.format."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        return any(isinstance(side, (ast.JoinedStr, ast.Constant)) for side in (node.left, node.right))
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _plain(call: ast.Call) -> bool:
    return any(
        word.arg == "markup" and isinstance(word.value, ast.Constant) and word.value.value is False
        for word in call.keywords
    )


def _as_markup(call: ast.Call) -> bool:
    name = _name(call.func)
    if name == "notify" and call.args and not isinstance(call.args[0], ast.Constant):
        return not _plain(call)
    return name in _MARKED_UP | _NOTIFY and not _plain(call) and any(_built(argument) for argument in call.args)


def markup_strings(source: str) -> Iterator[int]:
    """The lines where a string that was put together would be read as markup."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            found = _as_markup(node)
        else:
            titled = isinstance(node, ast.Assign) and any(_name(target) in _ATTRIBUTES for target in node.targets)
            found = titled and not isinstance(node.value, (ast.Constant, ast.Call))
        if found:
            yield node.lineno


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ('Static(f"{name}")', True),
        ('Static(f"{name}", markup=False)', False),
        ('Static("fixed")', False),
        ('self.notify(f"no {x}")', True),
        ("self.notify(message)", True),
        ("self.notify(message, markup=False)", False),
        ('Label("a" + name)', True),
        ('Label("{}".format(name))', True),
        ("pane.border_title = name", True),
        ("pane.border_title = Content(name)", False),
        ('Static(Content.assemble(("x", "bold"), f"{name}"))', False),
    ],
)
def test_the_search_for_markup_finds_what_it_should(source: str, caught: bool) -> None:
    assert bool(list(markup_strings(source))) is caught


def test_no_text_of_others_is_read_as_markup() -> None:
    found = [
        f"{shown(path)}:{line}"
        for path in files(".py")
        if path.is_relative_to(ROOT / "tui")
        for line in markup_strings(path.read_text("utf-8"))
    ]
    assert found == []


def test_the_engine_never_prints() -> None:
    printing = [
        f"{shown(path)}:{node.lineno}"
        for path in files(".py")
        if path.is_relative_to(ROOT / "core")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and (_name(node.func) in {"print", "input"} or ast.unparse(node.func).startswith(("sys.stdout", "sys.stderr")))
    ]
    assert printing == []


def test_every_process_is_started_by_the_runner() -> None:
    starting = [
        shown(path)
        for path in files(".py")
        if path.is_relative_to(ROOT / "core") or path.is_relative_to(ROOT / "tui")
        if path.name != "commands.py" or path.parent.name != "liftlock"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and re.fullmatch(
            r"subprocess\.(run|Popen|call|check_\w+)|os\.(system|popen|exec\w+|spawn\w+|fork)", ast.unparse(node.func)
        )
    ]
    assert starting == []


def test_values_are_defined_quickly() -> None:
    """They are of `liftlock.values`; where the decorator of the standard library is wanted it is for something else."""
    slow = re.compile(
        r"^from dataclasses import .*\bdataclass\b(?=[\s\S]*^@dataclass\(frozen=True, slots=True\)$)", re.MULTILINE
    )
    ours = [path for path in files(".py") if path.is_relative_to(ROOT / "core") or path.is_relative_to(ROOT / "tui")]
    assert [shown(path) for path in ours if slow.search(path.read_text("utf-8"))] == []
