"""The accuracy that is claimed was measured with the presets as they are, and meets its bars."""

import json
import statistics

import pytest

from cnn_core.results.config import plain_values
from cnn_core.results.metrics import mean_interval
from cnn_core.training.recipes import find_preset, find_recipe
from studies import __main__ as studies
from studies import accuracy

WHOLE = accuracy.read(accuracy.RESULTS)
HOW = "run `python -m studies accuracy` and commit what it writes"


@pytest.mark.parametrize("preset", WHOLE)
def test_what_is_written_was_measured_with_todays_configuration(preset):
    result = WHOLE[preset]
    assert accuracy.is_current(result, preset), f"{preset} is another one than was measured: {HOW}"
    scores = [run["test_accuracy"] for run in result["runs"]]
    assert result["n"] == len({run["seed"] for run in result["runs"]}) == len(scores)
    assert result["mean"] == pytest.approx(statistics.fmean(scores))
    interval = mean_interval(scores)[1]
    assert result["interval"] == (interval and pytest.approx(interval))
    bar = accuracy.BARS[preset]
    assert result["bar"] == bar
    assert result["holds"] == (None if bar is None else statistics.fmean(scores) >= bar)


@pytest.mark.parametrize("preset", [name for name, bar in accuracy.BARS.items() if bar])
def test_bars_are_met_over_all_seeds(preset):
    runs = WHOLE.get(preset, {}).get("runs", [])
    assert [run["seed"] for run in runs] == list(accuracy.SEEDS), HOW
    assert WHOLE[preset]["holds"]


@pytest.mark.parametrize("preset", WHOLE)
def test_every_run_says_how_and_on_what_it_was_measured(preset):
    assert preset in accuracy.BARS
    for run in WHOLE[preset]["runs"]:
        assert run["command"].endswith(f"train lenet5-mnist --preset {preset} --seed {run['seed']}")
        assert run["train_seconds"] > 0
        assert run["date"]
        assert {"torch", "python", "processor", "cores", "threads"} <= set(run["machine"])


def scored(seed):
    return {"seed": seed, "test_accuracy": 0.99 + seed / 1_000, "train_seconds": 1.0}


@pytest.fixture
def out(tmp_path):
    """A file with seeds 0 and 1 of the preset "best"."""
    file = tmp_path / "accuracy.json"
    result = accuracy.summary("best", [scored(0), scored(1)])
    file.write_text(json.dumps({"best": result}))
    return file


def test_what_was_measured_is_not_measured_again(out, capsys):
    before = out.read_text()
    assert accuracy.main(["--preset", "best", "--seed", "0", "--seed", "1", "--out", str(out)]) == 0
    assert capsys.readouterr().out.count("measured before") == 2
    assert out.read_text() == before


@pytest.mark.parametrize("changed", [{"learning_rate": 0.5}, {"shift": 8}, {"scale": 0.0}])
def test_runs_of_another_configuration_do_not_count(out, changed):
    whole = accuracy.read(out)
    assert len(accuracy.kept_runs(whole, "best")) == 2
    assert accuracy.kept_runs(whole, "fast") == []
    config = find_preset(find_recipe(accuracy.RECIPE), "best").config
    whole["best"]["config"] = {**plain_values(config), **changed}
    assert accuracy.kept_runs(whole, "best") == []


def test_setting_that_came_later_is_at_its_default_and_one_that_is_gone_does_not_count(out):
    config = accuracy.read(out)["best"]["config"]
    with_less = {key: value for key, value in config.items() if key != "validation_share"}
    assert accuracy.is_current({"config": with_less}, "best")
    assert not accuracy.is_current({"config": {**config, "mixup": 0.0}}, "best")


def test_summary_holds_from_its_bar_on():
    runs = [scored(seed) for seed in (3, 4, 5)]
    result = accuracy.summary("best", runs)
    assert result["mean"] == pytest.approx(0.994)
    low, high = result["interval"]
    assert low < 0.994 < high
    assert accuracy.summary("best", [scored(3)])["holds"] is False
    assert accuracy.summary("best", [scored(5)])["holds"] is True
    assert accuracy.summary("best", [scored(5)])["interval"] is None
    assert accuracy.summary("fast", runs)["holds"] is None


def test_run_that_fails_writes_nothing(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "empty"))
    out = tmp_path / "results" / "accuracy.json"
    assert accuracy.main(["--preset", "fast", "--seed", "0", "--out", str(out)]) == 1
    assert "nothing was written" in capfd.readouterr().err
    assert not out.exists()


def test_studies_are_listed_where_none_is_named(capsys):
    assert studies.main([]) == 0
    assert set(studies.STUDIES) <= {line.split(":")[0].strip() for line in _lines(capsys, "out")}
    assert studies.main(["speed"]) == 2
    assert _lines(capsys, "err")[0].startswith("There is no study named 'speed'. The studies are")


def _lines(capsys, stream):
    return getattr(capsys.readouterr(), stream).splitlines()


@pytest.mark.parametrize("name", studies.STUDIES)
def test_every_study_can_be_asked_for_help(name, capsys):
    with pytest.raises(SystemExit) as ended:
        studies.main([name, "--help"])
    assert ended.value.code == 0
    assert f"python -m studies {name}" in capsys.readouterr().out
