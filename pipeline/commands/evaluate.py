"""`themes evaluate`: gold against a model or a run, and its coders against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.codebook import Codebook
from pipeline.commands.evaluation_tables import print_evaluation
from pipeline.commands.models import codebook_of, load_predictor
from pipeline.commands.terminal import tell_guess, terminal
from pipeline.errors import UsageError, printable
from pipeline.evaluate.alternative import EPSILON
from pipeline.evaluate.ceiling import human_ceiling
from pipeline.evaluate.characters import TOLERANCE, SpanComparison, compare_spans
from pipeline.evaluate.evaluation import (
    attitude_answers,
    code_matrix,
    coder_against_coder,
    coder_pairs,
    coders_of,
    machine_against_coder,
    machine_against_gold,
)
from pipeline.evaluate.folder import write_folder
from pipeline.evaluate.in_run import look_up, misplaced, placed_in_run
from pipeline.evaluate.judge import THEMES, MachineCoding, code_gold
from pipeline.evaluate.notices import gold_notices, pooled_notices
from pipeline.evaluate.page import write_page
from pipeline.evaluate.slices import Slice, slices_by
from pipeline.evaluate.spans import TRANSCRIPTS, UNITS, extent_of, marked_transcripts
from pipeline.evaluate.unit_attributes import unit_attributes
from pipeline.evaluate.unlearnt import notices as unlearnt
from pipeline.evaluate.weighting import Weighting, weighed, weights_of
from pipeline.gold import Gold, GoldUnit, further_columns, read_gold
from pipeline.gold_codes import LeftOut, with_known_codes
from pipeline.gold_none import kind_of
from pipeline.gold_types import types_of_people_only
from pipeline.lookup import texts_in, texts_of_run
from pipeline.prevalence.record import find_record
from pipeline.tables import RunTables, open_run


@dataclass(frozen=True, slots=True)
class Options:
    """What may be asked for beside the figures that are always there."""

    by: tuple[str, ...] = ()
    attributes: Path | None = None
    extent: str = "auto"
    tolerance: int = TOLERANCE
    gamma: bool = False
    epsilon: float = EPSILON
    design: Path | None = None

    def __post_init__(self) -> None:
        if self.extent not in ("auto", UNITS, TRANSCRIPTS):
            raise UsageError(f"--extent {self.extent!r} is none of auto, {UNITS}, {TRANSCRIPTS}")


@dataclass(frozen=True, slots=True)
class _Judged:
    """Gold, and the machine's answers to it.

    Attributes:
        read: the gold with the codes that the codebook does not have.
        given: the tables as they came.
    """

    codebook: Codebook
    units: list[GoldUnit]
    read: list[GoldUnit]
    left_out: LeftOut
    machine: MachineCoding
    tables: RunTables | None
    notices: tuple[str, ...]
    weighting: Weighting
    given: Gold


def evaluate(
    gold: Sequence[Path],
    *,
    run: Path | None,
    model: str | None,
    out: Path,
    transcripts: Path | None,
    device: str,
    options: Options | None = None,
) -> None:
    """Compare, write the evaluation folder, print the figures."""
    options = options or Options()
    judged = _judge(gold, run, model, transcripts, device, options.design)
    codebook, units, machine = judged.codebook, judged.units, judged.machine
    about = gold_notices(units, codebook, judged.read, judged.given.waiting)
    of_gold = [judged.left_out.notice, judged.given.unnamed, *about, *_types(judged), judged.weighting.notice or ""]
    notices = [*filter(None, of_gold), *judged.notices, *unlearnt(machine.unlearnt)]
    spans = _spans(judged, options)
    if not machine.units and not spans:
        raise UsageError(
            "; ".join(["none of the gold's units is a segment of this run", *machine.notices]),
            path=run,
            remedy="code the same transcripts, with the columns transcript, start, end in the gold",
        )
    comparisons = [machine_against_gold(machine, codebook)]
    pairs = coder_pairs(units)
    if pairs:
        comparisons += [machine_against_coder(machine, coder, codebook) for coder in coders_of(units)]
    comparisons += [coder_against_coder(units, *pair, codebook) for pair in pairs]
    notices += pooled_notices(comparisons)
    coded = THEMES not in machine.unlearnt
    ceiling = human_ceiling(machine, codebook, options.epsilon) if coded else None
    slices = _slices(judged, gold, transcripts, options) if coded else []
    answers = attitude_answers(machine)
    write_folder(
        out,
        comparisons,
        machine,
        answers,
        ceiling=ceiling,
        spans=spans,
        slices=slices,
        notices=notices,
        weighting=judged.weighting,
        left_out=judged.left_out,
    )
    write_page(
        out / "report.html",
        codebook=codebook,
        machine=machine,
        comparisons=comparisons,
        answers=answers,
        ceiling=ceiling,
        spans=spans,
        slices=slices,
        notices=notices,
    )
    print_evaluation(comparisons, machine, ceiling, spans, slices, notices, terminal())
    print(f"evaluation folder: {printable(out)}")


def _judge(
    gold: Sequence[Path],
    run: Path | None,
    model: str | None,
    transcripts: Path | None,
    device: str,
    design: Path | None,
) -> _Judged:
    if (run is None) == (model is None):
        raise UsageError("give either --run or --model", remedy="a run folder, or a model's folder or name")
    text_of = texts_in(transcripts)
    record, sampled = find_record(gold, design, None), further_columns(gold, ["sampled"])
    if run is not None:
        tables = open_run(run)
        codebook = Codebook.model_validate(tables.manifest["codebook"]["content"])
        find = text_of or texts_of_run(tables)
        given = read_gold(gold, labels=codebook.labels, text_of=find, tell=tell_guess)
        read, weighting = weighed(given.units, record, sampled)
        units, left_out = with_known_codes(read, codebook.names, gold, codebook.labels)
        found = look_up(run, units)
        return _Judged(codebook, units, read, left_out, found, tables, found.notices, weighting, given)
    predictor = load_predictor(str(model), device=device, batch_tokens=4096)
    codebook = codebook_of(predictor)
    given = read_gold(gold, labels=codebook.labels, text_of=text_of, tell=tell_guess)
    read, weighting = weighed(given.units, record, sampled)
    units, left_out = with_known_codes(read, codebook.names, gold, codebook.labels)
    notices = misplaced(units, text_of) if text_of else ()
    machine = code_gold(predictor, units)
    return _Judged(codebook, units, read, left_out, machine, None, notices, weighting, given)


def _types(judged: _Judged) -> list[str]:
    """On types of partner that a run's mentions never have."""
    attitudes = [item for unit in judged.units for coding in unit.codings for item in coding.attitudes or ()]
    given = {item.partner_type for item in attitudes if kind_of(item) == "mention"} - {""}
    if judged.tables is None or not given:
        return []
    found = judged.tables.attitudes(["partner_type"])["partner_type"].unique().to_pylist()
    return [f"{sentence[0].upper()}{sentence[1:]}." for sentence in types_of_people_only(given, found, judged.tables)]


