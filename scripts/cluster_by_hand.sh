#!/usr/bin/env bash
# Starts a Ray cluster on this machine and others over ssh, codes on it, and stops it again.
#
#   scripts/cluster_by_hand.sh "HOST HOST …" themes run INPUT… --out RUN [options]
#
# The machines need the same installation at the same path and a file system that all share; see docs/cluster.md.
# RAY_PORT (6379) is the head's port, RAY_FOLDER where each machine keeps Ray's logs and what does not fit
# into its memory; it is made for you alone, and refused where it exists and others may enter.
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
  printf -v command '%q ' env ${settings[@]+"${settings[@]}"} "$ray" start "--address=$head:$port"
  # shellcheck disable=SC2029 # expanded here on purpose
  ssh -o BatchMode=yes "$1" "read -r RAY_AUTH_TOKEN; export RAY_AUTH_TOKEN; $command" <<<"$RAY_AUTH_TOKEN"
}

stop() {
  local host
  for host in ${hosts[@]+"${hosts[@]}"}; do
    # shellcheck disable=SC2029
    ssh -o BatchMode=yes "$host" "$(printf '%q stop' "$ray")" || echo "$host: ray could not be stopped" >&2
  done
  "$ray" stop
}

# Ray opens the folder that it is given to everybody on the machine: it gets one inside a folder that nobody else may enter.
# The script's own folder is closed again where an earlier version left it open, as long as it is no trap; one that the user named is
# refused. For the shell of each machine, whichever that is.
make_private() {
  # shellcheck disable=SC2016 # expanded there
  local keep_out='
    umask 077
    mkdir -p "$1" || exit
    fail() { echo "$(uname -n): $1 $2" >&2; exit 1; }
    rights=$(ls -ld "$1/." | cut -c 5-10)
    if [ "$2" = named ]; then
      [ "$rights" = ------ ] || fail "$1" "can be entered by others (chmod 700 it, or set RAY_FOLDER to a folder of yours alone)"
      exit 0
    fi
    for each in "$1" "$1/ray"; do
      [ ! -L "$each" ] && { [ ! -e "$each" ] || [ -O "$each" ]; } || fail "$each" "is not your own folder (set RAY_FOLDER)"
    done
    chmod 700 "$1"'
  printf 'bash -c %q - %q %q' "$keep_out" "$folder" "${RAY_FOLDER:+named}"
}
bash -c "$(make_private)"
trap stop EXIT
"$ray" start --head --port="$port" --temp-dir="$folder/ray" --include-dashboard=false
for host in ${hosts[@]+"${hosts[@]}"}; do
  # shellcheck disable=SC2029 # expanded here on purpose: workers use the same path
  ssh -o BatchMode=yes "$host" "$(make_private)"
  start_worker "$host"
done
"$@" --cluster "$head:$port"
