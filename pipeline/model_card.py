"""A model's card: what it was trained on and how, and what it is not for."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from models.training import Trained
from pipeline.codebook import Codebook
from pipeline.plural import numbered
from pipeline.train_settings import TrainSettings

_UNSCORED = {"epoch", "loss", "seconds", "score"}
"""What the history has of an epoch also where nothing held out can be scored."""


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
        fitted = "" if trained.stays else " Probabilities are not calibrated, thresholds not fitted."
        return [f"Nothing was trained: the encoder is {start}.{fitted}"]
    teacher = f"Taught by `{Path(settings.teacher).name}` (share {settings.teacher_share})." if settings.teacher else ""
    fitted = "folds' answers (models/crossfit.py)" if settings.in_folds else "validation part"
    return [
        f"Fine-tuned from {start}. {_epochs(settings, trained)}",
        f"Probabilities and thresholds were fitted on the {fitted}.",
        *([teacher] if teacher else []),
    ]


def _epochs(settings: TrainSettings, trained: Trained) -> str:
    """Which epoch's weights the model has, by the rule of `models.fitting`: the best, or the last where nothing was scored."""
    epochs = len(trained.history)
    if settings.in_folds:
        return f"{numbered(epochs, '[epoch|epochs]')} on all units."
    if not any(set(row) - _UNSCORED for row in trained.history):
        return f"The last of {epochs} epochs was kept, as nothing was held out that could be scored."
    return f"Best epoch of {epochs}: {trained.kept}."
