#!/usr/bin/env bash
#SBATCH --job-name=themes-code
#SBATCH --cpus-per-task=8
#SBATCH --time=08:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%A_%a.log
# A task of a job array: codes its share of the inputs. Arguments: those of `themes run`. Submitted by submit.sh, with the join after it.
# Preempted or killed, the task is queued again and goes on: what it had coded is safe in the run folder.
set -euo pipefail
# shellcheck source=scripts/slurm/environment.sh
source "${THEMES_HOME:?set by submit.sh, is missing: submit with it, and without --export=NONE}/scripts/slurm/environment.sh"

: "${SLURM_ARRAY_TASK_ID:?run this as a job array, by submit.sh}"
first="${SLURM_ARRAY_TASK_MIN:-1}"
shard="$((SLURM_ARRAY_TASK_ID - first + 1))/${SLURM_ARRAY_TASK_COUNT:?}"
status=0
${LAUNCH[@]+"${LAUNCH[@]}"} themes run "$@" --shard "$shard" || status=$?
# 3: some inputs could not be read. They are named above; the join names them again, and ends with this status.
if ((status == 3)); then
  status=0
fi
exit "$status"
