"""Memory of the products in bfloat16, which oneDNN makes ready for each shape; what they give is tested with the engines."""

import os
import subprocess
import sys

import pytest
import torch

from models.bfloat16 import multiplies_bfloat16

GROWN = """
import os
import torch
from transformers import BertConfig, BertModel
from models.engines import BFLOAT16, make_engine
from models.joint import JointModel

torch.set_num_threads(1)
bert = BertModel(BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, vocab_size=50))
make_engine(BFLOAT16, JointModel(encoder=bert, definitions=torch.ones(2, 32)), 0, torch.device("cpu"))

def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

def products(lengths):
    for length in lengths:
        x = torch.ones(12, length, 32, dtype=torch.bfloat16)
        torch.matmul(x, x.transpose(-1, -2))

products(range(20, 300))
before = resident()
products(range(300, 800))
print(resident() - before)
"""
LIMITS = ("LRU_CACHE_CAPACITY", "ONEDNN_PRIMITIVE_CACHE_CAPACITY")


def growth(**limits):
    """Megabytes that products of ever new shapes add in a process of their own."""
    environment = {name: value for name, value in os.environ.items() if name not in LIMITS} | limits
    said = subprocess.run([sys.executable, "-c", GROWN], capture_output=True, text=True, check=True, env=environment)
    return float(said.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.skipif(not multiplies_bfloat16(torch.device("cpu")), reason="this processor multiplies no bfloat16")
def test_ever_new_shapes_take_no_more_memory_unless_a_user_wants_them_kept():
    assert growth() < 0.5 * growth(**dict.fromkeys(LIMITS, "1024"))
