"""A run that was stopped, or is given other inputs, goes on to the tables of an undisturbed one."""

import json
import os
import random
import shutil
import signal
import time

import pytest
import torch
from run_folders import assert_same, finished_in, forget
from toys import interview, write_interviews

from models.bfloat16 import multiplies_bfloat16
from models.engines import AUTO, BFLOAT16, FLOAT32
from pipeline.groups import GROUP_BYTES
from pipeline.run import RunPlan, run


def test_resume_codes_only_what_is_missing(finished, tmp_path, predictor, codebook, interviews, run_settings):
    out = shutil.copytree(finished[0], tmp_path / "run")
    forget(out, "2b", "4d")
    (out / "parts" / "4d-half.tmp").mkdir()
    (out / "themes.parquet").unlink()
    coded = []
    result = run(
        RunPlan((interviews,), out, codebook, run_settings),
        predictor,
        progress=lambda done, total, name: coded.append((done, total, name)),
    )
    assert coded == [(4, 5, "2b.txt"), (5, 5, "4d.txt")]
    assert len(result.manifest["resumed"]) == 1
    assert result.manifest["counts"] == finished[1].manifest["counts"]
    assert_same(finished[0], out)


def test_a_run_goes_on_when_inputs_are_added_or_taken_away(go, interviews, tmp_path):
    go(interviews / "1a.txt", interviews / "2b.txt")
    result = go(interviews / "3c.txt", interviews / "1a.txt")
    assert result.manifest["counts"]["coded"] == 2
    assert [name[:2] for name in finished_in(tmp_path / "run")] == ["1a", "2b", "3c"]
    assert "1 transcript that was coded before, but not given now" in result.manifest["warnings"][0]
    go(interviews / "3c.txt", interviews / "1a.txt", out="fresh")
    assert_same(tmp_path / "fresh", tmp_path / "run")


KILLED = 100


def test_killed_at_any_moment_and_resumed(program, tmp_path, predictor, codebook, tiny_model, run_settings):
    corpus = write_interviews(tmp_path / "corpus", [f"p{number}" for number in range(KILLED)])
    for file in corpus.iterdir():  # white space at the end makes it so large that a group is four transcripts
        file.write_text(file.read_text(encoding="utf-8") + " " * (GROUP_BYTES // 4 - 1000), encoding="utf-8")
    out = tmp_path / "killed"
    config = tmp_path / "run.yaml"
    config.write_text(f"partners: {{vocabulary: '{run_settings.partners.vocabulary}'}}\n")
    process = program("run", corpus, "--out", out, "--config", config, "--model", tiny_model, "--device", "cpu")
    try:
        deadline = time.monotonic() + 300
        while not any(out.glob("parts/*")) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        moment = random.SystemRandom().uniform(0, 0.25)
        time.sleep(moment)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        status, _, said = process.wait()
    assert status == -signal.SIGKILL, f"it ended before it was killed: {said}"
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    safe = finished_in(out)
    print(f"killed {moment:.3f} s after the first part, with {len(safe)} of {KILLED} transcripts safe")
    assert manifest["status"] == "running" and len(safe) < KILLED
    run(RunPlan((corpus,), out, codebook, run_settings), predictor)
    run(RunPlan((corpus,), tmp_path / "undisturbed", codebook, run_settings), predictor)
    assert_same(tmp_path / "undisturbed", out)


def test_killed_while_the_first_manifest_was_written(go, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json.tmp").write_text('{"for')
    assert go().manifest["status"] == "complete"


@pytest.mark.parametrize("change", ["content", "name"])
def test_a_transcript_in_another_state_is_no_other_one(go, tmp_path, change):
    file = tmp_path / "1a.txt"
    file.write_text(interview("1a"), encoding="utf-8")
    go(file)
    if change == "name":
        file = file.rename(tmp_path / "first.txt")
    else:
        file.write_text(interview("1a", "And so on."), encoding="utf-8")
    result = go(file)
    assert result.manifest["counts"]["coded"] == 1 and result.manifest["warnings"] == []


@pytest.mark.skipif(not multiplies_bfloat16(torch.device("cpu")), reason="the processor multiplies no bfloat16")
def test_a_run_keeps_to_the_engine_it_was_begun_with(themes, tmp_path, tiny_model, interviews, monkeypatch):
    command = ("run", interviews, "--model", tiny_model, "--out", tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(torch.cpu, "get_capabilities", lambda: {})
        assert themes(*command)[0] == 0
    manifest = tmp_path / "run" / "manifest.json"
    assert json.loads(manifest.read_text())["engine"] == FLOAT32
    assert themes(*command)[0] == 0
    assert json.loads(manifest.read_text())["engine"] == FLOAT32
    with monkeypatch.context() as patch:  # begun by another shard after this one had looked
        patch.setattr("pipeline.commands.run.wished_engine", lambda *_, **__: AUTO)
        assert themes(*command, "--shard", "1/2")[0] == 0
        assert json.loads(manifest.read_text())["engine"] == FLOAT32
    settings = tmp_path / "run.yaml"
    settings.write_text("engine: bfloat16\n")
    assert themes(*command, "--config", settings)[0] == 2
    assert themes(*command, "--overwrite")[0] == 0
    assert json.loads(manifest.read_text())["engine"] == BFLOAT16
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {})
    status, _, err = themes(*command)
    assert status == 2 and "engine bfloat16 needs" in err and "from the beginning" in err
