"""Comparisons by hand, a perfect machine, the folder's files, and gold looked up in a run."""

import csv
import json

import numpy as np
import pytest
from toys import CODES, table

from pipeline.evaluate.evaluation import (
    attitude_answers,
    coder_against_coder,
    coder_pairs,
    coders_of,
    machine_against_gold,
)
from pipeline.evaluate.folder import write_folder
from pipeline.evaluate.in_run import look_up
from pipeline.evaluate.judge import NOWHERE, MachineAttitude, MachineCoding, code_gold
from pipeline.gold import load_gold
from pipeline.run import RunPlan, run
from pipeline.tables import open_run


def perfect(gold):
    """The machine that says what the reference says."""
    codes = np.array([[code in unit.reference.codes for code in CODES] for unit in gold])
    attitudes = [
        {
            (NOWHERE if item.start is None else (item.start, item.end)): MachineAttitude(
                item.attitude.value, (0.2, 0.3, 0.5)
            )
            for item in unit.reference.attitudes
        }
        for unit in gold
    ]
    return MachineCoding(list(gold), CODES, codes.astype(float), codes, attitudes)


def values(comparison, name):
    row = next(row for row in comparison.rows if row.name == name)
    return {key: figure.value for key, figure in row.figures.items()}


def test_a_perfect_machine_is_one_in_everything(gold, codebook):
    seen = machine_against_gold(perfect(gold), codebook)
    assert (seen.units, seen.groups, seen.mentions) == (24, 4, 24)
    assert [(row.level, row.name) for row in seen.rows] == [
        *(("code", code) for code in CODES),
        ("theme", "way_forward"),
        ("theme", "doubts"),
        ("overall", "overall"),
    ]
    shares = {"prevalence_gold", "prevalence_other", "mean_absolute_error"}
    named = [item for row in seen.rows for item in row.figures.items()] + [*seen.attitudes.items()]
    assert {(f.value, f.low, f.high) for name, f in named if name not in shares} == {(1.0, 1.0, 1.0)}
    assert {(f.value, f.low, f.high) for f in seen.partnership.values()} == {(1.0, 1.0, 1.0)}
    assert set(seen.attitudes) == {"macro_f1", "alpha", "quadratic_kappa", "ordinal_alpha", "mean_absolute_error"}
    assert seen.attitudes["mean_absolute_error"].value == 0
    assert {figure.n for figure in seen.attitudes.values()} == {24}
    assert (seen.calibration[-1].name, seen.calibration[-1].error.value) == ("overall", 0)
    assert [(item.name, item.n) for item in seen.attitude_calibration][2:] == [("positive", 24), ("overall", 72)]


def test_coder_against_coder_by_hand(gold, codebook):
    assert coders_of(gold) == ["ann", "bob"] and coder_pairs(gold) == [("ann", "bob")]
    seen = coder_against_coder(gold, "ann", "bob", codebook)
    assert (seen.gold, seen.other, seen.units, seen.groups) == ("ann", "bob", 24, 4)
    first = values(seen, "effectiveness")
    assert (first["precision"], first["recall"], first["f1"]) == (1.0, 0.6667, 0.8)
    assert first["agreement"] == pytest.approx(5 / 6, abs=1e-4)
    third = values(seen, "talking_shop")
    assert (third["precision"], third["recall"], third["f1"]) == (None, 0.0, 0.0)
    assert values(seen, "way_forward")["f1"] == 0.6667
    overall = values(seen, "overall")
    assert overall["f1"] == 0.6667 and overall["macro_f1"] == pytest.approx((0.8 + 2 / 3 + 0) / 3, abs=1e-4)
    row = seen.rows[0]
    assert (row.units, row.gold, row.other) == (24, 12, 8)
    assert (row.figures["f1"].low, row.figures["f1"].high) == (0.8, 0.8)  # all groups are alike
    assert {name: figure.value for name, figure in seen.attitudes.items()} == {
        "macro_f1": 1.0,
        "alpha": 1.0,
        "quadratic_kappa": 1.0,
        "ordinal_alpha": 1.0,
        "mean_absolute_error": 0.0,
    }
    assert {figure.value for figure in seen.partnership.values()} == {1.0}
    assert {name: figure.value for name, figure in seen.detection["all"].items()} == dict.fromkeys(
        [f"{kind}_{name}" for kind in ("exact", "overlap") for name in ("precision", "recall", "f1")], 1.0
    )


def test_one_group_has_no_interval(gold, codebook):
    seen = coder_against_coder(gold[:6], "ann", "bob", codebook)
    figure = seen.rows[0].figures["f1"]
    assert (figure.value, figure.low, figure.high) == (0.8, None, None)


def test_a_coder_who_coded_no_attitudes_is_not_compared_on_them(tmp_path, codebook):
    rows = [{"id": i, "text": "The council.", "codes": "", "coder": coder} for i in (1, 2) for coder in ("ann", "bob")]
    rows += [{"id": 1, "coder": "ann", "attitude": "negative"}]
    (tmp_path / "gold.csv").write_text(table(rows))
    units = load_gold([tmp_path / "gold.csv"])
    assert coder_against_coder(units, "ann", "bob", codebook).partnership == {}
    assert coder_against_coder(units, "bob", "ann", codebook).partnership == {}


