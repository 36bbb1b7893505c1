#!/usr/bin/env bash
# Collects every package of an image, where there is a network, so that the image can be built where there is none:
#   scripts/wheelhouse.sh cpu|cuda
# Wheels go to containers/wheelhouse-cpu or -cuda. They are for the Python and the kind of machine that run this: take Python 3.11
# on Linux, as the images have it. TORCH_INDEX names another index for torch (empty: pip's own settings).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
variant="${1:-}"
case "$variant" in
  cpu) index="${TORCH_INDEX-https://download.pytorch.org/whl/cpu}" ;;
  cuda) index="${TORCH_INDEX-}" ;; # PyPI's own torch for Linux carries CUDA
  *)
    sed -n '2,3s/^# \?//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
python="${PYTHON:-python3}"
out="containers/wheelhouse-$variant"
rm -rf "$out"
mkdir -p "$out"
# torch first, and at its pinned version; the second command finds it there.
"$python" -m pip wheel --no-cache-dir --wheel-dir "$out" -c constraints.txt ${index:+--index-url "$index"} torch
"$python" -m pip wheel --no-cache-dir --wheel-dir "$out" --find-links "$out" -c constraints.txt '.[lora]'
du -sh "$out"
