"""An experiment whose process is really killed in the middle of a trial."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cnn_core.concepts import registry
from cnn_core.results.trial_events import TrialDone, TrialPoint
from cnn_core.runtime import queue
from cnn_core.runtime.execute import execute
from cnn_core.runtime.experiments import build_experiment_request, events_of, standing_of
from tests.runtime import tiny_experiment
from tests.runtime.tiny_experiment import ID, TinySettings

ROOT = Path(__file__).parents[2]
CHOSEN = TinySettings(seeds=2, steps=5, sizes=(10, 20))
DIES_IN_TRIAL_4 = """
import os, signal, sys
from cnn_core.results.trial_events import TrialPoint
from cnn_core.runtime import queue
from cnn_core.runtime.execute import execute
from cnn_core.runtime.store import RunStore
from cnn_core.settings import Settings
from tests.runtime.tiny_experiment import registered

def die(event):
    if isinstance(event, TrialPoint) and event.step == 3:
        os.kill(os.getpid(), signal.SIGKILL)

registered()
store = RunStore(Settings.from_environment().runs)
queue.claim(store, run_id=sys.argv[1])
execute(store, sys.argv[1], on_event=die)
"""


def figures(store, run_id):
    done = standing_of(store, run_id).trials.done
    return [(t.step, t.arm, t.condition, t.seed, t.names, t.figures, t.losses) for t in done]


@pytest.mark.skipif(os.name == "nt", reason="kills processes as POSIX does")
def test_killed_in_the_middle_of_a_trial(settings, store, monkeypatch):
    """It goes on after the trials that are done, with the figures of one left in peace."""
    monkeypatch.setitem(registry._ROWS, ID, tiny_experiment.__name__)
    request = build_experiment_request(
        settings, experiment=ID, preset="custom", chosen=CHOSEN, owner="ada", launcher="self"
    )
    peaceful, run_id = store.create(request)[0].id, store.create(request)[0].id
    assert queue.claim(store, run_id=peaceful) == peaceful
    execute(store, peaceful)
    child = subprocess.run([sys.executable, "-c", DIES_IN_TRIAL_4, run_id], cwd=ROOT, check=False)
    assert child.returncode == -signal.SIGKILL
    queue.sweep(store)
    record = store.get(run_id)
    assert (record.status, record.steps_done) == ("interrupted", 3)
    assert record.hint == "Resume goes on after the trials that are done."
    left = events_of(store, run_id)
    assert isinstance(left[-1], TrialPoint)
    done = [event for event in left if isinstance(event, TrialDone)]

    store.requeue(run_id, launcher="self")
    assert queue.claim(store, run_id=run_id) == run_id
    assert execute(store, run_id).status == "finished"
    assert standing_of(store, run_id).trials.done[:3] == tuple(done)  # they were not run again
    assert figures(store, run_id) == figures(store, peaceful)
    assert not any(isinstance(event, TrialPoint) for event in events_of(store, run_id))
