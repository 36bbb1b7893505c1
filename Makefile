# Two commands for a newcomer: `make demo` and `make test`. Both keep their environment in .venv, in this folder.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := examples/interviews/w5-01.txt examples/interviews/w5-05.txt examples/interviews/w5-08.txt examples/interviews/w5-12.txt

.PHONY: demo test check format clean

demo: $(VENV)/installed
	$(BIN)/themes run $(DEMO) --out demo-run --overwrite

# Two processes of one thread each take less time than one of two: most tests are not torch's. A file's tests stay in one process,
# as they share what they set up.
test: $(VENV)/installed check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# torch first and at this version. On Linux the package index's own build brings gigabytes of CUDA; the small one for processors alone:
# make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
# Torch alone from there: that index has not all that it depends on, at the versions pinned here.
TORCH_INDEX ?=
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@echo "Installing into $(VENV); nothing is shown meanwhile, and it takes minutes the first time."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(if $(TORCH_INDEX),--no-deps --index-url $(TORCH_INDEX)) torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) demo-run
