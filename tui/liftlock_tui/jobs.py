"""Work in threads: the only way to the engine. A job posts messages; it never touches a widget."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.dom import DOMNode
from textual.message import Message
from textual.worker import Worker, get_current_worker

from liftlock.commands import masked
from liftlock.errors import Cancelled, LiftlockError
from liftlock.text import printable
from liftlock_tui.messages import Failed

if TYPE_CHECKING:
    from liftlock.engine import Engine


class Job:
    """The one who asked, seen from inside the thread."""

    def __init__(self, node: DOMNode) -> None:
        self._node = node
        self._worker: Worker[object] = get_current_worker()

    def cancelled(self) -> bool:
        """Whether nobody waits for it any more."""
        return self._worker.is_cancelled

    def post(self, message: Message) -> None:
        """Tell who asked."""
        if not self.cancelled():
            self._node.post_message(message)


def start(node: DOMNode, group: str, work: Callable[[Job], Message | None], *, epoch: int = 0) -> Worker[None]:
    """Run `work` in a thread; the message it returns, or `Failed`, goes to `node`.

    A newer job of the same group replaces this one.
    """

    def inside() -> None:
        job = Job(node)
        try:
            ended = work(job)
        except Cancelled:
            return
        except LiftlockError as error:
            job.post(Failed(group, error, epoch))
            return
        except Exception as error:
            job.post(Failed(group, unexpected(error), epoch))
            return
        if ended is not None:
            job.post(ended)

    return node.run_worker(inside, name=group, group=group, thread=True, exclusive=True, exit_on_error=False)


def unexpected(error: Exception) -> LiftlockError:
    """A mistake of liftlock's own, as an error that a person can report."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    place = ", ".join(f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in reversed(frames))
    return LiftlockError(
        "This is a mistake in liftlock",
        printable(masked(f"{type(error).__name__}: {error} ({place})")),
        "nothing was lost; please report it with these lines and the command log (@)",
    )


def engine_of(node: DOMNode) -> Engine:
    """The engine of the app that the node belongs to."""
    engine: Engine = node.app.engine  # type: ignore[attr-defined]
    return engine
