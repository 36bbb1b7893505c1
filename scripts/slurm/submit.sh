#!/usr/bin/env bash
# Submits jobs to Slurm, from the folder in which the paths are right:
#   submit.sh code SHARDS INPUT… --out RUN [--model M …]      an array of SHARDS tasks, and the join after it
#   submit.sh train GOLD… --codebook C --out MODEL […]        queued again when preempted, until it is done
#   submit.sh evaluate GOLD… --model MODEL --out DIR […]
# Options of sbatch (partition, account, GPUs, time, memory) in THEMES_SBATCH, e.g. THEMES_SBATCH="--partition=gpu --gpus-per-node=4".
# Where themes is installed: see environment.sh. DRY_RUN=1 prints the commands instead of submitting.
set -euo pipefail
THEMES_HOME="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
export THEMES_HOME
read -ra options <<<"${THEMES_SBATCH:-}"

usage() {
  sed -n '2,7s/^# \?//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

submit() {
  if [[ "${DRY_RUN:-}" == 1 ]]; then
    printf '%q ' sbatch --parsable "$@" >&2
    echo >&2
    echo JOB
  else
    sbatch --parsable "$@" | cut -d ';' -f 1
  fi
}

here="$THEMES_HOME/scripts/slurm"
what="${1:-}"
shift || usage
case "$what" in
  code)
    [[ "${1:-}" =~ ^[1-9][0-9]*$ ]] || usage
    shards="$1"
    shift
    for word in "$@"; do
      if [[ "$word" == --overwrite ]]; then
        echo "submit.sh code: --overwrite would have the shards throw away each other's work; name a new --out" >&2
        exit 2
      fi
    done
    # The first shard that starts writes what all check against; the join runs whatever became of them, and finishes what is missing.
    array="$(submit --array="1-$shards" "${options[@]}" "$here/code_array.sh" "$@")"
    join="$(submit --dependency="afterany:$array" "${options[@]}" "$here/code_join.sh" "$@")"
    echo "array $array, join $join"
    ;;
  train | evaluate)
    job="$(submit "${options[@]}" "$here/$what.sh" "$@")"
    echo "job $job"
    ;;
  *) usage ;;
esac
