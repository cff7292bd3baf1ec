"""`python -m studies starter_alexnet --data DIR`: train, judge, and write the weights down.

The file is written, in half precision, only if the judge finds it worth keeping. Interrupted, it
goes on from its checkpoint.
"""

import argparse
import datetime
import json
import os
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from torchvision.models import alexnet

from benchmarks.machine import hardware, versions
from cnn_core.models.registry import build_model, model_row
from cnn_core.models.weights import load_weights
from cnn_core.runtime.weights import resolve
from cnn_core.settings import Settings
from studies.starter_alexnet.judge import judge
from studies.starter_alexnet.train import BATCH, train

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "studies" / "results" / "starter_alexnet.json"
WEIGHTS = ROOT / "weights" / "alexnet-starter.safetensors"
TEACHER = "efficientnet-lite0"
STEPS, SEED = 2_700, 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what is not trained yet and judge it; return 1 where it is not worth keeping."""
    parser = argparse.ArgumentParser(prog="python -m studies starter_alexnet", description=__doc__)
    data = os.environ.get("CNN_LAB_DATA")
    parser.add_argument("--data", type=Path, default=data, required=data is None)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--checkpoint", type=Path, default=Path("starter-alexnet.pt"))
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="the file to write")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the JSON file")
    asked = parser.parse_args(arguments)
    if asked.checkpoint.exists() and _steps_of(asked.checkpoint) >= asked.steps:
        features = alexnet().features
        features.load_state_dict(torch.load(asked.checkpoint, weights_only=True)["features"])
    else:
        features = train(
            _Teacher(), asked.data, steps=asked.steps, seed=SEED, out=asked.checkpoint, note=_note
        )
    # judged as it is shipped: in half precision
    halves = {
        f"features.{name}": tensor.detach().half().contiguous()
        for name, tensor in features.state_dict().items()
    }
    features.load_state_dict({name.partition(".")[2]: t.float() for name, t in halves.items()})
    verdict = judge(features, asked.data)
    document = {
        "hardware": hardware(),
        "versions": versions(),
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "command": "python -m studies starter_alexnet",
        "steps": asked.steps,
        "pictures": asked.steps * BATCH,
        "seed": SEED,
        **verdict,
    }
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    asked.out.write_text(text, encoding="utf-8")
    _note(text)
    if verdict["holds"]:
        save_file(halves, asked.weights)
    return 0 if verdict["holds"] else 1


def _steps_of(checkpoint: Path) -> int:
    return int(torch.load(checkpoint, weights_only=True)["step"])


class _Teacher:
    """EfficientNet-Lite0's levels of features, of stride 2, 4, 8, 16 and 32."""

    def __init__(self) -> None:
        row = model_row(TEACHER)
        self.network = build_model(TEACHER, num_classes=1_000).eval()
        path = resolve(Settings.from_environment(), row).path
        if path is None:
            raise FileNotFoundError(f"the weights of {TEACHER} are not installed")
        load_weights(self.network, row, path)
        self.network.to(memory_format=torch.channels_last)

    def __call__(self, images: Tensor) -> list[Tensor]:
        pixels = images.contiguous(memory_format=torch.channels_last)
        levels: list[Tensor] = self.network.forward_intermediates(pixels, intermediates_only=True)
        return levels


def _note(text: str) -> None:
    print(text, flush=True)
