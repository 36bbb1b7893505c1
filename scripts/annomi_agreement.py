"""Human agreement on AnnoMI's utterances that ten people coded, beside the published figures.

    python scripts/annomi_agreement.py DATA/annomi/annomi_full.csv

Wu et al. (2023), "Creation, analysis and evaluation of AnnoMI", Future Internet 15(3), 110, give Fleiss' kappa 0.74 for the
therapist's main behaviour and 0.47 for the client's talk. The copy that is public holds part of their transcripts.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from pipeline.evaluate.figures import Resampler
from pipeline.evaluate.statistics import Floats

QUESTIONS = {
    "main_therapist_behaviour": ("therapist", 0.74),
    "client_talk_type": ("client", 0.47),
}
CODERS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    path = parser.parse_args().file
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for column, (speaker, published) in QUESTIONS.items():
        votes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for row in rows:
            if row["interlocutor"] == speaker:
                votes[row["transcript_id"], row["utterance_id"]][row[column]] += 1
        ten = {place: counts for place, counts in votes.items() if counts.total() == CODERS}
        classes = sorted({name for counts in ten.values() for name in counts})
        table = np.array([[counts[name] for name in classes] for counts in ten.values()], dtype=np.float64)
        resampler = Resampler([transcript for transcript, _ in ten])
        sums = resampler.sums(kappa_sums(table))
        for name, function in (("Fleiss' kappa", fleiss_kappa), ("Krippendorff's alpha", alpha)):
            figure = resampler.figure(sums, function, len(table))
            print(
                f"{column} ({len(table)} utterances of {resampler.groups} transcripts, {CODERS} coders): {name} "
                f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f}); published {published}"
            )


def kappa_sums(table: Floats) -> Floats:
    """What the two statistics need of each unit, summable: agreeing pairs' share, one, and the votes for each class."""
    coders = table.sum(1, keepdims=True)
    agreeing = (table * (table - 1)).sum(1, keepdims=True) / (coders * (coders - 1))
    return np.concatenate([agreeing, np.ones_like(agreeing), table], axis=1)


def fleiss_kappa(sums: Floats) -> Floats:
    """Fleiss (1971), "Measuring nominal scale agreement among many raters"."""
    observed = sums[..., 0] / sums[..., 1]
    votes = sums[..., 2:]
    expected = ((votes / votes.sum(-1, keepdims=True)) ** 2).sum(-1)
    return np.asarray((observed - expected) / (1 - expected))


def alpha(sums: Floats) -> Floats:
    """Krippendorff's nominal alpha: the same with chance drawn without replacement."""
    observed = sums[..., 0] / sums[..., 1]
    votes = sums[..., 2:]
    total = votes.sum(-1)
    expected = (votes * (votes - 1)).sum(-1) / (total * (total - 1))
    return np.asarray((observed - expected) / (1 - expected))


if __name__ == "__main__":
    main()
