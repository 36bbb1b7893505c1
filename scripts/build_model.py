"""Builds the shipped model `partnership-culture` from the gold in examples/, the inquiry's transcripts and NewsMTSC.

    python scripts/build_model.py --inquiry DATA/inquiry --newsmtsc DATA/newsmtsc/train.jsonl

With a large encoder at hand, a large model first, which then teaches the small one on testimony that nobody coded, and on pieces
of the interviews:

    ... --config configs/models/partnership-culture-accurate.yaml --empty-share 0.33 --out LARGE
    ... --teacher LARGE --uncoded 12000 --pieces 1

Trains on the part `train` of examples/gold/split.csv, stops and calibrates on `validation`, measures on `test` and writes the
figures into the model's card. The same data, settings and seed give the same model on the same machine.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from newsmtsc import load_newsmtsc
from unlabelled import pieces_of, unlabelled

from models.distillation import taught
from models.inputs import Unit
from models.lexical import fit_lexical
from models.loading import load_model
from models.model_folder import CARD, training_record
from models.predict import Predictor
from models.saving import save_decisions, save_words
from models.settings import TrainingUnit
from models.soup import save_mean
from models.unused import mark_unused
from models.validation import calibrate, decisions_for, held_out_logits, lexical_share, theme_matrix
from pipeline.codebook import Codebook, load_codebook
from pipeline.evaluate.compare import Figure
from pipeline.evaluate.evaluation import Comparison, attitude_answers, coder_against_coder, machine_against_gold
from pipeline.evaluate.folder import write_folder
from pipeline.evaluate.judge import code_gold
from pipeline.gold import GoldUnit, load_gold
from pipeline.learn import learnt_from, model_folder, save_trained, seen_units, train_on_gold
from pipeline.lookup import texts_in
from pipeline.resources import config_folder, shipped_models
from pipeline.train_settings import TrainSettings, load_train_settings
from pipeline.votes import training_unit

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
CODERS = ("llm-a", "llm-b")
SCORES = "## Measured on held-out gold"
DATA = """Synthetic interviews (written by language models in the voices of officers and partners;
`examples/interviews`) and passages of real testimony from the UK Covid-19 Inquiry (Crown copyright, Open
Government Licence v3.0), coded by **language models** following the codebook, not by people: the interviews
twice and adjudicated, the passages once or twice (`examples/gold`). For attitudes also short synthetic
stretches of talk with a contrast or a negation in them (`examples/gold/contrasts.csv`).{more}

