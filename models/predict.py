"""Predicting with a loaded model: every unit's themes and attitudes from one pass, nothing computed twice or for padding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.ahead import ahead
from models.columns import Integers, before, ragged
from models.decisions import Decisions, Flags, Floats, Labels
from models.engines import AUTO, FLOAT16, FLOAT32, Engine, Work, make_engine
from models.inputs import Unit, UnitEncoder
from models.joint import JointModel, JointOutput
from models.lexical import LexicalHead
from models.loading import LoadedModel
from models.review import uncertainty
from models.threads import limit_threads

CHUNK = 4096
"""Units that are tokenised and sorted by length together: enough for many of each length, few enough for any memory."""
WAITING = 4
"""Batches that are prepared ahead of the network."""


@dataclass(frozen=True, slots=True)
class Logits:
    """Raw outputs for n units with m targets in all, in the units' order.

    Attributes:
        themes: shape (n, c); the network's and the lexical head's together.
        partnership: shape (n, 4).
        attitudes: shape (m, 3); the targets of the first unit first.
        truncated: shape (n,), longer than the encoder takes.
    """

    themes: Floats
    partnership: Floats
    attitudes: Floats
    truncated: Flags

    @property
    def finite(self) -> bool:
        """Whether all of them are numbers."""
        return all(bool(np.isfinite(part).all()) for part in (self.themes, self.partnership, self.attitudes))


@dataclass(frozen=True, slots=True)
class Predictions:
    """Calibrated outputs, shapes as in `Logits`.

    Attributes:
        themes: probabilities; `assigned` applies the thresholds.
        present: whether the unit speaks of joint work, shape (n,).
        partnership: shape (n, 3), given that it does.
        attitudes: shape (m, 3).
        uncertainty: shape (n,), the probability that at least one of a unit's codes is wrongly given or withheld.
    """

    themes: Floats
    assigned: Flags
    presence: Floats
    present: Flags
    partnership: Floats
    attitudes: Floats
    uncertainty: Floats
    truncated: Flags


class Predictor:
    """A loaded model on a device.

    Args:
        device: `auto` takes a GPU where there is one; `cuda:1` is the second one.
        batch_tokens: tokens per batch; None leaves it to the engine.
        engine: what numbers the encoder computes with (`models.engines`).

    Raises:
        ValueError: there is no such device.
        EncoderError: the engine cannot run this encoder on this device.
    """

    def __init__(
        self, model: LoadedModel, *, device: str = "auto", batch_tokens: int | None = None, engine: str = AUTO
    ) -> None:
        self.model = model
        self.device = pick_device(device)
        self.batch_tokens = batch_tokens
        limit_threads()
        self._network = model.network.to(self.device)
        self._engine = self._make_engine(engine)

    @property
    def engine(self) -> str:
        """What the encoder computes with; part of what decides a run's results."""
        return self._engine.name

    def predict(self, units: Sequence[Unit]) -> Predictions:
        """Code units, any number at once; results in the order given."""
        logits = self._logits(units, self._engine)
        if self.engine == FLOAT16 and not logits.finite:
            # Numbers that outgrow 16 bits. For these units alone: what comes after must not hang on what came before.
            logits = self._logits(units, self._make_engine(FLOAT32))
        return predictions_of(logits, self.model.decisions, assigns=self.model.learnt["themes"])

    def _make_engine(self, name: str) -> Engine[Any]:
        return make_engine(name, self._network, self.model.encoder.pad_id, self.device)

    def _logits(self, units: Sequence[Unit], engine: Engine[Any]) -> Logits:
        return logits_of(engine, self.model.encoder, units, self.batch_tokens, self.model.lexical)


def predictions_of(logits: Logits, decisions: Decisions, *, assigns: bool = True) -> Predictions:
    """Logits as probabilities and decisions; `assigns` is false where codes were never learnt."""
    themes = decisions.themes.probabilities(logits.themes)
    presence = decisions.presence.probabilities(logits.partnership[:, :1])
    assigned = decisions.themes.assigned(themes) & assigns
    return Predictions(
        themes=themes,
        assigned=assigned,
        presence=presence[:, 0],
        present=decisions.presence.assigned(presence)[:, 0],
        partnership=decisions.partnership.probabilities(logits.partnership[:, 1:]),
        attitudes=decisions.attitudes.probabilities(logits.attitudes),
        uncertainty=uncertainty(themes, assigned, choice=decisions.labels is not Labels.MANY),
        truncated=logits.truncated,
    )


