#!/usr/bin/env bash
# What scripts/slurm/submit.sh code does, on this machine without Slurm: shards as processes side by side, then the join.
#   scripts/code_by_hand.sh SHARDS INPUT… --out RUN [--model M …]
# More than two shards on one laptop gain nothing: a single `themes run` uses all cores. It is for trying, and for machines with many.
set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
if ! [[ "${1:-}" =~ ^[1-9][0-9]*$ ]]; then
  sed -n '2,3s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
shards="$1"
shift
for word in "$@"; do
  if [[ "$word" == --overwrite ]]; then
    echo "code_by_hand.sh: --overwrite would have the shards throw away each other's work; name a new --out" >&2
    exit 2
  fi
done

cores="$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)" # those that this process may use, where that can be known
export SLURM_CPUS_PER_TASK="$((cores > shards ? cores / shards : 1))"
# shellcheck source=scripts/slurm/environment.sh
source "$HERE/slurm/environment.sh"

# On GPUs each shard has one for itself, in turn, unless it was said which to take.
gpus=0
if [[ -z "${CUDA_VISIBLE_DEVICES+set}" && " $* " != *" --device"[\ =]"cuda:"* ]] && command -v nvidia-smi >/dev/null; then
  gpus="$(nvidia-smi --list-gpus | grep -c '^GPU' || true)"
fi

children=()
trap 'kill ${children[@]+"${children[@]}"} 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
for ((shard = 1; shard <= shards; shard++)); do
  (
    if ((gpus > 0)); then
      export CUDA_VISIBLE_DEVICES="$(((shard - 1) % gpus))"
    fi
    exec ${LAUNCH[@]+"${LAUNCH[@]}"} themes run "$@" --shard "$shard/$shards"
  ) &
  children+=("$!")
done
# A shard that fails does not matter here: the join codes what it has left.
wait
children=()
export OMP_NUM_THREADS="$cores"
exec ${LAUNCH[@]+"${LAUNCH[@]}"} themes run "$@"
