"""Every engine gives what the plain network gives, whatever lies beside a unit in its batch."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_columns import any_units

from models.bfloat16 import bfloat16_linear, multiplies_bfloat16
from models.encoder import EncoderError, find_encoder, load_encoder
from models.engines import BFLOAT16, FLOAT16, FLOAT32, INT8, Engine, make_engine, moved
from models.inputs import Unit, collate
from models.int8 import int8_available, int8_linear
from models.packed import Packed, PackedBert, is_bert, pack
from models.predict import Predictor, logits_of

CPU = torch.device("cpu")
needs_bfloat16 = pytest.mark.skipif(not multiplies_bfloat16(CPU), reason="this processor multiplies no bfloat16")
FIELDS = ("themes", "presence", "partnership", "attitudes", "uncertainty")
needs_int8 = pytest.mark.skipif(not int8_available(), reason="this build of torch has no byte products")


def one_by_one(predictor, units):
    """Logits of the plain network: transformers' encoder, one unit at a time, nothing left out."""
    model = predictor.model
    themes, partnership, attitudes = [np.zeros((0, 3))], [np.zeros((0, 4))], [np.zeros((0, 3))]
    with torch.inference_mode():
        for unit in units:
            encoded = model.encoder.encode([unit])
            output = model.network(collate(encoded, model.encoder.pad_id))
            themes.append(output.themes.numpy() + model.lexical.logits(encoded))
            partnership.append(output.partnership.numpy())
            attitudes.append(output.attitudes.numpy())
    return [np.concatenate(parts) for parts in (themes, partnership, attitudes)]


class NotQuiteBert(torch.nn.Module):
    """An encoder that `PackedBert` does not know."""

    def __init__(self, bert):
        super().__init__()
        self.bert, self.config = bert, bert.config

    def forward(self, **inputs):
        return self.bert(**inputs)


@pytest.fixture(scope="module", params=["packed", "padded"])
def engine(request, predictor):
    network = predictor.model.network
    if request.param == "packed":
        return make_engine(FLOAT32, network, predictor.model.encoder.pad_id, CPU)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(network._modules, "encoder", NotQuiteBert(network.encoder))
        made = make_engine(FLOAT32, network, predictor.model.encoder.pad_id, CPU)
        patch.undo()
    return made


