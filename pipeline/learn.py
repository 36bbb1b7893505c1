"""From gold to a model: coders' votes as training targets, a split that cuts through no group, training, the model's card."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from models.crossfit import CrossFitted, cross_fit
from models.decisions import ATTITUDES, Labels
from models.distillation import taught
from models.encoder import DEFAULT_ENCODER, find_encoder
from models.inputs import Unit
from models.job import Job
from models.predict import Predictor
from models.saving import is_model, load_model, model_sha256, save_model
from models.settings import TrainingSettings, TrainingUnit, Votes
from models.training import Trained, train
from pipeline import __version__
from pipeline.codebook import Codebook
from pipeline.config import read_yaml, validated
from pipeline.errors import UsageError
from pipeline.gold import ADJUDICATED, GoldUnit, text_hash
from pipeline.resources import shipped_models
from pipeline.types import Attitude, Coding

ADJUDICATED_WEIGHT = 2.0
"""An adjudicated coding counts as two coders: it was made knowing the others', but is one reading all the same."""

MADE_OF = "made_of"
"""Where a model's record keeps the fingerprint of its training."""

ENOUGH_FOR_ONE = 100
"""With fewer codings than this, none with two codes does not show that two are impossible, nor one in each that one must be."""

_UNSCORED = {"epoch", "loss", "seconds", "score"}
"""What the history has of an epoch also where nothing held out can be scored."""

Share = Annotated[float, Field(ge=0, le=1)]


def _several(folds: int) -> int:
    if folds == 1:
        raise ValueError("one fold holds out everything; set 5, or 0 for a held-out part")
    return folds


class TrainSettings(BaseModel):
    """What a person may set about training (`configs/train.yaml`); fields as in `TrainingSettings`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: str = DEFAULT_ENCODER
    validation_share: Annotated[float, Field(gt=0, lt=1)] = 0.15
    folds: Annotated[int, Field(ge=0, le=20), AfterValidator(_several)] = 0
    epochs: Annotated[int, Field(ge=1, le=100)] = 8
    encoder_rate: Annotated[float, Field(gt=0)] = 1e-4
    head_rate: Annotated[float, Field(gt=0)] = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup: Share = 0.1
    batch_tokens: Annotated[int, Field(ge=256)] = 2048
    accumulate: Annotated[int, Field(ge=1)] = 1
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    dropout: Share = 0.1
    encoder_dropout: Share = 0.0
    mask_share: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    average: Annotated[float, Field(ge=0, lt=1)] = 0.0
    frozen_layers: Annotated[int, Field(ge=0)] = 0
    keep_lower: bool = False
    lora_rank: Annotated[int, Field(ge=0, le=256)] = 0
    keep_rank: Annotated[int, Field(ge=0)] = 0
    lexical: bool = True
    labels: Labels | Literal["auto"] = "auto"
    teacher: str | None = None
    teacher_share: Share = 0.5
    theme_weight: Annotated[float, Field(ge=0)] = 0.3
    partnership_weight: Annotated[float, Field(ge=0)] = 0.5
    extra_share: Share = 0.5
    patience: Annotated[int, Field(ge=1)] = 3
    least_steps: Annotated[int, Field(ge=0)] = 120
    max_tokens: Annotated[int, Field(ge=32, le=8192)] = 512
    context_tokens: Annotated[int, Field(ge=0)] = 48
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1

    def for_network(self) -> TrainingSettings:
        """The part that the training loop takes."""
        return TrainingSettings(
            **self.model_dump(exclude={"base", "validation_share", "folds", "labels", "teacher", "teacher_share"})
        )


def load_train_settings(path: Path | None, **overrides: object) -> TrainSettings:
    """Defaults, overlaid with the file, overlaid with what the command line gave (None is not given)."""
    content = (read_yaml(path) or {}) if path else {}
    settings = validated(TrainSettings, content, path or Path("defaults"))
    given = {name: value for name, value in overrides.items() if value is not None}
    return validated(TrainSettings, settings.model_dump() | given, path or Path("command line"))


def training_unit(gold: GoldUnit, codes: Sequence[str]) -> TrainingUnit:
    """A gold unit with its coders' votes."""
    asked = [(_weight(coding), coding.codes) for coding in gold.codings if coding.codes is not None]
    total = sum(weight for weight, _ in asked)
    themes = tuple(sum(weight for weight, given in asked if code in given) / total for code in codes) if asked else None
    final = gold.settled("codes")
    held_against = [final.codes] if final else [given for _, given in asked]
    targets, attitudes = _mention_votes(gold)
    return TrainingUnit(
        Unit(gold.first.text, gold.first.context, targets),
        themes=themes,
        partnership=_partnership_votes(gold),
        attitudes=attitudes,
        readings=tuple(tuple(float(code in (given or ())) for code in codes) for given in held_against),
    )


