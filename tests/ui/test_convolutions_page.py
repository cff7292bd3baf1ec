"""The parts of the page "Why convolutions?": facts that are computed, pictures, early results."""

import numpy as np
import torch
from streamlit.testing.v1 import AppTest
from torch import nn

from cnn_core.ui.experiments.convolutions_pictures import row_of

TIMEOUT = 60


def drawn():
    from cnn_core.concepts.registry import find_experiment
    from cnn_core.results.trials import Trials
    from cnn_core.ui.experiments.convolutions import PAGE

    settings = find_experiment(PAGE.experiment).presets["quick"]
    PAGE.result(settings, Trials(), "none")
    PAGE.facts()
    for _, draw in PAGE.more:
        draw()


def test_facts_are_those_of_layers_as_torch_makes_them_and_nothing_fails_without_trials():
    page = AppTest.from_function(drawn, default_timeout=TIMEOUT).run()
    assert not page.exception
    text = " ".join(each.value for each in page.markdown)
    conv = nn.Conv2d(1, 6, 5)
    side = conv(torch.zeros(1, 1, 28, 28)).shape[-1]
    parameters = sum(each.numel() for each in conv.parameters())
    assert f"6 maps of {side}x{side} from 784 pixels" in text
    assert f"={parameters}$ parameters" in text
    assert f"= {conv.weight.numel() * side**2:,} multiply-accumulates" in text
    assert f"it has {parameters * side**2:,} parameters and as many MACs" in text
    assert f"it would have {784 * 6 * side**2:,} weights" in text
    assert len(page.latex) == 3
    page.slider[0].set_value(3).run()
    assert not page.exception


def test_pictures_stand_side_by_side_enlarged():
    row = row_of(np.full((10, 28, 28), 7, np.uint8))
    assert row.shape == (4 * 28, 4 * 10 * 32)
    assert (row == 7).mean() == 28 / 32
