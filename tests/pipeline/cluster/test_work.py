"""What a machine of the cluster does, without Ray: the same as a run here does, refusals, and deaths of the process."""

import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import write_interviews

from pipeline.cluster.guard import ALONE, TOGETHER, guarded
from pipeline.cluster.pool import pool_for
from pipeline.cluster.tally import Tally
from pipeline.cluster.work import BatchCoder, Job, Refused, Unlike, prepare_batch
from pipeline.errors import UsageError
from pipeline.groups import Batch, batches_of, code_group, groups_of
from pipeline.inputs import Input, list_inputs
from pipeline.manifest import fingerprint
from pipeline.prepare import Failed, Preparer


@pytest.fixture
def job(tiny_model, predictor, codebook, run_settings, monkeypatch, tmp_path):
    """In a working folder of its own: a machine goes to the job's, and the test's process is one."""
    monkeypatch.chdir(tmp_path)
    decides = fingerprint(predictor, codebook, run_settings, None)
    return Job(
        key=str(tmp_path),
        folder=tmp_path,
        settings=run_settings,
        attributes=None,
        vocabulary_sha256=decides["vocabulary_sha256"],
        model=str(tiny_model),
        model_sha256=predictor.model.sha256,
        engine=predictor.engine,
        wanted=codebook.names,
    )


def batch_of(folder, *names):
    """The folder's transcripts in one batch; those that are named are missing, where any is."""
    (group,) = groups_of(list_inputs([folder], folder / "run", 1_000_000))
    finished = {item.transcript_id for item in group.items if names and item.path.name not in names}
    (batch,) = batches_of([group], finished, lambda _: group.name)
    return batch


@pytest.fixture
def batch(tmp_path):
    write_interviews(tmp_path / "in", ("1a", "2b", "3c"))
    (tmp_path / "in" / "4d.docx").write_text("no docx", encoding="utf-8")
    return batch_of(tmp_path / "in")


def done(job, batch):
    prepared = prepare_batch(job, Tally(), batch)
    return BatchCoder(job, "cpu", 1).code(Tally(), batch, prepared)


def assert_same(one, other):
    for mine, theirs in zip(one, other, strict=True):
        if isinstance(mine, Failed):
            assert mine == theirs
        else:
            assert mine.tables == theirs.tables
            assert (mine.transcript_id, mine.group, mine.notes) == (theirs.transcript_id, theirs.group, theirs.notes)


def test_a_batch_comes_out_as_it_does_here(job, batch, predictor):
    preparer = Preparer(job.settings)
    here = code_group(
        predictor, batch.group.name, [preparer.prepare(item.path) for item in batch.missing], wanted=job.wanted
    )
    assert isinstance(here[3], Failed)
    assert_same(done(job, batch), here)


def test_what_stands_beside_is_coded_along_and_not_given_back(job, batch):
    whole = done(job, batch)
    rest = batch_of(job.folder / "in", "2b.txt")
    assert len(rest.beside) == 3
    assert_same(done(job, rest), whole[1:2])


def test_what_stands_beside_is_left_unread_where_nothing_missing_can_be_coded(job, batch):
    rest = batch_of(job.folder / "in", "4d.docx")
    assert len(rest.beside) == 3
    (failed,) = prepare_batch(job, Tally(), rest)
    assert done(job, rest) == [failed]
    assert type(failed) is Failed and failed.path.endswith("4d.docx")


def test_paths_are_those_of_the_runs_folder(job, batch, monkeypatch):
    relative = batch_of(Path("in"))
    monkeypatch.chdir("/")
    result = done(replace(job, key="elsewhere"), relative)
    assert [part.tables["transcripts"]["path"].to_pylist() for part in result[:3]] == [
        ["in/1a.txt"],
        ["in/2b.txt"],
        ["in/3c.txt"],
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": "0.0.1"}, "of version"),
        ({"folder": Path("nowhere")}, "cannot be entered"),
        ({"vocabulary_sha256": "0" * 64}, "vocabulary"),
        ({"model_sha256": "0" * 64}, "is another there (sha256 "),
        ({"model": "nowhere"}, "cannot be loaded there"),
        ({"engine": "float16"}, "cannot be run there: the engine float16 needs a GPU"),
    ],
)
def test_a_machine_that_lacks_something_says_what(job, batch, change, words):
    other = replace(job, key=words, **change)
    answer = done(other, batch)
    assert isinstance(answer, Refused) and words in answer.reason
    assert ("name the engine" if "engine" in change else "file system") in answer.remedy


