#!/usr/bin/env bash
#SBATCH --job-name=themes-join
#SBATCH --cpus-per-task=4
#SBATCH --mem=16G
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.log
# After the array: codes what a lost task has left, and joins the parts into the run's tables. Arguments: those of `themes run`.
set -euo pipefail
# shellcheck source=scripts/slurm/environment.sh
source "${THEMES_HOME:?is set by submit.sh: the folder of transcript-themes}/scripts/slurm/environment.sh"

exec "${LAUNCH[@]}" themes run "$@"
