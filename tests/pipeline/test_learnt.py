"""What was learnt: warnings, figures, and what more gold may be expected to buy."""

import json
import shutil
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score
from toys import CODES

from models.decisions import Labels
from models.inputs import Unit
from models.saving import load_model
from pipeline.evaluate.compare import Figure
from pipeline.gold import GoldUnit
from pipeline.holding_out import split_groups
from pipeline.learnt import (
    THIN,
    CodeLearnt,
    CurvePoint,
    as_markdown,
    codes_learnt,
    curve_lines,
    expected_at,
    figure,
    units_with,
)
from pipeline.types import Coding


def unit(name, codes, text="we save money with the council", coders=("adjudicated",), group="g"):
    return GoldUnit(name, tuple(Coding(name, group, text, frozenset(codes), coder) for coder in coders))


def units(count, *codes):
    return [unit(f"u{i}", codes, group=f"g{i % 2}") for i in range(count)]


@pytest.fixture(scope="module")
def learnt(tiny_model, codebook, gold, trained):
    training, held = split_groups(gold, trained[1].validation_share, trained[1].seed)
    return codes_learnt(tiny_model, training, held, codebook, device="cpu"), training, held


def test_units_are_counted_by_any_coder():
    mixed = GoldUnit("m", (*unit("m", ["a"]).codings, *unit("m", ["b"], coders=("bob",)).codings))
    unasked = GoldUnit("n", (Coding("n", "g", "x", None, "ann"),))
    assert [units_with(code, [mixed, unit("x", ["b"]), unasked]) for code in "abc"] == [1, 2, 0]


def test_what_was_learnt_of_each_code(learnt, predictor):
    found, training, held = learnt
    assert [item.code for item in found] == list(CODES)
    assert [item.threshold for item in found] == pytest.approx(predictor.model.decisions.themes.thresholds)
    seen = predictor.predict([Unit(item.first.text, item.first.context) for item in held])
    for column, item in enumerate(found):
        assert item.training == units_with(item.code, training) > 0
        assert item.held_out == units_with(item.code, held) > 0
        gold = [item.code in held_unit.reference.codes for held_unit in held]
        assert item.f1.value == pytest.approx(f1_score(gold, seen.assigned[:, column]), abs=5e-5)
        assert item.warning == "too few to learn from"


def test_warnings(tiny_model, codebook):
    effectiveness, cost_saving, talking_shop = CODES

    def told(training, held):
        return {item.code: item.warning for item in codes_learnt(tiny_model, training, held, codebook, device="cpu")}

    assert told(units(THIN, effectiveness) + units(THIN - 1, cost_saving), units(5, effectiveness)) == {
        effectiveness: "",
        cost_saving: "too few to learn from",
        talking_shop: "never coded: known by its definition only",
    }
    assert told(units(THIN, *CODES), units(4, effectiveness) + units(5, cost_saving)) == {
        effectiveness: "too few held out to measure",
        cost_saving: "",
        talking_shop: "too few held out to measure",
    }


def test_codes_learnt_of_a_model_for_one_code_at_most(tiny_model, tmp_path, codebook):
    """It has a handicap more than codes, for "no code"; handicaps are no thresholds and are not shown as such."""
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    as_choice(folder, (0.9, 1.1, 1.2, 0.8))
    assert load_model(folder).decisions.labels is Labels.AT_MOST_ONE
    found = codes_learnt(folder, units(3, CODES[0]), units(6, CODES[0]), codebook, device="cpu")
    assert [(item.code, item.threshold) for item in found] == [(code, None) for code in CODES]


def as_choice(folder, thresholds):
    settings = json.loads((folder / "config.json").read_text())
    settings["decisions"] |= {"labels": "at_most_one"}
    settings["decisions"]["themes"]["thresholds"] = thresholds
    (folder / "config.json").write_text(json.dumps(settings))


