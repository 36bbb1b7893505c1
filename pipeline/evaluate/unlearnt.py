"""What a model never learnt is no answer: its figures are undefined, with the reason, rather than scored as "none"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.evaluate.compare import ATTITUDE_FIGURES, CLASS_FIGURES, Row
from pipeline.evaluate.comparison import Comparison
from pipeline.evaluate.figures import Figure, undefined
from pipeline.evaluate.judge import ATTITUDES, PARTNERSHIP, THEMES, MachineCoding
from pipeline.evaluate.ranking import AVERAGE_PRECISION, ROC_AUC
from pipeline.types import Coding

_ORDER_ALONE = (
    "The model has not learnt codes, and assigns none: there is no coding to agree with. Only the order of its probabilities can "
    "be judged, code by code."
)


def without_unlearnt(found: Comparison, gold: Sequence[Coding], machine: MachineCoding) -> Comparison:
    """The comparison with every figure undefined that asks for what the model has not learnt, where gold has it.

    Of codes, how well the probabilities of each order the units is kept: the order is all that such a model gives.
    """
    reasons = machine.unlearnt
    given = [item for coding in gold for item in coding.attitudes or ()]
    if THEMES in reasons:
        rows = [replace(row, figures=_undefined(row.figures, reasons[THEMES]) | _order(row)) for row in found.rows]
        found = replace(found, rows=rows, calibration=[])
    if PARTNERSHIP in reasons:
        asked = any(item.start is None for item in given)
        figures = _undefined(CLASS_FIGURES, reasons[PARTNERSHIP]) if asked else {}
        found = replace(found, partnership=figures, stances=0)
    if ATTITUDES in reasons:
        asked = any(item.start is not None for item in given)
        figures = _undefined(ATTITUDE_FIGURES, reasons[ATTITUDES]) if asked else {}
        missed = {name: _undefined(figures, reasons[ATTITUDES]) for name, figures in found.detection.items()}
        found = replace(
            found, attitudes=figures, mentions=0, partner_types={}, detection=missed, attitude_calibration=[]
        )
    return found


def notices(reasons: Mapping[str, str]) -> list[str]:
    """A sentence for each."""
    return [
        _ORDER_ALONE if kind == THEMES else f"Figures on {kind} are undefined: {reason}"
        for kind, reason in reasons.items()
    ]


def _order(row: Row) -> dict[str, Figure]:
    """Figures of the order within single codes: between codes, probabilities that are not calibrated cannot be compared."""
    of_code = ("prevalence_gold", AVERAGE_PRECISION, ROC_AUC)
    means = (f"macro_{AVERAGE_PRECISION}", f"macro_{ROC_AUC}")
    kept = {"code": of_code, "overall": means}.get(row.level, ())
    return {name: row.figures[name] for name in kept if name in row.figures}


def _undefined(names: Mapping[str, object], reason: str) -> dict[str, Figure]:
    return {name: undefined(reason) for name in names}
