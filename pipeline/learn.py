"""From gold to a saved model: training on a part with another held out, or on all of it in folds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from models.crossfit import CrossFitted, cross_fit
from models.decisions import Labels
from models.distillation import taught
from models.encoder import find_encoder, load_tokenizer
from models.inputs import Unit, UnitEncoder
from models.job import Job
from models.kept import THEMES, can_stay, staying
from models.loading import load_model
from models.model_base import base_of
from models.model_folder import codes_of, is_model, model_sha256, training_record
from models.predict import Predictor
from models.saving import save_model
from models.settings import TrainingUnit
from models.training import Trained, train
from models.unused import known, mark_unused, used
from pipeline import __version__
from pipeline.codebook import Codebook
from pipeline.errors import UsageError
from pipeline.gold import GoldUnit, text_hash
from pipeline.model_card import model_card
from pipeline.resources import shipped_models
from pipeline.train_settings import TrainSettings
from pipeline.votes import labels_of, training_unit

MADE_OF = "made_of"
"""Where a model's record keeps the fingerprint of its training."""


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
    # Before the teacher is asked and the encoder loaded.
    _check(job, [*units, *extra], held_out, (), codebook, settings)
    how = _network_and_settings(codebook, settings, device)
    if settings.teacher:
        # Which codes are never assigned the gold says, as in folds: a teacher has a word on every code.
        _, held_out = mark_unused(units, held_out, known(how["start"], codes, len(codes)))
        units = _taught(units, settings, codes, device)
    return train(
        units,
        held_out,
        labels=labels_of([*training, *validation], settings.labels),
        extra=extra,
        job=job,
        **how,
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
    """Train on all of the gold; calibration and thresholds by folds of it.

    Args:
        folds: indices of the gold's units, each in one fold; those of a group in the same.

    Raises:
        Stopped, CheckpointError, TeamError: as in `models.training.train`.
    """
    job = job or Job()
    units = [training_unit(unit, codebook.names) for unit in gold]
    _check(job, units, [], folds, codebook, settings)
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
        "base": start.source.name if start else settings.base,
        "start": start,
        "settings": settings.for_network(),
        "device": device,
    }


def bare_codes(codebook: Codebook, settings: TrainSettings) -> list[str]:
    """The codes that start from their name alone: without a definition, and unknown to a model that is gone on from.

    Raises:
        ModelError: that model's settings cannot be read.
    """
    folder = model_folder(settings.base)
    known = codes_of(folder) if folder else ()
    return [code.name for code in codebook.all_codes if code.is_bare and code.name not in known]


def cut_short(units: Sequence[GoldUnit], settings: TrainSettings) -> int:
    """How many units are longer than is read of one, so that their ends are not learnt from.

    Raises:
        EncoderError, ModelError: the base cannot be used.
    """
    # No token is shorter than a byte.
    long = [Unit(unit.first.text) for unit in units if len(unit.first.text.encode()) > settings.max_tokens - 2]
    if not long:
        return 0
    folder = model_folder(settings.base)
    source = base_of(folder) if folder else find_encoder(settings.base)
    encoder = UnitEncoder(load_tokenizer(source), max_tokens=settings.max_tokens, context_tokens=0)
    return int(encoder.columns(long).truncated.sum())


def kept_of_base(units: Sequence[GoldUnit], codebook: Codebook, settings: TrainSettings) -> tuple[str, ...]:
    """The kinds that the gold says nothing of, and that stay as the model has them that is gone on from (`models.kept`).

    Raises:
        UsageError: the model's codes are to stay, and cannot.
        ModelError: the model cannot be loaded.
    """
    folder = model_folder(settings.base)
    start = load_model(folder) if folder else None
    stays = staying([training_unit(unit, codebook.names) for unit in units], start, codebook.names)
    if start is None or THEMES not in stays:
        return stays
    remedy, said = "give gold with codes too", f"--base {settings.base}: no unit of the gold has codes, "
    if not can_stay(start, codebook.names):
        what = "and the model chooses one code among others than this codebook's, which cannot be kept without them"
        raise UsageError(said + what, remedy=f"{remedy}, or the codebook that the model was trained on")
    if start.lexical and not settings.lexical:
        what = "and the model's thresholds were fitted with its words, which `lexical: false` leaves out"
        raise UsageError(said + what, remedy=f"{remedy}, or leave `lexical: false` out")
    if settings.teacher:
        what = "and nothing tells which thresholds fit what a teacher says"
        raise UsageError(said + what, remedy=f"{remedy}, or leave the teacher out")
    return stays


