"""What `themes train` says before it trains, and the table after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from models.decisions import Labels
from models.kept import ATTITUDES, PARTNERSHIP, THEMES
from pipeline.codebook import Codebook
from pipeline.division import Division
from pipeline.errors import printable
from pipeline.gold import GoldUnit
from pipeline.gold_waiting import NONE_WAITS, Waiting
from pipeline.holding_out import cautions, fold_cautions, names_held, of_one_group, ungrouped
from pipeline.learnt import THIN, Learnt, few_held_out, figure, number, units_with
from pipeline.plural import listed, numbered
from pipeline.prevalence.record import drawn_unevenly
from pipeline.votes import ENOUGH_DOUBLES, doubles_by_chance

_EXCERPTS = (
    "no unit of the gold is without a code. If it holds coded excerpts only, the model never learns to leave talk uncoded, and "
    "will code nearly all of it: add the talk that was read and given no code, with empty `codes` (`themes import --units "
    "segments` gives it; docs/import.md)"
)
_DRAWN = (
    "units of the gold were drawn by `themes sample`, which over-draws rare codes and unsure segments (but for `--strata none`): "
    "training takes them as drawn alike, so that probabilities and thresholds lean towards giving codes; `themes evaluate` and "
    "`themes prevalence` correct for the draw, training does not"
)
_KINDS = {THEMES: "codes", PARTNERSHIP: "attitudes to partnership", ATTITUDES: "attitudes to mentions"}
_MOST_BARE = 10
_ELSE = "Else every unit that counts carries a code, and the model never learns to leave talk uncoded"
_CHOICE = {
    Labels.ONE: "every unit has exactly one code, and so will every segment of every transcript that the model codes "
    "(settings: labels)",
    Labels.AT_MOST_ONE: "no unit has two codes, nor will any that the model codes (settings: labels)",
}


def what_is_there(
    book: Codebook,
    gold: Division,
    labels: Labels,
    stays: Sequence[str] = (),
    waiting: Waiting = NONE_WAITS,
    too_good: Sequence[str] = (),
) -> list[str]:
    """What there is to learn from, and what to mind about it.

    Args:
        stays: kinds that stay as a model has them that is gone on from; `what_stays` tells of them.
        waiting: rows of the gold that are still to be coded.
        too_good: why what is measured on held-out units will be so (`pipeline.leaks`).
    """
    alone = (
        [] if THEMES in stays else ["codes will be suggested from their definitions alone; thresholds are not fitted"]
    )
    if not gold.training:
        return [f"no gold: {line}" for line in alone]
    lines = [*(_folds(gold) if gold.folds else _held_out(gold)), *too_good, *_choice(gold.units, labels)]
    lines += [*_never_empty(gold.units, labels, waiting), *filter(None, [waiting.attitude_notice]), *_alike(gold.units)]
    if not any(coding.codes is not None for unit in gold.units for coding in unit.codings):
        return [*lines, *(f"no unit of the gold was coded, but for attitudes: {line}" for line in alone)]
    thin = [code for code in book.names if units_with(code, gold.training) < THIN]
    return [*lines, f"too thin to learn from (fewer than {THIN} units): {', '.join(thin)}"] if thin else lines


def _choice(units: Sequence[GoldUnit], labels: Labels) -> list[str]:
    """What a choice of one code, as the gold shows it or as it was wished, means for what the model will give."""
    if labels not in _CHOICE:
        return []
    sizes = [len(coding.codes) for unit in units for coding in unit.codings if coding.codes is not None]
    several, none = sum(size > 1 for size in sizes), sum(size == 0 for size in sizes)
    against = [
        *([f"{several} have two codes or more, of which the model will give one at most"] if several else []),
        *([f"{none} have none, of which nothing is learnt"] if none and labels is Labels.ONE else []),
    ]
    if not against:
        return [_CHOICE[labels]]
    return [
        f"labels: {labels.value} was asked for, but of {len(sizes)} codings {' and '.join(against)}; "
        "`labels: auto` takes the gold as it is"
    ]


def _held_out(gold: Division) -> list[str]:
    # Of gold that names no groups there is nothing to name.
    held = names_held(gold.validation) if not ungrouped(gold.units) else ""
    named = f": {held}" if held else ""
    lines = [f"{len(gold.training)} units to train on, {len(gold.validation)} held out{named}"]
    if gold.why:
        lines.append(f"--curve needs a held-out part, but {gold.why}: train the model to use without --curve")
    return lines + cautions(gold.training, gold.validation)


def _folds(gold: Division) -> list[str]:
    units, folds = len(gold.training), len(gold.folds)
    without = "" if of_one_group(gold.training) else " (--folds 0 does)"
    why = f", as {gold.why}{without}" if gold.why else ""
    told = (
        f"{units} units in {folds} folds{why}: each is held out once, and then all are learnt from; it trains "
        f"{folds + 1} times"
    )
    return [told, *fold_cautions(gold.training, gold.folds)]


def what_stays(kinds: Sequence[str], base: str, units: Sequence[GoldUnit]) -> list[str]:
    """What to mind of kinds that the gold says nothing of, and that the model gone on from has learnt."""
    if not kinds:
        return []
    named = ", ".join(_KINDS[kind] for kind in kinds)
    why = f"of {named} the gold says nothing: they" if units else f"no gold: {named}"
    told = f"{why} stay as {printable(base)} gives them, with its probabilities and thresholds"
    if THEMES in kinds:
        told += "; codes that it does not know are suggested, not given"
    if units:
        told += (
            ". The network learns on beneath them, so that they shift: check them with `themes evaluate`, or better, give gold "
            "that has them too"
        )
    return [told]


def what_is_cut(cut: int, units: int, max_tokens: int) -> list[str]:
    """What to mind of units that are longer than is read of one (`pipeline.learn.cut_short`)."""
    if not cut:
        return []
    told = numbered(cut, f"of {units} units [is|are] longer than the {max_tokens} tokens that are read of one")
    more = "code shorter segments, or set `max_tokens` higher where the encoder takes more"
    return [f"{told}, and what follows is not learnt from, whatever was coded there: {more}"]


def without_definition(bare: Sequence[str]) -> list[str]:
    """What to mind of codes that start from their name alone (`pipeline.learn.bare_codes`)."""
    if not bare:
        return []
    told = numbered(len(bare), "[code has|codes have] no definition, and [starts|start] from [its|their] name alone")
    return [f"{told}: {listed(bare, _MOST_BARE)}; say under `definition` in the codebook what is meant"]


def how_drawn(gold: Sequence[Path], units: Sequence[GoldUnit]) -> list[str]:
    """What to mind of gold that `themes sample` drew."""
    return [_DRAWN] if drawn_unevenly(gold, units) else []


def table_of(learnt: Learnt) -> Table:
    """What was learnt, code by code."""
    where = "each fold by what had not learnt from it" if learnt.in_folds else "on the held-out part"
    few = few_held_out(learnt)
    table = Table(title=f"What was learnt ({where}{few and ', ' + few})", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("code")
    for heading in ("training", "held out", "F1", "threshold"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for item in learnt.codes:
        counts = (str(item.training), str(item.held_out))
        table.add_row(item.code, *counts, figure(item.f1), number(item.threshold), item.warning)
    return table


def _never_empty(units: Sequence[GoldUnit], labels: Labels, waiting: Waiting) -> list[str]:
    """Whether everything is coded, as when only what was coded came out of another program."""
    sizes = [len(coding.codes) for unit in units for coding in unit.codings if coding.codes is not None]
    if not sizes or min(sizes) == 0:
        return [waiting.notice] if waiting.rows else []
    # Where talk without a code is listed, it lacks a name; to add it once more is no help.
    told = f"{waiting.notice}. {_ELSE}" if waiting.rows else _EXCERPTS
    if max(sizes) == 1 and labels is Labels.MANY and doubles_by_chance(units) < ENOUGH_DOUBLES:
        few = (
            "with so few units, or codes so rare, that may be chance (it is a rule with `labels: one` in the settings)"
        )
        return [told, f"every unit has exactly one code, but {few}"]
    return [told]


def _alike(units: Sequence[GoldUnit]) -> list[str]:
    """Whether most units say what another says too: people do not talk so, but questions recur."""
    said = Counter(unit.first.text for unit in units)
    shared = sum(count for count in said.values() if count > 1)
    if 2 * shared <= len(units):
        return []
    asked = "does the column `text` hold what was said, or the questions?"
    return [f"{shared} of {len(units)} units have the same text as another: {asked}"]
