r"""Variables in texts, as Flux puts them in after a build (fluxcd/pkg, module envsubst; its rules, not bash's).

    ${v}  ${#v}  ${v^} ${v^^} ${v,} ${v,,}  ${v:at} ${v:at:length}  ${v=default} ${v:=default} ${v:-default}
    ${v#pattern} ${v##pattern} ${v%pattern} ${v%%pattern}  ${v/a/b} ${v//a/b} ${v/#a/b} ${v/%a/b}  $${kept}

All that begins with `${` and is none of these is an error. `$$` stands for one dollar sign. Defaults may hold
variables. In the two parts of a replacement `\/` and `\\` are escapes. Lengths and positions count bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from liftlock.render.applied.globbing import trim
from liftlock.render.applied.unresolved import is_unresolved, mark

Accept = Callable[[str, int], bool]
_DEEPEST = 100
_NUMBER = re.compile(r"[+-]?[0-9]+")
_VARIABLE = re.compile(r"[_A-Za-z][_A-Za-z0-9]*")


class BadSubstitution(ValueError):
    """A text that Flux refuses to substitute; its message says why in one line."""


@dataclass(slots=True)
class Substituted:
    """A text with its variables put in: those that have no value and no default, and those whose value is not known."""

    text: str
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def is_variable(name: str) -> bool:
    """Whether Flux takes this as the name of a variable."""
    return _VARIABLE.fullmatch(name) is not None


def substitute(text: str, values: Mapping[str, str | None], *, open_ended: bool = False) -> Substituted:
    """Put the values in. None stands for a value that is not known here; a mark takes its place.

    With `open_ended` a variable without a value may have one that is not known (a source of values was not read).
    Raises BadSubstitution.
    """
    if "$" not in text:
        return Substituted(text)
    evaluation = _Evaluation(text, values, open_ended)
    return Substituted(evaluation.whole(), list(evaluation.missing), list(evaluation.unknown))


class _Evaluation:
    """One pass over a text that reads and puts in at the same time."""

    def __init__(self, text: str, values: Mapping[str, str | None], open_ended: bool) -> None:
        self._text = text
        self._values = values
        self._open = open_ended
        self._at = 0
        self._depth = 0
        self.missing: dict[str, None] = {}
        self.unknown: dict[str, None] = {}

    def whole(self) -> str:
        """The text outside of all variables, and what the variables give."""
        parts = []
        while self._at < len(self._text):
            next_one = self._text.find("$", self._at)
            if next_one < 0:
                parts.append(self._text[self._at :])
                break
            parts.append(self._text[self._at : next_one])
            self._at = next_one
            if self._begins("${"):
                self._at += 2
                parts.append(self._variable())
            else:
                # Two dollar signs are one; a single one is only itself.
                parts.append("$")
                self._at += 2 if self._begins("$$") else 1
        return "".join(parts)

    # Reading -------------------------------------------------------------------------------------------------------

    def _begins(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _peek(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def _take(self, accept: Accept, *, nested: bool = False, escapes: bool = False) -> str:
        """The characters that are accepted, each with its number; escapes are resolved, a variable ends them."""
        taken: list[str] = []
        while self._at < len(self._text):
            character = self._text[self._at]
            if nested and self._begins("${"):
                break
            if escapes and (self._begins("$$") or self._begins("\\/") or self._begins("\\\\")):
                taken.append(self._text[self._at + 1])
                self._at += 2
                continue
            if not accept(character, len(taken) + 1):
                break
            taken.append(character)
            self._at += 1
        return "".join(taken)

    def _close(self, name: str) -> None:
        if self._peek() != "}":
            raise BadSubstitution(f"${{{name} is not closed, or is no substitution that Flux knows")
        self._at += 1

    def _argument(self, name: str, accept: Accept, *, escapes: bool = False) -> str:
        """One argument: a variable, or a text that ends where the next variable begins."""
        if self._begins("${"):
            self._at += 2
            return self._variable()
        found = self._take(accept, nested=True, escapes=escapes)
        if not found:
            raise BadSubstitution(f"${{{name} lacks what should follow")
        return found

    # Variables -----------------------------------------------------------------------------------------------------

    def _variable(self) -> str:
        """What stands between the braces, the opening one read."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadSubstitution("variables are nested too deeply")
        try:
            return self._expression()
        finally:
            self._depth -= 1

    def _expression(self) -> str:
        if self._peek() == "#":
            self._at += 1
            name = self._take(_identifier)
            if not name:
                raise BadSubstitution("${# is followed by no name")
            self._close(f"#{name}")
            return self._result(name, "#", [])
        name = self._take(_identifier)
        if not name:
            raise BadSubstitution("${ is followed by no name of a variable")
        match self._peek():
            case ":" if self._text[self._at + 1 : self._at + 2] in ("=", "-", "?", "+"):
                return self._default(name, self._text[self._at : self._at + 2])
            case ":":
                return self._part(name)
            case "=":
                return self._default(name, "=")
            case "," | "^":
                how = self._take(lambda c, n: c in ",^" and n < 3)
                self._close(name)
                return self._result(name, how, [])
            case "/":
                return self._replacement(name)
            case "#" | "%" as sign:
                how = self._take(lambda c, n: c == sign and n < 3)
                pattern = self._argument(name, _until_brace)
                self._close(name)
                return self._result(name, how, [pattern])
            case _:
                self._close(name)
                return self._result(name, "", [])

    def _default(self, name: str, how: str) -> str:
        self._at += len(how)
        arguments = []
        while self._peek() != "}":
            arguments.append(self._argument(name, _until_brace))
        self._at += 1
        return self._result(name, how, arguments)

    def _part(self, name: str) -> str:
        self._at += 1
        arguments = [self._argument(name, lambda c, _: c not in ":}")]
        if self._peek() == ":":
            self._take(lambda c, _: c == ":")
            arguments.append(self._argument(name, _until_brace))
        self._close(name)
        return self._result(name, ":", arguments)

    def _replacement(self, name: str) -> str:
        how = self._take(lambda c, n: (n == 1 and c == "/") or (n == 2 and c in "/#%"))
        arguments = [self._argument(name, lambda c, _: c != "/", escapes=True)]
        if not self._take(lambda c, _: c == "/"):
            raise BadSubstitution(f"${{{name}/ lacks the second slash")
        if self._peek() != "}":
            arguments.append(self._argument(name, _until_brace, escapes=True))
        self._close(name)
        return self._result(name, how, arguments)

    # Values --------------------------------------------------------------------------------------------------------

    def _result(self, name: str, how: str, arguments: list[str]) -> str:
        gives_default = how in ("=", ":=", ":-", ":?", ":+")
        value = self._values.get(name)
        if value is None and (name in self._values or self._open):
            self.unknown[name] = None
            return mark(name)
        if value is None:
            if not gives_default:
                self.missing[name] = None
                return mark(name)
            value = ""
        if gives_default or not how:
            return value or "".join(arguments)
        if is_unresolved(value) or any(map(is_unresolved, arguments)):
            return mark(name)
        return _operate(value, how, arguments)


