"""Devices, versions, homes: what is asked of the machine and written down for others."""

import json
import subprocess
from pathlib import Path

import pytest

from cnn_core.errors import ConfigError, StorageError
from cnn_core.runtime import devices, provenance, threads
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.devices import Device, choose_device, known_devices, remember_devices
from cnn_core.runtime.provenance import git_commit, package_versions
from cnn_core.runtime.stopping import StopFlag, stop_on_signals
from cnn_core.settings import Settings

GPUS = [Device(id="cuda:0", title="A"), Device(id="cuda:1", title="B"), Device(id="cpu", title="C")]


@pytest.mark.parametrize(
    ("name", "found"),
    [("auto", "cuda:0"), ("cuda", "cuda:0"), ("cuda:1", "cuda:1"), ("cpu", "cpu")],
)
def test_devices_by_name(name, found):
    assert choose_device(name, GPUS) == found


@pytest.mark.parametrize("name", ["cuda:2", "mps", "", "CPU"])
def test_a_device_that_is_not_there(name):
    with pytest.raises(ConfigError, match="There is no device") as caught:
        choose_device(name, GPUS)
    assert caught.value.hint == "Choose auto, cuda:0 or cuda:1 or cpu."


def test_devices_are_written_down_for_processes_without_torch(tmp_path, monkeypatch):
    before = known_devices(tmp_path)
    assert [device.id for device in before] == ["cpu"]
    monkeypatch.setattr(devices, "detect_devices", lambda: GPUS)
    assert remember_devices(tmp_path / "runs") == GPUS
    assert known_devices(tmp_path / "runs") == GPUS
    monkeypatch.setattr(devices, "package_versions", lambda: {"torch": "9.9"})
    assert [device.id for device in known_devices(tmp_path / "runs")] == ["cpu"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"torch": null}', '{"torch": "x", "devices": 3}'])
def test_a_damaged_note_of_devices_is_passed_over(tmp_path, text, monkeypatch):
    monkeypatch.setattr(devices, "package_versions", lambda: {"torch": "x"})
    (tmp_path / "devices.json").write_text(text)
    assert [device.id for device in known_devices(tmp_path)] == ["cpu"]


def test_devices_that_cannot_be_written_down(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        remember_devices(tmp_path / "file" / "runs")


@pytest.mark.parametrize(("cores", "used"), [(1, 1), (2, 2), (3, 2), (8, 7), (64, 16)])
def test_threads_of_a_run(monkeypatch, cores, used):
    monkeypatch.setattr(threads, "usable_cores", lambda: cores)
    assert threads.training_threads() == used


def test_a_choice_of_waiting_is_kept():
    environment = {"OMP_WAIT_POLICY": "ACTIVE"}
    threads.wait_passively(environment)
    assert environment == {"OMP_WAIT_POLICY": "ACTIVE"}


def test_a_missing_package_is_said(monkeypatch):
    monkeypatch.setattr(provenance, "PACKAGES", ("torch", "no-such-package"))
    versions = package_versions()
    assert versions["no-such-package"] == "missing"
    assert versions["torch"] != "missing"


def test_the_commit_is_this_checkouts_or_none(tmp_path, monkeypatch):
    """A folder inside somebody else's repository is not a checkout of ours."""
    root = Path(provenance.__file__).parents[2]
    if (root / ".git").exists():
        known = git_commit.__wrapped__()
        head = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert head.startswith(known.removesuffix("+changes"))
        assert len(known.removesuffix("+changes")) >= 12
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "inside").mkdir()
    monkeypatch.setattr(provenance, "_ROOT", tmp_path / "inside")
    assert git_commit.__wrapped__() == ""


def test_homes_are_absolute_wherever_the_app_is_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({"CNN_LAB_HOME": "lab", "CNN_LAB_RUNS": "~/runs"})
    assert settings.data == tmp_path / "lab" / "data"
    assert settings.runs == Path.home() / "runs"
    assert settings.warm_spare
    assert not Settings.from_environment({"CNN_LAB_SPARE": "0"}).warm_spare
    assert Settings.from_environment({}).runs.is_absolute()
    assert Settings.from_environment({"CNN_LAB_HOME": ""}) == Settings.from_environment({})


def test_a_data_set_is_read_once(tmp_path):
    first = cached_dataset("digits", tmp_path)
    assert cached_dataset("digits", tmp_path) is first


def test_a_data_set_that_was_edited_is_read_again(tmp_path, monkeypatch):
    from cnn_core.runtime import datasets as module

    reads = []
    monkeypatch.setattr(module, "open_dataset", lambda *key: reads.append(key) or len(reads))
    path = tmp_path / "train-labels-idx1-ubyte"
    path.write_bytes(b"1")
    seen = [cached_dataset("mnist", tmp_path), cached_dataset("mnist", tmp_path)]
    path.write_bytes(b"22")
    seen.append(cached_dataset("mnist", tmp_path))
    assert seen == [1, 1, 2]
    module._opened.cache_clear()


def test_signals_are_left_alone_outside_the_main_thread():
    import threading

    asked = []

    def inside():
        with stop_on_signals(StopFlag()):
            asked.append(True)

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert asked == [True]


def test_the_note_of_devices_is_json(tmp_path):
    remember_devices(tmp_path)
    body = json.loads((tmp_path / "devices.json").read_text())
    assert body["devices"][-1]["id"] == "cpu"
