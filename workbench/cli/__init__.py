"""The command line. Commands are imported when they are called, so that help is instant."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from workbench import __version__
from workbench.errors import WorkbenchError

#: name → (module, one line of help); the module holds a command named like the entry.
_COMMANDS: dict[str, tuple[str, str]] = {
    "detect": ("specs", "Look at a file and print a ready, commented spec for it."),
    "validate": ("specs", "Check every spec and report every error at once."),
    "schema": ("specs", "Print the JSON Schema of specs, for editors."),
    "preview": ("previewing", "Show what transforms make of a file, step by step; runs nothing."),
    "plan": ("running", "Show what a run would do; touches nothing."),
    "load": ("loading", "Load what is published, after a look at what that changes."),
    "run": ("running", "Run datasets, upstream datasets first."),
    "retry": ("running", "Run the failed steps of a run again."),
    "cancel": ("records", "Stop a run."),
    "runs": ("records", "List runs."),
    "show": ("records", "Show one run: steps, ledger, checks, targets, timings."),
    "compare": ("comparing", "Compare two runs of a dataset: rows, checks, times, data."),
    "status": ("records", "Show workers, queue and datasets."),
    "datasets": ("records", "List datasets and what is published of them."),
    "graph": ("graphing", "Show what is made from what, and how it stands."),
    "query": ("reading", "Ask the published tables a question in SQL (read-only)."),
    "quarantine": ("reading", "List, export and resubmit rows that were refused."),
    "docs": ("reading", "Build the Data Docs of new runs."),
    "clean": ("cleaning", "Remove what nobody needs any more, by age."),
    "publish": ("portal", "Bring the portal up to date: pages for everyone to read."),
    "portal": ("portal", "Serve the portal on this machine and open it in a browser."),
    "lab": ("lab", "Open the control room in JupyterLab, with workers beside it."),
    "up": ("services", "Start Redis, workers and the scheduler; Ctrl-C stops them."),
    "worker": ("services", "Start one worker."),
    "scheduler": ("services", "Start one scheduler."),
    "demo": ("demo", "Run the example datasets through queue and workers."),
}


class _Commands(click.Group):
    """A group whose commands are known by name and imported on call."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"workbench.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from workbench.registry import unknown

            ctx.fail(unknown("command", args[0], tuple(_COMMANDS)))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="workbench")
def cli() -> None:
    """Data Workbench: from a YAML spec to tables that others can trust.

    \b
    Exit codes: 0 done · 1 failed · 2 wrong call or spec · 3 a check stopped the run
                4 busy · 130 cancelled
    """


def main() -> None:
    """Entry point: errors raised on purpose become one message and an exit code."""
    try:
        cli(standalone_mode=False)
    except WorkbenchError as error:
        from workbench.cli.text import readable

        click.echo(click.style("error: ", fg="red") + readable(str(error)), err=True)
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
