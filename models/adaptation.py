"""What of the network learns, and from where it starts: freezing, dropout, an earlier model."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from models.encoder import EncoderError
from models.joint import JointModel
from models.loading import LoadedModel


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
    if layers:  # where none is to be frozen, it does not matter what the layers are called
        whole = getattr(getattr(network.encoder, "encoder", None), "layer", None)
        if whole is None:
            raise EncoderError("this encoder's layers are not where they can be frozen: set frozen_layers to 0")
        if layers >= len(whole):
            raise EncoderError(f"the encoder has {len(whole)} layers, frozen_layers is {layers}: leave some to learn")
        upper = {id(parameter) for parameter in whole[layers:].parameters()}
        # What layers share (MPNet's position biases) would change the lowest ones too.
        frozen += [parameter for parameter in network.encoder.encoder.parameters() if id(parameter) not in upper]
    for parameter in frozen:
        parameter.requires_grad_(False)


def set_encoder_dropout(network: JointModel, probability: float) -> None:
    """Set every dropout of the encoder, that on attention included."""
    for module in network.encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = probability
