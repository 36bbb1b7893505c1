"""Coder and machine in the same place, by hand and against scikit-learn and the krippendorff package."""

import numpy as np
import pytest
from krippendorff import alpha
from sklearn.metrics import cohen_kappa_score, f1_score
from toys import CODES, table

from pipeline.evaluate.ceiling import human_ceiling, majority
from pipeline.evaluate.compare import WITHIN
from pipeline.evaluate.judge import MachineCoding
from pipeline.gold import load_gold

CODERS = ("ann", "bob", "cy")


@pytest.fixture(scope="module")
def coded(tmp_path_factory):
    """Forty units by three coders who err, and a machine; (votes, machine's answers, units)."""
    rng = np.random.default_rng(7)
    truth = rng.random((40, len(CODES))) < 0.4
    votes = np.stack([truth ^ (rng.random(truth.shape) < noise) for noise in (0.1, 0.15, 0.2)])
    rows = [
        {
            "id": f"u{i}",
            "group": f"g{i // 8}",
            "text": "Said.",
            "coder": coder,
            "codes": ";".join(name for name, given in zip(CODES, votes[j, i], strict=True) if given),
        }
        for i in range(40)
        for j, coder in enumerate(CODERS)
    ]
    path = tmp_path_factory.mktemp("three") / "gold.csv"
    path.write_text(table(rows))
    units = load_gold([path])
    answers = truth ^ (rng.random(truth.shape) < 0.12)
    return votes, answers, units


@pytest.fixture(scope="module")
def ceiling(coded, codebook):
    _, answers, units = coded
    machine = MachineCoding(units, CODES, answers.astype(float), answers, [{} for _ in units])
    return human_ceiling(machine, codebook)


def test_each_coder_and_the_machine_against_the_others_majority(coded, ceiling):
    votes, answers, _ = coded
    for j, coder in enumerate(CODERS):
        one, two = (votes[k] for k in range(3) if k != j)
        decided = one == two
        item = next(row for row in ceiling.beside if (row.coder, row.name) == (coder, "overall"))
        assert item.decisions == decided.sum()
        for figures, mine in ((item.human, votes[j]), (item.machine, answers)):
            assert figures["f1"].value == pytest.approx(f1_score(one[decided], mine[decided]), abs=1e-4)
            assert figures["kappa"].value == pytest.approx(cohen_kappa_score(one[decided], mine[decided]), abs=1e-4)
        apart = item.machine["alpha"].value - item.human["alpha"].value
        assert item.difference["alpha"].value == pytest.approx(apart, abs=2e-4)
        assert item.difference["alpha"].low < item.difference["alpha"].value < item.difference["alpha"].high


def test_all_people_together(coded, ceiling):
    votes, answers, _ = coded
    flat = votes.reshape(3, -1).astype(int)
    assert ceiling.people["overall"].value == pytest.approx(alpha(flat, level_of_measurement="nominal"), abs=1e-4)
    everyone = np.concatenate([flat, answers.reshape(1, -1).astype(int)])
    theirs = alpha(everyone, level_of_measurement="nominal")
    assert ceiling.with_machine["overall"].value == pytest.approx(theirs, abs=1e-4)
    assert ceiling.coders == dict.fromkeys(CODERS, 40) and ceiling.units == 40
    assert [test.name for test in ceiling.tests] == ["all codes", *CODES]


def test_within_codes_too(coded, ceiling):
    votes, answers, _ = coded
    votes, answers = votes.astype(int), answers.astype(int)

    def within(rows):  # (coders, units, codes)
        apart, expected = [], []
        for k in range(rows.shape[2]):
            ones, n = rows[:, :, k].sum(), rows[:, :, k].size
            expected.append(2 * ones * (n - ones) / (n * (n - 1)))
            apart.append(expected[-1] * (1 - alpha(rows[:, :, k], level_of_measurement="nominal")))
        return 1 - sum(apart) / sum(expected)

    assert ceiling.people_within.value == pytest.approx(within(votes), abs=1e-4)
    assert ceiling.people_within.low < ceiling.people_within.value < ceiling.people_within.high
    everyone = np.concatenate([votes, answers[None]])
    assert ceiling.with_machine_within.value == pytest.approx(within(everyone), abs=1e-4)
    for item in ceiling.beside:
        assert (WITHIN in item.machine) == (item.name == "overall")
        if item.name == "overall":
            apart = item.machine[WITHIN].value - item.human[WITHIN].value
            assert item.difference[WITHIN].value == pytest.approx(apart, abs=2e-4)


def test_a_majority_needs_more_than_half():
    answers = np.array([[[True, True, False]], [[True, False, False]], [[False, True, False]]])
    said, decided = majority(answers & [[[1]], [[1]], [[0]]], np.array([[True], [True], [False]]))
    assert said.tolist() == [[True, False, False]] and decided.tolist() == [[True, False, True]]
    said, decided = majority(answers, np.ones((3, 1), dtype=bool))
    assert said.tolist() == [[True, True, False]] and decided.all()


def test_one_coder_has_no_ceiling(coded, codebook):
    _, answers, units = coded
    from dataclasses import replace

    single = [replace(unit, codings=unit.codings[:1]) for unit in units]
    machine = MachineCoding(single, CODES, answers.astype(float), answers, [{} for _ in units])
    assert human_ceiling(machine, codebook) is None
