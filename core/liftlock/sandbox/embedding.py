"""The embedded clusters beside the program that uses them: started before, ended after."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from liftlock.commands import Command, Runner
from liftlock.errors import ConfigError

_SECONDS = 30.0


class Starting:
    """A process that has been started, and begins when the example's remote is there."""

    def __init__(self, example: Path, remote: Path, into: Path, cache: Path, runner: Runner, speed: float) -> None:
        self.kubeconfig = into / "kubeconfig"
        self.errors = into / "clusters.log"
        module = "liftlock.sandbox"
        told = (str(example), str(remote), str(self.kubeconfig), str(cache), str(speed))
        # What it leaves behind when it is killed goes with the folder.
        command = Command((sys.executable, "-m", module, *told), stdin=b"", env={"TMPDIR": str(into)})
        with self.errors.open("wb") as errors:
            self.process = runner.start(command, stderr=errors)

    def begin(self) -> None:
        """Begin, and wait until the kubeconfig is written. Raises ConfigError when it is not."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None and stdout is not None  # noqa: S101 - it was started with pipes
        try:
            stdin.write(b"begin\n")
            stdin.flush()
            ready, _, _ = select.select([stdout], [], [], _SECONDS)
            if ready and os.read(stdout.fileno(), 64):
                return
        except OSError:
            pass  # it has ended: why stands in its own words below
        said = self.errors.read_text("utf-8", "replace").strip().splitlines()
        raise ConfigError("The demo's cluster did not start", said[-1] if said else "it said nothing")


@contextmanager
def starting(
    example: Path, remote: Path, into: Path, cache: Path, runner: Runner, *, speed: float = 1.0
) -> Iterator[Starting]:
    """Start it, and end it when the context ends. It ends with this program, however that ends."""
    made = Starting(example, remote, into, cache, runner, speed)
    try:
        yield made
    finally:
        if made.process.stdin is not None:
            made.process.stdin.close()  # that is how it is told to end
        runner.end(made.process)
        if made.process.stdout is not None:
            made.process.stdout.close()
