"""Curves as TensorBoard reads them back, with its own reader."""

import sys

import pytest

from cnn_core.errors import ConfigError, RunStateError, StorageError
from cnn_core.results.events import LayersSeen
from cnn_core.runtime.tensorboard_export import write_events
from tests.results.told_run import WHOLE, loss_of

accumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator",
    reason="tensorboard is not installed",
)


def layers_seen(step):
    return LayersSeen(
        step=step,
        epoch=1 + (step - 1) // 20,
        layers=["conv1", "fc"],
        dead=[0.25, -1.0],
        gradient_norms=[step / 10, 2.0],
        update_ratios=[1e-3, -1.0],
        seconds=0.01,
    )


@pytest.fixture
def told(store, new_run):
    """A run of four epochs whose layers were looked at twice; its name is a person's."""
    run_id = new_run(watch=5)
    store.rename(run_id, "a|b <b>bold</b>")
    for event in WHOLE:
        store.append(run_id, event)
        if getattr(event, "step", 0) in (5, 10) and hasattr(event, "losses"):
            store.append(run_id, layers_seen(event.step))
    return store.get(run_id)


def test_tensorboard_reads_what_was_written(store, told, tmp_path):
    path = write_events(store, told, tmp_path / "new")
    assert path.parent == tmp_path / "new" / told.id
    read = accumulator.EventAccumulator(str(path.parent), {accumulator.SCALARS: 0}).Reload()
    losses = read.Scalars("step/loss")
    assert [point.step for point in losses] == list(range(1, 81))
    assert [point.value for point in losses] == pytest.approx([loss_of(s) for s in range(1, 81)])
    assert losses[-1].wall_time - told.created == pytest.approx(80 * 0.01)
    accuracies = read.Scalars("epoch/valid_accuracy")
    assert [point.step for point in accuracies] == [1, 2, 3, 4]
    assert [point.value for point in accuracies] == pytest.approx([0.95, 0.975, 0.9875, 0.99375])
    assert [point.value for point in read.Scalars("gradient_norm/conv1")] == pytest.approx([0.5, 1])
    (test,) = read.Scalars("epoch/test_accuracy")
    assert test.step == 4
    tags = set(read.Tags()["scalars"])
    assert not tags & {"dead/fc", "update_ratio/fc", "epoch/train_accuracy"}  # not known: no point
    (text,) = read.Tensors("configuration")
    said = text.tensor_proto.string_val[0].decode()
    assert "| learning\\_rate | 0.001 |" in said
    assert "a\\|b \\<b\\>bold\\</b\\>" in said


def test_without_the_package_one_sentence_says_what_to_install(store, told, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto.event_pb2", None)
    with pytest.raises(ConfigError, match="the package tensorboard, which is not installed") as why:
        write_events(store, told, tmp_path)
    assert "pip install tensorboard" in why.value.hint
    assert not list(tmp_path.glob("*/*tfevents*"))


def test_what_has_not_begun_and_where_nothing_can_be_written(store, new_run, told, tmp_path):
    with pytest.raises(RunStateError, match="has not begun"):
        write_events(store, store.get(new_run()), tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be made"):
        write_events(store, told, tmp_path / "file")
