"""The command line. What only the app or one command needs is imported there: starting must be quick."""

from __future__ import annotations

import gc
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

import liftlock
from liftlock.errors import LiftlockError, PlanError
from liftlock.text import printable
from liftlock_tui.plain.options import Duration, everywhere, names, some_apps
from liftlock_tui.plain.output import Output, note
from liftlock_tui.subcommands import COMMANDS
from liftlock_tui.subcommands.opening import opened

if TYPE_CHECKING:
    pass


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(liftlock.__version__, prog_name="liftlock", message="%(prog)s %(version)s")
@click.option(
    "--repo", type=click.Path(exists=True, path_type=Path), help="A work tree or a bare repository, instead of here."
)
@click.option("--at", metavar="REV", help="Read Git as it stood at this revision.")
@click.option("--theme", help="The app's theme.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII signs only.")
@click.option("--no-animation", is_flag=True, help="Nothing moves by itself.")
@click.pass_context
def cli(
    context: click.Context, repo: Path | None, at: str | None, theme: str | None, ascii_only: bool, no_animation: bool
) -> int | None:
    """Promote releases between GitOps environments. Without a command, the app opens on this repository."""
    if context.invoked_subcommand is not None:
        return None
    return _app(repo or Path(), at, theme, ascii_only, no_animation)


def _app(repo: Path, at: str | None, theme: str | None, ascii_only: bool, no_animation: bool) -> int:
    _needs_terminal()
    gc.disable()  # until something is on the screen: what is imported meanwhile is no garbage
    from liftlock_tui.app import run

    return run(repo, at=at, theme=theme or "", ascii_only=ascii_only, animation=not no_animation)


def _needs_terminal() -> None:
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise LiftlockError(
            "The app needs a terminal", "input or output is not one", "use the plain commands: liftlock status"
        )
    if os.environ.get("TERM") in ("dumb", "unknown"):
        raise LiftlockError(
            "This terminal cannot show the app",
            f"TERM is {os.environ['TERM']}: its cursor cannot be moved",
            "use the plain commands, which need none of that: liftlock status, liftlock plan FROM TO",
        )


@cli.command()
@click.option("--example", metavar="NAME", help="Which example; a wrong name lists them.")
@click.option("--keep", is_flag=True, help="Leave its folder there at the end, and say where.")
@click.option("--theme", help="The app's theme.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII signs only.")
@click.option("--no-animation", is_flag=True, help="Nothing moves by itself.")
@click.option("--headless", is_flag=True, help="Without the app: play its story as commands, with real pushes.")
def demo(
    example: str | None, keep: bool, theme: str | None, ascii_only: bool, no_animation: bool, headless: bool
) -> int:
    """Open the app on an example of its own: a repository with a remote, and a cluster that follows it.

    No cluster is needed, and none of yours is touched.
    """
    from liftlock_tui.demo import find, open_demo, play

    find(example)  # a wrong name is said with or without a terminal
    if headless:
        return play(cli, example, keep=keep)
    _needs_terminal()
    with open_demo(example, keep=keep) as clone:
        code = _app(clone, None, theme, ascii_only, no_animation)
        if keep:
            note(f"the demo's repository is {clone}")
        return code


@cli.command()
@click.argument("environments", nargs=-1, metavar="[ENV]...", shell_complete=names)
@click.option("--no-live", is_flag=True, help="Git only; no cluster is asked.")
@everywhere
def status(environments: tuple[str, ...], no_live: bool, repo: Path, at: str | None, as_json: bool) -> int:
    """Show what every environment has in Git, what runs there, since when, and how far it is behind."""
    with opened(repo, at) as engine:
        board = engine.board()
        there = [environment.name for environment in board.environments]
        unknown = next((name for name in environments if name not in there), None)
        if unknown is not None:
            raise PlanError(
                f"There is no environment {printable(unknown)!r}",
                f"environments here: {', '.join(there)}",
                "liftlock doctor",
            )
        if not there:
            said = "; ".join(finding.reason for finding in board.findings)
            raise PlanError("No environment was recognised here", said, "describe them in liftlock.toml: liftlock init")
        for filled in engine.fill(board):
            board = filled
        wanted = [name for name in there if name in environments] or there
        live = None if no_live or at is not None else engine.live.ask(wanted)
        out = Output()
        if as_json:
            from liftlock_tui.plain import liveshapes, shapes

            shape = shapes.board(board, wanted)
            out.json(shape if live is None else liveshapes.status(shape, live))
        else:
            from liftlock_tui.plain import answers, liveanswers

            answers.board(out, board, wanted, engine.clock.now(), live)
            if live is not None:
                liveanswers.lanes(out, live, wanted, engine.clock.now())
                liveanswers.details(out, live, wanted)
    return 0


