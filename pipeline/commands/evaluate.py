"""`themes evaluate`: gold against a model or a run, and its coders against each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from pipeline.codebook import Codebook
from pipeline.commands.models import codebook_of, load_predictor
from pipeline.commands.terminal import terminal
from pipeline.errors import UsageError, printable
from pipeline.evaluate.compare import Figure
from pipeline.evaluate.evaluation import (
    Comparison,
    attitude_answers,
    coder_against_coder,
    coder_pairs,
    machine_against_gold,
)
from pipeline.evaluate.folder import write_folder
from pipeline.evaluate.in_run import look_up, texts_in_run
from pipeline.evaluate.judge import MachineCoding, code_gold
from pipeline.gold import load_gold
from pipeline.lookup import texts_in
from pipeline.tables import open_run


def evaluate(
    gold: Sequence[Path],
    *,
    run: Path | None,
    model: str | None,
    out: Path,
    transcripts: Path | None,
    device: str,
) -> None:
    """Compare, write the evaluation folder, print the figures."""
    if (run is None) == (model is None):
        raise UsageError("give either --run or --model", remedy="a run folder, or a model's folder or name")
    text_of = texts_in(transcripts)
    if run is not None:
        tables = open_run(run)
        codebook = Codebook.model_validate(tables.manifest["codebook"]["content"])
        units = load_gold(gold, codes=codebook.names, text_of=text_of or texts_in_run(tables))
        machine = look_up(run, units)
        if not machine.units:
            raise UsageError(
                "none of the gold's units is a segment of this run",
                path=run,
                remedy="code the same transcripts, with the columns transcript, start, end in the gold",
            )
    else:
        predictor = load_predictor(str(model), device=device, batch_tokens=4096)
        codebook = codebook_of(predictor)
        units = load_gold(gold, codes=codebook.names, text_of=text_of)
        machine = code_gold(predictor, units)
    comparisons = [machine_against_gold(machine, codebook)]
    comparisons += [coder_against_coder(units, *pair, codebook) for pair in coder_pairs(units)]
    write_folder(out, comparisons, machine, attitude_answers(machine))
    _print(comparisons, machine, terminal())
    print(f"evaluation folder: {printable(out)}")


def _print(comparisons: Sequence[Comparison], machine: MachineCoding, console: Console) -> None:
    head = comparisons[0]
    single = head.units - head.adjudicated
    note = f", {single} of them by one coder only" if single else ""
    console.print(f"{head.units} units with a settled coding{note}, in {head.groups} groups")
    if machine.missing:
        console.print(f"{machine.missing} units without an answer: the run does not have them, or cut otherwise")
    if machine.truncated:
        console.print(f"{machine.truncated} units are longer than the model reads; their ends were not coded")
    if machine.seen:
        console.print(
            f"Warning: the model was trained or calibrated on {machine.seen} of these units; its figures on them are too good. "
            "Evaluate on gold that it has not seen."
        )
    for item in comparisons:
        if item.rows:
            console.print(_code_table(item))
    if any(item.attitudes or item.partnership for item in comparisons):
        console.print(_attitude_table(comparisons))


def _code_table(item: Comparison) -> Table:
    table = Table(title=f"{item.other} against {item.gold} ({item.units} units)", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("code", no_wrap=True)
    for heading in ("gold", "coded", "prec.", "recall", "F1", "alpha", "95 %"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in item.rows:
        if row.level == "theme":
            continue
        alpha = row.figures["alpha"]
        cells = [_value(row.figures[name]) for name in ("precision", "recall", "f1", "alpha")]
        table.add_row(row.name, str(row.gold), str(row.other), *cells, _interval(alpha))
    overall = item.rows[-1].figures
    macro, anything = overall["macro_f1"], overall["any_alpha"]
    table.caption = f"macro-F1 {_value(macro)} {_interval(macro)}; coded at all: alpha {_value(anything)}"
    table.caption_justify = "left"
    return table


def _attitude_table(comparisons: Sequence[Comparison]) -> Table:
    table = Table(title="Attitudes", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("coders")
    table.add_column("on")
    for heading in ("n", "macro-F1", "95 %", "alpha", "95 %"):
        table.add_column(heading, justify="right")
    for item in comparisons:
        for name, figures, n in (
            ("mentions", item.attitudes, item.mentions),
            ("partnership", item.partnership, item.stances),
        ):
            if figures:
                score, alpha = figures["macro_f1"], figures["alpha"]
                cells = (_value(score), _interval(score), _value(alpha), _interval(alpha))
                table.add_row(f"{item.other} against {item.gold}", name, str(n), *cells)
    return table


def _value(figure: Figure) -> str:
    return "–" if figure.value is None else f"{figure.value:.2f}"


def _interval(figure: Figure) -> str:
    return "" if figure.low is None or figure.high is None else f"{figure.low:.2f}–{figure.high:.2f}"
