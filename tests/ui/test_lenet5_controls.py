"""Settings in words and links, without a page."""

from dataclasses import fields, replace

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.results.config import OPTIMIZERS, SCHEDULES, TrainConfig
from cnn_core.training.recipes import find_recipe
from cnn_core.ui.lenet5.controls import describe
from cnn_core.ui.training.presets import preset_name

RECIPE = find_recipe("lenet5-mnist")
FAST, REFERENCE = (RECIPE.presets[name].config for name in ("fast", "reference"))


def test_line_names_what_differs_from_plain_training():
    plain = TrainConfig(epochs=1, batch_size=8, learning_rate=0.1, optimizer="sgd", seed=4)
    assert describe(plain) == "1 epoch, batches of 8, SGD at 0.1, seed 4"
    distorted = describe(replace(plain, epochs=2, shift=2, rotation=7.5, schedule="one-cycle"))
    assert distorted.startswith("2 epochs, batches of 8, SGD at 0.1 (one-cycle), ")
    assert "shifts up to 2 px, rotations up to 7.5°" in distorted
    stretched = describe(replace(plain, scale=0.1, shear=5.0))
    assert "stretches up to 10 %, slants up to 5°" in stretched


def test_every_optimizer_and_schedule_can_be_said():
    for optimizer in OPTIMIZERS:
        for schedule in SCHEDULES:
            assert describe(replace(FAST, optimizer=optimizer, schedule=schedule))


def test_a_network_that_is_not_the_recipes_is_named():
    line = describe(RECIPE.presets["1998"].config)
    assert line.startswith("LeNet-5 of 1998, 10 epochs, batches of ")


@pytest.mark.parametrize("preset", RECIPE.presets)
def test_preset_keeps_its_name_with_another_seed_alone(preset):
    config = RECIPE.presets[preset].config
    assert preset_name(RECIPE, preset, replace(config, seed=77)) == preset
    for field in fields(config):
        if field.name != "seed":
            value = getattr(config, field.name)
            another = f"{value}?" if isinstance(value, str) else value + 1
            other = replace(config, **{field.name: another})
            assert preset_name(RECIPE, preset, other) == "custom", field.name


def linked():
    import streamlit as st

    from cnn_core.ui.linked import linked_choice

    st.text(linked_choice("kind", ("plain", "fancy"), "plain"))
    st.radio("Kind", ("plain", "fancy"), format_func=str.upper, key="kind")


@pytest.mark.parametrize(
    ("given", "taken"), [(None, "plain"), ("fancy", "fancy"), ("FANCY", "plain"), ("", "plain")]
)
def test_link_gives_a_choice_by_its_id(given, taken):
    app = AppTest.from_function(linked, default_timeout=30)
    if given is not None:
        app.query_params["kind"] = given
    app.run()
    assert not app.exception
    assert app.text[0].value == app.radio[0].value == taken
    assert dict(app.query_params) == ({} if taken == "plain" else {"kind": taken})


def test_choice_moves_into_the_link_and_out_of_it():
    app = AppTest.from_function(linked, default_timeout=30).run()
    app.radio[0].set_value("fancy").run()
    assert app.text[0].value == "fancy"
    assert app.query_params["kind"] == "fancy"
    app.radio[0].set_value("plain").run()
    assert "kind" not in app.query_params
