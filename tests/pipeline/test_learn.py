"""From gold to training: votes, the card."""

import itertools
import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decisions import Labels
from models.inputs import Unit
from models.settings import TrainingUnit
from pipeline.codebook import Code, Codebook
from pipeline.gold import ADJUDICATED, GoldUnit
from pipeline.holding_out import fold_groups, split_groups
from pipeline.learn import bare_codes, cross_fit_on_gold, cut_short, learnt_from, train_on_gold
from pipeline.model_card import model_card
from pipeline.train_settings import TrainSettings, load_train_settings
from pipeline.types import Attitude, Coding, MentionCoding
from pipeline.votes import doubles_by_chance, labels_of, training_unit

CODES = ("a", "b", "c")
POSITIVE, NEGATIVE = Attitude.POSITIVE, Attitude.NEGATIVE


def mention(attitude, start=4, end=11):
    return MentionCoding("council", start, end, "", attitude)


def stance(attitude):
    return MentionCoding(None, None, None, "partnership", attitude)


def coding(coder, codes="", attitudes=None, unit="u", group="g"):
    return Coding(unit, group, "The council is late.", frozenset(codes), coder, "And?", attitudes)


def unit(*codings):
    return GoldUnit("u", codings)


def test_codes_are_shares_of_coders():
    found = training_unit(unit(coding("ann", "ab"), coding("bob", "a")), CODES)
    assert found.themes == (1.0, 0.5, 0.0)
    assert found.unit == Unit("The council is late.", "And?", ())


def test_an_adjudicated_coding_counts_twice():
    found = training_unit(unit(coding("ann", "a"), coding("bob", ""), coding(ADJUDICATED, "a")), CODES)
    assert found.themes == (0.75, 0.0, 0.0)


def test_decisions_are_held_against_the_adjudicated_coding_or_each_coder():
    ann, bob, final = coding("ann", "a"), coding("bob", "bc"), coding(ADJUDICATED, "c")
    assert training_unit(unit(ann, bob), CODES).readings == ((1.0, 0.0, 0.0), (0.0, 1.0, 1.0))
    assert training_unit(unit(ann, bob, final), CODES).readings == ((0.0, 0.0, 1.0),)
    assert training_unit(unit(replace(ann, codes=None), bob), CODES).readings == ((0.0, 1.0, 1.0),)
    assert training_unit(unit(replace(ann, codes=None)), CODES).readings == ()


def test_attitudes_are_shares_of_those_who_marked_the_mention():
    found = training_unit(
        unit(
            coding("ann", "", (mention(POSITIVE), mention(NEGATIVE, 0, 3), stance(NEGATIVE))),
            coding("bob", "", (mention(NEGATIVE),)),
            coding(ADJUDICATED, "", (mention(POSITIVE), stance(NEGATIVE))),
        ),
        CODES,
    )
    assert found.unit.targets == ((0, 3), (4, 11))
    assert found.attitudes == ((1.0, 0.0, 0.0), (0.25, 0.0, 0.75))
    assert found.partnership == (0.25, 0.75, 0.0, 0.0)


def test_coders_who_were_not_asked_have_no_vote():
    assert training_unit(unit(coding("ann")), CODES).partnership is None
    found = training_unit(unit(coding("ann"), coding("bob", "", (stance(POSITIVE),))), CODES)
    assert found.partnership == (0.0, 0.0, 0.0, 1.0)
    assert training_unit(unit(coding("ann", "", ())), CODES).partnership == (1.0, 0.0, 0.0, 0.0)


def test_the_card_says_what_it_must(trained, codebook):
    result, settings = trained
    card = model_card(
        "my-model", codebook, settings, result, {"training units": 18, "validation units": 6}, "Toy gold."
    )
    best = max(result.history, key=lambda row: row["score"])
    for part in (
        "# my-model\n",
        "codebook `toy` (3 codes)",
        "Toy gold.",
        "- training units: 18",
        "- validation units: 6",
        f"`{settings.base}`",
        result.source.sha256,
        "seed 1",
        f"Best epoch of 2: {int(best['epoch'])}.",
        "## Not for",
        "themes evaluate",
    ):
        assert part in card
    for name, value in asdict(result.settings).items():
        assert f"| {name} | {value} |" in card


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        (
            [{"themes_ap": 0.2, "score": 0.2}, {"themes_ap": 0.4, "score": 0.4}, {"themes_ap": 0.4, "score": 0.4}],
            "Best epoch of 3: 2.",
        ),
        ([{"score": 0.0}] * 3, "The last of 3 epochs was kept"),  # as `Fitting` does where nothing can be scored
    ],
)
def test_the_card_names_the_epoch_that_was_kept(trained, codebook, scores, told):
    result, settings = trained
    history = [{"epoch": i + 1, "loss": 1.0, "seconds": 1.0, **row} for i, row in enumerate(scores)]
    assert told in model_card("m", codebook, settings, replace(result, history=history), {}, "")


