"""The command `themes`: its list of commands, what an interruption says, and the exit statuses of the design."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pipeline import __version__
from pipeline.arguments import coding, counting, exchanging, learning
from pipeline.errors import ThemesError, printable
from pipeline.interruption import INTERRUPTED, TERMINATED, Terminated, begun

# The tokenizer's own threads would warn at each worker that is started, and it works beside the network anyway; set before
# transformers is imported, here alone, and what the user has set stays.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


class _Interruption(ThemesError):
    """Ctrl-C, with the exit status that a shell gives for it."""

    exit_status = INTERRUPTED


class _Termination(ThemesError):
    """SIGTERM, likewise."""

    exit_status = TERMINATED


def _interruption(error: KeyboardInterrupt) -> ThemesError:
    told = _Termination if isinstance(error, Terminated) else _Interruption
    return told(
        "ended by SIGTERM" if told is _Termination else "interrupted",
        remedy="what a run or a training has kept is safe, and the same command goes on from there",
    )


class _Commands(TyperGroup):
    """Commands whose interruption gets a message; typer's own has neither."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the user named."""
        begun()
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise _interruption(error) from error


app = typer.Typer(
    cls=_Commands,
    help="Codes interview transcripts for themes and attitudes to partners, on this machine, with no network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(f"transcript-themes {__version__}")
        raise typer.Exit


_COMMANDS: dict[str, Callable[..., None]] = {
    "run": coding.run_command,
    "inspect": coding.inspect_command,
    "report": coding.report_command,
    "train": learning.train_command,
    "evaluate": learning.evaluate_command,
    "import": exchanging.import_command,
    "export": exchanging.export_command,
    "sample": counting.sample_command,
    "prevalence": counting.prevalence_command,
    "codebook": exchanging.codebook_command,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)


def main() -> None:
    """The command: user's mistakes become one line on stderr and an exit status, never a traceback."""
    try:
        try:
            app()
        except KeyboardInterrupt as error:  # before a command has begun, or after one that has done all
            raise _interruption(error) from error
    except ThemesError as error:
        print(f"themes: {error}", file=sys.stderr)
        raise SystemExit(error.exit_status) from error
    except OSError as error:  # a broken pipe does not come here: typer ends quietly
        place = f"{printable(error.filename)}: " if error.filename else ""
        print(f"themes: {place}cannot be read or written: {error.strerror or error}", file=sys.stderr)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
