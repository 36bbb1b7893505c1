"""Units in columns hold what units one by one hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.columns import Encoded, EncodedUnit, before, ragged
from models.encoder import find_encoder, load_tokenizer
from models.inputs import Unit, UnitEncoder

PIECES = ["council", "the police", "café", "👮🏽", "x", ".", " ", "unknownish", "\n", "housing officer", "[SEP]"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join)


@st.composite
def any_units(draw):
    text = draw(TEXTS)
    place = st.tuples(st.integers(0, len(text) + 2), st.integers(0, len(text) + 2)).map(sorted).map(tuple)
    return Unit(text, draw(TEXTS), tuple(draw(st.lists(place, max_size=3))))


@pytest.fixture(scope="module")
def tokenizer(tiny_encoder):
    return load_tokenizer(find_encoder(str(tiny_encoder)))


def one_by_one(tokenizer, unit, most, most_context):
    """What `UnitEncoder` promises, written with lists."""
    found = tokenizer(unit.text, add_special_tokens=False, return_offsets_mapping=True)
    said = tokenizer(unit.context, add_special_tokens=False)["input_ids"]
    ids = found["input_ids"][: most - 2]
    spare = max(0, min(most_context, most - 2 - len(ids) - 1))
    context = said[-spare:] if spare else []
    cls, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
    head = [cls, *context, sep] if context else [cls]
    targets = []
    for start, end in unit.targets:
        inside = [i for i, (a, b) in enumerate(found["offset_mapping"][: len(ids)]) if a < end and b > start]
        span = (inside[0], inside[-1] + 1) if inside else (0, len(ids))
        targets.append((len(head) + span[0], len(head) + span[1]))
    return EncodedUnit((*head, *ids, sep), len(head), tuple(targets), len(found["input_ids"]) > len(ids))


@given(units=st.lists(any_units(), max_size=6), most=st.sampled_from([4, 9, 512]), context=st.sampled_from([0, 3, 48]))
def test_columns_are_the_units_one_by_one(tokenizer, units, most, context):
    encoder = UnitEncoder(tokenizer, max_tokens=most, context_tokens=context)
    expected = [one_by_one(tokenizer, unit, most, context) for unit in units]
    columns = encoder.columns(units)
    assert columns.units() == expected
    assert Encoded.of(expected).units() == expected
    rows = np.arange(len(units))[::-2].copy()
    assert columns.take(rows).units() == [expected[row] for row in rows]


def test_settings_that_come_with_an_encoder_neither_cut_nor_pad(tiny_encoder):
    tokenizer = load_tokenizer(find_encoder(str(tiny_encoder)))
    units = [Unit("we ring the council and they are helpful")]
    plain = UnitEncoder(tokenizer).encode(units)
    tokenizer.backend_tokenizer.enable_truncation(3)
    tokenizer.backend_tokenizer.enable_padding(length=20)
    assert UnitEncoder(tokenizer).encode(units) == plain
    assert 3 < len(plain[0].ids) < 20


def test_ragged():
    lengths = np.array([2, 0, 3])
    assert before(lengths).tolist() == [0, 2, 2]
    assert ragged(np.array([5, 9, 1]), lengths).tolist() == [5, 6, 1, 2, 3]
    assert ragged(np.zeros(0, dtype=int), np.zeros(0, dtype=int)).tolist() == []