def check_unfinished(
    training: Sequence[GoldUnit],
    validation: Sequence[GoldUnit],
    folds: Sequence[Sequence[int]],
    codebook: Codebook,
    settings: TrainSettings,
    job: Job,
) -> bool:
    """What training on gold checks first: whether there is a checkpoint to go on from; all processes of a team must ask.

    Args:
        folds: as `cross_fit_on_gold` takes them; none where a part is held out.

    Raises:
        CheckpointError, TeamError: as in `models.training.train`.
    """
    units, held_out = ([training_unit(unit, codebook.names) for unit in part] for part in (training, validation))
    return _check(job, units, held_out, folds, codebook, settings)


def _check(
    job: Job,
    units: Sequence[TrainingUnit],
    held_out: Sequence[TrainingUnit],
    folds: Sequence[Sequence[int]],
    codebook: Codebook,
    settings: TrainSettings,
) -> bool:
    if not job.checkpoints:
        return False
    # A part that a learning curve trains on keeps the fingerprint of the whole, by which both are known again.
    if job.checkpoints.whole is None or not job.checkpoints.fingerprint:
        job.checkpoints.fingerprint = _fingerprint(units, held_out, folds, codebook, settings, job.team.size)
    return job.team.agree(job.checkpoints.check)


def _fingerprint(
    units: Sequence[TrainingUnit],
    held_out: Sequence[TrainingUnit],
    folds: Sequence[Sequence[int]],
    codebook: Codebook,
    settings: TrainSettings,
    processes: int,
) -> dict[str, Any]:
    """All that decides what is learnt; a checkpoint is gone on from where it is the same."""
    base, teacher = model_folder(settings.base), model_folder(settings.teacher) if settings.teacher else None
    return {
        "version": __version__,
        "gold": sha256(repr((units, held_out, [list(fold) for fold in folds])).encode()).hexdigest(),
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
        raise UsageError(
            str(error), path=settings.teacher, remedy="train the teacher on gold of this codebook"
        ) from error


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
    held_out: Mapping[str, Any] | None = None,
    learnt: str = "",
) -> None:
    """Save a trained model with its card.

    Args:
        learnt: what was measured of it (Markdown), for the end of the card.
        held_out: whether by folds, and what was asked for, for the record.
        made_of: all that decided what was learnt, by which the same training is known again.
        seen: `text_hash` of every unit that was trained on or held out for calibration; what base and teacher have seen is added.
        counts: units and the like, for the record.
        data: a paragraph (Markdown) on what it was trained on.
    """
    everything = sorted({*seen, *(text for known in seen_before(settings).values() for text in known)})
    record = trained.record() | {"counts": counts, "date": datetime.now(UTC).date().isoformat(), "seen": everything}
    record |= {MADE_OF: dict(made_of)} if made_of else {}
    record |= {"held_out": dict(held_out)} if held_out else {}
    save_model(
        folder,
        network=trained.network,
        decisions=trained.decisions,
        base=trained.source.name,
        codes=codebook.names,
        codebook=codebook.model_dump(mode="json", exclude_none=True),
        inputs={"max_tokens": settings.max_tokens, "context_tokens": settings.context_tokens},
        training=record,
        card=model_card(folder.name, codebook, settings, trained, counts, data) + learnt,
        lexical=trained.lexical,
        adapters=trained.adapters,
    )


def seen_before(settings: TrainSettings) -> dict[str, frozenset[str]]:
    """The hashes of the units that the base, where it is a model, and the teacher have seen, by their names."""
    folders = {name: model_folder(str(name)) for name in (settings.base, settings.teacher) if name}
    return {str(name): frozenset(training_record(folder).get("seen", ())) for name, folder in folders.items() if folder}


def learnt_from(units: Sequence[GoldUnit], codebook: Codebook, settings: TrainSettings) -> list[GoldUnit]:
    """Of the units to train on those that say anything to learn: a coder may have been asked for nothing that training takes.

    With a teacher all do, as it has its word on each. Where one code is chosen always, one without any teaches the words alone.
    """
    if settings.teacher:
        return list(units)
    codes, one = codebook.names, labels_of(units, settings.labels) is Labels.ONE
    votes = [training_unit(unit, codes) for unit in units]
    # Where nobody gave any code, nothing is learnt of them (`models.unused`).
    coded = bool(used(votes, len(codes)).any())

    def teaches(unit: TrainingUnit) -> bool:
        themes = coded and unit.themes is not None and (not one or settings.lexical or any(unit.themes))
        return themes or unit.partnership is not None or bool(unit.attitudes)

    return [unit for unit, vote in zip(units, votes, strict=True) if teaches(vote)]


def seen_units(units: Iterable[GoldUnit]) -> set[str]:
    """The hashes of units' texts."""
    return {text_hash(unit.first.text) for unit in units}
