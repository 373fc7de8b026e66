"""What is imported when, seen at run time: the engine without a terminal, and the commands without the heavy parts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINE = sorted(
    ".".join(path.relative_to(ROOT / "core").with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "core").rglob("*.py")
)
PACKAGES = sorted(
    ".".join(path.parent.relative_to(ROOT / "core").parts) for path in (ROOT / "core").rglob("__init__.py")
)
TERMINAL = ("textual", "rich", "click", "curses", "liftlock_tui")


def loaded_by(*modules: str) -> set[str]:
    """The top-level names that a fresh interpreter has loaded after importing these modules."""
    code = (
        f"import sys\nfor name in {modules!r}: __import__(name)\nprint(*{{m.partition('.')[0] for m in sys.modules}})"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "core"), str(ROOT / "tui")))}
    ended = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return set(ended.stdout.split())


def test_no_module_of_the_engine_loads_a_terminal_or_a_front_end() -> None:
    assert len(ENGINE) > 10
    assert loaded_by(*ENGINE).isdisjoint(TERMINAL)


def test_each_module_of_the_engine_can_be_imported_first() -> None:
    """A circle of imports shows only in one order; a fork for each module is enough to see it.

    A module's package is imported before it: what that has loaded by then cannot be loaded in another order.
    """
    code = (
        "import os, sys\n"
        f"names, packages = {ENGINE!r}, {PACKAGES!r}\n"
        "for name in names: __import__(name)\n"  # what others wrote is loaded once
        "for name in list(sys.modules):\n"
        "    if name.partition('.')[0] == 'liftlock': del sys.modules[name]\n"
        "def loaded_first(name):\n"
        "    told, tell = os.pipe()\n"
        "    if os.fork() == 0:\n"
        "        try:\n"
        "            __import__(name)\n"
        "        except BaseException as error:\n"
        "            print(name, error, flush=True)\n"
        "            os._exit(1)\n"
        "        os.write(tell, ' '.join(m for m in sys.modules if m.startswith('liftlock')).encode())\n"
        "        os._exit(0)\n"
        "    os.close(tell)\n"
        "    with os.fdopen(told) as answer: loaded = set(answer.read().split())\n"
        "    return loaded if os.wait()[1] == 0 else None\n"
        "along = {name: loaded_first(name) for name in packages}\n"
        "rest = [n for n in names if n not in along and n not in (along[n.rpartition('.')[0]] or ())]\n"
        "wrong = [n for n in packages if along[n] is None] + [n for n in rest if loaded_first(n) is None]\n"
        "sys.exit(len(wrong))\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT / "core")}
    ended = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_command_starts_without_what_only_the_app_or_a_cluster_needs() -> None:
    assert loaded_by("liftlock_tui.cli").isdisjoint({"textual", "rich", "kubernetes", "git", "aiohttp", "yaml"})


def test_the_app_paints_before_the_engine_is_loaded() -> None:
    assert loaded_by("liftlock_tui.app").isdisjoint({"kubernetes", "git", "yaml"})
