"""`liftlock watch`, and what waits after a push: the same convergence as the app's, told line by line."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from liftlock.clock import Clock
from liftlock.errors import ClusterError, PlanError
from liftlock.model.convergence import Convergence, Outcome
from liftlock.text import printable
from liftlock_tui.plain import liveanswers, liveshapes
from liftlock_tui.plain.output import Output

if TYPE_CHECKING:
    from liftlock.engine import Engine
    from liftlock.model.promotion import Promotion

CONVERGED, FAILED, CANNOT, TIMED_OUT = 0, 1, 2, 3
"""The exit codes."""
_GLANCE = 0.5
"""Seconds between two looks at the clock."""

Tell = Callable[[Sequence[Convergence], float], None]


def watch(engine: Engine, environment: str, revision: str | None, seconds: float, tell: Tell) -> int:
    """Follow one environment until it has converged, is stuck, or the time is over; the exit code.

    Raises PlanError (no such environment, nothing was promoted there), ClusterError (no cluster is known for it).
    """
    live = engine.live
    wanted = revision or live.newest(environment)
    if wanted is None:
        raise PlanError(
            f"Nothing was promoted to {printable(environment)} lately",
            "there is no commit with its trailer in the last 90 days",
            f"name the commit: liftlock watch {printable(environment)} --revision SHA",
        )
    told: queue.SimpleQueue[tuple[Convergence, ...]] = queue.SimpleQueue()
    stop = live.follow(environment, wanted, told.put)
    until = engine.clock.now() + seconds
    try:
        return _until(engine.clock, until, told, tell)
    finally:
        stop()


def _until(clock: Clock, until: float, told: queue.SimpleQueue[tuple[Convergence, ...]], tell: Tell) -> int:
    last: tuple[Convergence, ...] = ()
    while True:
        try:
            last = told.get(timeout=_GLANCE)
            tell(last, clock.now())
        except queue.Empty:
            pass
        code = exit_code(last)
        if code is not None:
            return code
        if clock.now() >= until:
            return TIMED_OUT


def exit_code(all_of_them: Sequence[Convergence]) -> int | None:
    """How it ended on all targets together; None while it goes on."""
    outcomes = {one.outcome for one in all_of_them}
    if not outcomes:
        return None
    if Outcome.STUCK in outcomes or Outcome.SUPERSEDED in outcomes:
        return FAILED
    if Outcome.RUNNING in outcomes:
        return None
    if Outcome.BLIND in outcomes:
        return CANNOT
    return TIMED_OUT if Outcome.TIMED_OUT in outcomes else CONVERGED


def teller(out: Output, *, as_json: bool) -> Tell:
    """Tells people a line for each news, programs a JSON object a line for each change."""
    if not as_json:
        return liveanswers.Watched(out).tell
    last: dict[str, dict[str, Any]] = {}

    def tell(all_of_them: Sequence[Convergence], now: float) -> None:
        for one in all_of_them:
            shape = liveshapes.convergence(one)
            still = {**shape, "heard": None}  # that it was heard again is no news
            if last.get(one.target.context) != still:
                last[one.target.context] = still
                out.json_line(shape)

    return tell


def tell_after(engine: Engine, out: Output, promotion: Promotion, seconds: float) -> int:
    """Watch what was just pushed, telling people; the worst exit code of its environments."""
    tell = teller(out, as_json=False)
    return max(watch(engine, name, promotion.commit, seconds, tell) for name in promotion.targets)


def after(engine: Engine, promotion: Promotion, seconds: float, shape: dict[str, Any]) -> int:
    """Watch what was just pushed, and put into the shape how it ended."""
    ended: dict[str, list[dict[str, Any]]] = {}

    def keep(name: str) -> Tell:
        def tell(all_of_them: Sequence[Convergence], now: float) -> None:
            ended[name] = [liveshapes.convergence(one) for one in all_of_them]

        return tell

    code = max(watch(engine, name, promotion.commit, seconds, keep(name)) for name in promotion.targets)
    shape["converged"] = [one for several in ended.values() for one in several]
    return code


def no_cluster(environment: str) -> ClusterError:
    """The error of an environment whose cluster is not known."""
    return ClusterError(
        f"No cluster is known for {printable(environment)}",
        "liftlock.toml names no context for it, and nothing on the current context follows this repository",
        "open the app and press a on its lane, or add [[environment.target]] to liftlock.toml",
    )