def _identifier(character: str, _: int) -> bool:
    return character.isalpha() or character.isdigit() or character == "_"


def _until_brace(character: str, _: int) -> bool:
    return character != "}"


def _operate(value: str, how: str, arguments: list[str]) -> str:
    match how:
        case "#" | "##" | "%" | "%%":
            return trim(value, arguments[0], how) if arguments else str(len(value.encode("utf-8", "surrogateescape")))
        case ",":
            return _each(value[:1], str.lower) + value[1:]
        case ",,":
            return _each(value, str.lower)
        case "^":
            return _each(value[:1], str.upper) + value[1:]
        case "^^":
            return _each(value, str.upper)
        case ":":
            return _sliced(value, arguments)
        case "/" | "//":
            return value.replace(arguments[0], arguments[1] if len(arguments) > 1 else "", 1 if how == "/" else -1)
        case "/#":
            first = len(arguments) == 2 and value.startswith(arguments[0])
            return arguments[1] + value[len(arguments[0]) :] if first else value
        case "/%":
            last = len(arguments) == 2 and value.endswith(arguments[0])
            return value[: len(value) - len(arguments[0])] + arguments[1] if last else value
    return value  # `,^` and the like do nothing


def _each(text: str, change: Callable[[str], str]) -> str:
    """One character stays one, as in Go: ß has no capital there."""
    return "".join(changed if len(changed := change(c)) == 1 else c for c in text)


def _sliced(value: str, arguments: list[str]) -> str:
    """A part by position and length; what is no number leaves the value as it is."""
    if not all(_NUMBER.fullmatch(argument) for argument in arguments):
        return value
    data = value.encode("utf-8", "surrogateescape")
    at = int(arguments[0])
    if at < 0:
        at = max(0, len(data) + at)
    if len(arguments) == 1:
        found = data[at:]
    else:
        length = int(arguments[1])
        if at + length < len(data) and length < 0:
            raise BadSubstitution("a part cannot have a negative length")
        found = data[at : at + length] if at + length < len(data) else data[at:]
    return found.decode("utf-8", "replace")