def test_units_that_coders_never_settled_are_left_out(gold, codebook):
    from dataclasses import replace

    unsettled = replace(gold[0], codings=gold[0].codings[:2])
    machine = perfect(gold)
    machine = replace(machine, units=[unsettled, *gold[1:]])
    assert machine_against_gold(machine, codebook).units == 23
    assert len(attitude_answers(machine)) == len(attitude_answers(perfect(gold))) - 2


def test_the_machine_is_asked_at_every_span_that_anybody_marked(gold, predictor):
    machine = code_gold(predictor, gold)
    assert len(machine.units) == len(gold) == len(machine.probabilities) and machine.missing == 0
    for unit, found in zip(gold, machine.attitudes, strict=True):
        spans = {
            (item.start, item.end) for coding in unit.codings for item in coding.attitudes if item.start is not None
        }
        assert set(found) - {NOWHERE} == spans
    assert [item.get(NOWHERE) is not None for item in machine.attitudes] == (machine.partnership_classes() > 0).tolist()


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_folder_has_the_columns_of_the_design(gold, codebook, predictor, tmp_path):
    machine = code_gold(predictor, gold)
    comparisons = [machine_against_gold(machine, codebook), coder_against_coder(gold, "ann", "bob", codebook)]
    write_folder(tmp_path, comparisons, machine, attitude_answers(machine))
    predictions = read(tmp_path / "predictions.csv")
    assert list(predictions[0]) == ["id", "code", "probability", "assigned"]
    assert [(row["id"], row["code"]) for row in predictions] == [
        (unit.unit_id, code) for unit in gold for code in CODES
    ]
    attitudes = read(tmp_path / "attitudes.csv")
    assert list(attitudes[0]) == [
        "id",
        "mention_start",
        "mention_end",
        "gold",
        "attitude",
        "negative",
        "neutral",
        "positive",
    ]
    assert len(attitudes) == sum(len(unit.reference.attitudes) for unit in gold)
    for row in attitudes:
        if row["mention_start"]:
            assert sum(float(row[name]) for name in ("negative", "neutral", "positive")) == pytest.approx(1, abs=1e-3)
    evaluation = read(tmp_path / "evaluation.csv")
    assert {"level", "name", "figure", "value", "low", "high"} <= set(evaluation[0])
    levels = {row["level"] for row in evaluation}
    assert levels == {
        *("code", "theme", "overall", "partnership", "attitudes", "detection", "calibration", "attitude_calibration"),
    }
    content = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    assert content["bootstrap"]["over"] == "groups" and content["format"] == 3
    assert set(content["counting"]) >= {"codes", "partnership", "attitudes"}
    assert content["units_without_answer"] == 0
    ann = content["comparisons"][1]
    assert (ann["gold"], ann["other"], ann["units"], ann["groups"]) == ("ann", "bob", 24, 4)
    figure = ann["rows"][0]["figures"]["f1"]
    assert figure == {"value": 0.8, "low": 0.8, "high": 0.8, "n": 24, "note": ""}
    line = next(
        row for row in evaluation if row["gold"] == "ann" and row["figure"] == "f1" and row["name"] == "effectiveness"
    )
    assert (line["value"], line["gold_count"], line["other_count"], line["units"]) == ("0.8", "12", "8", "24")


@pytest.fixture(scope="module")
def coded(tmp_path_factory, predictor, codebook, interviews, run_settings):
    out = tmp_path_factory.mktemp("coded") / "run"
    run(RunPlan((interviews,), out, codebook, run_settings), predictor)
    return out


def gold_of(run_folder, path, shift=0):
    """Gold at a run's own segments, as a table would have it: by file name and offsets."""
    rows = [row for row in open_run(run_folder).rows("segments") if row["role"] == "participant"]
    content = [
        {
            "id": i,
            "text": row["text"],
            "codes": "effectiveness" if i % 2 else "",
            "transcript": row["transcript_id"].rsplit("-", 1)[0] + (".txt" if i % 3 else ""),
            "start": row["start"] + (shift if i == 0 else 0),
            "end": row["end"],
        }
        for i, row in enumerate(rows)
    ]
    path.write_text(table(content), encoding="utf-8")
    return load_gold([path]), rows


def test_gold_is_looked_up_in_a_run_by_offsets(coded, tmp_path):
    units, rows = gold_of(coded, tmp_path / "gold.csv")
    machine = look_up(coded, units)
    assert machine.units == units and machine.missing == 0
    scores = {(row["segment_id"], row["code"]): row for row in open_run(coded).rows("themes")}
    for i, row in enumerate(rows):
        for k, code in enumerate(machine.codes):
            assert machine.probabilities[i, k] == scores[row["segment_id"], code]["probability"]
            assert machine.assigned[i, k] == scores[row["segment_id"], code]["assigned"]
    spans = [
        (unit, span) for unit, found in zip(units, machine.attitudes, strict=True) for span in found if span != NOWHERE
    ]
    assert spans
    assert {unit.first.text[start:end] for unit, (start, end) in spans} <= {"council", "housing", "health"}


def test_units_that_the_run_cut_otherwise_are_missing(coded, codebook, tmp_path):
    units, _ = gold_of(coded, tmp_path / "gold.csv", shift=1)
    machine = look_up(coded, units)
    assert machine.missing == 1 and units[0] not in machine.units
    assert machine_against_gold(machine, codebook).units == len(units) - 1
