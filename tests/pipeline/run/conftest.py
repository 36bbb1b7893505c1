"""A run in this process, and one that is finished."""

import pytest

from pipeline.run import RunPlan, run


@pytest.fixture
def go(tmp_path, predictor, codebook, interviews, run_settings):
    """Run with the tiny model; inputs and settings as wished."""

    def code(*inputs, out="run", progress=lambda *step: None, **options):
        options = {"codebook": codebook, "settings": run_settings} | options
        return run(RunPlan(tuple(inputs) or (interviews,), tmp_path / out, **options), predictor, progress=progress)

    return code


@pytest.fixture(scope="session")
def finished(tmp_path_factory, predictor, codebook, interviews, run_settings):
    """One run of the five transcripts; tests leave it as it is."""
    out = tmp_path_factory.mktemp("runs") / "run"
    return out, run(RunPlan((interviews,), out, codebook, run_settings), predictor)
