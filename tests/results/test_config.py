"""Every field's range, said in a sentence; text as a person types it."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.errors import ConfigError
from cnn_core.results.config import (
    CLASS_WEIGHTS,
    HEADS,
    MODES,
    OPTIMIZERS,
    PRECISIONS,
    SCHEDULES,
    SELECTIONS,
    TrainConfig,
    plain_values,
    validate_config,
    with_settings,
)

BASE = TrainConfig(epochs=1, batch_size=64, learning_rate=1e-3)
EDGES = [
    ("epochs", 1, 1_000, 0, 1_001),
    ("batch_size", 1, 8_192, 0, 1_000_000),
    ("learning_rate", 1e-12, 1e12, 0.0, 1e13),
    ("weight_decay", 0.0, 1.0, -0.1, 1.1),
    ("shift", 0, 8, -1, 9),
    ("rotation", 0.0, 45.0, -1.0, 46.0),
    ("scale", 0.0, 0.5, -0.1, 0.6),
    ("shear", 0.0, 45.0, -1.0, 46.0),
    ("averaging", 0.0, 0.9999, -0.1, 1.0),
    ("validation_share", 0.01, 0.5, 0.0, 0.6),
    ("seed", 0, 2**31 - 1, -1, 2**31),
    ("views", 1, 32, 0, 33),
    ("test_share", 0.0, 0.5, -0.1, 0.6),
    ("label_smoothing", 0.0, 0.5, -0.1, 0.6),
    ("patience", 0, 1_000, -1, 1_001),
    ("backbone_rate", 0.001, 1.0, 0.0, 1.1),
    ("unfreeze_epochs", 0, 1_000, -1, 1_001),
    ("data_share", 0.001, 1.0, 0.0, 1.1),
    ("cutout", 0, 64, -1, 65),
    ("dropout", 0.0, 0.9, -0.1, 1.0),
    ("auxiliary", 0.0, 1.0, -0.1, 1.1),
    ("train_sample", 0, 1_000_000, -1, 1_000_001),
    ("watch", 0, 1_000_000, -1, 1_000_001),
    ("fold", 0, 10, -1, 11),
    ("folds", 0, 10, -1, 11),
    ("last_block_rate", 0.0, 1.0, -0.1, 1.1),
]
CHOICES = [
    ("optimizer", OPTIMIZERS),
    ("schedule", SCHEDULES),
    ("select", SELECTIONS),
    ("mirror", ("off", "on")),
    ("mode", MODES),
    ("head", HEADS),
    ("class_weights", CLASS_WEIGHTS),
    ("precision", PRECISIONS),
    ("rate_finder", ("off", "on")),
    ("cache", ("off", "on")),
]


def refused(config):
    with pytest.raises(ConfigError) as caught:
        validate_config(config)
    return caught.value


def test_every_field_has_its_edges_here():
    texts = {"model", "experiment"}
    named = {name for name, *_ in EDGES} | {name for name, _ in CHOICES} | texts
    assert named == {field.name for field in dataclasses.fields(TrainConfig)}


@pytest.mark.parametrize(("name", "low", "high", "below", "above"), EDGES)
def test_ranges(name, low, high, below, above):
    for value in (low, high):
        config = dataclasses.replace(BASE, **{name: value})
        assert validate_config(config) is config
    for value in (below, above):
        error = refused(dataclasses.replace(BASE, **{name: value}))
        assert error.message.startswith(f"{name} must be between ")
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        assert error.message.endswith(f", but it is {shown}.")
        assert "reset to the preset" in error.hint


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(value):
    message = refused(dataclasses.replace(BASE, learning_rate=value)).message
    assert message == f"learning_rate must be a number between 1e-12 and 1e+12, but it is {value}."


def test_whole_numbers_are_whole():
    message = refused(dataclasses.replace(BASE, epochs=1.5)).message
    assert message == "epochs must be a whole number, but it is 1.5."
    assert "whole number" in refused(dataclasses.replace(BASE, seed=math.nan)).message


@pytest.mark.parametrize(("name", "choices"), CHOICES)
def test_choices(name, choices):
    for choice in choices:
        validate_config(dataclasses.replace(BASE, **{name: choice}))
    message = refused(dataclasses.replace(BASE, **{name: "lion"})).message
    assert message == f"{name} must be one of {', '.join(choices)}, but it is 'lion'."


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": "0"}, "batch_size must be between 1 and 8192, but it is 0."),
        ({"batch_size": "many"}, "batch_size must be a whole number, but it is 'many'."),
        ({"epochs": "1.5"}, "epochs must be a whole number, but it is '1.5'."),
        ({"learning_rate": "fast"}, "learning_rate must be a number, but it is 'fast'."),
        ({"learning_rate": ""}, "learning_rate must be a number, but it is ''."),
        ({"momentum": "0.9"}, "There is no setting named 'momentum'."),
        ({"__class__": "1"}, "There is no setting named '__class__'."),
    ],
)
def test_bad_text_is_said_in_a_sentence(settings, message):
    with pytest.raises(ConfigError) as caught:
        with_settings(BASE, settings)
    assert caught.value.message == message


@pytest.mark.parametrize("text", ["9" * 400, "-" + "9" * 400, "9" * 5_000, "x" * 5_000, "1e9999"])
@pytest.mark.parametrize("name", ["epochs", "learning_rate", "optimizer", "x" * 900])
def test_text_of_any_length_gives_a_short_sentence(name, text):
    with pytest.raises(ConfigError) as caught:
        with_settings(BASE, {name: text})
    assert len(caught.value.message) < 160


def test_settings_are_of_the_declared_type_whatever_the_base_holds():
    base = TrainConfig(epochs=1, batch_size=64, learning_rate=1, rotation=0)
    changed = with_settings(base, {"learning_rate": "0.5", "rotation": "2.5", "optimizer": "sgd"})
    assert (changed.learning_rate, changed.rotation, changed.optimizer) == (0.5, 2.5, "sgd")
    assert base.learning_rate == 1


@pytest.mark.parametrize("name", ["rotation", "scale", "shear"])
def test_distortions_that_interpolate_are_told_from_those_that_do_not(name):
    assert not dataclasses.replace(BASE, shift=2).resamples
    assert dataclasses.replace(BASE, **{name: 0.1}).resamples


@pytest.mark.parametrize("value", ["LeNet", "a b", "../lenet5", "x" * 41, "lenet5\n"])
def test_a_network_is_named_by_its_id(value):
    message = refused(dataclasses.replace(BASE, model=value)).message
    assert message.startswith("model must be the id of a network, but it is ")
    assert len(message) < 120
    assert with_settings(BASE, {"model": "lenet5-1998"}).model == "lenet5-1998"


def test_the_settings_of_an_experiment_are_of_bounded_length():
    longest = dataclasses.replace(BASE, experiment="x" * 2_000)
    assert validate_config(longest) is longest
    message = refused(dataclasses.replace(BASE, experiment="x" * 2_001)).message
    assert message == "experiment must have at most 2,000 characters, but it has 2,001."
    assert "experiment" not in plain_values(BASE)
    assert plain_values(longest)["experiment"] == "x" * 2_000


def test_equal_runs_from_before_a_field_are_equal_still():
    """The digest of a stored run was made of the fields there were."""
    assert "model" not in plain_values(BASE)
    assert plain_values(dataclasses.replace(BASE, model="lenet5-1998"))["model"] == "lenet5-1998"
    assert plain_values(BASE) == {
        "epochs": 1,
        "batch_size": 64,
        "learning_rate": 1e-3,
        "optimizer": "adam",
        "schedule": "constant",
        "weight_decay": 0.0,
        "shift": 0,
        "rotation": 0.0,
        "averaging": 0.0,
        "validation_share": 1 / 12,
        "seed": 0,
    }


@given(
    st.builds(
        TrainConfig,
        epochs=st.integers(1, 1_000),
        batch_size=st.integers(1, 8_192),
        learning_rate=st.floats(1e-12, 1e12),
        optimizer=st.sampled_from(OPTIMIZERS),
        schedule=st.sampled_from(SCHEDULES),
        weight_decay=st.floats(0, 1),
        shift=st.integers(0, 8),
        rotation=st.floats(0, 45),
        scale=st.floats(0, 0.5),
        shear=st.floats(0, 45),
        averaging=st.floats(0.0, 0.9999),
        validation_share=st.floats(0.01, 0.5),
        seed=st.integers(0, 2**31 - 1),
    )
)
def test_what_is_shown_can_be_typed_again(config):
    text = {name: str(value) for name, value in plain_values(config).items()}
    assert with_settings(BASE, text) == config
