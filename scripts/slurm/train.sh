#!/usr/bin/env bash
#SBATCH --job-name=themes-train
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=8
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@180
#SBATCH --output=%x-%j.log
# Trains on all GPUs of a node, one process for each. Arguments: those of `themes train`. Ask for GPUs when submitting:
#   THEMES_SBATCH="--gpus-per-node=4" scripts/slurm/submit.sh train gold.csv --codebook my.yaml --out my-model
# Three minutes before its time is up (SIGUSR1) training writes a checkpoint, ends, and is queued again to go on from it. Any other
# signal is passed on, and no more, within these minutes too: who cancels a job wants it to end, and a preempted one Slurm queues again itself.
set -euo pipefail
# shellcheck source=scripts/slurm/environment.sh
source "${THEMES_HOME:?set by submit.sh, is missing: submit with it, and without --export=NONE}/scripts/slurm/environment.sh"

processes="${THEMES_PROCESSES:-${SLURM_GPUS_ON_NODE:-1}}"
# How long torchrun waits for its processes to write the checkpoint before it kills them (30 s otherwise).
export TORCH_ELASTIC_SHUTDOWN_TIMEOUT="${TORCH_ELASTIC_SHUTDOWN_TIMEOUT:-150}"
export OMP_NUM_THREADS="$((OMP_NUM_THREADS > processes ? OMP_NUM_THREADS / processes : 1))"
if ((processes > 1)); then
  command=(${LAUNCH[@]+"${LAUNCH[@]}"} torchrun --standalone --nproc-per-node "$processes" -m pipeline.cli train "$@")
else
  command=(${LAUNCH[@]+"${LAUNCH[@]}"} themes train "$@")
fi

# The model's folder, to see whether training got anywhere.
out="" before=""
for word in "$@"; do
  [[ "$before" != --out ]] || out="$word"
  [[ "$word" != --out=* ]] || out="${word#--out=}"
  before="$word"
done

begun="$(date +%s)" warned=0 ended=0 interrupted=0 child=""
# shellcheck disable=SC2329 # called by trap
pass_on() {
  interrupted=1
  echo "$(date -Is) $1: asking training to stop" >&2
  [[ -z "$child" ]] || kill -TERM "$child" 2>/dev/null || true
}
trap 'warned=1; pass_on "warned that the time is nearly up"' USR1
trap 'ended=1; pass_on "told to end"' TERM INT
"${command[@]}" &
child=$!
# A signal that came before there was a child to pass it to.
((!interrupted)) || kill -TERM "$child" 2>/dev/null || true
while true; do
  status=0
  wait "$child" || status=$?
  # A signal to this script ends `wait` too, before the training has.
  ((interrupted)) || break
  interrupted=0
done

if ((status != 0 && warned && !ended)) && [[ -n "${SLURM_JOB_ID:-}" ]]; then
  # Otherwise a time limit too short for a single step, or a signal just after the model was complete, would have the job come back for ever.
  if [[ -n "$out" && -z "$(find "$out/checkpoint" -name '*.safetensors' -newermt "@$begun" -print -quit 2>/dev/null)" ]]; then
    echo "$(date -Is) not queued again: no checkpoint was written. If there is no model either, ask for a longer --time" >&2
    exit "$status"
  fi
  echo "$(date -Is) queueing job $SLURM_JOB_ID again (training ended with status $status)" >&2
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"
