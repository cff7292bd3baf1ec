"""What fine-tuning would cost where nothing was trained yet: counted work."""

import dataclasses

from cnn_core.runtime.film_costs import study_estimate
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


def test_a_study_is_reckoned_with_its_frozen_part_once(tmp_path):
    nowhere = Settings(data=tmp_path, weights=tmp_path, runs=tmp_path, features=tmp_path / "f")
    config = find_recipe("xray-triage").presets["frozen"].config
    config = dataclasses.replace(config, model="efficientnet-lite0")
    names = tuple(f"{number:064x}" for number in range(1_400))
    runs = [
        FolderSizes(
            train=900,
            valid=200,
            test=300,
            classes=3,
            pictures=(*names[300 * fold :], *names[: 300 * fold]),
        )
        for fold in range(3)
    ]
    alone = [estimate(nowhere, each, config, recipe="xray-triage", device="cpu") for each in runs]
    study = study_estimate(nowhere, runs, config, device="cpu")
    assert max(each.seconds for each in alone) < study.seconds
    assert study.seconds < 0.7 * sum(each.seconds for each in alone)
    assert study.disk_bytes < sum(each.disk_bytes for each in alone)
    assert study.cached_share == 0
    assert not study.measured_here
    whole = dataclasses.replace(config, mode="all")
    longer = study_estimate(nowhere, runs, whole, device="cpu")
    assert longer.seconds > 10 * study.seconds
    assert longer.disk_bytes > 1_400 * 320 * 320
