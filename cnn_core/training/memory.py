"""Keep memory that a step frees for the next step: every step asks for the same few megabytes.

glibc by default hands freed memory back to the kernel, and the kernel hands it out again page by
page, each a fault: LeNet-5 at batch 64 took up to 860 of them a step, a fifth of its time on a
virtual machine. Blocks above 32 MiB come from the kernel unless that is forbidden: the gradient of
VGG-16's reference head is 411 MB in its first layer, 100,000 faults, two fifths of a step's time.
Other C libraries are left as they are.
"""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4  # mallopt(3)
_KEPT_BYTES, _KEPT_BYTES_LARGE = 512 << 20, (2 << 30) - 1  # mallopt takes an int
_LARGEST_BYTES = 32 << 20  # the most that glibc takes for M_MMAP_THRESHOLD


def keep_freed_memory(*, large: bool = False) -> bool:
    """Let this process keep memory that it has freed; return whether the C library can.

    Args:
        large: keep up to 2 GiB, blocks of any size; else up to 512 MiB, blocks below 32 MiB.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS, musl, Windows
        return False
    settings = ((_TRIM_THRESHOLD, _KEPT_BYTES), (_MMAP_THRESHOLD, _LARGEST_BYTES))
    if large:
        settings = ((_TRIM_THRESHOLD, _KEPT_BYTES_LARGE), (_MMAP_MAX, 0))
    return all(mallopt(name, value) == 1 for name, value in settings)