def labels_of(units: Sequence[GoldUnit], wish: Labels | Literal["auto"] = "auto") -> Labels:
    """How many codes a unit may carry: as wished, or as the gold shows.

    Once there are enough codings for that to be no chance, gold in which every one has exactly one code is taken for a choice of
    one, and gold in which some have none, and none has two, for a choice of one at most.
    """
    if wish != "auto":
        return Labels(wish)
    sizes = [len(coding.codes) for unit in units for coding in unit.codings if coding.codes is not None]
    if not sizes or max(sizes) > 1 or len(sizes) < ENOUGH_FOR_ONE:
        return Labels.MANY
    return Labels.ONE if min(sizes) == 1 else Labels.AT_MOST_ONE


def model_folder(base: str) -> Path | None:
    """The folder of the model that `base` names, by path or as one that ships; None where it names an encoder."""
    return next((folder for folder in (Path(base), shipped_models() / base) if is_model(folder)), None)


def train_on_gold(
    training: Sequence[GoldUnit],
    validation: Sequence[GoldUnit],
    codebook: Codebook,
    settings: TrainSettings,
    *,
    also: Sequence[TrainingUnit] = (),
    extra: Sequence[TrainingUnit] = (),
    device: str = "auto",
    job: Job | None = None,
) -> Trained:
    """Train on one part of the gold, with early stopping, calibration and thresholds on the other.

    Args:
        also: more units of the same kind as the gold's, all of which each epoch sees; of `extra` it sees a share.
        job: a team of processes, checkpoints, a signal to stop; by default none of these.

    Raises:
        Stopped, CheckpointError, TeamError: as in `models.training.train`.
    """
    job = job or Job()
    codes = codebook.names
    units, held_out = ([training_unit(unit, codes) for unit in part] for part in (training, validation))
    units += also
    _check(job, [*units, *extra], held_out, codebook, settings)  # before the teacher is asked and the encoder loaded
    return train(
        _taught(units, settings, codes, device) if settings.teacher else units,
        held_out,
        labels=labels_of([*training, *validation], settings.labels),
        extra=extra,
        job=job,
        **_network_and_settings(codebook, settings, device),
    )


def cross_fit_on_gold(
    gold: Sequence[GoldUnit],
    folds: Sequence[Sequence[int]],
    codebook: Codebook,
    settings: TrainSettings,
    *,
    device: str = "auto",
    job: Job | None = None,
) -> CrossFitted:
    """Train on all of the gold; early stopping, calibration and thresholds by folds of it.

    Args:
        folds: indices of the gold's units, each in one fold; those of a group in the same.

    Raises:
        Stopped, CheckpointError, TeamError: as in `models.training.train`.
    """
    job = job or Job()
    units = [training_unit(unit, codebook.names) for unit in gold]
    _check(job, units, [], codebook, settings)
    return cross_fit(
        units,
        folds,
        taught=_taught(units, settings, codebook.names, device) if settings.teacher else units,
        labels=labels_of(gold, settings.labels),
        job=job,
        **_network_and_settings(codebook, settings, device),
    )


def _network_and_settings(codebook: Codebook, settings: TrainSettings, device: str) -> dict[str, Any]:
    """What a training takes besides its units."""
    folder = model_folder(settings.base)
    start = load_model(folder) if folder else None
    return {
        "definitions": [code.facets for code in codebook.all_codes],
        "codes": codebook.names,
        "base": str(start.settings["base"]) if start else settings.base,
        "start": start,
        "settings": settings.for_network(),
        "device": device,
    }


