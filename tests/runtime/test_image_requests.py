"""What fine-tuning on an image set is before it is queued: refused, estimated, described."""

import dataclasses

import pytest

from cnn_core.errors import ConfigError, DataError, StorageError, WeightsError
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.folder_costs import FolderSizes
from cnn_core.runtime.image_costs import estimate
from cnn_core.runtime.picture_runs import network_at_hand
from cnn_core.runtime.submit import build_request, describe
from cnn_core.training.recipes import find_recipe
from tests.runtime.image_set import FROZEN, RECIPE, SCRATCH, image_homes


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return image_homes(tmp_path_factory.mktemp("image-set"))


def request(home, config, **options):
    return build_request(
        home,
        recipe=RECIPE.id,
        preset="custom",
        config=config,
        owner="ada",
        device="cpu",
        launcher="self",
        **options,
    )


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"model": "lenet5"}, ConfigError, "cannot be fine-tuned"),
        ({"model": ""}, WeightsError, "No weights of GoogLeNet are on this machine"),
        ({"auxiliary": 0.3}, ConfigError, "auxiliary"),
        ({"model": "googlenet-cifar"}, ConfigError, "mode=scratch"),
        ({"data_share": 0.05}, DataError, "each class needs 2"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_it_is_queued(home, changes, error, words):
    with pytest.raises(error, match=words) as refused:
        request(home, dataclasses.replace(FROZEN, **changes))
    if "model" in changes and not changes["model"]:
        assert "model=efficientnet-lite0" in refused.value.hint
        assert "mode=scratch" in refused.value.hint


def test_other_data_is_refused(home):
    with pytest.raises(DataError, match="have another form"):
        request(home, FROZEN, source="digits")


@pytest.mark.parametrize("unused", [{"data_share": 0.5}, {"cutout": 8}, {"auxiliary": 0.3}])
def test_a_persons_own_pictures_refuse_what_would_not_be_looked_at(home, unused):
    config = dataclasses.replace(find_recipe("vgg16-folder").presets["light"].config, **unused)
    ((name, value),) = unused.items()
    with pytest.raises(ConfigError, match=f"but got {name}={value}"):
        build_request(home, recipe="vgg16-folder", preset="custom", config=config, owner="ada")


def test_features_that_cannot_fit_are_refused_before_it_is_queued(home):
    small = dataclasses.replace(home, features_bytes=1_000)
    with pytest.raises(StorageError, match="limited to"):
        request(small, dataclasses.replace(FROZEN, mode="last-block"))


def test_the_embedded_network_stands_in_where_nothing_else_was_asked_for(home):
    config, said = network_at_hand(home, RECIPE, dataclasses.replace(FROZEN, model=""))
    assert config.model == "efficientnet-lite0"
    assert "No weights of GoogLeNet" in said
    assert network_at_hand(home, RECIPE, SCRATCH) == (SCRATCH, "")


def test_an_estimate_without_a_run_counts_the_work(home, tmp_path):
    nowhere = dataclasses.replace(home, runs=tmp_path, features=tmp_path / "features")

    def told(config, **sizes):
        sizes = {"train": 45_000, "valid": 5_000, "test": 10_000, "classes": 10} | sizes
        return estimate(nowhere, FolderSizes(**sizes), config)

    reference = dataclasses.replace(RECIPE.presets["reference"].config, precision="float32")
    whole = told(reference)
    tenth = told(dataclasses.replace(reference, data_share=0.1), train=4_500, valid=500, test=2_000)
    assert whole.sentence.startswith("All of it: about ")
    assert 5 < whole.seconds / tenth.seconds < 10
    # 105,000 outputs at 142 pictures a second: GoogLeNet at 96 pixels, in float32
    assert 105_000 / 142 < whole.seconds < 1.2 * 105_000 / 142
    scratch = told(dataclasses.replace(RECIPE.presets["scratch"].config, precision="float32"))
    assert scratch.seconds > 10 * whole.seconds
    assert not scratch.cached_share
    small = told(dataclasses.replace(SCRATCH, epochs=30))
    assert small.seconds < scratch.seconds / 20


def test_the_description_says_what_the_share_leaves(home):
    dataset = cached_dataset("cifar10", home.data)
    told = describe(dataset, dataclasses.replace(FROZEN, data_share=1.0))
    assert (told.train_size, told.valid_size, told.test_size) == (80, 20, 20)
    assert told.fingerprint == describe(dataset, FROZEN).fingerprint
