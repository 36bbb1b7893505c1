"""A run on a cluster: the same tables as here, whatever dies on the way."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from toys import write_interviews

from pipeline.cluster.connection import Cluster
from pipeline.errors import UsageError
from pipeline.interruption import Terminated, terminable
from pipeline.store import SCHEMAS

REPO = Path(__file__).parents[3]
FINISHED = [f"{name}.txt" for name in ("t01", "t02", "t04", "t05", "t06")]
NOT_STARTED = 77
PROGRAM = Path(__file__).with_name("losing_a_machine.py")


def tables(folder):
    return {name: pq.read_table(folder / f"{name}.parquet") for name in SCHEMAS}


@pytest.fixture(scope="module")
def lost(tmp_path_factory, tiny_model, codebook_file, run_settings):
    """What was left of a run in which a machine died, and in which one input ended each process that read it."""
    pytest.importorskip("ray.data")
    folder = tmp_path_factory.mktemp("lost")
    inputs = write_interviews(folder / "inputs", [*(f"t{number:02}" for number in range(40)), "deadly"])
    arguments = [folder, inputs, tiny_model, codebook_file, run_settings.partners.vocabulary]
    # Ray finds out that a node is gone by asking it now and then, which by default takes half a minute. And its workers give way
    # to whatever else runs on the machine (niceness 15, a thirtieth of another process's share): on a busy one, for ever.
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(REPO), str(REPO / "tests")]),
        "RAY_health_check_period_ms": "1000",
        "RAY_worker_niceness": "0",
    }
    done = subprocess.run(
        [sys.executable, PROGRAM, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    if done.returncode == NOT_STARTED:
        pytest.skip("Ray's own processes did not start in five minutes")
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout.splitlines()[-1])


def test_nothing_is_lost_and_nothing_twice_when_a_machine_dies(lost):
    folder, told = lost
    assert told["alive"] == 2, "the head and one of two nodes"
    assert told["status"] == 3, "one input failed"
    assert sorted([*told["done"], *FINISHED]) == sorted(path.name for path in (folder / "inputs").iterdir())
    here, there = tables(folder / "here"), tables(folder / "there")
    for name in set(SCHEMAS) - {"transcripts"}:
        assert there[name].equals(here[name]), name
    column = [name for name in SCHEMAS["transcripts"].names if name != "error"]
    assert there["transcripts"].select(column).equals(here["transcripts"].select(column))


def test_an_input_that_ends_every_process_is_named_and_the_others_done(lost):
    folder, _ = lost
    manifest = json.loads((folder / "there" / "manifest.json").read_text(encoding="utf-8"))
    assert [Path(failure["path"]).name for failure in manifest["failures"]] == ["deadly.txt"]
    assert "2 processes of the cluster died on it" in manifest["failures"][0]["reason"]
    assert manifest["counts"]["coded"] == 40


def test_the_manifest_differs_only_in_what_a_cluster_changes(lost):
    folder, _ = lost
    here, there = (
        json.loads((folder / name / "manifest.json").read_text(encoding="utf-8")) for name in ("here", "there")
    )
    differing = {name for name in here | there if here.get(name) != there.get(name)}
    assert differing <= {"cluster", "resumed", "started", "finished", "timings", "failures"}
    assert there["cluster"].keys() == {"address", "ray", "nodes", "actors", "device", "engine", "rounds", "lost"}
    assert there["cluster"]["nodes"] == there["cluster"]["actors"] == 2


def test_without_ray_one_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'ray\[data\]>="), Cluster("local", "auto"):
        pass


def test_rays_client_protocol_is_refused():
    pytest.importorskip("ray.data")
    with pytest.raises(UsageError, match="--cluster auto"), Cluster("ray://somewhere:10001", "auto"):
        pass


class StandIn:
    """In Ray's place where its start is not what is tried: it opens its folder to everybody, and takes SIGTERM for itself."""

    __version__ = "0"

    def __init__(self, at_start=lambda: None):
        self.at_start, self.modes, self.up = at_start, [], False

    def is_initialized(self):
        return self.up

    def init(self, **options):
        folder = Path(options["_temp_dir"])
        folder.mkdir(parents=True)
        folder.chmod(0o777)
        self.modes.append(folder.parent.stat().st_mode & 0o777)
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(number))
        self.at_start()
        self.up = True

    def nodes(self):
        return [{"Alive": True, "Resources": {"CPU": 2.0}}]

    def shutdown(self):
        self.up = False


@pytest.fixture
def stand_in(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    old = os.umask(0)

    def put(*arguments):
        ray = StandIn(*arguments)
        monkeypatch.setattr("pipeline.cluster.connection.import_ray", lambda: ray)
        return ray

    yield put
    os.umask(old)


def test_rays_folder_is_inside_one_that_nobody_else_may_enter(stand_in, tmp_path):
    ray = stand_in()
    with Cluster("local", "cpu"):
        assert ray.modes == [0o700] and any(tmp_path.iterdir())
    assert not ray.up and not any(tmp_path.iterdir())


@pytest.mark.parametrize("early", [True, False])
def test_sigterm_ends_the_cluster_and_removes_its_folder(stand_in, tmp_path, early):
    """While Ray starts, when it has a handler of its own, and later."""

    def end():
        signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    ray = stand_in(end) if early else stand_in()
    with terminable(), pytest.raises(Terminated), Cluster("local", "cpu"):
        assert not early
        end()
    assert not ray.up and not any(tmp_path.iterdir())
    assert signal.getsignal(signal.SIGTERM) is before
