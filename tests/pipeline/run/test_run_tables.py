"""A run from files to tables: they agree with one another, and with what decided them."""

import gc
import json
import shutil
from collections import Counter
from functools import partial

import pytest
from run_folders import assert_same, rows
from toys import CODES, interview, write_interviews

from models.loading import load_model
from models.predict import Predictor
from pipeline.codebook import Codebook
from pipeline.coding import Codings
from pipeline.commands.models import codebook_of
from pipeline.config import RunSettings
from pipeline.groups import groups_of
from pipeline.prepare import Prepared
from pipeline.run import RunPlan, run
from pipeline.store import Part


def test_tables_agree_with_one_another(finished):
    out, result = finished
    assert result.exit_status == 0
    seen = rows(out)
    texts = {row["transcript_id"]: row["text"] for row in seen["transcripts"]}
    segments = {row["segment_id"]: row for row in seen["segments"]}
    assert len(texts) == 5 and len(segments) == len(seen["segments"])
    for row in seen["segments"]:
        assert texts[row["transcript_id"]][row["start"] : row["end"]] == row["text"]
        assert row["segment_id"] == f"{row['transcript_id']}:{row['start']}-{row['end']}"
    participants = {name for name, row in segments.items() if row["role"] == "participant"}
    assert participants and len(participants) < len(segments)
    assert Counter(row["segment_id"] for row in seen["themes"]) == dict.fromkeys(participants, len(CODES))
    assert all(0 <= row["probability"] <= 1 for row in seen["themes"])
    assert {row["code"] for row in seen["themes"]} == set(CODES)
    mentions = [row for row in seen["attitudes"] if row["mention"]]
    assert {row["mention"] for row in mentions} >= {"council", "housing"}
    for row in seen["attitudes"]:
        segment = segments[row["segment_id"]]
        shares = {name: row[name] for name in ("negative", "neutral", "positive")}
        assert sum(shares.values()) == pytest.approx(1, abs=2e-4)
        assert shares[row["attitude"]] == max(shares.values())
        if row["mention"] is None:
            assert (row["start"], row["end"], row["partner_type"]) == (None, None, "partnership")
        else:
            assert segment["start"] <= row["start"] < row["end"] <= segment["end"]
            assert texts[segment["transcript_id"]][row["start"] : row["end"]] == row["mention"]
            assert row["partner_type"] != "police"  # the speakers' own agency, from the header


def test_manifest_says_all_that_decides_a_run(finished, predictor, codebook, run_settings):
    out, result = finished
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == result.manifest
    assert manifest["status"] == "complete"
    assert manifest["model"]["sha256"] == predictor.model.sha256
    assert Codebook.model_validate(manifest["codebook"]["content"]) == codebook_of(predictor) == codebook
    assert RunSettings.model_validate(manifest["configuration"]) == run_settings
    assert (manifest["seed"], manifest["device"], manifest["failures"]) == (1, "cpu", [])
    seen = rows(out)
    assert manifest["counts"] == {
        "inputs": 5,
        "coded": 5,
        "failed": 0,
        "duplicate": 0,
        "skipped": 0,
        "segments": len(seen["segments"]),
        "coded_segments": len(seen["themes"]) // len(CODES),
        "words": sum(len(row["text"].split()) for row in seen["segments"]),
        "coded_words": sum(len(row["text"].split()) for row in seen["segments"] if row["role"] == "participant"),
        "mentions": sum(row["mention"] is not None for row in seen["attitudes"]),
        "for_review": 0,
    }


def test_the_same_inputs_give_the_same_tables(go, finished, tmp_path):
    go()
    assert_same(finished[0], tmp_path / "run")


def test_workers_change_nothing(go, finished, tmp_path):
    go(workers=1)
    assert_same(finished[0], tmp_path / "run")


def test_no_more_is_held_of_many_groups_than_of_few(go, tmp_path, monkeypatch):
    """Of what a transcript is on its way through a run there are never more than two: one is coded, one is written."""
    corpus = write_interviews(tmp_path / "corpus", [f"p{number}" for number in range(9)])
    monkeypatch.setattr("pipeline.run.groups_of", partial(groups_of, group_bytes=1))

    def alive():
        return Counter(type(item).__name__ for item in gc.get_objects() if isinstance(item, (Prepared, Part, Codings)))

    gc.collect()
    before, most, seen = alive(), Counter(), []

    def look(done, total, name):
        nonlocal most
        seen.append(name)
        most |= alive() - before

    assert go(corpus, progress=look).exit_status == 0
    assert len(seen) == 9 and 0 < most["Part"] <= 2 and max(most.values()) <= 2, most


def test_only_the_wanted_codes_are_reported(go, tmp_path, finished):
    part = Codebook.model_validate({"name": "part", "codes": [{"name": "talking_shop"}, {"name": "effectiveness"}]})
    go(codebook=part)
    some, every = (rows(folder)["themes"] for folder in (tmp_path / "run", finished[0]))
    assert [row["code"] for row in some[:3]] == ["talking_shop", "effectiveness", "talking_shop"]
    assert sorted(map(str, some)) == sorted(str(row) for row in every if row["code"] != "cost_saving")


def test_awkward_texts_keep_their_offsets(go, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    odd = "Ünïcödé 👮🏽‍♀️ said “the council — naïve”, x\u0301y. " + "long " * 300 + "the housing officer."
    (folder / "ödd näme.txt").write_text(
        "\ufeff" + interview("x", odd).replace("\n", "\r\n"), encoding="utf-8", newline=""
    )
    assert go(folder).exit_status == 0
    seen = rows(tmp_path / "run")
    text = seen["transcripts"][0]["text"]
    assert "\r" not in text and "\ufeff" not in text
    assert all(text[row["start"] : row["end"]] == row["text"] for row in seen["segments"])
    assert {"housing officer"} <= {text[row["start"] : row["end"]] for row in seen["attitudes"] if row["mention"]}


def test_the_run_folder_is_its_owners_alone(go, tmp_path):
    go()
    assert (tmp_path / "run").stat().st_mode & 0o077 == 0


def test_a_model_for_one_code_at_most(tiny_model, tmp_path, codebook, interviews, run_settings):
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    settings = json.loads((folder / "config.json").read_text())
    settings["decisions"] |= {"labels": "at_most_one"}
    settings["decisions"]["themes"]["thresholds"] = [1.0] * 4
    (folder / "config.json").write_text(json.dumps(settings))
    one = Predictor(load_model(folder), device="cpu")
    result = run(RunPlan((interviews / "1a.txt",), tmp_path / "run", codebook, run_settings), one)
    assert result.exit_status == 0
    given = Counter(row["segment_id"] for row in rows(tmp_path / "run")["themes"] if row["assigned"])
    assert all(count == 1 for count in given.values())