@cli.command()
@click.argument("source", metavar="FROM", shell_complete=names)
@click.argument("target", metavar="TO", shell_complete=names)
@some_apps
@everywhere
def plan(source: str, target: str, apps: tuple[str, ...], repo: Path, at: str | None, as_json: bool) -> int:
    """Show what would move from one environment (or path) to another, what stays, and why.

    Exit code: 0 nothing to move, 1 something, 2 cannot.
    """
    with opened(repo, at) as engine:
        made = engine.plan(source, [target], apps)
        cautions = engine.cautions(made)
        out = Output()
        if as_json:
            from liftlock_tui.plain import shapes

            out.json(shapes.plan(made, cautions, engine.releases.of(made)))
        else:
            from liftlock_tui.plain import answers

            answers.plan(out, made, cautions, engine.releases.of(made))
    return 1 if made.chosen else 0


@cli.command()
@click.argument("source", metavar="FROM", shell_complete=names)
@click.argument("target", metavar="TO", shell_complete=names, required=False)
@some_apps
@click.option(
    "--files", "how", flag_value="files", default="files", help="The files that would be committed (default)."
)
@click.option("--rendered", "how", flag_value="rendered", help="The rendered manifests of the two, object by object.")
@click.option("--live", "how", flag_value="live", help="Against the cluster; with one environment, its drift.")
@click.option("--fetch", is_flag=True, help="Fetch the remote bases and charts that rendering needs.")
@everywhere
def diff(
    source: str,
    target: str | None,
    apps: tuple[str, ...],
    how: str,
    fetch: bool,
    repo: Path,
    at: str | None,
    as_json: bool,
) -> int:
    """Show the diff of a promotion, compare two environments as they are rendered, or with what runs (--live)."""
    from liftlock_tui.plain import answers, shapes

    if target is None and how != "live":
        raise click.UsageError("Missing argument 'TO...'. One environment alone is compared with its cluster: --live.")
    with opened(repo, at) as engine:
        out = Output()
        if how == "live":
            from liftlock_tui.plain import comparing

            return comparing.live(engine, out, source, target, apps, as_json=as_json)
        if target is None:
            return 2
        if how == "files":
            made = engine.plan(source, [target], apps)
            files = engine.file_diffs(made)
            if as_json:
                out.json(shapes.diff(source, target, files, (), ()))
            else:
                answers.file_diffs(out, files)
                if not files:
                    note(answers.nothing_staged(made))
            return 0
        found, failed = engine.compare(source, target, apps, fetch=fetch, progress=None if as_json else note)
        if as_json:
            out.json(shapes.diff(source, target, (), failed, found))
        else:
            answers.comparisons(out, found, failed)
    return 0


