"""What programs that tests start have loaded already (see `programs`)."""

from transformers import BertModel as BertModel

import models.training as training
import pipeline.cli as cli
import pipeline.commands.run as run
import pipeline.commands.train as train
import pipeline.commands.train_model as train_model

__all__ = ["BertModel", "cli", "run", "train", "train_model", "training"]
