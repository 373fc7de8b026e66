"""Which gates an environment wants: what liftlock.toml says, else what helps without getting in the way. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from liftlock.model.environment import Environment
from liftlock.model.gates import GATES, GatePolicy, Window

_USUAL = ("order", "bad", "secrets")
_PROTECTED = ("health",)


def wanted(
    target: Environment, policy: GatePolicy, soak: float, windows: Iterable[Window], app: str, *, checked: bool
) -> dict[str, bool]:
    """The gates by name, and whether liftlock.toml asks for each: one that it asks for must be known to be open.

    `soak` is the time that the source's environment wants, in seconds; `checked` says that a forge can be asked.
    """
    told: dict[str, bool] = {}
    if policy.gates is not None:
        told |= dict.fromkeys(policy.gates, True)
    else:
        told |= dict.fromkeys(_USUAL, False)
        told |= dict.fromkeys(_PROTECTED, False) if target.protected else {}
    if soak > 0:
        told["soak"] = True
    if any(window.concerns(target.name, app) for window in windows):
        told.setdefault("window", True)
    if policy.gates is None and checked:
        told["checks"] = False
    return {name: told[name] for name in GATES if name in told}
