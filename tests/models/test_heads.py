"""The heads: where they start from, their shapes, and that padding changes nothing."""

import pytest
import torch
from torch.nn import functional as F

from models.encoder import find_encoder, load_encoder, load_tokenizer
from models.heads import AttitudeHead, PartnershipHead, ThemeHead, masked_mean
from models.inputs import Unit, UnitEncoder, collate
from models.joint import JointModel, pooled_vectors

DEFINITIONS = ("working together is good", "money is saved", "meetings and talk and nothing")


@pytest.fixture(scope="module")
def network_and_units(tiny_encoder):
    source = find_encoder(str(tiny_encoder))
    units = UnitEncoder(load_tokenizer(source))
    encoder = load_encoder(source).eval()
    vectors = pooled_vectors(encoder, collate(units.encode([Unit(text) for text in DEFINITIONS]), units.pad_id))
    torch.manual_seed(3)
    return JointModel(encoder=encoder, definitions=vectors).eval(), units, vectors


def test_masked_mean():
    hidden = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [100.0, 100.0]], [[5.0, 5.0], [9.0, 9.0], [7.0, 7.0]]])
    mask = torch.tensor([[True, True, False], [False, False, False]])
    assert masked_mean(hidden, mask).tolist() == [[2.0, 4.0], [0.0, 0.0]]


@torch.inference_mode()
def test_before_training_themes_are_similarity_to_definitions(network_and_units):
    network, units, vectors = network_and_units
    texts = ["the council is good", "meetings about meetings", "it saves the police money and work"]
    batch = collate(units.encode([Unit(text, "what do you think ?") for text in texts]), units.pad_id)
    logits = network(batch).themes
    pooled = masked_mean(network.hidden(batch), batch.text_mask)
    similarity = F.cosine_similarity(pooled[:, None], vectors[None], dim=-1)
    assert torch.allclose(logits, ThemeHead.scale * similarity - 5, atol=1e-4)
    assert logits.argsort().tolist() == similarity.argsort().tolist()
    assert len(set(map(tuple, logits.argsort().tolist()))) > 1  # the order depends on the text


@torch.inference_mode()
def test_shapes(network_and_units):
    network, units, _ = network_and_units
    batch = collate(
        units.encode([Unit("the council and housing", "", ((4, 11), (16, 23))), Unit("it works")]), units.pad_id
    )
    output = network(batch)
    assert (output.themes.shape, output.partnership.shape, output.attitudes.shape) == ((2, 3), (2, 4), (2, 3))
    none = network(collate(units.encode([Unit("it works")]), units.pad_id))
    assert none.attitudes.shape == (0, 3)
    assert AttitudeHead(width=8)(
        torch.zeros(5, 8), torch.zeros(5, 8), torch.zeros(5, 7, 8), torch.ones(5, 7) > 0
    ).shape == (5, 3)
    assert PartnershipHead(width=8)(torch.zeros(5, 8)).shape == (5, 4)


@torch.inference_mode()
def test_padding_changes_no_logit(network_and_units):
    network, units, _ = network_and_units
    network.themes.found.data.normal_()  # so that attention per code has a part in it
    try:
        short, long = Unit("the council works", "and ?", ((4, 11),)), Unit("they never share information " * 20)
        alone = network(collate(units.encode([short]), units.pad_id))
        padded = network(collate(units.encode([long, short]), units.pad_id))
    finally:
        network.themes.found.data.zero_()
    assert torch.allclose(alone.themes[0], padded.themes[1], atol=1e-4)
    assert torch.allclose(alone.partnership[0], padded.partnership[1], atol=1e-4)
    assert torch.allclose(alone.attitudes[0], padded.attitudes[0], atol=1e-4)
    assert not torch.allclose(padded.themes[0], padded.themes[1], atol=1e-2)


@torch.inference_mode()
def test_attitudes_differ_by_target(network_and_units):
    network, units, _ = network_and_units
    text = "the council is good and housing is useless"
    batch = collate(units.encode([Unit(text, "", ((4, 11), (24, 31)))]), units.pad_id)
    first, second = network(batch).attitudes
    assert not torch.allclose(first, second, atol=1e-3)
