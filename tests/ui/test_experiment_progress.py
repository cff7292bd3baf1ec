"""What is said of an experiment under way, before its first trial is done and after."""

from types import SimpleNamespace

import pytest

from cnn_core.concepts import registry
from cnn_core.concepts.settings import to_text
from cnn_core.results.events import Preparing, RunStarted
from cnn_core.results.trial_events import TrialDone, TrialPoint
from cnn_core.results.trials import standing
from cnn_core.ui.experiments.live import _progress
from tests.runtime import tiny_experiment
from tests.runtime.tiny_experiment import ID, TinySettings

TINY = TinySettings(seeds=2, sizes=(10,))  # four trials of one weight
RECORD = SimpleNamespace(recipe=ID, config=SimpleNamespace(experiment=to_text(TINY)), active=True)
STARTED = RunStarted(
    step=0,
    epoch=0,
    total_steps=4,
    total_epochs=1,
    steps_per_epoch=4,
    train_size=10,
    valid_size=0,
    device="cpu",
    threads=1,
    parameters=0,
)
LOOKING = Preparing(what="It looks at the pictures", done=30, total=60, seconds=10.0)
POINT = TrialPoint(step=0, arm="pixels", condition="10", seed=0, at=1, of=2, loss=1.0)
DONE = TrialDone(
    step=1,
    arm="pixels",
    condition="10",
    seed=0,
    names=["accuracy"],
    figures=[0.5],
    seconds=10.0,
    elapsed_seconds=60.0,  # fifty of them went before the trial
)


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setitem(registry._ROWS, ID, tiny_experiment.__name__)


def test_before_the_first_trial_it_says_what_is_done_and_how_long_all_takes():
    share, text = _progress(RECORD, standing([STARTED, LOOKING]), 100.0)
    assert share == 0.0
    assert text == (
        "0 of 4 trials done · It looks at the pictures · 30 of 60 · 3.0 a second · 10 s left · "
        "about 2 min left in all"
    )
    share, text = _progress(RECORD, standing([STARTED, LOOKING, POINT]), 100.0)
    assert (share, "It looks" in text) == (0.125, False)
    assert text.endswith(", seed 0 · about 2 min left in all")
    assert _progress(RECORD, standing([STARTED]))[1] == "0 of 4 trials done"


def test_once_one_is_done_the_pace_of_trials_counts_without_what_went_before():
    share, text = _progress(RECORD, standing([STARTED, LOOKING, DONE]), 100.0)
    assert share == 0.25
    assert text.endswith("1 min 0 s elapsed · about 30 s left")
