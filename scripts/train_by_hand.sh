#!/usr/bin/env bash
# What scripts/slurm/submit.sh train does, on this machine without Slurm: one process for each GPU (or as many as are asked for).
#   scripts/train_by_hand.sh PROCESSES GOLD… --codebook C --out MODEL [--device cpu …]
# Ended early (Ctrl-C, kill), the same command goes on from the last checkpoint.
set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
THEMES_HOME="$(dirname "$HERE")"
export THEMES_HOME
if ! [[ "${1:-}" =~ ^[1-9][0-9]*$ ]]; then
  sed -n '2,3s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
export THEMES_PROCESSES="$1"
shift
SLURM_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)}"
export SLURM_CPUS_PER_TASK
exec bash "$HERE/slurm/train.sh" "$@"
