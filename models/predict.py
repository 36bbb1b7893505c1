"""Predicting with a loaded model: batches by token budget, every unit's themes and attitudes from one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.decisions import Flags, Floats, Labels
from models.inputs import Unit, UnitEncoder, batches_by_tokens, collate
from models.joint import JointModel
from models.lexical import LexicalHead
from models.review import uncertainty
from models.saving import LoadedModel


@dataclass(frozen=True, slots=True)
class Logits:
    """Raw outputs for n units with m targets in all, in the units' order.

    Attributes:
        themes: shape (n, c); the network's and the lexical head's together.
        partnership: shape (n, 4).
        attitudes: shape (m, 3); the targets of the first unit first.
        truncated: how many units were longer than the encoder takes.
    """

    themes: Floats
    partnership: Floats
    attitudes: Floats
    truncated: int


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
    truncated: int


class Predictor:
    """A loaded model on a device.

    Args:
        device: `auto` takes a GPU where there is one.
        batch_tokens: tokens per batch, padding included.
    """

    def __init__(self, model: LoadedModel, *, device: str = "auto", batch_tokens: int = 4096) -> None:
        self.model = model
        self.device = pick_device(device)
        self.batch_tokens = batch_tokens
        self._network = model.network.to(self.device)

    def predict(self, units: Sequence[Unit]) -> Predictions:
        """Code units; results in the order given."""
        logits = compute_logits(
            self._network, self.model.encoder, units, self.batch_tokens, self.device, self.model.lexical
        )
        decisions = self.model.decisions
        themes = decisions.themes.probabilities(logits.themes)
        presence = decisions.presence.probabilities(logits.partnership[:, :1])
        assigned = decisions.themes.assigned(themes) & self.model.learnt["themes"]
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
    """`auto`, `cpu` or `cuda`.

    Raises:
        ValueError: it is none of them, or cuda is asked for and there is none.
    """
    if wish == "auto":
        wish = "cuda" if torch.cuda.is_available() else "cpu"
    if wish.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError("no CUDA device is available; use --device cpu")
    try:
        return torch.device(wish)
    except RuntimeError as error:
        raise ValueError(f"{wish!r} is no device; use auto, cpu or cuda") from error


@torch.inference_mode()
def compute_logits(
    network: JointModel,
    encoder: UnitEncoder,
    units: Sequence[Unit],
    batch_tokens: int,
    device: torch.device,
    lexical: LexicalHead | None = None,
) -> Logits:
    """Run the network (set to evaluation by the caller) over units, longest first, and put results back in order."""
    encoded = encoder.encode(units)
    n_codes = network.themes.bias.shape[0]
    themes = np.zeros((len(units), n_codes))
    partnership = np.zeros((len(units), 4))
    firsts = np.concatenate([[0], np.cumsum([len(unit.targets) for unit in units])]).astype(int)
    attitudes = np.zeros((int(firsts[-1]), 3))
    for indices in batches_by_tokens([len(unit.ids) for unit in encoded], batch_tokens):
        batch = collate([encoded[i] for i in indices], encoder.pad_id)
        output = network(batch.to(device))
        themes[indices] = _array(output.themes)
        partnership[indices] = _array(output.partnership)
        rows = [row for i in indices for row in range(firsts[i], firsts[i + 1])]
        attitudes[rows] = _array(output.attitudes)
    if lexical is not None:
        themes += lexical.logits(encoded)
    return Logits(themes, partnership, attitudes, truncated=sum(unit.truncated for unit in encoded))


def _array(tensor: torch.Tensor) -> NDArray[np.float64]:
    return tensor.float().cpu().numpy().astype(np.float64)
