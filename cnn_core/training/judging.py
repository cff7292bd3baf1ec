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
        if before:
            network.load_state_dict(before)


@torch.inference_mode()
def judge_examples(
    network: Rest,
    examples: TrainingExamples,
    *,
    part: Part,
    pictures: NDArray[np.int64],
    progress: Progress = lambda done: None,
) -> Judged:
    """Return what `network` (in evaluation mode) says of all of `examples`, view 0 of each.

    Args:
        network: the trained rest.
        examples: at least one.
        part: which part they are.
        pictures: the place of each in its snapshot, int64 `(N,)`.
        progress: told after each batch how many are done.
    """
    probabilities, embeddings, done = [], [], 0
    for batch in examples.evaluation_batches():
        logits, embedding = network.with_embeddings(batch)
        probabilities.append(torch.softmax(logits.float(), dim=1).cpu().numpy())
        embeddings.append(embedding.float().cpu().numpy())
        done += len(batch)
        progress(done)
    return Judged(
        part=part,
        pictures=np.asarray(pictures, dtype=np.int64),
        labels=examples.labels.cpu().numpy().astype(np.int64),
        probabilities=np.concatenate(probabilities).astype(np.float32),
        embeddings=np.ascontiguousarray(np.concatenate(embeddings), dtype=np.float32),
    )
