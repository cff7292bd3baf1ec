"""A recording of two seeds as its file holds it."""

import gzip
import json

from cnn_core.results.config import TrainConfig
from cnn_core.results.events import LayersSeen
from cnn_core.results.recorded import recorded_bytes
from cnn_core.results.runs import DatasetInfo, RunRecord
from cnn_core.results.studied import Recording
from tests.results.told_run import WHOLE

RECORDING = Recording(
    id="tiny",
    hardware="two cores",
    versions={"torch": "2.15.0"},
    date="2026-01-31",
    command="python -m cnn_core train lenet5-mnist --preset fast",
    data="MNIST, all of it",
)
LOOK = LayersSeen(
    step=20,
    epoch=1,
    layers=["conv1", "fc"],
    dead=[0.25, -1.0],
    gradient_norms=[0.5, 1.5],
    update_ratios=[1e-3, 2e-3],
    seconds=0.01,
)


def record_of(seed, **changes):
    values = {
        "id": f"lenet5-mnist-0131-abcde{seed}",
        "name": f"LeNet-5, seed {seed}",
        "owner": "ada",
        "group": "lenet5-mnist-0131-abcde0",
        "recipe": "lenet5-mnist",
        "preset": "fast",
        "config": TrainConfig(epochs=4, batch_size=64, learning_rate=1e-3, seed=seed),
        "dataset": DatasetInfo(
            name="MNIST",
            source="mnist",
            location="/pictures/of/ada",
            fingerprint="f" * 64,
            official=True,
            train_size=640,
            valid_size=50,
            test_size=100,
        ),
        "device": "cpu",
        "status": "finished",
        "created": 1.0,
        "started": 2.0,
        "ended": 3.0,
        "deleted": None,
        "stop_requested": False,
        "epochs_done": 4,
        "steps_done": 80,
        "total_steps": 80,
        "train_seconds": 0.8,
        "total_seconds": 2.8,
        "images_per_second": 6400.0,
        "valid_accuracy": 0.99,
        "test_accuracy": 0.989,
        "test_interval": (0.985, 0.992),
        "error": "",
        "hint": "",
        "provenance": {"torch": "2.15.0"},
    }
    return RunRecord(**{**values, **changes})


def whole(*, seeds=(1, 0)):
    return recorded_bytes(RECORDING, [(record_of(seed), WHOLE) for seed in seeds])


def document(payload):
    return json.loads(gzip.decompress(payload))


def packed(value):
    return gzip.compress(json.dumps(value).encode(), compresslevel=1)
