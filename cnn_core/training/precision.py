"""Which numbers a network computes in: bfloat16 where the processor has it, else float32.

Measured on two cores with AMX: VGG-16 forward 5.8 pictures a second in float32, 11.4 in bfloat16.
"""

import functools
from pathlib import Path

import torch
from torch import Tensor, nn

_INSTRUCTIONS = {"avx512_bf16", "amx_bf16"}
_CPU_INFO = Path("/proc/cpuinfo")


def compute_precision(precision: str, device: torch.device) -> torch.dtype:
    """Return what `TrainConfig.precision` means on `device`: torch.bfloat16 or torch.float32.

    "auto" is bfloat16 where the device multiplies in it; elsewhere that would be slower.

    >>> compute_precision("float32", torch.device("cpu"))
    torch.float32
    """
    if precision == "auto":
        fast = _gpu_computes(device) if device.type == "cuda" else _cpu_computes()
        return torch.bfloat16 if fast else torch.float32
    return torch.bfloat16 if precision == "bfloat16" else torch.float32


def forward(model: nn.Module, inputs: Tensor, precision: torch.dtype) -> Tensor:
    """Return `model(inputs)`, float32; computed in bfloat16 where `precision` says so.

    The weights stay float32 (mixed precision, Micikevicius et al. 2018, section 3.1).
    """
    if precision == torch.float32:
        outputs: Tensor = model(inputs)
        return outputs
    with torch.autocast(inputs.device.type, precision):
        outputs = model(inputs)
    return outputs.float()


def _gpu_computes(device: torch.device) -> bool:
    return torch.cuda.get_device_capability(device) >= (8, 0)  # Ampere


@functools.cache
def _cpu_computes() -> bool:
    """Whether this processor has instructions for bfloat16; only Linux says so in a file."""
    try:
        text = _CPU_INFO.read_text()
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith(("flags", "Features"))), "")
    return bool(_INSTRUCTIONS & {*flags.split()}) or "bf16" in flags.split()
