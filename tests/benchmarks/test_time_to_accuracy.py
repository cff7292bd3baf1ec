"""The time to an accuracy, and what needs a GPU."""

import pytest
import torch

from benchmarks import __main__ as command
from benchmarks import time_to_accuracy as module
from benchmarks import training_speed
from benchmarks.browser import NoDeviceError, NotMeasuredError
from benchmarks.mnist_files import is_real, write_noise


def test_the_plain_loop_is_timed_between_two_seeds_of_fast(monkeypatch, tmp_path):
    asked = []

    def timed(loop, folder, goal, *, seed=0):
        asked.append((loop, folder, goal, seed))
        return {"fit": 12.0, "plain": 96.0}[loop] + seed

    monkeypatch.setattr(training_speed, "time_to_accuracy", timed)
    (row,) = training_speed.to_goal(tmp_path, 0.99)
    assert asked == [(loop, tmp_path, 0.99, seed) for loop, seed in _TURNS]
    assert (row.value, row.baseline, row.bar.holds(row)) == (12.5, 96.0, True)
    assert row.samples == {"value": [12.0, 13.0], "baseline": [96.0]}


_TURNS = [("fit", 0), ("plain", 0), ("fit", 1)]


def test_a_fast_run_that_ends_below_the_goal_is_no_figure(monkeypatch, tmp_path):
    answer = {"seconds": 9.0, "accuracy": 0.9899, "elapsed": 9.5}
    monkeypatch.setattr(module, "run_in_process", lambda *arguments: answer)
    with pytest.raises(NotMeasuredError, match=r"ended at 98\.99% of the test images with seed 1"):
        module.time_to_accuracy("fit", tmp_path, 0.99, seed=1)
    assert module.time_to_accuracy("plain", tmp_path, 0.99) == 9.0  # too little, to our cost


@pytest.mark.slow
def test_fast_is_timed_in_a_process_of_its_own(tmp_path):
    write_noise(tmp_path)
    assert module.time_to_accuracy("fit", tmp_path, 0.01) > 0


def test_noise_is_not_taken_for_mnist(tmp_path):
    assert not is_real(tmp_path)
    write_noise(tmp_path)
    assert not is_real(tmp_path)
    (tmp_path / "MNIST" / "raw" / "NOISE").unlink()
    assert is_real(tmp_path)


def test_without_a_gpu_its_benchmark_is_not_run_and_nothing_failed(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert command.main(["--only", "gpu_training_speed", "--out", str(tmp_path)]) == 0
    assert "not run. There is no CUDA device." in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    assert issubclass(NoDeviceError, NotMeasuredError)


@pytest.mark.gpu
@pytest.mark.slow
def test_gpu_training_speed():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    result = command.report("gpu_training_speed", 1, seconds=0.5)
    assert [row["bar"] for row in result["rows"]] == ["ratio >= 50", "ratio >= 50", "value <= 2"]
