"""Themes: what is shipped can be read by everybody, and a bad file of the user's never keeps the app from starting."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from liftlock.errors import ConfigError
from liftlock_tui.ink import FILLS, variables
from liftlock_tui.resources import folder
from liftlock_tui.themes import DEFAULT, MARKS, ROLES, load, read

SHIPPED = {theme.name: theme for theme in load()}
COLOURED = [name for name, theme in SHIPPED.items() if not theme.ansi]
GROUNDS = ("bar", "chip", "cursor", "cursor-idle")
TEXTS = [role for role in ROLES if role not in FILLS and role != "faint"]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""

    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = Color.parse(colour).rgb
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def least(theme: Theme) -> float:
    return 7.0 if theme.name == "high-contrast" else 4.5


def texts(theme: Theme) -> dict[str, str]:
    names = [f"lift-{role}" for role in TEXTS] + [f"lift-mark-{number}" for number in range(MARKS)]
    return {name: theme.variables[name] for name in names} | {"foreground": str(theme.foreground)}


def test_the_shipped_themes_are_all_good() -> None:
    shelf = load()
    assert shelf.problems == ()
    assert set(shelf.names) == {
        "liftlock-dark", "liftlock-light", "high-contrast", "colour-blind", "monochrome", "terminal",
    }  # fmt: skip
    assert DEFAULT in shelf.names
    assert {file.stem for file in folder("themes").glob("*.toml")} == set(shelf.names)


@pytest.mark.parametrize("name", COLOURED)
def test_text_can_be_read_on_every_ground(name: str) -> None:
    theme = SHIPPED[name]
    grounds = {ground: theme.variables[f"lift-{ground}"] for ground in GROUNDS} | {"background": str(theme.background)}
    weak = [
        f"{text} on {ground}: {contrast(colour, behind):.2f}"
        for text, colour in texts(theme).items()
        for ground, behind in grounds.items()
        if contrast(colour, behind) < least(theme)
    ]
    assert weak == []


@pytest.mark.parametrize("name", COLOURED)
def test_diffs_can_be_read(name: str) -> None:
    theme = SHIPPED[name]
    weak = [
        f"{text} on {side}-{part}"
        for side in ("added", "removed")
        for part in ("line", "word")
        for text in (side, "strong")
        if contrast(theme.variables[f"lift-{text}"], theme.variables[f"lift-{side}-{part}"]) < least(theme)
    ]
    assert weak == []


@pytest.mark.parametrize("name", COLOURED)
def test_changed_words_stand_out_of_their_line_and_faint_things_can_be_seen(name: str) -> None:
    theme = SHIPPED[name]
    for side in ("added", "removed"):
        line, word = theme.variables[f"lift-{side}-line"], theme.variables[f"lift-{side}-word"]
        assert contrast(line, word) >= 1.2
    assert contrast(theme.variables["lift-faint"], str(theme.background)) >= 3
    assert contrast(theme.variables["lift-cursor"], str(theme.background)) >= 1.15


# How eyes without one kind of cone see a colour, in linear light (Viénot, Brettel and Mollon, 1999).
PROTANOPIA = ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0))
DEUTERANOPIA = ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0))


def seen(colour: str, eyes: tuple[tuple[float, float, float], ...]) -> tuple[float, ...]:
    linear = [(part / 255) ** 2.2 for part in Color.parse(colour).rgb]
    mixed = [max(0.0, sum(a * b for a, b in zip(row, linear, strict=True))) for row in eyes]
    return tuple(255 * part ** (1 / 2.2) for part in mixed)


@pytest.mark.parametrize("eyes", [PROTANOPIA, DEUTERANOPIA], ids=["protanopia", "deuteranopia"])
def test_states_are_told_apart_without_red_or_green_cones(eyes: tuple[tuple[float, float, float], ...]) -> None:
    theme = SHIPPED["colour-blind"]
    for one, other in (("level", "behind"), ("level", "problem"), ("added", "removed")):
        left, right = (seen(theme.variables[f"lift-{role}"], eyes) for role in (one, other))
        assert sum((a - b) ** 2 for a, b in zip(left, right, strict=True)) ** 0.5 > 90, (one, other)


def test_monochrome_has_no_hue() -> None:
    theme = SHIPPED["monochrome"]
    for name, colour in theme.variables.items():
        if colour.startswith("#"):
            assert len(set(Color.parse(colour).rgb)) == 1, name


@pytest.mark.parametrize("name", list(SHIPPED))
def test_the_marks_of_a_theme_differ(name: str) -> None:
    marks = [SHIPPED[name].variables[f"lift-mark-{number}"] for number in range(MARKS)]
    assert all(one != other for one, other in combinations(marks, 2))


def test_the_terminal_theme_uses_the_terminals_own_colours_only() -> None:
    theme = SHIPPED["terminal"]
    assert theme.ansi
    assert all(theme.variables[f"lift-{role}"].startswith("ansi_") for role in ROLES)


def test_a_theme_names_every_colour_that_the_app_asks_for() -> None:
    asked = set(variables(SHIPPED[DEFAULT]))
    assert asked == {f"lift-{role}" for role in ROLES} | {f"lift-mark-{number}" for number in range(MARKS)}


def test_every_variable_of_the_styles_is_one_that_themes_give() -> None:
    import re

    import liftlock_tui

    given = {f"lift-{role}" for role in ROLES}
    styles = Path(liftlock_tui.__file__).parent.rglob("*.tcss")
    used = {name for file in styles for name in re.findall(r"\$(lift-[a-z0-9-]+)", file.read_text())}
    assert used <= given


def test_the_users_own_theme_is_there_and_goes_before_one_of_the_same_name(tmp_path: Path) -> None:
    text = (folder("themes") / "liftlock-dark.toml").read_text()
    (tmp_path / "mine.toml").write_text(text.replace('name = "liftlock-dark"', 'name = "mine"'))
    (tmp_path / "dark.toml").write_text(text.replace('background = "#10151b"', 'background = "#000000"'))
    shelf = load(tmp_path)
    assert shelf.problems == ()
    assert {"mine", "terminal"} <= set(shelf.names)
    assert {theme.name: theme for theme in shelf}["liftlock-dark"].background == "#000000"


BAD = {
    "not TOML": ("name = ", "not TOML"),
    "a name with blanks": ('name = "a b"', "small letters"),
    "an unknown section": ("[colours]\n", "colours"),
    "no roles": ("[base]\nbackground = '#000000'\nforeground = '#ffffff'\naccent = '#00ffff'\n", "[roles]"),
    "no base": ("[roles]\n", "[base]"),
    "a switch that is none": ('dark = "yes"', "true or false"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=list(BAD))
def test_a_bad_theme_is_told_and_left_out(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(text)
    shelf = load(tmp_path)
    assert DEFAULT in shelf.names
    (problem,) = shelf.problems
    assert problem.place.endswith("bad.toml")
    assert said in f"{problem.title} {problem.hint}"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('background = "#10151b"', 'background = "very dark"', "#rrggbb"),
        ('background = "#10151b"', 'background = "#123"', "#rrggbb"),
        ('muted = "#93a0af"', "muted = 7", "roles.muted"),
        ('muted = "#93a0af"', 'mutted = "#93a0af"', "'muted'"),
        ('muted = "#93a0af"\n', "", "muted"),
        ('"#6cc5e0", ', "", "8 colours"),
        ("colours = [", "colors = [", "'colours'"),
    ],
)
def test_what_is_wrong_is_named(before: str, after: str, said: str, tmp_path: Path) -> None:
    text = (folder("themes") / "liftlock-dark.toml").read_text()
    assert before in text
    file = tmp_path / "t.toml"
    file.write_text(text.replace(before, after, 1))
    with pytest.raises(ConfigError) as told:
        read(file)
    assert said in f"{told.value.title} {told.value.detail} {told.value.hint}"


def test_a_theme_that_is_not_text_or_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "folder.toml").mkdir()
    assert len(load(tmp_path).problems) == 2
