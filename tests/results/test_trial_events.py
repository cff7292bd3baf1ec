"""A trial's figures: what belongs together, and that a damaged one is refused in a sentence."""

import json

import pytest

from cnn_core.errors import DataError
from cnn_core.results.events import event_from_json, event_to_json
from cnn_core.results.trial_events import TrialDone

WHOLE = TrialDone(
    step=1,
    arm="cnn",
    condition="",
    seed=0,
    names=["accuracy"],
    figures=[0.5],
    seconds=1.0,
    elapsed_seconds=1.0,
    at=[5, 10],
    losses=[2.0, 1.0],
)


@pytest.mark.parametrize(
    "change",
    [
        {"names": ["accuracy", "loss"]},
        {"figures": ["0.5"]},
        {"figures": [None]},
        {"figures": [[0.5]]},
        {"names": [5]},
        {"names": None},
        {"losses": [2.0]},
        {"losses": ["2.0", 1.0]},
        {"accuracies": [0.5]},
        {"at": None},
        {"arm": None},
        {"seed": "0"},
        {"elapsed_seconds": "long"},
    ],
    ids=str,
)
def test_a_damaged_trial_is_refused(change):
    whole = json.loads(event_to_json(WHOLE))
    assert event_from_json(json.dumps(whole)) == WHOLE
    with pytest.raises(DataError, match="An event of this run is damaged") as caught:
        event_from_json(json.dumps(whole | change))
    assert caught.value.hint
