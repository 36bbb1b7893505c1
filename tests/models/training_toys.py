"""A set that is learnt in a moment, for tests of training."""

from dataclasses import replace

from models.inputs import Unit
from models.loading import load_model
from models.saving import save_model
from models.settings import TrainingSettings, TrainingUnit
from models.training import train

DEFINITIONS = (("partnership works, working together is good",), ("money is saved",))
QUICK = TrainingSettings(
    epochs=3, least_steps=0, batch_tokens=256, encoder_rate=1e-3, head_rate=1e-2, warmup=0, dropout=0
)
PLAIN = replace(QUICK, mask_share=0.0, precision="float32")


def toy(count=12):
    units = []
    for i in range(count):
        good = i % 2 == 0
        text = "the council is very good" if good else "money and the council is useless"
        units.append(
            TrainingUnit(
                Unit(text, "what do you think ?", ((text.index("council"), text.index("council") + 7),)),
                themes=(float(good), float(not good)),
                partnership=(0.0, 0.0, 0.0, 1.0) if good else (1.0, 0.0, 0.0, 0.0),
                attitudes=((0.0, 0.0, 1.0) if good else (1.0, 0.0, 0.0),),
            )
        )
    return units


def learn(base, settings=QUICK, units=None, say=lambda line: None, **options):
    return train(
        units or toy(),
        toy(4),
        definitions=DEFINITIONS,
        base=str(base),
        settings=settings,
        device="cpu",
        report=say,
        **options,
    )


def weights(trained):
    return {name: tensor.clone() for name, tensor in trained.network.state_dict().items()}


def saved(trained, folder, codes=("works", "saves"), max_tokens=512):
    """The model as it is after saving and loading."""
    save_model(
        folder,
        network=trained.network,
        decisions=trained.decisions,
        base=trained.source.name,
        codes=codes,
        codebook={},
        inputs={"max_tokens": max_tokens, "context_tokens": 48},
        training=trained.record(),
        card="",
        lexical=trained.lexical,
        adapters=trained.adapters,
    )
    return load_model(folder)
