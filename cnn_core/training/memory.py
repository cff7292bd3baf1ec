"""Keep memory that a step frees for the next step: every step asks for the same few megabytes.

glibc by default hands freed memory back to the kernel, and the kernel hands it out again page by
page, each a fault: LeNet-5 at batch 64 took up to 860 of them a step, a fifth of its time on a
virtual machine. Other C libraries are left as they are.
"""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt(3)
_KEPT_BYTES = 512 << 20
_LARGEST_BYTES = 32 << 20  # the most that glibc takes for M_MMAP_THRESHOLD


def keep_freed_memory() -> bool:
    """Let this process keep up to 512 MiB that it has freed; return whether the C library can."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS, musl, Windows
        return False
    settings = ((_TRIM_THRESHOLD, _KEPT_BYTES), (_MMAP_THRESHOLD, _LARGEST_BYTES))
    return all(mallopt(name, value) == 1 for name, value in settings)
