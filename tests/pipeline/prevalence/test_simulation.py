"""The simulations of studies: many side by side are what each is alone, and its lines are what it says."""

import argparse
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "scripts"))  # scripts are imported as the files they are


@pytest.fixture
def small():
    return argparse.Namespace(interviews=8, segments=10, machine="plain", design="codes", seed=3, sizes=[20])


def test_studies_side_by_side_are_what_each_is_alone(small):
    from simulate_prevalence import RATES, Studies

    together = Studies(small, RATES, range(3), 0)
    table = together.sums(together.probability, together.sample(20, "codes")[0])
    for number in range(3):
        alone = Studies(small, RATES, [number], 0)
        assert alone.sums(alone.probability, alone.sample(20, "codes")[0])[:, 0] == pytest.approx(table[:, number])
    assert table[..., 0].sum() == 3 * 3 * 80  # segments of each study, for each code


def test_equal_width_is_found_between_the_sizes_that_were_tried():
    from simulate_prevalence import _needed

    sizes = np.array([100.0, 200.0, 400.0])
    widths = np.sqrt(0.01 + 1 / sizes)  # what coding cannot narrow, and what it can
    assert _needed(widths, sizes, np.sqrt(0.01 + 1 / 300)) == "300"
    assert _needed(widths, sizes, 0.01) == "over 400" and _needed(widths, sizes, 1.0) == "under 100"


def test_its_lines(capsys, monkeypatch):
    from simulate_prevalence import main

    arguments = ["--replications", "3", "--interviews", "8", "--segments", "10", "--sizes", "20"]
    monkeypatch.setattr(sys, "argv", ["simulate_prevalence.py", *arguments])
    main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("3 replications, seed 1") and len(lines) == 5
    assert lines[2].split()[0] == lines[4].split()[0] == "20"


def test_the_lines_of_studies_of_attitudes(capsys, monkeypatch):
    from simulate_attitudes import main

    arguments = ["--replications", "20", "--interviews", "12", "--segments", "40", "--sizes", "200"]
    monkeypatch.setattr(sys, "argv", ["simulate_attitudes.py", *arguments])
    main()
    line = capsys.readouterr().out.splitlines()[2]
    assert line.split()[0] == "200" and float(line.split()[-1]) < 1e-9
