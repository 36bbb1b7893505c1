"""An evaluation as it stands on the terminal, within its width and 100 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console

from pipeline.commands.fitting import Fitted
from pipeline.evaluate.ceiling import OVERALL, Ceiling
from pipeline.evaluate.characters import SpanComparison
from pipeline.evaluate.compare import WITHIN, Figure
from pipeline.evaluate.evaluation import MACHINE, REFERENCE, Comparison
from pipeline.evaluate.figures import rests_on
from pipeline.evaluate.judge import THEMES, MachineCoding
from pipeline.evaluate.ranking import AVERAGE_PRECISION, ROC_AUC
from pipeline.evaluate.slices import Slice

WIDEST_NAME = 28
WIDEST_CODERS = 38
ELSEWHERE = "All figures, with intervals and what is undefined and why: evaluation.json; to read: report.html"


def print_evaluation(
    comparisons: Sequence[Comparison],
    machine: MachineCoding,
    ceiling: Ceiling | None,
    spans: Sequence[SpanComparison],
    slices: Sequence[Slice],
    notices: Sequence[str],
    console: Console,
) -> None:
    """Print what a reader needs first; the rest is in the folder."""
    head = comparisons[0]
    single = head.units - head.adjudicated
    note = f", {single} of them by one coder only" if single else ""
    console.print(f"{head.units} units with a settled coding{note}, in {head.groups} groups")
    if machine.missing:
        console.print(f"{machine.missing} units without an answer: the run does not have them, or cut otherwise")
    if machine.truncated:
        console.print(f"{machine.truncated} units are longer than the model reads; their ends were not coded")
    if machine.seen_notice:
        console.print(f"Warning: {machine.seen_notice}")
    for notice in notices:
        console.print(f"Note: {notice}")
    orders = THEMES in machine.unlearnt
    if orders:
        # Against the settled coding, or where nothing was settled against each coder.
        for item in [head] if head.rows else [item for item in comparisons[1:] if item.rows and item.other == MACHINE]:
            _order_table(item).print(console)
    elif head.rows:
        _code_table(head).print(console)
        _print_lines(_code_lines(head), console)
    people = [item for item in comparisons[1:] if item.rows and not (orders and item.other == MACHINE)]
    if people:
        _coder_table(people).print(console)
    if ceiling:
        _print_ceiling(ceiling, console)
    if any(item.attitudes or item.partnership for item in comparisons):
        _attitude_table(comparisons).print(console)
    if any(item.detection for item in comparisons):
        _detection_table(comparisons).print(console)
    shown = [item for item in spans if MACHINE not in (item.gold, item.other) or machine.missing or item.gamma]
    if shown and (machine.missing or any(item.gamma for item in spans)):
        _span_table(shown).print(console)
        _print_lines([_gamma_line(item) for item in spans if item.gamma], console)
    if slices:
        _slice_table(slices).print(console)
    console.print(ELSEWHERE)


def _code_table(item: Comparison) -> Fitted:
    headings = ("gold", "coded", "prec.", "recall", "F1", "F1 95 %", "alpha", "alpha 95 %")
    table = _table(
        f"{item.other} against {item.gold} ({item.units} units)", "code", headings, (5, 2, 3, 1, 0, 7), WIDEST_NAME
    )
    for row in item.rows:
        cells = [_value(row.figures[name]) for name in ("precision", "recall")]
        for name in ("f1", "alpha"):
            cells += [_value(row.figures[name]), _interval(row.figures[name])]
        table.add(f"theme {row.name}" if row.level == "theme" else row.name, str(row.gold), str(row.other), *cells)
    return table


def _order_table(item: Comparison) -> Fitted:
    """How well a model that assigns nothing orders the units; by chance average precision is gold's share, ROC area one half."""
    headings = ("gold", "by chance", "average precision", "95 %", "ROC area", "ROC area 95 %")
    title = f"The order of the machine's probabilities against {item.gold} ({item.units} units)"
    table = _table(title, "code", headings, (3, 5, 1), WIDEST_NAME)
    for row in item.rows:
        if row.level == "code":
            precision, area = (row.figures.get(name) for name in (AVERAGE_PRECISION, ROC_AUC))
            table.add(row.name, str(row.gold), _value(row.figures["prevalence_gold"]), *_both(precision), *_both(area))
    means = (item.rows[-1].figures.get(f"macro_{name}") for name in (AVERAGE_PRECISION, ROC_AUC))
    table.add("mean over codes", "", "", *(cell for figure in means for cell in _both(figure)))
    return table


