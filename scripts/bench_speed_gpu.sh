#!/usr/bin/env bash
# Measures speed on a machine with a GPU: our engines with the 22M and a 110M encoder, the rivals, the device's limit.
#
#   scripts/bench_speed_gpu.sh FOLDER_OF_TRANSCRIPTS OUT [options of bench_speed.py]
#
# PYTHON names the interpreter (default: python). Needs torch with CUDA, and setfit for the rivals' rows; touches no network
# and none of the device's settings.
set -euo pipefail

if [ $# -lt 2 ]; then
    echo "usage: $0 FOLDER_OF_TRANSCRIPTS OUT [options of bench_speed.py]" >&2
    exit 2
fi
folder=$1
out=$2
shift 2
python=${PYTHON:-python}
repository=$(cd "$(dirname "$0")/.." && pwd)

if ! "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
    echo "$0: torch sees no CUDA device here; install torch with CUDA, or measure with scripts/bench_speed.py on the CPU" >&2
    exit 1
fi
mkdir -p "$out"
if command -v nvidia-smi >/dev/null; then
    nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,clocks.max.sm,power.limit,utilization.gpu,temperature.gpu \
        --format=csv >"$out/gpu.csv"
fi
export HF_HUB_OFFLINE=1 PYTHONPATH="$repository${PYTHONPATH:+:$PYTHONPATH}"
# Whole runs are float32's, as `engine: auto` is; float16's: --run-options "--config FILE" with `engine: float16` in it.
sizes=(--segments 20000 --files 0 --rounds 3 --sizes 1 2 4)
for option in "$@"; do
    if [ "$option" = --quick ]; then
        sizes=()
    fi
done
exec "$python" "$repository/scripts/bench_speed.py" --inquiry "$folder" --out "$out" --device cuda ${sizes[@]+"${sizes[@]}"} "$@"
