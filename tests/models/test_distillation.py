from dataclasses import replace

import numpy as np
import pytest
import torch
from toys import CODES, make_encoder
from training_toys import saved

from models.distillation import taught
from models.inputs import Unit
from models.predict import Predictor
from models.settings import TrainingSettings, TrainingUnit
from models.training import train

TEXTS = ("we ring the council and it is very good", "talk and talk and nothing", "money saved", "the housing people")


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    folder = tmp_path_factory.mktemp("teacher")
    base = make_encoder(folder / "encoder")
    units = [
        TrainingUnit(
            Unit(text, "", ((0, 2),)),
            themes=tuple(float(i == k) for k in range(len(CODES))),
            partnership=(0.0, 0.0, 0.0, 1.0),
            attitudes=((0.0, 0.0, 1.0),),
        )
        for i, text in enumerate(TEXTS)
    ]
    settings = TrainingSettings(epochs=1, least_steps=2, max_tokens=64)
    definitions = [(code,) for code in CODES]
    trained = train(units, units, definitions=definitions, base=str(base), settings=settings, report=lambda line: None)
    return Predictor(saved(trained, folder / "model", CODES, max_tokens=64), device="cpu")


def test_votes_and_teacher_are_mixed_in_the_order_of_the_votes(teacher):
    codes = CODES[::-1]
    votes = (1.0, 0.0, 0.0)
    units = [TrainingUnit(Unit(text, "", ((0, 2),)), themes=votes, attitudes=((1.0, 0.0, 0.0),)) for text in TEXTS]
    said = teacher.predict([unit.unit for unit in units])
    for i, unit in enumerate(taught(units, teacher, codes, share=0.25)):
        assert unit.themes == pytest.approx(0.75 * np.array(votes) + 0.25 * said.themes[i, ::-1])
        assert unit.attitudes[0] == pytest.approx(0.75 * np.array([1, 0, 0]) + 0.25 * said.attitudes[i])
        assert sum(unit.partnership) == pytest.approx(1)  # no coder was asked: the teacher's word alone


def test_plain_text_is_learnt_from_the_teacher_alone(teacher):
    [unit] = taught([TrainingUnit(Unit(TEXTS[0]))], teacher, CODES)
    assert unit.themes == pytest.approx(teacher.predict([Unit(TEXTS[0])]).themes[0])
    assert unit.attitudes == ()


def test_share_nought_leaves_the_votes(teacher):
    units = [TrainingUnit(Unit(TEXTS[1]), themes=(0.0, 1.0, 0.5), partnership=(1.0, 0.0, 0.0, 0.0))]
    assert taught(units, teacher, CODES, share=0.0) == units


def test_a_teacher_of_another_codebook_is_refused(teacher):
    with pytest.raises(ValueError, match="does not know the code 'patience'"):
        taught([], teacher, ("patience",))


def test_a_teacher_that_has_learnt_nothing_is_refused(teacher):
    settings = teacher.model.settings
    training = settings["training"] | {"learnt": dict.fromkeys(teacher.model.learnt, False)}
    knows_nothing = replace(teacher.model, settings=settings | {"training": training})
    with pytest.raises(ValueError, match="has learnt neither codes nor attitudes"):
        taught([], Predictor(knows_nothing, device="cpu"), CODES)


def test_a_student_follows_its_teacher(teacher, tmp_path):
    """After training on the teacher's answers alone, the student's probabilities come nearer to the teacher's."""
    torch.manual_seed(0)
    plain = [TrainingUnit(Unit(text)) for text in TEXTS]
    units = taught(plain, teacher, CODES)
    base = str(make_encoder(tmp_path / "encoder", seed=3))
    wanted = np.array([unit.themes for unit in units])

    def distance(epochs):
        settings = TrainingSettings(
            epochs=epochs, least_steps=0, max_tokens=64, lexical=False, mask_share=0.0, dropout=0.0, warmup=0.0
        )
        trained = train(
            units,
            units,
            definitions=[(code,) for code in CODES],
            base=base,
            settings=settings,
            report=lambda line: None,
        )
        return trained.history[-1]["loss"]

    assert distance(25) < distance(1)
    assert wanted.shape == (len(TEXTS), len(CODES))