def pick_device(wish: str) -> torch.device:
    """`auto`, `cpu`, `cuda` or one of several, as in `cuda:1`.

    Raises:
        ValueError: it is none of them, or a CUDA device is asked for that is not here.
    """
    if wish == "auto":
        wish = "cuda" if torch.cuda.is_available() else "cpu"
    if wish.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError("no CUDA device is available; use --device cpu")
    try:
        device = torch.device(wish)
    except RuntimeError as error:
        raise ValueError(f"{wish!r} is no device; use auto, cpu or cuda") from error
    if device.type not in ("cpu", "cuda"):
        raise ValueError("the model does not run there; use auto, cpu or cuda")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"the last CUDA device here is cuda:{torch.cuda.device_count() - 1}")
    return device


def compute_logits(
    network: JointModel,
    encoder: UnitEncoder,
    units: Sequence[Unit],
    batch_tokens: int | None,
    device: torch.device,
    lexical: LexicalHead | None = None,
) -> Logits:
    """Run a network (set to evaluation by the caller) over units, in the numbers that a run here would take."""
    engine = make_engine(AUTO, network, encoder.pad_id, device)
    return logits_of(engine, encoder, units, batch_tokens, lexical)


@dataclass(frozen=True, slots=True)
class _Step:
    """A batch on its way to the network.

    Attributes:
        rows: which units these are; shape (b,).
        targets: which targets; shape (m,).
        words: what the lexical head says, shape (b, c); 0 where there is none.
        truncated: shape (b,).
    """

    rows: Integers
    targets: Integers
    work: Work[Any]
    words: Floats | float
    truncated: Flags


@torch.inference_mode()
def logits_of(
    engine: Engine[Any],
    encoder: UnitEncoder,
    units: Sequence[Unit],
    batch_tokens: int | None = None,
    lexical: LexicalHead | None = None,
) -> Logits:
    """Run an engine over units: each different one once, while the next batches are tokenised and laid out in a thread."""
    different = list(dict.fromkeys(units))
    counts = np.array([len(unit.targets) for unit in different], dtype=np.int64)
    themes = np.zeros((len(different), engine.n_codes))
    partnership, attitudes = np.zeros((len(different), 4)), np.zeros((int(counts.sum()), 3))
    truncated = np.zeros(len(different), dtype=bool)

    def keep(step: _Step, answers: Callable[[], JointOutput]) -> None:
        output = answers()
        themes[step.rows] = _array(output.themes) + step.words
        partnership[step.rows] = _array(output.partnership)
        attitudes[step.targets] = _array(output.attitudes)
        truncated[step.rows] = step.truncated

    running: tuple[_Step, Callable[[], JointOutput]] | None = None
    steps = _steps(engine, encoder, different, before(counts), batch_tokens or engine.batch_tokens, lexical)
    for step in ahead(steps, WAITING):
        following = step, engine.run(step.work)
        if running:  # awaited only now, when a GPU has the following batch to go on with
            keep(*running)
        running = following
    if running:
        keep(*running)
    if len(different) < len(units):
        place = {unit: row for row, unit in enumerate(different)}
        rows = np.array([place[unit] for unit in units], dtype=np.int64)
        attitudes = attitudes[ragged(before(counts)[rows], counts[rows])]
        themes, partnership, truncated = themes[rows], partnership[rows], truncated[rows]
    return Logits(themes, partnership, attitudes, truncated=truncated)


def _steps(
    engine: Engine[Any],
    encoder: UnitEncoder,
    units: Sequence[Unit],
    first_targets: Integers,
    batch_tokens: int,
    lexical: LexicalHead | None,
) -> Iterator[_Step]:
    for start in range(0, len(units), CHUNK):
        encoded = encoder.columns(units[start : start + CHUNK])
        words = lexical.logits(encoded) if lexical is not None else None
        for rows in engine.batches(encoded.lengths, batch_tokens):
            yield _Step(
                rows=start + rows,
                targets=ragged(first_targets[start + rows], encoded.n_targets[rows]),
                work=engine.prepare(encoded.take(rows)),
                words=0.0 if words is None else words[rows],
                truncated=encoded.truncated[rows],
            )


def _array(tensor: torch.Tensor) -> NDArray[np.float64]:
    return tensor.float().numpy().astype(np.float64)
