"""Weights for the browser: the blob holds what the file holds, and other files are refused."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from cnn_core.errors import WeightsError
from cnn_core.models.lenet1998_constants import C3_TABLE
from cnn_core.ui.digit_lab import browser_network_from_safetensors
from cnn_core.ui.digit_lab.lenet1998 import SHAPES


def lenet5_arrays(*, maps=(6, 16), kernels=(5, 5), units=(120, 84), classes=10):
    generator = np.random.default_rng(0)
    side = 28
    for kernel in kernels:
        side = (side - kernel + 1) // 2
    widths = (maps[1] * side * side, *units, classes)
    shapes = {
        "conv1": (maps[0], 1, kernels[0], kernels[0]),
        "conv2": (maps[1], maps[0], kernels[1], kernels[1]),
        "fc1": (widths[1], widths[0]),
        "fc2": (widths[2], widths[1]),
        "fc3": (widths[3], widths[2]),
    }
    arrays = {}
    for name, shape in shapes.items():
        arrays[f"{name}.weight"] = generator.normal(size=shape).astype(np.float32)
        arrays[f"{name}.bias"] = generator.normal(size=shape[0]).astype(np.float32)
    return arrays


@pytest.fixture
def write(tmp_path):
    def to_file(arrays):
        path = tmp_path / "weights.safetensors"
        save_file(arrays, path)
        return path

    return to_file


def test_blob_holds_the_parameters_where_the_layers_say(write):
    arrays = lenet5_arrays()
    network = browser_network_from_safetensors(write(arrays), "LeNet-5")
    values = np.frombuffer(network.weights, "<f4")
    with_weights = [layer for layer in network.layers if "weight" in layer]
    names = ["conv1", "conv2", "fc1", "fc2", "fc3"]
    assert len(with_weights) == len(names)
    for name, layer in zip(names, with_weights, strict=True):
        for part in ("weight", "bias"):
            array = arrays[f"{name}.{part}"]
            stored = values[layer[part] : layer[part] + array.size]
            np.testing.assert_array_equal(stored, array.ravel())
    assert network.parameters == 44_426
    assert network.classes == 10


def test_layers_are_lenet5s_in_order(write):
    network = browser_network_from_safetensors(write(lenet5_arrays()), "LeNet-5")
    assert [layer["op"] for layer in network.layers] == [
        *("conv", "max_pool", "relu"),
        *("conv", "max_pool", "relu"),
        *("flatten", "linear", "relu", "linear", "relu", "linear"),
    ]
    shown = [layer["show"] for layer in network.layers if "show" in layer]
    assert shown == ["conv1", "pool1", "conv2", "pool2", "fc1", "fc2"]


def test_other_sizes_of_the_family_are_taken(write):
    arrays = lenet5_arrays(maps=(4, 8), kernels=(3, 4), units=(32, 20))
    network = browser_network_from_safetensors(write(arrays), "Small")
    assert network.parameters == sum(array.size for array in arrays.values())


def test_half_precision_becomes_float32(write):
    arrays = {name: array.astype(np.float16) for name, array in lenet5_arrays().items()}
    network = browser_network_from_safetensors(write(arrays), "Half")
    assert len(network.weights) == 4 * 44_426


def test_token_tells_networks_apart(write):
    arrays = lenet5_arrays()
    first = browser_network_from_safetensors(write(arrays), "LeNet-5")
    again = browser_network_from_safetensors(write(arrays), "LeNet-5")
    arrays["fc3.bias"][0] += 1
    other = browser_network_from_safetensors(write(arrays), "LeNet-5")
    assert first.token == again.token != other.token


def _without(name):
    return lambda arrays: arrays.pop(name)


def _with(name, array):
    return lambda arrays: arrays.update({name: array})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without("fc2.bias"), "another network"),
        (_with("bn1.weight", np.ones(6, np.float32)), "another network"),
        (_with("conv1.weight", np.ones((6, 3, 5, 5), np.float32)), "conv1.weight must"),
        (_with("conv1.weight", np.ones((6, 1, 5, 3), np.float32)), "conv1.weight must"),
        (_with("conv2.weight", np.ones((16, 5, 5, 5), np.float32)), "conv2.weight must"),
        (_with("conv2.bias", np.ones(15, np.float32)), r"conv2.bias must.*\(16,\).*\(15,\)"),
        (_with("fc1.weight", np.ones((120, 400), np.float32)), r"fc1.weight.*256.*400"),
        (_with("fc1.weight", np.ones(256, np.float32)), "fc1.weight must"),
        (_with("fc2.weight", np.full((84, 120), np.nan, np.float32)), "fc2.weight must hold"),
        (_with("fc3.bias", np.ones(10, np.int32)), "fc3.bias must hold"),
    ],
)
def test_other_weights_are_refused(write, spoil, message):
    arrays = lenet5_arrays()
    spoil(arrays)
    with pytest.raises(WeightsError, match=message) as caught:
        browser_network_from_safetensors(write(arrays), "LeNet-5")
    assert caught.value.hint


def test_another_number_of_classes_is_refused(write):
    with pytest.raises(WeightsError, match=r"fc3.bias must have the shape \(10,\)"):
        browser_network_from_safetensors(write(lenet5_arrays(classes=7)), "LeNet-5")


def test_missing_and_damaged_files_are_told_apart(tmp_path, write):
    with pytest.raises(WeightsError, match="are missing"):
        browser_network_from_safetensors(tmp_path / "none.safetensors", "LeNet-5")
    path = write(lenet5_arrays())
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsError, match="cannot be read"):
        browser_network_from_safetensors(path, "LeNet-5")
    with pytest.raises(WeightsError, match="cannot be read"):
        browser_network_from_safetensors(tmp_path, "LeNet-5")


def arrays_1998():
    generator = np.random.default_rng(0)
    return {name: generator.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}


def test_the_network_of_1998_is_known_by_its_names(write):
    arrays = arrays_1998()
    network = browser_network_from_safetensors(write(arrays), "1998")
    assert network.parameters == 60_000
    assert network.classes == 10
    assert (0 - network.mean) / network.std == pytest.approx(-0.1)
    assert (1 - network.mean) / network.std == pytest.approx(1.175)
    values = np.frombuffer(network.weights, "<f4")
    pad, c1, squash, s2, *_, rbf = network.layers
    assert (pad["by"], pad["value"]) == (2, -0.1)
    assert (squash["amplitude"], squash["slope"]) == (1.7159, 2 / 3)
    for layer, part, name in [
        *((c1, "weight", "c1.weight"), (c1, "bias", "c1.bias")),
        *((s2, "weight", "s2.coefficient"), (s2, "bias", "s2.bias")),
        (rbf, "weight", "output.codes"),
    ]:
        stored = values[layer[part] : layer[part] + arrays[name].size]
        np.testing.assert_array_equal(stored, arrays[name].ravel())


def test_c3_has_noughts_where_table_one_has_no_connection(write):
    arrays = arrays_1998()
    network = browser_network_from_safetensors(write(arrays), "1998")
    (c3,) = [layer for layer in network.layers if layer.get("out") == 16]
    dense = np.frombuffer(network.weights, "<f4")[c3["weight"] :][: 16 * 6 * 25].reshape(16, 6, 25)
    kernels = iter(arrays["c3.weight"].reshape(60, 25))
    for map_, row in enumerate(C3_TABLE):
        for channel in range(6):
            expected = next(kernels) if channel in row else np.zeros(25)
            np.testing.assert_array_equal(dense[map_, channel], expected)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without("s4.bias"), r"another network: expected the parameters c1\.weight"),
        (_with("conv1.weight", np.ones((6, 1, 5, 5), np.float32)), "another network"),
        (_with("c3.weight", np.ones((16, 6, 5, 5), np.float32)), r"c3.weight must.*\(60, 5, 5\)"),
        (_with("output.codes", np.full((10, 84), np.inf, np.float32)), "output.codes must hold"),
    ],
)
def test_other_weights_of_1998_are_refused(write, spoil, message):
    arrays = arrays_1998()
    spoil(arrays)
    with pytest.raises(WeightsError, match=message):
        browser_network_from_safetensors(write(arrays), "1998")