def _both(figure: Figure | None) -> tuple[str, str]:
    return _value(figure), _interval(figure)


def _code_lines(item: Comparison) -> list[str]:
    figures = item.rows[-1].figures
    pooled, within, macro = figures["alpha"], figures[WITHIN], figures["macro_f1"]
    few = rests_on(item.units, item.groups)
    lines = [
        f"overall{few and f' ({few})'}: alpha, codes pooled {_value(pooled)} {_interval(pooled)}; alpha, within codes "
        f"{_value(within)} {_interval(within)}",
        f"macro-F1 {_value(macro)} {_interval(macro)}; coded at all: alpha {_value(figures['any_alpha'])}; sets of codes: "
        f"alpha (MASI) {_value(figures['masi_alpha'])}, Jaccard {_value(figures['samples_jaccard'])}",
    ]
    error = item.calibration[-1].error.value if item.calibration else None
    if error is not None:
        lines.append(
            f"probabilities: average precision {_value(figures['macro_average_precision'])}, ROC area "
            f"{_value(figures['macro_roc_auc'])} (means over codes); calibration error {error:.3f}"
        )
    return lines


def _coder_table(comparisons: Sequence[Comparison]) -> Fitted:
    headings = ("units", "alpha", "alpha 95 %", "within codes", "kappa", "F1", "macro-F1")
    table = _table("Codes, all pooled: coder by coder", "coders", headings, (4, 6, 0, 5, 2, 3), WIDEST_CODERS)
    for item in comparisons:
        figures = item.rows[-1].figures
        alpha = figures["alpha"]
        cells = [_value(figures[name]) for name in (WITHIN, "kappa", "f1", "macro_f1")]
        table.add(_who(item), str(item.units), _value(alpha), _interval(alpha), *cells)
    return table


def _print_ceiling(ceiling: Ceiling, console: Console) -> None:
    title = f"In a coder's place, against the others ({ceiling.units} units)"
    table = _table(title, "coder", ("coder's alpha", "machine's", "difference", "95 %"), (1, 0), WIDEST_CODERS)
    for item in ceiling.beside:
        if item.name == OVERALL:
            sides = (item.human["alpha"], item.machine["alpha"], item.difference["alpha"])
            table.add(item.coder, *map(_value, sides), _interval(sides[2]))
    people, everyone = ceiling.people[OVERALL], ceiling.with_machine[OVERALL]
    lines = [
        f"all people together: alpha {_value(people)} {_interval(people)}; with the machine as one more: {_value(everyone)}",
        f"within codes: {_value(ceiling.people_within)} {_interval(ceiling.people_within)}; with the machine as one more: "
        f"{_value(ceiling.with_machine_within)}",
    ]
    if ceiling.tests:
        test = ceiling.tests[0]
        robust = test.winning_rate_groups
        also = f" ({robust:.2f} with units of one group dependent)" if robust is not None else ""
        lines.append(
            f"alternative-annotator test, epsilon {test.epsilon}: winning rate {test.winning_rate:.2f}{also}, "
            f"advantage {test.advantage:.2f}: {test.verdict}"
        )
        lines += [test.note] if test.note else []
    table.print(console)
    _print_lines(lines, console)


