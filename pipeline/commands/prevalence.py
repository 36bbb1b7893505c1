"""`themes sample` and `themes prevalence`: what to hand-code, and how common codes are once it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from pipeline.commands.fitting import WIDEST, Fitted
from pipeline.commands.terminal import tell_guess, terminal
from pipeline.errors import UsageError, printable
from pipeline.gold import further_columns, read_gold
from pipeline.gold_codes import with_known_codes
from pipeline.prevalence.analysis import CORPUS, INTERVIEWS
from pipeline.prevalence.analysis import prevalence as estimate
from pipeline.prevalence.cautions import with_left_out
from pipeline.prevalence.matching import match
from pipeline.prevalence.output import write_prevalence
from pipeline.prevalence.population import load_population
from pipeline.prevalence.record import SUFFIX, find_record
from pipeline.prevalence.results import Figure, GroupTest, Prevalence, Row
from pipeline.prevalence.sheet import CODES, NONE, UNCERTAINTY, Sample, draw_sample, write_sample
from pipeline.tables import RunTables

WIDEST_NAME = 28
WIDEST_TEST = 36


def sample(run: Path, *, size: int, out: Path, seed: int, strata: str, context: bool, attitudes: bool) -> None:
    """Draw and write the tables to fill in."""
    population = load_population(run)
    drawn = draw_sample(population, size, strata=_names(strata), seed=seed)
    files = write_sample(population, drawn, out, context=context, attitudes=attitudes)
    console = _console()
    # Where all are taken nothing was left to chance, and how it was shared among strata says nothing.
    every = len(drawn.chosen) == len(population)
    taken = "all" if every else f"{len(drawn.chosen)} of"
    how = "" if every else f" {_from_strata(drawn)},"
    console.print(f"{taken} {len(population)} participant segments,{how} in random order")
    if not every and population.tables.only_orders and {CODES, UNCERTAINTY} & set(drawn.strata):
        console.print(_without_codes(drawn))
    for path in files:
        console.print(f"written: {printable(path)}", soft_wrap=True)
    console.print(
        "Code from the top: codes separated by `;` (none: leave empty), and your name under coder in every row that you have "
        "read. Whoever stops early has still coded a random part. The .design.json shows the machine's codes: not for coders; "
        "keep it beside the table, `themes prevalence` needs it. Give back the .xlsx or the CSV (saved as CSV UTF-8)."
    )
    if attitudes:
        console.print(_how_to_judge(population.tables))
    console.print(f"Codes, by name: {'; '.join(population.codes)}", soft_wrap=True, highlight=False)


def _how_to_judge(tables: RunTables) -> str:
    """How the table for attitudes is filled in."""
    found = (
        ""
        if tables.judges_mentions
        else " The run's model has learnt no attitudes to single partners, and its tables hold no mentions: write each in a row."
    )
    return (
        "In the table for attitudes write negative, neutral or positive in every row that you have judged, and your name, also "
        "in the first row of a segment that you read and that lists no mention; none where the words are no mention of a "
        "partner, or nothing is said of partnership as such (the first row of a segment). An empty row counts as not coded. A "
        "mention that is not listed: a row of its own with the segment's id, the words, "
        f"partner_type, attitude and your name.{found}"
    )


def _from_strata(drawn: Sample) -> str:
    count = len(drawn.design.names)
    if NONE in drawn.strata:
        return "drawn simply at random"
    return f"from {count} {'stratum' if count == 1 else 'strata'} ({', '.join(drawn.strata)})"


def _without_codes(drawn: Sample) -> str:
    """How a sample of the run of a model that has learnt no codes was drawn."""
    instead = (
        ", and how unsure the model is, by which the strata were halved, means little"
        if UNCERTAINTY in drawn.strata
        else ""
    )
    return (
        f"The run's model has learnt no codes: no stratum is of a code{instead}. The chance of each segment is known all the "
        "same; --strata none draws simply at random."
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
    given = read_gold(gold, labels=population.labels, text_of=population.text_of, tell=tell_guess)
    units, left_out = with_known_codes(given.units, population.codes, gold, population.labels)
    record = find_record(gold, design, run)
    sampled = match(population, units, record)
    partly = len(sampled.units) < len(population)
    if partly and not sampled.known and not simple_random and further_columns(gold, ["sampled"]):
        raise UsageError(
            f"was drawn by `themes sample`, and no {gold[0].with_suffix(SUFFIX).name} lies beside it",
            path=gold[0],
            remedy="name it with --design: it says with which probability each segment was drawn",
        )
    result = estimate(
        population, sampled, _names(by), target=target, simple_random=simple_random, waiting=given.waiting
    )
    result = with_left_out(result, left_out)
    result = replace(result, warnings=(*result.warnings, *filter(None, [given.unnamed])))
    console = _console()
    _print(result, population.labels, console)
    if out is not None:
        write_prevalence(result, out)
        console.print(f"written: {printable(out)}", soft_wrap=True)


def _console() -> Console:
    console = terminal()
    console.width = min(console.width, WIDEST)
    return console


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
        _table(by, rows, labels).print(console)
        tests = [test for test in result.tests if test.by == by]
        if tests:
            _tests(by, tests, labels, corrected=any(row.learnt for row in rows)).print(console)
    console.print(_in_words(result))


def _table(by: str, rows: Sequence[Row], labels: dict[str, str]) -> Fitted:
    title = (
        f"Share (%) by {by}"
        if by
        else "Share (%) of participant segments; attitudes: of mentions (coded: hand-marked ones)"
    )
    headings = ("coded", "machine", "by hand", "by hand 95 %", "corrected", "corrected 95 %")
    table = Fitted(title, f"code, {by}" if by else "code", headings, spare=(3, 0, 2, 1), widest=WIDEST_NAME)
    last = ""
    for row in rows:
        name = _name(row, labels)
        if by and name != last:
            table.add(name)
        last = name
        cells = [f"{row.marked:g}", _share(row.machine), *_with_interval(row.hand), *_with_interval(row.corrected)]
        table.add(f"  {row.group}" if by else name, *cells)
    return table


def _tests(by: str, tests: Sequence[GroupTest], labels: dict[str, str], *, corrected: bool) -> Fitted:
    count = sum(test.p is not None for test in tests)
    title = f"Do groups by {by} differ? ({'corrected' if corrected else 'hand-coded'} shares; p after Holm for {count} tests)"
    table = Fitted(title, "code", ("F", "df", "p", "p Holm"), spare=(1, 0), widest=WIDEST_TEST)
    for test in tests:
        name = _name(test, labels) + (f" (without {', '.join(test.left_out)})" if test.left_out else "")
        if test.statistic is None or test.df is None:
            table.add(name, "–", "–", "–", "undefined")
        else:
            df = f"{test.df[0]:.0f}, {test.df[1]:.1f}"
            table.add(name, f"{test.statistic:.2f}", df, _p(test.p), _p(test.p_holm))
    return table


def _in_words(result: Prevalence) -> str:
    if result.coded == result.segments:  # no segment was left undrawn, and no number of them tells more
        return (
            "All segments are hand-coded: intervals are about interviews like these, and allow for which interviews were drawn."
            if result.target == INTERVIEWS
            else "All segments are hand-coded: the shares by hand are those of these transcripts, without a sampling error."
        )
    about = (
        "Intervals are about interviews like these: they allow for which interviews, and which segments, were drawn."
        if result.target == INTERVIEWS
        else "Intervals are about these transcripts and no others: they allow for hand-coding a part of them only."
    )
    worth = result.worth
    if worth is None:
        return about
    return (
        f"{about}\nThe {result.coded} hand-coded segments with the machine tell as much of these transcripts as hand-coding "
        f"about {worth:.0f} of the {result.segments} segments, drawn simply at random, would tell without it (median over codes; "
        "roughly, strata left aside)."
    )


def _name(item: Row | GroupTest, labels: dict[str, str]) -> str:
    if item.kind == "code":
        return labels.get(item.name, item.name)
    return f"{item.name.replace('_', ' ')}: {item.attitude}"


def _share(figure: Figure) -> str:
    return "–" if figure.share is None else f"{100 * figure.share:.1f}"


def _with_interval(figure: Figure) -> tuple[str, str]:
    if figure.low is None or figure.high is None:
        return _share(figure), ""
    return _share(figure), f"{100 * figure.low:.1f}–{100 * figure.high:.1f}"


def _p(value: float | None) -> str:
    return "–" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"