def test_which_encoders_are_packed(predictor, tiny_encoder):
    assert is_bert(predictor.model.network.encoder)
    assert not is_bert(NotQuiteBert(predictor.model.network.encoder))
    other = load_encoder(find_encoder(str(tiny_encoder)))
    assert is_bert(other)
    for name, value in (("hidden_act", "relu"), ("type_vocab_size", 1)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(other.config, name, value)
            assert not is_bert(other), name


@given(units=st.lists(any_units(), max_size=9), budget=st.sampled_from([1, 30, 100, 10_000]))
def test_any_units_in_any_batches_are_as_one_by_one(predictor, engine, units, budget):
    found = logits_of(engine, predictor.model.encoder, units, budget, predictor.model.lexical)
    for seen, expected in zip(
        (found.themes, found.partnership, found.attitudes), one_by_one(predictor, units), strict=True
    ):
        assert seen.shape == expected.shape
        assert np.allclose(seen, expected, atol=1e-4)


@given(units=st.lists(any_units(), min_size=1, max_size=6), order=st.randoms(use_true_random=False))
def test_order_neighbours_and_duplicates_change_nothing(predictor, units, order):
    rows = [row for row in range(len(units)) for _ in range(order.randint(1, 2))]
    order.shuffle(rows)
    once, again = predictor.predict(units), predictor.predict([units[row] for row in rows])
    for name in ("themes", "presence", "partnership", "uncertainty"):
        assert np.allclose(getattr(again, name), getattr(once, name)[rows], atol=1e-4), name
    ends = np.cumsum([len(unit.targets) for unit in units])
    targets = [i for row in rows for i in range(ends[row] - len(units[row].targets), ends[row])]
    assert np.allclose(again.attitudes, once.attitudes[targets], atol=1e-4)


def test_many_chunks(predictor, monkeypatch):
    units = [Unit("we ring the council " * (1 + i % 7), "and ?" * (i % 3), ((0, 2),) * (i % 3)) for i in range(60)]
    whole = predictor.predict([*units, Unit("council " * 2000)])
    monkeypatch.setattr("models.predict.CHUNK", 7)
    parts = predictor.predict([*units, Unit("council " * 2000)])
    assert whole.truncated.sum() == parts.truncated.sum() == 1
    for name in FIELDS:
        assert np.allclose(getattr(whole, name), getattr(parts, name), atol=1e-5), name


def test_packed_tokens_are_the_encoders_own(predictor):
    encoder, units = (
        predictor.model.network.encoder,
        [Unit("the council is good", "what ?"), Unit(""), Unit("it works")],
    )
    columns = predictor.model.encoder.columns(units)
    batch = collate(columns, predictor.model.encoder.pad_id)
    with torch.inference_mode():
        expected = predictor.model.network.hidden(batch)[batch.text_mask]
        found = PackedBert(encoder)(pack(columns))
    assert torch.allclose(found, expected, atol=1e-5)


@needs_int8
def test_a_layer_in_bytes_is_nearly_the_layer():
    torch.manual_seed(0)
    weight, bias, x = torch.randn(48, 32), torch.randn(48), torch.randn(20, 32)
    sizes = torch.full((32,), 3.0)
    x[:, 5] *= 30  # a column that would leave the others no room
    sizes[5] = 90
    exact = torch.nn.functional.linear(x, weight, bias)
    plain, smooth = (int8_linear("attend", weight, bias, known)(x) for known in (None, sizes))
    assert (smooth - exact).std() < 0.02 * exact.std()
    assert (smooth - exact).abs().mean() < (plain - exact).abs().mean()
    active = torch.nn.functional.gelu(x)
    exact = torch.nn.functional.linear(active, weight, bias)
    assert (int8_linear("narrow", weight, bias, None)(active) - exact).std() < 0.02 * exact.std()
    assert torch.equal(int8_linear("mix", weight, bias, None)(torch.zeros(1, 32)), bias[None])


@needs_int8
def test_int8_does_not_depend_on_neighbours(predictor):
    quick = Predictor(predictor.model, device="cpu", engine=INT8)
    units = [Unit("the council", "what ?", ((4, 11),)), Unit("never share information " * 9), Unit("it works")]
    exact = Predictor(predictor.model, device="cpu", engine=FLOAT32).predict(units)
    together = quick.predict(units)
    assert quick.engine == INT8
    for row, unit in enumerate(units):
        alone = quick.predict([unit])
        assert np.allclose(alone.themes[0], together.themes[row], atol=1e-5)
    assert 0 < np.abs(together.themes - exact.themes).max() < 0.1


def test_auto_is_bfloat16_where_the_processor_multiplies_it(predictor, monkeypatch):
    assert predictor.engine == (BFLOAT16 if multiplies_bfloat16(CPU) else FLOAT32)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "avx512_bf16": False})
    assert Predictor(predictor.model, device="cpu").engine == FLOAT32
    with pytest.raises(EncoderError, match="multiplies bfloat16; set engine to float32"):
        Predictor(predictor.model, device="cpu", engine=BFLOAT16)


@pytest.mark.parametrize("kind", ["attend", "mix", "widen", "narrow"])
@pytest.mark.parametrize(
    "operations",
    [pytest.param(torch.ops.mkldnn, id="laid out", marks=needs_bfloat16), pytest.param(object(), id="plain")],
)
def test_a_layer_in_bfloat16_is_nearly_the_layer(kind, operations, monkeypatch):
    if not hasattr(operations, "_linear_pointwise") and operations is torch.ops.mkldnn:
        pytest.skip("this build of torch has no oneDNN")
    monkeypatch.setattr("models.bfloat16.torch.ops.mkldnn", operations)
    torch.manual_seed(0)
    weight, bias, x = torch.randn(48, 32), torch.randn(48), torch.randn(20, 32)
    exact = torch.nn.functional.linear(x, weight, bias)
    exact = torch.nn.functional.gelu(exact) if kind == "widen" else exact
    found = bfloat16_linear(kind, weight.bfloat16(), bias.bfloat16(), None)(x.bfloat16())
    assert found.dtype == torch.bfloat16
    assert (found.float() - exact).std() < 0.01 * exact.std()


@pytest.mark.parametrize(
    "linear",
    [pytest.param(bfloat16_linear, id="laid out", marks=needs_bfloat16), pytest.param(None, id="plain")],
)
def test_an_encoder_in_bfloat16_is_nearly_the_encoder(predictor, linear):
    units = [Unit("the council is good", "what ?", ((4, 11),)), Unit("never share " * 20), Unit("it works"), Unit("")]
    columns, bert = predictor.model.encoder.columns(units), predictor.model.network.encoder
    with torch.inference_mode():
        exact = PackedBert(bert)(pack(columns))
        found = PackedBert(bert, dtype=torch.bfloat16, linear=linear)(pack(columns))
    assert 0 < (found.float() - exact).std() < 0.03 * exact.std()


