"""The benchmark's own arithmetic: what is held out, drawn, kept and compared; and that its methods answer what they are asked."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
CLASSES = 3


@pytest.fixture(autouse=True, scope="module")
def scripts():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield


def task_of(groups, *, many=False, **more):
    """A task whose texts come from these groups; the last of every five is tested on."""
    from bench_data import Example, Task

    words = ("council housing", "police meeting", "money cost")
    examples = []
    for i, group in enumerate(groups):
        labels = (i % CLASSES,) if not many else tuple(k for k in range(CLASSES) if i >> k & 1)
        text = " ".join(words[k] for k in labels) or "the and of"
        examples.append(Example(text, "do you know them", labels, group, **more))
    test = [i for i in range(len(groups)) if i % 5 == 4]
    training = [i for i in range(len(groups)) if i % 5 != 4]
    definitions = tuple((word,) for word in words)
    return Task("toy", ("a", "b", "c"), definitions, examples, [(training, test)], "none", many)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=60), st.floats(0.05, 0.4))
def test_what_is_held_out_is_whole_groups_and_never_all_or_nothing(groups, share):
    from bench_data import held_out

    task, training = task_of(groups), range(len(groups))
    fitting, held = held_out(task, training, share)
    assert sorted(fitting + held) == list(training)
    assert fitting and held
    if len(set(groups)) > 1:
        assert not {groups[i] for i in fitting} & {groups[i] for i in held}
        smallest = min(groups.count(group) for group in groups)
        assert len(held) <= max(smallest, 2 * max(1, share * len(groups)))
    assert (fitting, held) == held_out(task, training, share)


def test_few_draws_anew_and_of_each_class_alike():
    from bench_data import few

    task = task_of([f"g{i // 5}" for i in range(200)])
    drawn = [few(task, 8, 1, draw) for draw in (1, 2, 1)]
    for item in drawn:
        training, test = item.splits[0]
        assert item.few == 8
        assert test == task.splits[0][1] and set(training) <= set(task.splits[0][0])
        assert [sum(k in task.examples[i].labels for i in training) for k in range(CLASSES)] == [8] * CLASSES
    assert drawn[0].splits == drawn[2].splits != drawn[1].splits
    assert few(task, 8, 2).splits != drawn[0].splits


def test_few_of_a_task_with_many_codes_also_has_texts_without_any():
    from bench_data import few

    task = task_of([str(i) for i in range(80)], many=True)
    training, _ = few(task, 4, 1).splits[0]
    assert sum(not task.examples[i].labels for i in training) == 4
    assert all(sum(k in task.examples[i].labels for i in training) >= 4 for k in range(CLASSES))


def fold_of(gold, found, groups=None, plain=None):
    from bench_results import Fold

    groups = groups or [str(i // 3) for i in range(len(gold))]
    return Fold([list(row) for row in gold], [list(row) for row in found], groups, [{} for _ in gold], 1.0, plain)


def key_of(**more):
    from bench_results import Key

    content = {"task": "t", "method": "ours", "base": "b", "size": 0, "draw": 1, "fold": 1, "seed": 1, "quick": False}
    return Key(**(content | {"state": "x"} | more))


def test_answers_are_found_again_and_older_or_broken_lines_are_not_taken_for_them(tmp_path):
    from bench_results import keep, kept

    path = tmp_path / "kept.jsonl"
    assert kept(path) == {}
    fold = replace(fold_of([[0], [1, 2], []], [[0], [2], []], plain=[[0], [], []]), others=[{"x": [0]}, {}, {}])
    key = key_of()
    old = {name: value for name, value in asdict(key).items() if name not in ("state", "draw")}
    old_fold = {"gold": [0], "found": [0], "groups": ["a"], "many": [False], "seconds": 1.0}
    path.write_text(json.dumps({"key": old, "fold": old_fold}) + "\n", encoding="utf-8")
    keep(path, key, fold)
    keep(path, key_of(state="y"), fold_of([[1]], [[0]]))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"key": {"task": "t"')
    assert kept(path) == {key: fold, key_of(state="y"): fold_of([[1]], [[0]])}


def test_the_state_changes_with_all_that_decides_the_answers(tiny_encoder, tmp_path):
    from bench_state import code, state

    from models.settings import TrainingSettings

    task, settings = task_of([str(i) for i in range(12)]), TrainingSettings()
    arguments = {
        "task": task,
        "split": task.splits[0],
        "settings": settings,
        "base": str(tiny_encoder),
        "sources": ("scripts/bench_data.py",),
        "libraries": ("numpy",),
    }
    others = {
        "task": replace(task, many=True),
        "split": task.splits[0][::-1],
        "settings": replace(settings, seed=2),
        "sources": ("scripts/bench_results.py",),
        "libraries": ("torch",),
    }
    states = [state(**(arguments | {name: value})) for name, value in others.items()]
    assert len({state(**arguments), *states}) == 1 + len(others)
    assert state(**arguments) == state(**arguments)

    for name, text in (("one", "a = 1\n"), ("two", "a = 2\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.py").write_text(text, encoding="utf-8")
    assert code(tmp_path / "one", ("*.py",)) != code(tmp_path / "two", ("*.py",))


def test_all_sources_that_a_method_names_are_there():
    from bench_methods import METHODS
    from bench_state import REPO

    assert all(list(REPO.glob(pattern)) for method in METHODS.values() for pattern in method.sources)


SINGLE = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), min_size=6, max_size=40)


@given(SINGLE)
def test_macro_f1_is_scikit_learns_and_alpha_krippendorffs(rows):
    from bench_results import summary
    from krippendorff import alpha
    from sklearn.metrics import f1_score

    gold, found, _ = (list(column) for column in zip(*rows, strict=True))
    row = summary({(1, 1): fold_of([[k] for k in gold], [[k] for k in found])}, CLASSES, 1, many=False)
    assert row.macro_f1 == pytest.approx(100 * f1_score(gold, found, average="macro"))
    assert row.interval[0] <= row.interval[1]
    if len({*gold, *found}) > 1:
        assert row.alpha == pytest.approx(alpha([gold, found], level_of_measurement="nominal"))


@given(SINGLE)
def test_a_difference_is_that_of_the_figures_and_none_with_oneself(rows):
    from bench_results import difference, summary

    gold, one, two = ([[k] for k in column] for column in zip(*rows, strict=True))
    mine, other = {(1, 1): fold_of(gold, one)}, {(1, 1): fold_of(gold, two)}
    less, low, high = difference(mine, other, CLASSES, 1)
    assert less == pytest.approx(
        summary(mine, CLASSES, 1, many=False).macro_f1 - summary(other, CLASSES, 1, many=False).macro_f1
    )
    back = difference(other, mine, CLASSES, 1)
    assert back == pytest.approx((-less, -high, -low))
    assert difference(mine, mine, CLASSES, 1) == (0, 0, 0)


def test_a_difference_is_between_answers_to_the_same_questions():
    from bench_results import difference

    mine = {(1, 1): fold_of([[0], [1]], [[0], [1]])}
    for other in ({(1, 1): fold_of([[1], [1]], [[0], [1]])}, {(1, 2): mine[1, 1]}):
        with pytest.raises(ValueError, match="different examples"):
            difference(mine, other, CLASSES, 1)


def test_draws_are_averaged_and_widen_the_interval():
    from bench_results import summary

    rng = np.random.default_rng(0)
    gold = [[int(k)] for k in rng.integers(0, CLASSES, 300)]
    wrong = [[(k + 1) % CLASSES] for (k,) in gold]
    right, half = fold_of(gold, gold), fold_of(gold, gold[:150] + wrong[150:])
    alone = [summary({(1, 1): fold}, CLASSES, 1, many=False) for fold in (right, half)]
    both = summary({(1, 1): right, (2, 1): half}, CLASSES, 1, many=False)
    assert both.macro_f1 == pytest.approx(np.mean([row.macro_f1 for row in alone]))
    assert both.interval[1] - both.interval[0] > max(row.interval[1] - row.interval[0] for row in alone)
    assert (both.draws, both.folds, both.examples) == (2, 1, 300)


def test_single_coders_are_asked_each_for_himself():
    from bench_results import coders_alpha, summary

    gold = [[0], [1], [0], [1], [2]]
    others = [{"x": row, "y": [(row[0] + i % 2) % CLASSES]} for i, row in enumerate(gold[:4])] + [{}]
    cells = {(1, 1): replace(fold_of(gold, gold), others=others)}
    one, other = ({(1, 1): fold_of(gold[:4], [coders[name] for coders in others[:4]])} for name in "xy")
    alphas = [summary(answers, CLASSES, 1, many=False).alpha for answers in (one, other)]
    row = summary(cells, CLASSES, 1, many=False)
    assert row.alpha_coders == pytest.approx(np.mean(alphas))
    assert row.by_several == 4
    assert coders_alpha(cells, CLASSES, many=False) == pytest.approx(alphas[1])  # x says what gold says
    assert summary(one, CLASSES, 1, many=False).alpha_coders is None


def test_several_codes_are_pooled():
    from bench_results import summary

    from pipeline.evaluate.statistics import krippendorff_alpha

    gold, found = [[0, 1], [], [2], [1]], [[0], [], [2], [0, 1]]
    row = summary({(1, 1): fold_of(gold, found)}, CLASSES, 1, many=True)
    assert row.macro_f1 == pytest.approx(100 * (2 / 3 + 2 / 3 + 1) / 3)
    assert row.alpha == pytest.approx(float(krippendorff_alpha(np.array([3.0, 1.0, 1.0, 7.0]))))


def test_a_bag_knows_the_context_and_what_is_next_to_a_target():
    from bench_data import Example
    from bench_rivals import bag

    assert bag(Example("We do.", "Do you?", (0,), "g")).split() == ["We", "do.", "before_Do", "before_you"]
    assert bag(Example("the bad council, again", "", (0,), "g", (8, 15))).split()[4:] == [
        "near_the",
        "near_bad",
        "near_again",
    ]


def test_with_few_labels_rivals_have_whole_epochs_and_steps_enough():
    from bench_rivals import SETFIT_STEPS, setfit_steps
    from bench_trainer import MOST_IN_BATCH, trainer_plan

    from models.settings import TrainingSettings

    assert setfit_steps(5000) == setfit_steps(256) == SETFIT_STEPS
    assert setfit_steps(160) == setfit_steps(50) == -1
    settings = TrainingSettings(epochs=4, least_steps=120)
    assert trainer_plan(24, settings) == (4, 120)
    assert trainer_plan(3200, settings) == (MOST_IN_BATCH, 400)


def test_untuned_is_what_train_does_without_settings():
    from benchmark import settings_of

    from pipeline.train_settings import TrainSettings

    for size, draw in product((0, 8), (1, 3)):
        defaults = settings_of("talkmoves", "ours-defaults", size, draw, seed=5, epochs=None)
        assert defaults == replace(TrainSettings().for_network(), seed=5 + draw - 1)
    assert settings_of("talkmoves", "ours", 0, 1, seed=1, epochs=None).epochs == 3
    assert settings_of("talkmoves", "ours", 8, 1, seed=1, epochs=2).epochs == 2


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("method", ["tfidf", "probe", "setfit", "trainer", "ours", "ours-defaults"])
def test_methods_answer_every_question(method, many, tiny_encoder):
    from bench_data import few
    from bench_methods import METHODS

    from models.settings import TrainingSettings

    if method == "setfit":
        pytest.importorskip("setfit")
    task = few(task_of([f"g{i // 4}" for i in range(64)], many=many), 12 if method == "tfidf" else 6, 1)
    settings = TrainingSettings(epochs=1, least_steps=2, max_tokens=32, context_tokens=8)
    training, test = task.splits[0]
    answer = METHODS[method].run(task, training, test, str(tiny_encoder), settings)
    for found in filter(None, (answer.found, answer.plain)):
        assert len(found) == len(test)
        assert all(set(labels) <= set(range(CLASSES)) and (many or len(labels) == 1) for labels in found)
    assert (answer.plain is not None) == method.startswith("ours")
    if method == "tfidf":
        assert answer.found == [list(task.examples[i].labels) for i in test]  # its words tell each class
