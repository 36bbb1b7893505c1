#!/usr/bin/env bash
# Collects every package of an image, where there is a network, so that the image can be built where there is none:
#   scripts/wheelhouse.sh cpu|cuda
# EXTRAS says with which extras (lora,cluster); the image is to be built with the same.
# Wheels go to containers/wheelhouse-cpu or -cuda. They are for the Python and the kind of machine that run this: take Python 3.11
# on Linux, as the images have it. TORCH_INDEX names another index for torch (empty: pip's own settings).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
variant="${1:-}"
case "$variant" in
  cpu) index="${TORCH_INDEX-https://download.pytorch.org/whl/cpu}" ;;
  cuda) index="${TORCH_INDEX-}" ;; # PyPI's own torch for Linux carries CUDA
  *)
    sed -n '2,3s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
python="${PYTHON:-python3}"
out="containers/wheelhouse-$variant"
rm -rf "$out"
mkdir -p "$out"
# torch alone first, and at its pinned version: its own index has not all that it depends on, at the versions pinned here. The
# second command finds it there, and all else on the ordinary index.
"$python" -m pip wheel --no-cache-dir --wheel-dir "$out" --no-deps -c constraints.txt ${index:+--index-url "$index"} torch
"$python" -m pip wheel --no-cache-dir --wheel-dir "$out" --find-links "$out" -c constraints.txt ".[${EXTRAS:-lora,cluster}]"
du -sh "$out"