@cli.command()
@click.argument("source", metavar="FROM", shell_complete=names)
@click.argument("targets", nargs=-1, required=True, metavar="TO...", shell_complete=names)
@some_apps
@click.option("--only", multiple=True, metavar="ID", help="Only this change of the plan; may be given several times.")
@click.option("--onto", metavar="BRANCH", help="Commit onto this branch; with --push, push straight to it.")
@click.option("--branch", metavar="NAME", help="The name of the promotion branch.")
@click.option("--base", metavar="SHA", help="Fail when the plan is no longer the one made at this commit.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the commit message.")
@click.option("--pin", is_flag=True, help="Pin what moves by itself (latest, a range, a branch) to what runs in FROM.")
@click.option("--override", multiple=True, metavar="GATE", help="Go past a closed gate: GATE=REASON, or with --reason.")
@click.option("--wave", "kind", flag_value="wave", help="To one TO after the other, each step started by a person.")
@click.option("--train", "kind", flag_value="train", help="From TO to TO: each next hop comes from the one before.")
@click.option("--push", is_flag=True, help="Push as well.")
@click.option("--pr", is_flag=True, help="Push a branch and open its pull request, or update the one in flight.")
@click.option("--draft", is_flag=True, help="With --pr: open it as a draft.")
@click.option(
    "--label", "labels", multiple=True, metavar="LABEL", help="With --pr: a label; may be given several times."
)
@click.option("--reviewer", "reviewers", multiple=True, metavar="USER", help="With --pr: whom to ask for a review.")
@click.option("--wait", is_flag=True, help="With --push: watch until the cluster has converged.")
@click.option("--timeout", type=Duration(), default="10m", metavar="TIME", help="How long to wait (10m).")
@click.option(
    "--confirm", multiple=True, metavar="ENV", shell_complete=names, help="Yes, change this protected environment."
)
@everywhere
def promote(
    source: str,
    targets: tuple[str, ...],
    apps: tuple[str, ...],
    only: tuple[str, ...],
    onto: str | None,
    branch: str | None,
    base: str | None,
    reason: str,
    pin: bool,
    override: tuple[str, ...],
    kind: str | None,
    push: bool,
    pr: bool,
    draft: bool,
    labels: tuple[str, ...],
    reviewers: tuple[str, ...],
    wait: bool,
    timeout: float,
    confirm: tuple[str, ...],
    repo: Path,
    at: str | None,
    as_json: bool,
) -> int:
    """Commit what moves from one environment (or path) to others; with --push, push it.

    With --wave or --train only the first step is taken; `liftlock wave next` takes the others.

    With --wait the exit code is that of watch: 0 converged, 1 failed, 2 cannot, 3 timed out.
    """
    from liftlock_tui.plain import promoting, shapes, watching

    if wait and not (push or pr):
        raise click.UsageError("--wait is for --push and --pr: what is not pushed reaches no cluster.")
    if pr and (push or onto):
        raise click.UsageError("--pr pushes a branch of its own: leave --push and --onto out.")
    if (draft or labels or reviewers) and not pr:
        raise click.UsageError("--draft, --label and --reviewer are for --pr.")

    if onto and branch:
        raise click.UsageError("--onto and --branch exclude each other: one commits on a branch, the other makes one.")
    out = Output()
    asked = promoting.Asked(
        *(source, targets, apps, only, onto, branch, base, reason, push, confirm, at, _at_terminal(), pin, override),
        kind=kind or "",
    )
    with opened(repo, at) as engine:
        if pr:
            from liftlock_tui.plain import reviewing

            ask = reviewing.Proposal(draft=draft, labels=labels, reviewers=reviewers)
            return reviewing.propose_and_wait(engine, out, asked, ask, timeout if wait else None, as_json=as_json)
        if as_json:
            quiet = promoting.Told(lambda promotion: None, lambda publication: None, note)
            done = promoting.promote(engine, asked, quiet)
            shape = shapes.promotion(done.promotion, done.publication, done.pushed)
            if done.gates:
                from liftlock_tui.plain import gating

                shape["gates"] = [gating.gate_shape(gate) for gate in done.gates]
            if done.pushed is not None:
                shape["asked"] = list(engine.live.pushed(done.promotion.targets))
            code = watching.after(engine, done.promotion, timeout, shape) if wait else 0
            out.json(shape)
            return code
        from liftlock_tui.plain import answers

        told = promoting.Told(partial(answers.committed, out), partial(answers.to_push, out), note)
        done = promoting.promote(engine, asked, told)
        if done.pushed is not None:
            answers.pushed(out, done.pushed)
            for said in engine.live.pushed(done.promotion.targets):
                out.line(said)
            if wait:
                return watching.tell_after(engine, out, done.promotion, timeout)
        else:
            answers.not_pushed(out, done.promotion, promoting.remote_of(engine, done.promotion))
    return 0


