# shellcheck shell=bash
# Read by the job scripts beside it (`source`), not run. Settings, all by environment variables, all optional:
#   THEMES_MODULES  modules to load, e.g. "python/3.11 cuda/12.4"
#   THEMES_VENV     a virtual environment to activate, in which transcript-themes is installed
#   THEMES_IMAGE    an Apptainer image (containers/themes.def) to run in instead
#   THEMES_BIND     folders that the image must see besides the one the job was submitted from, e.g. /scratch/me
# It leaves LAUNCH, the words to put before `themes` and `torchrun`.

# Nothing is fetched from the network, whatever a library may wish.
export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 PYTHONUNBUFFERED=1
# As many threads as the job was given cores: the node may have more.
export OMP_NUM_THREADS="${SLURM_CPUS_PER_TASK:-${OMP_NUM_THREADS:-1}}"

if [[ -n "${THEMES_MODULES:-}" ]]; then
  read -ra modules <<<"$THEMES_MODULES"
  module load ${modules[@]+"${modules[@]}"}
fi
if [[ -n "${THEMES_VENV:-}" ]]; then
  # shellcheck source=/dev/null
  source "$THEMES_VENV/bin/activate"
fi

LAUNCH=()
if [[ -n "${THEMES_IMAGE:-}" ]]; then
  LAUNCH=(apptainer exec --bind "$PWD${THEMES_BIND:+,$THEMES_BIND}" --pwd "$PWD")
  if command -v nvidia-smi >/dev/null; then
    LAUNCH+=(--nv)
  fi
  LAUNCH+=("$THEMES_IMAGE")
fi
