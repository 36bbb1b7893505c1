"""The joint model: one encoder pass per unit, whatever the number of codes and mentions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from models.heads import AttitudeHead, PartnershipHead, ThemeHead, masked_mean
from models.inputs import Batch

AT_ONCE = 65_536
"""So many token vectors are copied for the attitude head at a time: a copy of its text for each target, and a text may have a
target at every word. As many as a GPU's batch has tokens, which is a mention for each text; a CPU's batches need far less."""


@dataclass(frozen=True, slots=True)
class JointOutput:
    """Logits.

    Attributes:
        themes: shape (b, c).
        partnership: shape (b, 4): present; negative, neutral, positive.
        attitudes: shape (m, 3): negative, neutral, positive for each target.
    """

    themes: Tensor
    partnership: Tensor
    attitudes: Tensor

    def float(self) -> JointOutput:
        """In float32, as losses want them after a pass in mixed precision."""
        return JointOutput(self.themes.float(), self.partnership.float(), self.attitudes.float())


class JointModel(nn.Module):
    """Encoder, theme head, attitude heads.

    Args:
        encoder: a transformers encoder whose output has `last_hidden_state`.
        definitions: shape (c, d), pooled definitions of the codes in the codebook's order.

    Attributes:
        width: numbers in a token's vector, d.
    """

    def __init__(self, *, encoder: Any, definitions: Tensor, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.width = width = int(encoder.config.hidden_size)
        if definitions.shape[1] != width:
            raise ValueError(f"definitions have width {definitions.shape[1]}, the encoder has {width}")
        self.themes = ThemeHead(definitions=definitions, dropout=dropout)
        self.attitudes = AttitudeHead(width=width, dropout=dropout)
        self.partnership = PartnershipHead(width=width, dropout=dropout)
        self._takes_types = getattr(encoder.config, "type_vocab_size", 0) > 1

    def hidden(self, batch: Batch) -> Tensor:
        """Token vectors, shape (b, t, d)."""
        types = {"token_type_ids": batch.token_type_ids} if self._takes_types else {}
        output = self.encoder(input_ids=batch.input_ids, attention_mask=batch.attention_mask, **types)
        state: Tensor = output.last_hidden_state
        return state

    def forward(self, batch: Batch) -> JointOutput:
        """All heads on one encoder pass."""
        return self.answer(self.hidden(batch), batch.text_mask, batch.target_rows, batch.target_mask)

    def answer(self, hidden: Tensor, text_mask: Tensor, target_rows: Tensor, target_mask: Tensor) -> JointOutput:
        """All heads on token vectors (b, t, d), which may be those of the texts alone; masks as in `Batch`."""
        pooled = masked_mean(hidden, text_mask)
        most = max(1, AT_ONCE // max(1, hidden.shape[1]))
        attitudes = [
            self._attitudes(hidden, pooled, text_mask, rows, mask)
            for rows, mask in zip(torch.split(target_rows, most), torch.split(target_mask, most), strict=True)
        ]
        return JointOutput(
            themes=self.themes(hidden, text_mask),
            partnership=self.partnership(pooled),
            attitudes=attitudes[0] if len(attitudes) == 1 else torch.cat(attitudes),
        )

    def _attitudes(self, hidden: Tensor, pooled: Tensor, text_mask: Tensor, rows: Tensor, mask: Tensor) -> Tensor:
        around = hidden[rows]  # (m, t, d)
        logits: Tensor = self.attitudes(masked_mean(around, mask), pooled[rows], around, text_mask[rows])
        return logits


@torch.inference_mode()
def pooled_vectors(encoder: Any, batch: Batch) -> Tensor:
    """Mean-pooled vectors (b, d) of texts by a bare encoder: how definitions enter the theme head."""
    types = {"token_type_ids": batch.token_type_ids} if getattr(encoder.config, "type_vocab_size", 0) > 1 else {}
    hidden = encoder(input_ids=batch.input_ids, attention_mask=batch.attention_mask, **types).last_hidden_state
    # The special tokens count too, as in the encoder's own training.
    return masked_mean(hidden, batch.attention_mask.bool()).clone()
