"""Which blocks of a network learn in which epoch (gradual unfreezing, Howard & Ruder 2018).

A function of configuration and epoch alone, so that a resumed run needs no state for it. A block
that does not learn yet is frozen: no gradients, and BatchNorm and dropout in evaluation mode.
"""

from collections.abc import Sequence

from cnn_core.models.stages import Rest
from cnn_core.results.config import TrainConfig
from cnn_core.training.state import HEAD_STAGES, TrainState


def first_learning(blocks: Sequence[str], config: TrainConfig, epoch: int) -> int:
    """Return the place of the first block that learns in `epoch` (from 0); all after it learn too.

    The head learns alone for `config.unfreeze_epochs` epochs, then one block more every so many
    (ibid., section 3.3).

    >>> config = TrainConfig(
    ...     epochs=9, batch_size=1, learning_rate=1e-3, mode="all", unfreeze_epochs=2
    ... )
    >>> blocks = ("block1", "block2", "hidden", "head")
    >>> [first_learning(blocks, config, epoch) for epoch in range(6)]
    [2, 2, 1, 1, 0, 0]
    """
    if config.mode != "all" or not config.unfreeze_epochs:
        return 0
    backbone = sum(name not in HEAD_STAGES for name in blocks)
    return max(0, backbone - epoch // config.unfreeze_epochs)


def set_learning(state: TrainState, config: TrainConfig, epoch: int) -> bool:
    """Freeze what does not learn in `epoch`, of a model in training mode; return what has changed.

    Returns:
        Whether other parameters than before have gradients from here on.
    """
    model = state.model
    if not isinstance(model, Rest):
        return False
    first = first_learning([name for name, _ in model.parts], config, epoch)
    changed = False
    for place, (_, stage) in enumerate(model.parts):
        learns = place >= first
        if not learns:
            stage.eval()
        for parameter in stage.parameters():
            changed |= parameter.requires_grad != learns
            parameter.requires_grad_(learns)
    return changed
