"""What fine-tuning would cost where nothing was trained yet: counted work."""

import dataclasses

from cnn_core.runtime.folder_costs import FolderSizes, alternative, estimate
from cnn_core.settings import Settings
from cnn_core.training.recipes import find_recipe

LIGHT = find_recipe("vgg16-folder").presets["light"].config


def test_an_estimate_without_a_run_counts_and_offers_the_quicker_network(tmp_path):
    nowhere = Settings(data=tmp_path, weights=tmp_path, runs=tmp_path, features=tmp_path / "f")
    sizes = FolderSizes(train=525, valid=112, test=113, classes=5)
    config = dataclasses.replace(LIGHT, epochs=5, batch_size=8, head="reference")
    slow, quick = estimate(nowhere, sizes, config), alternative(nowhere, sizes, config)
    assert quick.seconds < slow.seconds / 2
    assert "at the pace of two cores" in slow.sentence
    other = estimate(nowhere, sizes, dataclasses.replace(config, model="resnet18"))
    assert quick.seconds < other.seconds < slow.seconds
    assert "reckoned from the pace of other networks" in other.sentence
    assert not slow.measured_here
    assert slow.disk_bytes > 2 * 4 * 4 * 107e6  # two checkpoints of a head of 107 million
    whole = estimate(nowhere, sizes, dataclasses.replace(config, mode="all"))
    assert whole.seconds > 2 * slow.seconds
    assert whole.memory_bytes > slow.memory_bytes
