"""Memory of the products in bfloat16, which oneDNN makes ready for each shape; what they give is tested with the engines."""

import subprocess
import sys

import pytest
import torch

from models.bfloat16 import multiplies_bfloat16

GROWN = """
import os
import torch
from models.bfloat16 import keep_few_products

keep_few_products()
torch.set_num_threads(1)
page = os.sysconf("SC_PAGE_SIZE")

def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * page / 1e6

def products(lengths):
    for length in lengths:
        x = torch.ones(12, length, 32, dtype=torch.bfloat16)
        torch.matmul(x, x.transpose(-1, -2))

products(range(20, 120))
before = resident()
products(range(120, 420))
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.skipif(not multiplies_bfloat16(torch.device("cpu")), reason="this processor multiplies no bfloat16")
def test_ever_new_shapes_take_no_more_memory():
    said = subprocess.run([sys.executable, "-c", GROWN], capture_output=True, text=True, check=True)
    assert float(said.stdout) < 20
