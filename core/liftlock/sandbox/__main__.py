"""The embedded clusters as a process of their own, for as long as the pipe on its standard input stays open.

Arguments: the example's folder, the remote, the kubeconfig to write, a folder for what is rendered, the speed.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from liftlock.commands import Runner
from liftlock.demo import read_example
from liftlock.errors import LiftlockError
from liftlock.sandbox.story import read_story
from liftlock.sandbox.world import Sandbox


async def serve(example: Path, remote: Path, kubeconfig: Path, cache: Path, speed: float) -> None:
    """Serve until standard input ends."""
    runner = Runner()
    try:
        sandbox = Sandbox(read_story(example), remote, read_example(example).head, runner, cache, speed)
        try:
            await sandbox.start(kubeconfig)
            await _end_of_input()
        finally:
            await sandbox.stop()
    finally:
        runner.close()


async def _end_of_input() -> None:
    """Until the one who started this goes."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


def main() -> int:
    """Run it; the exit code."""
    example, remote, kubeconfig, cache, speed = sys.argv[1:]
    try:
        asyncio.run(serve(Path(example), Path(remote), Path(kubeconfig), Path(cache), float(speed)))
    except LiftlockError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
