"""What tests of a model's files share."""

import shutil

import pytest


@pytest.fixture
def copy(tiny_model, tmp_path):
    """A model that a test may damage."""
    return shutil.copytree(tiny_model, tmp_path / "model")