def check_unfinished(
    training: Sequence[GoldUnit], validation: Sequence[GoldUnit], codebook: Codebook, settings: TrainSettings, job: Job
) -> bool:
    """What `train_on_gold` checks first: whether there is a checkpoint to go on from; all processes of a team must ask.

    Raises:
        CheckpointError, TeamError: as in `models.training.train`.
    """
    units, held_out = ([training_unit(unit, codebook.names) for unit in part] for part in (training, validation))
    return _check(job, units, held_out, codebook, settings)


def _check(
    job: Job,
    units: Sequence[TrainingUnit],
    held_out: Sequence[TrainingUnit],
    codebook: Codebook,
    settings: TrainSettings,
) -> bool:
    if not job.checkpoints:
        return False
    job.checkpoints.fingerprint = _fingerprint(units, held_out, codebook, settings, job.team.size)
    return job.team.agree(job.checkpoints.check)


def _fingerprint(
    units: Sequence[TrainingUnit],
    held_out: Sequence[TrainingUnit],
    codebook: Codebook,
    settings: TrainSettings,
    processes: int,
) -> dict[str, Any]:
    """All that decides what is learnt; a checkpoint is gone on from where it is the same."""
    base, teacher = model_folder(settings.base), model_folder(settings.teacher) if settings.teacher else None
    return {
        "version": __version__,
        "gold": sha256(repr((units, held_out)).encode()).hexdigest(),
        "codebook": codebook.sha256,
        "base": model_sha256(base) if base else find_encoder(settings.base).sha256,
        "teacher": model_sha256(teacher) if teacher else None,
        # Of the paths, what lies there counts.
        "settings": settings.model_dump(mode="json", exclude={"base", "teacher"}),
        "number of processes": processes,
    }


def _taught(
    units: Sequence[TrainingUnit], settings: TrainSettings, codes: Sequence[str], device: str
) -> list[TrainingUnit]:
    """The units with the teacher's word beside the coders'.

    Raises:
        UsageError: there is no such model, or it does not know the codebook.
    """
    folder = model_folder(str(settings.teacher))
    if folder is None:
        raise UsageError("is no model, so it cannot teach", path=settings.teacher, remedy="name a model's folder")
    try:
        return taught(units, Predictor(load_model(folder), device=device), codes, share=settings.teacher_share)
    except ValueError as error:
        raise UsageError(str(error), path=settings.teacher, remedy="train the teacher on this codebook") from error


def save_trained(
    trained: Trained,
    folder: Path,
    codebook: Codebook,
    settings: TrainSettings,
    *,
    counts: dict[str, int],
    data: str,
    seen: Iterable[str],
    made_of: Mapping[str, Any] | None = None,
) -> None:
    """Save a trained model with its card.

    Args:
        made_of: all that decided what was learnt, by which the same training is known again.
        seen: `text_hash` of every unit that was trained on or held out for calibration.
        counts: units and the like, for the record.
        data: a paragraph (Markdown) on what it was trained on.
    """
    start = model_folder(settings.base)
    before = load_model(start).settings["training"].get("seen", ()) if start else ()
    everything = sorted({*seen, *before})
    record = trained.record() | {"counts": counts, "date": datetime.now(UTC).date().isoformat(), "seen": everything}
    record |= {MADE_OF: dict(made_of)} if made_of else {}
    save_model(
        folder,
        network=trained.network,
        decisions=trained.decisions,
        base=trained.source.name,
        codes=codebook.names,
        codebook=codebook.model_dump(mode="json", exclude_none=True),
        inputs={"max_tokens": settings.max_tokens, "context_tokens": settings.context_tokens},
        training=record,
        card=model_card(folder.name, codebook, settings, trained, counts, data),
        lexical=trained.lexical,
        adapters=trained.adapters,
    )


def seen_units(units: Iterable[GoldUnit]) -> set[str]:
    """The hashes of units' texts."""
    return {text_hash(unit.first.text) for unit in units}