def test_the_saved_card_and_record(tiny_model):
    assert (tiny_model / "README.md").read_text(encoding="utf-8").startswith("# toy\n")
    training = json.loads((tiny_model / "config.json").read_text(encoding="utf-8"))["training"]
    assert training["counts"] == {"training units": 18}
    assert training["settings"]["epochs"] == 2 and len(training["history"]) == 2
    assert TrainSettings(**training["settings"]).seed == 1


# --- how many codes a unit may carry


def coded(*codes):
    """Units with these codes; None where themes were not asked for."""
    return [
        GoldUnit(str(i), (Coding(str(i), "g", "x", None if given is None else frozenset(given), "ann"),))
        for i, given in enumerate(codes)
    ]


@pytest.mark.parametrize(
    ("codes", "labels"),
    [
        ([], Labels.MANY),
        ([None, None], Labels.MANY),
        (["a", "b", "c"] * 20, Labels.ONE),
        (["a", "b", "c"] * 20 + [None], Labels.ONE),
        (["a", "b", "c"] * 20 + [""], Labels.AT_MOST_ONE),
        (["a", "b", "c"] * 20 + ["ab"], Labels.MANY),
        (["a", "b", "c"] * 5, Labels.ONE),  # 15 x 3 pairs x 1/9 are five
        (["a", "b", "c"] * 4 + ["a", "b", None], Labels.MANY),
        (["a"] * 200, Labels.MANY),  # a single code says nothing of two
        (["a", ""] * 200, Labels.MANY),
        ([""] * 99 + ["a"], Labels.MANY),
        (["a", "b", "", ""] * 20, Labels.AT_MOST_ONE),  # 80 x 1/16
        (["a", "b", "", ""] * 19, Labels.MANY),
        (["ab"], Labels.MANY),
    ],
)
def test_labels_as_the_gold_shows(codes, labels):
    assert labels_of(coded(*codes)) is labels
    assert labels_of(coded(*codes), "auto") is labels


@pytest.mark.parametrize("wish", list(Labels))
def test_labels_as_wished(wish):
    for codes in ([], ["ab", ""], ["a"] * 200):
        assert labels_of(coded(*codes), wish) is wish
        assert labels_of(coded(*codes), wish.value) is wish


def test_two_coders_who_differ_gave_one_code_each():
    units = [GoldUnit(str(i), (coding("ann", "a"), coding("bob", "b"))) for i in range(20)]
    assert labels_of(units) is Labels.ONE
    assert labels_of([*units, GoldUnit("x", (coding("ann", "a"), coding("bob", "ab")))]) is Labels.MANY


def test_a_unit_counts_once_however_many_coded_it():
    alone = [GoldUnit(str(i), (coding("ann", "ab"[i % 2]),)) for i in range(16)]
    twice = [GoldUnit(unit.unit_id, (*unit.codings, coding("bob", unit.first.codes))) for unit in alone]
    assert doubles_by_chance(alone) == doubles_by_chance(twice) == pytest.approx(4)
    assert labels_of(twice) is Labels.MANY


def test_rare_codes_that_never_met_forbid_nothing():
    """50 units by two coders with four independent codes at 5 %: half of such gold has no unit of two codes."""
    for seed in range(200):
        drawn = np.random.default_rng(seed).random((50, 2, 4)) < 0.05
        units = [
            GoldUnit(str(i), tuple(coding(who, _letters(row)) for who, row in zip(("ann", "bob"), pair, strict=True)))
            for i, pair in enumerate(drawn)
        ]
        assert labels_of(units) is Labels.MANY


@given(st.integers(1, 300), st.lists(st.floats(0, 0.9), min_size=2, max_size=5), st.integers(0, 2**32 - 1))
def test_doubles_by_chance_are_the_pairs_of_shares(n, prevalences, seed):
    drawn = np.random.default_rng(seed).random((n, len(prevalences))) < np.array(prevalences)
    shares = drawn.mean(0)
    pairs = n * sum(shares[i] * shares[j] for j in range(len(shares)) for i in range(j))
    assert doubles_by_chance(coded(*map(_letters, drawn))) == pytest.approx(pairs)


