"""Before any gold: how well do codes' definitions alone rank segments? Ours against the cosine similarity of embeddings.

    python scripts/zero_labels.py [--gold GOLD… --codebook C] [--base ENCODER]

Mean ROC AUC over the codes that occur, on the test part of the interviews in examples/ unless other gold is given, with 95 %
intervals from a bootstrap over groups; the difference comes from the same resamples. The baseline is what one would write
in five lines: the encoder's vector of a segment against that of the code's description.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from build_model import EXAMPLES, parts_of
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from models.encoder import DEFAULT_ENCODER, find_encoder, load_encoder, load_tokenizer, quieten
from models.inputs import Unit, UnitEncoder, batches_by_tokens, collate
from models.joint import pooled_vectors
from models.predict import pick_device
from models.validation import held_out_logits
from pipeline.codebook import Codebook, load_codebook
from pipeline.gold import GoldUnit, load_gold
from pipeline.learn import train_on_gold
from pipeline.train_settings import TrainSettings
from pipeline.votes import training_unit

Floats = NDArray[np.float64]
RESAMPLES, SEED = 500, 1
WIDEST = 256


def main() -> None:
    options = _options()
    quieten()
    book = load_codebook(options.codebook)
    units = [unit for unit in _units(options.gold, book) if unit.settled("codes") is not None]
    gold = np.array([[code in _codes(unit) for code in book.names] for unit in units])
    scores = {"cosine": _cosine(options.base, book, units), "ours": _ours(options.base, book, units)}
    groups = np.array([unit.first.group for unit in units])
    print(f"{len(units)} units of {len(set(groups))} groups, {int(gold.any(0).sum())} of {len(book.names)} codes occur")
    values = {name: _mean_auc(gold, score) for name, score in scores.items()}
    drawn = _resampled(gold, scores, groups)
    for name, value in values.items():
        print(f"{name:12}{value:.3f} ({_interval(drawn[name])})")
    print(f"{'difference':12}{values['ours'] - values['cosine']:.3f} ({_interval(drawn['ours'] - drawn['cosine'])})")


def _units(paths: Sequence[Path], book: Codebook) -> list[GoldUnit]:
    if paths:
        return load_gold(paths, codes=book.names)
    return parts_of(load_gold([EXAMPLES / "gold" / "interviews-themes.csv"], codes=book.names))["test"]


def _codes(unit: GoldUnit) -> frozenset[str]:
    settled = unit.settled("codes")
    return frozenset(settled.codes or ()) if settled else frozenset()


def _cosine(base: str, book: Codebook, units: Sequence[GoldUnit]) -> Floats:
    """The plain way: normalised mean vectors of segment and description."""
    source = find_encoder(base)
    network = load_encoder(source).eval()
    encoder = UnitEncoder(load_tokenizer(source), max_tokens=WIDEST, context_tokens=0)

    def vectors(texts: Sequence[str]) -> Floats:
        encoded = encoder.encode([Unit(text) for text in texts])
        found = np.zeros((len(texts), int(network.config.hidden_size)))
        for indices in batches_by_tokens([len(item.ids) for item in encoded], 4096):
            found[indices] = pooled_vectors(network, collate([encoded[i] for i in indices], encoder.pad_id)).numpy()
        unit_length: Floats = found / np.linalg.norm(found, axis=1, keepdims=True)
        return unit_length

    similarity: Floats = (
        vectors([unit.first.text for unit in units]) @ vectors([code.description for code in book.all_codes]).T
    )
    return similarity


def _ours(base: str, book: Codebook, units: Sequence[GoldUnit]) -> Floats:
    """What `themes train --codebook C` without gold makes."""
    device = pick_device("auto")
    trained = train_on_gold([], [], book, TrainSettings(base=base), device=str(device))
    asked = [training_unit(unit, book.names) for unit in units]
    themes: Floats = held_out_logits(trained.network, trained.encoder, asked, device, trained.lexical).themes
    return themes


def _mean_auc(gold: NDArray[np.bool_], scores: Floats) -> float:
    """Over the codes that some units have and some have not."""
    varied = np.flatnonzero(gold.any(0) & ~gold.all(0))
    return float(np.mean([roc_auc_score(gold[:, code], scores[:, code]) for code in varied]))


def _resampled(gold: NDArray[np.bool_], scores: dict[str, Floats], groups: NDArray[np.str_]) -> dict[str, Floats]:
    """Mean AUC of each in every resample of whole groups."""
    generator = np.random.default_rng(SEED)
    rows = [np.flatnonzero(groups == name) for name in sorted(set(groups))]
    drawn: dict[str, list[float]] = {name: [] for name in scores}
    for _ in range(RESAMPLES):
        chosen = np.concatenate([rows[i] for i in generator.integers(len(rows), size=len(rows))])
        for name, score in scores.items():
            drawn[name].append(_mean_auc(gold[chosen], score[chosen]))
    return {name: np.array(values) for name, values in drawn.items()}


def _interval(values: Floats) -> str:
    low, high = np.quantile(values, [0.025, 0.975])
    return f"{low:.3f} to {high:.3f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", nargs="*", type=Path, default=[])
    parser.add_argument("--codebook", default="partnership-culture")
    parser.add_argument("--base", default=DEFAULT_ENCODER)
    return parser.parse_args()


if __name__ == "__main__":
    main()
