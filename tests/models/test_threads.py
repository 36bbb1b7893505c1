"""How many cores there are for us."""

import os
import subprocess
import sys

import pytest

from models.threads import cores, quota


@pytest.mark.parametrize(
    ("content", "expected"),
    [("150000 100000\n", 2), ("400000 100000", 4), ("1000 100000", 1), ("max 100000\n", None), ("", None)],
)
def test_a_containers_quota(tmp_path, content, expected):
    file = tmp_path / "cpu.max"
    file.write_text(content)
    assert quota(file) == expected


def test_no_quota(tmp_path):
    assert quota(tmp_path / "cpu.max") is None


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no such call on this system")
def test_a_job_that_is_bound_to_one_core_uses_one():
    assert 1 <= cores() <= (os.cpu_count() or 1)
    code = (
        "import os; os.environ.pop('OMP_NUM_THREADS', None); os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "import torch; torch.set_num_threads(4); from models.threads import limit_threads; limit_threads();"
        "print(torch.get_num_threads(), os.environ['RAYON_NUM_THREADS'])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "RAYON_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1"]
