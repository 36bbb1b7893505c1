"""Human agreement on AnnoMI's utterances that ten people coded, beside the published figures.

    python scripts/annomi_agreement.py DATA/annomi/annomi_full.csv [--machine MODEL] [--write-gold FOLDER]

Wu et al. (2023), "Creation, analysis and evaluation of AnnoMI", Future Internet 15(3), 110, give Fleiss' kappa 0.74 for the
therapist's main behaviour and 0.47 for the client's talk. The copy that is public holds part of their transcripts.

`--write-gold` writes what a machine needs that is to stand among the ten: `train.csv` (all other transcripts),
`codebook.yaml` (the questions' classes as codes) and `ten.csv` (the ten coders' utterances). Train with
`themes train train.csv --codebook codebook.yaml --out MODEL`. With `--machine` each coder, and the machine in that coder's
place, is compared with the majority of the other nine (Krippendorff's alpha over a question's classes, transcripts resampled),
the machine's place is told, and the alternative-annotator test is made. The machine's answer is its likeliest class.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.commands.models import load_predictor
from pipeline.evaluate.alternative import alternative_test
from pipeline.evaluate.compare import compare_classes
from pipeline.evaluate.evaluation import coders_of
from pipeline.evaluate.figures import Figure, Resampler
from pipeline.evaluate.judge import MachineCoding, code_gold
from pipeline.evaluate.statistics import Floats, nominal_alpha
from pipeline.gold import load_gold
from pipeline.types import Coding

QUESTIONS = {
    "main_therapist_behaviour": ("therapist", 0.74),
    "client_talk_type": ("client", 0.47),
}
CODERS = 10
TRAIN, TEN = "train.csv", "ten.csv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--machine", help="a model's folder or name")
    parser.add_argument("--write-gold", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    utterances = read(options.file)
    for question, (speaker, published) in QUESTIONS.items():
        print_people(question, [item for item in utterances if item.speaker == speaker and item.by_ten], published)
    if options.write_gold:
        write_gold(utterances, options.write_gold)
    if options.machine:
        with tempfile.TemporaryDirectory() as folder:
            write_gold(utterances, Path(folder))
            gold = load_gold([Path(folder) / TEN])
        machine = code_gold(load_predictor(options.machine, device="auto", batch_tokens=4096), gold)
        for question in QUESTIONS:
            for line in among_the_ten(question, machine):
                print(line)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said, what was said just before, and each coder's class."""

    transcript: str
    number: int
    speaker: str
    text: str
    context: str
    classes: dict[str, str]

    @property
    def by_ten(self) -> bool:
        """Whether it is of the part that ten people coded."""
        return len(self.classes) == CODERS


def read(path: Path) -> list[Utterance]:
    """All utterances, in order."""
    question_of = {speaker: question for question, (speaker, _) in QUESTIONS.items()}
    found: dict[tuple[str, int], Utterance] = {}
    before: dict[str, str] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            place = row["transcript_id"], int(row["utterance_id"])
            if place not in found:
                context = before.get(place[0], "")
                found[place] = Utterance(*place, row["interlocutor"], row["utterance_text"], context, {})
                before[place[0]] = row["utterance_text"]
            found[place].classes[row["annotator_id"]] = row[question_of[row["interlocutor"]]]
    return list(found.values())


def print_people(question: str, ten: list[Utterance], published: float) -> None:
    """Agreement of the ten, beside the published figure."""
    votes = [Counter(item.classes.values()) for item in ten]
    classes = sorted({name for counts in votes for name in counts})
    table = np.array([[counts[name] for name in classes] for counts in votes], dtype=np.float64)
    resampler = Resampler([item.transcript for item in ten])
    sums = resampler.sums(kappa_sums(table))
    for name, function in (("Fleiss' kappa", fleiss_kappa), ("Krippendorff's alpha", alpha)):
        figure = resampler.figure(sums, function, len(table))
        print(
            f"{question} ({len(table)} utterances of {resampler.groups} transcripts, {CODERS} coders): {name} "
            f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f}); published {published}"
        )


