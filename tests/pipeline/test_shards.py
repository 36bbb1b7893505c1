"""Shards: a run shared among processes gives the tables of one."""

import json
import shutil

import pytest
from filelock import FileLock
from run_folders import assert_same, finished_in, forget
from toys import write_interviews

from pipeline.errors import ThemesError
from pipeline.groups import GROUP_BYTES, groups_of
from pipeline.inputs import list_inputs
from pipeline.locks import Shard
from pipeline.run import RunPlan, run

NAMES = [f"p{number}" for number in range(7)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Seven transcripts; with the white space at their ends, two of them are larger than a group may be."""
    folder = write_interviews(tmp_path_factory.mktemp("sharded") / "corpus", NAMES)
    for file in folder.iterdir():
        file.write_text(file.read_text(encoding="utf-8") + " " * (GROUP_BYTES // 2), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, predictor, codebook, corpus, run_settings):
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    run(RunPlan((corpus,), out, codebook, run_settings), predictor)
    return out


def test_three_shards_at_once_and_the_join(
    program, tmp_path, corpus, undisturbed, tiny_model, predictor, codebook, run_settings
):
    out, config = tmp_path / "run", tmp_path / "run.yaml"
    config.write_text(f"partners: {{vocabulary: '{run_settings.partners.vocabulary}'}}\n")
    command = ["run", corpus, "--out", out, "--config", config, "--model", tiny_model, "--device", "cpu"]
    shards = [program(*command, "--shard", f"{n}/3") for n in (1, 2, 3)]
    ended = [shard.wait() for shard in shards]
    assert [status for status, _, _ in ended] == [0, 0, 0], ended
    assert [said.split(" of its")[0] for _, said, _ in ended] == [
        "shard 1/3: 3 of 3",
        "shard 2/3: 2 of 2",
        "shard 3/3: 2 of 2",
    ]
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["status"] == "running"
    assert not (out / "themes.parquet").exists()
    coded = []
    result = run(RunPlan((corpus,), out, codebook, run_settings), predictor, progress=lambda *step: coded.append(step))
    assert coded == [] and result.manifest["counts"]["coded"] == len(NAMES)
    assert_same(undisturbed, out)


def test_the_join_codes_what_no_shard_has(tmp_path, corpus, undisturbed, predictor, codebook, run_settings):
    out = tmp_path / "run"
    share = run(RunPlan((corpus,), out, codebook, run_settings, shard=Shard(2, 3)), predictor)
    assert len(finished_in(out)) == share.session.counts["transcripts"] == 2
    again = run(RunPlan((corpus,), out, codebook, run_settings, shard=Shard(2, 3)), predictor)
    assert again.session.counts["transcripts"] == 0
    run(RunPlan((corpus,), out, codebook, run_settings), predictor)
    assert_same(undisturbed, out)


def test_a_finished_shard_leaves_the_manifest_of_the_finished_run(
    tmp_path, corpus, undisturbed, predictor, codebook, run_settings
):
    out = shutil.copytree(undisturbed, tmp_path / "run")
    before = (out / "manifest.json").read_bytes()
    share = RunPlan((corpus,), out, codebook, run_settings, shard=Shard(2, 3))
    result = run(share, predictor)
    assert (result.inputs, result.failures, result.session.counts["transcripts"]) == (2, [], 0)
    assert (out / "manifest.json").read_bytes() == before
    forget(out, "p1-")
    run(share, predictor)
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["status"] == "running"


def test_who_may_write_at_the_same_time(tmp_path, corpus, predictor, codebook, run_settings, monkeypatch):
    out = tmp_path / "run"
    out.mkdir()
    plan = RunPlan((corpus,), out, codebook, run_settings)
    first = RunPlan((corpus,), out, codebook, run_settings, shard=Shard(1, 3))
    monkeypatch.setattr("pipeline.locks.PATIENCE", 0)
    with FileLock(out / ".lock-1-of-3"):
        with pytest.raises(ThemesError, match="shard 1/3 is being coded already"):
            run(first, predictor)
        with pytest.raises(ThemesError, match=r"a shard \(1-of-3\) is being coded here"):
            run(plan, predictor)
    with FileLock(out / ".lock"), pytest.raises(ThemesError, match="another run is writing here"):
        run(first, predictor)
    assert not (out / "parts").exists()


def test_shards_of_different_runs_do_not_mix(tmp_path, corpus, predictor, codebook, run_settings):
    out = tmp_path / "run"
    run(RunPlan((corpus,), out, codebook, run_settings, shard=Shard(3, 3)), predictor)
    other = run_settings.model_copy(update={"risk": 0.5})
    with pytest.raises(ThemesError, match="another configuration"):
        run(RunPlan((corpus,), out, codebook, other, shard=Shard(1, 3)), predictor)


def test_a_shard_that_no_group_is_left_for_says_why(themes, tmp_path, corpus, tiny_model, run_settings):
    config = tmp_path / "run.yaml"
    config.write_text(f"partners: {{vocabulary: '{run_settings.partners.vocabulary}'}}\n")
    options = ("--out", tmp_path / "run", "--config", config, "--model", tiny_model, "--device", "cpu")
    status, said, err = themes("run", corpus, *options, "--shard", "8/8")
    assert (status, err) == (0, "")
    assert said.startswith("shard 8/8: nothing to code. ") and "these make 7 groups, which is as many shards" in said


@pytest.mark.parametrize(("number", "count"), [(0, 3), (4, 3), (1, 0)])
def test_shards_that_there_are_not(number, count):
    with pytest.raises(ValueError, match="1 <= number <= count"):
        Shard(number, count)


def test_the_corpus_is_what_it_is_meant_to_be(corpus, tmp_path):
    groups = list(groups_of(list_inputs([corpus], tmp_path, 10**7)))
    assert len(groups) == len(NAMES)
