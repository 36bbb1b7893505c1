"""Settings: every fault at once, and the files that ship say what the code does."""

import pytest

from pipeline.config import RunSettings, load_run_settings, read_yaml
from pipeline.errors import UsageError
from pipeline.resources import config_folder
from pipeline.train_settings import TrainSettings, load_train_settings
from pipeline.types import Role


@pytest.mark.parametrize(("name", "model"), [("run", RunSettings), ("train", TrainSettings)])
def test_the_shipped_file_holds_every_key_with_its_default(name, model):
    assert read_yaml(config_folder() / f"{name}.yaml") == model().model_dump(mode="json")


def test_the_shipped_files_can_be_used():
    assert load_run_settings(config_folder() / "run.yaml") == load_run_settings(None) == RunSettings()
    assert load_train_settings(config_folder() / "train.yaml") == load_train_settings(None) == TrainSettings()
    models = sorted((config_folder() / "models").glob("*.yaml"))
    assert models
    for path in models:
        assert load_train_settings(path).for_network().epochs >= 1


def test_every_setting_of_the_network_can_be_set():
    from models.settings import TrainingSettings

    assert TrainSettings().for_network() == TrainingSettings()
    about_the_data = {"base", "validation_share", "folds", "labels", "teacher", "teacher_share"}
    assert set(TrainSettings.model_fields) - set(TrainingSettings.__slots__) == about_the_data
    assert set(TrainingSettings.__slots__) <= set(TrainSettings.model_fields)


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "settings.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_file_overlays_the_defaults(file):
    settings = load_run_settings(file("\ufeffsegments: {max_words: 50}\ningest: {roles: {'P*': participant}}\n"))
    assert (settings.segments.max_words, settings.segments.context_words) == (50, 60)
    assert settings.ingest.roles == {"P*": Role.PARTICIPANT}
    assert load_run_settings(file("# nothing but a comment\n")) == RunSettings()


@pytest.mark.parametrize(
    ("said", "epochs", "least_steps"),
    [
        ("epochs: 3", 3, 0),
        ("epochs: 8", 8, 0),  # the default, but said
        ("epochs: 3\nleast_steps: 120", 3, 120),
        ("least_steps: 60", 8, 60),
        ("seed: 2", 8, 120),
    ],
)
def test_epochs_that_were_asked_for_are_no_more_than_asked_for(file, said, epochs, least_steps):
    settings = load_train_settings(file(said), seed=9)
    assert (settings.epochs, settings.least_steps) == (epochs, least_steps)


def test_the_command_line_wins_over_the_file(file):
    settings = load_train_settings(file("seed: 5\nepochs: 2\n"), seed=9, base=None)
    assert (settings.seed, settings.epochs, settings.base) == (9, 2, TrainSettings().base)


@pytest.mark.parametrize(
    ("load", "text", "fragments"),
    [
        (load_run_settings, "segment: {}", ["segment: unknown key"]),
        (load_run_settings, "segments: {max_word: 3}", ["segments.max_word: unknown key"]),
        (load_run_settings, "segments: {max_words: 3}", ["segments.max_words: ", "greater than or equal to 10"]),
        (load_run_settings, "segments: {max_words: many}", ["segments.max_words: ", "valid integer"]),
        (load_run_settings, "segments: 3", ["segments: "]),
        (
            load_run_settings,
            "ingest: {roles: {Ann: boss}}",
            ["ingest.roles.Ann: ", "'interviewer', 'participant' or 'other'"],
        ),
        (load_run_settings, "batch_tokens: 1", ["batch_tokens: ", "256"]),
        (load_run_settings, "[1, 2]", ["top level: expected a mapping"]),
        (load_run_settings, "just words", ["top level: expected a mapping"]),
        (load_run_settings, "a: [", ["line 1, column 5", "mend the YAML"]),
        (load_run_settings, "a: 2024-13-45", ["mend the YAML"]),
        (
            load_run_settings,
            "batch_tokens: 1\nsegments: {max_words: 3, x: 1}\ny: 2",
            ["batch_tokens", "max_words", "segments.x", "y:"],
        ),
        (load_train_settings, "epochs: 0", ["epochs: "]),
        (load_train_settings, "validation_share: 1", ["validation_share: "]),
        (load_train_settings, "max_tokens: 8", ["max_tokens: "]),
        (load_train_settings, "epoch: 3\nseed: x", ["epoch: unknown key", "seed: "]),
        (load_train_settings, "lora_rank: 8\nkeep_rank: 4", ["lora_rank trains additions alone, and keep_rank would"]),
        (load_train_settings, "keep_lower: true", ["keep_lower keeps what frozen layers answer"]),
    ],
)
def test_faults(file, load, text, fragments):
    path = file(text)
    with pytest.raises(UsageError) as caught:
        load(path)
    for fragment in (str(path), *fragments):
        assert fragment in str(caught.value)
    assert caught.value.exit_status == 2


def test_a_damaged_file_is_told_in_a_few_lines(file):
    keys = "\n".join(f"{'k' * 300}{number}: 1" for number in range(500))
    with pytest.raises(UsageError, match="and 488 more") as caught:
        load_run_settings(file(keys))
    assert len(caught.value.reason) < 1500


def test_missing_file(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere\.yaml: cannot be read: No such file"):
        load_run_settings(tmp_path / "nowhere.yaml")
