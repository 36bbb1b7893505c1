"""What an encoder learnt, kept as low-rank differences from the base: a model's file of a tenth of the size.

Fine-tuning changes a matrix mostly in few directions (Aghajanyan et al. 2021; the reason why LoRA works, Hu et al. 2022), so that
the difference's largest singular directions hold most of it. Unlike adapters this asks nothing of the training.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor, nn

UP, DOWN = ".difference_up", ".difference_down"


@torch.no_grad()
def shorten(encoder: nn.Module, base: Mapping[str, Tensor], rank: int) -> dict[str, Tensor]:
    """Cut the encoder's learnt differences to their largest directions, in place.

    Args:
        base: the encoder's tensors before training.
        rank: directions to keep of each matrix.

    Returns:
        what to store: two factors, in float16, for each matrix that changed, and every other tensor that changed.
    """
    kept = {}
    for name, tensor in encoder.state_dict().items():
        before = base[name].to(tensor)
        if torch.equal(tensor, before):
            continue
        if tensor.ndim != 2 or rank * sum(tensor.shape) >= tensor.numel():
            kept[name] = tensor.cpu()
            continue
        up, sizes, down = torch.linalg.svd((tensor - before).float(), full_matrices=False)
        root = sizes[:rank].sqrt()
        factors = {name + UP: up[:, :rank] * root, name + DOWN: root[:, None] * down[:rank]}
        factors = {key: factor.to("cpu", torch.float16).contiguous() for key, factor in factors.items()}
        # What is measured and calibrated from now on is what a loaded model will have.
        tensor.copy_(before + _product(factors, name).to(tensor))
        kept |= factors
    return kept


def lengthen(tensors: Mapping[str, Tensor], base: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Stored tensors with each pair of factors added to the base's matrix, in float32; names as in `base`.

    Raises:
        KeyError: a factor without its other, or of a matrix that the base does not have.
        RuntimeError: factors of another shape.
    """
    names = [name.removesuffix(UP) for name in tensors if name.endswith(UP)]
    alone = [name for name in tensors if name.endswith(DOWN) and name.removesuffix(DOWN) not in names]
    if alone:
        raise KeyError(alone[0])
    plain = {name: tensor for name, tensor in tensors.items() if not name.endswith((UP, DOWN))}
    return plain | {name: base[name].float() + _product(tensors, name) for name in names}


def in_pairs(names: Collection[str]) -> bool:
    """Whether each factor has its other."""
    ups = {name.removesuffix(UP) for name in names if name.endswith(UP)}
    return ups == {name.removesuffix(DOWN) for name in names if name.endswith(DOWN)}


def mean_differences(models: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The factors of the mean difference, cut to the first model's rank, for each matrix that is kept as factors.

    The mean of n differences of rank r has rank n r at most: it is the product of the factors side by side, whose singular
    directions are those of a small matrix between two orthonormal ones.
    """
    mean = {}
    for name in (name.removesuffix(UP) for name in models[0] if name.endswith(UP)):
        ups, downs = (
            torch.cat([model[name + UP] for model in models], 1),
            torch.cat([model[name + DOWN] for model in models]),
        )
        left, between = torch.linalg.qr(ups.float())
        right, after = torch.linalg.qr(downs.float().T)
        up, sizes, down = torch.linalg.svd(between @ after.T / len(models))
        rank = models[0][name + UP].shape[1]
        root = sizes[:rank].sqrt()
        mean[name + UP] = (left @ up[:, :rank] * root).to(torch.float16).contiguous()
        mean[name + DOWN] = (root[:, None] * down[:rank] @ right.T).to(torch.float16).contiguous()
    return mean


def _product(factors: Mapping[str, Tensor], name: str) -> Tensor:
    return factors[name + UP].float() @ factors[name + DOWN].float()
