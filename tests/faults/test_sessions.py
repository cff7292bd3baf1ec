"""Several people, or one impatient person, at the same store."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cnn_core.errors import RunStateError
from cnn_core.results.events import RunStarted
from cnn_core.runtime import queue
from cnn_core.runtime.execute import execute
from cnn_core.runtime.export import read_history
from cnn_core.runtime.store import RunStore

ROOT = Path(__file__).parents[2]
RACE = """
import json, sys, time
from pathlib import Path
from cnn_core.results.config import TrainConfig
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime import queue
from cnn_core.runtime.store import RunRequest, RunStore

folder, me = Path(sys.argv[1]), sys.argv[2]
dataset = DatasetInfo(name="MNIST", source="mnist", location="", fingerprint="f", official=True,
                      train_size=1, valid_size=1, test_size=1)


def wait_for_the_other(what):
    (folder.parent / f"{what}-{me}").touch()
    while len(list(folder.parent.glob(f"{what}-*"))) < 2:
        time.sleep(0.001)


wait_for_the_other("ready")
store = RunStore(folder)
found = []
for seed in range(15):
    request = RunRequest(recipe="lenet5-mnist", preset="fast",
                         config=TrainConfig(epochs=1, batch_size=1, learning_rate=1.0, seed=seed),
                         dataset=dataset, device=f"cuda:{seed % 3}", owner=me, provenance={})
    found.append(store.create(request, unless_same=True)[0].id)
wait_for_the_other("queued")
claimed = [run for run in (queue.claim(store) for _ in range(20)) if run]
print(json.dumps([found, claimed]))
"""


def test_two_sessions_press_start_at_once(tmp_path):
    """Two processes, which also make the database: a run of each, one running on each device."""
    folder = tmp_path / "runs"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(folder), name],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("ada", "bob")
    ]
    found, claimed = zip(
        *(json.loads(racer.communicate(timeout=120)[0]) for racer in racers), strict=True
    )
    assert found[0] == found[1]
    runs = RunStore(folder).list()
    assert len(set(found[0])) == len(runs) == 15
    running = [run for run in runs if run.status == "running"]
    assert sorted(run.device for run in running) == ["cuda:0", "cuda:1", "cuda:2"]
    assert sorted(claimed[0] + claimed[1]) == sorted(run.id for run in running)
    assert sum(run.status == "queued" for run in runs) == 12


def test_the_same_button_in_50_reruns(store, request_of):
    made = [store.create(request_of(), unless_same=True) for _ in range(50)]
    assert [created for _, created in made] == [True] + [False] * 49
    assert len({record.id for record, _ in made}) == 1


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_running_run_is_deleted(store, new_run, set_row, status):
    run_id = new_run()
    set_row(run_id, status=status)
    with pytest.raises(RunStateError, match=f"is {status} and cannot be deleted") as caught:
        store.delete(run_id)
    assert caught.value.hint == "Stop it first."
    assert store.get(run_id).deleted is None


def test_browser_closed_or_reloaded(store, claimed):
    """No run knows of a page: every page that opens its id, at any time, folds the same history.

    What the page itself shows after a reload is in tests/browser/training/test_lenet5_watching.py.
    """
    run_id, pages = claimed(), []

    def open_a_page(event):
        if not pages or isinstance(event, RunStarted):
            pages.append(read_history(RunStore(store.folder, examine=False), run_id))

    record = execute(store, run_id, on_event=open_a_page)
    assert record.status == "finished"
    late = read_history(RunStore(store.folder), run_id)
    cursor = len(pages[0].losses())
    assert cursor < len(late.losses()) == late.step == 22
    pages[0].extend([event for _, event in store.events(run_id, after=1)])
    assert pages[0].losses().tolist() == late.losses().tolist()
    assert queue.claim(store) is None
