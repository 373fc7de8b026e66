"""Values: frozen dataclasses that are quick to define.

For each `dataclass(frozen=True, slots=True)` the standard library writes and compiles six methods, at every start, and
a start defines hundreds of such classes: that was a quarter of the time of a plan. Here a method is written when it is
first called, and of most classes in a run most never are. To whoever uses them, and to a type checker, these are the
dataclasses they say they are; with other options they are the standard library's own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NoReturn

_VALUE = {"frozen": True, "slots": True}
_Method = Callable[..., Any]
_Fields = Sequence["dataclasses.Field[Any]"]

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, **options):
        """What `dataclasses.dataclass` is; a frozen one with slots is made here."""
        make = _value if options == _VALUE else dataclasses.dataclass(**options)
        return make if cls is None else make(cls)


def _value(cls: type) -> type:
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    fields = dataclasses.fields(made)
    if hasattr(made, "__post_init__") or any(f.kw_only or not f.init for f in fields):
        raise TypeError(f"{cls.__qualname__} wants more than a value has: it is for dataclasses.dataclass")
    methods: dict[str, _Method] = {
        "__init__": _at_first_call(made, "__init__", _constructor, fields),
        "__repr__": _repr,
        "__eq__": _at_first_call(made, "__eq__", _equality, fields),
        "__hash__": _at_first_call(made, "__hash__", _hashing, fields),
        "__setattr__": _no_setting,
        "__delattr__": _no_deleting,
        "__getstate__": _state,
        "__setstate__": _restore,
    }
    for name, method in methods.items():
        if made.__dict__.get(name) is None:  # with an __eq__ of its own a class has None for its __hash__
            setattr(made, name, method)
    return made  # type: ignore[no-any-return]


def _at_first_call(cls: type, name: str, write: Callable[[type, _Fields], _Method], fields: _Fields) -> _Method:
    """Stands for a method until it is called; it is written then, and takes this place."""

    def first(*arguments: Any, **named: Any) -> Any:
        method = write(cls, fields)
        setattr(cls, name, method)
        return method(*arguments, **named)

    return first


def _written(cls: type, name: str, parameters: Sequence[str], body: Sequence[str], known: Mapping[str, Any]) -> _Method:
    space = dict(known)
    exec("\n  ".join([f"def {name}({', '.join(parameters)}):", *(body or ["pass"])]), space)  # noqa: S102
    method: Any = space[name]
    method.__qualname__, method.__module__ = f"{cls.__qualname__}.{name}", cls.__module__
    return method  # type: ignore[no-any-return]


def _constructor(cls: type, fields: _Fields) -> _Method:
    known: dict[str, Any] = {"_set": object.__setattr__, "_make": _MAKE}
    parameters, body = ["self"], []
    for number, field in enumerate(fields):
        name = given = field.name
        if field.default_factory is not dataclasses.MISSING:
            known[f"_make{number}"] = field.default_factory
            parameters.append(f"{name}=_make")
            given = f"_make{number}() if {name} is _make else {name}"
        elif field.default is not dataclasses.MISSING:
            known[f"_default{number}"] = field.default
            parameters.append(f"{name}=_default{number}")
        else:
            parameters.append(name)
        body.append(f"_set(self, {name!r}, {given})")
    return _written(cls, "__init__", parameters, body, known)


def _equality(cls: type, fields: _Fields) -> _Method:
    names = [f.name for f in fields if f.compare]
    body = [
        "if other.__class__ is not self.__class__: return NotImplemented",
        f"return {_tuple('self', names)} == {_tuple('other', names)}",
    ]
    return _written(cls, "__eq__", ["self", "other"], body, {})


def _hashing(cls: type, fields: _Fields) -> _Method:
    names = [f.name for f in fields if (f.compare if f.hash is None else f.hash)]
    return _written(cls, "__hash__", ["self"], [f"return hash({_tuple('self', names)})"], {})


def _tuple(of: str, names: Sequence[str]) -> str:
    return f"({''.join(f'{of}.{name}, ' for name in names)})"


class _Make:
    """Stands for what a default factory will make."""

    def __repr__(self) -> str:
        return "<factory>"


_MAKE = _Make()


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _no_setting(self: Any, name: str, value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _no_deleting(self: Any, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: Any, state: Sequence[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