def model_card(
    name: str, codebook: Codebook, settings: TrainSettings, trained: Trained, counts: dict[str, int], data: str
) -> str:
    """The card as Markdown. Scores on held-out gold are added by whoever measures them, not here."""
    lines = [
        f"# {name}",
        "",
        *_does(codebook, trained),
        "",
        "## Trained on",
        "",
        data,
        "",
        *(f"- {label}: {count}" for label, count in counts.items()),
        "",
        "## How",
        "",
        *_how(settings, trained),
        "",
        "| setting | value |",
        "|---|---|",
        *(f"| {key} | {value} |" for key, value in asdict(trained.settings).items()),
        "",
        "## Not for",
        "",
        "Decisions about persons: discipline, vetting, selection, surveillance. It codes talk, it does not judge people, and it",
        "errs. Check it against hand-coded segments of your own (`themes evaluate`) before you report its codings.",
        "",
    ]
    return "\n".join(lines)


def _does(codebook: Codebook, trained: Trained) -> list[str]:
    """What the model can be asked for: no more than its heads have learnt."""
    codes = f"the codebook `{codebook.name}` ({len(codebook.names)} codes)"
    if not trained.learnt.get("themes"):
        return [f"Suggests codes of {codes} from their definitions alone, by likeness; it assigns none."]
    attitudes = ", and gives the\nattitude to each partner mentioned" if trained.learnt.get("attitudes") else ""
    return [f"Codes segments of interview transcripts with {codes}{attitudes}.", "Made with transcript-themes."]


def _how(settings: TrainSettings, trained: Trained) -> list[str]:
    start = f"`{settings.base}` (sha256 `{trained.source.sha256}`), seed {settings.seed}"
    if not trained.history:
        return [
            f"Nothing was trained: the encoder is {start}. Probabilities are not calibrated, thresholds not fitted."
        ]
    teacher = f"Taught by `{Path(settings.teacher).name}` (share {settings.teacher_share})." if settings.teacher else ""
    fitted = f"{settings.folds} folds' answers (models/crossfit.py)" if settings.folds else "validation part"
    return [
        f"Fine-tuned from {start}. {_epochs(settings, trained)}",
        f"Probabilities and thresholds were fitted on the {fitted}.",
        *([teacher] if teacher else []),
    ]


def _epochs(settings: TrainSettings, trained: Trained) -> str:
    if settings.folds:
        return f"{trained.kept} of {trained.planned} epochs on all units, as was best in the folds."
    return _kept(trained.history)


def _kept(history: Sequence[Mapping[str, float]]) -> str:
    """Which epoch's weights the model has, by the rule of `models.fitting`: the best, or the last where nothing was scored."""
    scored = [row for row in history if set(row) - _UNSCORED]
    if not scored:
        return f"The last of {len(history)} epochs was kept, as nothing was held out that could be scored."
    best = max(scored, key=lambda row: row["score"])
    return f"Best epoch of {len(history)}: {int(best['epoch'])}."


def _weight(coding: Coding) -> float:
    return ADJUDICATED_WEIGHT if coding.coder == ADJUDICATED else 1.0


def _partnership_votes(gold: GoldUnit) -> Votes | None:
    """Shares for (nothing said, negative, neutral, positive); None where no coder was asked."""
    votes = [0.0, 0.0, 0.0, 0.0]
    for coding in gold.codings:
        if coding.attitudes is None or not coding.partnership_asked:
            continue
        weight = _weight(coding)
        stance = _stance(coding)
        votes[0 if stance is None else 1 + ATTITUDES.index(stance.value)] += weight
    total = sum(votes)
    return tuple(vote / total for vote in votes) if total else None


def _stance(coding: Coding) -> Attitude | None:
    return next((item.attitude for item in coding.attitudes or () if item.start is None), None)


def _mention_votes(gold: GoldUnit) -> tuple[tuple[tuple[int, int], ...], tuple[Votes, ...]]:
    """Every span that any coder marked, with the shares of attitudes among those who marked it."""
    votes: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for coding in gold.codings:
        weight = _weight(coding)
        for item in coding.attitudes or ():
            if item.start is not None and item.end is not None:
                votes[item.start, item.end][ATTITUDES.index(item.attitude.value)] += weight
    spans = tuple(sorted(votes))
    return spans, tuple(tuple(vote / sum(votes[span]) for vote in votes[span]) for span in spans)
