"""Memory that a step frees stays with the process."""

import ctypes
import subprocess
import sys

import pytest

from cnn_core.training.memory import keep_freed_memory

_FAULTS = """
import resource
from cnn_core.training.memory import keep_freed_memory
assert keep_freed_memory(large={large})
def step():
    blocks = [bytearray({size}) for _ in range({blocks})]
for _ in range(5):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.parametrize(
    ("large", "size", "blocks"), [(False, 1 << 20, 20), (True, 1 << 20, 20), (True, 1 << 26, 2)]
)
def test_freed_memory_is_used_again_without_page_faults(large, size, blocks):
    if not hasattr(ctypes.CDLL(None), "mallopt"):
        pytest.skip("this C library has no mallopt")
    script = _FAULTS.format(large=large, size=size, blocks=blocks)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 200  # each block has 256 pages or more


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert keep_freed_memory() is False
