"""Finished runs as networks of the inspector."""

import numpy as np
import pytest
import torch

from cnn_core.errors import UnknownNameError, WeightsError
from cnn_core.models.registry import OFFERED, build_model
from cnn_core.results.inspection import ModelChoice
from cnn_core.runtime import queue
from cnn_core.runtime.checkpoints import save_tensors
from cnn_core.runtime.files import WEIGHTS_FILE
from cnn_core.runtime.inspection import Inspector


@pytest.fixture
def finished_run(store, new_run, events):
    """A run that has finished, and the network whose weights it has kept."""

    def finished_run(seed=0, **changes):
        run_id = new_run(**changes)
        store.append(run_id, events.started())
        store.append(run_id, events.finished())
        torch.manual_seed(seed)
        model = build_model(changes.get("model", "lenet5"), num_classes=10)
        save_tensors(store.run_folder(run_id) / WEIGHTS_FILE, model.state_dict(), {})
        queue.end(store, run_id, "finished")
        return run_id, model

    return finished_run


@pytest.fixture
def inspector(settings):
    return Inspector(settings, device="cpu")


def choice_of(run_id, **options):
    return ModelChoice(name=f"run:{run_id}", **options)


def test_finished_runs_stand_behind_the_registry_newest_first(inspector, finished_run, new_run):
    older, newer, queued = finished_run()[0], finished_run(model="lenet5-1998")[0], new_run()
    found = inspector.networks()
    assert [name for name, _, _ in found] == [*OFFERED, f"run:{newer}", f"run:{older}"]
    _, title, sentence = found[-2]
    assert title == f"LeNet-5 of 1998, run {newer}"
    assert sentence == f"Trained here on MNIST (run {newer}); 90.00 % of the test pictures right."
    assert not any(queued in name for name, _, _ in found)


def test_a_run_answers_with_its_own_weights_and_classes(inspector, finished_run):
    run_id, model = finished_run(seed=7)
    info = inspector.describe(choice_of(run_id))
    assert info.weights.kind == "trained"
    assert len(info.weights.sha256) == 64
    assert info.classes == tuple("0123456789")
    assert [layer.name for layer in info.layers if layer.of_interest] == ["conv1", "conv2"]
    kernels = inspector.filters(choice_of(run_id), "conv1").kernels
    np.testing.assert_array_equal(kernels, model.conv1.weight.detach().numpy())
    other = inspector.filters(choice_of(run_id, weights="random"), "conv1").kernels
    assert not np.array_equal(kernels, other)


def test_other_weights_in_the_file_are_other_answers(inspector, store, finished_run):
    run_id, _ = finished_run()
    before = inspector.filters(choice_of(run_id), "conv1").kernels
    model = build_model("lenet5", num_classes=10)
    with torch.no_grad():
        model.conv1.weight.fill_(2.0)
    save_tensors(store.run_folder(run_id) / WEIGHTS_FILE, model.state_dict(), {})
    after = inspector.filters(choice_of(run_id), "conv1").kernels
    assert not (before == 2.0).any()
    assert (after == 2.0).all()


def test_what_is_no_finished_run_is_a_sentence(inspector, store, finished_run, new_run):
    with pytest.raises(UnknownNameError, match="is not the id of a run"):
        inspector.describe(choice_of("../../etc/passwd"))
    with pytest.raises(UnknownNameError, match="There is no run"):
        inspector.describe(choice_of("lenet5-mnist-0101-aaaaaa"))
    with pytest.raises(UnknownNameError, match="is queued: only a finished run"):
        inspector.describe(choice_of(new_run()))
    run_id, _ = finished_run()
    store.delete(run_id)
    with pytest.raises(UnknownNameError, match="is deleted"):
        inspector.describe(choice_of(run_id))


def test_without_any_run_no_store_is_made(inspector, settings):
    with pytest.raises(UnknownNameError, match="There is no run"):
        inspector.describe(choice_of("lenet5-mnist-0101-aaaaaa"))
    assert len(inspector.networks()) == len(OFFERED)
    assert not settings.runs.exists()


def test_missing_and_damaged_weights_are_a_sentence(inspector, store, finished_run):
    run_id, _ = finished_run()
    path = store.run_folder(run_id) / WEIGHTS_FILE
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsError, match="cannot be used") as caught:
        inspector.describe(choice_of(run_id))
    assert str(store.folder) not in caught.value.message
    path.unlink()
    with pytest.raises(WeightsError, match="are missing"):
        inspector.describe(choice_of(run_id))
    assert f"run:{run_id}" not in [name for name, _, _ in inspector.networks()]
