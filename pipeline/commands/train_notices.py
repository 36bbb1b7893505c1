"""What `themes train` says before it trains, and the table after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from models.decisions import Labels
from pipeline.codebook import Codebook
from pipeline.gold import GoldUnit
from pipeline.gold_waiting import NONE_WAITS, Waiting
from pipeline.holding_out import cautions, fold_cautions, groups_of, names_held, of_one_group, ungrouped
from pipeline.learnt import THIN, Learnt, figure, number, units_with
from pipeline.votes import ENOUGH_DOUBLES, doubles_by_chance

_EXCERPTS = (
    "no unit of the gold is without a code. If it holds coded excerpts only, the model never learns to leave talk uncoded, and "
    "will code nearly all of it: add the talk that was read and given no code, with empty `codes` (`themes import --units "
    "segments` gives it; docs/import.md)"
)
_ELSE = "Else every unit that counts carries a code, and the model never learns to leave talk uncoded"
_CHOICE = {
    Labels.ONE: "every unit has exactly one code, and so will every segment of every transcript that the model codes "
    "(settings: labels)",
    Labels.AT_MOST_ONE: "no unit has two codes, nor will any that the model codes (settings: labels)",
}


def what_is_there(
    book: Codebook,
    training: Sequence[GoldUnit],
    validation: Sequence[GoldUnit],
    labels: Labels,
    folds: int = 0,
    waiting: Waiting = NONE_WAITS,
) -> list[str]:
    """What there is to learn from, and what to mind about it; with `folds` nothing is held out for good.

    Args:
        waiting: rows of the gold that are still to be coded.
    """
    if not training:
        return ["no gold: codes will be suggested from their definitions alone; thresholds are not fitted"]
    # Of gold that names no groups there is nothing to name.
    held = names_held(validation) if not ungrouped([*training, *validation]) else ""
    named = f": {held}" if held else ""
    lines = [f"{len(training)} units to train on, {len(validation)} held out{named}", *cautions(training, validation)]
    if folds:
        # There are no more folds than groups; of a single group, stretches are dealt.
        dealt = folds if of_one_group(training) else min(folds, len(groups_of(training)))
        lines = [f"{len(training)} units in {dealt} folds: each is held out once, and then all are learnt from"]
        lines += fold_cautions(training)
    lines += [_CHOICE[labels]] if labels in _CHOICE else []
    lines += [*_never_empty([*training, *validation], labels, waiting), *_alike([*training, *validation])]
    thin = [code for code in book.names if units_with(code, training) < THIN]
    return [*lines, f"too thin to learn from (fewer than {THIN} units): {', '.join(thin)}"] if thin else lines


def table_of(learnt: Learnt) -> Table:
    """What was learnt, code by code."""
    where = "each fold by what had not learnt from it" if learnt.in_folds else "on the held-out part"
    table = Table(title=f"What was learnt ({where})", title_justify="left", box=SIMPLE_HEAD)
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
