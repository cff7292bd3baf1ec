"""Memory that a step frees stays with the process."""

import ctypes
import subprocess
import sys

import pytest

from cnn_core.training.memory import keep_freed_memory

_FAULTS = """
import resource
from cnn_core.training.memory import keep_freed_memory
assert keep_freed_memory()
def step():
    blocks = [bytearray(1 << 20) for _ in range(20)]
for _ in range(5):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_freed_memory_is_used_again_without_page_faults():
    if not hasattr(ctypes.CDLL(None), "mallopt"):
        pytest.skip("this C library has no mallopt")
    done = subprocess.run([sys.executable, "-c", _FAULTS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 200  # 200 blocks of 256 pages each


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert keep_freed_memory() is False
