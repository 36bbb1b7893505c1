#!/usr/bin/env bash
# Submits jobs to Slurm, from the folder in which the paths are right:
#   submit.sh code SHARDS INPUT… --out RUN [--model M …]      an array of SHARDS tasks, and the join after it
#   submit.sh train GOLD… --codebook C --out MODEL […]        queued again when its time is up or preempted, until it is done
#   submit.sh evaluate GOLD… --model MODEL --out DIR […]
# Options of sbatch (partition, account, GPUs, time, memory) in THEMES_SBATCH, e.g. THEMES_SBATCH="--partition=gpu --gpus-per-node=4".
# Where themes is installed: see environment.sh. DRY_RUN=1 prints the commands instead of submitting.
set -euo pipefail
THEMES_HOME="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
export THEMES_HOME
read -ra options <<<"${THEMES_SBATCH:-}"

usage() {
  sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

# Memory and options. Memory is not at the top of the job scripts, where it could not give way to --mem-per-cpu, which some sites want.
# --export: some sites set SBATCH_EXPORT=NONE, and the jobs need THEMES_HOME and its companions. What THEMES_SBATCH says comes later, and wins.
submit() {
  local memory=("--mem=$1")
  [[ ! " ${options[*]-} " =~ " --mem"(=|-per-|" ") ]] || memory=()
  shift
  set -- sbatch --parsable --export=ALL ${memory[@]+"${memory[@]}"} "$@"
  if [[ "${DRY_RUN:-}" == 1 ]]; then
    printf '%q ' "$@" >&2
    echo >&2
    echo JOB
  else
    "$@" | cut -d ';' -f 1
  fi
}

# What every job would fail for is better said now.
fail() {
  echo "submit.sh: $1" >&2
  exit 1
}
warn() {
  echo "submit.sh: warning: $1" >&2
}
check() {
  [[ -z "${THEMES_VENV:-}" || -f "$THEMES_VENV/bin/activate" ]] || fail "THEMES_VENV: $THEMES_VENV is no virtual environment"
  [[ -z "${THEMES_IMAGE:-}" || "$THEMES_IMAGE" == *://* || -e "$THEMES_IMAGE" ]] || fail "THEMES_IMAGE: there is no $THEMES_IMAGE"
  # The nodes may have what this machine has not, and --output may lead elsewhere.
  [[ -n "${THEMES_VENV:-}${THEMES_IMAGE:-}${THEMES_MODULES:-}" ]] || command -v themes >/dev/null ||
    warn "there is no themes here: if the nodes have none either, set THEMES_VENV or THEMES_IMAGE"
  [[ -w . ]] || warn "this folder, into which the jobs' logs go, cannot be written"
}

here="$THEMES_HOME/scripts/slurm"
what="${1:-}"
shift || usage
case "$what" in
  code)
    [[ "${1:-}" =~ ^[1-9][0-9]*$ ]] || usage
    check
    shards="$1"
    shift
    for word in "$@"; do
      if [[ "$word" == --overwrite ]]; then
        echo "submit.sh code: --overwrite would have the shards throw away each other's work; name a new --out" >&2
        exit 2
      fi
    done
    # The join's log quotes interviews. Slurm gives its jobs, and their logs, the umask from here.
    umask 077
    # The first shard that starts writes what all check against; the join runs whatever became of them, and finishes what is missing.
    array="$(submit 16G --array="1-$shards" ${options[@]+"${options[@]}"} "$here/code_array.sh" "$@")"
    join="$(submit 16G --dependency="afterany:$array" ${options[@]+"${options[@]}"} "$here/code_join.sh" "$@")" ||
      fail "the join was refused, but array $array is queued: when it is done, give \`themes run\` without --shard (or: scancel $array)"
    echo "array $array, join $join (to end both: scancel $array $join)"
    ;;
  train | evaluate)
    check
    needed=16G
    [[ "$what" != train ]] || needed=32G
    job="$(submit "$needed" ${options[@]+"${options[@]}"} "$here/$what.sh" "$@")"
    echo "job $job"
    ;;
  *) usage ;;
esac
