"""Running a command to its exit code: an error is one clear sentence, whatever happens to the streams."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import TextIO

import click

from liftlock.commands import masked
from liftlock.errors import Cancelled, LiftlockError, RepositoryError
from liftlock.text import printable
from liftlock_tui.plain.output import Output, complain

CANNOT = 2
INTERRUPTED = 130
_NO_READER = 141
"""What a shell tells of a program that SIGPIPE ended."""


def run(command: click.Command, name: str, arguments: Sequence[str] | None = None) -> int:
    """The exit code of the command; what went wrong is said on standard error, or with `--json` as JSON."""
    _open_streams()
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given[: given.index("--")] if "--" in given else "--json" in given
    code = _run(command, name, given, as_json)
    if code != _NO_READER:
        code = _flushed(code)
    return code


def _run(command: click.Command, name: str, given: list[str], as_json: bool) -> int:
    try:
        code = command.main(given, prog_name=name, standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except Cancelled:
        return INTERRUPTED
    except (KeyboardInterrupt, click.exceptions.Abort):
        return INTERRUPTED
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except BrokenPipeError:
        # Who read our output went away, which is theirs to do.
        _forget(sys.stdout)
        return _NO_READER
    except LiftlockError as error:
        return _say(error, as_json)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return CANNOT
    except click.UsageError as error:
        told = error.ctx.command_path if error.ctx is not None else name
        return _say(LiftlockError(error.format_message().rstrip("."), "", f"{told} --help"), as_json)
    except click.ClickException as error:
        return _say(LiftlockError(error.format_message(), "", f"{name} --help"), as_json)
    except OSError as error:
        return _say(_of_the_system(error), as_json)
    except RecursionError:
        return _say(LiftlockError("Something here is nested too deeply", "a file or a chain of files"), as_json)
    except MemoryError:
        return _say(LiftlockError("There is not enough memory for this"), as_json)
    except Exception as error:  # the last line: a fault of liftlock's own is no reason for a page of its source
        fault = _fault(error)
        if as_json:
            complain(fault, as_json=False)  # who reads the JSON seldom shows it to a person
        return _say(fault, as_json)


def _say(error: LiftlockError, as_json: bool) -> int:
    try:
        complain(error, as_json=as_json)
        sys.stdout.flush()
    except OSError:
        _forget(sys.stdout)
        with contextlib.suppress(OSError):
            complain(error, as_json=False)
    return CANNOT


def _of_the_system(error: OSError) -> RepositoryError:
    place = f": {os.fsdecode(error.filename)}" if isinstance(error.filename, (str, bytes)) else ""
    return RepositoryError("The system refused", printable(f"{error.strerror or error}{place}"))


def _fault(error: Exception) -> LiftlockError:
    import traceback

    if os.environ.get("LIFTLOCK_DEBUG"):
        Output(sys.stderr).line(printable(masked("".join(traceback.format_exception(error))), newlines=True))
    last = traceback.extract_tb(error.__traceback__)[-1:]
    place = "".join(f" at {frame.filename}:{frame.lineno}" for frame in last)
    return LiftlockError(
        "liftlock has a fault of its own here",
        printable(masked(f"{type(error).__name__}: {error}{place}")),
        "nothing was pushed by this; LIFTLOCK_DEBUG=1 shows more, for a report",
    )


def _open_streams() -> None:
    """A stream that the caller closed goes nowhere: its number must not become that of a file which is opened later."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - stays open


def _flushed(code: int) -> int:
    """The code, once all that was written is out; the interpreter would tell of it in its own words."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        _forget(sys.stdout)
        _forget(sys.stderr)
        return code or CANNOT
    return code


def _forget(stream: TextIO) -> None:
    """What still waits to be written there goes nowhere."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