What the scores below hide: the writers held out are the same language model under other briefs, so that their
interviews are nearer to the training part than interviews with people would be; and the gold is one model's
reading of the codebook, which a person may not share."""


def main() -> None:
    options = _options()
    codebook = load_codebook("partnership-culture")
    settings = load_train_settings(options.config, seed=options.seed, base=options.base)
    parts = parts_of(gold_of(options.inquiry, codebook))
    if options.mean_with:
        save_mean(options.out, options.mean_with)
    if options.recalibrate:
        _recalibrate(options.out, parts["validation"], codebook)
    if options.refit_words:
        _refit_words(options.out, parts, codebook)
    if options.mean_with or options.measure_only or options.recalibrate or options.refit_words:
        _finish(options, parts["test"], codebook)
        return
    training = _fewer_empty(parts["train"], options.empty_share, settings.seed)
    training += [unit for unit in training if is_contrast(unit)] * (options.contrast_times - 1)
    training = _fewer_seen(training, settings.base, options, settings.seed)
    news = load_newsmtsc(options.newsmtsc) if settings.extra_share else []
    taught_units = _taught(options, parts, codebook, settings) if options.teacher else []
    trained = train_on_gold(training, parts["validation"], codebook, settings, also=taught_units, extra=news)
    counts = {
        "train units": len(training),
        "units coded by the teacher alone": len(taught_units),
        **{f"{part} units": len(parts[part]) for part in ("validation", "test")},
        "NewsMTSC sentences": len(news),
    }
    # What was left out for want of codes was not learnt from; what a base learnt from is added from its own record.
    seen = seen_units([*learnt_from(training, codebook, settings), *parts["validation"]])
    save_trained(trained, options.out, codebook, settings, counts=counts, data=_data(options, settings), seen=seen)
    _finish(options, parts["test"], codebook)


def _fewer_empty(units: Sequence[GoldUnit], share: float, seed: int) -> list[GoldUnit]:
    """All units that any coder gave a code, and a share of the others: those teach little, and are most of the testimony.

    Units that were read for attitudes alone stay.
    """
    rng = random.Random(seed)
    return [unit for unit in units if _teaches(unit) or rng.random() < share]


def _fewer_seen(units: Sequence[GoldUnit], base: str, options: argparse.Namespace, seed: int) -> list[GoldUnit]:
    """All units that are new to the base, or were coded anew, and a share of the others, so that it does not forget them."""
    testimony = options.seen_share if options.testimony_share is None else options.testimony_share
    if options.seen_share == testimony == 1:
        return list(units)
    before, rng = _seen_by(base), random.Random(seed)

    def is_new(unit: GoldUnit) -> bool:
        again = any(coding.coder in options.new_coder for coding in unit.codings)
        return again or not seen_units([unit]) <= before

    return [
        unit
        for unit in units
        if is_new(unit) or rng.random() < (testimony if is_testimony(unit) else options.seen_share)
    ]


def _seen_by(base: str) -> set[str]:
    """What a model has been trained on already, as `seen_units` names it."""
    folder = model_folder(base)
    if folder is None:
        raise SystemExit("--seen-share: the base is no model, and has seen nothing")
    return set(training_record(folder)["seen"])


def _teaches(unit: GoldUnit) -> bool:
    return all(coding.codes is None for coding in unit.codings) or any(coding.codes for coding in unit.codings)


def _taught(
    options: argparse.Namespace, parts: dict[str, list[GoldUnit]], codebook: Codebook, settings: TrainSettings
) -> list[TrainingUnit]:
    testimony = unlabelled(options.inquiry, parts, options.uncoded, settings.seed) if options.uncoded else []
    pieces = _pieces([unit for unit in parts["train"] if is_interview(unit)], options, codebook, settings)
    units = [TrainingUnit(unit, group=name) for name, unit in (*testimony, *pieces)]
    return taught(units, Predictor(load_model(options.teacher)), codebook.names)


def _pieces(
    interviews: Sequence[GoldUnit], options: argparse.Namespace, codebook: Codebook, settings: TrainSettings
) -> list[tuple[str, Unit]]:
    """Pieces of the interviews: of those that have come since the base was made all, of the others a share."""
    answers = [(unit.first.group, training_unit(unit, codebook.names).unit) for unit in interviews]
    seed = settings.seed
    pieces = list(dict.fromkeys(pair for time in range(options.pieces) for pair in pieces_of(answers, seed + time)))
    if options.seen_share == 1:
        return pieces
    before = _seen_by(settings.base)
    new = {unit.first.group for unit in interviews if not seen_units([unit]) <= before}
    rng = random.Random(seed)
    return [pair for pair in pieces if pair[0] in new or rng.random() < options.seen_share]


def _data(options: argparse.Namespace, settings: TrainSettings) -> str:
    """What the model was trained on, for its card."""
    more = ""
    if options.seen_share < 1:
        more += f"\nOf the segments that were there when the base was made {options.seen_share:.0%}"
        more += f" (testimony {options.testimony_share:.0%})." if options.testimony_share is not None else "."
    if options.empty_share < 1:
        more += f"\nOf the segments without a code {options.empty_share:.0%}."
    if options.teacher:
        what = ["Testimony that nobody coded"] * bool(options.uncoded) + ["pieces of the interviews"] * bool(
            options.pieces
        )
        more += f"\n{' and '.join(what).capitalize()}, coded by the model `{options.teacher.name}`."
    if settings.extra_share:
        more += "\nFor attitudes also NewsMTSC (Hamborg and Donnay 2021, MIT), coded by people."
    return DATA.format(more=more)


def _recalibrate(folder: Path, validation: Sequence[GoldUnit], codebook: Codebook) -> None:
    """Fit probabilities, thresholds and the curve for abstention of the saved model anew, on the same held-out part."""
    model = load_model(folder)
    units = [training_unit(unit, codebook.names) for unit in validation]
    device = torch.device("cpu")
    decisions = calibrate(model.network, model.encoder, units, device, model.decisions.labels, model.lexical)
    save_decisions(folder, decisions)


def _refit_words(folder: Path, parts: dict[str, list[GoldUnit]], codebook: Codebook) -> None:
    """Fit the saved model's linear part anew, on all of the gold that there is by now, with all that is calibrated after it."""
    model = load_model(folder)
    training, validation = (
        [learnt for unit in parts[name] if (learnt := training_unit(unit, codebook.names)).themes is not None]
        for name in ("train", "validation")
    )
    training, validation = mark_unused(training, validation, np.zeros(len(codebook.names), dtype=bool))
    encoded, held = (model.encoder.encode([unit.unit for unit in units]) for units in (training, validation))
    seed = model.settings["training"]["settings"]["seed"]
    head = fit_lexical(encoded, theme_matrix(training), seed=seed, groups=[unit.group for unit in training])
    if head is None:
        raise SystemExit("no code has votes both for and against it")
    labels = model.decisions.labels
    logits = held_out_logits(model.network, model.encoder, validation, torch.device("cpu"))
    words = head.logits(held)
    share = lexical_share(logits.themes, words, validation, labels)
    decisions = decisions_for(replace(logits, themes=logits.themes + share * words), validation, labels)
    seen = sorted({*model.settings["training"]["seen"], *seen_units([*parts["train"], *parts["validation"]])})
    record = model.settings["training"] | {"seen": seen, "words": {"units": len(training), "share": share}}
    save_words(folder, head.scaled(share), decisions, record)


