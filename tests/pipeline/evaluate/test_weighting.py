"""Units drawn with unequal chances: weighting is writing a unit down as often as it counts, and meets the whole material."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics
from toys import CODES, table

from pipeline.commands.evaluate import evaluate
from pipeline.evaluate.alternative import alternative_test
from pipeline.evaluate.attitudes import Marked, Pair, attitude_figures, detection_figures
from pipeline.evaluate.calibration import calibrate
from pipeline.evaluate.ceiling import human_ceiling
from pipeline.evaluate.characters import compare_spans
from pipeline.evaluate.compare import Coded, compare_codes
from pipeline.evaluate.evaluation import machine_against_gold
from pipeline.evaluate.figures import Resampler
from pipeline.evaluate.judge import MachineCoding
from pipeline.evaluate.slices import slices_by
from pipeline.evaluate.spans import UNITS, extent_of, marked_transcripts
from pipeline.evaluate.weighting import UNWEIGHTED_NOTE, weighed, weights_of
from pipeline.gold import load_gold
from pipeline.prevalence.record import SUFFIX, Record
from pipeline.tables import open_run

SMALL_SAMPLE = ("alpha",)
"""Alpha has terms of the number of units, which is larger where units are written down again."""


@pytest.fixture
def drawn():
    """Gold, machine, probabilities, groups of 120 units, and how often each counts."""
    rng = np.random.default_rng(3)
    gold = rng.random((120, 3)) < 0.35
    p = np.round(np.clip(gold * 0.4 + rng.random((120, 3)) * 0.6, 0, 1), 2)
    return gold, p > 0.5, p, np.array([f"g{k}" for k in rng.integers(0, 9, 120)]), rng.integers(1, 5, 120)


def same(weighted, repeated):
    return all(
        getattr(weighted, end) == pytest.approx(getattr(repeated, end), abs=2e-4) for end in ("value", "low", "high")
    )


def again(times, *arrays):
    rows = np.repeat(np.arange(len(times)), times)
    rows = rows[np.argsort([np.flatnonzero(rows == row)[0] for row in rows], kind="stable")]
    return [item[rows] for item in arrays]


def test_every_ratio_is_that_of_units_written_down_as_often_as_they_count(drawn, codebook):
    gold, said, p, groups, times = drawn
    one = compare_codes(Coded(gold), Coded(said, probabilities=p), list(groups), codebook, times * 7.0)
    more_gold, more_said, more_p, more_groups = again(times, gold, said, p, groups)
    other = compare_codes(Coded(more_gold), Coded(more_said, probabilities=more_p), list(more_groups), codebook)
    for mine, yours in zip(one, other, strict=True):
        for name, figure in mine.figures.items():
            if not name.endswith(SMALL_SAMPLE):
                assert same(figure, yours.figures[name]), (mine.name, name)
    assert one[0].gold == gold[:, 0].sum() and one[0].units == 120  # counts are of what is listed
    assert one[0].figures["f1"].n == 120
    plain = compare_codes(Coded(gold), Coded(said), list(groups), codebook)
    assert plain[0].figures["f1"].value != one[0].figures["f1"].value


def test_weighted_figures_are_those_of_scikit_learn_with_sample_weights(drawn, codebook):
    gold, said, p, groups, times = drawn
    rows = compare_codes(Coded(gold), Coded(said, probabilities=p), list(groups), codebook, times / 3)
    for k, row in enumerate(rows[:3]):
        expected = {
            "precision": metrics.precision_score(gold[:, k], said[:, k], sample_weight=times),
            "recall": metrics.recall_score(gold[:, k], said[:, k], sample_weight=times),
            "f1": metrics.f1_score(gold[:, k], said[:, k], sample_weight=times),
            "kappa": metrics.cohen_kappa_score(gold[:, k], said[:, k], sample_weight=times),
            "agreement": metrics.accuracy_score(gold[:, k], said[:, k], sample_weight=times),
            "average_precision": metrics.average_precision_score(gold[:, k], p[:, k], sample_weight=times),
            "roc_auc": metrics.roc_auc_score(gold[:, k], p[:, k], sample_weight=times),
        }
        assert {name: row.figures[name].value for name in expected} == pytest.approx(expected, abs=1e-4)
    overall = rows[-1].figures
    samples = metrics.jaccard_score(gold, said, average="samples", sample_weight=times, zero_division=1)
    assert overall["samples_jaccard"].value == pytest.approx(samples, abs=1e-4)


def test_alpha_weighted_is_that_of_weighted_counts_of_the_same_size(drawn, codebook):
    gold, said, _, groups, times = drawn
    row = compare_codes(Coded(gold), Coded(said), list(groups), codebook, times.astype(float))[0]
    a, b, w = gold[:, 0], said[:, 0], times / times.mean()
    ones, n = (w * a).sum() + (w * b).sum(), 240
    expected = 2 * ones * (n - ones) / (n * (n - 1))
    assert row.figures["alpha"].value == pytest.approx(1 - (w * (a != b)).sum() / 120 / expected, abs=1e-4)


def test_alpha_within_codes_is_weighted_as_alpha_is(drawn, codebook):
    gold, said, _, groups, times = drawn
    *codes, _, _, overall = compare_codes(Coded(gold), Coded(said), list(groups), codebook, times.astype(float))
    w, n = times / times.mean(), 240
    ones = (w[:, None] * gold).sum(0) + (w[:, None] * said).sum(0)
    apart = (w[:, None] * (gold != said)).sum(0)
    expected = ones * (n - ones) / (n - 1)
    assert overall.figures["within_alpha"].value == pytest.approx(1 - apart.sum() / expected.sum(), abs=1e-4)
    assert overall.figures["within_alpha"].n == gold.size
    assert not any("within_alpha" in row.figures for row in codes)
    (whole,) = slices_by(["rank"], [{"rank": "a"}] * 120, gold, said, list(groups), times.astype(float))
    assert whole.figures["within_alpha"] == overall.figures["within_alpha"]


def test_calibration_slices_and_mentions_too(drawn):
    gold, said, p, groups, times = drawn
    weights = times.astype(float)
    more_gold, more_p, more_groups = again(times, gold, p, groups)
    one = calibrate("x", gold, p, Resampler(list(groups), units=weights))
    assert same(one.brier, calibrate("x", more_gold, more_p, Resampler(list(more_groups))).brier)
    assert sum(item.n for item in one.bins) == gold.size
    attributes = [{"rank": "ab"[i % 2]} for i in range(120)]
    mine = slices_by(["rank"], attributes, gold, said, list(groups), weights)
    rows = np.repeat(np.arange(120), times)
    yours = slices_by(["rank"], [attributes[i] for i in rows], gold[rows], said[rows], list(groups[rows]))
    found = {item.value: item for item in yours}
    for item in mine:
        assert item.figures["f1"].value == pytest.approx(found[item.value].figures["f1"].value, abs=2e-4)
        assert item.units == 60
    pairs = [Pair("g", "positive", "positive", "", 3.0), Pair("h", "negative", "positive", "", 1.0)]
    assert attitude_figures(pairs)["all"]["mean_absolute_error"].value == 0.5  # one of four is two steps off
    marked = [Marked("g", {(0, 3): ""}, {(0, 3): ""}, 3.0), Marked("h", {(0, 3): ""}, {}, 1.0)]
    assert detection_figures(marked)["all"]["exact_recall"].value == 0.75


def test_weighted_figures_of_samples_meet_those_of_the_material(codebook):
    rng = np.random.default_rng(8)
    gold = rng.random((4000, 3)) < (0.3, 0.1, 0.2)
    unsure = rng.random(4000) < 0.2
    said = gold ^ (rng.random((4000, 3)) < np.where(unsure, 0.4, 0.03)[:, None])
    chance = np.where(unsure, 0.4, 0.05)
    seen = {True: [], False: []}
    for _ in range(12):
        rows = np.flatnonzero(rng.random(4000) < chance)
        groups = ["one"] * len(rows)
        for weighted, values in seen.items():
            weights = 1 / chance[rows] if weighted else None
            values.append(compare_codes(Coded(gold[rows]), Coded(said[rows]), groups, codebook, weights)[-1])
    whole = compare_codes(Coded(gold), Coded(said), ["one"] * 4000, codebook)[-1]
    for name in ("precision", "recall", "f1", "kappa", "alpha", "macro_f1", "masi_alpha", "samples_jaccard"):
        truth = whole.figures[name].value
        mean = {kind: np.mean([row.figures[name].value for row in rows]) for kind, rows in seen.items()}
        assert abs(mean[True] - truth) < 0.03 < 0.1 < abs(mean[False] - truth), name


def test_the_alternative_annotator_test_counts_groups_weighted_and_the_published_p_not():
    rng = np.random.default_rng(2)
    answers = rng.random((3, 60, 1)) < 0.5
    machine, groups, answered = answers[0] ^ (rng.random((60, 1)) < 0.2), np.arange(60) % 12, np.ones((3, 60), bool)
    weights = rng.integers(1, 6, 60).astype(float)
    arguments = ("x", machine, ["a", "b", "c"], answers, answered, groups)
    plain, one = alternative_test(*arguments), alternative_test(*arguments, weights=weights)
    assert [item.p for item in plain.coders] == [item.p for item in one.coders]
    assert [item.p_groups for item in plain.coders] != [item.p_groups for item in one.coders]
    assert alternative_test(*arguments, weights=weights * 9) == one
    assert alternative_test(*arguments, weights=np.ones(60)) == plain


@pytest.fixture
def load(tmp_path, codebook):
    def call(rows):
        path = tmp_path / "gold.csv"
        path.write_text(table(rows), encoding="utf-8")
        return load_gold([path], codes=codebook.names)

    return call


def unit(name, codes="effectiveness", **more):
    return {"id": name, "group": name, "text": "Said.", "codes": codes, "coder": "ann", **more}


def test_where_the_chances_come_from_and_what_is_said_of_them(load):
    plain = load([unit("u1"), unit("u2", "")])
    units, found = weighed(plain, None)
    assert (units, found.weighted, found.notice) == (plain, False, None)
    units, found = weighed(plain, Record({"u1": 0.5, "u2": 0.1}))
    assert [item.first.inclusion for item in units] == [0.5, 0.1] and found.weighted
    assert weights_of([item.first for item in units]) == pytest.approx([2, 10])
    assert (found.least, found.most, found.effective) == (0.1, 0.5, round(144 / 104, 1))
    assert "weighted by 1 / inclusion" in found.notice and set(found.not_weighted)
    assert weighed(load([unit("u1", inclusion=0.5), unit("u2", inclusion=0.1)]), None)[1].weighted
    units, found = weighed(load([unit("u1", inclusion=0.5), unit("u2", inclusion=0.5)]), None)
    assert not found.weighted and found.notice is None
    units, found = weighed(load([unit("u1", inclusion=0.5), unit("u2")]), None)
    assert "1 of 2 units do not say" in found.notice and weights_of([item.first for item in units]) is None
    assert all(item.first.inclusion is None for item in units)  # else a part of them would be weighted after all
    assert "knows none of the 2 units" in weighed(plain, Record({"other": 0.5}))[1].notice
    found = weighed(plain, None, {"u1"})[1]
    assert "1 units were drawn by `themes sample`" in found.notice and SUFFIX in found.notice


def test_the_reference_and_the_ceiling_are_weighted(gold, codebook):
    rng = np.random.default_rng(4)
    inclusion = rng.choice([0.1, 0.5], len(gold))
    units = [
        replace(item, codings=tuple(replace(coding, inclusion=float(value)) for coding in item.codings))
        for item, value in zip(gold, inclusion, strict=True)
    ]
    said = rng.random((len(gold), 3)) < 0.4
    coding = MachineCoding(list(gold), CODES, said.astype(float), said, [{} for _ in gold])
    plain, weighted = coding, replace(coding, units=units)
    one, other = (machine_against_gold(item, codebook).rows[-1].figures for item in (plain, weighted))
    agreed = (said == [[code in item.reference.codes for code in CODES] for item in gold]).mean(1)
    assert one["agreement"].value == pytest.approx(agreed.mean(), abs=1e-4)
    assert other["agreement"].value == pytest.approx(np.average(agreed, weights=1 / inclusion), abs=1e-4)
    beside = [human_ceiling(item, codebook).beside[-1] for item in (plain, weighted)]
    assert beside[0].decisions == beside[1].decisions and beside[0].machine != beside[1].machine


@pytest.fixture
def places(made_run):
    rows = [row for row in open_run(made_run).rows("segments") if row["role"] == "participant"]
    names = ("transcript_id", "start", "end", "text")
    return [dict(zip(("transcript", "start", "end", "text"), (row[n] for n in names), strict=True)) for row in rows]


def test_characters_count_as_their_units_and_stretches_do_not(load, made_run, places, codebook):
    chances = (0.5, 0.1, 0.25)
    rows = [unit(f"u{i}", inclusion=c) | place for i, (c, place) in enumerate(zip(chances, places, strict=True))]
    units = load(rows)
    assert extent_of(units) == UNITS  # only what was drawn was read, though every unit carries a code
    (found,) = compare_spans(marked_transcripts(open_run(made_run), units, codebook, UNITS), codebook, extent=UNITS)
    weight = np.array([len(place["text"]) / chance for chance, place in zip(chances, places, strict=True)])
    # The machine gives effectiveness to the first two.
    assert found.figures["effectiveness"]["recall"].value == pytest.approx(weight[:2].sum() / weight.sum(), abs=1e-4)
    assert found.figures["effectiveness"]["recall"].n == sum(len(place["text"]) for place in places)
    assert UNWEIGHTED_NOTE in found.figures["overall"]["near_f1"].note
    assert UNWEIGHTED_NOTE in found.figures["overall"]["alpha_u"].note
    assert UNWEIGHTED_NOTE not in found.figures["overall"]["f1"].note


def test_an_evaluation_of_a_drawn_sample_says_how_it_counts(made_run, places, tmp_path, capsys):
    run = shutil.copytree(made_run, tmp_path / "run")
    gold = tmp_path / "to-code.csv"
    given = zip(("effectiveness", "", ""), places, strict=True)
    gold.write_text(table([unit(f"u{i}", codes, sampled="yes") | place for i, (codes, place) in enumerate(given)]))
    arguments = {"run": run, "model": None, "transcripts": None, "device": "cpu"}
    evaluate([gold], out=tmp_path / "plain", **arguments)
    assert "no .design.json lies beside" in " ".join(capsys.readouterr().out.split())
    chances = {"u0": 0.5, "u1": 0.1, "u2": 0.25}
    # Drawn from another run: a segment's chance is the same whoever codes it.
    record = {"inclusion": chances, "run_manifest_sha256": "00"}
    gold.with_suffix(SUFFIX).write_text(json.dumps(record), encoding="utf-8")
    evaluate([gold], out=tmp_path / "weighted", **arguments)
    assert "weighted by 1 / inclusion" in " ".join(capsys.readouterr().out.split())
    plain, weighted = (
        json.loads((tmp_path / name / "evaluation.json").read_text(encoding="utf-8")) for name in ("plain", "weighted")
    )
    assert (plain["weighting"]["weighted"], weighted["weighting"]["weighted"]) == (False, True)
    assert weighted["weighting"]["not_weighted"]["spans.alpha_u"]
    agreement = [item["comparisons"][0]["rows"][0]["figures"]["agreement"]["value"] for item in (plain, weighted)]
    # The machine gives effectiveness to the first two; gold to the first.
    assert agreement == pytest.approx([2 / 3, (2 + 4) / (2 + 10 + 4)], abs=1e-4)
    assert "weighted by 1 / inclusion" in (tmp_path / "weighted" / "report.html").read_text(encoding="utf-8")
