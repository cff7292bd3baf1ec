"""Which blocks of a network learn in which epoch (gradual unfreezing, Howard & Ruder 2018).

A function of configuration and epoch alone, so that a resumed run needs no state for it. A block
that does not learn yet is frozen: no gradients, and BatchNorm and dropout in evaluation mode.
"""

from collections.abc import Sequence

from cnn_core.models.stages import Rest
from cnn_core.results.config import TrainConfig
from cnn_core.training.state import HEAD_STAGES, TrainState

_STAGES = 4  # of unfreezing with a rate of the last block's own: head, two blocks, all


def first_learning(blocks: Sequence[str], config: TrainConfig, epoch: int) -> int:
    """Return the place of the first block that learns in `epoch` (from 0); all after it learn too.

    The head learns alone for `config.unfreeze_epochs` epochs, then one block more every so many
    (ibid., section 3.3). With a `config.last_block_rate` there are four stages of so many epochs:
    the head, the last block too, the one before it too, all.

    >>> from dataclasses import replace
    >>> config = TrainConfig(
    ...     epochs=9, batch_size=1, learning_rate=1e-3, mode="all", unfreeze_epochs=2
    ... )
    >>> blocks = ("block1", "block2", "hidden", "head")
    >>> [first_learning(blocks, config, epoch) for epoch in range(6)]
    [2, 2, 1, 1, 0, 0]
    >>> config = replace(config, unfreeze_epochs=1, last_block_rate=0.1)
    >>> blocks = ("stem", "layer1", "layer2", "layer3", "layer4", "head")
    >>> [first_learning(blocks, config, epoch) for epoch in range(5)]
    [5, 4, 3, 0, 0]
    """
    if config.mode != "all" or not config.unfreeze_epochs:
        return 0
    backbone = sum(name not in HEAD_STAGES for name in blocks)
    opened = epoch // config.unfreeze_epochs
    if config.last_block_rate and opened >= _STAGES - 1:
        return 0
    return max(0, backbone - opened)


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
