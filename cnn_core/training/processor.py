"""In which numbers a network computes here: bfloat16 where that is quicker. Without torch."""

import functools
import sys
from pathlib import Path
from typing import Literal

Precision = Literal["float32", "bfloat16"]

_IN_HARDWARE = {"avx512_bf16", "amx_bf16"}


def precision_of(asked: str, device: str) -> Precision:
    """Return what "auto", "float32" or "bfloat16" comes to on a device ("cpu", "cuda:0").

    "auto" is bfloat16 on a GPU and on a processor with instructions for it (AVX-512 BF16, AMX).

    >>> precision_of("auto", "cuda:0"), precision_of("float32", "cuda:0")
    ('bfloat16', 'float32')
    """
    if asked == "auto":
        return "bfloat16" if device != "cpu" or _processor_has_bfloat16() else "float32"
    return "bfloat16" if asked == "bfloat16" else "float32"


@functools.cache
def _processor_has_bfloat16() -> bool:
    if sys.platform != "linux":
        return False
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return not _IN_HARDWARE.isdisjoint(flags.split())
