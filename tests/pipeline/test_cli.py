"""The command line: help for everything, wrong usage, interruptions, exit statuses."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from messages import one_line

from pipeline import __version__
from pipeline.cli import app

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {"run", "inspect", "report", "train", "evaluate", "codebook"}


def commands():
    return dict(typer.main.get_command(app).commands)


def test_version(themes):
    assert themes("--version") == (0, f"transcript-themes {__version__}\n", "")


def test_no_command_shows_help(themes):
    _, out, err = themes()
    assert all(name in out + err for name in COMMANDS)


def test_every_command_has_help_and_every_option_is_documented(themes):
    assert set(commands()) >= COMMANDS
    for name, command in commands().items():
        status, out, _ = themes(name, "--help")
        assert status == 0
        assert command.help and command.help.splitlines()[0] in " ".join(out.split())
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name}: {parameter.name} says nothing"
            if parameter.param_type_name == "option":
                assert parameter.opts[0] in out


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("run",), ("run", "x.txt"), ("run", "x.txt", "--out", "o", "--nonsense"), ("evaluate", "g.csv")],
)
def test_wrong_usage(themes, arguments):
    status, out, err = themes(*arguments)
    assert (status, out) == (2, "") and "Error" in err


def test_a_table_that_is_wrong_is_told_before_torch_is_loaded(tmp_path, codebook_file):
    bad = tmp_path / "bad.csv"
    bad.write_text("Quote;Themes\nWe ring them.;trust\n")
    for command in (
        ["train", str(bad), "--codebook", str(codebook_file), "--out", str(tmp_path / "m")],
        ["evaluate", str(bad), "--model", "nowhere", "--out", str(tmp_path / "e")],
    ):
        code = (
            f"import sys; sys.argv = ['themes', *{command!r}]\nfrom pipeline.cli import main\n"
            "try:\n    main()\nexcept SystemExit as end:\n    print(end.code, {'torch', 'transformers'} & {*sys.modules})"
        )
        ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
        assert "has no column id" in one_line(ended.stderr) and ended.stdout.endswith("2 set()\n")


@pytest.mark.parametrize("moment", ["pipeline.commands.codebook.show", "pipeline.cli.app"])
def test_an_interruption_is_told_in_a_line(themes, monkeypatch, moment):
    monkeypatch.setattr(moment, lambda *file: signal.raise_signal(signal.SIGINT))
    status, _, err = themes("codebook", "partnership-culture")
    assert status == 130 and "interrupted (what a run or a training has kept is safe" in one_line(err)


@pytest.mark.parametrize("deaf", [False, True])
def test_an_interruption_while_python_still_imports(tmp_path, deaf):
    """What a shell sends to the background is started deaf to Ctrl-C, and goes on."""
    command = [sys.executable, "-X", "importtime", "-m", "pipeline", "codebook", "partnership-culture"]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN if deaf else signal.default_int_handler)
    try:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    next(line for line in process.stderr if "click" in line)  # a line for each module, when it is loaded
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    said = [line for line in err.splitlines() if not line.startswith("import time:")]
    assert (process.returncode, len(said)) == ((0, 0) if deaf else (130, 1)), err
    assert ("20 codes" in out) if deaf else said[0].startswith("themes: interrupted (")


def test_the_installed_command(tmp_path):
    """As a shell runs it: from another folder, with a message on stderr, a status and no traceback."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-m", "pipeline", "codebook", "nowhere.yaml"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere.yaml: no such codebook" in one_line(done.stderr)