@needs_bfloat16
def test_bfloat16_on_padded_batches_gives_nearly_the_same_codings(predictor):
    network, bert = predictor.model.network, predictor.model.network.encoder
    units = [Unit("the council is good", "what ?", ((4, 11),)), Unit("never share " * 20), Unit("it works")]
    try:
        network.encoder = NotQuiteBert(bert)
        exact, quick = (Predictor(predictor.model, device="cpu", engine=name) for name in (FLOAT32, BFLOAT16))
        found, expected = quick.predict(units), exact.predict(units)
        alone = np.concatenate([quick.predict([unit]).themes for unit in units])
    finally:
        network.encoder = bert
    assert quick.engine == BFLOAT16
    assert np.abs(found.themes - alone).max() < 0.02
    for name in ("themes", "presence", "partnership", "attitudes"):
        assert 0 < np.abs(getattr(found, name) - getattr(expected, name)).max() < 0.02, name


def test_a_long_text_does_not_widen_many_short_ones(predictor, engine):
    lengths = np.array([4] * 450 + [510] + [4] * 450)
    for budget in (2048, 65_536, 1):
        batches = engine.batches(lengths, budget)
        assert sorted(np.concatenate(batches)) == list(range(901))
        for rows in batches:
            assert len(rows) * lengths[rows].max() <= max(4 * budget, lengths[rows].max())
    assert len(engine.batches(np.full(100, 20), 2000)) == 1  # what is even stays together


def test_an_engine_that_cannot_run_here(predictor):
    with pytest.raises(EncoderError, match="needs a GPU; set engine to auto"):
        Predictor(predictor.model, device="cpu", engine=FLOAT16)
    with pytest.raises(
        EncoderError, match="no engine 'flaot16'; set engine to one of auto, float32, float16, bfloat16, int8"
    ):
        Predictor(predictor.model, device="cpu", engine="flaot16")
    network, bert = predictor.model.network, predictor.model.network.encoder
    try:
        network.encoder = NotQuiteBert(bert)
        with pytest.raises(EncoderError, match="a BERT encoder; set engine to auto"):
            make_engine(INT8, network, 0, CPU)
    finally:
        network.encoder = bert


def test_moving_a_batch_moves_all_of_it(predictor, engine):
    work = engine.prepare(
        predictor.model.encoder.columns([Unit("the council", "what ?", ((4, 11),)), Unit("it works")])
    )
    tensors = []
    there = moved(work, lambda tensor: tensors.append(tensor) or tensor.clone())
    assert len(tensors) == (8 if isinstance(work.tokens, Packed) else 10)
    with torch.inference_mode():
        here, copied = engine.run(work)(), engine.run(there)()
    for name in ("themes", "partnership", "attitudes"):
        assert torch.equal(getattr(here, name), getattr(copied, name)), name


def test_half_precision_is_nearly_the_same(predictor):
    columns = predictor.model.encoder.columns([Unit("the council is good", "what ?"), Unit("never share " * 20)])
    encoder = predictor.model.network.encoder
    with torch.inference_mode():
        whole, half = (PackedBert(encoder, dtype=kind)(pack(columns)) for kind in (torch.float32, torch.float16))
    assert half.dtype == torch.float16
    assert 0 < (half.float() - whole).abs().max() < 0.05


def test_numbers_that_outgrow_half_precision_are_computed_in_float32(predictor):
    overflowing = Predictor(predictor.model, device="cpu")
    network = predictor.model.network
    exact, calls = PackedBert(network.encoder), []

    def encode(tokens, places):
        calls.append(1)
        return exact(tokens) * (torch.inf if len(calls) == 1 else 0.5)

    overflowing._engine = Engine(FLOAT16, network, CPU, prepare=pack, encode=encode, packed=True)
    units = [Unit("the council is good"), Unit("it works")]
    whole = Predictor(predictor.model, device="cpu", engine=FLOAT32)
    assert np.allclose(overflowing.predict(units).themes, whole.predict(units).themes)
    assert overflowing.engine == FLOAT16
    overflowing.predict(units)  # by the engine again, whatever was before
    assert len(calls) == 2
