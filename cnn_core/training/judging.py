"""What a fine-tuned network says of every picture of a part, with what its backbone makes of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray

from cnn_core.models.stages import Rest
from cnn_core.results.judgement import Judged
from cnn_core.results.pictures import Part
from cnn_core.training.state import TrainState, weights_on_cpu
from cnn_core.training.tensors import TrainingExamples

Progress = Callable[[int], None]


@contextmanager
def best_network(state: TrainState) -> Iterator[Rest]:
    """Lend the network that is kept, with the best epoch's weights, in evaluation mode.

    Weights and modes are as they were afterwards. Without a best epoch it is lent as it is.
    """
    network = state.scored
    if not isinstance(network, Rest):
        raise TypeError(f"expected a network to fine-tune, but got {type(network).__name__}.")
    own = network.state_dict()
    best = {name: tensor.to(own[name].device) for name, tensor in state.best_weights.items()}
    same = all(torch.equal(own[name], tensor) for name, tensor in best.items())
    before = {} if same else weights_on_cpu(network)
    training = [module for module in network.modules() if module.training]
    try:
        if not same:
            network.load_state_dict(best)
        network.eval()
        yield network
    finally:
        for module in training:
            module.training = True
        if not same:
            network.load_state_dict(before)


@torch.inference_mode()
def judge_examples(
    network: Rest,
    examples: TrainingExamples,
    *,
    part: Part,
    pictures: NDArray[np.int64],
    precision: torch.dtype = torch.float32,
    progress: Progress = lambda done: None,
) -> Judged:
    """Return what `network` says of all of `examples`, at least one, by view 0 of each.

    Args:
        network: the trained rest, in evaluation mode.
        examples: what it takes, with labels.
        part: which part they are.
        pictures: the place of each in its snapshot, int64 `(N,)`.
        precision: what the network computes in.
        progress: told after each batch how many are done.
    """
    logits, embeddings, done = [], [], 0
    low = precision != torch.float32
    for batch in examples.evaluation_batches():
        with torch.autocast(batch.device.type, precision, enabled=low):
            said, embedding = network.with_embeddings(batch)
        logits.append(said.float().cpu())
        embeddings.append(embedding.float().cpu())
        done += len(batch)
        progress(done)
    return Judged(
        part=part,
        pictures=np.asarray(pictures, dtype=np.int64),
        labels=examples.labels.cpu().numpy().astype(np.int64),
        probabilities=torch.softmax(torch.cat(logits), dim=1).numpy(),
        embeddings=np.ascontiguousarray(torch.cat(embeddings).numpy()),
    )