def test_coders_who_were_never_settled_are_measured_by_half_of_them(tiny_model, codebook):
    """Ann and Bob differ on the second code: at least half gave it, so that it stands."""
    text = "money and cost"
    held = [
        GoldUnit(
            f"u{i}",
            (
                Coding(f"u{i}", f"g{i % 2}", text, frozenset(CODES[:2]), "ann"),
                Coding(f"u{i}", f"g{i % 2}", text, frozenset(CODES[:1]), "bob"),
            ),
        )
        for i in range(6)
    ]
    settled = [unit(f"u{i}", CODES[:2], text=text, group=f"g{i % 2}") for i in range(6)]
    one, other = (codes_learnt(tiny_model, [], part, codebook, device="cpu") for part in (held, settled))
    assert [item.f1.value for item in one] == [item.f1.value for item in other]


# --- the curve


def power(a, b, sizes):
    return [CurvePoint(n, 1 - a * n**-b, None) for n in sizes]


SIZES = st.lists(st.integers(10, 5000), min_size=3, max_size=5, unique=True)


@given(st.floats(0.5, 3), st.floats(0.05, 1), SIZES, st.integers(20, 20_000))
def test_a_power_law_is_found_again(a, b, sizes, units):
    seen = expected_at(power(a, b, sizes), units)
    assert seen == pytest.approx(1 - a * units**-b, abs=1e-4)


def test_the_power_law_by_hand():
    # 1 - alpha = 4 / sqrt(n): 0.4, 0.2, 0.1 at 100, 400, 1600; at 6400 it is 0.05.
    points = [CurvePoint(100, 0.6, None), CurvePoint(400, 0.8, None), CurvePoint(1600, 0.9, None)]
    assert expected_at(points, 6400) == pytest.approx(0.95)
    assert expected_at([*points, CurvePoint(50, None, 0.1), CurvePoint(60, 1.0, 1.0)], 6400) == pytest.approx(0.95)


@pytest.mark.parametrize(
    "alphas", [(0.6, 0.5, 0.4), (0.6, None, 0.8), (0.5, 0.7), (), (1.0, 1.0, 1.0), (None, None, None)]
)
def test_nothing_is_expected_of_what_does_not_rise(alphas):
    assert expected_at([CurvePoint(100 * 2**i, alpha, None) for i, alpha in enumerate(alphas)], 1000) is None


def test_nothing_is_expected_of_points_at_one_size():
    """Gold with two groups, one of them held out: every part of the training gold is the whole."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seen = expected_at([CurvePoint(10, 0.5, 0.5)] * 3, 20)
    assert seen is None


def test_curve_lines():
    points = [CurvePoint(100, 0.6, 0.5), CurvePoint(400, 0.8, None), CurvePoint(1600, 0.9, 0.777)]
    assert curve_lines(points) == [
        "100 units: alpha 0.60, macro-F1 0.50 on the held-out part",
        "400 units: alpha 0.80, macro-F1 – on the held-out part",
        "1600 units: alpha 0.90, macro-F1 0.78 on the held-out part",
        f"twice as much gold (3200 units) may be expected to reach alpha {1 - 4 / 3200**0.5:.2f}",
    ]
    falling = curve_lines([CurvePoint(n, 0.5 - n / 1000, 0.5) for n in (100, 200, 400)])
    assert len(falling) == 4 and falling[-1].startswith("the points do not rise steadily")


# --- for people


def test_figures_for_people():
    assert figure(Figure(0.5, 0.25, 0.754)) == "0.50 (0.25–0.75)"
    assert figure(Figure(0.5, None, None)) == "0.50"
    assert figure(Figure(None, None, None)) == "–"


def test_the_table_for_the_card():
    score, none = Figure(0.5, 0.25, 0.75), Figure(None, None, None)
    lines = as_markdown([CodeLearnt("talking_shop", 7, 2, score, none, 0.316, "too few")]).splitlines()
    assert lines[0] == "## What was learnt"
    assert lines[-1] == "| talking_shop | 7 | 2 | 0.50 (0.25–0.75) | 0.32 | too few |"
