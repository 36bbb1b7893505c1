"""What of the network learns, and from where it starts: freezing, dropout, an earlier model."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from models.joint import JointModel
from models.saving import LoadedModel


def adopt(network: JointModel, start: LoadedModel, codes: Sequence[str]) -> None:
    """Take over all that `start` has learnt; in the theme head, the codes that it knows by name.

    A code that it does not know keeps starting from its definition.
    """
    learnt = start.network.state_dict()
    own = network.state_dict()
    rows = [(i, start.codes.index(code)) for i, code in enumerate(codes) if code in start.codes]
    for name in own:
        if not name.startswith("themes."):
            own[name] = learnt[name]
        elif rows:
            mine, theirs = (torch.tensor(column) for column in zip(*rows, strict=True))
            own[name][mine] = learnt[name][theirs]
    network.load_state_dict(own)


def freeze_lowest(network: JointModel, layers: int) -> None:
    """Keep the encoder's embeddings and its lowest layers as they are."""
    frozen = list(network.encoder.embeddings.parameters())
    if layers:  # not every architecture calls its layers so; where none is to be frozen, that does not matter
        upper = {id(parameter) for parameter in network.encoder.encoder.layer[layers:].parameters()}
        # What layers share (MPNet's position biases) would change the lowest ones too.
        frozen += [parameter for parameter in network.encoder.encoder.parameters() if id(parameter) not in upper]
    for parameter in frozen:
        parameter.requires_grad_(False)


def set_encoder_dropout(network: JointModel, probability: float) -> None:
    """Set every dropout of the encoder, that on attention included."""
    for module in network.encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = probability
