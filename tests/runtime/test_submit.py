"""From a choice to a request: everything that can be refused is refused before, with a sentence."""

import dataclasses
import os

import numpy as np
import pytest

from cnn_core.data.images import Dataset, ImageSet
from cnn_core.errors import ConfigError, DataError, UnknownNameError
from cnn_core.results.config import TrainConfig
from cnn_core.runtime import queue
from cnn_core.runtime.submit import build_request, describe, estimate_seconds, waiting_seconds
from cnn_core.runtime.threads import training_threads

CONFIG = TrainConfig(epochs=2, batch_size=64, learning_rate=1e-3, seed=3)


def request(settings, **changes):
    values = {"recipe": "lenet5-mnist", "preset": "fast", "config": CONFIG, "owner": "ada"}
    return build_request(settings, **{**values, "source": "digits", **changes})


def test_a_request_says_what_is_trained_on_what(settings):
    asked = request(settings)
    assert asked.config is CONFIG
    assert asked.name == ("LeNet-5 on scikit-learn digits, fast, seed 3")
    assert (asked.dataset.source, asked.dataset.location) == ("digits", "")
    sizes = asked.dataset.train_size, asked.dataset.valid_size, asked.dataset.test_size
    assert sizes == (1_317, 120, 360)
    assert (asked.device, asked.launcher) == ("cpu", "worker")
    assert asked.provenance["threads"] == str(training_threads())
    assert {"torch", "python", "processor", "commit", "cores"} <= set(asked.provenance)
    assert all(isinstance(text, str) for text in asked.provenance.values())


def test_a_name_that_is_given_is_kept(settings):
    assert request(settings, name="mine").name == "mine"


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"recipe": "lenet6"}, UnknownNameError, "no recipe named 'lenet6'"),
        ({"preset": "slow"}, UnknownNameError, "no preset named 'slow'"),
        ({"source": "emnist"}, UnknownNameError, "no data set named 'emnist'"),
        ({"device": "cuda:7"}, ConfigError, "no device 'cuda:7' on this machine"),
        ({"source": None}, DataError, "MNIST is not in the data folder"),
        (
            {"config": dataclasses.replace(CONFIG, batch_size=0)},
            ConfigError,
            "batch_size must be between 1 and 8192, but it is 0",
        ),
    ],
)
def test_what_cannot_be_run_is_refused(settings, changes, error, sentence):
    with pytest.raises(error, match=sentence) as caught:
        request(settings, **changes)
    assert caught.value.hint
    assert not settings.runs.exists()


def test_a_custom_configuration_needs_no_preset(settings):
    assert request(settings, preset="custom").preset == "custom"


def test_sizes_are_those_of_the_split(pictures_of):
    dataset = pictures_of(train=100, test=20)
    info = describe(dataset, dataclasses.replace(CONFIG, validation_share=0.2))
    assert (info.train_size, info.valid_size, info.test_size) == (80, 20, 20)
    assert (info.name, info.fingerprint) == (dataset.name, dataset.fingerprint)


@pytest.fixture
def pictures_of():

    def pictures_of(train, test):
        parts = [
            ImageSet(
                np.zeros((size, 28, 28), np.uint8),
                np.arange(size, dtype=np.int64) % 10,
                ("0",) * 10,
            )
            for size in (train, test)
        ]
        return Dataset("none", "none", "", False, "f", *parts)

    return pictures_of


# Estimates


def done(store, new_run, events, seconds, **changes):
    """A run that has finished in so many seconds."""
    run_id = new_run(**changes)
    store.append(run_id, dataclasses.replace(events.finished(), elapsed_seconds=seconds))
    queue.end(store, run_id, "finished")
    return run_id


def estimate(store, config, **changes):
    return estimate_seconds(store, "lenet5-mnist", config, "cpu", **changes)


def test_without_a_finished_run_there_is_no_estimate(store, new_run, events):
    assert estimate(store, CONFIG) is None
    new_run()
    stopped = new_run()
    store.append(stopped, events.finished("stopped"))
    queue.end(store, stopped, "stopped")
    assert estimate(store, CONFIG) is None


def test_the_estimate_follows_the_nearest_run(store, new_run, events, request_of):
    done(store, new_run, events, 20.0, epochs=2, batch_size=64)
    done(store, new_run, events, 40.0, epochs=10, batch_size=512)
    done(store, new_run, events, 100.0, epochs=2, batch_size=64, rotation=10.0)
    assert estimate(store, CONFIG) == pytest.approx(20.0)
    assert estimate(store, dataclasses.replace(CONFIG, epochs=5)) == pytest.approx(50.0)
    big = dataclasses.replace(CONFIG, batch_size=1_024, epochs=1)
    assert estimate(store, big) == pytest.approx(4.0)
    assert estimate(store, dataclasses.replace(CONFIG, rotation=5.0)) == pytest.approx(100.0)
    assert estimate_seconds(store, "lenet5-mnist", CONFIG, "cuda:0") is None


def test_small_data_says_nothing_of_large(store, new_run, events, request_of):
    digits = dataclasses.replace(request_of().dataset, source="digits", train_size=100)
    done(store, new_run, events, 0.5, dataset=digits)
    assert estimate(store, CONFIG) is None
    assert estimate(store, CONFIG, source="digits") == pytest.approx(0.5)


def test_waiting_is_what_is_left_of_those_before(store, new_run, events):
    running, waiting, last = (new_run(seed=seed, epochs=2) for seed in range(3))
    assert queue.claim(store) == running
    queue.record_process(store, running, os.getpid())
    store.append(running, events.started())
    store.append(running, events.steps(15, count=15))
    ahead = queue.ahead_of(store, store.get(last))
    assert ahead == [running, waiting]
    assert waiting_seconds(store, ahead) is None  # nothing has finished here yet
    done(store, new_run, events, 20.0, epochs=2, owner="bob")
    assert waiting_seconds(store, ahead) == pytest.approx(0.25 * 20 + 20)
    assert waiting_seconds(store, []) == 0.0
