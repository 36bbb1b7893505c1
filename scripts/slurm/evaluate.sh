#!/usr/bin/env bash
#SBATCH --job-name=themes-evaluate
#SBATCH --cpus-per-task=4
#SBATCH --time=02:00:00
#SBATCH --requeue
#SBATCH --output=%x-%j.log
# Measures agreement with gold. Arguments: those of `themes evaluate`.
set -euo pipefail
# shellcheck source=scripts/slurm/environment.sh
source "${THEMES_HOME:?set by submit.sh, is missing: submit with it, and without --export=NONE}/scripts/slurm/environment.sh"

exec ${LAUNCH[@]+"${LAUNCH[@]}"} themes evaluate "$@"
