"""LeNet-5's figures: the networks' own, the inspector's, and those that the paper prints."""

import pytest

from cnn_core.models.lenet1998_constants import C3_TABLE
from cnn_core.models.lenet_layers import c3_kinds, lenet_layers

torch = pytest.importorskip("torch")

NETWORKS = {"today": "lenet5", "1998": "lenet5-1998"}


@pytest.mark.parametrize("form", NETWORKS)
def test_figures_are_the_networks_own(form):
    """Against what the inspector finds by running the network's code."""
    from cnn_core.explain.layers import layer_infos
    from cnn_core.models.registry import build_model

    found = {
        info.name: info
        for info in layer_infos(build_model(NETWORKS[form], num_classes=10).eval(), (1, 28, 28))
    }
    named = [layer for layer in lenet_layers(form) if layer.module]
    assert [layer.module for layer in named] == list(found)
    for layer in named:
        info = found[layer.module]
        shape = info.shape[:1] if info.shape[1:] == (1, 1) else info.shape
        assert (layer.shape, layer.parameters) == (shape, info.parameters)
        if layer.kind != "radial basis functions":  # the inspector counts convolutions and sums
            assert layer.macs == info.macs
        if len(layer.shape) == 3:
            assert info.receptive_field == (layer.field, layer.field)


def test_figures_are_those_that_the_paper_prints():
    """Section II.B: parameters and connections of each layer, and of all."""
    layers = lenet_layers("1998")
    assert [layer.parameters for layer in layers] == [156, 12, 1516, 32, 48120, 10164, 0]
    assert [layer.connections for layer in layers[:6]] == [
        *(122_304, 5_880, 151_600, 2_000, 48_120, 10_164),
    ]
    assert sum(layer.connections for layer in layers) == 340_908
    assert sum(layer.parameters for layer in layers) == 60_000


def test_the_kinds_of_c3_are_all_its_maps_once():
    kinds = c3_kinds()
    assert [map_ for kind in kinds for map_ in kind.maps] == list(range(16))
    for kind in kinds:
        assert {len(C3_TABLE[map_]) for map_ in kind.maps} == {kind.inputs}
    assert sum(len(kind.maps) * kind.parameters for kind in kinds) == 1516


@pytest.mark.parametrize("form", NETWORKS)
@pytest.mark.parametrize("place", [0, 1])
def test_squares_are_what_reaches_a_unit(form, place):
    """The gradient of one unit of S2 and S4 is zero outside its square, and not at its corners."""
    from cnn_core.models.registry import build_model

    torch.manual_seed(0)
    network = build_model(NETWORKS[form], num_classes=10).double().eval()
    layer = lenet_layers(form)[2 * place]
    row = column = 3
    images = torch.rand(1, 1, 28, 28, dtype=torch.float64, requires_grad=True)
    seen = []
    handle = network.get_submodule(layer.module).register_forward_hook(
        lambda module, given, output: seen.append(output[0, :, row, column].sum())
    )
    network(images)
    handle.remove()
    (gradient,) = torch.autograd.grad(seen[0], images)
    rows = gradient[0, 0].abs().sum(1).nonzero().flatten()
    first = row * layer.step + layer.offset
    assert rows[0] >= first
    assert rows[-1] < first + layer.field
    if form == "1998" or place == 0:  # a maximum may come from one side of its window
        assert (int(rows[0]), int(rows[-1])) == (first, first + layer.field - 1)
