"""The benchmark's data as one form: texts with their labels, in groups that no split cuts through."""

from __future__ import annotations

import csv
import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

FOLDS = 5
VALIDATION_SHARE = 0.1
"""Of the training part: what methods that need held-out examples have of it, if they name no share of their own."""
TALKMOVES_BLOCKS = 50
"""The file has no lesson numbers; lessons stand in order, so that contiguous blocks are the nearest thing to groups."""


Labels = tuple[int, ...]
"""Indices into a task's classes, ascending: one of them, or any number where the task allows it."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its labels.

    Attributes:
        labels: what the methods are trained on and judged by: the majority's, or the adjudicator's.
        target: character span that the label is about, where it is not about the whole text.
        others: labels by single coders, by name, where several coded the text.
    """

    text: str
    context: str
    labels: Labels
    group: str
    target: tuple[int, int] | None = None
    others: Mapping[str, Labels] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be classified.

    Attributes:
        definitions: texts per class, for models that read them.
        splits: pairs of (training, test) indices.
        published: the figure to compare with, and whose it is.
        many: a text may carry any number of classes, or none.
        few: labels for each class to train on; 0 for all there are.
    """

    name: str
    classes: tuple[str, ...]
    definitions: tuple[tuple[str, ...], ...]
    examples: list[Example]
    splits: list[tuple[list[int], list[int]]]
    published: str
    many: bool = False
    few: int = 0


def newsmtsc(folder: Path, quick: bool) -> Task:
    """NewsMTSC: attitude to each target of a sentence; train.jsonl to devtest_mt.jsonl."""
    train, test = (_news(folder / "newsmtsc" / name) for name in ("train.jsonl", "devtest_mt.jsonl"))
    if quick:
        train = train[:1500]
    return Task(
        "NewsMTSC",
        ("negative", "neutral", "positive"),
        (("negative, critical, bad",), ("neutral, factual",), ("positive, approving, good",)),
        train + test,
        [(list(range(len(train))), list(range(len(train), len(train) + len(test))))],
        "BERT 77.3, RoBERTa 82.5 (GRU-TSC; Hamborg and Donnay 2021)",
    )


def annomi(folder: Path, quick: bool, *, speaker: str) -> Task:
    """AnnoMI: `therapist` behaviour (4 classes) or `client` talk (3), five folds by transcript; majority of the coders."""
    column = "main_therapist_behaviour" if speaker == "therapist" else "client_talk_type"
    with (folder / "annomi" / "annomi_full.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    coded: dict[tuple[str, int], list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        coded[row["transcript_id"], int(row["utterance_id"])].append(row)
    classes = tuple(sorted({row[column] for row in rows if row["interlocutor"] == speaker and row[column]}))
    examples = []
    for (transcript, utterance), codings in sorted(coded.items(), key=lambda item: (int(item[0][0]), item[0][1])):
        if codings[0]["interlocutor"] != speaker:
            continue
        labels = {row["annotator_id"]: classes.index(row[column]) for row in codings if row[column]}
        if not labels:
            continue
        before = coded.get((transcript, utterance - 1))
        context = before[0]["utterance_text"] if before else ""
        majority = Counter(labels.values()).most_common(1)[0][0]
        others = {coder: (label,) for coder, label in labels.items()} if len(labels) > 1 else {}
        examples.append(Example(codings[0]["utterance_text"], context, (majority,), transcript, None, others))
    words = {
        "question": "asks the client a question, open or closed",
        "reflection": "reflects back what the client said or feels",
        "therapist_input": "gives information, advice, options or goals",
        "other": "other talk: greetings, acknowledgement, setting the scene",
        "change": "speaks for change: wants, plans or has begun to change the behaviour",
        "neutral": "neutral talk, neither for nor against change",
        "sustain": "speaks for staying the same: reasons, wishes or inability against change",
    }
    return Task(
        f"AnnoMI {speaker}",
        classes,
        tuple((words[name],) for name in classes),
        examples,
        grouped_folds(examples, 1 if quick else FOLDS),
        f"human alpha {'0.74' if speaker == 'therapist' else '0.47'} (ten coders)",
    )


def talkmoves(folder: Path, quick: bool) -> Task:
    """TalkMoves students: five classes, folds by the file's order."""
    with (folder / "talkmoves" / "train_student.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row["labels"]]
    size = len(rows) / TALKMOVES_BLOCKS
    examples = [
        Example(row["text_b"] or "", row["text_a"] or "", (int(float(row["labels"])),), f"block {int(i / size):02d}")
        for i, row in enumerate(rows)
    ]
    if quick:
        examples = examples[:6000]
    return Task(
        "TalkMoves students",
        ("none", "relating", "asking", "claim", "evidence"),
        (
            ("no talk move",),
            ("relating to another student, referring to what a classmate said",),
            ("asking for more information, confusion, a request for help",),
            ("making a claim, a statement or answer in mathematics",),
            ("providing evidence or reasoning, explaining why",),
        ),
        examples,
        grouped_folds(examples, 1),
        "RoBERTa 73.1 (Suresh et al. 2022)",
    )


def grouped_folds(examples: Sequence[Example], wanted: int, folds: int = FOLDS) -> list[tuple[list[int], list[int]]]:
    """The first `wanted` of `folds` splits; contiguous runs of groups are held out in turn, in a seeded order."""
    groups = sorted({example.group for example in examples})
    random.Random(1).shuffle(groups)
    splits = []
    for fold in range(wanted):
        held = set(groups[fold::folds])
        test = [i for i, example in enumerate(examples) if example.group in held]
        splits.append(([i for i in range(len(examples)) if examples[i].group not in held], test))
    return splits


def few(task: Task, per_class: int, seed: int, draw: int = 1) -> Task:
    """The first split, with `per_class` training examples of each class; where there may be none, as many without any.

    Args:
        draw: number of the drawing; each draws anew.
    """
    training, test = task.splits[0]
    rng = random.Random(f"{seed}/{draw}")
    wanted: list[list[int]] = [
        [i for i in training if label in task.examples[i].labels] for label in range(len(task.classes))
    ]
    if task.many:
        wanted.append([i for i in training if not task.examples[i].labels])
    chosen = {i for mine in wanted for i in rng.sample(mine, min(per_class, len(mine)))}
    return replace(task, splits=[(sorted(chosen), test)], published="none with so few labels", few=per_class)


def held_out(task: Task, training: Sequence[int], share: float) -> tuple[list[int], list[int]]:
    """Training and held-out part, about `share` of the examples; whole groups, or examples where there is but one group."""
    alone = len({task.examples[i].group for i in training}) == 1
    group_of = {i: str(i) if alone else task.examples[i].group for i in training}
    sizes = Counter(group_of.values())
    groups = sorted(sizes)
    random.Random(1).shuffle(groups)
    wanted, size, held = max(1.0, share * len(training)), 0, set[str]()
    for group in groups[:-1]:
        if (
            size < wanted and size + sizes[group] <= 2 * wanted
        ):  # one huge group must not become the whole held-out part
            held.add(group)
            size += sizes[group]
    held = held or {min(groups, key=lambda name: (sizes[name], name))}
    return [i for i in training if group_of[i] not in held], [i for i in training if group_of[i] in held]


def _news(path: Path) -> list[Example]:
    examples = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for target in row["targets"]:
            label = (2.0, 4.0, 6.0).index(float(target["polarity"]))
            span = (int(target["from"]), int(target["to"]))
            examples.append(Example(row["sentence_normalized"], "", (label,), row["primary_gid"], span))
    return examples
