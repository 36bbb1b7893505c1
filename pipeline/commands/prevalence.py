"""`themes sample` and `themes prevalence`: what to hand-code, and how common codes are once it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from pipeline.commands.terminal import terminal
from pipeline.errors import UsageError, printable
from pipeline.gold import further_columns, load_gold
from pipeline.prevalence.analysis import CORPUS, INTERVIEWS
from pipeline.prevalence.analysis import prevalence as estimate
from pipeline.prevalence.matching import match
from pipeline.prevalence.output import write_prevalence
from pipeline.prevalence.population import load_population
from pipeline.prevalence.record import SUFFIX, find_record
from pipeline.prevalence.results import Figure, GroupTest, Prevalence, Row
from pipeline.prevalence.sheet import draw_sample, write_sample

WIDTH = 100


def sample(run: Path, *, size: int, out: Path, seed: int, strata: str, context: bool) -> None:
    """Draw and write the table to fill in."""
    population = load_population(run)
    drawn = draw_sample(population, size, strata=_names(strata), seed=seed)
    files = write_sample(population, drawn, out, context=context)
    console = terminal()
    console.print(
        f"{len(drawn.chosen)} of {len(population)} participant segments, from {len(drawn.design.names)} strata, in random order"
    )
    for path in files:
        console.print(f"written: {printable(path)}", soft_wrap=True)
    console.print(
        "Code from the top: codes separated by `;` (none: leave empty), and your name under coder in every row that you have\n"
        "read. Whoever stops early has still coded a random part. The .design.json shows the machine's codes: not for coders;\n"
        "keep it beside the table, `themes prevalence` needs it. Give back the .xlsx or the CSV (saved as CSV UTF-8)."
    )


def prevalence(
    run: Path,
    *,
    gold: Sequence[Path],
    design: Path | None,
    by: str,
    out: Path | None,
    target: str,
    simple_random: bool,
) -> None:
    """Estimate, print, write."""
    if target not in (INTERVIEWS, CORPUS):
        raise UsageError(f"--target {target}: is neither {INTERVIEWS} nor {CORPUS}")
    population = load_population(run)
    units = load_gold(gold, codes=population.codes, text_of=population.text_of)
    record = find_record(gold, design, run)
    sampled = match(population, units, record)
    if not sampled.known and not simple_random and further_columns(gold, ["sampled"]):
        raise UsageError(
            f"was drawn by `themes sample`, and no {gold[0].with_suffix(SUFFIX).name} lies beside it",
            path=gold[0],
            remedy="name it with --design: it says with which probability each segment was drawn",
        )
    result = estimate(population, sampled, _names(by), target=target, simple_random=simple_random)
    console = terminal()
    console.width = min(console.width, WIDTH)
    _print(result, population.labels, console)
    if out is not None:
        write_prevalence(result, out)
        console.print(f"written: {printable(out)}", soft_wrap=True)


def _names(given: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))


def _print(result: Prevalence, labels: dict[str, str], console: Console) -> None:
    console.print(
        f"{result.segments} participant segments in {result.interviews} interviews, {result.coded} of them hand-coded"
    )
    if result.coverage < 1:
        console.print(f"{100 * result.coverage:.0f} % of the sample is coded; the rest counts as not drawn")
    for warning in result.warnings:
        console.print(f"Warning: {warning}")
    for by in dict.fromkeys(row.by for row in result.rows):
        rows = [row for row in result.rows if row.by == by]
        console.print(_table(by, rows, labels))
        tests = [test for test in result.tests if test.by == by]
        if tests:
            console.print(_tests(by, tests, labels))
    console.print(_in_words(result))


def _table(by: str, rows: Sequence[Row], labels: dict[str, str]) -> Table:
    title = f"Share (%) by {by}" if by else "Share (%) of participant segments; attitudes: of mentions"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("", overflow="fold", max_width=28)
    if by:
        table.add_column(by, overflow="fold", max_width=14)
    for heading in ("coded", "machine", "by hand [95 %]", "corrected [95 %]"):
        table.add_column(heading, justify="right", no_wrap=True)
    last = ""
    for row in rows:
        name = _name(row, labels)
        cells = [str(row.coded), _share(row.machine), _with_interval(row.hand), _with_interval(row.corrected)]
        table.add_row(name if name != last else "", *([row.group] if by else []), *cells)
        last = name
    return table


def _tests(by: str, tests: Sequence[GroupTest], labels: dict[str, str]) -> Table:
    title = (
        f"Do groups by {by} differ? (corrected shares; p after Holm for {sum(t.p is not None for t in tests)} tests)"
    )
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("", overflow="fold", max_width=36)
    for heading in ("F", "df", "p", "p (Holm)"):
        table.add_column(heading, justify="right", no_wrap=True)
    for test in tests:
        name = _name(test, labels) + (f" (without {', '.join(test.left_out)})" if test.left_out else "")
        if test.statistic is None or test.df is None:
            table.add_row(name, "–", "", "", "undefined")
        else:
            df = f"{test.df[0]:.0f}, {test.df[1]:.1f}"
            table.add_row(name, f"{test.statistic:.2f}", df, _p(test.p), _p(test.p_holm))
    return table


def _in_words(result: Prevalence) -> str:
    about = (
        "Intervals are about interviews like these: they allow for which interviews, and which segments, were drawn."
        if result.target == INTERVIEWS
        else "Intervals are about these transcripts and no others: they allow for hand-coding a part of them only."
    )
    worth = result.worth
    if worth is None:
        return about
    return (
        f"{about}\nThe {result.coded} hand-coded segments with the machine tell as much of these transcripts as about "
        f"{worth:.0f} hand-coded ones\ndrawn simply at random would alone (median over codes; roughly, strata left aside)."
    )


def _name(item: Row | GroupTest, labels: dict[str, str]) -> str:
    if item.kind == "code":
        return labels.get(item.name, item.name)
    return f"{item.name.replace('_', ' ')}: {item.attitude}"


def _share(figure: Figure) -> str:
    return "–" if figure.share is None else f"{100 * figure.share:.1f}"


def _with_interval(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return _share(figure)
    return f"{_share(figure)} [{100 * figure.low:.1f}–{100 * figure.high:.1f}]"


def _p(value: float | None) -> str:
    return "–" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"