@cli.command()
@click.argument("environment", metavar="ENV", shell_complete=names)
@click.option("--revision", metavar="SHA", help="The commit to wait for, instead of the newest promotion to ENV.")
@click.option("--timeout", type=Duration(), default="10m", metavar="TIME", help="How long to wait (10m).")
@everywhere
def watch(environment: str, revision: str | None, timeout: float, repo: Path, at: str | None, as_json: bool) -> int:
    """Watch an environment until its cluster has converged. With --json, one object a line.

    Exit code: 0 converged, 1 failed, 2 cannot, 3 timed out.
    """
    from liftlock_tui.plain import watching

    with opened(repo, at) as engine:
        return watching.watch(engine, environment, revision, timeout, watching.teller(Output(), as_json=as_json))


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


@cli.command()
@click.argument("word", metavar="VERSION|SHA|WORD")
@everywhere
def where(word: str, repo: Path, at: str | None, as_json: bool) -> int:
    """Find every environment that has a version, a commit or a word, and since when."""
    from liftlock_tui.plain import answers, shapes

    with opened(repo, at) as engine:
        found = engine.where(word)
        out = Output()
        if as_json:
            out.json(shapes.where(word, found))
        else:
            answers.sightings(out, word, found, engine.clock.now())
    return 0


@cli.command()
@click.argument("environments", nargs=-1, metavar="[FROM TO]", shell_complete=names)
@some_apps
@everywhere
def learn(environments: tuple[str, ...], apps: tuple[str, ...], repo: Path, at: str | None, as_json: bool) -> int:
    """Show what promotions usually move, leave and take along, with the commits as evidence."""
    from liftlock_tui.plain import answers, shapes

    with opened(repo, at) as engine:
        out = Output()
        told = []
        for habits in engine.learn(environments, apps):
            told.append(habits)
            if not as_json:
                answers.habits(out, habits)
        if as_json:
            out.json(shapes.habits(told))
    return 0


@cli.command()
@everywhere
def doctor(repo: Path, at: str | None, as_json: bool) -> int:
    """Say what was found here and why, what is wrong, and what to do. Exit code 1 when something is wrong."""
    from liftlock_tui.plain import answers, shapes

    with opened(repo, at) as engine:
        found = engine.doctor()
        out = Output()
        if as_json:
            out.json(shapes.doctor(found))
        else:
            answers.checks(out, found)
    return int(any(check.verdict == "bad" for check in found))


@cli.command()
@click.option("--print", "only_print", is_flag=True, help="Print it, write nothing.")
@everywhere
def init(only_print: bool, repo: Path, at: str | None, as_json: bool) -> int:
    """Write a commented liftlock.toml from what was found."""
    with opened(repo, at) as engine:
        text = engine.init_text()
        out = Output()
        place = None if only_print else engine.write_config(text)
        if as_json:
            out.json({"schema": "liftlock.init/1", "path": str(place) if place else None, "text": text})
        elif place is None:
            out.line(text.rstrip("\n"))
        else:
            out.line(printable(f"wrote {place}; look it over, then commit it"))
    return 0


@cli.command()
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script of a shell: bash, zsh or fish.

    For bash: eval "$(liftlock completion bash)"
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:  # click knows the three that are allowed
        raise click.UsageError(f"There is no completion for {shell}.")
    Output().line(kind(cli, {}, "liftlock", "_LIFTLOCK_COMPLETE").source())
    return 0


for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """Run it, and end with its exit code; an error is one clear sentence and never a traceback."""
    from liftlock_tui.plain.running import run

    sys.exit(run(cli, "liftlock"))


__all__ = ["cli", "main"]
