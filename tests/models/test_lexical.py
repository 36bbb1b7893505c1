"""The linear model on words: features as sklearn has them, and what is saved is what is loaded."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load, save
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression

from models.inputs import EncodedUnit, Unit
from models.lexical import BASE, LexicalHead, fit_lexical
from models.loading import load_model
from models.predict import compute_logits

CLS, SEP = 101, 102


def encoded(text, context=()):
    head = (CLS, *context, SEP) if context else (CLS,)
    return EncodedUnit((*head, *text, SEP), len(head), (), truncated=False)


def random_texts(count, seed=0, words=12):
    rng = np.random.default_rng(seed)
    return [tuple(int(i) for i in rng.integers(1, words, rng.integers(1, 15))) for _ in range(count)]


def features(text):
    """As `LexicalHead.keys` numbers them, written anew."""
    return [*text, *((a + 1) * BASE + b for a, b in pairwise(text))]


def votes_of(texts, *words):
    return np.array([[float(word in text) for word in words] for text in texts])


def bare(keys, idf):
    """A head that gives the TF-IDF values themselves."""
    return LexicalHead(keys, idf, np.eye(len(keys)), np.zeros(len(keys)))


def sklearn_counts(texts, keys):
    counter = CountVectorizer(analyzer=features, vocabulary={key: i for i, key in enumerate(keys.tolist())})
    return counter.transform(texts)


def test_the_context_tells_too_and_is_not_taken_for_the_text():
    asked, word = 4, 3
    contexts, texts = [(asked, 8), (9, 8)] * 20, [(1, 2, word)] * 20 + [(1, 2)] * 20
    units = [encoded(text, context) for text, context in zip(texts, contexts, strict=True)]
    votes = np.array(
        [[float(asked in context), float(word in text)] for text, context in zip(texts, contexts, strict=True)]
    )
    head = fit_lexical(units, votes, seed=1)
    swapped = [encoded(text, (1, 8)) for text in [(1, 2, asked), (1, 2, word)]]
    logits, others = head.logits(units), head.logits(swapped)
    assert logits[votes[:, 0] == 1, 0].min() > logits[votes[:, 0] == 0, 0].max()
    assert others[0, 0] < logits[votes[:, 0] == 1, 0].min()  # asked about in the text, not before it
    assert others[1, 1] > others[0, 1]


@pytest.mark.parametrize(("groups", "kept"), [(10, False), (9, True)])
def test_what_a_single_interview_of_many_says_is_not_kept(groups, kept):
    name, word = 7, 3
    texts, of = [], []
    for group in range(groups):
        texts += [(word, 1), (2, name if group == 4 else 5), (word, name if group == 4 else 6)]
        of += [f"w{group}"] * 3
    head = fit_lexical([encoded(text) for text in texts], votes_of(texts, word), seed=1, groups=of)
    assert word in head.keys
    assert (name in head.keys) == kept


@given(
    st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=12), min_size=3, max_size=12),
    st.lists(st.lists(st.integers(1, 9), max_size=12), min_size=1, max_size=4),
)
def test_features_are_those_of_sklearn(texts, others):
    votes = np.zeros((len(texts), 1))
    votes[0] = 1
    head = fit_lexical([encoded(text) for text in texts], votes, seed=1)
    shared = set(map(int, head.keys)) if head else set()
    wanted = {key for text in texts for key in features(text) if sum(key in features(other) for other in texts) >= 2}
    assert shared == wanted
    if head is None:
        return
    assert (np.diff(head.keys) > 0).all()
    reference = TfidfTransformer(sublinear_tf=True, smooth_idf=True, norm="l2").fit(sklearn_counts(texts, head.keys))
    assert np.allclose(head.idf, reference.idf_)
    for group in (texts, others):  # others have pieces that training never saw, or none at all
        seen = bare(head.keys, head.idf).logits([encoded(text) for text in group])
        assert np.allclose(seen, reference.transform(sklearn_counts(group, head.keys)).toarray())


def test_features_by_hand():
    # 7 twice, 8 once, the pairs (7, 7) and (7, 8) once each; 9 and its pair are not known.
    keys = np.array([7, 8, 8 * BASE + 7, 8 * BASE + 8])
    (row,) = bare(keys, np.array([1.0, 2.0, 3.0, 1.0])).logits([encoded((7, 7, 8, 9))])
    value = np.array([1 + np.log(2), 2, 3, 1])
    assert row == pytest.approx(value / np.sqrt((value**2).sum()))


def test_fit_is_that_of_sklearn():
    texts = random_texts(80)
    votes = votes_of(texts, 3, 5)
    head = fit_lexical([encoded(text) for text in texts], votes, seed=1)
    matrix = TfidfTransformer(sublinear_tf=True).fit_transform(sklearn_counts(texts, head.keys))
    seen = head.logits([encoded(text) for text in texts])
    for code in range(2):
        reference = LogisticRegression(C=10.0, class_weight="balanced", solver="liblinear", random_state=1)
        reference.fit(matrix, votes[:, code] >= 0.5)
        assert np.allclose(seen[:, code], reference.decision_function(matrix), atol=1e-6)


def test_it_learns_a_word_and_a_pair():
    texts = random_texts(300, seed=1, words=6)
    held = random_texts(100, seed=2, words=6)
    pair = (2, 3)

    def gold(some):
        return np.array([[float(4 in text), float(pair in pairwise(text))] for text in some], dtype=float)

    head = fit_lexical([encoded(text) for text in texts], gold(texts), seed=1)
    found = head.logits([encoded(text) for text in held]) > 0
    assert (found == gold(held)).mean(axis=0) == pytest.approx([1, 1], abs=0.05)


def test_the_context_says_nothing():
    texts = random_texts(40)
    head = fit_lexical([encoded(text) for text in texts], votes_of(texts, 3), seed=1)
    plain = head.logits([encoded(text) for text in texts])
    assert np.array_equal(plain, head.logits([encoded(text, context=(3, 5, 3)) for text in texts]))


def test_a_word_on_which_coders_differ_says_half():
    rng = np.random.default_rng(3)
    texts = [(3 + i % 3, *(int(word) for word in rng.integers(6, 20, 3))) for i in range(300)]
    votes = votes_of(texts, 3) + votes_of(texts, 4) / 2
    head = fit_lexical([encoded(text) for text in texts], votes, seed=1)
    both, one, nobody = head.logits([encoded((word,)) for word in (3, 4, 5)])[:, 0]
    assert both > one + 1 and one > nobody + 1


@given(st.floats(0.45, 0.5))
def test_a_little_more_than_half_the_votes_is_no_other_gold(share):
    texts = random_texts(40)
    units = [encoded(text) for text in texts]
    gold = votes_of(texts, 3)
    less, more = (fit_lexical(units, np.where(gold == 1, votes, 0.1), seed=1) for votes in (share, 1 - share))
    assert np.abs(less.logits(units) - more.logits(units)).max() < 20 * (1 - 2 * share) + 0.05


def test_words_say_nothing_of_a_code_that_cannot_be_learnt():
    texts = random_texts(40)
    votes = np.hstack([votes_of(texts, 3), np.zeros((40, 1)), np.ones((40, 1))])
    units = [encoded(text) for text in texts]
    head = fit_lexical(units, votes, seed=1)
    seen = head.logits(units)
    assert seen.shape == (40, 3) and np.ptp(seen[:, 0]) > 1
    assert np.allclose(seen[:, 1:], seen[:, 0].mean())  # the same for every unit, on the level of the others
    assert fit_lexical(units, votes[:, 1:], seed=1) is None
    assert fit_lexical([], np.zeros((0, 2)), seed=1) is None
    assert fit_lexical([encoded((1,)), encoded((2,))], np.array([[1.0], [0.0]]), seed=1) is None  # nothing is shared


def test_no_units_and_units_of_unknown_words():
    head = LexicalHead(np.array([7]), np.ones(1), np.array([[2.0, -1.0]]), np.array([0.5, -0.5]))
    assert head.logits([]).shape == (0, 2)
    assert head.logits([encoded(()), encoded((9, 9)), encoded((7,))]).tolist() == [
        [0.5, -0.5],
        [0.5, -0.5],
        [2.5, -1.5],
    ]


@given(st.floats(0, 3))
def test_scaled_multiplies_the_logits(factor):
    texts = random_texts(20)
    units = [encoded(text) for text in texts]
    head = fit_lexical(units, votes_of(texts, 3, 5), seed=1)
    assert np.allclose(head.scaled(factor).logits(units), factor * head.logits(units))


def test_round_trip_through_a_file():
    texts = random_texts(60)
    units = [encoded(text) for text in texts]
    head = fit_lexical(units, votes_of(texts, 3, 5), seed=1)
    back = LexicalHead.from_tensors(load(save(head.to_tensors())))
    assert np.array_equal(back.keys, head.keys) and back.keys.dtype == np.int64
    assert back.keys.max() > BASE  # pairs survive, which float16 or int32 would not hold
    assert back.idf == pytest.approx(head.idf, rel=1e-6)
    assert np.allclose(back.logits(units), head.logits(units), atol=0.01)
    assert LexicalHead.from_tensors({"themes.bias": torch.zeros(2)}) is None


UNITS = [Unit("the council is good", "money ?"), Unit("meetings and talk and nothing"), Unit("we save money")]


def test_its_logits_are_added_to_the_networks(trained):
    result, _ = trained
    with_words, without = (
        compute_logits(result.network, result.encoder, UNITS, 64, torch.device("cpu"), head)
        for head in (result.lexical, None)
    )
    words = result.lexical.logits(result.encoder.encode(UNITS))
    assert np.abs(words).max() > 0.1
    assert np.allclose(with_words.themes - without.themes, words, atol=1e-5)
    assert np.array_equal(with_words.attitudes, without.attitudes)


def test_it_is_kept_in_the_models_folder(trained, tiny_model):
    result, _ = trained
    loaded = load_model(tiny_model)
    encoded_units = result.encoder.encode(UNITS)
    assert np.allclose(loaded.lexical.logits(encoded_units), result.lexical.logits(encoded_units), atol=0.01)


def test_of_too_many_features_those_that_most_units_have_are_kept(monkeypatch):
    texts = [(1, 2, 3), (1, 2), (1, 4), (1, 2, 4), (5,), (5,)]
    votes = votes_of(texts, 2)
    monkeypatch.setattr("models.lexical.MOST_FEATURES", 3)
    head = fit_lexical([encoded(text) for text in texts], votes, seed=1)
    assert head.keys.tolist() == [1, 2, 2 * BASE + 2]
    assert head.weight.shape == (3, 1)
