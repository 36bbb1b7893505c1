"""What training minimises. Shapes as in `models.inputs`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from models.decisions import Labels
from models.joint import JointOutput
from models.settings import TrainingSettings, TrainingUnit

NO_CANDIDATE = -1e4
"""A logit that no other is below; finite, as infinity times a vote of 0 is not 0."""


def joint_loss(
    output: JointOutput, units: Sequence[TrainingUnit], settings: TrainingSettings, labels: Labels = Labels.MANY
) -> Tensor:
    """Weighted sum of the losses for which the batch has labels.

    Each is a mean over all units of the batch, labelled or not, so that a batch with few labels takes a small step.
    """
    device = output.themes.device
    loss = output.themes.sum() * 0.0
    rows = [i for i, unit in enumerate(units) if unit.themes is not None]
    if rows:
        votes = torch.tensor([units[i].themes for i in rows], device=device)
        loss = loss + settings.theme_weight * theme_loss(output.themes[rows], votes, labels).sum() / len(units)
    rows = [i for i, unit in enumerate(units) if unit.partnership is not None]
    if rows:
        votes = torch.tensor([units[i].partnership for i in rows], device=device)
        present = F.binary_cross_entropy_with_logits(output.partnership[rows, 0], 1 - votes[:, 0], reduction="none")
        stance = -(votes[:, 1:] * F.log_softmax(output.partnership[rows, 1:], dim=-1)).sum(-1)
        loss = loss + settings.partnership_weight * (present + stance).sum() / len(units)
    votes_list = [votes for unit in units for votes in unit.attitudes]
    if votes_list:
        votes = torch.tensor(votes_list, device=device)
        per_target = -(votes * F.log_softmax(output.attitudes, dim=-1)).sum(-1)
        loss = loss + per_target.sum() / len(units)
    return loss


def theme_loss(logits: Tensor, votes: Tensor, labels: Labels) -> Tensor:
    """Shape (b,): cross-entropy summed over codes, or over the one choice; `logits` and `votes` have shape (b, c).

    Where a vote is NaN nobody could say, and the code's logit is left alone; where one code is chosen, it is no candidate.
    """
    unknown = votes.isnan()
    votes = votes.nan_to_num(0.0)
    if labels is Labels.MANY:
        each = F.binary_cross_entropy_with_logits(logits, votes, reduction="none")
        return each.masked_fill(unknown, 0.0).sum(1)
    logits = logits.masked_fill(unknown, NO_CANDIDATE)
    if labels is Labels.AT_MOST_ONE:
        logits = torch.cat([logits, torch.zeros_like(logits[:, :1])], dim=1)
        votes = torch.cat([votes, (1 - votes.sum(1, keepdim=True)).clamp(min=0)], dim=1)
    return -(votes * F.log_softmax(logits, dim=-1)).sum(1)