def _letters(flags):
    return "".join(itertools.compress("abcde", flags))


def test_the_wish_is_a_setting():
    assert TrainSettings(labels="at_most_one").labels is Labels.AT_MOST_ONE
    assert not hasattr(TrainSettings().for_network(), "labels")


def test_units_that_a_teacher_coded_are_learnt_beside_the_gold(tiny_encoder, codebook, gold):
    settings = TrainSettings(base=str(tiny_encoder), epochs=1, least_steps=0, lexical=False)
    training, validation = split_groups(gold, settings.validation_share, settings.seed)
    also = [TrainingUnit(Unit("the police ring the council"), themes=(0.9, 0.1, 0.0))] * 4
    learnt = [
        train_on_gold(training, validation, codebook, settings, also=more, device="cpu").history[0]["loss"]
        for more in ((), also)
    ]
    assert learnt[0] != learnt[1]
    with pytest.raises(ValueError):
        train_on_gold(
            training, validation, codebook, settings, also=[TrainingUnit(Unit("x"), themes=(0.9,))], device="cpu"
        )


def test_a_code_that_the_gold_never_uses_is_never_given_whatever_a_teacher_says(
    tiny_encoder, tiny_model, codebook, gold
):
    """In folds and with a held-out part alike."""
    never = codebook.names[1]

    def without(coding):
        return coding if coding.codes is None else replace(coding, codes=coding.codes - {never})

    units = [GoldUnit(unit.unit_id, tuple(map(without, unit.codings))) for unit in gold]
    settings = TrainSettings(
        base=str(tiny_encoder), epochs=1, least_steps=0, lexical=False, teacher=str(tiny_model), teacher_share=0.9
    )
    held = train_on_gold(*split_groups(units, 0.3, 1), codebook, settings, device="cpu")
    folds = fold_groups(units, 2, 1)
    crossed = cross_fit_on_gold(units, folds, codebook, settings, device="cpu").trained
    for trained in (held, crossed):
        giving = dict(zip(codebook.names, trained.decisions.themes.giving.tolist(), strict=True))
        assert not giving[never] and giving[codebook.names[0]]


def test_only_what_says_anything_is_learnt_from(codebook):
    code = codebook.names[0]

    def unit(name, codes=None, **more):
        return GoldUnit(name, (Coding(name, "g", name, None if codes is None else frozenset(codes), "ann", **more),))

    coded, empty = unit("coded", [code]), unit("empty", [])
    nothing = unit("no mention", attitudes=(), mentions_asked=True, partnership_asked=False)
    asked = unit("no partnership", attitudes=(), mentions_asked=False, partnership_asked=True)

    def of(*units, **settings):
        return [item.unit_id for item in learnt_from(units, codebook, TrainSettings(**settings))]

    assert of(coded, empty, nothing, asked) == ["coded", "empty", "no partnership"]
    assert of(empty, asked) == ["no partnership"]  # of codes that nobody gave nothing is learnt
    assert of(coded, empty, labels="one") == ["coded", "empty"]  # by the words
    assert of(coded, empty, labels="one", lexical=False) == ["coded"]
    assert of(coded, nothing, teacher="a-model") == ["coded", "no mention"]


def test_codes_that_start_from_their_name_alone(tiny_model, codebook):
    bare = Codebook(
        name="b",
        codes=(
            Code(name="effectiveness"),
            Code(name="blank", label="A label", definition="  "),
            Code(name="when", code_when="They say so."),
            Code(name="defined", definition="It is so."),
        ),
    )
    settings = load_train_settings(None)
    assert bare_codes(bare, settings) == ["effectiveness", "blank"]
    assert bare.all_codes[1].facets == ("A label",) and bare.all_codes[1].description == "A label"
    # What a model knows that is gone on from starts as it has it.
    assert bare_codes(bare, load_train_settings(None, base=str(tiny_model))) == ["blank"]
    assert bare_codes(codebook, settings) == []


def test_units_that_are_longer_than_is_read(tiny_encoder, tiny_model):
    def said(text):
        return GoldUnit("u", (Coding("u", "g", text, frozenset("a"), "ann"),))

    units = [said("we ring " * 15), said("we ring " * 16), said("a" * 200)]
    for base in (tiny_encoder, tiny_model):
        assert cut_short(units, TrainSettings(base=str(base), max_tokens=32)) == 1
        assert cut_short(units, TrainSettings(base=str(base), max_tokens=34)) == 0
        assert cut_short(units[:1], TrainSettings(base=str(base), max_tokens=32)) == 0
