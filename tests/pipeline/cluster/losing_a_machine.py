"""A cluster of several Ray nodes on this machine, one of which is killed in the midst of a run; a program of its own, because
the tests' own process may not open connections.

Writes FOLDER/here, a run of this process alone, and FOLDER/there: the same run, stopped when a few inputs were finished, which
the cluster takes up; prints what was done there as JSON. One input, `deadly.txt`, kills every process of the cluster that
reads it.

    python losing_a_machine.py FOLDER INPUTS MODEL CODEBOOK VOCABULARY
"""

import json
import os
import shutil
import signal
import socket
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from run_folders import finished_in, forget

import pipeline.run
from models.loading import load_model
from models.predict import Predictor
from pipeline.cluster.connection import Cluster
from pipeline.cluster.rounds import import_ray
from pipeline.codebook import load_codebook
from pipeline.config import PartnerSettings, RunSettings
from pipeline.errors import UnreadableInput
from pipeline.groups import groups_of
from pipeline.ingest import AttributesTable
from pipeline.run import RunPlan, run

NODES = 2
FINISHED = ("t01", "t02", "t04", "t05", "t06")
"""Before the cluster begins; groups are of two, so that t04 is coded again to give t03 the neighbour that it had."""
HERE = os.getpid()
NOT_STARTED = 77
PATIENCE = 300
"""Seconds, for all nodes together."""
BARE = {
    "object_store_memory": 100_000_000,
    "include_dashboard": False,
    "include_log_monitor": False,
    "no_monitor": True,
}
"""Without what only looks on: each such process takes a second or two to start, and the nodes wait for it."""


class Deadly(AttributesTable):
    """Attributes that kill the process which looks for those of one input; in the first process, it cannot be read."""

    def attributes_for(self, path, transcript):
        if Path(path).name != "deadly.txt":
            return AttributesTable.attributes_for(self, path, transcript)
        if os.getpid() == HERE:
            raise UnreadableInput("is deadly")
        os.kill(os.getpid(), signal.SIGKILL)


def ports():
    """For the helpers of a node: where they are not given, Ray waits 15 seconds for them, and a busy machine needs more."""
    names = ("dashboard_agent_listen_port", "metrics_agent_port", "runtime_env_agent_port", "metrics_export_port")
    sockets = [socket.socket() for _ in names]
    for each in sockets:
        each.bind(("", 0))
    given = {name: each.getsockname()[1] for name, each in zip(names, sockets, strict=True)}
    for each in sockets:
        each.close()
    return given


def be_patient():
    """Let nodes start as slowly as a busy machine makes them: Ray gives each 30 seconds, and another try costs the same again."""
    from ray._private import services

    get_node = services.get_node
    deadline = time.monotonic() + PATIENCE

    def get_node_at_last(*arguments):
        while True:
            try:
                return get_node(*arguments)
            except RuntimeError as error:
                if time.monotonic() > deadline:
                    print(f"gave up: {error}", file=sys.stderr, flush=True)
                    raise SystemExit(NOT_STARTED) from error
                time.sleep(0.1)

    services.get_node = get_node_at_last


def processes(node):
    """A node's raylet, and the processes that it started, with their titles."""
    raylet = node.all_processes["raylet"][0].process.pid
    children = Path(f"/proc/{raylet}/task/{raylet}/children").read_text(encoding="ascii").split()
    titles = {int(child): Path(f"/proc/{child}/cmdline").read_text(encoding="utf-8") for child in children}
    return {raylet: "raylet"} | titles


def kill_one_that_codes(nodes):
    """End a node as a power cut would, all its processes at once; one that has an actor with a model."""
    for node in nodes:
        running = processes(node)
        if any(title.startswith("ray::MapWorker") and "__init__" not in title for title in running.values()):
            for process in running:
                os.kill(process, signal.SIGKILL)
            return
    raise AssertionError("no node codes")


def stop_early(folder):
    """Make of a finished run one that was stopped."""
    forget(folder, *(name for name in finished_in(folder) if not name.startswith(FINISHED)))
    for file in folder.glob("*.parquet"):
        file.unlink()


def main(folder, inputs, model, codebook, vocabulary):
    folder = Path(folder)
    # Groups are of a megabyte; of these small transcripts, two make one.
    pipeline.run.groups_of = partial(groups_of, group_bytes=2200)
    rows = folder / "attributes.csv"
    rows.write_text("transcript,rank\nt01,sergeant\nt02,officer\n", encoding="utf-8")
    table = AttributesTable.read(rows)
    settings = RunSettings(partners=PartnerSettings(vocabulary=Path(vocabulary)))
    plan = RunPlan((Path(inputs),), folder / "here", load_codebook(codebook), settings, Deadly(table.path, table.rows))
    predictor = Predictor(load_model(Path(model)), device="cpu")
    run(plan, predictor)
    shutil.copytree(folder / "here", folder / "there")
    stop_early(folder / "there")

    import_ray()
    from ray.cluster_utils import Cluster as Nodes

    started = time.monotonic()
    be_patient()
    nodes = Nodes()
    _, *workers = [nodes.add_node(num_cpus=cpus, wait=False, **BARE, **ports()) for cpus in (0, *[1] * NODES)]
    nodes.wait_for_nodes(timeout=PATIENCE)
    print(f"{time.monotonic() - started:.0f} s: the cluster is up", file=sys.stderr, flush=True)
    done = []

    def progress(count, total, name):
        print(f"{time.monotonic() - started:.0f} s: {count} of {total}", file=sys.stderr, flush=True)
        done.append(name)
        if len(done) == 1:
            kill_one_that_codes(workers)

    with Cluster(nodes.address, "auto") as cluster:
        plan = replace(plan, out=folder / "there", cluster=cluster.record)
        result = run(plan, predictor, progress=progress, coder=cluster.coder(plan, predictor))
        alive = sum(node["Alive"] for node in import_ray().nodes())
    print(
        json.dumps({"status": result.exit_status, "done": done, "alive": alive, "cluster": result.manifest["cluster"]})
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
