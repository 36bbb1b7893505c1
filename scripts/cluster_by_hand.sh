#!/usr/bin/env bash
# Starts a Ray cluster on this machine and others over ssh, codes on it, and stops it again.
#
#   scripts/cluster_by_hand.sh "HOST HOST …" themes run INPUT… --out RUN [options]
#
# The machines need the same installation at the same path and a file system that all share; see docs/cluster.md.
# RAY_PORT (6379) is the head's port, RAY_FOLDER where each machine keeps Ray's logs and what does not fit
# into its memory; it is made for you alone, and should be where it exists.
# At the end, every Ray process of yours on these machines is stopped.
# Set RAY_USE_TLS and its companions beforehand where the network is not the cluster's own.
set -euo pipefail

if (($# < 2)); then
  sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
read -ra hosts <<<"$1"
shift

port=${RAY_PORT:-6379}
folder=${RAY_FOLDER:-${TMPDIR:-/tmp}/ray-$(id -un)}
ray=$(command -v ray) || { echo "ray is not installed here: pip install 'ray[data]>=2.60,<2.64'" >&2; exit 1; }
export RAY_USAGE_STATS_ENABLED=0 RAY_AUTH_MODE=token
token=$("$ray" get-auth-token --generate | tail -n 1)
export RAY_AUTH_TOKEN=$token
head=$(hostname -f)

# What each machine is told: the token by its standard input, so that no list of processes shows it.
start_worker() {
  local settings=() name
  for name in RAY_USAGE_STATS_ENABLED RAY_AUTH_MODE RAY_USE_TLS RAY_TLS_SERVER_CERT RAY_TLS_SERVER_KEY RAY_TLS_CA_CERT; do
    [[ -n ${!name:-} ]] && settings+=("$name=${!name}")
  done
  local command
  printf -v command '%q ' env "${settings[@]}" "$ray" start "--address=$head:$port"
  # shellcheck disable=SC2029 # expanded here on purpose
  ssh -o BatchMode=yes "$1" "read -r RAY_AUTH_TOKEN; export RAY_AUTH_TOKEN; $command" <<<"$RAY_AUTH_TOKEN"
}

stop() {
  local host
  for host in "${hosts[@]}"; do
    # shellcheck disable=SC2029
    ssh -o BatchMode=yes "$host" "$(printf '%q stop' "$ray")" || echo "$host: ray could not be stopped" >&2
  done
  "$ray" stop
}

# Ray opens the folder that it is given to everybody on the machine: it gets one inside a folder that nobody else may enter.
make_private() { printf 'umask 077; mkdir -p %q' "$folder"; }
bash -c "$(make_private)"
trap stop EXIT
"$ray" start --head --port="$port" --temp-dir="$folder/ray" --include-dashboard=false
for host in "${hosts[@]}"; do
  # shellcheck disable=SC2029 # expanded here on purpose: workers use the same path
  ssh -o BatchMode=yes "$host" "$(make_private)"
  start_worker "$host"
done
"$@" --cluster "$head:$port"
