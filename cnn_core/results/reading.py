"""What a judgement means, in plain sentences computed from its figures.

A sentence is said only where chance does not explain what it says: each stands on an interval or
a test, corrected for how many places were looked at. Nothing here holds state.
"""

from collections.abc import Sequence

from cnn_core.results.config import TrainConfig
from cnn_core.results.judgement import Baseline, CurvePoint, PartScore, Sentence


def reading(
    classes: Sequence[str],
    scores: Sequence[PartScore],
    baselines: Sequence[Baseline] = (),
    curve: Sequence[CurvePoint] = (),
    *,
    config: TrainConfig | None = None,
) -> tuple[Sentence, ...]:
    """Return what the figures say, the most telling sentence first.

    Args:
        classes: the names of the outputs.
        scores: of the parts, as `Judgement.scores`; without a validation part nothing is said.
        baselines: on the same validation pictures.
        curve: the learning curve.
        config: what the run was asked to do; advice is given in its terms.
    """
    raise NotImplementedError
