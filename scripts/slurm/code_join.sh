#!/usr/bin/env bash
#SBATCH --job-name=themes-join
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.log
# After the array: codes what a lost task has left, and joins the parts into the run's tables. Arguments: those of `themes run`.
set -euo pipefail
# shellcheck source=scripts/slurm/environment.sh
source "${THEMES_HOME:?set by submit.sh, is missing: submit with it, and without --export=NONE}/scripts/slurm/environment.sh"

exec ${LAUNCH[@]+"${LAUNCH[@]}"} themes run "$@"
