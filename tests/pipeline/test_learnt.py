"""What was learnt: warnings and figures."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score
from toys import CODES

from models.decisions import Labels
from models.inputs import Unit
from models.loading import load_model
from models.saving import save_decisions
from pipeline.commands.train_notices import table_of
from pipeline.evaluate.compare import Figure
from pipeline.gold import GoldUnit
from pipeline.holding_out import split_groups
from pipeline.learnt import (
    THIN,
    Agreement,
    CodeLearnt,
    Learnt,
    _settled,
    as_markdown,
    figure,
    notes,
    overall_line,
    units_with,
    what_was_learnt,
)
from pipeline.types import Coding


def unit(name, codes, text="we save money with the council", coders=("adjudicated",), group="g"):
    return GoldUnit(name, tuple(Coding(name, group, text, frozenset(codes), coder) for coder in coders))


def units(count, *codes):
    return [unit(f"u{i}", codes, group=f"g{i % 2}") for i in range(count)]


@pytest.fixture(scope="module")
def learnt(tiny_model, codebook, gold, trained):
    training, held = split_groups(gold, trained[1].validation_share, trained[1].seed)
    return what_was_learnt(tiny_model, training, held, codebook, device="cpu"), training, held


def test_units_are_counted_by_any_coder():
    mixed = GoldUnit("m", (*unit("m", ["a"]).codings, *unit("m", ["b"], coders=("bob",)).codings))
    unasked = GoldUnit("n", (Coding("n", "g", "x", None, "ann"),))
    assert [units_with(code, [mixed, unit("x", ["b"]), unasked]) for code in "abc"] == [1, 2, 0]


def test_what_was_learnt_of_each_code(learnt, predictor):
    everything, training, held = learnt
    found = everything.codes
    assert [item.code for item in found] == list(CODES)
    assert [item.threshold for item in found] == pytest.approx(predictor.model.decisions.themes.thresholds)
    seen = predictor.predict([Unit(item.first.text, item.first.context) for item in held])
    for column, item in enumerate(found):
        assert item.training == units_with(item.code, training) > 0
        assert item.held_out == units_with(item.code, held) > 0
        gold = [item.code in held_unit.reference.codes for held_unit in held]
        assert item.f1.value == pytest.approx(f1_score(gold, seen.assigned[:, column]), abs=5e-5)
        assert item.warning == "too few to learn from and to measure"


def test_warnings(tiny_model, codebook, tmp_path):
    effectiveness, cost_saving, talking_shop = CODES
    model = shutil.copytree(tiny_model, tmp_path / "model")
    decisions = load_model(model).decisions
    unused = np.array([code == talking_shop for code in CODES])
    save_decisions(model, replace(decisions, themes=decisions.themes.never_giving(unused)))

    def told(training, held, folder=model):
        return {
            item.code: item.warning for item in what_was_learnt(folder, training, held, codebook, device="cpu").codes
        }

    assert told(units(THIN, effectiveness) + units(THIN - 1, cost_saving), units(5, effectiveness, cost_saving)) == {
        effectiveness: "",
        cost_saving: "too few to learn from",
        talking_shop: "never coded: known by its definition only",
    }
    assert told(units(1, effectiveness), units(1, effectiveness, cost_saving)) == {
        effectiveness: "too few to learn from and to measure",
        cost_saving: "coded in held-out units only",
        talking_shop: "never coded: known by its definition only",
    }
    assert told(units(THIN, *CODES), units(4, effectiveness) + units(5, cost_saving)) == {
        effectiveness: "too few held out to measure",
        cost_saving: "",
        talking_shop: "too few held out to measure",
    }
    # It gives a code that the gold lacks: an earlier model knew it.
    known = told(units(1, effectiveness), units(1, effectiveness), tiny_model)
    assert known[talking_shop] == "not in this gold: rests on what the base knew"


def test_codes_learnt_of_a_model_for_one_code_at_most(tiny_model, tmp_path, codebook):
    """It has a handicap more than codes, for "no code"; handicaps are no thresholds and are not shown as such."""
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    as_choice(folder, (0.9, 1.1, 1.2, 0.8))
    assert load_model(folder).decisions.labels is Labels.AT_MOST_ONE
    found = what_was_learnt(folder, units(3, CODES[0]), units(6, CODES[0]), codebook, device="cpu").codes
    assert [(item.code, item.threshold) for item in found] == [(code, None) for code in CODES]


def as_choice(folder, thresholds):
    settings = json.loads((folder / "config.json").read_text())
    settings["decisions"] |= {"labels": "at_most_one"}
    settings["decisions"]["themes"]["thresholds"] = thresholds
    (folder / "config.json").write_text(json.dumps(settings))


def test_coders_who_were_never_settled_are_measured_one_at_a_time(tiny_model, codebook):
    """Ann and Bob differ on the second code: what either gave is no coding of anybody's."""
    text = "money and cost"
    held = [
        GoldUnit(
            f"u{i}",
            (
                Coding(f"u{i}", f"g{i % 2}", text, frozenset(CODES[:2]), "ann"),
                Coding(f"u{i}", f"g{i % 2}", text, frozenset(CODES[:1]), "bob"),
            ),
        )
        for i in range(40)
    ]
    drawn = [_settled(item).reference.codes for item in held]
    assert set(drawn) == {frozenset(CODES[:2]), frozenset(CODES[:1])}
    assert 10 < sum(codes == frozenset(CODES[:2]) for codes in drawn) < 30
    settled = [unit(item.unit_id, codes, text=text) for item, codes in zip(held, drawn, strict=True)]
    one, other = (what_was_learnt(tiny_model, [], part, codebook, device="cpu").codes for part in (held, settled))
    assert [item.f1.value for item in one] == [item.f1.value for item in other]