def _finish(options: argparse.Namespace, test: Sequence[GoldUnit], codebook: Codebook) -> None:
    """Measure the saved model, as a user will load it (its weights are rounded to float16), and complete its card."""
    results = _measure(Predictor(load_model(options.out)), test, codebook, options.evaluation)
    card = options.out / CARD
    text = card.read_text(encoding="utf-8").partition(SCORES)[0].rstrip()
    card.write_text(f"{text}\n\n{_scores(results)}", encoding="utf-8")
    print(_scores(results), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inquiry", type=Path, required=True, help="folder of the inquiry's transcripts (.rst)")
    parser.add_argument("--newsmtsc", type=Path, required=True, help="NewsMTSC's train.jsonl")
    parser.add_argument("--out", type=Path, default=shipped_models() / "partnership-culture")
    parser.add_argument("--evaluation", type=Path, default=Path("evaluation"), help="where the full figures go")
    parser.add_argument("--config", type=Path, default=config_folder() / "models" / "partnership-culture.yaml")
    parser.add_argument("--base", help="the encoder, where it is not the one of the settings")
    parser.add_argument("--teacher", type=Path, help="a larger model, already trained: it codes what nobody has coded")
    parser.add_argument(
        "--uncoded", type=int, default=3000, help="so many segments of testimony for the teacher to code"
    )
    parser.add_argument(
        "--pieces", type=int, default=0, help="how often the teacher gets pieces of the interviews to code"
    )
    parser.add_argument(
        "--empty-share", type=float, default=1.0, help="share of the segments without codes to train on"
    )
    parser.add_argument(
        "--contrast-times", type=int, default=1, help="how often an epoch sees the stretches written for attitudes"
    )
    parser.add_argument(
        "--seen-share",
        type=float,
        default=1.0,
        help="share of the segments, and of the pieces of interviews, that were there when the base, a model, was made",
    )
    parser.add_argument("--testimony-share", type=float, help="the same for testimony, where it is to be another share")
    parser.add_argument(
        "--new-coder",
        nargs="+",
        default=(),
        metavar="NAME",
        help="segments that this coder coded count as new to the base",
    )
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--recalibrate", action="store_true", help="fit the thresholds of the model that is there, measure"
    )
    parser.add_argument(
        "--refit-words", action="store_true", help="fit the linear part of the model that is there on all gold, measure"
    )
    parser.add_argument(
        "--mean-with",
        type=Path,
        nargs="+",
        default=(),
        help="average the weights of the model that is there with those that went on from it; with --recalibrate",
    )
    parser.add_argument("--measure-only", action="store_true", help="measure the model that is there")
    return parser.parse_args()