def write_gold(utterances: list[Utterance], folder: Path) -> None:
    """`train.csv` without any transcript that ten people coded a part of, `ten.csv`, and the codebook of the classes."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {item.transcript for item in utterances if item.by_ten}
    parts = {
        TRAIN: [item for item in utterances if item.transcript not in kept],
        TEN: [item for item in utterances if item.by_ten],
    }
    for name, chosen in parts.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("id", "group", "context", "text", "codes", "coder"))
            for item in chosen:
                ident = f"{item.transcript}/{item.number:04}"
                for coder, answer in item.classes.items():
                    code = f"{item.speaker}_{answer}"
                    writer.writerow((ident, item.transcript, item.context, item.text, code, f"coder {coder}"))
    lines = ["name: annomi", "themes:"]
    for question, (speaker, _) in QUESTIONS.items():
        names = sorted({answer for item in utterances if item.speaker == speaker for answer in item.classes.values()})
        lines += [f"- name: {question}", "  codes:"]
        lines += [
            f"  - {{name: {speaker}_{name}, definition: the {speaker}'s {name.replace('_', ' ')}}}" for name in names
        ]
    (folder / "codebook.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def among_the_ten(question: str, machine: MachineCoding) -> Iterator[str]:
    """Lines: each coder's alpha with the majority of the others, the machine's in that coder's place, and the machine's rank."""
    speaker = QUESTIONS[question][0]
    rows = [i for i, unit in enumerate(machine.units) if _class(unit.codings[0]).startswith(f"{speaker}_")]
    columns = [k for k, code in enumerate(machine.codes) if code.startswith(f"{speaker}_")]
    if not rows or not columns:
        yield f"{question}: the machine knows none of its classes ({speaker}_…)"
        return
    names = [machine.codes[k] for k in columns]
    coders = coders_of([machine.units[i] for i in rows])
    theirs = np.array([[names.index(_class(unit.by(c))) for c in coders] for unit in (machine.units[i] for i in rows)])
    ours = machine.probabilities[np.ix_(rows, columns)].argmax(1)
    groups = [machine.units[i].first.group for i in rows]
    places = []
    for j, coder in enumerate(coders):
        votes = np.stack([(np.delete(theirs, j, 1) == k).sum(1) for k in range(len(names))], axis=1)
        clear = np.flatnonzero(
            (votes == votes.max(1, keepdims=True)).sum(1) == 1
        )  # the others' ties are left out for both
        said, of = votes[clear].argmax(1), [groups[int(i)] for i in clear]
        figures = {"alpha": nominal_alpha}
        human, machines = (
            compare_classes(said, answers[clear], of, classes=len(names), figures=figures)["alpha"]
            for answers in (theirs[:, j], ours)
        )
        if human.value is not None and machines.value is not None:
            places.append((human.value, machines.value))
        told = f"alpha with the other nine's majority {_told(human)}; the machine's in their place {_told(machines)}"
        yield f"{question}, {coder}: {told}"
    better = sum(machines > human for human, machines in places)
    yield f"{question}: the machine agrees with the others better than {better} of {len(places)} coders do"
    flags = np.stack([k == theirs.T for k in range(len(names))], axis=-1)
    own = np.stack([ours == k for k in range(len(names))], axis=-1)
    everyone = np.ones(theirs.T.shape, dtype=bool)
    test = alternative_test(question, own, coders, flags, everyone, Resampler(groups).numbers)
    if test is not None:
        rates = f"winning rate {test.winning_rate:.2f}, advantage {test.advantage:.2f}"
        yield f"{question}: alternative-annotator test, {rates}: {test.verdict}"


def _class(coding: Coding | None) -> str:
    return next(iter(coding.codes or ()), "") if coding is not None else ""


def _told(figure: Figure) -> str:
    return "undefined" if figure.value is None else f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"


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