# --- for people


def test_figures_for_people():
    assert figure(Figure(0.5, 0.25, 0.754)) == "0.50 (0.25–0.75)"
    assert figure(Figure(0.5, None, None)) == "0.50"
    assert figure(Figure(None, None, None)) == "–"


NONE = Figure(None, None, None)


def what(groups=14, ungrouped=False, people=None, notes=("", ""), units=200):
    codes = [
        CodeLearnt(f"c{i}", 7, 2, Figure(0.5, 0.25, 0.75, 9, note), NONE, 0.316, "too few")
        for i, note in enumerate(notes)
    ]
    overall = Agreement(units, Figure(0.4, 0.3, 0.5), Figure(0.6, None, None), groups=groups)
    return Learnt(codes, overall, people, groups, ungrouped)


def test_the_table_for_the_card():
    lines = as_markdown(what()).splitlines()
    assert lines[0] == "## What was learnt"
    assert "bootstrap over the 14 held-out groups" in lines[2]
    assert lines[6] == "| c0 | 7 | 2 | 0.50 (0.25–0.75) | 0.32 | too few |"
    assert lines[-1] == f"- {overall_line(what())}"
    assert "bootstrap over single units, as the gold names no groups" in as_markdown(what(ungrouped=True))
    assert "without an interval: that takes 3 held-out groups, and there are 2" in as_markdown(what(groups=2))


def test_the_machine_beside_the_coders():
    machine = "all codes, on the held-out part: alpha 0.40 (0.30–0.50), macro-F1 0.60; "
    assert overall_line(what()) == f"{machine}how far coders agree is unknown, as no unit has two"
    people = Agreement(131, Figure(0.7, 0.6, 0.8), NONE, groups=12)
    assert (
        overall_line(what(people=people))
        == f"{machine}the coders with each other, on 131 units: alpha 0.70 (0.60–0.80)"
    )