def gold_of(inquiry: Path, codebook: Codebook) -> list[GoldUnit]:
    """All gold of examples/, with the testimony's text from the inquiry's files."""
    names = [f"{name}-{kind}" for name in ("interviews", "inquiry") for kind in ("themes", "attitudes")]
    tables = [EXAMPLES / "gold" / f"{name}.csv" for name in (*names, "contrasts")]
    return load_gold(tables, codes=codebook.names, text_of=texts_in(inquiry))


def parts_of(units: Sequence[GoldUnit]) -> dict[str, list[GoldUnit]]:
    """Units by the part of the documented split that their group belongs to."""
    with (EXAMPLES / "gold" / "split.csv").open(encoding="utf-8", newline="") as file:
        part_of = {row["group"]: row["part"] for row in csv.DictReader(file)}
    parts: dict[str, list[GoldUnit]] = {"train": [], "validation": [], "test": [], "unused": []}
    for unit in units:
        parts[part_of[unit.first.group]].append(unit)
    return parts


def _measure(
    predictor: Predictor, test: Sequence[GoldUnit], codebook: Codebook, out: Path
) -> dict[str, list[Comparison]]:
    """For each kind of gold apart: machine against adjudicated gold, then coder against coder."""
    results = {}
    interviews = [unit for unit in test if is_interview(unit)]
    writers = {unit.first.group.partition("-")[0] for unit in interviews}
    for name, chosen in {
        f"synthetic interviews, {len(writers)} writers not trained on": interviews,
        "real testimony, witnesses and days not trained on": [unit for unit in test if is_testimony(unit)],
        "synthetic contrasts, a writer not trained on": [unit for unit in test if is_contrast(unit)],
    }.items():
        machine = code_gold(predictor, chosen)
        results[name] = [machine_against_gold(machine, codebook), coder_against_coder(chosen, *CODERS, codebook)]
        write_folder(out / name.split(",")[0].replace(" ", "-"), results[name], machine, attitude_answers(machine))
    return results


def is_interview(unit: GoldUnit) -> bool:
    """Of a synthetic interview."""
    return (unit.first.transcript or "").endswith(".txt")


def is_contrast(unit: GoldUnit) -> bool:
    """Of the synthetic stretches of talk that were written for attitudes alone."""
    return unit.first.transcript is None


def is_testimony(unit: GoldUnit) -> bool:
    """Of real testimony."""
    return not is_interview(unit) and not is_contrast(unit)


def _scores(results: dict[str, list[Comparison]]) -> str:
    lines = [
        SCORES,
        "",
        "Krippendorff's alpha (codes pooled: each code on each segment is a decision) and macro-F1, with 95 % intervals from a",
        "bootstrap over transcripts. The gold is a language model's adjudication and the coders are language models too: their",
        "agreement is the ceiling here, not human agreement. Attitudes to mentions: negative, neutral, positive; to partnership:",
        "none of these, or not spoken of.",
        "",
        "| data | who | units (adjudicated) | alpha, codes | macro-F1, codes | macro-F1, mentions | macro-F1, partnership |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, comparisons in results.items():
        for item, who in zip(comparisons, ("model and reference", "coder A and coder B"), strict=True):
            overall = item.rows[-1].figures if item.rows else {}
            cells = [
                _cell(overall.get("alpha")),
                _cell(overall.get("macro_f1")),
                _cell(item.attitudes.get("macro_f1")),
                _cell(item.partnership.get("macro_f1")),
            ]
            settled = f" ({item.adjudicated})" if who.startswith("model") else ""
            lines.append(f"| {name} | {who} | {item.units}{settled} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _cell(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return "–"
    span = f" ({figure.low:.2f}–{figure.high:.2f})" if figure.low is not None and figure.high is not None else ""
    return f"{figure.value:.2f}{span}"


if __name__ == "__main__":
    main()
