"""Films on a GPU: the same batches as on the processor, and staged training on them to its end."""

import numpy as np
import pytest
import torch

from cnn_core.results.events import EpochDone
from cnn_core.training.film_examples import FilmPictures
from cnn_core.training.fine_tuned import new_fine_tuned_state
from cnn_core.training.fit import fit
from cnn_core.training.tensors import Splits
from tests.training.backbone import KINDS, ROW, base_tensors, settings
from tests.training.film_pictures import film

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
]


def examples(count, device):
    return FilmPictures(
        films=np.stack([film(seed) for seed in range(count)]),
        labels=torch.arange(count, device=device) % KINDS,
        mean=ROW.mean,
        std=ROW.std,
    )


def test_batches_are_those_of_the_processor():
    config, seen = settings(mode="all", views=4), []
    for device in ("cpu", "cuda"):
        places = torch.tensor([3, 0, 2], device=device)
        own = examples(4, device)
        seen.append(own.training_batch(places, config, step=5, rows=slice(None)).cpu())
    torch.testing.assert_close(seen[0], seen[1], rtol=1e-5, atol=1e-6)


def test_staged_unfreezing_ends_with_all_of_it_learning():
    device = torch.device("cuda")
    config = settings(
        mode="all",
        epochs=4,
        batch_size=4,
        unfreeze_epochs=1,
        last_block_rate=0.1,
        backbone_rate=1 / 3,
        optimizer="adamw",
        schedule="cosine",
        weight_decay=0.01,
        select="auroc",
        views=4,
    )
    state = new_fine_tuned_state(ROW, config, num_classes=KINDS, base=base_tensors(), device=device)
    train, other = examples(12, device), examples(6, device)
    events = list(fit(state, Splits(train=train, valid=other, test=other), config))
    assert events[-1].status == "finished"
    assert all(event.valid_auroc is not None for event in events if isinstance(event, EpochDone))
    assert all(parameter.requires_grad for parameter in state.model.parameters())
    rates = [float(group["lr"]) for group in state.optimizer.param_groups]
    assert rates[-1] / rates[-2] == pytest.approx(10, rel=1e-4)
