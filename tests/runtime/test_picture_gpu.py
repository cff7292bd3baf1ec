"""The frozen part on a GPU: the same outputs as on the processor, and a run on them to its end."""

import dataclasses

import numpy as np
import pytest
import torch

from cnn_core.data.pictures.drawn_flowers import LABELS
from cnn_core.data.pictures.flowers import take_drawn_flowers
from cnn_core.data.pictures.store import PictureStore
from cnn_core.results.pictures import Selection
from cnn_core.runtime import queue
from cnn_core.runtime.begin import begin
from cnn_core.runtime.devices import remember_devices
from cnn_core.runtime.execute import execute
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.submit import build_request
from cnn_core.training.recipes import find_recipe

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
]

RECIPE = find_recipe("vgg16-folder")
CONFIG = dataclasses.replace(
    RECIPE.presets["light"].config,
    model="efficientnet-lite0",
    epochs=2,
    batch_size=4,
    views=2,
    precision="float32",
)


@pytest.fixture
def request_on_gpu(settings):
    snapshot = take_drawn_flowers(PictureStore(settings.pictures), each=6, labels=LABELS[:2])
    remember_devices(settings.runs)
    return build_request(
        settings,
        recipe=RECIPE.id,
        preset="custom",
        config=CONFIG,
        owner="ada",
        device="cuda",
        selection=Selection(snapshot=snapshot.id),
        launcher="self",
    )


def test_the_gpu_sees_what_the_processor_sees(settings, request_on_gpu, tmp_path):
    seen = []
    for device in ("cpu", "cuda:0"):
        own = dataclasses.replace(settings, features=tmp_path / device.partition(":")[0])
        begun = begin(RECIPE.id, CONFIG, request_on_gpu.dataset, device, settings=own)
        assert begun.splits.train.labels.device.type == device.partition(":")[0]
        (batch,) = begun.splits.train.evaluation_batches()
        seen.append(batch.cpu().numpy())
    assert np.allclose(*seen, atol=5e-2, rtol=1e-2)  # a GPU may round to TensorFloat-32


def test_a_run_on_the_gpu_finishes(settings, store, request_on_gpu):
    run_id = store.create(request_on_gpu)[0].id
    queue.claim(store, run_id=run_id)
    record = execute(RunStore(settings.runs), run_id)
    assert record.status == "finished"
    assert record.device == "cuda:0"