def test_figures_from_little_gold_say_so_on_their_line():
    """Who cites a line copies no other."""
    people = Agreement(31, Figure(0.7, None, None), NONE, groups=2)
    few = what(units=10, groups=2, people=people)
    line = overall_line(few)
    assert (
        "alpha 0.40 (0.30–0.50), macro-F1 0.60 (from 10 units of only 2 groups, too few for an interval to cite);"
        in line
    )
    assert line.endswith("alpha 0.70 (from 31 units of only 2 groups, too few for an interval to cite)")
    assert table_of(few).title.endswith(", from 10 units of only 2 groups, too few for an interval to cite)")
    assert "All of it is from 10 units of only 2 groups" in as_markdown(few).splitlines()[2]
    assert "macro-F1 0.60 (from 300 units of only 4 groups: cite the interval)" in overall_line(what(4, units=300))
    assert "only" not in overall_line(what()) + as_markdown(what()) + str(table_of(what()).title)


def test_alpha_within_codes_is_told_where_it_differs():
    def line(within):
        people = Agreement(131, Figure(0.7, None, None), NONE, Figure(within + 0.3, None, None), groups=12)
        told = what(people=people)
        return overall_line(replace(told, overall=replace(told.overall, within=Figure(within, 0.2, 0.4))))

    assert "within codes" not in line(0.39)
    assert "alpha 0.40 (0.30–0.50), within codes 0.38 (0.20–0.40), macro-F1" in line(0.375)
    assert line(0.375).endswith("alpha 0.70, within codes 0.68")


def test_alpha_within_codes_is_measured(tiny_model, codebook):
    rng = np.random.default_rng(3)
    given = [
        [[c for c in CODES[:2] if rng.random() < p[c]] for _ in "ab"]
        for p in [dict(zip(CODES, (0.7, 0.05, 0), strict=True))] * 300
    ]
    gold = [
        GoldUnit(
            str(i),
            tuple(
                Coding(str(i), f"g{i % 5}", "x", frozenset(g), who) for g, who in zip(both, ("ann", "bob"), strict=True)
            ),
        )
        for i, both in enumerate(given)
    ]
    found = what_was_learnt(tiny_model, gold[:200], gold[200:], codebook, device="cpu")
    assert found.people.alpha.value > 0.3 and abs(found.people.within.value) < 0.15
    assert found.people.within.low < found.people.within.value < found.people.within.high
    assert found.overall.within.value is not None


def test_a_note_is_told_once():
    assert notes(what()) == []
    assert notes(what(notes=("few", "few"))) == ["F1 of all codes: few"]
    assert notes(what(notes=("few", "none"))) == ["F1 of c0: few", "F1 of c1: none"]


def test_so_few_groups_have_no_interval(tiny_model, codebook):
    for count, plural in ((1, "group is"), (2, "groups are")):
        held = [unit(f"u{i}", CODES[:1] if i % 3 else (), group=f"g{i % count}") for i in range(12)]
        found = what_was_learnt(tiny_model, units(3, CODES[0]), held, codebook, device="cpu")
        assert found.groups == count and found.overall.alpha.value is not None
        for item in (found.codes[0].f1, found.overall.alpha, found.overall.macro_f1):
            assert item.low is None and item.high is None
        assert f"no interval: only {count} {plural} held out" in " ".join(notes(found))
    three = [unit(f"u{i}", CODES[:1] if i % 3 else (), group=f"g{i % 4}") for i in range(12)]
    assert what_was_learnt(tiny_model, [], three, codebook, device="cpu").overall.alpha.low is not None


def test_coders_agree_on_what_they_both_coded(tiny_model, codebook):
    both = [unit(f"u{i}", CODES[: i % 2 + 1], coders=("ann", "bob"), group=f"g{i}") for i in range(8)]
    found = what_was_learnt(tiny_model, both[:4], [*both[4:], unit("x", ())], codebook, device="cpu")
    assert found.people.alpha.value == 1 and found.people.units == 8
    settled = [unit(f"u{i}", CODES[:1], coders=("ann", "adjudicated"), group=f"g{i}") for i in range(8)]
    assert what_was_learnt(tiny_model, [], settled, codebook, device="cpu").people is None  # one coder, and a verdict