def _attitude_table(comparisons: Sequence[Comparison]) -> Fitted:
    headings = ("n", "macro-F1", "macro-F1 95 %", "alpha", "alpha 95 %", "q. kappa", "MAE")
    table = _table("Attitudes", "coders, on what", headings, (4, 6, 5, 3, 2), WIDEST_CODERS)
    for item in comparisons:
        for name, figures, n in (
            ("mentions", item.attitudes, item.mentions),
            ("partnership", item.partnership, item.stances),
        ):
            if figures:
                score, alpha = figures["macro_f1"], figures["alpha"]
                cells = [_value(score), _interval(score), _value(alpha), _interval(alpha)]
                cells += [
                    _value(figures[key]) if key in figures else "" for key in ("quadratic_kappa", "mean_absolute_error")
                ]
                table.add(f"{_who(item)}, {name}", str(n), *cells)
    return table


def _detection_table(comparisons: Sequence[Comparison]) -> Fitted:
    headings = (
        "same ends: prec.",
        "same ends: recall",
        "same ends: F1",
        "overlap: prec.",
        "overlap: recall",
        "overlap: F1",
    )
    table = _table("Mentions found (same ends; any overlap)", "coders", headings, (0, 1, 3, 4), WIDEST_CODERS)
    for item in comparisons:
        if item.detection:
            figures = item.detection["all"]
            names = [f"{kind}_{name}" for kind in ("exact", "overlap") for name in ("precision", "recall", "f1")]
            table.add(_who(item), *(_value(figures[name]) for name in names))
    return table


def _span_table(spans: Sequence[SpanComparison]) -> Fitted:
    first = spans[0]
    title = f"By character (coders read: {first.extent}) and by unit (ends within {first.tolerance} characters)"
    headings = ("F1", "alpha", "alpha 95 %", "units' F1", "alpha_U", "alpha_U 95 %")
    table = _table(title, "coders, code", headings, (5, 2, 3, 0), WIDEST_NAME + 10)
    for item in spans:
        named = item.figures.items() if item.other == MACHINE else [("overall", item.figures["overall"])]
        for name, figures in named:
            alpha, unitizing = figures["alpha"], figures["alpha_u"]
            cells = (_value(figures["f1"]), _value(alpha), _interval(alpha), _value(figures["near_f1"]))
            label = f"{item.gold}, {item.other}" if name == "overall" else f"  {name}"
            table.add(label, *cells, _value(unitizing), _interval(unitizing))
    return table


def _gamma_line(item: SpanComparison) -> str:
    return f"gamma of {item.gold}, {item.other}: {_value(item.gamma)} {_interval(item.gamma)}"


def _slice_table(slices: Sequence[Slice]) -> Fitted:
    headings = ("units", "groups", "F1", "alpha", "alpha 95 %", "less rest", "p", "p Holm")
    table = _table(
        f"Slices, all codes pooled ({MACHINE} against {REFERENCE})", "slice", headings, (6, 2, 1, 4, 5), WIDEST_NAME
    )
    last = ""
    for item in slices:
        if item.attribute != last:
            table.add(item.attribute)
            last = item.attribute
        alpha, difference = item.figures["alpha"], item.differences.get("alpha")
        tail = ("", "", "")
        if difference:
            tail = (_value(difference.figure), _p(difference.p), _p(difference.p_holm))
        cells = (str(item.units), str(item.groups), _value(item.figures["f1"]), _value(alpha), _interval(alpha))
        table.add(f"  {item.value}", *cells, *tail)
    return table


def _print_lines(lines: Iterable[str], console: Console) -> None:
    for line in lines:
        console.print(f" {line}")
    console.print()


def _table(title: str, first: str, headings: Sequence[str], spare: Sequence[int], widest: int) -> Fitted:
    return Fitted(title, first, headings, spare=spare, widest=widest)


def _who(item: Comparison) -> str:
    return f"{item.other} against {item.gold}"


def _value(figure: Figure | None) -> str:
    return "–" if figure is None or figure.value is None else f"{figure.value:.2f}"


def _interval(figure: Figure | None) -> str:
    if figure is None or figure.low is None or figure.high is None:
        return ""
    between = " to " if figure.low < 0 else "–"
    return f"{figure.low:.2f}{between}{figure.high:.2f}"


def _p(value: float | None) -> str:
    return "" if value is None else "<0.001" if value < 0.001 else f"{value:.3f}"
