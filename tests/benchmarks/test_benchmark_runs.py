"""The benchmarks themselves, at tiny sizes: they run, and what they write has its form."""

import importlib
import json
import math
import os
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks.browser import CHROMIUM
from benchmarks.measure_loop import measure_in_process
from benchmarks.mnist_files import mnist_folder, write_noise

HEAD = {"hardware", "versions", "date", "commit", "command", "load_average", "repeats", "rows"}
ROW = {"name", "unit", "value", "baseline", "ratio", "spread", "samples", "bar", "holds"}
DOCUMENT = Path(__file__).parents[2] / "benchmarks" / "README.md"


def check_form(result, name):
    """What every report has, whatever it measured."""
    result = json.loads(json.dumps(result, allow_nan=False))
    assert set(result) == HEAD
    assert result["command"].startswith(f"python -m benchmarks --only {name}")
    assert set(result["hardware"]) == {"processor", "cores", "memory_gib", "gpu"}
    assert {"python", "torch", "streamlit", "cnn_lab", "chromium"} <= set(result["versions"])
    assert result["rows"]
    for row in result["rows"]:
        assert set(row) == ROW
        assert row["value"] > 0
        assert row["baseline"] > 0
        assert math.isclose(row["ratio"], row["value"] / row["baseline"], rel_tol=1e-3)
        assert set(row["samples"]) == set(row["spread"]) == {"value", "baseline"}
        for side in row["samples"].values():
            assert len(side) >= result["repeats"]
            assert all(sample > 0 for sample in side)
        assert (row["holds"] is None) == (row["bar"] is None)
    assert os.uname().nodename not in json.dumps(result)
    assert str(Path.home()) not in json.dumps(result)
    return result


@pytest.mark.parametrize("name", command.NAMES)
def test_every_benchmark_is_documented_and_can_be_measured(name):
    module = importlib.import_module(f"benchmarks.{name}")
    assert module.REPEATS >= 3
    assert f"`{name}`" in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.slow
def test_training_speed():
    result = command.report("training_speed", 1, seconds=0.3, batch_sizes=(64,), goal=None)
    check_form(result, "training_speed")
    assert [row["bar"] for row in result["rows"]] == ["ratio >= 3.5"] * 2


@pytest.mark.slow
def test_fit_is_measured_beside_a_busy_process(tmp_path):
    write_noise(tmp_path)
    pace = measure_in_process(
        "fit", folder=tmp_path, batch_size=64, seconds=0.2, waiting="PASSIVE", neighbour=True
    )
    assert set(pace) == {"alone", "beside"}
    assert min(pace.values()) > 0


def test_threads_compare_both_places_in_turns(monkeypatch):
    asked = []

    def pace(loop, *, waiting, threads, neighbour, **sizes):
        asked.append((waiting, threads))
        assert neighbour
        passive = 30.0 / (threads or 2)
        alone = {"ours": 30.0, "PASSIVE": passive, "ACTIVE": 10.0, "default": 15.0}[waiting]
        return {"alone": alone, "beside": alone / (1 if waiting == "ours" else 2)}

    monkeypatch.setattr("benchmarks.threads.measure_in_process", pace)
    result = check_form(command.report("threads", 2), "threads")
    ways = ("ours", "PASSIVE", "ACTIVE", "default")
    sides = [*((way, None) for way in ways), ("PASSIVE", 1)]
    assert asked == [*sides, *reversed(sides)]
    assert [row["ratio"] for row in result["rows"]] == [2.0, 4.0, 3.0, 6.0, 2.0, 4.0, 1.0, 2.0]


@pytest.mark.slow
@pytest.mark.browser
def test_first_visit(in_own_thread):
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}")
    result = in_own_thread(command.report, "first_visit", 1, pages=("home",))
    check_form(result, "first_visit")


