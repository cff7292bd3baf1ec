"""The ImageNet networks: torchvision's own function and figures, and nothing changed in place."""

import pytest
import torch
import torchvision
from torch import nn
from torchvision.models import get_model, get_model_weights

from cnn_core.models.registry import MODELS, OFFERED, build_model, class_names, model_row

IMAGENET = [row for row in MODELS.values() if row.classes == "imagenet"]
OF_TORCHVISION = [row for row in IMAGENET if any(source.url for source in row.weights)]
SMALL = ("googlenet", "resnet18", "resnet34", "resnet50", "squeezenet1_1", "efficientnet-lite0")


def by_id(row):
    return row.id


@pytest.fixture(scope="module")
def built():
    """A network of each kind with random weights, built once."""
    networks = {}

    def of(name):
        if name not in networks:
            torch.manual_seed(0)
            networks[name] = build_model(name).eval()
        return networks[name]

    return of


def pictures(side):
    return torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("row", OF_TORCHVISION, ids=by_id)
def test_figures_are_torchvisions(row):
    published = get_model_weights(row.id).IMAGENET1K_V1
    source = row.weights[0]
    assert source.url == published.url
    assert source.filename == published.url.rpartition("/")[2]
    assert source.filename.endswith(f"-{source.sha256}.pth")
    assert row.parameters == published.meta["num_params"]
    transforms = published.transforms()
    assert (row.resize, row.input_size) == (transforms.resize_size[0], transforms.crop_size[0])
    assert (list(row.mean), list(row.std)) == (transforms.mean, transforms.std)
    assert class_names(row) == tuple(published.meta["categories"])


def test_every_network_of_torchvision_is_meant():
    assert {row.id for row in OF_TORCHVISION} == {
        *("alexnet", "vgg16", "googlenet", "resnet18", "resnet34", "resnet50", "squeezenet1_1")
    }


@pytest.mark.parametrize("row", MODELS.values(), ids=by_id)
def test_as_many_names_as_outputs(row):
    names = class_names(row)
    assert len(names) == row.num_classes
    assert all(names)


@pytest.mark.parametrize("name", ["googlenet", "resnet18", "resnet34", "resnet50", "squeezenet1_1"])
def test_the_same_function_as_torchvisions(built, name):
    ours = built(name)
    with torch.device("meta"):
        options = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
        theirs = get_model(name, weights=None, **options)
    theirs = theirs.to_empty(device="cpu").eval()
    theirs.load_state_dict(ours.state_dict())
    if name == "googlenet":
        theirs.transform_input = True  # as torchvision itself does when it loads weights
    images = pictures(64)
    with torch.inference_mode():
        assert torch.allclose(ours(images), theirs(images), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["alexnet", "vgg16"])
def test_the_same_layers_as_torchvisions(name):
    with torch.device("meta"):
        ours, theirs = build_model(name), get_model(name, weights=None)
    for module in theirs.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("row", [*OFFERED.values(), model_row("googlenet-cifar")], ids=by_id)
def test_relus_are_modules_that_run_once_and_not_in_place(row):
    with torch.device("meta"):
        network = build_model(row.id).eval()
        leaves = [name for name, module in network.named_modules() if not [*module.children()]]
        counts = dict.fromkeys(leaves, 0)
        for name in leaves:

            def count(_module, _inputs, _output, name=name):
                counts[name] += 1

            network.get_submodule(name).register_forward_hook(count)
        network(torch.zeros(1, row.channels, row.input_size, row.input_size))
    assert not [n for n, m in network.named_modules() if getattr(m, "inplace", False)]
    assert not {name: count for name, count in counts.items() if count > 1}


@pytest.mark.parametrize("name", [*SMALL, "alexnet-2012"])
def test_no_activation_is_overwritten(built, name):
    """Every module's output, kept as it is, equals the copy made when it came out."""
    network, seen = built(name), {}
    handles = []
    for layer, module in network.named_modules():

        def keep(_module, _inputs, output, layer=layer):
            seen[layer] = (output, output.clone())

        handles.append(module.register_forward_hook(keep))
    side = model_row(name).input_size if name == "alexnet-2012" else 64
    try:
        with torch.no_grad():
            network(pictures(side))
    finally:
        for handle in handles:
            handle.remove()
    assert all(torch.equal(kept, copy) for kept, copy in seen.values())
    first = model_row(name).layers[0]
    assert (seen[first][0] < 0).any(), "before ReLU there are negative values"


def test_alexnet_of_2012_layer_by_layer():
    """Section 3.5: 96, 256, 384, 384, 256 kernels; the second, fourth, fifth see one tower only."""
    with torch.device("meta"):
        network = build_model("alexnet-2012")
        maps, shapes = torch.zeros(1, 3, 227, 227), []
        for module in network.features:
            maps = module(maps)
            if isinstance(module, nn.Conv2d):
                shapes.append((*maps.shape[1:], module.weight.shape[1]))
    assert shapes == [
        *((96, 55, 55, 3), (256, 27, 27, 48), (384, 13, 13, 256)),
        *((384, 13, 13, 192), (256, 13, 13, 192)),
    ]


def test_normalisation_of_2012_is_the_papers_sum():
    """Section 3.3: a / (k + alpha * sum of squares over five neighbours) ** beta."""
    with torch.device("meta"):
        layer = next(
            m for m in build_model("alexnet-2012").modules() if isinstance(m, nn.LocalResponseNorm)
        )
    values = 30 * torch.randn(1, 9, 1, 1, generator=torch.Generator().manual_seed(2))
    squares = values.flatten().double() ** 2
    sums = torch.stack([squares[max(i - 2, 0) : i + 3].sum() for i in range(9)])
    expected = values.flatten().double() / (2 + 1e-4 * sums) ** 0.75
    assert torch.allclose(layer(values).flatten().double(), expected, rtol=1e-5)


def test_nothing_is_downloaded(monkeypatch):
    def refuse(*_args, **_options):
        raise AssertionError("a download was tried")

    monkeypatch.setattr(torchvision.models._api.WeightsEnum, "get_state_dict", refuse)
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    for row in IMAGENET:
        with torch.device("meta"):
            build_model(row.id)
