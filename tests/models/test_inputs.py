"""Token spans, truncation, padding and batches."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.encoder import find_encoder, load_tokenizer
from models.inputs import EncodedUnit, Unit, UnitEncoder, batches_by_tokens, collate


@pytest.fixture(scope="module")
def tokenizer(tiny_encoder):
    return load_tokenizer(find_encoder(str(tiny_encoder)))


@pytest.fixture
def words(tokenizer):
    """Tokens of a part of an encoded unit, as text."""
    return lambda unit, start, end: " ".join(tokenizer.convert_ids_to_tokens(list(unit.ids[start:end])))


def test_parts_of_a_unit(tokenizer, words):
    unit = Unit("We ring the council.", "What do you think?", ((8, 19), (12, 19), (3, 7)))
    encoded = UnitEncoder(tokenizer).encode([unit])[0]
    assert words(encoded, 0, None) == "[CLS] what do you think ? [SEP] we ring the council . [SEP]"
    assert encoded.first == 7
    assert [words(encoded, *span) for span in encoded.targets] == ["the council", "council", "ring"]
    assert not encoded.truncated


def test_a_target_within_words_takes_the_whole_tokens(tokenizer, words):
    encoded = UnitEncoder(tokenizer).encode([Unit("they trust police", "", ((6, 14),))])[0]
    assert words(encoded, *encoded.targets[0]) == "trust police"


def test_a_target_of_accented_text(tokenizer, words):
    text = "naïve 👮🏽 the council"
    encoded = UnitEncoder(tokenizer).encode([Unit(text, "", ((text.index("council"), len(text)),))])[0]
    assert words(encoded, *encoded.targets[0]) == "council"


def test_no_context(tokenizer, words):
    for context, tokens in (("", 48), ("what do you think", 0)):
        encoded = UnitEncoder(tokenizer, context_tokens=tokens).encode([Unit("it works", context)])[0]
        assert (words(encoded, 0, None), encoded.first) == ("[CLS] it works [SEP]", 1)


def test_context_is_cut_at_its_beginning(tokenizer, words):
    encoded = UnitEncoder(tokenizer, context_tokens=3).encode([Unit("it works", "what do you think about the police")])[
        0
    ]
    assert words(encoded, 0, encoded.first) == "[CLS] about the police [SEP]"


def test_context_gives_way_to_the_text(tokenizer, words):
    encoder = UnitEncoder(tokenizer, max_tokens=8, context_tokens=5)
    encoded = encoder.encode([Unit("they never share it", "what do you think about")])[0]
    assert words(encoded, 0, None) == "[CLS] about [SEP] they never share it [SEP]"
    encoded = encoder.encode([Unit("they never share information with us", "what do you think")])[0]
    assert len(encoded.ids) == 8 and encoded.first == 1 and encoded.truncated
    assert words(encoded, 0, 7) == "[CLS] they never share information with u"


def test_a_target_past_the_end_takes_the_whole_text(tokenizer):
    text = "they never share information with the council"
    unit = Unit(text, "", ((0, 4), (text.index("council"), len(text))))
    encoded = UnitEncoder(tokenizer, max_tokens=6).encode([unit])[0]
    assert encoded.truncated
    assert encoded.targets == ((1, 2), (1, 5))


def test_empty_text_still_has_a_vector(tokenizer):
    encoder = UnitEncoder(tokenizer)
    batch = collate(encoder.encode([Unit("", "", ((0, 0),)), Unit("it works")]), encoder.pad_id)
    assert batch.text_mask.sum(1).tolist() == [1, 2]
    assert batch.target_mask.sum(1).tolist() == [1]


def test_no_units(tokenizer):
    assert UnitEncoder(tokenizer).encode([]) == []


def test_collate_masks():
    units = [
        EncodedUnit((2, 7, 3, 8, 9, 10, 3), 3, ((3, 5), (5, 6)), truncated=False),
        EncodedUnit((2, 8, 3), 1, (), truncated=False),
        EncodedUnit((2, 8, 9, 3), 1, ((2, 3),), truncated=False),
    ]
    batch = collate(units, 99)
    assert batch.input_ids.tolist() == [[2, 7, 3, 8, 9, 10, 3], [2, 8, 3, *[99] * 4], [2, 8, 9, 3, *[99] * 3]]
    assert batch.attention_mask.tolist() == [[1] * 7, [1] * 3 + [0] * 4, [1] * 4 + [0] * 3]
    assert batch.token_type_ids.tolist() == [[0, 0, 0, 1, 1, 1, 1], [0] * 7, [0] * 7]
    assert batch.text_mask.int().tolist() == [[0, 0, 0, 1, 1, 1, 0], [0, 1, *[0] * 5], [0, 1, 1, *[0] * 4]]
    assert batch.target_rows.tolist() == [0, 0, 2]
    assert batch.target_mask.int().tolist() == [[0, 0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 0, 1, 0], [0, 0, 1, 0, 0, 0, 0]]
    assert batch.to(torch.device("cpu")).target_rows.equal(batch.target_rows)


LENGTHS = st.lists(st.integers(1, 600), max_size=80)


@given(LENGTHS, st.integers(1, 5000))
def test_batches_by_tokens(lengths, budget):
    batches = list(batches_by_tokens(lengths, budget))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert batch
        longest = max(lengths[i] for i in batch)
        assert len(batch) == 1 or len(batch) * longest <= budget
    assert batches == list(batches_by_tokens(tuple(lengths), budget))
    flat = [lengths[i] for batch in batches for i in batch]
    assert flat == sorted(lengths, reverse=True)


@given(LENGTHS, st.integers(1, 5000))
def test_batches_are_as_full_as_the_order_allows(lengths, budget):
    batches = list(batches_by_tokens(lengths, budget))
    for batch, following in pairwise(batches):
        assert following and (len(batch) + 1) * lengths[batch[0]] > budget