@pytest.mark.slow
@pytest.mark.browser
def test_click_latency(monkeypatch, in_own_thread):
    """One click to get warm and one that counts: so each of the two targets is clicked on."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}")
    monkeypatch.setattr("benchmarks.click_latency._WARM_UP_CLICKS", 1)
    result = check_form(
        in_own_thread(command.report, "click_latency", 1, clicks=1), "click_latency"
    )
    assert {len(side) for row in result["rows"] for side in row["samples"].values()} == {1}


def test_a_benchmark_that_measures_nothing_is_an_error(monkeypatch):
    module = importlib.import_module("benchmarks.threads")
    monkeypatch.setattr(module, "measure", lambda repeats: [])
    with pytest.raises(ValueError, match="expected threads to measure something, got no row"):
        command.report("threads", 1)


def test_command_line_writes_one_file_a_benchmark(monkeypatch, tmp_path, capsys):
    from benchmarks.rows import Bar, compare

    def measure(*, repeats):
        samples = [2.0] * repeats
        bar = Bar(of="ratio", at_most=1.5)
        return [compare("waiting", unit="s", samples=samples, baseline=[1.0], bar=bar)]

    monkeypatch.setattr(importlib.import_module("benchmarks.threads"), "measure", measure)
    out = tmp_path / "deep" / "results"
    arguments = ["--only", "threads", "--repeats", "1", "--out", str(out)]
    assert command.main(arguments) == 0
    assert [path.name for path in out.iterdir()] == ["threads.json"]
    result = check_form(json.loads((out / "threads.json").read_text()), "threads")
    assert str(tmp_path) not in json.dumps(result)
    assert result["command"] == "python -m benchmarks --only threads --repeats 1"
    shown = capsys.readouterr().out
    assert "waiting: 2 s against 1, ratio 2.00  [ratio <= 1.5: MISSED]" in shown


def test_without_a_browser_the_others_run_and_the_exit_code_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("benchmarks.browser.CHROMIUM", str(tmp_path / "chromium"))
    arguments = ["--only", "first_visit", "--repeats", "1", "--out", str(tmp_path)]
    assert command.main(arguments) == 1
    assert "There is no Chromium" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize("count", ["0", "-1", "two", "1.5"])
def test_repeats_must_be_a_whole_number_above_nought(count, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main([f"--repeats={count}"])
    assert ended.value.code == 2
    assert "expected a whole number above 0" in capsys.readouterr().err


def test_real_mnist_is_used_where_torchvision_can_read_it(monkeypatch, mnist_home):
    monkeypatch.setenv("CNN_LAB_DATA", str(mnist_home))
    with mnist_folder() as folder:
        assert folder == mnist_home.resolve()


def test_noise_stands_in_for_mnist_and_both_loops_can_read_it(monkeypatch, tmp_path):
    from torchvision.datasets import MNIST

    from benchmarks import mnist_files
    from cnn_core.data.datasets import open_dataset

    monkeypatch.setattr(mnist_files, "_FILES", {"train": 600, "t10k": 100})
    write_noise(tmp_path)
    ours = open_dataset("mnist", tmp_path)
    assert not ours.official
    theirs = MNIST(str(tmp_path), train=True)
    assert ours.train.images.tolist() == theirs.data.tolist()
    assert ours.train.labels.tolist() == theirs.targets.tolist()
    assert len(ours.test.labels) == 100


def test_plain_network_computes_what_ours_computes():
    import torch

    from benchmarks.plain_loop import PlainLeNet5
    from cnn_core.models.lenet import LeNet5

    ours, plain = LeNet5(), PlainLeNet5()
    plain.load_state_dict(ours.state_dict())
    images = torch.randn(8, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(ours(images), plain(images), atol=1e-6)


def test_inspector():
    result = check_form(command.report("inspector", 1, size=(400, 300)), "inspector")
    assert [row["unit"] for row in result["rows"]] == ["ms", "ms", "KB"]
    assert all("AlexNet (" in row["name"] for row in result["rows"])


def test_inspector_sessions():
    result = check_form(
        command.report("inspector_sessions", 1, sessions=2, size=(400, 300)), "inspector_sessions"
    )
    assert [len(side) for side in result["rows"][0]["samples"].values()] == [2, 1]
