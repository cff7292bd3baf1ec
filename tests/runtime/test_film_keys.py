"""Films have entries of their own in the cache of features: other pictures, other views."""

import dataclasses

from cnn_core.models.registry import model_row
from cnn_core.runtime.front_keys import front_key, kept_shape
from cnn_core.training.recipes import find_recipe

ROW = model_row("efficientnet-lite0")
CONFIG = find_recipe("xray-triage").presets["frozen"].config


def test_keys_tell_films_from_pictures_and_mirrored_from_not(settings):
    plain = front_key(settings, ROW, CONFIG, "float32", films=True)
    assert plain != front_key(settings, ROW, CONFIG, "float32")
    mirrored = dataclasses.replace(CONFIG, mirror="on")
    assert plain != front_key(settings, ROW, mirrored, "float32", films=True)
    whole = dataclasses.replace(CONFIG, mode="all")
    assert front_key(settings, ROW, whole, "float32", films=True).preprocessing == "films of 320"
    assert kept_shape(ROW, whole, films=True) == (320, 320)
    assert kept_shape(ROW, CONFIG, films=True) == kept_shape(ROW, CONFIG) == (1280,)
