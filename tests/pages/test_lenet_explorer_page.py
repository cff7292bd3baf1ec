"""The explorer's page: every layer of both forms is told, links restore it, bad ones do no harm."""

from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file
from streamlit.testing.v1 import AppTest

from cnn_core.models.bundled import bundled_lenet5_1998_path, bundled_lenet5_path
from cnn_core.models.lenet_layers import lenet_layers
from cnn_core.ui.digit_lab import ShownLayer, browser_network_from_safetensors, layer_explorer
from cnn_core.ui.digit_lab.lenet1998 import SHAPES
from cnn_core.ui.lenet_explorer.weights import BUNDLED, network_with, weights_at_hand
from cnn_core.ui.lenet_explorer.words import FORMULAS, arithmetic_of, difference_of

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(autouse=True)
def _home_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path))
    monkeypatch.setenv("CNN_LAB_SPARE", "0")


def draw(**link):
    app = AppTest.from_file(APP, default_timeout=60)
    app.switch_page("pages/lenet_explorer.py")
    for key, value in link.items():
        app.query_params[key] = value
    return app.run()


def words(app):
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


@pytest.mark.parametrize(("form", "index"), [("today", 0), ("1998", 2), ("1998", 6)])
def test_a_link_opens_its_layer(form, index):
    app = draw(form=form, layer=str(index))
    assert not app.exception
    assert not app.error
    layer = lenet_layers(form)[index]
    assert f"**{layer.name}: {layer.kind}.** {layer.size}. {layer.parameters:,}" in words(app)
    assert FORMULAS[form][index] in app.latex[0].value


@pytest.mark.parametrize("layer", ["-1", "7", "99999999", "C3", ""])
def test_a_bad_link_opens_a_layer_all_the_same(layer):
    app = draw(form="1989", weights="no-such-run", layer=layer)
    assert not app.exception
    assert not app.error
    assert len(app.latex) == 1


@pytest.mark.parametrize("form", ["today", "1998"])
@pytest.mark.parametrize("index", range(7))
def test_every_layer_has_its_words(form, index):
    layer = lenet_layers(form)[index]
    assert f"{layer.parameters:,}" in arithmetic_of(layer)
    assert difference_of(index).endswith(".")
    assert FORMULAS[form][index].count("{") == FORMULAS[form][index].count("}")


def test_the_network_of_1998_comes_along_trained():
    arrays = load_file(bundled_lenet5_1998_path())
    assert {name: array.shape for name, array in arrays.items()} == SHAPES


class Lab:
    """The runs that a page asks for, without a database."""

    def __init__(self, folder, runs):
        self.folder, self._runs, self.store = folder, runs, self

    def list(self, *, limit):
        return self._runs[:limit]


def test_only_finished_runs_of_the_form_are_offered(tmp_path):
    from types import SimpleNamespace

    from cnn_core.results.config import TrainConfig

    def run(name, status="finished", model="", weights=True, recipe="lenet5-mnist"):
        run_id = f"lenet5-mnist-1123-{name}"
        if weights:
            (tmp_path / run_id).mkdir()
            arrays = load_file(bundled_lenet5_1998_path() if model else bundled_lenet5_path())
            save_file(arrays, tmp_path / run_id / "weights.safetensors")
        config = TrainConfig(epochs=1, batch_size=64, learning_rate=0.01, model=model)
        return SimpleNamespace(id=run_id, name=name, status=status, recipe=recipe, config=config)

    runs = [
        *(run("aaaaaa"), run("bbbbbb", "failed"), run("cccccc", model="lenet5-1998")),
        *(run("dddddd", weights=False), run("eeeeee", recipe="another")),
    ]
    lab = Lab(tmp_path, runs)
    assert list(weights_at_hand(lab, "today").values())[1:] == ["aaaaaa"]
    (_, old) = weights_at_hand(lab, "1998")
    assert old == runs[2].id
    assert network_with(lab, "1998", old).parameters == 60_000
    assert network_with(lab, "today", BUNDLED).parameters == 44_426


def test_another_number_of_layers_is_refused():
    network = browser_network_from_safetensors(bundled_lenet5_path(), "LeNet-5")
    layer = ShownLayer(title="C1", caption=("C1",), field=(5, 1, 0))
    with pytest.raises(ValueError, match="expected 7 layers, got 2"):
        layer_explorer(network, [layer] * 2, key="lab")
