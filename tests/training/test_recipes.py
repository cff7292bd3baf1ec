"""Every recipe is covered by being listed."""

import subprocess
import sys

import pytest

from cnn_core.data.datasets import SOURCES
from cnn_core.errors import UnknownNameError
from cnn_core.models.fine_tuning import validate_auxiliary, validate_fine_tuning
from cnn_core.models.registry import MODELS
from cnn_core.results.config import validate_config
from cnn_core.training.recipes import (
    FILMS,
    OWN_PICTURES,
    RECIPES,
    find_preset,
    find_recipe,
    network_of,
)

PRESETS = [(recipe, name) for recipe in RECIPES.values() for name in recipe.presets]


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.id)
def test_recipes_are_whole(recipe):
    assert RECIPES[recipe.id] is recipe is find_recipe(recipe.id)
    assert recipe.model in MODELS
    assert recipe.source in (*SOURCES, OWN_PICTURES, FILMS)
    assert recipe.default in recipe.presets
    assert recipe.title
    assert recipe.citation
    with pytest.raises(TypeError):
        recipe.presets["another"] = None


@pytest.mark.parametrize(("recipe", "name"), PRESETS, ids=lambda value: getattr(value, "id", value))
def test_presets_are_valid(recipe, name):
    preset = find_preset(recipe, name)
    assert validate_config(preset.config) is preset.config
    assert preset.config.seed == 0
    assert preset.measured_seconds is None or preset.measured_seconds > 0
    assert preset.title
    assert preset.description


@pytest.mark.parametrize(("recipe", "name"), PRESETS, ids=lambda value: getattr(value, "id", value))
def test_presets_that_fine_tune_can_be_built(recipe, name):
    config = recipe.presets[name].config
    row = MODELS[network_of(recipe, config)]
    validate_auxiliary(row, config.mode, config.auxiliary)
    if recipe.source in (OWN_PICTURES, FILMS) or recipe.input_size:
        validate_fine_tuning(row, config.mode, config.head)
    else:
        assert (config.mode, config.head) == ("", "")


def test_unknown_names_say_which_there_are():
    with pytest.raises(UnknownNameError, match="no recipe named 'lenet6'") as caught:
        find_recipe("lenet6")
    assert "lenet5-mnist" in caught.value.hint
    with pytest.raises(UnknownNameError, match="no preset named 'slow'") as caught:
        find_preset(find_recipe("lenet5-mnist"), "slow")
    assert "reference" in caught.value.hint


def test_registry_and_recipes_are_imported_without_torch():
    code = (
        "import sys, cnn_core.models.registry, cnn_core.training.recipes;"
        "print(sorted({'torch', 'torchvision', 'pandas'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