@pytest.mark.parametrize(
    "change", [lambda file: file.unlink(), lambda file: file.write_text("I: Other talk, quite other.")]
)
def test_an_input_that_is_another_there_is_told_apart_from_a_bad_one(job, batch, change):
    change(batch.missing[1].path)
    prepared = prepare_batch(job, Tally(), batch)
    assert [type(item).__name__ for item in prepared] == ["Prepared", "Unlike", "Prepared", "Failed"]
    assert isinstance(BatchCoder(job, "cpu", 1).code(Tally(), batch, prepared)[1], Unlike)


class Folder:
    """A witness that outlives a process: a file per piece of work, a byte per beginning."""

    def __init__(self, path):
        self.path = path

    def begin(self, key):
        with (self.path / key.replace(" ", "-")).open("ab") as file:
            file.write(b".")
            return file.tell()

    def end(self, key):
        (self.path / key.replace(" ", "-")).unlink()

    def give_up(self, key):
        (self.path / "given-up").open("ab").write(key.encode() + b"\n")


def of(*names):
    items = tuple(Input(Path(name), name) for name in names)
    return Batch(next(groups_of(items)), items)


def work(items):
    """Kills the process that does it on anything deadly."""
    if any(item.transcript_id.startswith("deadly") for item in items):
        os._exit(9)
    return [item.transcript_id.upper() for item in items]


@pytest.mark.parametrize(
    ("names", "deaths"),
    [(("a", "b"), 0), (("a", "deadly", "b"), TOGETHER + ALONE), (("deadly", "deadly2"), TOGETHER + 2 * ALONE)],
)
def test_what_ends_every_process_is_left_alone_and_the_others_done(tmp_path, names, deaths):
    """Each process is a new one, as on a cluster; what dies with it is done again by the next."""
    batch, out = of(*names), tmp_path / "out"
    (tmp_path / "witness").mkdir()

    def process():
        results = guarded(Folder(tmp_path / "witness"), "code", batch, batch.missing, work)
        out.write_text("\n".join(each.reason if isinstance(each, Failed) else each for each in results))

    starts = 0
    while not out.exists():
        starts += 1
        assert starts < 20
        child = multiprocessing.get_context("fork").Process(target=process)
        child.start()
        child.join()
    assert starts == deaths + 1
    for name, result in zip(names, out.read_text().split("\n"), strict=True):
        assert "processes of the cluster died on it" in result if name.startswith("deadly") else result == name.upper()


def test_what_is_given_up_is_known_and_not_taken_together_again():
    batch, tally = of("a", "deadly", "deadly2"), Tally()
    for _ in range(TOGETHER):
        tally.begin(f"code {batch.group.name}")
    for name in ("deadly", "deadly2"):
        for _ in range(ALONE):
            tally.begin(f"code {batch.group.name} {name}")
    for _ in range(2):  # the second time, as if the results had been lost
        results = guarded(tally, "code", batch, batch.missing, work)
        assert [isinstance(each, Failed) for each in results] == [False, True, True]
        assert tally.given_up() == 2


def test_a_fault_is_no_death():
    def fails(items):
        raise ValueError

    batch, tally = of("a", "b"), Tally()
    for _ in range(5):
        with pytest.raises(ValueError):
            guarded(tally, "code", batch, batch.missing, fails)
    assert guarded(tally, "code", batch, batch.missing, lambda items: [len(items)] * 2) == [2, 2], "together still"


machines = st.lists(
    st.fixed_dictionaries({"CPU": st.integers(0, 64)}, optional={"GPU": st.integers(0, 8)}), min_size=1, max_size=8
)


@given(machines, st.sampled_from(["auto", "cpu", "cuda"]))
def test_the_pool_fits_the_machines(nodes, device):
    gpus = sum(node.get("GPU", 0) for node in nodes)
    if not any(node["CPU"] for node in nodes) or (device == "cuda" and not gpus):
        with pytest.raises(UsageError, match="no machine of the cluster"):
            pool_for(nodes, device)
        return
    pool = pool_for(nodes, device)
    assert pool.actors >= 1
    if gpus and device != "cpu":
        assert (pool.device, pool.actors, pool.actor) == ("cuda", gpus, {"num_gpus": 1})
        return
    assert pool.device == "cpu"
    assert pool.actor["num_cpus"] == pool.threads
    assert pool.readers == pool.actors == sum(node["CPU"] // pool.threads for node in nodes)
    used = pool.actors * pool.threads
    assert used >= 0.75 * sum(node["CPU"] for node in nodes) and pool.threads <= 4


@pytest.mark.parametrize(
    "cpus, actors, threads",
    [([64, 64], 32, 4), ([1, 64, 64], 32, 4), ([2, 64], 16, 4), ([3, 3], 2, 3), ([1, 1, 1], 3, 1), ([2, 1], 3, 1)],
)
def test_a_small_machine_does_not_shrink_the_actors_of_large_ones(cpus, actors, threads):
    pool = pool_for([{"CPU": count} for count in cpus], "cpu")
    assert (pool.actors, pool.threads) == (actors, threads)
