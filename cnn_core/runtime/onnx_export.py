"""A network as an ONNX file, held against the network itself on real pictures.

For a process of its own: torch is imported, the exporter takes seconds and several times the
weights in memory. A file that answers otherwise than the network is refused.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from cnn_core.errors import WeightsError
from cnn_core.results.inspection import Floats
from cnn_core.runtime.onnx_runtime import onnx_runtime

INPUT, OUTPUT = "pictures", "logits"
MOST_APART = 1e-4
_BATCH = 8


@dataclass(frozen=True, kw_only=True)
class Parity:
    """How far the ONNX file's answers are from the network's.

    Attributes:
        pictures: on so many.
        logits: the largest difference of a logit.
        probabilities: the largest difference of a probability.
        scale: the largest logit, in magnitude.
    """

    pictures: int
    logits: float
    probabilities: float
    scale: float


def export_onnx(
    network: nn.Module,
    path: Path,
    *,
    shape: tuple[int, int, int],
    classes: Sequence[str],
    names: tuple[str, ...] = (INPUT, OUTPUT),
) -> None:
    """Write a network as one ONNX file: "pictures" float32 `(batch, *shape)` to "logits".

    Args:
        network: on the CPU; is put into evaluation mode.
        path: is overwritten.
        shape: of one normalised picture, (C, H, W).
        classes: names of the outputs, kept in the file's metadata.
        names: of its input, and of each thing that it gives.

    Raises:
        WeightsError: the network cannot be written as ONNX.
    """
    network.eval()
    example = torch.zeros(2, *shape)
    try:
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            input_names=[names[0]],
            output_names=list(names[1:]),
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            verbose=False,
        )
    except torch.onnx.errors.OnnxExporterError as exc:
        raise WeightsError("This network cannot be written as an ONNX file.") from exc
    if program is None:
        raise WeightsError("This network cannot be written as an ONNX file.")
    program.model.metadata_props["classes"] = json.dumps(list(classes), ensure_ascii=False)
    program.save(str(path), external_data=False)


def logits_of_onnx(path: Path, pictures: Floats) -> Floats:
    """Return what the ONNX file at `path` says of normalised pictures, `(N, classes)`."""
    session = onnx_runtime().InferenceSession(str(path), providers=["CPUExecutionProvider"])
    parts = [
        session.run([OUTPUT], {INPUT: pictures[start : start + _BATCH]})[0]
        for start in range(0, len(pictures), _BATCH)
    ]
    return np.concatenate(parts)


def check_parity(network: nn.Module, path: Path, pictures: Floats) -> Parity:
    """Return how far the ONNX file is from the network on these pictures.

    Args:
        network: on the CPU, in evaluation mode.
        path: of the ONNX file.
        pictures: float32 `(N, C, H, W)`, normalised; at least one.

    Raises:
        WeightsError: a probability differs by more than 0.0001, or a logit by more than 0.0001
            times the largest one (that is at least taken as 1).
    """
    batches = [torch.from_numpy(pictures[i : i + _BATCH]) for i in range(0, len(pictures), _BATCH)]
    with torch.inference_mode():
        expected = torch.cat([network(batch).float() for batch in batches])
    got = torch.from_numpy(logits_of_onnx(path, pictures))
    shares = (torch.softmax(got, dim=1) - torch.softmax(expected, dim=1)).abs()
    parity = Parity(
        pictures=len(pictures),
        logits=float((got - expected).abs().max()),
        probabilities=float(shares.max()),
        scale=float(expected.abs().max()),
    )
    # Written so that a value that is not a number fails too.
    alike = parity.probabilities <= MOST_APART
    if not (alike and parity.logits <= MOST_APART * max(1.0, parity.scale)):
        raise WeightsError(
            f"The ONNX file differs from the network: by {parity.probabilities:.1e} in a "
            f"probability and {parity.logits:.1e} in a logit, on {len(pictures)} pictures.",
            hint=f"At most {MOST_APART:g} is accepted; nothing was written.",
        )
    return parity
