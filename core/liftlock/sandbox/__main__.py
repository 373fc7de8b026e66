"""The embedded clusters as a process of their own, for as long as the pipe on its standard input stays open.

Arguments: the example's folder, the remote, the kubeconfig to write, a folder for what is rendered, the speed. It
begins at the first line of input, when the remote is there, and says so in a line once the kubeconfig is written.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from liftlock.commands import Runner
from liftlock.demo import read_example
from liftlock.errors import ConfigError, LiftlockError
from liftlock.sandbox.story import read_story
from liftlock.sandbox.world import Sandbox


async def serve(example: Path, remote: Path, kubeconfig: Path, cache: Path, speed: float) -> None:
    """Serve until standard input ends."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    if not await reader.readline():
        return
    runner = Runner()
    try:
        story = read_story(example)
        if story is None:
            raise ConfigError(f"The example {example.name} has no cluster")
        sandbox = Sandbox(read_example(example), story, remote, runner, cache, speed)
        try:
            sandbox.reserve(kubeconfig)
            os.write(1, b"there\n")
            work = asyncio.ensure_future(sandbox.start())
            ended = asyncio.ensure_future(reader.read())
            await asyncio.wait((work, ended), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await work
                await ended
            work.cancel()
        finally:
            await sandbox.stop()
    finally:
        runner.close()


def main() -> int:
    """Run it; the exit code."""
    example, remote, kubeconfig, cache, speed = sys.argv[1:]
    try:
        asyncio.run(serve(Path(example), Path(remote), Path(kubeconfig), Path(cache), float(speed)))
    except LiftlockError as error:
        os.write(2, f"{error}\n".encode())
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