def _spans(judged: _Judged, options: Options) -> list[SpanComparison]:
    """By character, where a run gives the transcripts and gold gives codes with offsets in them."""
    units = [unit for unit in judged.units if any(coding.codes is not None for coding in unit.codings)]
    if judged.tables is None:
        if options.gamma:
            raise UsageError("--gamma compares units in transcripts", remedy="give --run, and offsets in the gold")
        return []
    if THEMES in judged.machine.unlearnt:
        return []
    units, _ = placed_in_run(judged.tables, units)
    extent = options.extent
    if extent == "auto":
        # Of a drawn sample nothing else was read; and a unit that lost an unknown code was not listed as one without a code.
        placed = {unit.unit_id for unit in units}
        extent = (
            UNITS if judged.weighting.units else extent_of([unit for unit in judged.read if unit.unit_id in placed])
        )
    marked = marked_transcripts(judged.tables, units, judged.codebook, extent)
    return compare_spans(marked, judged.codebook, extent=extent, tolerance=options.tolerance, with_gamma=options.gamma)


def _slices(judged: _Judged, gold: Sequence[Path], transcripts: Path | None, options: Options) -> list[Slice]:
    if not options.by:
        return []
    machine, codebook = judged.machine, judged.codebook
    attributes = unit_attributes(
        machine.units,
        options.by,
        gold=gold,
        tables=judged.tables,
        segments=machine.segments,
        transcripts=transcripts,
        table=options.attributes,
    )
    settled = [
        (i, reference)
        for i, unit in enumerate(machine.units)
        if (reference := unit.reference) is not None and reference.codes is not None
    ]
    rows = [i for i, _ in settled]
    references = [reference for _, reference in settled]
    columns = [machine.codes.index(name) for name in codebook.names]
    return slices_by(
        options.by,
        [attributes[i] for i in rows],
        code_matrix(references, codebook),
        machine.assigned[np.ix_(rows, columns)],
        [reference.group for reference in references],
        weights_of(references),
    )
