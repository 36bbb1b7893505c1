"""Two machines on one gold, paired: against each alone, and by laws."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score
from toys import CODES, table

from pipeline.errors import UsageError
from pipeline.evaluate.judge import MachineCoding, unlearnt
from pipeline.evaluate.paired import compare_machines
from pipeline.gold import load_gold


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    rng = np.random.default_rng(9)
    truth = rng.random((120, 3)) < 0.35
    rows = [
        {"id": f"u{i}", "group": f"g{i // 10}", "text": "Said.", "codes": ";".join(np.array(CODES)[truth[i]])}
        for i in range(120)
    ]
    path = tmp_path_factory.mktemp("paired") / "gold.csv"
    path.write_text(table(rows))
    units = load_gold([path])

    def machine(noise):
        assigned = truth ^ (rng.random(truth.shape) < noise)
        return MachineCoding(units, CODES, assigned.astype(float), assigned, [{} for _ in units])

    return truth, machine


def test_figures_and_their_difference(setting):
    truth, machine = setting
    first, second = machine(0.25), machine(0.05)
    seen, units = compare_machines(first, second, CODES)
    overall = {item.figure: item for item in seen if item.name == "overall"}
    f1 = overall["f1"]
    assert units == 120
    assert f1.first.value == pytest.approx(f1_score(truth.ravel(), first.assigned.ravel()), abs=1e-4)
    assert f1.second.value == pytest.approx(f1_score(truth.ravel(), second.assigned.ravel()), abs=1e-4)
    assert f1.difference.value == pytest.approx(f1.second.value - f1.first.value, abs=2e-4)
    assert f1.difference.low > 0 and f1.p < 0.01
    macro = f1_score(truth, second.assigned, average="macro")
    assert overall["macro_f1"].second.value == pytest.approx(macro, abs=1e-4)


def test_pairing_is_sharper_than_two_intervals(setting):
    _, machine = setting
    first = machine(0.2)
    better = first.assigned.copy()
    better[::12, 0] = setting[0][::12, 0]
    seen, _ = compare_machines(first, replace(first, assigned=better), CODES)
    alpha = next(item for item in seen if (item.name, item.figure) == ("overall", "alpha"))
    width = alpha.difference.high - alpha.difference.low
    assert width < (alpha.first.high - alpha.first.low) / 2


def test_the_same_machine_does_not_differ_from_itself(setting):
    _, machine = setting
    one = machine(0.2)
    seen, _ = compare_machines(one, one, CODES)
    assert {(item.difference.value, item.p) for item in seen} == {(0, 1.0)}


def test_only_units_that_both_answered(setting):
    _, machine = setting
    one = machine(0.2)
    part = replace(one, units=one.units[:30], assigned=one.assigned[:30], probabilities=one.probabilities[:30])
    assert compare_machines(one, part, CODES)[1] == 30
    with pytest.raises(UsageError, match="answered by both"):
        compare_machines(one, replace(one, units=[]), CODES)


def test_units_drawn_with_unequal_chances_count_so_in_both(setting):
    truth, machine = setting
    first, second = machine(0.25), machine(0.05)
    chance = np.where(np.arange(120) % 3 == 0, 0.1, 0.8)
    units = [
        replace(unit, codings=tuple(replace(coding, inclusion=float(c)) for coding in unit.codings))
        for unit, c in zip(first.units, chance, strict=True)
    ]
    seen, _ = compare_machines(replace(first, units=units), replace(second, units=units), CODES)
    f1 = next(item for item in seen if (item.name, item.figure) == ("overall", "f1"))
    weights = np.repeat(1 / chance, 3)
    for figure, side in ((f1.first, first), (f1.second, second)):
        expected = f1_score(truth.ravel(), side.assigned.ravel(), sample_weight=weights)
        assert figure.value == pytest.approx(expected, abs=1e-4)
    assert f1.difference.n == 360


def test_a_model_that_has_not_learnt_codes_is_not_compared(setting):
    _, machine = setting
    one = machine(0.2)
    with pytest.raises(UsageError, match="has not learnt codes"):
        compare_machines(one, replace(one, unlearnt=unlearnt({"themes": False})), CODES)
