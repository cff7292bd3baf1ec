"""ONNX Runtime, imported in one place and without its telemetry: nothing is sent anywhere.

From version 1.29 on its wheels for Linux and macOS report what they run to their maker, unless this
variable is set before the library is loaded.
"""

import os
from typing import Any


def onnx_runtime() -> Any:  # noqa: ANN401 - it has no types
    """Return the module `onnxruntime`, told beforehand to report nothing."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # type: ignore[import-untyped]

    return onnxruntime


def onnx_faults() -> tuple[type[Exception], ...]:
    """Return what ONNX Runtime raises where it cannot read a network or ask it."""
    onnx_runtime()
    from onnxruntime.capi import (  # type: ignore[import-untyped]
        onnxruntime_pybind11_state as faults,
    )

    named = [each for each in vars(faults).values() if isinstance(each, type)]
    own = [each for each in named if issubclass(each, Exception)]
    return (*own, RuntimeError, MemoryError, OSError)
