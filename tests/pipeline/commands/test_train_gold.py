"""`themes train`: what is told of the gold, and what cannot be trained on or written to."""

import resource

import pytest
import yaml
from messages import one_line
from toys import gold_rows, table


def test_columns_of_gold_that_were_swapped_are_asked_about(train, tmp_path):
    with_names = {"text": "context", "context": "text"}
    rows = [{with_names.get(name, name): value for name, value in row.items()} for row in gold_rows()[0]]
    (tmp_path / "swapped.csv").write_text(table(rows))
    status, out, err = train(gold=(tmp_path / "swapped.csv",))
    assert (status, err) == (0, "")
    assert "24 of 24 units have the same text as another: does the column `text` hold" in " ".join(out.split())


def test_training_tells_of_bare_codes_and_rows_without_a_coder(train, tmp_path):
    rows = [row for row in gold_rows()[0] if row["coder"] == "ann"]
    (tmp_path / "some.csv").write_text(table([*rows[:-4], *(row | {"coder": ""} for row in rows[-4:])]))
    names = {code for row in rows for code in row["codes"].split(";") if code}
    codes = [{"name": name, "definition": "" if name == "cost_saving" else "It is so."} for name in sorted(names)]
    (tmp_path / "bare.yaml").write_text(yaml.safe_dump({"name": "bare", "codes": codes}))
    status, out, err = train("--codebook", tmp_path / "bare.yaml", gold=(tmp_path / "some.csv",))
    told = " ".join(out.split())
    assert (status, err) == (0, "") and told.count("starts from its name alone: cost_saving;") == 1
    assert f"shown as (unnamed): 4 of the {len(rows)} of {tmp_path / 'some.csv'}" in told


@pytest.mark.parametrize("options", [("--checkpoint-minutes", "0"), ()])
def test_training_on_a_full_disk(train, options):
    """While a checkpoint is written, and while the model is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        status, _, err = train(*options)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert status == 1 and "a file has become larger than is allowed here" in one_line(err)
    assert "give the same command again" in err
    assert train()[0] == 0


def test_training_leaves_somebody_elses_folder_alone(train, tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "README.md").write_text("mine")
    status, _, err = train(out="project")
    assert status == 2 and "is not empty and holds no model (README.md" in one_line(err)
    assert (tmp_path / "project" / "README.md").read_text() == "mine"


def test_training_that_cannot_start(train, tmp_path):
    (tmp_path / "other.yaml").write_text("name: other\ncodes: [{name: talking_shop}]")
    for options, fragment in (
        (("--base", tmp_path), "there is no model.safetensors"),
        (("--device", "gpu7"), "'gpu7' is no device"),
        (("--codebook", tmp_path / "other.yaml"), "code 'effectiveness' is not in the codebook"),
        (("--config", tmp_path / "nowhere.yaml"), "cannot be read"),
    ):
        status, _, err = train(*options)
        assert status == 2 and fragment in one_line(err)
    (tmp_path / "one.csv").write_text("id,group,text,codes\n1,g,Yes,\n2,g,No,\n")
    status, _, err = train(gold=[tmp_path / "one.csv"])
    assert status == 2 and "the gold has 1 group" in one_line(err)
    assert not (tmp_path / "model").exists()
    (tmp_path / "file").touch()
    status, _, err = train(out="file")
    assert status == 2 and f"{tmp_path / 'file'}: cannot be written: Not a directory" in one_line(err)


def test_gold_of_another_encoding_is_trained_on_and_told(train, tmp_path):
    rows = gold_rows()[0]
    rows = [row | {"text": f"{row['text']} Café."} if row.get("text") else row for row in rows]
    (tmp_path / "excel.csv").write_bytes(table(rows).encode("cp1252"))
    status, _, err = train(gold=(tmp_path / "excel.csv",))
    assert status == 0 and "excel.csv: not UTF-8; read as Windows-1252" in one_line(err)


def test_training_on_a_sample_in_which_names_were_forgotten(train, tmp_path):
    rows = [row | {"coder": "", "sampled": "yes"} for row in gold_rows()[0] if row["coder"] == "ann"]
    waiting = sum(not row["codes"] for row in rows)
    (tmp_path / "half.csv").write_text(table(rows), encoding="utf-8")
    status, out, _ = train(gold=(tmp_path / "half.csv",))
    assert status == 0 and f"{waiting} of {len(rows)} rows have neither code nor coder" in " ".join(out.split())
