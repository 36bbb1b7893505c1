"""What all tests share. Sockets are shut for the whole session: plain `pytest` is offline, and proves it."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest
from hypothesis import settings
from programs import starter
from toys import CODEBOOK, VOCABULARY, NetworkTouched, gold_rows, make_encoder, table, write_interviews

settings.register_profile("quick", max_examples=40, deadline=None, derandomize=True)
settings.load_profile("quick")

# A shell starts what it sends to the background deaf to Ctrl-C, and the tests interrupt things.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Every connection, and every look-up of a name, fails; sockets within this machine's processes work."""
    connect = socket.socket.connect

    def local_only(self, address):
        if self.family == socket.AF_UNIX:
            return connect(self, address)
        raise NetworkTouched(f"connection to {address}")

    def no_lookup(*arguments, **options):
        raise NetworkTouched(f"look-up of {arguments}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", local_only)
        patch.setattr(socket.socket, "connect_ex", local_only)
        patch.setattr(socket, "getaddrinfo", no_lookup)
        yield


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory) -> Path:
    """The folder of a real encoder, hidden size 32."""
    return make_encoder(tmp_path_factory.mktemp("encoders") / "tiny")


@pytest.fixture(scope="session")
def codebook_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("codebooks") / "toy.yaml"
    path.write_text(CODEBOOK, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def codebook(codebook_file):
    from pipeline.codebook import load_codebook

    return load_codebook(codebook_file)


@pytest.fixture(scope="session")
def run_settings(tmp_path_factory):
    """The defaults, but for a small partner vocabulary: the shipped one takes a second to load."""
    from pipeline.config import PartnerSettings, RunSettings

    path = tmp_path_factory.mktemp("vocabularies") / "partners.yaml"
    path.write_text(VOCABULARY, encoding="utf-8")
    return RunSettings(partners=PartnerSettings(vocabulary=path))


@pytest.fixture(scope="session")
def gold_files(tmp_path_factory) -> list[Path]:
    """Two tables: themes, and attitudes."""
    folder = tmp_path_factory.mktemp("gold")
    paths = [folder / "themes.csv", folder / "attitudes.csv"]
    for path, rows in zip(paths, gold_rows(), strict=True):
        path.write_text(table(rows), encoding="utf-8")
    return paths


@pytest.fixture(scope="session")
def gold(gold_files, codebook):
    from pipeline.gold import load_gold

    return load_gold(gold_files, codes=codebook.names)


@pytest.fixture(scope="session")
def trained(tiny_encoder, codebook, gold):
    """Two epochs of the real training; with it, the settings it was given."""
    from pipeline.holding_out import split_groups
    from pipeline.learn import train_on_gold
    from pipeline.train_settings import TrainSettings

    settings = TrainSettings(base=str(tiny_encoder), epochs=2, least_steps=0, batch_tokens=256, head_rate=0.01)
    training, validation = split_groups(gold, settings.validation_share, settings.seed)
    return train_on_gold(training, validation, codebook, settings, device="cpu"), settings


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory, trained, codebook) -> Path:
    """The folder of a trained model, as `themes train` leaves it."""
    from pipeline.learn import save_trained

    folder = tmp_path_factory.mktemp("models") / "toy"
    result, settings = trained
    save_trained(result, folder, codebook, settings, counts={"training units": 18}, data="Toy gold.", seen=())
    return folder


@pytest.fixture(scope="session")
def predictor(tiny_model):
    from models.loading import load_model
    from models.predict import Predictor

    return Predictor(load_model(tiny_model), device="cpu")


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """Start `themes`, or another function, in a process of its own that has all it needs loaded already."""
    return starter(lambda: tmp_path_factory.mktemp("program"))


@pytest.fixture(scope="session")
def interviews(tmp_path_factory) -> Path:
    """A folder of five transcripts; tests leave it as it is."""
    return write_interviews(tmp_path_factory.mktemp("interviews"), ("1a", "2b", "3c", "4d", "5e"))
